# SPDX-License-Identifier: Apache-2.0
"""The Exchange page: places, syncing, importing, and what was refused.

* A share is touched in tasks only; one that hangs or is gone never holds the window.
* What came, what went, what was refused and what contradicts is said after every exchange.
* After Stop the page looks at what was finished, because that stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QStackedWidget

from strongroom.desktop.exchange.dialogs import AddPlaceDialog, RemoveDialog
from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.places_view import PlacesView
from strongroom.desktop.exchange.progress_line import ProgressLine
from strongroom.desktop.exchange.quarantine_view import QuarantineView
from strongroom.desktop.exchange.words import Saying, sync_saying
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner, EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command, Reason, WindowState, with_store
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.domain.errors import StrongroomError
from strongroom.domain.progress import Progress
from strongroom.services.exchange import (
    Exchange,
    Outcome,
    QuarantinedItem,
    RemoteInfo,
    RemoteStatus,
    Retried,
)
from strongroom.services.people import People

SYNC_KEY = "exchange.sync"
EVERYTHING = Changes(is_team=True, events=frozenset({"exchange"}))
"""What an interrupted exchange may have touched: nobody can say, so everybody looks again."""

_NO_TEAM = (
    "What is exchanged is signed by members of a team. Found one, or ask to be admitted to one and"
    " pin its id; runs that somebody carried here can be imported without.\n\n"
    "strongroom team create NAME\nstrongroom team trust TEAM-ID"
)
_NO_PLACE = (
    "A place is a folder on a share, a stick or a disk. Members of the team bring what they signed"
    " there and take in what the others signed; every byte is verified on arrival."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeServices:
    """What the page asks."""

    exchange: Exchange
    people: People
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What this workstation remembers; no share is touched for it."""

    team: str = ""
    infos: tuple[RemoteInfo, ...] = ()
    quarantined: tuple[QuarantinedItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Synced:
    """The outcome at each place that was reached, and name and error of the others."""

    outcomes: tuple[Outcome, ...]
    faults: tuple[tuple[str, StrongroomError], ...]


class ExchangePage(Page):
    """Places and quarantine as tables; syncing with a line of progress above them."""

    page_id = "exchange"
    title = "Exchange"

    def __init__(self, services: ExchangeServices, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self._known = _Known()
        self._statuses: dict[str, RemoteStatus] = {}
        self._wanted = ""
        self._is_quarantine_offered = False
        self.tabs = Segmented(
            (("places", "Places"), ("quarantine", "Quarantine")), "places", name="Show"
        )
        self.add_button = Button("Add place…", "secondary", "plus")
        self.import_button = Button("Import…", "secondary", "download")
        self.sync_button = Button("Sync now", "primary", "refresh-cw")
        self.places = PlacesView()
        self.quarantine = QuarantineView()
        self.no_team = EmptyState("No team yet", _NO_TEAM)
        self.no_place = EmptyState(
            "No place to exchange through yet", _NO_PLACE, "Add place…", "plus"
        )
        self.no_quarantine = EmptyState(
            "Nothing is in quarantine",
            "What does not verify on arrival is kept here with its reason, and never used.",
        )
        self.body = QStackedWidget()
        views = (self.places, self.quarantine, self.no_team, self.no_place, self.no_quarantine)
        for view in views:
            self.body.addWidget(view)
        self.progress = ProgressLine(tasks, SYNC_KEY, edges="b", margins=(16, 10, 16, 11))
        self.banner = Banner("ok", "", "")
        self._banner_room = row((self.banner, 1), margins=(16, 8, 16, 8))
        self._banner_room.hide()
        tools = [self.add_button, self.import_button, self.sync_button]
        super().__init__(
            PageBar(self.title, [self.tabs], tools), self.progress, self._banner_room, self.body
        )
        self._connect()
        self._show()
        self._read()

    def _connect(self) -> None:
        self.tabs.changed.connect(self._on_tabs_changed)
        self.add_button.clicked.connect(self.add_place)
        self.no_place.acted.connect(self.add_place)
        self.import_button.clicked.connect(self.import_)
        self.sync_button.clicked.connect(self.sync)
        self.places.selection_changed.connect(self.selection_changed)
        self.places.sync_requested.connect(self.sync_place)
        self.places.look_requested.connect(self._ask_status)
        self.progress.stopped.connect(self._on_progress_stopped)
        self.banner.acted.connect(self._on_banner_acted)
        self.quarantine.selected.connect(self._ask_detail)
        self.quarantine.retry_requested.connect(self.retry)
        self.quarantine.removal_requested.connect(self.remove)

    # ---------------------------------------------------------------- what a page is asked

    def show_place(self, place: Place) -> None:
        """Opens the places or the quarantine (``show=quarantine``, ``item=ID``)."""
        self._wanted = place.argument("item")
        shown = place.argument("show") or ("quarantine" if self._wanted else "places")
        self._open_tab("quarantine" if shown == "quarantine" else "places")
        self._read(is_looking=True)

    def place(self) -> Place:
        """Returns which of the two is open."""
        shown = self.tabs.current()
        return Place.of("exchange", {"show": shown} if shown == "quarantine" else {})

    def refresh(self, changes: Changes) -> None:
        """Looks again when something signed, refused or admitted changed."""
        if changes.events or changes.is_team or changes.quarantined:
            self._read(is_looking=self.isVisible())

    def selection(self) -> tuple[str, ...]:
        """Returns the place or the quarantined item that is selected."""
        table = self.quarantine.table if self._is_quarantine() else self.places.table
        return table.selected()

    def badge(self) -> str:
        """Returns how many things are in quarantine."""
        return f"{len(self._known.quarantined):,}" if self._known.quarantined else ""

    def commands(self) -> Sequence[Command]:
        """Returns what can be done here."""

        def with_team(state: WindowState) -> Reason | None:
            if (why := with_store(state)) is not None:
                return why
            return None if self._known.team else Reason("Found or join a team first")

        def with_place(state: WindowState) -> Reason | None:
            if (why := with_team(state)) is not None:
                return why
            if self._is_syncing():
                return Reason("An exchange is running")
            return None if self._known.infos else Reason("Add a place first")

        return [
            Command(
                id="exchange.sync", title="Sync now", run=self._here(self.sync), menu="Exchange",
                icon="refresh-cw", shortcut="Ctrl+Shift+S", enabled=with_place, group="Exchange",
            ),
            Command(
                id="exchange.import", title="Import…", run=self._here(self.import_),
                menu="Exchange", icon="download", enabled=with_store, group="Exchange",
            ),
            Command(
                id="exchange.add_place", title="Add a place…", run=self._here(self.add_place),
                menu="Exchange", icon="plus", enabled=with_team, group="Exchange",
            ),
        ]  # fmt: skip

    # ---------------------------------------------------------------- doing

    def sync(self) -> None:
        """Takes in from every place, then brings what it lacks."""
        self._sync(tuple(info.name for info in self._known.infos))

    def sync_place(self, name: str) -> None:
        """Syncs one place."""
        self._sync((name,))

    def import_(self) -> None:
        """Opens the import wizard, at the selected place if there is one."""
        wizard = ImportWizard(
            self._services.exchange, self._known.infos, self._tasks, self._services.clock,
            wanted="" if self._is_quarantine() else self.places.current(), parent=self,
        )  # fmt: skip
        wizard.taken.connect(lambda outcome: self._on_changed(outcome.changes))
        wizard.interrupted.connect(self._look_after_stop)
        wizard.finished.connect(wizard.deleteLater)
        wizard.open()

    def add_place(self) -> None:
        """Opens the dialog that names a folder."""
        dialog = AddPlaceDialog(self._services.exchange, self._tasks, parent=self)
        dialog.added.connect(self._on_place_added)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def retry(self, item: str) -> None:
        """Passes a quarantined thing through the gate again."""
        self._tasks.change(
            "exchange.retry",
            "Trying again",
            lambda _progress: self._services.exchange.retry(item),
            self._on_retried,
            owner=self,
        )

    def remove(self, item: str) -> None:
        """Asks whether a quarantined thing shall be removed for good."""
        known = next((each for each in self._known.quarantined if each.id == item), None)
        if known is None:
            return
        dialog = RemoveDialog(known, parent=self)
        dialog.accepted.connect(lambda: self._drop(item))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # ---------------------------------------------------------------- reading

    def _read(self, *, is_looking: bool = False) -> None:
        """Reads what is remembered, then looks at each place if somebody is watching."""

        def work(_progress: Progress) -> _Known:
            exchange = self._services.exchange
            return _Known(
                team=self._services.people.team_id(),
                infos=exchange.remotes(),
                quarantined=exchange.quarantined(),
            )

        def done(known: _Known) -> None:
            self._take_known(known)
            if is_looking and known.team and not self._is_syncing():
                for info in known.infos:
                    self._ask_status(info.name)

        key = "exchange.look" if is_looking else "exchange.read"
        self._tasks.ask(key, "Reading places", work, done, owner=self)

    def _take_known(self, known: _Known) -> None:
        is_other_badge = len(known.quarantined) != len(self._known.quarantined)
        self._known = known
        self._show()
        self.selection_changed.emit()
        if is_other_badge:
            self.changed.emit(Changes())

    def _ask_status(self, name: str) -> None:
        self._tasks.ask(
            f"exchange.status {name}",
            f"Looking at {name}",
            lambda progress: self._services.exchange.status(name, progress=progress),
            self._show_status,
            owner=self,
        )

    def _ask_detail(self, item: str) -> None:
        self._tasks.ask(
            "exchange.detail",
            "Reading from quarantine",
            lambda _progress: self._services.exchange.show_quarantined(item),
            self.quarantine.show_detail,
            owner=self,
        )

    # ---------------------------------------------------------------- showing

    def _show(self) -> None:
        known, now_us = self._known, self._services.clock.now_us()
        kept = len(known.quarantined)
        self.tabs.set_counts({"quarantine": kept} if kept else {})
        self._show_buttons()
        if self._is_quarantine():
            if known.quarantined:
                self.quarantine.show_items(known.quarantined, now_us, self._wanted)
                self._wanted = ""
            self.body.setCurrentWidget(self.quarantine if known.quarantined else self.no_quarantine)
        elif known.team and known.infos:
            self.places.show_places(known.infos, self._statuses, now_us)
            self.body.setCurrentWidget(self.places)
        else:
            self.body.setCurrentWidget(self.no_place if known.team else self.no_team)

    def _show_buttons(self) -> None:
        has_team, has_place = bool(self._known.team), bool(self._known.infos)
        self.add_button.setEnabled(has_team)
        self.add_button.setToolTip("" if has_team else "Found or join a team first")
        can_sync = has_team and has_place and not self._is_syncing()
        self.sync_button.setEnabled(can_sync)
        why = "" if can_sync else "Add a place first" if has_team else "Found or join a team first"
        self.sync_button.setToolTip("An exchange is running" if self._is_syncing() else why)

    def _show_status(self, status: RemoteStatus) -> None:
        self._statuses[status.info.name] = status
        self._show()

    def _say(self, saying: Saying) -> None:
        self._is_quarantine_offered = saying.is_quarantined
        action = "Show quarantine" if saying.is_quarantined else "Dismiss"
        self.banner.show_outcome(saying.tone, saying.title, saying.sentence, action)
        self._banner_room.show()

    # ---------------------------------------------------------------- syncing

    def _sync(self, names: tuple[str, ...]) -> None:
        if not names or self._is_syncing():
            return
        for name in names:
            self._tasks.cancel(f"exchange.status {name}")
        self._banner_room.hide()
        self.clear_fault()

        def work(progress: Progress) -> _Synced:
            # One at a time: a place that is gone must not hide what the others gave.
            outcomes: list[Outcome] = []
            faults: list[tuple[str, StrongroomError]] = []
            for name in names:
                try:
                    outcomes += self._services.exchange.sync(name, progress=progress)
                except StrongroomError as error:
                    faults.append((name, error))
            return _Synced(outcomes=tuple(outcomes), faults=tuple(faults))

        words = f"Exchanging with {names[0]}" if len(names) == 1 else "Exchanging with all places"
        self._tasks.change(
            SYNC_KEY, words, work, self._on_synced, owner=self, failed=self._on_sync_failed
        )
        self._show_buttons()

    def _on_synced(self, synced: _Synced) -> None:
        faults = [(name, f"{error.title} ({error.code})") for name, error in synced.faults]
        self._say(sync_saying(synced.outcomes, faults))
        changes = Changes()
        for outcome in synced.outcomes:
            changes |= outcome.changes
        self._statuses.clear()
        self._on_changed(changes)

    def _on_sync_failed(self, error: BaseException) -> None:
        errors.show(error, self)
        self._look_after_stop()

    def _on_progress_stopped(self) -> None:
        self._say(
            Saying(
                tone="warn",
                title="Stopped",
                sentence="What was finished stays on both sides, nothing is half there. Sync goes"
                " on from here.",
            )
        )
        self._look_after_stop()

    def _look_after_stop(self) -> None:
        """Looks at what was finished, once the stopped job has ended: changes run in order."""
        self._tasks.change(
            "exchange.after",
            "Looking at what was finished",
            lambda _progress: EVERYTHING,
            self._on_changed,
            owner=self,
        )

    def _on_changed(self, changes: Changes) -> None:
        self.changed.emit(changes)
        self._read(is_looking=True)

    # ---------------------------------------------------------------- answers of people

    def _on_tabs_changed(self, _key: str) -> None:
        self._show()
        self.place_changed.emit(self.place())
        self.selection_changed.emit()

    def _on_place_added(self, _name: str) -> None:
        self._open_tab("places")
        self._on_changed(Changes())

    def _on_banner_acted(self) -> None:
        if self._is_quarantine_offered:
            self.tabs.set_current("quarantine")
        self._banner_room.hide()

    def _on_retried(self, retried: Retried) -> None:
        if retried.is_taken:
            self._say(Saying(tone="ok", title="Taken in", sentence="It verifies now and is out of"
                             " quarantine."))  # fmt: skip
        else:
            self._say(Saying(tone="bad", title=f"Still refused, {retried.code}",
                             sentence=retried.detail))  # fmt: skip
        self._on_changed(retried.changes)

    def _drop(self, item: str) -> None:
        self._tasks.change(
            "exchange.drop",
            "Removing from quarantine",
            lambda _progress: self._services.exchange.drop(item),
            self._on_changed,
            owner=self,
        )

    # ---------------------------------------------------------------- inside

    def _here(self, act: Callable[[], None]) -> Callable[[], None]:
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

    def _is_quarantine(self) -> bool:
        return self.tabs.current() == "quarantine"

    def _is_syncing(self) -> bool:
        return any(state.key == SYNC_KEY for state in self._tasks.running())
