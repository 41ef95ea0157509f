# SPDX-License-Identifier: Apache-2.0
"""The desk: one window for one person at one store, and changing who sits at it.

* Signing in as somebody else opens their services and a new window in the old one's place; keys
  of the former person are forgotten with the old services.
* What arrives while the window is open (runs that train, files other programs wrote) is looked
  for every second, off the window's thread.
"""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from strongroom.bootstrap import Services, open_services, open_settings
from strongroom.demo.people import PASSPHRASE_HINT, people_of, usual_home
from strongroom.desktop.kit.secrets import HINT_PROPERTY
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.composition import build_window
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.preferences import Preferences
from strongroom.desktop.shell.session_state import SessionState
from strongroom.desktop.shell.sign_in import SignInDialog
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

    Signals:
        opened: A window was opened (a `MainWindow`).
    """

    opened = Signal(object)

    def __init__(
        self, app: QApplication, store: Path, home: Path, settings: Settings | None = None
    ) -> None:
        super().__init__(app)
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

    def open(self) -> MainWindow:
        """Opens the window of the present home.

        Raises:
            StrongroomError: If the store cannot be opened.
        """
        is_demo = any(person.home == self._home for person in people_of(self._store))
        self._app.setProperty(HINT_PROPERTY, PASSPHRASE_HINT if is_demo else "")
        tasks = Tasks()
        services = open_services(self._store, self._home)
        state = SessionState(self._home, self._store)
        window = build_window(services, tasks, state.store, self.preferences)
        if self.window is None:
            state.restore_window(window)
        else:
            window.setGeometry(self.window.geometry())
        state.restore_splitters(window)
        place = state.place()
        if place is not None and self.preferences.value("window.reopen_place"):
            window.open_place(place)
        for session in (state.window, state.store):
            session.failed.connect(lambda error: _tell_unsaved(window, error))

        window.asks_before_closing = lambda: bool(self.preferences.value("window.confirm_close"))
        window.notices.message_ms = lambda: (
            1_000 * int(self.preferences.value("window.message_seconds"))
        )

        def leave() -> None:
            _remember(state, window)
            self.support.detach(window)
            self.preferences.discard()  # what was not saved was a preview
            tasks.close()  # before what they read from is closed
            services.close()

        window.closing.connect(leave)
        window.sign_in_requested.connect(self._on_window_sign_in_requested)
        self.window, self.services, self.tasks = window, services, tasks
        self.door.attach(window, self._store)
        self.support.attach(window, state.window, state.store)
        window.show()
        self._timer.start()
        self._on_timer_timeout()
        self.opened.emit(window)
        return window

    def sign_in(self, home: Path) -> MainWindow:
        """Opens the window of another person in place of this one."""
        return self._change(self._store, home)

    def open_store(self, store: Path) -> MainWindow:
        """Opens another store in place of this one, as whoever one usually is there.

        Raises:
            StrongroomError: If it cannot be opened; the present window stays.
        """
        return self._change(store, usual_home(store))

    def _change(self, store: Path, home: Path) -> MainWindow:
        old, before = self.window, (self._store, self._home)
        self._timer.stop()
        self._store, self._home = store, home
        try:
            window = self.open()
        except BaseException:
            self._store, self._home = before
            self._timer.start()
            raise
        if old is not None:
            old.close_at_once()
            old.deleteLater()
        return window

    def close(self) -> None:
        """Closes the window and stops looking."""
        self._timer.stop()
        if self.window is not None:
            self.window.close_at_once()
            self.window.deleteLater()
            self.window = None
        self._remembered.flush()
        self.support.close()

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
        if self.window is None:
            return
        dialog = SignInDialog(people_of(self._store), self._home, parent=self.window)
        dialog.home_chosen.connect(self.sign_in)
        dialog.open()


def _remember(state: SessionState, window: MainWindow) -> None:
    state.save_window(window)
    state.save_splitters(window)
    page = window.page()
    if page is not None:
        state.save_place(page.place())
    state.flush()


def _tell_unsaved(window: MainWindow, error: OSError) -> None:
    window.notices.tell(
        "The layout is not saved", f"{error.strerror or error}", "warn", cause="session"
    )
