# SPDX-License-Identifier: Apache-2.0
"""The Runs page: filter, table, charts of the ticked runs, and one run in detail.

* The ticked box is the chart selection; the newest runs are ticked when runs are first shown.
* The table knows how many rows there are at once and reads those in sight; a run that changes is
  read again where it stands, nothing else is.
* While a ticked run is live the store is looked at twice a second, otherwise now and then.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMenu

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar, separator
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.undo import Step
from strongroom.desktop.runs import commands
from strongroom.desktop.runs.actions import RunActions
from strongroom.desktop.runs.aiming import Aiming
from strongroom.desktop.runs.body import RunsBody
from strongroom.desktop.runs.bulk import Bulk
from strongroom.desktop.runs.charted import MOST_CHARTED, Charted
from strongroom.desktop.runs.column_actions import ColumnActions
from strongroom.desktop.runs.column_layout import ColumnLayout
from strongroom.desktop.runs.columns_dialog import ColumnsDialog
from strongroom.desktop.runs.contract_actions import ContractActions, PageDoors
from strongroom.desktop.runs.field_chooser import FieldChooser
from strongroom.desktop.runs.finding import COPIED, Answer, Question, Surroundings, groupable
from strongroom.desktop.runs.following import Following
from strongroom.desktop.runs.loading import RunsLoader, StoreReader
from strongroom.desktop.runs.lower_pane import LowerPane
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.new_since import NewSince
from strongroom.desktop.runs.query_bar import QueryBar
from strongroom.desktop.runs.query_history import QueryHistory
from strongroom.desktop.runs.register import RegisterChoice
from strongroom.desktop.runs.results import Results
from strongroom.desktop.runs.row_menu import open_row_menu
from strongroom.desktop.runs.rule_actions import RuleActions
from strongroom.desktop.runs.saved_views import SavedViews
from strongroom.desktop.runs.scope import ScopeMenu
from strongroom.desktop.runs.seeking import Seeking
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.table import RunsTable
from strongroom.desktop.runs.ticking import Ticking
from strongroom.desktop.runs.view_actions import ViewActions
from strongroom.desktop.runs.words import shown
from strongroom.domain.changes import Changes
from strongroom.domain.query import Field
from strongroom.domain.run import Run
from strongroom.services.run_table import RowOrder

if TYPE_CHECKING:
    from strongroom.desktop.runs.columns import NameCount
    from strongroom.desktop.runs.detail import DetailPane
    from strongroom.services.experiments import Experiment

USUAL_SORTING = ("started", True)


class RunsPage(Page):
    """The page.

    Args:
        services: What it asks.
        tasks: The jobs of the window.
        session: What the page remembers of its layout.

    Signals:
        noticed: Something was done that deserves a notice (title, detail).
        views_changed: Other saved views, or counts (tuple of names and counts).
        register_requested: A run's model is to be registered (run id, artifact path; "" is the
            root of the artifacts).
    """

    page_id = "runs"
    title = "Runs"
    menu = commands.PAGE_MENU
    register_requested = Signal(str, str)
    noticed = Signal(str, str)
    views_changed = Signal(object)

    def __init__(
        self, services: RunsServices, tasks: Tasks, session: Session | None = None
    ) -> None:
        self._services, self._tasks, self._session = services, tasks, session or Session()
        self._names: tuple[NameCount, ...] = ()
        self._experiments: tuple[Experiment, ...] = ()
        self._charted = Charted()
        self._scope = ScopeMenu()
        self._columns = Button("Columns", "ghost", "columns-3")
        self._register = Button("Register model…", "primary", "package", changes=True)
        self._compare = Button("Compare", "secondary", "git-compare-arrows")
        self._group = FieldChooser("Group:", optional=True, icon_name="layers")
        self._save = Button("Save view", "ghost", "bookmark")
        tools = [self._columns, self._group, self._save, self._compare, self._register]
        self._before_scope = separator()
        bar = PageBar("Runs", [self._before_scope, self._scope], tools)
        super().__init__(bar)
        self.setObjectName("runs.page")
        bulk = Bulk(
            services, tasks, self,
            tell=self.changed.emit, did=self.undoable.emit, note=self.noticed.emit,
        )  # fmt: skip
        self.run_actions = RunActions(services, tasks, self, bulk)
        self.register = RegisterChoice(services, tasks, self)
        self.rules = RuleActions(services, tasks, self, self.show_found)
        doors = PageDoors(self.show_found, self.open_run, lambda: self.loader.question)
        self.contracts = ContractActions(services, tasks, self, bulk, doors)
        self._build()
        self._wire()
        self._look_at_selection()

    # ------------------------------------------------------------ what the window asks

    def show_place(self, place: Place) -> None:
        """Opens a saved view, or an experiment, a filter, a run."""
        if place.argument("view"):
            self.open_view(place.argument("view"))
            return
        reads = self.query.show_text(place.filter)
        question = Question(
            filter=place.filter.strip() if reads else "",
            experiment=place.argument("experiment"),
            order_by=self.loader.question.order_by,
            is_deleted=bool(place.argument("deleted")),
            is_archived=bool(place.argument("archived")),
            group_by=self.loader.question.group_by,
        )
        if question != self.loader.question or not self.loader.has_asked:
            self.loader.ask(question)
        run_id = place.argument("run")
        if run_id:
            self._show_detail(run_id)
        else:
            self.body.close_run()

    def place(self) -> Place:
        """Returns experiment, filter and open run."""
        arguments = {
            "experiment": self.loader.question.experiment,
            self.hidden() or "deleted": "1" if self.hidden() else "",
            "run": self.body.open_run_id(),
        }
        kept = {name: value for name, value in arguments.items() if value}
        return Place.of(self.page_id, kept, self.loader.question.filter)

    def refresh(self, changes: Changes) -> None:
        """Reads again what a change touched; several changes in one go are read once."""
        if changes.contracts:
            self.model.windows.forget()  # each row says what it breaks
        self.loader.take(changes)
        run_id = self.body.open_run_id()
        if run_id and (run_id in changes.runs or changes.metrics or changes.contracts):
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
        self.following.look()

    def focus_filter(self) -> None:
        """Gives the keyboard to the filter."""
        self.query.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.query.editor.selectAll()

    def show_found(self, text: str) -> None:
        """Shows the runs a filter holds for."""
        self.query.show_text(text)
        self._move(filter=text)

    def choose_columns(self) -> ColumnsDialog:
        """Opens the choice of columns."""
        shown = [column.field for column in self.model.sheet.columns if column.kind == "value"]
        dialog = ColumnsDialog(self._names, [each for each in shown if each], parent=self)
        dialog.chosen.connect(self.set_fields)
        dialog.open()
        return dialog

    def set_fields(self, fields: Sequence[Field] | None) -> None:
        """Shows other columns; None shows the usual ones."""
        self.column_actions.change("choose columns", self.layout_.set_fields, fields)

    def sort_by(self, key: str, *, descending: bool) -> None:
        """Orders the rows by a column."""
        column = next((each for each in self.model.sheet.columns if each.key == key), None)
        if column is None or not column.order:
            return
        self.model.set_sorting((key, descending))
        order = f"{column.order} {'DESC' if descending else 'ASC'}"
        self.loader.ask(replace(self.loader.question, order_by=order))

    def group_by(self, field: Field | None) -> None:
        """Puts the runs into groups by a param, a tag or an attribute; None takes them out."""
        self._group.set_field(field)
        if field != self.loader.question.group_by:
            self.loader.ask(replace(self.loader.question, group_by=field))

    def choose_group(self) -> None:
        """Opens the list of what runs can be grouped by."""
        self._group.open_list()

    def save_view(self) -> object:
        """Asks under which name to save what is shown."""
        return self.view_actions.ask_save()

    def choose_view(self) -> QMenu:
        """Opens the list of saved views below the button that saves them."""
        return self.view_actions.choose(self._save, self.open_view)

    def open_view(self, name: str) -> None:
        """Shows a saved view."""
        view = self.view_actions.open(name)
        if view is not None:
            self.body.close_run()
            self.query.show_text(view.question.filter)
            self._group.set_field(view.question.group_by)
            self.loader.ask(view.question)
            self.place_changed.emit(self.place())

    def see_all(self) -> None:
        """Takes the marks of new runs away."""
        self.new_since.leave()
        self.results.seen_id = self.new_since.seen_id()
        self.results.lay_out()

    def did(self, step: Step) -> None:
        """Hands on a step that can be undone."""
        self.undoable.emit(step)

    def open_run(self, run_id: str) -> None:
        """Shows one run in detail and remembers the place."""
        self._show_detail(run_id)
        self.place_changed.emit(self.place())

    def close_run(self) -> None:
        """Closes the detail and gives the keyboard back to the table."""
        self.body.close_run()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def tick(self, run_ids: Sequence[str], *, on: bool) -> None:
        """Ticks or unticks runs for the charts."""
        if not self.ticking.tick(run_ids, on=on):
            self.query.set_count(f"At most {MOST_CHARTED} runs are charted at once")

    def charted(self) -> tuple[str, ...]:
        """Returns the ticked runs."""
        return self._charted.ids()

    def copy_filter(self, form: str) -> None:
        """Copies what the table shows as a question in ``python`` or for the ``cli``."""
        store = str(self._services.runs.folder.root)
        QGuiApplication.clipboard().setText(COPIED[form](store, self.loader.question))

    def compare(self) -> None:
        """Opens the ticked runs side by side."""
        self.place_requested.emit(Place.of("compare", {"runs": ",".join(self.charted())}))

    def hidden(self) -> str:
        """Returns ``deleted`` or ``archived`` if those runs are shown, else ""."""
        return self.loader.question.hidden

    def register_model(self) -> None:
        """Looks for the models of the selected run and asks which one to register."""
        run_id = self._one()
        if run_id:
            self.register.begin(run_id)

    def run_named(self, run_id: str) -> Run | None:
        """Returns a run the page knows, with what was read of it."""
        loaded = self.model.windows.get(self.model.windows.id_of(run_id))
        return None if loaded is None else loaded.row.run

    def with_selected(self, act: Callable[[tuple[str, ...]], object]) -> None:
        """Does something to all selected runs, however many."""
        self.seeking.with_selected(act)

    def selected_count(self) -> int:
        """Returns how many runs are selected."""
        return len(self.table.selected_ids())

    # ------------------------------------------------------------ Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Starts looking for new runs."""
        super().showEvent(event)
        if not self.loader.has_asked:
            self.loader.ask(self.loader.question)
        self.look()
        self.following.set_pace()
        self.views.tell()
        self.views.count()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stops looking for new runs."""
        super().hideEvent(event)
        self.following.stop()
        self.new_since.leave()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Closes the detail with Escape."""
        if event.key() == Qt.Key.Key_Escape and self.body.open_run_id():
            self.close_run()
            return
        super().keyPressEvent(event)

    # ------------------------------------------------------------ inside: building

    def _build(self) -> None:
        self.layout_ = ColumnLayout()
        self.model = RunsModel(self._charted, StoreReader(self._services, self._tasks, self), self)
        self.model.sorting = USUAL_SORTING
        self.table = RunsTable(self.model)
        self.results = Results(self._services, self._tasks, self.model, self.table, self.layout_)
        self.column_actions = ColumnActions(
            self.layout_, self.results, self.table, self._session, self
        )
        self.ticking = Ticking(self._services, self._tasks, self._charted, self)
        self.loader = RunsLoader(
            self._services, self._tasks, self.layout_.fields, lambda: self.model.sheet.rows, self
        )
        self.seeking = Seeking(self._services, self._tasks, self.table)
        self.views = SavedViews(self._services, self._tasks, self._session, self)
        self.view_actions = ViewActions(
            self.views, self.loader, self.model, self.layout_, self.column_actions, self
        )
        self.query = QueryBar(QueryHistory(self._session))
        self.below = LowerPane(self._services, self._tasks, self._charted, self._session)
        self.charts = self.below.curves
        self.aiming = Aiming(self.table, self.charts, self._charted)
        store = str(self._services.runs.folder.root)
        self.new_since = NewSince(self._session, store)
        self.body = RunsBody(self.query, self.table, self.below, self._make_detail, store)
        self.set_body(self.body)
        self.following = Following(self._services, self._tasks, self.charts, self)

    def _wire(self) -> None:
        self.query.applied.connect(lambda text: self._move(filter=text))
        self.query.copy_requested.connect(self.copy_filter)
        self.table.ticked.connect(
            lambda run_id: self.tick((run_id,), on=run_id not in self._charted)
        )
        self.table.all_ticked.connect(lambda: self.ticking.toggle_shown(self.model.sheet))
        self.table.sort_requested.connect(lambda key, down: self.sort_by(key, descending=down))
        self.table.opened.connect(self.open_run)
        self.table.selection_changed.connect(self._look_at_selection)
        self.table.context_requested.connect(lambda run_id, at: open_row_menu(self, run_id, at))
        self._scope.scope_chosen.connect(self._on_scope_chosen)
        self.table.toggled.connect(self.results.toggle)
        self.results.wanting.connect(self.loader.ask_again)
        self._group.chosen.connect(self.group_by)
        self._save.clicked.connect(self.save_view)
        self.views.changed.connect(self.views_changed)
        self.loader.answered.connect(self._show)
        self.loader.grown.connect(self._grow)
        self.loader.surrounded.connect(self._surround)
        self.loader.renewed.connect(self._renew)
        self.ticking.changed.connect(self._show_charted)
        self._columns.clicked.connect(self.choose_columns)
        self._register.clicked.connect(self.register_model)
        self._compare.clicked.connect(self.compare)
        self.register.chosen.connect(self.register_requested)
        self.body.no_match.acted.connect(self.query.clear)
        self.changed.connect(self.refresh)
        self.following.changed.connect(self.changed)
        self.charts.shown_changed.connect(self.selection_changed)
        self.charts.undoable.connect(self.undoable)
        for part in (self.column_actions, self.charts):
            part.rule_requested.connect(self.rules.ask)
        self.below.join(self.loader, self.query, self.seeking.select, self.tick)

    @property
    def detail(self) -> "DetailPane":
        """One run in detail; made when it is first wanted."""
        return self.body.detail()

    def _make_detail(self) -> "DetailPane":
        from strongroom.desktop.runs.detail import DetailPane  # brings the viewers; after the rows

        detail = DetailPane(self._services, self._tasks)
        detail.closed.connect(self.close_run)
        detail.enlarged.connect(self.body.set_enlarged)
        detail.changed.connect(self.changed)
        detail.place_requested.connect(self.place_requested)
        detail.run_requested.connect(self.open_run)
        detail.lost_requested.connect(self.run_actions.ask_resume)
        detail.body.rule_requested.connect(self.rules.ask)
        return detail

    # ------------------------------------------------------------ inside: rows

    def _show(self, answer: Answer, keeps_place: bool) -> None:
        self.new_since.note(answer.newest_id)
        self.results.seen_id = self.new_since.seen_id()
        self.results.show(answer, keeps_place=keeps_place)
        has_rows = bool(len(answer.order.ids))
        self.body.unreadable.show_runs(answer.unreadable)
        self.body.show_rows(answer.question, has_runs=answer.has_runs, has_rows=has_rows)
        for tool in (
            self._before_scope, self._scope, self._columns, self._group, self._save,
            self._compare, self._register,
        ):  # fmt: skip
            tool.setVisible(answer.has_runs)
        self._scope.show_scope(self._experiments, self.loader.question)
        self._look_at_selection()
        self.ticking.begin(answer.newest)
        self._tell_count(is_all=answer.order.is_complete)

    def _grow(self, order: RowOrder) -> None:
        self.results.grow(order)
        self._tell_count()

    def _surround(self, found: Surroundings) -> None:
        self._names, self._experiments = found.names, found.experiments
        self.query.set_names(found.names)
        self._group.set_names(groupable(found.names))
        self._scope.show_scope(found.experiments, self.loader.question)
        self._tell_count()

    def _renew(self, run_ids: frozenset[str]) -> None:
        self.model.sheet.now_us = self._services.clock.now_us()
        self.model.windows.read_again(run_ids)
        self.ticking.renew(run_ids)

    # ------------------------------------------------------------ inside: telling

    def _show_charted(self) -> None:
        self.model.tell_charted()
        runs = self.ticking.runs()
        self.charts.show_runs(runs)
        self._compare.set_words(f"Compare {len(runs)}" if len(runs) > 1 else "Compare")
        self._compare.setEnabled(len(runs) > 1)
        self.following.set_pace()

    def _tell_count(self, *, is_all: bool = True) -> None:
        total = self.results.count()
        words = wording.count(total, "run") if is_all else f"{wording.count(total)} and more"
        if self.loader.question.filter and not self.hidden() and is_all:
            words = f"{wording.count(total)} of {wording.count(self._everything(), 'run')}"
        self.query.set_count(words)

    def _everything(self) -> int:
        chosen = self.loader.question.experiment
        return sum(each.run_count for each in self._experiments if chosen in {"", each.name})

    def _show_detail(self, run_id: str) -> None:
        self.seeking.select(run_id)
        self.detail.show_run(run_id)
        self.detail.show()

    def _look_at_selection(self) -> None:
        run_id = self._one()
        self._register.setEnabled(bool(run_id))
        self.aiming.choose(run_id)
        run = self.run_named(run_id)
        why = f"Register a model of {shown(run.name)}" if run else "Select one run to register"
        self._register.setToolTip(plain_tooltip(why))
        if run_id and self.body.open_run_id() not in {"", run_id}:
            self.detail.show_run(run_id)
        self.selection_changed.emit()

    def _one(self) -> str:
        chosen = self.table.selected()
        return chosen[0] if len(chosen) == 1 else ""

    # ------------------------------------------------------------ inside: signals

    def _on_scope_chosen(self, experiment: str, hidden: str) -> None:
        self._move(
            experiment=experiment, is_deleted=hidden == "deleted", is_archived=hidden == "archived"
        )

    def _move(self, **changes: str | bool) -> None:
        question = replace(self.loader.question, **changes)  # type: ignore[arg-type]  # its fields
        if question != self.loader.question or not self.loader.has_asked:
            self.loader.ask(question)
            self.place_changed.emit(self.place())
