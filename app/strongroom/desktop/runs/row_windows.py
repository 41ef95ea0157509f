# SPDX-License-Identifier: Apache-2.0
"""The rows that were read: those in sight, some around them, and the latest seen, no more.

* Looking at rows is what makes them be read; one window is read at a time, the latest wish next.
* A row stays until many others were seen since. Other columns make it be read again; until then
  it is shown with what it has.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from strongroom.domain.query import Field
from strongroom.services.run_table import TableRow

MOST_KEPT = 6_000  # rows, some 30 MB with forty values each
PATIENCE_MS = 8_000  # a window that somebody cancelled never comes; then the next is read
AROUND = 2  # screens read ahead on either side


class RowReader(Protocol):
    """Where rows come from."""

    def read(
        self,
        ids: Sequence[int],
        fields: Collection[Field],
        done: Callable[[Sequence[TableRow] | None], None],
    ) -> None:
        """Reads rows and hands them over on the window's thread.

        Runs that are gone are left out; None says that nothing could be read.
        """


class LoadedRow:
    """A row that was read: which fields it has, and the words made so far for one sheet."""

    __slots__ = ("breaches", "fields", "made_for", "row", "texts")

    def __init__(self, row: TableRow, fields: frozenset[Field]) -> None:
        self.row = row
        self.fields = fields
        self.texts: dict[str, str] = {}
        self.breaches: dict[str, str] = {}
        self.made_for: object = None


class RowWindows(QObject):
    """Reads what is looked at.

    Args:
        reader: Where rows come from.

    Signals:
        arrived: Rows were read, or read again (tuple of catalog ids).
    """

    arrived = Signal(object)

    def __init__(self, reader: RowReader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._rows: OrderedDict[int, LoadedRow] = OrderedDict()
        self._ids: dict[str, int] = {}
        self._wanted: tuple[int, ...] = ()
        self._minded: tuple[int, ...] = ()
        self._gone: set[int] = set()
        self._is_reading = False
        self._since = QElapsedTimer()
        self._generation = 0
        self.fields: frozenset[Field] = frozenset()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._read)

    def get(self, id_: int) -> LoadedRow | None:
        """Returns a row that was read."""
        return self._rows.get(id_)

    def id_of(self, run_id: str) -> int:
        """Returns the catalog id of a run that was read, -1 for others."""
        return self._ids.get(run_id, -1)

    def want(self, ids: Sequence[int]) -> None:
        """Says which rows are in sight or near; those missing are read soon."""
        self._wanted = tuple(ids)
        self._start()

    def keep_in_mind(self, ids: Sequence[int]) -> None:
        """Says which rows out of sight are asked about: selected ones, or read aloud."""
        if tuple(ids) != self._minded:
            self._minded = tuple(ids)
            self._start()

    def set_fields(self, fields: Iterable[Field]) -> None:
        """Says which fields rows are read with from now on."""
        self.fields = frozenset(fields)

    def put(self, rows: Iterable[TableRow], fields: Collection[Field]) -> tuple[int, ...]:
        """Takes over rows and returns their catalog ids."""
        kept = frozenset(fields)
        taken = []
        for row in rows:
            known = self._rows.get(row.id)
            if known is not None and known.row.run.run_id != row.run.run_id:
                self.forget()  # the catalog was built anew and numbers runs otherwise
            self._rows[row.id] = LoadedRow(row, kept)
            self._rows.move_to_end(row.id)
            self._ids[row.run.run_id] = row.id
            taken.append(row.id)
        while len(self._rows) > MOST_KEPT:
            _, old = self._rows.popitem(last=False)
            self._ids.pop(old.row.run.run_id, None)
        return tuple(taken)

    def read_again(self, run_ids: Iterable[str]) -> None:
        """Reads rows again that are kept; others are read when they come into sight."""
        known = [self._ids[run_id] for run_id in run_ids if run_id in self._ids]
        if known:
            fields = self.fields
            self._reader.read(known, fields, lambda rows: self._take(rows or (), fields))

    def forget(self) -> None:
        """Lets go of all rows, after the catalog was built anew."""
        self._rows.clear()
        self._ids.clear()
        self._gone.clear()
        self._generation += 1

    def _start(self) -> None:
        if not self._waits() and not self._soon.isActive():
            self._soon.start(0)

    def _waits(self) -> bool:
        return self._is_reading and self._since.elapsed() < PATIENCE_MS

    def _missing(self) -> list[int]:
        found = []
        get, keep, gone, fields = self._rows.get, self._rows.move_to_end, self._gone, self.fields
        for id_ in (*self._wanted, *self._minded):
            row = get(id_)
            if row is not None and (row.fields is fields or row.fields >= fields):
                keep(id_)
            elif id_ not in gone:
                found.append(id_)
        return found

    def _read(self) -> None:
        ids = self._missing()
        if self._waits() or not ids:
            return
        self._is_reading = True
        self._since.start()
        fields, generation = self.fields, self._generation

        def done(rows: Sequence[TableRow] | None) -> None:
            self._is_reading = False
            if rows is None:
                return
            if generation == self._generation:
                self._gone |= set(ids) - {row.id for row in rows}
                self._take(rows, fields)
            if self._missing():
                self._soon.start(0)

        self._reader.read(ids, fields, done)

    def _take(self, rows: Sequence[TableRow], fields: frozenset[Field]) -> None:
        self.arrived.emit(self.put(rows, fields))
