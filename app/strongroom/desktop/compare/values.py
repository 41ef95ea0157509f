# SPDX-License-Identifier: Apache-2.0
"""The comparison as a table with its tools: which rows, in which order, told against which run.

* What is shown follows from what was read, the arrangement and the tools; nothing else is kept.
* A comparison that is long to order is laid out in a task; an answer for another view is dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.compare import words
from strongroom.desktop.compare.arrangement import Arrangement
from strongroom.desktop.compare.export import Seen
from strongroom.desktop.compare.runs_down import RunsDown
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.compare.sheet import Sheet, Viewpoint, lay_out
from strongroom.desktop.compare.table import ComparisonTable, RunColumn
from strongroom.desktop.compare.tools import TableTools
from strongroom.desktop.compare.versions import Versions
from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.comparison import ComparedRuns, Section

MANY_ROWS = 4_000  # laying out more is done off the window's thread
MANY_CELLS = 60_000  # rows times runs; ordering more by difference is done off the window's thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What there is to show: the runs that were read, how they stand, and in which colours.

    ``waits_for`` are the sections that are still being read; ``versions`` knows which model
    version a run made.
    """

    compared: ComparedRuns = field(default_factory=lambda: ComparedRuns(runs=(), rows=()))
    arrangement: Arrangement = field(default_factory=Arrangement)
    colours: Mapping[str, int] = field(default_factory=dict)
    only_differing: bool = True
    waits_for: frozenset[Section] = frozenset()
    versions: Versions | None = None

    def order(self) -> tuple[int, ...]:
        """Returns the runs from left to right, as places in the comparison."""
        places = self.places()
        return tuple(places[one] for one in self.arrangement.run_ids if one in places)

    def baseline(self) -> int:
        """Returns the place of the baseline, the first run if it is not there."""
        order = self.order()
        return self.places().get(self.arrangement.baseline, order[0] if order else 0)

    def places(self) -> dict[str, int]:
        """Returns the place of each run in the comparison."""
        return {run.run_id: at for at, run in enumerate(self.compared.runs)}


class Values(QWidget):
    """Tools and table.

    Args:
        services: Metric rules and the time.
        tasks: The jobs of the window.

    Signals:
        all_requested: Rows that are the same in all runs should be shown too.
        run_reached: The keyboard or the mouse is at another run (run id, "" for none).
        run_menu_requested: The menu of a run was asked for (run id, global position).
        row_opened: What a row stands for is to be shown (its key).
    """

    all_requested = Signal()
    run_reached = Signal(str)
    run_menu_requested = Signal(str, QPoint)
    row_opened = Signal(str)

    def __init__(
        self, services: CompareServices, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._content = Content()
        self.sheet: Sheet | None = None
        self.tools = TableTools()
        self.table = ComparisonTable()
        self.runs_down = RunsDown()
        self.nothing = EmptyState("", "", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.runs_down)
        self._stack.addWidget(self.nothing)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.tools)
        down.addWidget(self._stack, 1)
        self.tools.searched.connect(lambda _words: self.lay_out())
        self.nothing.acted.connect(self.all_requested)
        for table in (self.table, self.runs_down):
            table.run_reached.connect(self.run_reached)
            table.run_menu_requested.connect(self.run_menu_requested)
        self.table.activated_row.connect(self.row_opened)
        self.runs_down.field_opened.connect(self.row_opened)

    def shown_table(self) -> ComparisonTable | RunsDown:
        """Returns the table that is shown: runs as columns, or as rows."""
        return self.runs_down if self.tools.has_runs_down() else self.table

    def current_run(self) -> str:
        """Returns the run the keyboard is at, "" for none."""
        return self.shown_table().current_run()

    def current_row(self) -> str:
        """Returns the key of the row, or of the column turned round, the keyboard is at."""
        if self.tools.has_runs_down():
            return self.runs_down.current_field()
        return self.table.current_key()

    def reach(self, run_id: str) -> None:
        """Moves to a run."""
        self.shown_table().reach(run_id)

    def show_content(self, content: Content) -> None:
        """Shows other runs, the same in another order, or the same read again."""
        self._content = content
        self.lay_out()

    def seen(self) -> Seen:
        """Returns what is compared and how it is looked at, runs as they are sorted."""
        seen, places = self._seen(), self._content.places()
        if not self.tools.has_runs_down():
            return seen
        order = tuple(places[run_id] for run_id in self.runs_down.run_ids() if run_id in places)
        return replace(seen, view=replace(seen.view, order=order), has_runs_down=True)

    def _seen(self) -> Seen:
        content = self._content
        view = Viewpoint(
            order=content.order(),
            baseline=content.baseline(),
            only_differing=content.only_differing,
            words=self.tools.search.text(),
            by_difference=self.tools.by_difference(),
            in_percent=self.tools.in_percent(),
            noise=self.tools.noise(),
            now_us=self._services.clock.now_us(),
        )
        schema = self._services.metric_schemas.read()
        return Seen(compared=content.compared, view=view, schema=schema)

    def lay_out(self) -> None:
        """Shows the content again, after other choices or a rule that changed."""
        seen = self._seen()
        compared, view, schema = seen.compared, seen.view, seen.schema
        if len(view.order) < 2:
            return
        waits = self._content.waits_for
        rows, cells = len(compared.rows), len(compared.rows) * len(compared.runs)
        if rows > MANY_ROWS or (view.by_difference and cells > MANY_CELLS):
            self._tasks.ask(
                "compare.layout",
                "Laying out the table",
                lambda _progress: lay_out(compared, view, schema, waits),
                lambda sheet: self._take_sheet(sheet, compared, view),
                owner=self,
            )
        else:
            self._tasks.cancel("compare.layout")
            self._take_sheet(lay_out(compared, view, schema, waits), compared, view)

    def _take_sheet(self, sheet: Sheet, compared: ComparedRuns, view: Viewpoint) -> None:
        if compared is not self._content.compared:
            return
        self.sheet = sheet
        runs = [compared.runs[at] for at in view.order]
        base = compared.runs[view.baseline].run_id
        versions = self._content.versions
        has_several = len({run.experiment for run in runs}) > 1
        columns = [
            RunColumn(
                run_id=run.run_id,
                name=words.name_of(run),
                below=words.below(
                    run,
                    is_base=run.run_id == base,
                    tells_experiment=has_several,
                    version=versions.brief(run.run_id) if versions else "",
                ),
                series=self._content.colours.get(run.run_id, 0),
                hint=words.hint_of(run, versions.words(run.run_id) if versions else ""),
            )
            for run in runs
        ]
        corner = words.corner(sheet)
        if self.tools.has_runs_down():
            self.runs_down.show_runs(columns, sheet, view, corner.replace("rows", "fields"))
        else:
            self.table.show_runs(columns, base, corner, sheet.lines)
        if not sheet.rows:
            title, why = words.why_no_rows(sheet, view)
            self.nothing.set_words(title, why)
            can_show = view.only_differing and sheet.total > 0 and not view.words
            self.nothing.button.set_words("Show equal rows too")
            self.nothing.button.setVisible(can_show)
        self._stack.setCurrentWidget(self.shown_table() if sheet.rows else self.nothing)
