# SPDX-License-Identifier: Apache-2.0
"""The desk: one window for one person at one store, and changing who sits at it.

* The window is shown at once; its store is opened, and its pages are read, in jobs.
* Signing in as somebody else opens their services and a new window in the old one's place; keys
  of the former person are forgotten with the old services.
* What arrives while the window is open (runs that train, files other programs wrote) is looked
  for every second, off the window's thread.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from strongroom.bootstrap import Services, open_settings
from strongroom.demo.people import DemoPerson, people_of, usual_home
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.unlock_dialog import HINT_PROPERTY
from strongroom.desktop.shell.composition import Composer
from strongroom.desktop.shell.dropped import import_of
from strongroom.desktop.shell.frame import build_frame
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.opening import Opened, open_store
from strongroom.desktop.shell.preferences import Preferences
from strongroom.desktop.shell.session_state import SessionState
from strongroom.desktop.shell.store_door import StoreDoor
from strongroom.desktop.shell.support import Support
from strongroom.domain.changes import Changes
from strongroom.domain.clock import SystemClock
from strongroom.domain.places import state_root
from strongroom.domain.progress import Progress
from strongroom.services.settings import Settings

LOOK_EVERY_MS = 1_000  # a live curve moves once a second; a look at 100,000 sealed runs takes 10 ms


class Desk(QObject):
    """Holds the window and the services behind it.

    Args:
        app: The application.
        store: The store to open.
        home: Whose home it is.
        settings: What somebody chose, unless as files and environment say.
        bundle: A bundle to import once the store is open.

    Signals:
        opened: A window has its store and all its pages (a `MainWindow`).
    """

    opened = Signal(object)

    def __init__(
        self,
        app: QApplication,
        store: Path,
        home: Path,
        settings: Settings | None = None,
        *,
        bundle: Path | None = None,
    ) -> None:
        super().__init__(app)
        self._bundle = bundle
        self.preferences = Preferences(settings or open_settings(), self)
        self.support = Support(self.preferences.settings, state_root(), SystemClock(), self)
        self._remembered = Session(state_root() / "window.json", self)
        self.door = StoreDoor(self._remembered, self.open_store, parent=self)
        self._app = app
        self._store = store
        self._home = home
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self.window: MainWindow | None = None
        self.services: Services | None = None
        self.tasks: Tasks | None = None
        self._held: list[Services] = []

    def open(self) -> MainWindow:
        """Shows the window at once; its store is opened in a job, and the pages follow.

        A store that cannot be opened is told on the page that waits for it.
        """
        window = self._show_frame()
        if self._bundle is not None:
            window.open_place(import_of(self._bundle))
        painted = threading.Event()
        window.painted.connect(painted.set)

        def read(progress: Progress) -> Opened:
            return self._hold(open_store(self._store, self._home, progress, painted=painted))

        def furnish(opened: Opened) -> None:
            self._furnish(window, opened)

        window.tasks.ask("window.store", "Opening the store", read, furnish, owner=window)
        return window

    def sign_in(self, home: Path) -> None:
        """Opens the window of another person in place of this one."""
        self._change(self._store, home)

    def open_store(self, store: Path, then: Callable[[], object] | None = None) -> None:
        """Opens another store in place of this one, as whoever one usually is there.

        If it cannot be opened the present window stays and says why.

        Args:
            store: The store.
            then: Is called when its window is there.
        """
        self._change(store, None, then)

    def _change(
        self, store: Path, home: Path | None, then: Callable[[], object] | None = None
    ) -> None:
        old = self.window
        if old is None:
            return

        def read(progress: Progress) -> tuple[Path, Opened]:
            chosen = home or usual_home(store)
            return chosen, self._hold(open_store(store, chosen, progress))

        def swap(found: tuple[Path, Opened]) -> None:
            self._timer.stop()
            self._store, (self._home, opened) = store, found
            window = self._show_frame()
            self._furnish(window, opened)
            old.close_at_once()
            old.deleteLater()
            if then is not None:
                then()

        old.tasks.ask("window.store", "Opening the store", read, swap, owner=old)

    def _show_frame(self) -> MainWindow:
        """Shows the window of the present store and home, without its pages."""
        tasks, state = Tasks(), SessionState(self._home, self._store)
        window = build_frame(self._store, tasks, state.store, self.preferences, SystemClock())
        if self.window is None:
            state.restore_window(window)
        else:
            window.setGeometry(self.window.geometry())
        place = state.place()
        if place is not None and self.preferences.value("window.reopen_place"):
            window.open_place(place)
        for session in (state.window, state.store):
            session.failed.connect(lambda error: _tell_unsaved(window, error))
        preferences = self.preferences
        window.asks_before_closing = lambda: bool(preferences.value("window.confirm_close"))
        window.notices.message_ms = lambda: 1_000 * int(preferences.value("window.message_seconds"))
        window.closing.connect(lambda: self._leave(window, state))
        window.sign_in_requested.connect(self._on_window_sign_in_requested)
        self.window, self.services, self.tasks = window, None, tasks
        self._state = state
        self.door.attach(window, self._store)
        self.support.attach(window, state.window, state.store)
        window.show()
        return window

    def _furnish(self, window: MainWindow, opened: Opened) -> None:
        """Gives a window its store; the pages are made one after the other."""
        self._app.setProperty(HINT_PROPERTY, opened.hint)
        self.services = opened.services
        composer = Composer(
            window, opened.services, window.tasks, self._state.store, self.preferences
        )
        composer.joined.connect(self._state.restore_splitters)
        composer.finished.connect(self._on_composer_finished)
        composer.begin()

    def _hold(self, opened: Opened) -> Opened:
        """Remembers what has to be closed, also when nobody waits for it any more."""
        self._held.append(opened.services)
        return opened

    def _leave(self, window: MainWindow, state: SessionState) -> None:
        _remember(state, window)
        self.support.detach(window)
        self.preferences.discard()  # what was not saved was a preview
        window.tasks.close()  # before what they read from is closed
        stays = self.services if self.window is not window else None
        for services in [each for each in self._held if each is not stays]:
            self._held.remove(services)
            services.close()

    def close(self) -> None:
        """Closes the window and stops looking."""
        self._timer.stop()
        if self.window is not None:
            self.window.close_at_once()
            self.window.deleteLater()
            self.window = self.services = None
        self._remembered.flush()
        self.support.close()

    def _on_composer_finished(self) -> None:
        self._timer.start()
        self.opened.emit(self.window)

    def _on_timer_timeout(self) -> None:
        services, window, tasks = self.services, self.window, self.tasks
        if services is None or window is None or tasks is None:
            return
        if not window.isVisible():
            self._timer.stop()
            return

        preferences = self.preferences

        def look(progress: Progress) -> tuple[Changes, tuple[str, ...]]:
            changes = services.runs.refresh(progress) | services.workstation.news()
            return changes, preferences.settings.read_again()

        def show(found: tuple[Changes, tuple[str, ...]]) -> None:
            changes, chosen = found
            if chosen:  # somebody used the command line or an editor
                preferences.apply()
            if changes:
                window.refresh(changes)
                window.changed.emit(changes)

        tasks.ask("desk.look", "Looking for new runs", look, show, owner=window)

    def _on_window_sign_in_requested(self) -> None:
        window = self.window
        if window is None:
            return

        def ask(people: tuple[DemoPerson, ...]) -> None:
            from strongroom.desktop.shell.sign_in import SignInDialog  # read when somebody asks

            dialog = SignInDialog(people, self._home, parent=window)
            dialog.home_chosen.connect(self.sign_in)
            dialog.open()

        window.tasks.ask(
            "window.people", "Looking who works here",
            lambda _progress: people_of(self._store), ask, owner=window,
        )  # fmt: skip


def _remember(state: SessionState, window: MainWindow) -> None:
    state.save_window(window)
    state.save_splitters(window)
    place = window.place()
    if place is not None:
        state.save_place(place)
    state.flush()


def _tell_unsaved(window: MainWindow, error: OSError) -> None:
    window.notices.tell(
        "The layout is not saved", f"{error.strerror or error}", "warn", cause="session"
    )
