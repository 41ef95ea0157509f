# SPDX-License-Identifier: Apache-2.0
"""The comparison turned round: one row a run, one column a field that is shown, run names pinned.

* Cells are those of the other table, made when they are seen; deltas are told against the baseline.
* A click on a field sorts the runs by it; runs without a value come last.
* Left and Right walk over fields, Up and Down over runs, Enter opens the field of that run.
* At most `MOST_FIELDS` columns; the corner says how many there are, and a search narrows them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QModelIndex, QPoint, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.compare.lazy_cells import LazyCells
from strongroom.desktop.compare.pinned import SMALLEST_ROOM, PinnedTable
from strongroom.desktop.compare.sheet import TITLES, RowCells, Sheet, Viewpoint
from strongroom.desktop.compare.table import RunColumn
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import Cell, Column, NumberCell, Row, RunCell, TextCell
from strongroom.desktop.kit.theme import theme
from strongroom.domain.comparison import ComparedRow, Section, as_number

MOST_FIELDS = 300  # columns; more are a question for the search, nobody scrolls that far
RUN, ROOM = "run", "room"
NAME_WIDTH, LEAST, MOST = 220, 92, 236  # px at 100 %
DELTA_ROOM = 58  # px at 100 %, what a delta needs beside a figure


class RunsDown(PinnedTable):
    """The table.

    Signals:
        run_menu_requested: The menu of a run was asked for (run id, global position).
        run_reached: The keyboard or the mouse is at another run (run id).
        field_opened: A field of the current run is to be opened (key of its row).
    """

    run_menu_requested = Signal(str, QPoint)
    run_reached = Signal(str)
    field_opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            (Column(RUN, "", NAME_WIDTH),), name="Comparison, runs as rows", parent=parent
        )
        self.setObjectName("compare.runs_down")
        self.selectionModel().currentChanged.connect(self._on_current_changed)
        self.activated_row.connect(lambda _run_id: self._open())

    # ------------------------------------------------------------ content

    def show_runs(
        self, runs: Sequence[RunColumn], sheet: Sheet, view: Viewpoint, corner: str
    ) -> None:
        """Shows these runs and the rows of a sheet as columns; the current cell stays."""
        field, at = self.current_field(), self.horizontalScrollBar().value()
        fields = [line for line in sheet.lines if isinstance(line, Row)][:MOST_FIELDS]
        left = len(sheet.rows) - len(fields)
        said = f"{corner}, {wording.count(left)} not shown" if left else corner
        columns = (
            Column(RUN, said, self.name_width()),
            *(_column(line, sheet.rows[line.key]) for line in fields),
            Column(ROOM, "", SMALLEST_ROOM),
        )
        if columns != self.columns():
            self.set_columns(columns)
            self.fill_room()
        cells = [line.cells for line in fields if isinstance(line.cells, RowCells)]
        lines = [
            Row(run.run_id, _Cells(run, at, cells), order=_Order(sheet.rows, view.order[at]))
            for at, run in enumerate(runs)
        ]
        before = self.current_run()
        self.set_lines(lines)
        self.horizontalScrollBar().setValue(at)
        self._reach(before, field)

    def run_ids(self) -> tuple[str, ...]:
        """Returns the runs from top to bottom, as they are sorted."""
        return tuple(line.key for line in self.lines())

    def current_run(self) -> str:
        """Returns the run the keyboard is at, "" for none."""
        return self.current_key()

    def current_field(self) -> str:
        """Returns the key of the field the keyboard is at, "" for the names."""
        at, columns = self.currentIndex().column(), self.columns()
        key = columns[at].key if 0 <= at < len(columns) else ""
        return "" if key in {RUN, ROOM} else key

    def reach(self, run_id: str) -> None:
        """Moves to a run, in the same column."""
        self._reach(run_id, self.current_field())

    # ------------------------------------------------------------ Qt

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force."""
        super().apply_theme()
        if len(self.columns()) > 1:
            self.fill_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lets rows reach the right edge."""
        super().resizeEvent(event)
        if len(self.columns()) > 1:
            self.fill_room()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keeps Left and Right inside the fields."""
        super().keyPressEvent(event)
        index = self.currentIndex()
        if index.column() == len(self.columns()) - 1 and index.column() > 0:
            self.setCurrentIndex(index.siblingAtColumn(index.column() - 1))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu of the run under the mouse, or of the run the keyboard is at."""
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            below = self.visualRect(self.currentIndex()).bottomLeft() + QPoint(24, 0)
            place = self.viewport().mapToGlobal(below)
        elif (index := self.indexAt(event.pos())).isValid():
            self.setCurrentIndex(index)
        if self.current_run():
            self.run_menu_requested.emit(self.current_run(), place)

    # ------------------------------------------------------------ inside

    def _reach(self, run_id: str, field: str) -> None:
        rows = [line.key for line in self.lines()]
        keys = [column.key for column in self.columns()]
        if run_id in rows:
            column = keys.index(field) if field in keys else 0
            self.setCurrentIndex(self.model().index(rows.index(run_id), column))

    def _open(self) -> None:
        if self.current_field():
            self.field_opened.emit(self.current_field())

    def _on_current_changed(self, now: QModelIndex, before: QModelIndex) -> None:
        self.pinned.viewport().update()
        self.viewport().update()
        if now.row() != before.row():
            self.run_reached.emit(self.current_run())


class _Cells(LazyCells):
    """The cells of one run: its name, a field each as the other table makes them, room."""

    def __init__(self, run: RunColumn, at: int, fields: Sequence[RowCells]) -> None:
        super().__init__(len(fields) + 2)
        self._run, self._at, self._fields = run, at, fields

    def make(self, at: int) -> Cell | None:
        """Returns the run's name, or the cell of a field."""
        if at == 0:
            return RunCell(self._run.name, self._run.series, note=self._run.below)
        if at > len(self._fields):
            return None
        cell = self._fields[at - 1][self._at + 1]
        return replace(cell, slot=True) if isinstance(cell, NumberCell) else cell


class _Order(Mapping[str, float | str]):
    """What a run is sorted by: the value of each field it has."""

    def __init__(self, rows: Mapping[str, ComparedRow], at: int) -> None:
        self._rows, self._at = rows, at

    def __getitem__(self, key: str) -> float | str:
        """Returns a number where the value is one, else its words."""
        value = self._rows[key].values[self._at]
        if value is None:
            raise KeyError(key)
        number = as_number(value)
        return str(value) if number is None else number

    def __iter__(self) -> Iterator[str]:
        """Yields the fields the run has."""
        return (key for key, row in self._rows.items() if row.values[self._at] is not None)

    def __len__(self) -> int:
        """Returns how many fields there are, so that an order is never taken for none."""
        return len(self._rows)


def _column(line: Row, row: ComparedRow) -> Column:
    name = line.cells[0]
    assert isinstance(name, TextCell)  # noqa: S101 - the first cell of a row is its name
    title = name.words if row.section is Section.ARTIFACTS else f"{name.text} {name.note}".rstrip()
    look = theme()
    needed = round(look.width(title, look.font("caption", weight=600)) / look.scale) + 42
    has_delta = any(as_number(value) is not None for value in row.values[:8])
    least = LEAST + (DELTA_ROOM if has_delta else 0)
    return Column(
        line.key,
        title,
        min(max(least, needed), MOST),
        "right",
        group=TITLES[row.section],
        hint=f"{TITLES[row.section]}: {name.words}. Click to sort the runs by it.",
        sortable=True,
    )
