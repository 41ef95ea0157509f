# SPDX-License-Identifier: Apache-2.0
"""The Runs page: filter, table, charts of the ticked runs, and one run in detail.

* The ticked box is the chart selection; the newest runs are ticked when runs are first shown.
* Rows arrive in pages; a run that changes is read again, nothing else is.
* While a ticked run is live the store is looked at twice a second, otherwise now and then.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar, separator
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.surface import Split
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs import commands, empty
from strongroom.desktop.runs.actions import RunActions
from strongroom.desktop.runs.charted import MOST_CHARTED, Charted
from strongroom.desktop.runs.columns_dialog import ColumnsDialog
from strongroom.desktop.runs.detail import DetailPane
from strongroom.desktop.runs.finding import (
    MOST_ROWS,
    NEWEST,
    Answer,
    Question,
    as_command,
    as_python,
)
from strongroom.desktop.runs.loading import RunsLoader
from strongroom.desktop.runs.lower_pane import LowerPane
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.query_bar import QueryBar
from strongroom.desktop.runs.register import RegisterChoice
from strongroom.desktop.runs.scope import ScopeMenu
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.sheet import (
    FIXED,
    PINNED,
    NameCount,
    Sheet,
    default_fields,
    value_column,
)
from strongroom.desktop.runs.table import RunsTable
from strongroom.desktop.runs.words import shown
from strongroom.domain.changes import Changes
from strongroom.domain.query import Field
from strongroom.domain.run import Run

if TYPE_CHECKING:
    from strongroom.services.experiments import Experiment

LIVE_MS = 500  # a live curve moves twice a second
USUAL_SORTING = ("started", True)
IDLE_MS = 4_000  # how soon a new run of another program shows up
TICKED_AT_ONCE = 20  # by the box in the header


class RunsPage(Page):
    """The page.

    Args:
        services: What it asks.
        tasks: The jobs of the window.
        session: What the page remembers of its layout.

    Signals:
        register_requested: A run's model is to be registered (run id, artifact path; "" is the
            root of the artifacts).
    """

    page_id = "runs"
    title = "Runs"
    register_requested = Signal(str, str)

    def __init__(
        self, services: RunsServices, tasks: Tasks, session: Session | None = None
    ) -> None:
        self._services, self._tasks, self._session = services, tasks, session or Session()
        self._fields: tuple[Field, ...] | None = None
        self._names: tuple[NameCount, ...] = ()
        self._experiments: tuple[Experiment, ...] = ()
        self._total = 0
        self._has_ticked = self._is_looking = False
        self._charted = Charted()
        self._runs: dict[str, Run] = {}
        self._scope = ScopeMenu()
        self._columns = Button("Columns", "ghost", "columns-3")
        self._register = Button("Register model…", "primary", "package")
        self._compare = Button("Compare", "secondary", "git-compare-arrows")
        tools = [self._columns, self._compare, self._register]
        bar = PageBar("Runs", [separator(), self._scope], tools)
        super().__init__(bar)
        self.setObjectName("runs.page")
        self.run_actions = RunActions(services, tasks, self)
        self.register = RegisterChoice(services, tasks, self)
        self._build()
        self._wire()
        self._look_at_selection()

    # ------------------------------------------------------------ what the window asks

    def show_place(self, place: Place) -> None:
        """Opens an experiment, a filter, a run."""
        reads = self.query.show_text(place.filter)
        question = Question(
            filter=place.filter.strip() if reads else "",
            experiment=place.argument("experiment"),
            order_by=self.loader.question.order_by,
            is_deleted=bool(place.argument("deleted")),
        )
        if question != self.loader.question or not self.loader.has_asked:
            self.loader.ask(question)
        run_id = place.argument("run")
        if run_id:
            self._show_detail(run_id)
        else:
            self.detail.hide()

    def place(self) -> Place:
        """Returns experiment, filter and open run."""
        arguments = {
            "experiment": self.loader.question.experiment,
            "deleted": "1" if self.loader.question.is_deleted else "",
            "run": "" if self.detail.isHidden() else self.detail.run_id(),
        }
        kept = {name: value for name, value in arguments.items() if value}
        return Place.of(self.page_id, kept, self.loader.question.filter)

    def refresh(self, changes: Changes) -> None:
        """Reads again what a change touched; several changes in one go are read once."""
        self.loader.take(changes)
        if not self.detail.isHidden() and self.detail.run_id() in changes.runs:
            self.detail.reload()

    def selection(self) -> tuple[str, ...]:
        """Returns the selected runs."""
        return self.table.selected()

    def commands(self) -> Sequence[Command]:
        """Returns what a person can do here."""
        return commands.of(self)

    # ------------------------------------------------------------ what a person does

    def look(self) -> None:
        """Takes in what programs logged since the last look."""
        if self._is_looking:
            return
        self._is_looking = True

        def done(changes: Changes) -> None:
            self._is_looking = False
            if changes:
                self.changed.emit(changes)
            self.charts.follow(self.charts.live_ids())
            self._set_pace()

        def failed(fault: BaseException) -> None:
            self._is_looking = False
            self._pulse.stop()  # until the page is shown again or somebody presses Refresh
            errors.show(fault, self, self.look)

        runs = self._services.runs
        self._tasks.ask("runs.refresh", "Looking for runs", runs.refresh, done, failed=failed)

    def focus_filter(self) -> None:
        """Gives the keyboard to the filter."""
        self.query.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.query.editor.selectAll()

    def choose_columns(self) -> ColumnsDialog:
        """Opens the choice of columns."""
        dialog = ColumnsDialog(self._names, self._shown_fields(), parent=self)
        dialog.chosen.connect(self.set_fields)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def set_fields(self, fields: Sequence[Field] | None) -> None:
        """Shows other columns; None shows the usual ones."""
        self._fields = None if fields is None else tuple(fields)
        self._lay_out(self.model.sheet.runs)

    def open_run(self, run_id: str) -> None:
        """Shows one run in detail and remembers the place."""
        self._show_detail(run_id)
        self.place_changed.emit(self.place())

    def close_run(self) -> None:
        """Closes the detail and gives the keyboard back to the table."""
        self.detail.hide()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def tick(self, run_ids: Sequence[str], *, on: bool) -> None:
        """Ticks or unticks runs for the charts."""
        if on and not self._charted.add(run_ids):
            self.query.set_count(f"At most {MOST_CHARTED} runs are charted at once")
        elif not on:
            self._charted.remove(run_ids)
        self._show_charted()

    def charted(self) -> tuple[str, ...]:
        """Returns the ticked runs."""
        return self._charted.ids()

    def compare(self) -> None:
        """Opens the ticked runs side by side."""
        self.place_requested.emit(Place.of("compare", {"runs": ",".join(self.charted())}))

    def showing_deleted(self) -> bool:
        """Returns whether deleted runs are shown instead of the others."""
        return self.loader.question.is_deleted

    def register_model(self) -> None:
        """Looks for the models of the selected run and asks which one to register."""
        run_id = self._one()
        if run_id:
            self.register.begin(run_id)

    def run_named(self, run_id: str) -> Run | None:
        """Returns a run the page knows."""
        return self._runs.get(run_id)

    # ------------------------------------------------------------ Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Starts looking for new runs."""
        super().showEvent(event)
        if not self.loader.has_asked:
            self.loader.ask(self.loader.question)
        self.look()
        self._set_pace()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stops looking for new runs."""
        super().hideEvent(event)
        self._pulse.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Closes the detail with Escape."""
        if event.key() == Qt.Key.Key_Escape and not self.detail.isHidden():
            self.close_run()
            return
        super().keyPressEvent(event)

    # ------------------------------------------------------------ inside: building

    def _build(self) -> None:
        self.model = RunsModel(self._charted, self)
        self.model.sorting = USUAL_SORTING
        self.loader = RunsLoader(
            self._services,
            self._tasks,
            lambda run_id: self.model.sheet.row_of(run_id) >= 0,
            lambda: len(self.model.sheet.runs),
            self,
        )
        self.query = QueryBar()
        self.table = RunsTable(self.model)
        self.lower = LowerPane(self._services, self._tasks, self._charted, self._session)
        self.charts = self.lower.curves
        self.detail = DetailPane(self._services, self._tasks)
        self.detail.hide()
        self._no_match = empty.no_match()
        self._upper = QStackedWidget()
        self._upper.addWidget(self.table)
        self._upper.addWidget(self._no_match)
        split = Split("vertical", self._upper, self.lower, sizes=(520, 300))
        split.setObjectName("runs.split")
        split.setStretchFactor(0, 1)
        working = QWidget()
        down = QVBoxLayout(working)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.query)
        down.addWidget(split, 1)
        both = QWidget()
        across = QHBoxLayout(both)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(working, 1)
        across.addWidget(self.detail)
        self._no_runs = empty.no_runs(str(self._services.runs.folder.root))
        self._body = QStackedWidget()
        self._body.addWidget(both)
        self._body.addWidget(self._no_runs)
        self.set_body(self._body)
        self._pulse = QTimer(self)
        self._pulse.timeout.connect(self.look)

    def _wire(self) -> None:
        self.query.applied.connect(lambda text: self._move(filter_=text))
        self.query.copy_requested.connect(self._on_copy_requested)
        self.table.ticked.connect(
            lambda run_id: self.tick((run_id,), on=run_id not in self._charted)
        )
        self.table.all_ticked.connect(self._on_all_ticked)
        self.table.sort_requested.connect(self._on_sort_requested)
        self.table.opened.connect(self.open_run)
        self.table.selection_changed.connect(self._look_at_selection)
        self.table.context_requested.connect(self._on_context_requested)
        self._scope.scope_chosen.connect(self._on_scope_chosen)
        self.loader.answered.connect(self._show)
        self.loader.added.connect(self._add)
        self.loader.renewed.connect(self._renew)
        self._columns.clicked.connect(self.choose_columns)
        self._register.clicked.connect(self.register_model)
        self._compare.clicked.connect(self.compare)
        self.register.chosen.connect(self.register_requested)
        self._no_match.acted.connect(self.query.clear)
        self.detail.closed.connect(self.close_run)
        self.changed.connect(self.refresh)
        self.charts.shown_changed.connect(self.selection_changed)
        self.lower.join(self.loader, self.query, self.table.select, self.tick)

    # ------------------------------------------------------------ inside: rows

    def _show(self, answer: Answer, keeps_place: bool) -> None:
        self._names, self._experiments, self._total = (
            answer.names,
            answer.experiments,
            answer.total,
        )
        self.query.set_names(answer.names)
        self._lay_out(answer.runs, keeps_place=keeps_place)
        self._scope.show_scope(answer.experiments, self.loader.question)
        has_runs = bool(self._experiments) or self.loader.question.is_deleted
        self._body.setCurrentIndex(0 if has_runs else 1)
        for tool in (self._scope, self._columns, self._compare, self._register):
            tool.setVisible(has_runs)
        self._upper.setCurrentIndex(0 if answer.total else 1)
        self._say_why_empty()
        if not self._has_ticked and answer.runs:
            self._has_ticked = True
            newest = sorted(answer.runs, key=lambda run: -run.started_us)[:NEWEST]
            self._charted.add(run.run_id for run in newest)
        self._show_charted()
        self._tell_count()

    def _add(self, answer: Answer) -> None:
        self.model.extend(answer.runs)
        self._remember(answer.runs)
        self._tell_count()

    def _lay_out(self, runs: Sequence[Run], *, keeps_place: bool = True) -> None:
        """Makes columns and rows anew."""
        fields = self._shown_fields(runs)
        columns = (*PINNED, *FIXED, *(value_column(field, runs) for field in fields))
        sheet = Sheet(columns, self._services.clock.now_us())
        sheet.extend(runs)
        self._remember(runs)
        self.table.set_sheet(sheet, keeps_place=keeps_place)
        self._look_at_selection()

    def _shown_fields(self, runs: Sequence[Run] | None = None) -> tuple[Field, ...]:
        if self._fields is not None:
            return self._fields
        return default_fields(self._names, self.model.sheet.runs if runs is None else runs)

    def _remember(self, runs: Sequence[Run]) -> None:
        kept = {
            run_id: self._runs[run_id] for run_id in self._charted.ids() if run_id in self._runs
        }
        if len(self._runs) > 2 * MOST_ROWS:
            self._runs = kept
        self._runs.update((run.run_id, run) for run in runs)

    def _renew(self, runs: tuple[Run, ...]) -> None:
        self.model.sheet.now_us = self._services.clock.now_us()
        self.model.replace(runs)
        self._remember(runs)
        self._show_charted()

    # ------------------------------------------------------------ inside: telling

    def _show_charted(self) -> None:
        self.model.tell_charted()
        runs = [self._runs[run_id] for run_id in self._charted.ids() if run_id in self._runs]
        self.charts.show_runs(runs)
        self._compare.set_words(f"Compare {len(runs)}" if len(runs) > 1 else "Compare")
        self._compare.setEnabled(len(runs) > 1)
        self._set_pace()

    def _set_pace(self) -> None:
        if self.isVisible():
            pace = LIVE_MS if self.charts.live_ids() else IDLE_MS
            if not self._pulse.isActive() or self._pulse.interval() != pace:
                self._pulse.start(pace)

    def _tell_count(self) -> None:
        everything = self._everything()
        words = wording.count(self._total, "run")
        if self.loader.question.filter and not self.loader.question.is_deleted:
            words = f"{wording.count(self._total)} of {wording.count(everything, 'run')}"
        if self._total > MOST_ROWS and len(self.model.sheet.runs) >= MOST_ROWS:
            words += f", the first {wording.count(MOST_ROWS)} shown"
        self.query.set_count(words)

    def _everything(self) -> int:
        chosen = self.loader.question.experiment
        return sum(each.run_count for each in self._experiments if chosen in {"", each.name})

    def _say_why_empty(self) -> None:
        if self.loader.question.filter:
            self._no_match.set_words(
                "No run matches", "The filter holds for none of the runs here."
            )
        else:
            why = "Deleted runs wait here until retention removes them."
            if not self.loader.question.is_deleted:
                why = "All its runs were deleted, or it never had one."
            self._no_match.set_words("No runs here", why)
        self._no_match.button.setVisible(bool(self.loader.question.filter))

    def _show_detail(self, run_id: str) -> None:
        self.table.select(run_id)
        self.detail.show_run(run_id)
        self.detail.show()

    def _look_at_selection(self) -> None:
        run_id = self._one()
        self._register.setEnabled(bool(run_id))
        self.charts.board.set_highlight(run_id if run_id in self._charted else None)
        run = self._runs.get(run_id)
        why = f"Register a model of {shown(run.name)}" if run else "Select one run to register"
        self._register.setToolTip(plain_tooltip(why))
        if run_id and not self.detail.isHidden() and self.detail.run_id() != run_id:
            self.detail.show_run(run_id)
        self.selection_changed.emit()

    def _one(self) -> str:
        chosen = self.table.selected()
        return chosen[0] if len(chosen) == 1 else ""

    # ------------------------------------------------------------ inside: signals

    def _on_scope_chosen(self, experiment: str, is_deleted: bool) -> None:
        self._move(experiment=experiment, is_deleted=is_deleted)

    def _move(
        self, *, filter_: str | None = None, experiment: str | None = None, is_deleted: bool = False
    ) -> None:
        before = self.loader.question
        question = Question(
            filter=before.filter if filter_ is None else filter_,
            experiment=before.experiment if experiment is None else experiment,
            order_by=before.order_by,
            is_deleted=before.is_deleted if filter_ is not None else is_deleted,
        )
        if question == before and self.loader.has_asked:
            return
        self.loader.ask(question)
        self.place_changed.emit(self.place())

    def _on_sort_requested(self, key: str, descending: bool) -> None:
        column = next(each for each in self.model.sheet.columns if each.key == key)
        order = f"{column.order} {'DESC' if descending else 'ASC'}"
        before = self.loader.question
        self.model.set_sorting((key, descending))
        self.loader.ask(
            Question(
                filter=before.filter,
                experiment=before.experiment,
                order_by=order,
                is_deleted=before.is_deleted,
            )
        )

    def _on_all_ticked(self) -> None:
        if len(self._charted):
            self._charted.clear()
        else:
            runs = self.model.sheet.runs[:TICKED_AT_ONCE]
            self._charted.add(run.run_id for run in runs)
        self._show_charted()

    def _on_context_requested(self, run_id: str, place: QPoint) -> None:
        if run_id not in self.table.selected():
            self.table.select(run_id)
        menu = self.run_actions.build_menu(self, self.table.selected())
        menu.setFont(theme().font("body"))
        menu.popup(place)

    def _on_copy_requested(self, form: str) -> None:
        store = str(self._services.runs.folder.root)
        words = {"python": as_python, "cli": as_command}[form](store, self.loader.question)
        QGuiApplication.clipboard().setText(words)
