# SPDX-License-Identifier: Apache-2.0
"""The rows of the table as the eye counts them: group headers and the runs of open groups.

* A flat row is found by binary search over the groups; nothing is kept for each row but its id.
* A run is found by its id through one array, which the order keeps.
"""

from collections.abc import Collection

import numpy as np

from strongroom.services.run_table import Ids, RowOrder

MANY_GROUPS = 12  # more of them begin collapsed: a person sees the groups before the runs


class FlatRows:
    """Group headers and runs, from top to bottom.

    Args:
        order: The runs in order, in groups or not.
        closed: Numbers of the collapsed groups.
    """

    def __init__(self, order: RowOrder, closed: Collection[int] = ()) -> None:
        self.order = order
        self.closed = frozenset(closed)
        self.sizes = np.diff(np.append(order.starts, len(order.ids)))
        self._is_open = np.ones(len(order.values), np.bool_)
        self._is_open[list(self.closed)] = False
        heights = np.where(self._is_open, self.sizes, 0) + 1
        self._tops = np.concatenate([[0], np.cumsum(heights)]).astype(np.int64)

    def __len__(self) -> int:
        return int(self._tops[-1]) if self.is_grouped else len(self.order.ids)

    @property
    def is_grouped(self) -> bool:
        """Whether there are group headers."""
        return bool(self.order.values)

    def at(self, first: int, end: int) -> Ids:
        """Returns the catalog ids of rows; a header is -1 minus the number of its group."""
        if not self.is_grouped:
            return self.order.ids[first:end]
        rows = np.arange(first, min(end, len(self)))
        groups = np.searchsorted(self._tops, rows, side="right") - 1
        inside = rows - self._tops[groups] - 1
        places = np.minimum(self.order.starts[groups] + np.maximum(inside, 0), self._last())
        found: Ids = np.where(inside < 0, -1 - groups, self.order.ids[places])
        return found

    def one(self, row: int) -> int:
        """Returns the catalog id of a row; a header is -1 minus the number of its group."""
        return int(self.at(row, row + 1)[0])

    def runs(self, first: int, end: int) -> Ids:
        """Returns the catalog ids of the runs among rows."""
        if not self.is_grouped:
            return self.order.ids[first:end]
        parts = [np.empty(0, np.int64)]
        for top, last in zip(*self.stretches(), strict=True):
            if last >= first and top < end:
                start = int(self.order.starts[self.group_of(top)]) - top
                parts.append(self.order.ids[start + max(top, first) : start + min(last + 1, end)])
        return np.concatenate(parts)

    def stretches(self) -> tuple[list[int], list[int]]:
        """Returns the first and last rows of each stretch of runs: of each open group."""
        if not self.is_grouped:
            return ([0], [len(self) - 1]) if len(self) else ([], [])
        shown = np.flatnonzero(self._is_open & (self.sizes > 0))
        tops = self._tops[shown] + 1
        return tops.tolist(), (tops + self.sizes[shown] - 1).tolist()

    def group_of(self, row: int) -> int:
        """Returns the group that a row stands in, -1 without groups."""
        if not self.is_grouped:
            return -1
        return int(np.searchsorted(self._tops, row, side="right")) - 1

    def header_of(self, group: int) -> int:
        """Returns the row of a group's header."""
        return int(self._tops[group])

    def runs_of(self, group: int) -> Ids:
        """Returns the catalog ids of all runs of a group."""
        start = int(self.order.starts[group])
        found: Ids = self.order.ids[start : start + int(self.sizes[group])]
        return found

    def row_of(self, id_: int) -> int:
        """Returns the row of a run, -1 if it is not shown."""
        return int(self.rows_of(np.array([id_]))[0])

    def rows_of(self, ids: Ids) -> Ids:
        """Returns the rows of runs, -1 for each that is not shown."""
        places = self.order.places()
        known = (ids >= 0) & (ids < len(places))
        place = np.where(known, places[np.where(known, ids, 0)], -1)
        if not self.is_grouped:
            return place
        groups = np.searchsorted(self.order.starts, np.maximum(place, 0), side="right") - 1
        rows = self._tops[groups] + 1 + place - self.order.starts[groups]
        found: Ids = np.where((place >= 0) & self._is_open[groups], rows, -1)
        return found

    def holds(self, ids: Ids) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Returns for each id whether it is part of the answer, in an open group or not."""
        places = self.order.places()
        known = (ids >= 0) & (ids < len(places))
        return np.asarray(known & (places[np.where(known, ids, 0)] >= 0))

    def _last(self) -> int:
        return max(0, len(self.order.ids) - 1)


def usually_closed(order: RowOrder) -> frozenset[int]:
    """Returns the groups that begin collapsed: "Other", or all where they are many."""
    if len(order.values) > MANY_GROUPS:
        return frozenset(range(len(order.values)))
    return frozenset(at for at, value in enumerate(order.values) if value is None)
