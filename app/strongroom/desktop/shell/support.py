# SPDX-License-Identifier: Apache-2.0
"""Looking after a window: its log, what nobody foresaw, and the support bundle.

* `install` listens for the whole process and is for the program alone; `attach` is for a window.
* Nothing leaves this machine by itself.
"""

from pathlib import Path

from PySide6.QtCore import QObject, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.crash_guard import CrashGuard, cause_of
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.domain.clock import Clock
from strongroom.services.diary import Diary
from strongroom.services.settings import Settings
from strongroom.services.support_bundle import BundlePart, SupportBundle


class Support(QObject):
    """The log, the guard and the bundle of one program.

    Args:
        settings: What was chosen.
        folder: Where the log and the marks of hard crashes lie.
        clock: What time it is.
    """

    def __init__(
        self, settings: Settings, folder: Path, clock: Clock, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self.diary = Diary(folder, clock)
        self.guard = CrashGuard(self.diary, folder, self)
        self.bundle = SupportBundle(self.diary, settings)
        self._hard_crash = ""
        self._window: MainWindow | None = None
        self._sessions: tuple[Session, ...] = ()
        self.guard.crashed.connect(self._on_crashed)
        self.guard.repeated.connect(self._on_repeated)

    def install(self) -> None:
        """Listens for what nobody caught, and looks how the last start ended."""
        self.guard.install()
        self._hard_crash = self.guard.last_hard_crash()

    def attach(self, window: MainWindow, *sessions: Session) -> None:
        """Looks after a window.

        Args:
            window: The window.
            sessions: What it remembers; the bundle tells the keys.
        """
        self._window, self._sessions = window, sessions
        errors.CrashDialog.bundle = self.open_dialog
        self.diary.note("window opened", scale=round(theme().scale * 100))
        window.commands.ran.connect(lambda command: self.diary.note("command", id=command))
        window.tasks.failed.connect(lambda error, _name, _retry: self.diary.error("task", error))
        window.support_requested.connect(lambda: self.open_dialog(None, window))
        if self._hard_crash:
            window.notices.tell(
                "Strongroom ended unexpectedly last time",
                "What was stored before is still there. Help, Save support bundle… keeps where.",
                "warn",
                cause="hard-crash",
            )

    def detach(self, window: MainWindow) -> None:
        """Leaves a window that closes, unless another one has taken its place."""
        if self._window is window:
            self._window = None
            errors.CrashDialog.bundle = None

    def close(self) -> None:
        """Stops listening and closes the log."""
        if self._window is not None:
            self.detach(self._window)
        self.guard.remove()
        self.diary.close()

    def open_dialog(self, error: BaseException | None, parent: QWidget) -> None:
        """Shows what a bundle would hold, and saves it where somebody says."""
        window = self._window
        if window is None:
            return
        from strongroom.desktop.shell.support_dialog import SupportDialog  # read when asked for

        versions = {"qt": qVersion(), "platform plugin": QGuiApplication.platformName()}
        layout: dict[str, object] = {}
        for session in self._sessions:
            layout |= session.everything()

        def collect(with_names: bool) -> tuple[BundlePart, ...]:
            return self.bundle.parts(
                error=error, hard_crash=self._hard_crash, versions=versions,
                layout=layout, with_names=with_names,
            )  # fmt: skip

        dialog = SupportDialog(
            self.bundle, collect, window.tasks, self._clock, parent=parent.window()
        )
        dialog.open()

    def _on_crashed(self, error: BaseException) -> None:
        if self._window is not None:
            errors.show(error, self._window.page() or self._window)

    def _on_repeated(self, error: BaseException) -> None:
        if self._window is not None:
            self._window.notices.tell(
                "The same fault happened again", type(error).__name__, "bad", cause_of(error)
            )
