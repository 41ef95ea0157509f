# SPDX-License-Identifier: Apache-2.0
"""Rows for the runs table that come from no store: many, at once, and held back if asked for."""

from collections.abc import Callable, Collection, Sequence

import numpy as np

from strongroom.desktop.runs.columns import FIXED, PINNED, value_column
from strongroom.desktop.runs.flat_rows import FlatRows
from strongroom.desktop.runs.row_windows import RowWindows
from strongroom.desktop.runs.sheet import Sheet
from strongroom.domain.query import Field
from strongroom.domain.run import Run
from strongroom.services.run_table import RowOrder, TableRow

Done = Callable[[Sequence[TableRow] | None], None]


class MadeRows:
    """Hands out rows made by a function of the id; remembers what was asked for."""

    def __init__(self, make: Callable[[int], Run]) -> None:
        self.make = make
        self.asked: list[tuple[int, ...]] = []
        self.is_held = False
        self._waiting: list[tuple[Sequence[int], Done]] = []

    def read(self, ids: Sequence[int], _fields: Collection[Field], done: Done) -> None:
        """Reads rows at once, or when `release` is called."""
        self.asked.append(tuple(ids))
        if self.is_held:
            self._waiting.append((ids, done))
        else:
            done([TableRow(id=id_, run=self.make(id_)) for id_ in ids])

    def release(self) -> None:
        """Hands over what was held back."""
        self.is_held = False
        while self._waiting:
            ids, done = self._waiting.pop(0)
            done([TableRow(id=id_, run=self.make(id_)) for id_ in ids])


def sheet_of(
    windows: RowWindows,
    ids: Sequence[int],
    fields: Sequence[Field] = (),
    sample: Sequence[Run] = (),
    **changes: object,
) -> Sheet:
    """Returns a sheet of these rows with the usual columns and some values."""
    columns = (*PINNED, *FIXED, *(value_column(field, sample) for field in fields))
    order = changes.pop("order", None) or RowOrder(ids=np.array(list(ids), np.int64))
    rows = FlatRows(order, changes.pop("closed", ()))  # type: ignore[arg-type]  # as said
    return Sheet(columns=columns, rows=rows, windows=windows, sample=sample, **changes)  # type: ignore[arg-type]  # those of Sheet


def shown_runs(sheet: Sheet) -> list[Run | None]:
    """Returns the runs of all rows from top to bottom, None for a header or one not read."""
    return [sheet.run(row) for row in range(len(sheet.rows))]
