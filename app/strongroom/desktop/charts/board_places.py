# SPDX-License-Identifier: Apache-2.0
"""Where sections and cards lie on the page of a board.

Laws: found once for a layout and a width; asking costs what is near, not what there is.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize

from strongroom.desktop.charts.board_page import EDGE
from strongroom.desktop.charts.flow import GAP, Flow, Grid
from strongroom.desktop.charts.layout import BoardLayout, Section, Size

TILE = QSize(280, 225)  # the smallest tile; it grows until the next column fits
SECTION_LINE = 32


@dataclass(frozen=True, slots=True)
class Block:
    """A section as it lies on the page; ``flow`` is None while it is folded."""

    name: str
    count: int
    top: int
    flow: Flow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Is where a dragged card would land: section, place in it, and where the mark goes."""

    section: str
    place: int
    mark: QRect


class Places:
    """The places of all cards."""

    def __init__(
        self, found: Sequence[Section], layout: BoardLayout, width: int, *, has_headings: bool
    ) -> None:
        self.width = max(width, TILE.width() + 2 * EDGE)
        grid = Grid.fitting(EDGE, self.width - 2 * EDGE, TILE, layout.columns)
        sizes = {card.id: card.size for card in layout.cards if card.size is not Size.SMALL}
        folded = set(layout.folded) if has_headings else set()
        self.height = 4 if has_headings else GAP
        self._blocks: list[Block] = []
        for section in found:
            top = self.height
            self.height += SECTION_LINE if has_headings else 0
            is_folded = section.name in folded
            flow = None if is_folded else Flow(section.ids, sizes, grid, self.height)
            self.height += 0 if flow is None else flow.height
            self._blocks.append(Block(section.name, len(section.ids), top, flow))

    def blocks_within(self, top: int, bottom: int) -> list[Block]:
        """Returns the sections that touch those rows."""
        tops = [block.top for block in self._blocks]
        first = max(bisect_right(tops, top) - 1, 0)
        return self._blocks[first : bisect_right(tops, bottom)]

    def within(self, top: int, bottom: int) -> dict[str, QRect]:
        """Returns where the cards that touch those rows lie."""
        return {
            block.flow.ids[index]: block.flow.rect(index)
            for block in self.blocks_within(top, bottom)
            if block.flow is not None
            for index in block.flow.within(top, bottom)
        }

    def target(self, at: QPoint) -> Target | None:
        """Returns where a card dropped there would land."""
        for block in self.blocks_within(at.y() - 1, at.y() + 1)[-1:]:
            if block.flow is None:
                mark = QRect(EDGE, block.top + SECTION_LINE - 4, 120, 2)
                return Target(section=block.name, place=block.count, mark=mark)
            index = block.flow.index_at(at.x(), at.y())
            beside = block.flow.rect(min(index, max(block.count - 1, 0)))
            x = beside.left() - GAP // 2 if index < block.count else beside.right() + GAP // 2
            mark = QRect(x - 1, beside.top(), 2, beside.height())
            return Target(section=block.name, place=index, mark=mark)
        return None
