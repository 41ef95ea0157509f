# SPDX-License-Identifier: Apache-2.0
"""The models page: models and their versions at the left, everything about one at the right.

* Stages and aliases are read from the folded ledger; nothing here keeps one of its own.
* Verify reads every byte again; Export writes only bytes that match, into a new folder.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import CodeBlock, EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import Column, MoveCell, PersonCell, Row, TextCell, TimeCell
from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.kept_width import keep_width
from strongroom.desktop.kit.labels import SectionTitle
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Scroll, Surface, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.tabs import Tabs
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.registry import reading
from strongroom.desktop.registry.alias_dialog import AliasDialog
from strongroom.desktop.registry.model_list import ModelList
from strongroom.desktop.registry.overview import Overview
from strongroom.desktop.registry.reading import Checked, Shelf, VersionView
from strongroom.desktop.registry.services import ModelServices
from strongroom.domain.changes import Changes
from strongroom.domain.clock import from_iso
from strongroom.domain.errors import Untrusted

__all__ = ["ModelServices", "ModelsPage"]

LIST_WIDTH = 224
NO_TEAM = "strongroom identity create --name NAME\nstrongroom team create NAME"
NO_MODEL = "strongroom models register RUN NAME --artifact model"
ChooseFolder = Callable[[QWidget, str], str]


def choose_folder(parent: QWidget, title: str) -> str:
    """Returns the folder a person chose, "" for none."""
    return QFileDialog.getExistingDirectory(parent, title)


class ModelsPage(Page):
    """Models and versions.

    Args:
        services: What the page needs.
        tasks: The jobs of the window.
        choose: Asks for the folder an export goes to.

    Signals:
        noticed: Something was done that deserves a notice (title, detail).
    """

    page_id = "models"
    title = "Models"
    noticed = Signal(str, str)

    def __init__(
        self, services: ModelServices, tasks: Tasks, choose: ChooseFolder = choose_folder
    ) -> None:
        self._services, self._tasks, self._choose = services, tasks, choose
        self._shelf = Shelf(team="", models=())
        self._view: VersionView | None = None
        self._wanted = ("", "")
        self._was_picked = False
        self.verify_button = Button("Verify", "secondary", "shield-check")
        self.export_button = Button("Export", "secondary", "download")
        self.request_button = Button("Request transition", "primary", "stamp", changes=True)
        self.filter = SearchField("Filter models")
        self.list = ModelList()
        self.list.setObjectName("models.list")
        self._heading = SectionTitle("Models")
        self.tabs = Tabs((("overview", "Overview"), ("history", "History")), name="Version")
        self.overview = Overview()
        self.history = Table(
            (
                Column("when", "When", 128),
                Column("version", "Version", 84),
                Column("move", "Move", 210),
                Column("by", "Requested by", 160),
                Column("approvers", "Approved by", 200, stretch=True),
            ),
            name="History",
            row_height=36,
            edge=24,
        )
        self._empty = EmptyState("Reading models", "This takes a moment.")
        self._no_team = EmptyState(
            "This store belongs to no team yet",
            "Models are registered, reviewed and approved by people who know each other's keys. "
            "Found a team here, or join one with an enrolment request.",
            extra=CodeBlock(NO_TEAM, "Commands"),
        )
        self._no_model = EmptyState(
            "No model is registered yet",
            "A finished run's model becomes an immutable, numbered version. Open a run and "
            "register its model, or use the command.",
            "Open runs",
            "flask-conical",
            extra=CodeBlock(NO_MODEL, "Command"),
        )
        super().__init__(
            PageBar("Models", [], [self.verify_button, self.export_button, self.request_button]),
            self._make_body(),
        )
        self._connect()
        self._look_again()
        self.reload()

    # ---------------------------------------------------------------- what the shell asks

    def show_place(self, place: Place) -> None:
        """Opens a model (``name``) and one of its versions (``version``)."""
        name = place.argument("name")
        if name:
            self._wanted = (name, place.argument("version"))
            self._choose_wanted()
        tab = place.argument("tab")
        if tab in {"overview", "history"}:
            self.tabs.set_current(tab)

    def place(self) -> Place:
        """Returns the version that is open."""
        if self._view is None:
            return Place("models")
        version = self._view.detail.version
        return Place.of(
            "models",
            {
                "name": version.model,
                "version": f"{version.version}+{version.tree[:8]}",
                "tab": self.tabs.current(),
            },
        )

    def refresh(self, changes: Changes) -> None:
        """Reads again what a change touched."""
        if changes.models or changes.requests or changes.is_team or changes.events:
            self.reload()

    def selection(self) -> tuple[str, ...]:
        """Returns the reference of the version that is open."""
        return (self.list.current(),) if self.list.current() else ()

    def badge(self) -> str:
        """Returns ``!`` while a model has an unresolved conflict."""
        return "!" if any(model.conflicts for model in self._shelf.models) else ""

    def commands(self) -> Sequence[Command]:
        """Returns what can be done with the version that is open."""
        return (
            Command(
                id="models.request", title="Request transition of this version…",
                run=self.request_transition, menu="Model", icon="stamp", enabled=self._may_act,
                changes=True,
            ),
            Command(
                id="models.verify", title="Verify this version", run=self.verify, menu="Model",
                icon="shield-check", enabled=self._may_act,
                detail="Reads every file again",
            ),
            Command(
                id="models.export", title="Export this version…", run=self.export, menu="Model",
                icon="download", enabled=self._may_export,
            ),
            Command(
                id="models.alias", title="Set alias…", run=self.set_alias, menu="Model",
                icon="tag", enabled=self._may_act, changes=True,
            ),
            Command(
                id="models.register", title="Register a model from a run…",
                run=self._open_runs, menu="Model", icon="box", enabled=self._may_register,
                detail="Opens the runs: choose one and register its model", changes=True,
            ),
        )  # fmt: skip

    # ---------------------------------------------------------------- acts

    def reload(self) -> None:
        """Reads the models and the version that is open."""
        self._tasks.ask(
            "models.list",
            "Reading models",
            lambda _progress: reading.read_shelf(self._services),
            self._on_shelf,
            owner=self,
        )

    def request_transition(self) -> None:
        """Opens the reviews page, which asks for the move of this version."""
        view = self._view
        if view is not None:
            version = view.detail.version
            wanted = f"{version.model}/{version.version}+{version.tree}"
            self.place_requested.emit(Place.of("reviews", {"ask": wanted, "tab": "open"}))

    def verify(self) -> None:
        """Reads every file of the version again and says in the banner what was found."""
        view = self._view
        if view is None:
            return
        wanted = reading.reference(view.detail.version)
        self.overview.banner.show_outcome("mute", "Reading every file again", "", "", "loader")
        self.tabs.set_current("overview")
        self._tasks.ask(
            "models.verify",
            f"Verifying {view.model.name} v{view.detail.version.version}",
            lambda progress: reading.verify(self._services, wanted, progress),
            lambda checked: self._on_verified(wanted, checked),
            owner=self,
            failed=lambda fault: self._on_unverified(wanted, fault),
        )

    def export(self) -> None:
        """Writes the version's files to a new folder below one that is chosen."""
        view = self._view
        if view is None:
            return
        version = view.detail.version
        chosen = self._choose(self, f"Export {version.model} v{version.version}")
        if not chosen:
            return
        target = Path(chosen) / f"{version.model}-v{version.version}"
        uri = f"models:/{version.model}/{version.version}+{version.tree[:8]}"
        handover = self._services.handover
        self._tasks.change(
            "models.export",
            f"Exporting {version.model} v{version.version}",
            lambda _progress: handover.get(uri, target),
            lambda _receipt: self.noticed.emit(
                f"Exported {version.model} v{version.version}", str(target)
            ),
            owner=self,
            failed=self._show,
        )

    def set_alias(self) -> None:
        """Opens the dialog that points an alias at the version."""
        view = self._view
        if view is None:
            return
        dialog = AliasDialog(
            self._services, self._tasks, view.detail.version, view.model, parent=self
        )
        dialog.changed.connect(self._on_changed)
        dialog.open()

    # ---------------------------------------------------------------- inside

    def _make_body(self) -> QWidget:
        scroll = Scroll(column(self.list, None, fill="bg_surface"))
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left = column(
            row(self.filter, margins=(12, 8, 12, 8), edges="b"),
            row(self._heading, margins=(16, 6, 16, 0)),
            (scroll, 1),
            margins=(0, 0, 1, 0),
            edges="r",
        )
        keep_width(left, LIST_WIDTH, 2 * LIST_WIDTH)
        self._tab_stack = QStackedWidget()
        self._tab_stack.addWidget(self.overview)
        self._tab_stack.addWidget(self.history)
        detail = column(
            row(self.tabs, margins=(24, 0, 24, 0)), (self._tab_stack, 1), fill="bg_surface"
        )
        self._right = QStackedWidget()
        self._right.addWidget(self._empty)
        self._right.addWidget(detail)
        self._detail = detail
        whole = row(left, (self._right, 1), spacing=0)
        self._stack = QStackedWidget()
        for widget in (whole, self._no_team, self._no_model):
            self._stack.addWidget(widget)
        self._whole: Surface = whole
        return self._stack

    def _connect(self) -> None:
        self.verify_button.setObjectName("models.verify")
        self.export_button.setObjectName("models.export")
        self.request_button.setObjectName("models.request")
        self.verify_button.clicked.connect(self.verify)
        self.export_button.clicked.connect(self.export)
        self.request_button.clicked.connect(self.request_transition)
        self.filter.changed.connect(lambda _words: self._show_models())
        self.list.chosen.connect(self._on_chosen)
        self.list.picked.connect(self._on_picked)
        self.tabs.changed.connect(
            lambda key: self._tab_stack.setCurrentIndex(0 if key == "overview" else 1)
        )
        self.overview.run_requested.connect(
            lambda run: self.place_requested.emit(Place.of("runs", {"run": run}))
        )
        self.overview.alias_requested.connect(self.set_alias)
        self.overview.conflict_requested.connect(
            lambda: self.place_requested.emit(Place.of("reviews", {"tab": "open"}))
        )
        self._no_model.acted.connect(self._open_runs)

    def _open_runs(self) -> None:
        self.place_requested.emit(Place("runs"))

    def _on_shelf(self, shelf: Shelf) -> None:
        self._shelf = shelf
        if not shelf.team:
            self._stack.setCurrentWidget(self._no_team)
        elif not shelf.models:
            self._stack.setCurrentWidget(self._no_model)
        else:
            self._stack.setCurrentWidget(self._whole)
        self._show_models()
        known = {reading.reference(v) for model in shelf.models for v in model.versions}
        current = self.list.current()
        if self._wanted[0]:
            self._choose_wanted()
        elif current in known:
            self._read(current)
        elif shelf.models:
            newest = self.list.newest_of(shelf.models[0].name)
            if newest:
                self.list.choose(newest)
        self._look_again()
        self.selection_changed.emit()

    def _show_models(self) -> None:
        words = self.filter.text().casefold().split()
        found = [
            model
            for model in self._shelf.models
            if all(word in model.name.casefold() for word in words)
        ]
        self.list.set_models(found)
        count = wording.count(len(found), "model")
        note = count if len(found) == len(self._shelf.models) else f"{len(found)} match"
        self._heading.set_note("", note)

    def _choose_wanted(self) -> None:
        name, version = self._wanted
        model = next((one for one in self._shelf.models if one.name == name), None)
        if model is None:
            return
        self._wanted = ("", "")
        number, _, tree = version.lstrip("v").partition("+")
        found = [
            one
            for one in model.versions
            if str(one.version) == number and one.tree.startswith(tree)
        ]
        if self.filter.text():
            self.filter.set_text("")
        wanted = reading.reference(found[-1]) if found else self.list.newest_of(name)
        if wanted:
            self.list.choose(wanted)

    def _on_chosen(self, wanted: str) -> None:
        self._read(wanted)
        self.selection_changed.emit()

    def _on_picked(self) -> None:
        self._was_picked = True

    def _read(self, wanted: str) -> None:
        self._tasks.ask(
            "models.version",
            "Reading the version",
            lambda _progress: reading.read_version(self._services, wanted),
            self._on_version,
            owner=self,
            failed=self._show,
        )

    def _on_version(self, view: VersionView) -> None:
        self.clear_fault()
        self._view = view
        now = self._services.clock.now_us()
        version = view.detail.version
        if self.bar is not None:
            crumb = (version.model, Place.of("models", {"name": version.model}))
            self.bar.set_title(f"v{version.version}", [crumb])
        self.overview.show_version(view, now)
        self._show_history(view, now)
        self._right.setCurrentWidget(self._detail)
        self._look_again()
        if self._was_picked:  # somebody walked here; going Back or a reload is no new place
            self._was_picked = False
            self.place_changed.emit(self.place())
        self.selection_changed.emit()

    def _show_history(self, view: VersionView, now_us: int) -> None:
        lines = []
        for change in reversed(view.history):
            approvers = ", ".join(change.approvers) or "Nobody had to"
            if change.is_emergency:
                approvers = "Emergency: nobody was asked"
            lines.append(
                Row(
                    change.request,
                    (
                        TimeCell.at(from_iso(change.time), now_us),
                        TextCell(f"v{change.version}", strong=True),
                        MoveCell(change.from_stage, change.to_stage),
                        PersonCell(change.requester),
                        TextCell(approvers),
                    ),
                )
            )
        self.history.set_lines(lines)
        self.tabs.set_counts({"history": len(lines)})

    def _on_verified(self, wanted: str, checked: Checked) -> None:
        if self.list.current() != wanted:
            return
        now = self._services.clock.now_us()
        files = wording.count(checked.files, "file")
        when = wording.day_and_time(checked.time_us, now)
        sentence = (
            f"{files}, {wording.size(checked.size_bytes)}, read again {when}: every byte matches "
            "the manifest that was signed."
        )
        trust = self._view.trust if self._view is not None else "valid"
        self.overview.banner.show_trust("valid" if trust == "cannot" else trust, sentence, "")

    def _on_unverified(self, wanted: str, fault: BaseException) -> None:
        if isinstance(fault, Untrusted) and self.list.current() == wanted:
            state = "cannot" if fault.code == "E-MISSING" else "mismatch"
            words = f"{fault.title}. {fault.advice} ({fault.code})"
            self.overview.banner.show_trust(
                "cannot" if state == "cannot" else "mismatch", words, ""
            )
            return
        self._show(fault)

    def _on_changed(self, changes: Changes) -> None:
        self.changed.emit(changes)
        self.reload()

    def _show(self, fault: BaseException) -> None:
        errors.show(fault, self)

    def _look_again(self) -> None:
        has_view = self._view is not None
        for button in (self.verify_button, self.request_button, self.export_button):
            button.setVisible(bool(self._shelf.models))
            button.setEnabled(has_view)
        if self._view is not None:
            self.export_button.setEnabled(self._view.detail.is_content_here)
            words = "" if self._view.detail.is_content_here else "Its files are not in this store"
            self.export_button.setToolTip(words)

    # ---------------------------------------------------------------- why not

    def _may_act(self, state: WindowState) -> Reason | None:
        if state.page != self.page_id or self._view is None:
            return Reason("Open a version on the Models page first")
        return None

    def _may_export(self, state: WindowState) -> Reason | None:
        missing = self._may_act(state)
        if missing is None and self._view and not self._view.detail.is_content_here:
            return Reason("Its files are not in this store: pull from a remote that holds them")
        return missing

    def _may_register(self, state: WindowState) -> Reason | None:
        if not state.has_store:
            return Reason("Open a store first")
        return None if self._shelf.team else Reason("This store belongs to no team yet")
