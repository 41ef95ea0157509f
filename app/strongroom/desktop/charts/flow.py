# SPDX-License-Identifier: Apache-2.0
"""Where the cards of a board lie.

Laws: equal tiles are found by counting, so a section of a hundred thousand costs no more than one
of ten; cards keep their order, and a large one never tears the grid of those behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize

from strongroom.desktop.charts.layout import Size

GAP = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Is a number of columns of equal tiles from ``left``; ``tile`` is one of them."""

    left: int
    columns: int
    tile: QSize

    @classmethod
    def fitting(cls, left: int, width: int, least: QSize, columns: int = 0) -> "Grid":
        """Returns as many columns as fit, or ``columns`` of them however narrow."""
        count = columns or max(1, (width + GAP) // (least.width() + GAP))
        wide = max((width - (count - 1) * GAP) // count, 1)
        return cls(left=left, columns=count, tile=QSize(wide, least.height()))

    def rect(self, row: int, column: int, across: int, down: int, top: int) -> QRect:
        """Returns the room of some tiles below ``top``."""
        wide, high = self.tile.width() + GAP, self.tile.height() + GAP
        return QRect(
            self.left + column * wide, top + row * high, across * wide - GAP, down * high - GAP
        )


class Flow:
    """The cards of one section below ``top``."""

    def __init__(self, ids: Sequence[str], sizes: Mapping[str, Size], grid: Grid, top: int) -> None:
        self.ids, self.top = ids, top
        self._grid = grid
        self._placed: list[tuple[int, int, int, int]] = []
        self._from_row = 0
        last = max((i for i, each in enumerate(ids) if each in sizes), default=-1) if sizes else -1
        if last >= 0:
            self._place(sizes, last)
        rest = len(ids) - len(self._placed)
        rows = self._from_row + -(-rest // grid.columns)
        self.height = rows * (grid.tile.height() + GAP)

    def rect(self, index: int) -> QRect:
        """Returns where a card lies."""
        if index < len(self._placed):
            return self._grid.rect(*self._placed[index], self.top)
        row, column = divmod(index - len(self._placed), self._grid.columns)
        return self._grid.rect(self._from_row + row, column, 1, 1, self.top)

    def within(self, top: int, bottom: int) -> range | list[int]:
        """Returns the cards that touch the rows from ``top`` to ``bottom``, in their order."""
        high = self._grid.tile.height() + GAP
        first = max((top - self.top) // high - self._from_row, 0) * self._grid.columns
        after = max((bottom - self.top) // high + 1 - self._from_row, 0) * self._grid.columns
        begin, end = len(self._placed) + first, min(len(self._placed) + after, len(self.ids))
        near = [
            index
            for index in range(len(self._placed))
            if self.rect(index).bottom() >= top and self.rect(index).top() <= bottom
        ]
        return [*near, *range(begin, max(end, begin))] if near else range(begin, max(end, begin))

    def index_at(self, x: int, y: int) -> int:
        """Returns in front of which card something dropped there belongs."""
        for index in self.within(y - GAP, y + GAP):
            rect = self.rect(index)
            if rect.adjusted(-GAP, -GAP, GAP, GAP).contains(x, y):
                return index + (x > rect.center().x())
        return 0 if y < self.top else len(self.ids)

    def _place(self, sizes: Mapping[str, Size], last: int) -> None:
        """Fills row after row, the lowest free place first, until all columns are level again."""
        columns = self._grid.columns
        filled = [0] * columns
        for index, each in enumerate(self.ids):
            if index > last and min(filled) == max(filled):
                break
            size = sizes.get(each, Size.SMALL)
            across = {Size.SMALL: 1, Size.MEDIUM: min(2, columns), Size.LARGE: columns}[size]
            down = 1 if size is Size.SMALL else 2
            row, column = min(
                (max(filled[start : start + across]), start)
                for start in range(columns - across + 1)
            )
            filled[column : column + across] = [row + down] * across
            self._placed.append((row, column, across, down))
        self._from_row = max(filled)
