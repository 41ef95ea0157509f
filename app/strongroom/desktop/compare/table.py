# SPDX-License-Identifier: Apache-2.0
"""The table of a comparison: field names pinned at the left, one column a run, hundreds of them.

* Only what is in sight is painted and only then are its cells made.
* Left and Right walk over the runs, Enter opens a row, the header chooses the baseline.
* Columns are dragged or moved by key; signals carry run ids and row keys, never numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.compare.pinned import SMALLEST_ROOM, PinnedTable
from strongroom.desktop.kit.cells import Column, Group, Line
from strongroom.desktop.kit.table_header import Header
from strongroom.desktop.kit.theme import theme

NAME_WIDTH, BASE_WIDTH, RUN_WIDTH = 200, 132, 164
NARROWEST = 148  # px at 100 %, to save a few runs from scrolling for a few pixels
WIDEST = 236  # px at 100 %: a figure further from its neighbours is hard to follow
WHAT, ROOM = "what", "room"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunColumn:
    """The head of one run: name, a grey line below, colour, and its tooltip."""

    run_id: str
    name: str
    below: str
    series: int
    hint: str


class ComparisonTable(PinnedTable):
    """The table.

    Signals:
        baseline_requested: A header was clicked (run id).
        run_menu_requested: The menu of a run was asked for (run id, global position).
        run_reached: The keyboard or the mouse is at another run (run id, "" for none).
        reordered: Columns were dragged (tuple of run ids).
    """

    baseline_requested = Signal(str)
    run_menu_requested = Signal(str, QPoint)
    run_reached = Signal(str)
    reordered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__((Column(WHAT, "", NAME_WIDTH),), name="Comparison", parent=parent)
        self.setObjectName("compare.table")
        self._runs: tuple[RunColumn, ...] = ()
        self._base, self._is_fitting = "", False
        head = self.horizontalHeader()
        head.setSectionsMovable(True)
        head.setFirstSectionMovable(False)
        head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head.customContextMenuRequested.connect(self._on_header_menu)
        head.sectionClicked.connect(self._on_title_clicked)
        head.sectionMoved.connect(self._on_moved)
        head.sectionResized.connect(self._on_run_resized)
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    # ------------------------------------------------------------ content

    def show_runs(
        self, runs: Sequence[RunColumn], base: str, corner: str, lines: Sequence[Line]
    ) -> None:
        """Shows these runs and lines; the current run and row stay where they still exist."""
        reached, current, at = self.current_run(), self.current_key(), self._places()
        self._runs, self._base = tuple(runs), base
        columns = self._make_columns(corner)
        if columns != self.columns():
            self.set_columns(columns)
        self.set_lines(lines)
        self._fit_columns()
        self.horizontalScrollBar().setValue(at[0])
        self.verticalScrollBar().setValue(at[1])
        self._reach(current, reached)

    def run_ids(self) -> tuple[str, ...]:
        """Returns the runs from left to right."""
        return tuple(run.run_id for run in self._runs)

    def current_run(self) -> str:
        """Returns the run the keyboard is at, "" for the names and for none."""
        at = self.currentIndex().column() - 1
        return self._runs[at].run_id if 0 <= at < len(self._runs) else ""

    def reach(self, run_id: str) -> None:
        """Moves to a run on the current row."""
        self._reach(self.current_key(), run_id)

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force."""
        super().apply_theme()
        if hasattr(self, "_runs"):
            self._fit_columns()

    # ------------------------------------------------------------ Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Lets Home and End reach the first and last run; groups fold with the arrows."""
        key = Qt.Key(event.key())
        plain = event.modifiers() in {
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        }
        if plain and key in {Qt.Key.Key_Home, Qt.Key.Key_End} and self._runs:
            self.reach(self._runs[0 if key == Qt.Key.Key_Home else -1].run_id)
            return
        if plain and key in {Qt.Key.Key_Left, Qt.Key.Key_Right} and not self._is_at_group():
            self._step(-1 if key == Qt.Key.Key_Left else 1)
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu of the run under the mouse, or of the run the keyboard is at."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            below = self.visualRect(index).bottomLeft() + QPoint(24, 0)
            self.run_menu_requested.emit(self.current_run(), self.viewport().mapToGlobal(below))
            return
        index = self.indexAt(event.pos())
        if index.isValid():
            self.setCurrentIndex(index)
            self.run_menu_requested.emit(self.current_run(), event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives runs the room there is."""
        super().resizeEvent(event)
        self._fit_columns()

    # ------------------------------------------------------------ inside

    def _make_columns(self, corner: str) -> tuple[Column, ...]:
        runs = [
            Column(
                run.run_id,
                run.name,
                BASE_WIDTH if run.run_id == self._base else RUN_WIDTH,
                "right",
                sub=run.below,
                series=run.series,
                hint=run.hint,
            )
            for run in self._runs
        ]
        return (Column(WHAT, corner, self.name_width()), *runs, Column(ROOM, "", SMALLEST_ROOM))

    def _fit_columns(self) -> None:
        """Shares the room that is left among the runs."""
        if not self._runs:
            return
        look = theme()
        wanted = [
            look.scaled(BASE_WIDTH if run.run_id == self._base else RUN_WIDTH) for run in self._runs
        ]
        spare = self.viewport().width() - sum(wanted) - SMALLEST_ROOM - 1
        less = look.scaled(RUN_WIDTH - NARROWEST)
        sharing = len(wanted) if spare > 0 else max(1, len(wanted) - 1)  # the baseline stays
        more = min(spare // sharing, look.scaled(WIDEST - RUN_WIDTH))
        if more < -less:  # they scroll anyway, so each has its usual room
            more = 0
        base = look.scaled(BASE_WIDTH)
        self._is_fitting = True
        for at, width in enumerate(wanted, start=1):
            self.setColumnWidth(at, width + (more if more > 0 or width != base else 0))
        self._is_fitting = False
        self.fill_room()

    def _places(self) -> tuple[int, int]:
        return self.horizontalScrollBar().value(), self.verticalScrollBar().value()

    def _reach(self, key: str, run_id: str) -> None:
        model = self.model()
        keys = [line.key for line in self.lines()]
        row = keys.index(key) if key in keys else -1
        ids = self.run_ids()
        column = ids.index(run_id) + 1 if run_id in ids else 0
        if row < 0 and keys:
            row = next((at for at, line in enumerate(self.lines()) if not _is_group(line)), 0)
        if row >= 0:
            self.setCurrentIndex(model.index(row, column))

    def _step(self, by: int) -> None:
        index = self.currentIndex()
        column = min(max(0, index.column() + by), len(self._runs))
        if index.isValid():
            self.setCurrentIndex(self.model().index(index.row(), column))

    def _is_at_group(self) -> bool:
        row, lines = self.currentIndex().row(), self.lines()
        return 0 <= row < len(lines) and _is_group(lines[row])

    def _on_current_changed(self, now: QModelIndex, before: QModelIndex) -> None:
        self.pinned.viewport().update()
        self.viewport().update()
        if now.column() != before.column():
            columns = self.columns()
            head = self.horizontalHeader()
            if isinstance(head, Header):
                is_run = 0 < now.column() <= len(self._runs)
                head.set_marked(columns[now.column()].key if is_run else "")
            self.run_reached.emit(self.current_run())

    def _on_run_resized(self, at: int, _before: int, _now: int) -> None:
        if 0 < at <= len(self._runs) and not self._is_fitting:
            self.fill_room()

    def _on_title_clicked(self, at: int) -> None:
        if 0 < at <= len(self._runs):
            self.baseline_requested.emit(self._runs[at - 1].run_id)

    def _on_header_menu(self, place: QPoint) -> None:
        head = self.horizontalHeader()
        at = head.logicalIndexAt(place)
        if 0 < at <= len(self._runs):
            run_id = self._runs[at - 1].run_id
            self.reach(run_id)
            self.run_menu_requested.emit(run_id, head.mapToGlobal(place))

    def _on_moved(self, _logical: int, _before: int, _after: int) -> None:
        """Tells the new order and puts the sections back: the order is the caller's."""
        head = self.horizontalHeader()
        order = [head.logicalIndex(at) for at in range(head.count())]
        ids = tuple(
            self._runs[logical - 1].run_id for logical in order if 0 < logical <= len(self._runs)
        )
        blocked = head.blockSignals(True)
        for logical in range(head.count()):
            head.moveSection(head.visualIndex(logical), logical)
        head.blockSignals(blocked)
        self.viewport().update()
        self.reordered.emit(ids)


def _is_group(line: Line) -> bool:
    return isinstance(line, Group)
