# SPDX-License-Identifier: Apache-2.0
"""The Exchange page: places, what was refused, what came in, and packages.

* A share is touched in tasks only, each place in its own lane: one that hangs or is gone holds
  neither the window nor another place.
* What came, what went, what was refused and what contradicts is said after every exchange.
* After Stop the page looks at what was finished, because that stays.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal

from strongroom.desktop.exchange.bodies import TABS, Bodies
from strongroom.desktop.exchange.bundle_acts import BundleActs
from strongroom.desktop.exchange.dialogs import AddPlaceDialog
from strongroom.desktop.exchange.import_acts import ImportActs
from strongroom.desktop.exchange.page_commands import page_commands
from strongroom.desktop.exchange.places_desk import PlacesDesk
from strongroom.desktop.exchange.progress_line import ProgressLine
from strongroom.desktop.exchange.quarantine_acts import QuarantineActs
from strongroom.desktop.exchange.rounds import Rounds
from strongroom.desktop.exchange.services import ExchangeServices, Known, read_known
from strongroom.desktop.exchange.stick_panel import StickPanel
from strongroom.desktop.exchange.sync_queue import SYNC_KEY
from strongroom.desktop.exchange.words import Saying, left_out_saying
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.changes import Changes
from strongroom.domain.progress import Progress
from strongroom.services.exchange import QuarantinedItem

__all__ = ["ExchangePage", "ExchangeServices"]


class ExchangePage(Page):
    """Places, quarantine, imports and packages as tables; a line of progress above them.

    Signals:
        package_requested: Somebody wants to export an audit package.
        noticed: Something happened that deserves a notice (title, detail).
    """

    page_id = "exchange"
    title = "Exchange"

    package_requested = Signal()
    noticed = Signal(str, str)

    def __init__(self, services: ExchangeServices, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self._known = Known()
        self._wanted = ""
        self._is_quarantine_offered = False
        self.tabs = Segmented(TABS, "places", name="Show")
        self.add_button = Button("Add place…", "secondary", "plus")
        self.bundle_button = Button("Make a bundle…", "secondary", "archive", changes=True)
        self.package_button = Button("Export audit package…", "secondary", "package", changes=True)
        self.import_button = Button("Import…", "secondary", "download", changes=True)
        self.sync_button = Button("Sync now", "primary", "refresh-cw", changes=True)
        self.body = Bodies()
        self.places, self.quarantine = self.body.places, self.body.quarantine
        self.imports, self.packages = self.body.imports, self.body.packages
        self.progress = ProgressLine(tasks, SYNC_KEY, edges="b", margins=(16, 10, 16, 11))
        self.banner = Banner("ok", "", "")
        self._banner_room = row((self.banner, 1), margins=(16, 8, 16, 8))
        self._banner_room.hide()
        self.sticks = StickPanel(services.sticks, services.exchange, tasks)
        tools = [
            self.add_button,
            self.bundle_button,
            self.package_button,
            self.import_button,
            self.sync_button,
        ]
        super().__init__(
            PageBar(self.title, [self.tabs], tools), self.sticks, self.progress,
            self._banner_room, self.body,
        )  # fmt: skip
        self.desk = PlacesDesk(services.exchange, tasks, self)
        self.acts = QuarantineActs(services.exchange, tasks, self)
        secrets = Secrets(tasks, services.identities, self)
        self.rounds = Rounds(services, self.desk, tasks, secrets, self)
        self.carrying = BundleActs(services, tasks, secrets, self)
        self.importing = ImportActs(
            services, tasks, secrets,
            infos=lambda: self._known.infos, plugged=self.sticks.sources, window=self,
        )  # fmt: skip
        self._connect()
        self._show()
        self._read()

    def _connect(self) -> None:
        self.tabs.changed.connect(self._on_tabs_changed)
        for asked in (self.add_button.clicked, self.body.no_place.acted):
            asked.connect(self.add_place)
        for asked in (self.package_button.clicked, self.body.no_package.acted):
            asked.connect(self.package_requested)
        for asked in (
            self.import_button.clicked, self.body.no_import.acted, self.body.bring_button.clicked,
        ):  # fmt: skip
            asked.connect(self.import_)
        self.body.no_team.acted.connect(lambda: self.place_requested.emit(Place("people")))
        self.sync_button.clicked.connect(self.sync)
        self.bundle_button.clicked.connect(self.carrying.make)
        self.desk.changed.connect(self._on_desk_changed)
        for view in (self.places, self.imports, self.packages):
            view.selection_changed.connect(self.selection_changed)
        self.places.sync_requested.connect(self.sync_place)
        self.places.look_requested.connect(self.desk.look)
        self.places.plan_requested.connect(self.rounds.plan)
        self.places.pause_requested.connect(self.pause)
        self.progress.stopped.connect(self.rounds.stop)
        self.banner.acted.connect(self._on_banner_acted)
        self.quarantine.selected.connect(self._ask_detail)
        self.quarantine.retry_requested.connect(self.retry)
        self.quarantine.removal_requested.connect(self.remove)
        self.quarantine.save_requested.connect(self._on_save_requested)
        self.rounds.begun.connect(self._on_round_begun)
        for acts in (self.rounds, self.acts, self.importing, self.carrying):
            acts.said.connect(self._say)
            acts.changed.connect(self._on_changed)
        self.sticks.said.connect(self._on_stick_said)
        self.sticks.import_requested.connect(self.importing.open_any)
        self.sticks.sync_requested.connect(self.sync_place)
        self.sticks.changed.connect(self._on_sticks_changed)
        self.sticks.plugged.connect(self.noticed)
        self.importing.interrupted.connect(self.rounds.look_after_stop)
        self.imports.selected.connect(self._ask_report)
        self.imports.again_requested.connect(self.importing.open_at)
        self.imports.save_requested.connect(self.importing.save)

    # ---------------------------------------------------------------- what a page is asked

    def show_place(self, place: Place) -> None:
        """Opens a tab (``show=quarantine``, ``item=ID``), or the wizard (``import=PATH``)."""
        self._wanted = place.argument("item")
        shown = place.argument("show") or ("quarantine" if self._wanted else "places")
        self._open_tab(shown if shown in dict(TABS) else "places")
        self._read(is_looking=True)
        if source := place.argument("import"):
            self.importing.open_at(source)

    def known(self) -> Known:
        """Returns what this workstation remembers of places, quarantine, imports, packages."""
        return self._known

    def current_place(self) -> str:
        """Returns the place that is selected and to be seen, "" for none."""
        return self.places.current() if self.tabs.current() == "places" else ""

    def why_not_sync(self) -> str:
        """Returns why nothing can be exchanged with all places now, "" if it can.

        A place that hangs does not count as one that is being exchanged with.
        """
        infos = self._known.infos
        if self.desk.queue.is_busy():
            return "An exchange is running"
        if not self._known.team:
            return "Found or join a team first"
        if not infos:
            return "Add a place first"
        is_paused = all(info.is_paused for info in infos)
        return "Every place is paused: resume one first" if is_paused else ""

    def place(self) -> Place:
        """Returns which tab is open."""
        shown = self.tabs.current()
        return Place.of("exchange", {} if shown == "places" else {"show": shown})

    def refresh(self, changes: Changes) -> None:
        """Looks again when something signed, refused or admitted changed."""
        if changes.events or changes.is_team or changes.quarantined:
            self._read(is_looking=self.isVisible())

    def selection(self) -> tuple[str, ...]:
        """Returns the place, the quarantined item, the import or the package that is selected."""
        return self.body.table(self.tabs.current()).selected()

    def badge(self) -> str:
        """Returns how many things are in quarantine."""
        return f"{len(self._known.quarantined):,}" if self._known.quarantined else ""

    def commands(self) -> Sequence[Command]:
        """Returns what can be done here."""
        return page_commands(self)

    # ---------------------------------------------------------------- doing

    def sync(self) -> None:
        """Takes in from every place that is not paused, then brings what it lacks."""
        self._sync(tuple(info.name for info in self._known.infos if not info.is_paused))

    def sync_place(self, name: str) -> None:
        """Syncs one place."""
        self._sync((name,))

    def plan(self, name: str) -> None:
        """Says what Sync would do at a place, item by item; nothing is written."""
        self.rounds.plan(name)

    def pause(self, name: str) -> None:
        """Leaves a place out of Sync now until further notice, or takes it up again."""
        is_paused = any(info.is_paused for info in self._known.infos if info.name == name)
        self._tasks.change(
            "exchange.pause",
            f"Resuming {name}" if is_paused else f"Pausing {name}",
            lambda _progress: self._services.exchange.pause(name, is_paused=not is_paused),
            lambda _info: self._read(),
            owner=self,
        )

    def import_(self) -> None:
        """Opens the import wizard, at the selected place if there is one."""
        self.importing.open(self.current_place())

    def add_place(self) -> None:
        """Opens the dialog that names a folder."""
        dialog = AddPlaceDialog(self._services.exchange, self._tasks, parent=self)
        dialog.added.connect(self._on_place_added)
        dialog.open()

    def retry(self, item: str) -> None:
        """Passes a quarantined thing through the gate again."""
        self.acts.retry((item,))

    def retry_all(self) -> None:
        """Passes everything in quarantine through the gate again."""
        self.acts.retry(tuple(item.id for item in self._known.quarantined))

    def remove(self, item: str) -> None:
        """Asks whether a quarantined thing shall be removed for good."""
        if (known := self._quarantined(item)) is not None:
            self.acts.remove(known)

    # ---------------------------------------------------------------- reading

    def _read(self, *, is_looking: bool = False) -> None:
        """Reads what is remembered, then looks at each place if somebody is watching."""

        def done(known: Known) -> None:
            self._take_known(known)
            if is_looking:
                self.sticks.look(has_team=bool(known.team))
                if known.team:
                    self.desk.look_at_all()

        key = "exchange.look" if is_looking else "exchange.read"
        has_packages = self.tabs.current() == "packages"

        def work(_progress: Progress) -> Known:
            return read_known(self._services, has_packages=has_packages)

        self._tasks.ask(key, "Reading places", work, done, owner=self)

    def _take_known(self, known: Known) -> None:
        is_other_badge = len(known.quarantined) != len(self._known.quarantined)
        self._known = known
        self._read_packages()
        self.desk.set_infos(known.infos)
        self._show()
        self.selection_changed.emit()
        if is_other_badge:
            self.changed.emit(Changes())

    def _read_packages(self) -> None:
        """Reads what was exported once somebody looks at it: the whole log is read for it."""
        if self.tabs.current() == "packages" and self._known.packages is None:
            self._read()

    def _ask_detail(self, item: str) -> None:
        self._tasks.ask(
            "exchange.detail",
            "Reading from quarantine",
            lambda _progress: self._services.exchange.show_quarantined(item),
            self.quarantine.show_detail,
            owner=self,
        )

    def _ask_report(self, id_: str) -> None:
        self._tasks.ask(
            "exchange.report",
            "Reading the report",
            lambda _progress: self._services.exchange.reports.show(id_),
            self.imports.show_report,
            owner=self,
        )

    # ---------------------------------------------------------------- showing

    def _show(self) -> None:
        known, shown = self._known, self.tabs.current()
        kept = len(known.quarantined)
        self.tabs.set_counts({"quarantine": kept} if kept else {})
        self._show_buttons(shown)
        now_us = self._services.clock.now_us()
        if shown == "quarantine" and known.quarantined:
            self.quarantine.show_items(known.quarantined, now_us, self._wanted)
            self._wanted = ""
        elif shown == "imports" and known.imports:
            self.imports.show_records(known.imports, now_us)
        elif shown == "packages" and known.packages:
            self.packages.show_packages(known.packages, now_us)
        elif shown == "places":
            self._show_places()
        self.body.open(shown, known)

    def _show_places(self) -> None:
        known, desk = self._known, self.desk
        if known.team and known.infos:
            now_us = self._services.clock.now_us()
            self.places.show_places(known.infos, desk.statuses, desk.doing(), now_us)

    def _show_buttons(self, shown: str) -> None:
        has_team = bool(self._known.team)
        self.add_button.setVisible(shown == "places")
        for button in (self.package_button, self.bundle_button):
            button.setVisible(shown == "packages")
        for button in (self.add_button, self.package_button, self.bundle_button):
            button.setEnabled(has_team)
            button.setToolTip("" if has_team else "Found or join a team first")
        why_not = self.why_not_sync()
        self.sync_button.setEnabled(not why_not)
        self.sync_button.setToolTip(why_not)

    def _say(self, saying: Saying) -> None:
        self._is_quarantine_offered = saying.is_quarantined
        action = "Show quarantine" if saying.is_quarantined else "Dismiss"
        self.banner.show_outcome(saying.tone, saying.title, saying.sentence, action)
        self._banner_room.show()

    # ---------------------------------------------------------------- answers

    def _sync(self, names: tuple[str, ...]) -> None:
        """Syncs places; one on a stick that is being made safe to remove is left out, and said."""
        held = self.sticks.held()
        self.rounds.sync(tuple(name for name in names if name not in held))
        if left := [name for name in names if name in held]:
            self._say(left_out_saying(left))

    def _on_desk_changed(self) -> None:
        """Shows what places are doing; what lies on the other tabs is as it was."""
        self.sticks.set_served(self.desk.served())
        self._show_buttons(self.tabs.current())
        if self.tabs.current() == "places":
            self._show_places()

    def _on_round_begun(self) -> None:
        self._banner_room.hide()
        self.clear_fault()

    def _on_changed(self, changes: Changes) -> None:
        self.changed.emit(changes)
        self._read(is_looking=True)

    def _on_tabs_changed(self, _key: str) -> None:
        self._show()
        self._read_packages()
        self.place_changed.emit(self.place())
        self.selection_changed.emit()

    def _on_place_added(self, _name: str) -> None:
        self._open_tab("places")
        self._on_changed(Changes())

    def _on_banner_acted(self) -> None:
        if self._is_quarantine_offered:
            self.tabs.set_current("quarantine")
        self._banner_room.hide()

    def _on_stick_said(self, saying: Saying) -> None:
        self._say(saying)
        self._read(is_looking=True)

    def _on_sticks_changed(self) -> None:
        """Looks at the places again: a stick that came or went is one of them, or will be."""
        self._read()
        if self._known.team and self.isVisible():
            self.desk.look_at_all()

    def _on_save_requested(self, item: str) -> None:
        if (known := self._quarantined(item)) is not None:
            self.acts.save(known)

    # ---------------------------------------------------------------- inside

    def _quarantined(self, id_: str) -> QuarantinedItem | None:
        return next((each for each in self._known.quarantined if each.id == id_), None)

    def here(self, act: Callable[[], None]) -> Callable[[], None]:
        """Returns an act that opens this page first: what it has to say is said here."""

        def run() -> None:
            if not self.isVisible():
                self.place_requested.emit(Place(self.page_id))
            act()

        return run

    def _open_tab(self, key: str) -> None:
        """Opens a tab without saying so: whoever asked knows where it is."""
        was_blocked = self.tabs.blockSignals(True)
        self.tabs.set_current(key)
        self.tabs.blockSignals(was_blocked)
        self._show()
