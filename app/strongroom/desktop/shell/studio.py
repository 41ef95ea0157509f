# SPDX-License-Identifier: Apache-2.0
"""The studio: a real window on a real store in which scenes are played and drawn.

* What a scene opened is closed before the next; what it changed on a page it changed for itself.
* Nothing is remembered: the session lives in memory, files of a scene in a folder that goes away.
* Sticks of this machine are not looked at: a picture shows what the store holds.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMenu

from strongroom.bootstrap import Services, open_services, open_settings
from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.popover import Popover
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import DialogT, NothingToShow, PageT
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.composition import Composer
from strongroom.desktop.shell.frame import build_frame
from strongroom.desktop.shell.main_window import USUAL, MainWindow
from strongroom.desktop.shell.preferences import Preferences
from strongroom.domain.clock import Clock

WAIT_MS = 30_000  # a page that takes longer is a bug that the picture shows
ROUNDS = 4  # pages ask, hear, and ask again


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowStudio:
    """A window, the jobs and services behind it, and a folder for what scenes write."""

    window: MainWindow
    tasks: Tasks
    services: Services
    preferences: Preferences
    folder: Path

    @property
    def store(self) -> Path:
        """Where the store lies."""
        return self.services.store

    @property
    def home(self) -> Path:
        """The home of whoever sits there."""
        return self.services.home

    def open(self, place: Place) -> None:
        """Opens a place and waits until it has read what it shows."""
        self.window.open_place(place)
        self.settle()

    def run(self, command_id: str) -> None:
        """Runs a command and waits.

        Raises:
            NothingToShow: If it cannot run now.
        """
        why_not = self.window.commands.why_not(command_id)
        if why_not is not None:
            raise NothingToShow(why_not.text)
        self.window.commands.run(command_id)
        self.settle()

    def page(self, kind: type[PageT]) -> PageT:
        """Returns the page of this kind."""
        return next(page for page in self.window.pages() if isinstance(page, kind))

    def dialog(self, kind: type[DialogT]) -> DialogT:
        """Returns the dialog of this kind that is open.

        Raises:
            NothingToShow: If none is.
        """
        self.settle()
        for dialog in self.window.findChildren(kind):
            if dialog.isVisible():
                return dialog
        raise NothingToShow(f"no {kind.__name__} opened")

    def settle(self) -> None:
        """Waits until pages have asked and heard, and charts have their fine pictures."""
        for _ in range(ROUNDS):
            QApplication.processEvents()
            self.tasks.wait_idle(WAIT_MS)
            QApplication.processEvents()
            charts: list[LineChart | RunsPlot] = [*self.window.findChildren(LineChart)]
            for chart in [*charts, *self.window.findChildren(RunsPlot)]:
                if chart.isVisible():
                    chart.wait_for_picture()
            QApplication.processEvents()
            boards = self.window.findChildren(ChartBoard)
            if not self.tasks.running() and all(board.is_complete() for board in boards):
                return

    def clear(self) -> None:
        """Closes what a scene opened above the pages and takes back what it drafted."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for popover in self.window.findChildren(Popover, options=direct):
            popover.close_and_forget()
        for dialog in self.window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.reject()
        for menu in self.window.findChildren(QMenu):
            menu.close()
        if self.preferences.draft():
            look = theme()
            name, scale = look.tokens.name, look.scale
            self.preferences.discard()  # which puts the look of the settings in force
            look.switch(name, scale)
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def aside(self) -> Path:
        """Returns the folder for what scenes write."""
        return self.folder


@contextmanager
def open_studio(store: Path, home: Path, clock: Clock | None = None) -> Iterator[WindowStudio]:
    """Opens a window on a store for as long as scenes are played.

    Args:
        store: What the pages show.
        home: Who looks.
        clock: What time it is; the machine's if None.

    Raises:
        EnvironmentFault: If the store cannot be opened.
    """
    services = open_services(store, home, clock=clock, plugged=tuple)
    tasks = Tasks()
    services.runs.refresh()
    session, preferences = Session(), Preferences(open_settings())
    window = build_frame(store, tasks, session, preferences, services.clock)
    window.resize(*USUAL)
    try:
        window.show()
        composer = Composer(window, services, tasks, session, preferences)
        every_page = QEventLoop()
        composer.finished.connect(every_page.quit)
        QTimer.singleShot(WAIT_MS, every_page, every_page.quit)
        composer.begin()
        every_page.exec()
        tasks.wait_idle(WAIT_MS)
        with tempfile.TemporaryDirectory(prefix="strongroom-scenes-") as folder:
            yield WindowStudio(
                window=window, tasks=tasks, services=services, preferences=preferences,
                folder=Path(folder),
            )  # fmt: skip
    finally:
        window.close_at_once()
        tasks.close()
        window.deleteLater()
        services.close()
