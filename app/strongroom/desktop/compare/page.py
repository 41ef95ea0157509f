# SPDX-License-Identifier: Apache-2.0
"""The Compare page: runs side by side, only what differs by default, deltas to a baseline.

* The place names the runs and the baseline, so Back, Undo and a ticket lead to the same comparison.
* What is asked is read off the window's thread; what is slow to read fills in after the rest.
* A run that is not in the store is said; the others stay.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMenu

from strongroom.desktop.compare import commands, words
from strongroom.desktop.compare.arrangement import Arrangement
from strongroom.desktop.compare.aside import PARTS
from strongroom.desktop.compare.bar import CompareBar
from strongroom.desktop.compare.body import CompareBody, Part
from strongroom.desktop.compare.colours import colours_of
from strongroom.desktop.compare.data_changes import DataChanges
from strongroom.desktop.compare.following import Following
from strongroom.desktop.compare.picker import RunPicker
from strongroom.desktop.compare.plotted import Plotted
from strongroom.desktop.compare.reading import Reading
from strongroom.desktop.compare.remembering import Remembering
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.compare.sharing import Sharing
from strongroom.desktop.compare.tools import LAYOUTS
from strongroom.desktop.compare.values import Content
from strongroom.desktop.compare.versions import Versions, request_place
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.undo import Step
from strongroom.domain.changes import Changes

NEWEST = 4  # compared when nobody has chosen


class ComparePage(Page):
    """The page.

    Args:
        services: What it asks.
        tasks: The jobs of the window.
        session: Where its layout is remembered.
    """

    page_id = "compare"
    title = "Compare"

    def __init__(self, services: CompareServices, tasks: Tasks, session: Session) -> None:
        self._services, self._tasks = services, tasks
        self._arrangement = Arrangement()
        self._other = ""
        self._is_opening = False
        self._colours: dict[str, int] = {}
        bar = CompareBar()
        self.views, self.only_differences = bar.views, bar.only_differences
        self.baseline, self.add_button = bar.baseline, bar.add_button
        super().__init__(bar)
        self.head = bar
        self.setObjectName("compare.page")
        self.versions = Versions(services.models, tasks, self)
        self.reading = Reading(services.comparison, tasks, self)
        self._build()
        self.sharing = Sharing(self.values.seen, services.outgoing, tasks, self)
        self.tools.more.chosen.connect(self.sharing.share)
        self._memory = Remembering(
            session, self.only_differences, self.tools, self.aside, self.split, self.table
        )
        self._memory.restore()
        self._wire()
        self.reading.choice = self.tools.value()

    # ------------------------------------------------------------ what the window asks

    def show_place(self, place: Place) -> None:
        """Compares the runs the place names, else those compared before, else the newest."""
        self._is_opening = True  # the window knows the place it opens
        self.views.set_current("beside" if place.argument("view") == "beside" else "values")
        if place.argument("layout") in dict(LAYOUTS):
            self.tools.show_layout(place.argument("layout"))
        if place.argument("charts") in dict(PARTS):
            self.aside.show_part(place.argument("charts"))
        self._other = place.argument("other") or self._other
        self.beside.want(place.argument("open"))
        self._is_opening = False
        named = Arrangement.from_place(place), self._arrangement, self._memory.runs()
        found = next((each for each in named if each.run_ids), None)
        if found is not None:
            self._arrange(found)
        else:
            self._ask_newest()

    def place(self) -> Place:
        """Returns the comparison as a place."""
        state = {"charts": self.aside.part(), "layout": self.tools.layouts.current()}
        if self.views.current() == "beside":
            state |= {"view": "beside", "open": self.beside.current(), "other": self._other}
        arguments = {**self._arrangement.arguments(), **state}
        return Place.of(self.page_id, {name: text for name, text in arguments.items() if text})

    def refresh(self, changes: Changes) -> None:
        """Reads again when a compared run changed."""
        if changes.runs & set(self._arrangement.run_ids) and self.isVisible():
            self.reading.read(self._arrangement.run_ids)
            self.aside.follow()
        if changes.models or changes.requests or changes.events or changes.is_team:
            self.versions.read()
        if changes.metrics:  # units, bounds, and which way a delta or an axis is better
            self.values.lay_out()
            self.aside.show_plotted(self._plotted())

    def selection(self) -> tuple[str, ...]:
        """Returns the run the keyboard is at."""
        run_id = self.values.current_run()
        return (run_id,) if run_id else ()

    def commands(self) -> Sequence[Command]:
        """Returns what a person can do here."""
        return commands.of(self)

    # ------------------------------------------------------------ what a person does

    def arrangement(self) -> Arrangement:
        """Returns which runs stand here, in which order, against which."""
        return self._arrangement

    def set_baseline(self, run_id: str) -> None:
        """Tells all deltas against another run."""
        if run_id in self._arrangement.run_ids and run_id != self._arrangement.baseline:
            self._do("change the baseline", self._arrangement.with_baseline(run_id))

    def add_runs(self, run_ids: Sequence[str]) -> None:
        """Adds runs at the right."""
        more = self._arrangement.with_runs(run_ids)
        if more != self._arrangement:
            self._do("add runs", more)

    def remove_run(self, run_id: str) -> None:
        """Takes a run out of the comparison; it stays in the store."""
        if run_id in self._arrangement.run_ids:
            self._do("remove a run", self._arrangement.without(run_id))

    def keep_runs(self, run_ids: Sequence[str]) -> None:
        """Takes all other runs out of the comparison; they stay in the store."""
        kept = [run_id for run_id in self._arrangement.run_ids if run_id in set(run_ids)]
        if len(kept) > 1 and len(kept) < len(self._arrangement.run_ids):
            wanted = Arrangement.of(kept, self._arrangement.baseline)
            self._do(f"keep {len(kept)} runs", wanted)

    def move_run(self, run_id: str, by: int) -> None:
        """Moves a run's column to the left (-1) or right (1)."""
        if run_id in self._arrangement.run_ids:
            self._do("move a run", self._arrangement.moved(run_id, by))
            self.values.reach(run_id)

    def run_to_request(self) -> str:
        """Returns the run whose model is meant: the current one, else the baseline."""
        return self.values.current_run() or self._arrangement.baseline

    def why_no_request(self, run_id: str) -> str:
        """Returns why no move can be asked for the model of a run, "" if one can."""
        runs = {run.run_id: run for run in self.reading.compared.runs}
        if self.versions.newest(run_id) is not None:
            return ""
        return words.why_no_request(words.name_of(runs[run_id]) if run_id in runs else "a run")

    def request_transition(self) -> None:
        """Opens the dialog that asks for a move of the version the current run made."""
        version = self.versions.newest(self.run_to_request())
        if version is not None:
            self.place_requested.emit(request_place(version))

    def open_run(self, run_id: str) -> None:
        """Opens a run on the Runs page."""
        self.place_requested.emit(Place.of("runs", {"run": run_id}))

    def choose_runs(self) -> RunPicker:
        """Opens the picker of runs."""
        picker = RunPicker(self._services.runs, self._tasks, self._arrangement.run_ids, parent=self)
        picker.chosen.connect(self.add_runs)
        picker.open()
        return picker

    def show_view(self, view: str) -> None:
        """Shows ``values`` or two runs ``beside`` each other."""
        self.views.set_current(view)

    def show_other(self, run_id: str) -> None:
        """Sets another run beside the baseline."""
        self._other = run_id
        self._show_beside()

    def open_row(self, key: str) -> None:
        """Opens what a row stands for, of the baseline and the current run beside each other."""
        section, _, name = key.partition(" ")
        target = words.BESIDE.get(section, "")
        if not target:
            return
        if self.values.current_run() not in {"", self._arrangement.baseline}:
            self._other = self.values.current_run()
        self.beside.want(f"file {name}" if section == "artifacts" else target)
        self.show_view("beside")
        self.beside.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def current_row(self) -> str:
        """Returns the key of the row the keyboard is at, "" for none."""
        return self.values.current_row()

    def put_on_axis(self, role: str) -> None:
        """Puts the metric of the current row on an axis of the trade-off: ``y`` or ``x``."""
        if self.aside.part() not in {"all", "trade"}:
            self.aside.show_part("all")
        self.aside.trade_off.set_axis(role, self.current_row())

    def turn_round(self) -> None:
        """Makes runs rows, or columns again."""
        self.views.set_current("values")
        self.tools.layouts.choose("columns" if self.tools.has_runs_down() else "rows")

    def check_data(self) -> None:
        """Reads the data of the compared runs and says whether it is still the same."""
        self.same_data.ask(self.reading.compared.runs)

    def show_data_changes(self) -> None:
        """Opens what changed in the data between the baseline and the current run."""
        self.data_changes.ask(
            self.reading.compared.runs, self._arrangement.baseline, self.values.current_run()
        )

    def focus_search(self) -> None:
        """Gives the keyboard to the search over fields."""
        self.show_view("values")
        self.tools.search.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.tools.search.edit.selectAll()

    def build_run_menu(self, run_id: str) -> QMenu:
        """Returns the menu of a run's column."""
        menu = QMenu(self)
        menu.setFont(theme().font("body"))
        menu.aboutToHide.connect(menu.deleteLater)
        for command in commands.of_run(self):
            if command is None:
                menu.addSeparator()
                continue
            reason = command.why_not(commands.state_of(run_id))
            action = menu.addAction(command.title)
            action.triggered.connect(lambda _=False, run=command.run: run())
            action.setEnabled(reason is None)
        return menu

    # ------------------------------------------------------------ Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Looks again at what was compared here, and follows runs that still log."""
        super().showEvent(event)
        self.versions.read_once()
        self.following.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stops following."""
        super().hideEvent(event)
        self.following.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Removes the current run with Delete; a slash or Ctrl+F searches fields."""
        key = event.key()
        is_find = key == Qt.Key.Key_F and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        has_table = self.values.shown_table().hasFocus()
        if key == Qt.Key.Key_Delete and has_table and self.values.current_run():
            self.remove_run(self.values.current_run())
        elif key == Qt.Key.Key_Slash or is_find:
            self.focus_search()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ inside: building

    def _build(self) -> None:
        self.body = CompareBody(self._services, self._tasks)
        self.values, self.aside, self.beside = self.body.values, self.body.aside, self.body.beside
        self.tools, self.table = self.values.tools, self.values.table
        self.overlays, self.split = self.aside.overlays, self.body.split
        self.same_data, self.empty = self.body.same_data, self.body.empty
        self.notice = self.body.notice
        self.data_changes = DataChanges(self._services, self._tasks, self)
        self.set_body(self.body)

    def _wire(self) -> None:
        self.following = Following(
            self._services.runs, self._tasks, lambda: self.reading.compared.runs,
            self.changed.emit, self,
        )  # fmt: skip
        self.reading.arrived.connect(self._show)
        self.versions.arrived.connect(self._show)
        self.head.request_button.clicked.connect(self.request_transition)
        self.reading.failed.connect(self._on_failed)
        self.only_differences.toggled.connect(self._on_layout_changed)
        self.baseline.chosen.connect(self.set_baseline)
        self.add_button.clicked.connect(self.choose_runs)
        self.empty.acted.connect(self.choose_runs)
        self.tools.changed.connect(self._on_layout_changed)
        self.tools.layouts.chosen.connect(lambda _layout: self._tell_place())
        self.tools.value_chosen.connect(self._on_value_chosen)
        self.table.baseline_requested.connect(self.set_baseline)
        self.values.run_menu_requested.connect(self._on_run_menu)
        self.values.run_reached.connect(self._on_run_reached)
        self.table.reordered.connect(self._on_reordered)
        self.values.row_opened.connect(self.open_row)
        self.views.changed.connect(self._on_view)
        self.beside.other_chosen.connect(self.show_other)
        self.aside.changed.connect(self._memory.keep)
        self.aside.part_shown.connect(lambda _part: self._tell_place())
        self.aside.trade_off.run_chosen.connect(self.values.reach)
        self.aside.trade_off.add_requested.connect(lambda run_id: self.add_runs([run_id]))
        self.aside.parallel.run_chosen.connect(self.values.reach)
        self.aside.parallel.keep_requested.connect(self.keep_runs)
        self.split.splitterMoved.connect(lambda *_: self._memory.keep())
        self.table.group_folded.connect(lambda *_: self._memory.keep())
        self.values.all_requested.connect(lambda: self.only_differences.setChecked(False))

    # ------------------------------------------------------------ inside: arranging

    def _do(self, title: str, wanted: Arrangement) -> None:
        """Arranges anew, as a step that can be undone, and remembers the place."""
        before = self._arrangement

        def lead(to: Arrangement) -> None:
            self._arrange(to)
            self.place_changed.emit(self.place())

        lead(wanted)
        self.undoable.emit(Step(title=title, undo=lambda: lead(before), redo=lambda: lead(wanted)))

    def _arrange(self, wanted: Arrangement) -> None:
        is_other = set(wanted.run_ids) != set(self.reading.runs_asked())
        self._arrangement = wanted
        self._memory.keep_runs(wanted)
        if is_other or not self.reading.compared.runs:
            self.reading.read(wanted.run_ids)
        self._show()

    def _ask_newest(self) -> None:
        runs = self._services.runs

        def newest(_progress: object) -> tuple[str, ...]:
            first = runs.search(order_by="start_time DESC", limit=1).runs
            where = first[0].experiment if first else ""
            found = runs.search(experiment=where, order_by="start_time DESC", limit=NEWEST).runs
            return tuple(run.run_id for run in found)

        def done(run_ids: tuple[str, ...]) -> None:
            charted = self._services.charted()
            self._arrange(Arrangement.of(charted if len(charted) > 1 else run_ids))

        self._tasks.ask("compare.newest", "Looking for runs", newest, done, owner=self)

    # ------------------------------------------------------------ inside: showing

    def _show(self) -> None:
        """Shows the comparison that was read in the order that is wanted."""
        compared, wanted = self.reading.compared, self._arrangement
        there = {run.run_id for run in compared.runs}
        shown_ids = [run_id for run_id in wanted.run_ids if run_id in there]
        self._colours = colours_of(wanted.run_ids, self._services.colour_of, self._colours)
        is_enough = len(shown_ids) > 1
        has_read = self.reading.runs_asked() == () or bool(compared.runs or compared.unknown)
        if has_read:
            part: Part = "beside" if self.views.current() == "beside" else "values"
            self.body.show_part(part if is_enough else "empty")
        runs = [run for run in compared.runs if run.run_id in shown_ids]
        self.same_data.keep_to(runs)
        self.head.show_runs(sorted(runs, key=lambda run: shown_ids.index(run.run_id)),
                            wanted.baseline)  # fmt: skip
        self._say_request()
        self.body.say(*words.notice(compared))
        self.empty.set_words(*words.why_empty(compared.runs))
        if is_enough:
            self.values.show_content(self._content())
            self.aside.show_plotted(self._plotted())
            self._show_beside()

    def _show_beside(self) -> None:
        """Sets the baseline beside the chosen run, while somebody looks."""
        base, ids = self._arrangement.baseline, self._arrangement.run_ids
        if self._other not in ids or self._other == base:
            self._other = next((one for one in ids if one != base), "")
        if self.views.current() == "beside":
            self.beside.show_pair(
                self.reading.compared, base, self._other, self._colours,
                only_differing=self.only_differences.isChecked(),
            )  # fmt: skip

    def _content(self) -> Content:
        return Content(
            compared=self.reading.compared,
            arrangement=self._arrangement,
            colours=self._colours,
            only_differing=self.only_differences.isChecked(),
            waits_for=self.reading.waits_for,
            versions=self.versions,
        )

    def _plotted(self) -> Plotted:
        content = self._content()
        return Plotted(
            compared=content.compared,
            order=content.order(),
            colours=self._colours,
            schema=self._services.metric_schemas.read(),
            value=self.reading.choice,
        )

    def _say_request(self) -> None:
        """Says on the button what would be asked for: of the current run, else the baseline."""
        run_id = self.run_to_request()
        runs = {run.run_id: run for run in self.reading.compared.runs}
        what = self.versions.words(run_id)
        name = words.name_of(runs[run_id]) if run_id in runs else "a run"
        self.head.show_request(
            f"{what}, made by {name}", self.why_no_request(run_id),
            is_there=self.versions.any_there() and len(runs) > 1,
        )  # fmt: skip

    # ------------------------------------------------------------ inside: signals

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self, lambda: self.reading.read(self._arrangement.run_ids))
        self.values.show_content(self._content())

    def _on_value_chosen(self, _choice: object) -> None:
        self._memory.keep()
        self.reading.choose(self.tools.value())

    def _on_layout_changed(self) -> None:
        self._memory.keep()
        self.values.show_content(self._content())
        self._show_beside()

    def _on_view(self, _view: str) -> None:
        self._show()
        self._tell_place()

    def _tell_place(self) -> None:
        if self.isVisible() and not self._is_opening:
            self.place_changed.emit(self.place())

    def _on_reordered(self, run_ids: object) -> None:
        if isinstance(run_ids, tuple):
            self._do("move a run", self._arrangement.in_order(run_ids))

    def _on_run_reached(self, run_id: str) -> None:
        self.aside.set_highlight(run_id)
        self._say_request()
        self.selection_changed.emit()

    def _on_run_menu(self, run_id: str, place: QPoint) -> None:
        self.build_run_menu(run_id).popup(place)
