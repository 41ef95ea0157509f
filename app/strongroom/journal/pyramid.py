# SPDX-License-Identifier: Apache-2.0
"""The extremes of a long series in ever longer cells: what a chart draws instead of every point.

* Of each cell the lowest and the highest finite point stay, in the order they were written. They
  are points that were logged. So no finite extreme is ever lost, wherever it lies.
* NaN and the infinities are gaps in a chart. They never hide what else was logged in their cell; a
  cell of nothing else keeps two of them, and is a gap.
* A second column (what a chart draws smoothed) has extremes of its own: a cell keeps two points of
  each column, and of each point all columns.
* Points come in pieces, and what is found does not depend on where pieces end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from strongroom.journal.series import Series

CELL = 128  # points in a cell of the finest level: 0.4 bytes a point
WIDER = 8  # cells of a level in one of the next
LEVELS = 4
BLOCK = CELL * WIDER ** (LEVELS - 1)  # points in a cell of the coarsest level: 65,536
ENOUGH = 1 << 14  # points: at least two cells a column on a screen of 4,096

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Points with what was logged and, as further columns, what was made of it."""

    steps: Ints
    times_us: Ints
    columns: tuple[Floats, ...]

    def __len__(self) -> int:
        return len(self.steps)

    def at(self, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> "Rows":
        """Returns some of the points."""
        return Rows(
            steps=self.steps[places],
            times_us=self.times_us[places],
            columns=tuple(column[places] for column in self.columns),
        )

    @staticmethod
    def joined(parts: Sequence["Rows"]) -> "Rows":
        """Returns the points of all parts, of which there is at least one, one after the other."""
        if len(parts) == 1:
            return parts[0]
        return Rows(
            steps=np.concatenate([part.steps for part in parts]),
            times_us=np.concatenate([part.times_us for part in parts]),
            columns=tuple(
                np.concatenate(columns)
                for columns in zip(*(part.columns for part in parts), strict=True)
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """What each `BLOCK` of points holds: lowest and highest step and time, and finite values."""

    first_step: Ints
    last_step: Ints
    first_time: Ints
    last_time: Ints
    known: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pyramid:
    """The extremes of a series of ``count`` points.

    Attributes:
        count: Points it was made of.
        is_ordered: Whether no step, and whether no time, lies before an earlier one.
        blocks: Where they lie.
        levels: The finest first; each has `kept` points a cell.
    """

    count: int
    is_ordered: tuple[bool, bool]
    blocks: Blocks
    levels: tuple[Rows, ...]

    @property
    def kept(self) -> int:
        """How many points stay of a cell."""
        return 2 * len(self.levels[0].columns)

    def size_bytes(self) -> int:
        """Returns how much memory it takes, about."""
        each = 8 * (2 + len(self.levels[0].columns))
        return sum(len(level) * each for level in self.levels) + 40 * len(self.blocks.known)

    def blocks_with(self, axis: str, low: int, high: int) -> Ints:
        """Returns which blocks may have points from ``low`` to ``high`` along step or time."""
        first = self.blocks.first_step if axis == "step" else self.blocks.first_time
        last = self.blocks.last_step if axis == "step" else self.blocks.last_time
        found: Ints = np.flatnonzero((last >= low) & (first <= high))
        return found

    def points_in(self, blocks: Ints) -> int:
        """Returns how many points some blocks have."""
        ends = np.minimum((blocks + 1) * BLOCK, self.count)
        return int((ends - blocks * BLOCK).sum())

    def drawn(self, blocks: Ints | None = None) -> Rows:
        """Returns the points to draw of some blocks, of all if None: as few as are enough."""
        points = self.count if blocks is None else self.points_in(blocks)
        level = 0
        while level + 1 < len(self.levels) and self._staying(points, level + 1) >= ENOUGH:
            level += 1
        rows = self.levels[level]
        if blocks is not None:
            wide = BLOCK // (CELL * WIDER**level) * self.kept  # points a block
            places = (blocks[:, None] * wide + np.arange(wide)).reshape(-1)
            rows = rows.at(places[places < len(rows)])
        return _once(rows)

    def _staying(self, points: int, level: int) -> int:
        cells: int = points // (CELL * WIDER**level)
        return cells * self.kept


class PyramidBuilder:
    """Takes the points of one series and keeps their extremes."""

    def __init__(self) -> None:
        self._waiting: list[Rows] = []
        self._waited = self._count = 0
        self._finest: list[Rows] = []
        self._blocks: list[Blocks] = []
        self._ends: tuple[int, int] | None = None
        self._is_step_ordered = self._is_time_ordered = True

    @property
    def is_ordered(self) -> tuple[bool, bool]:
        """Whether no step, and whether no time, of what came lay before an earlier one."""
        return self._is_step_ordered, self._is_time_ordered

    def add(self, piece: Series, *more: Floats) -> None:
        """Takes the next points, with what was made of their values."""
        if not len(piece):
            return
        self._look_at_order(piece)
        rows = Rows(steps=piece.steps, times_us=piece.times_us, columns=(piece.values, *more))
        self._count += len(rows)
        self._waiting.append(rows)
        self._waited += len(rows)
        if self._waited >= BLOCK:
            waiting = Rows.joined(self._waiting)
            whole = len(waiting) // BLOCK * BLOCK
            self._take(waiting.at(slice(0, whole)))
            rest = waiting.at(slice(whole, len(waiting)))
            self._waiting, self._waited = [rest], len(rest)

    def built(self) -> Pyramid:
        """Returns the pyramid of everything that came; nothing may come afterwards.

        Raises:
            ValueError: If nothing came.
        """
        if not self._count:
            raise ValueError("a series without points has no extremes")
        if self._waited:
            self._take(Rows.joined(self._waiting))
            self._waiting, self._waited = [], 0
        levels = [Rows.joined(self._finest)]
        for _ in range(LEVELS - 1):
            kept = 2 * len(levels[-1].columns)
            levels.append(extremes(levels[-1], WIDER * kept))
        return Pyramid(
            count=self._count,
            is_ordered=self.is_ordered,
            blocks=_joined_blocks(self._blocks),
            levels=tuple(levels),
        )

    def _look_at_order(self, piece: Series) -> None:
        steps, times = piece.steps, piece.times_us
        if self._ends is not None:
            self._is_step_ordered &= int(steps[0]) >= self._ends[0]
            self._is_time_ordered &= int(times[0]) >= self._ends[1]
        self._is_step_ordered = self._is_step_ordered and bool((steps[1:] >= steps[:-1]).all())
        self._is_time_ordered = self._is_time_ordered and bool((times[1:] >= times[:-1]).all())
        self._ends = int(steps[-1]), int(times[-1])

    def _take(self, rows: Rows) -> None:
        starts = np.arange(0, len(rows), BLOCK)
        known = np.isfinite(rows.columns[0]).astype(np.int64)
        self._blocks.append(
            Blocks(
                first_step=np.minimum.reduceat(rows.steps, starts),
                last_step=np.maximum.reduceat(rows.steps, starts),
                first_time=np.minimum.reduceat(rows.times_us, starts),
                last_time=np.maximum.reduceat(rows.times_us, starts),
                known=np.add.reduceat(known, starts),
            )
        )
        self._finest.append(extremes(rows, CELL))


def agrees(pyramid: Pyramid, block: int, rows: Rows) -> bool:
    """Says whether a pyramid keeps the extremes of the points of one of its blocks.

    What was made of the values may differ by rounding, what was logged may not.
    """
    kept = pyramid.kept
    wide = BLOCK // CELL * kept
    have = pyramid.levels[0].at(slice(block * wide, (block + 1) * wide))
    want = extremes(rows, CELL)
    if len(have) != len(want):
        return False
    if kept == 2:
        same = (
            (have.steps, have.times_us, *have.columns),
            (want.steps, want.times_us, *want.columns),
        )
        return all(one.tobytes() == other.tobytes() for one, other in zip(*same, strict=True))
    for place, (one, other) in enumerate(zip(have.columns, want.columns, strict=True)):
        ends, wanted = _ends(one, kept), _ends(other, kept)
        tolerance = 1e-9 if place else 0.0
        if not np.allclose(ends, wanted, rtol=tolerance, atol=tolerance * _size(wanted),
                           equal_nan=True):  # fmt: skip
            return False
    return True


def _ends(column: Floats, kept: int) -> Floats:
    """Returns the lowest and highest finite value of each cell, NaN where there is none."""
    cells = np.where(np.isfinite(column), column, np.nan).reshape(-1, kept)
    return np.stack([np.fmin.reduce(cells, axis=1), np.fmax.reduce(cells, axis=1)])


def _size(values: Floats) -> float:
    known = np.abs(values[np.isfinite(values)])
    return float(known.max()) if len(known) else 0.0


def extremes(rows: Rows, cell: int) -> Rows:
    """Returns the lowest and the highest finite point of each column of each cell, in order.

    The last cell may have fewer points than the others; a point that is an extreme twice is there
    twice, so that every cell keeps as many.
    """
    whole = len(rows) // cell * cell
    parts = [_of_cells(rows.at(slice(0, whole)), cell)] if whole else []
    if whole < len(rows):
        rest = rows.at(slice(whole, len(rows)))
        parts.append(_of_cells(rest, len(rest)))
    return Rows.joined(parts)


def _of_cells(rows: Rows, cell: int) -> Rows:
    places: list[npt.NDArray[np.intp]] = []
    for column in rows.columns:
        places += _low_and_high(column.reshape(-1, cell))
    chosen = np.stack(places, axis=1)
    chosen.sort(axis=1)
    chosen += np.arange(0, len(rows), cell)[:, None]
    return rows.at(chosen.reshape(-1))


def _low_and_high(cells: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Returns the places of both in each cell; of one without a finite value its two ends."""
    low, high = cells.argmin(axis=1), cells.argmax(axis=1)
    rows = np.arange(len(cells))
    doubtful = ~(np.isfinite(cells[rows, low]) & np.isfinite(cells[rows, high]))  # NaN wins both
    if doubtful.any():
        some = cells[doubtful]
        known = np.isfinite(some)
        has_none = ~known.any(axis=1)
        low[doubtful] = np.where(has_none, 0, np.where(known, some, np.inf).argmin(axis=1))
        last = cells.shape[1] - 1
        high[doubtful] = np.where(has_none, last, np.where(known, some, -np.inf).argmax(axis=1))
    return low, high


def _once(rows: Rows) -> Rows:
    """Returns the points without those that are the same as the one before."""
    if not len(rows):
        return rows
    is_new = np.ones(len(rows), np.bool_)
    is_new[1:] = (rows.steps[1:] != rows.steps[:-1]) | (rows.times_us[1:] != rows.times_us[:-1])
    for column in rows.columns:
        bits = np.ascontiguousarray(column).view(np.int64)
        is_new[1:] |= bits[1:] != bits[:-1]
    return rows.at(is_new)


def _joined_blocks(parts: Sequence[Blocks]) -> Blocks:
    names = ("first_step", "last_step", "first_time", "last_time", "known")
    return Blocks(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})
