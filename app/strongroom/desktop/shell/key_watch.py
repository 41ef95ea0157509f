# SPDX-License-Identifier: Apache-2.0
"""Watching over the open key: how long it stays open, and locking it when nobody is there.

* The countdown stands in the strip as long as the key is open; a press on it locks at once.
* It locks when its time is over, when nobody used the window for as long as the settings say, when
  the screen is locked, and when the machine slept. Locking waits for nobody and asks nobody.
* Looking costs two numbers a second and reads nothing from a disk.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from shiboken6 import isValid

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QWindow

from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.kit.key_opening import KeyOpening
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.preferences import Preferences
from strongroom.desktop.shell.screen_lock import ScreenLock
from strongroom.domain.key_words import NO_KEY

if TYPE_CHECKING:
    from strongroom.services.identities import Identities

LOOK_EVERY_MS = 1_000
WARNED_S = 60.0  # before it locks for want of use, the strip says so
IDLE_MINUTES, WITH_SCREEN = "security.lock_after_minutes", "security.lock_with_screen"

_USED = {
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
    QEvent.Type.TabletPress,
    QEvent.Type.TouchBegin,
}


class KeyWatch(QObject):
    """The key of this window: its countdown, its lock, its commands.

    Args:
        window: The window; owns the watch.
        identities: The key.
        preferences: When it locks.
        ticks: Seconds that pass while the machine is awake.
        wall: Seconds that pass while it sleeps as well.

    Signals:
        changed: The key was opened or locked.
    """

    changed = Signal()

    def __init__(
        self,
        window: MainWindow,
        identities: "Identities",
        preferences: Preferences,
        *,
        ticks: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(window)
        self._ticks, self._wall = ticks, wall
        self._window, self._identities, self._preferences = window, identities, preferences
        self.opening = KeyOpening(
            identities, window.tasks, Secrets(window.tasks, identities, window), self
        )
        self._used_at = self._looked_at = ticks()
        self._looked_wall = wall()
        self._was_open = False
        self._screen: ScreenLock | None = None
        self._watched: QWindow | None = None
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)  # noqa: S101 - a window has one
        app.focusWindowChanged.connect(self._on_focus_window_changed)
        self._on_focus_window_changed(app.focusWindow())
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.opening.changed.connect(self.look)
        window.strip.key_lock_requested.connect(self.lock)
        window.closing.connect(self._leave)
        window.tasks.changed.connect(self._on_tasks_changed)

    @property
    def is_open(self) -> bool:
        """Whether the key signs without asking now."""
        return self._identities.seconds_left() > 0

    def look(self) -> None:
        """Looks how long the key stays open, locks it if nobody is there, and says so."""
        now, wall = self._ticks(), self._wall()
        idle_s = now - self._used_at
        # A clock that went on while we did not is a machine that slept: nobody was there.
        slept_s = max(0.0, (wall - self._looked_wall) - (now - self._looked_at))
        self._looked_at, self._looked_wall = now, wall
        left_s = self._identities.seconds_left()
        limit_s = 60.0 * int(self._preferences.value(IDLE_MINUTES))
        if left_s and max(idle_s, slept_s) >= limit_s:
            self.lock()
            return
        self._show(left_s, limit_s - idle_s)

    def lock(self) -> None:
        """Forgets the key at once."""
        self.opening.lock()

    def commands(self) -> list[Command]:
        """Returns what can be done with the key from anywhere."""

        def closed(state: WindowState) -> Reason | None:
            if not state.person:
                return Reason(NO_KEY)
            return Reason("The key is open already") if self.is_open else None

        def opened(state: WindowState) -> Reason | None:
            if not state.person:
                return Reason(NO_KEY)
            return None if self.is_open else Reason("The key is locked already")

        return [
            Command(
                id="key.unlock", title="Unlock my key…", run=self.opening.unlock, menu="File",
                icon="lock-open", enabled=closed, group="Key",
            ),
            Command(
                id="key.lock", title="Lock my key", run=self.lock, menu="File", icon="lock",
                shortcut="Ctrl+Alt+L", enabled=opened, group="Key",
            ),
            Command(
                id="key.keep", title="Keep my key open for 1 hour", run=self.opening.keep,
                menu="File", icon="clock", enabled=opened, group="Key",
            ),
        ]  # fmt: skip

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remembers when the window or a dialog of it was last used."""
        if event.type() in _USED:
            self._used_at = self._ticks()
        return super().eventFilter(watched, event)

    # ---------------------------------------------------------------- inside

    def _show(self, left_s: float, idle_left_s: float) -> None:
        words = ""
        if left_s > 0:
            words = f"Key open {countdown(left_s)}"
            if idle_left_s < min(left_s, WARNED_S):
                words = f"Key locks in {countdown(idle_left_s)} without use"
        self._window.strip.set_key(words)
        is_open = left_s > 0
        if is_open != self._was_open:
            self._was_open = is_open
            self._window.commands.look_again()
            self.changed.emit()
        if is_open and self._screen is None:
            self._screen = ScreenLock(self)
            self._screen.locked.connect(self._on_screen_locked)

    def _on_screen_locked(self) -> None:
        if self._preferences.value(WITH_SCREEN):
            self.lock()

    def _on_tasks_changed(self) -> None:
        if self.is_open != self._was_open:  # a job has just opened it
            self.look()

    def _on_focus_window_changed(self, focused: QWindow | None) -> None:
        """Listens where the keyboard is: the window, or a dialog of it."""
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = focused
        if focused is not None:
            focused.installEventFilter(self)

    def _leave(self) -> None:
        self._timer.stop()
        self._on_focus_window_changed(None)
        if self._screen is not None:
            self._screen.stop()
        self._identities.lock()


def countdown(seconds: float) -> str:
    """Returns minutes and seconds as a clock shows them: ``9:41``."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02}"
