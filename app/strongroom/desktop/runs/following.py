# SPDX-License-Identifier: Apache-2.0
"""Looking for what programs log: twice a second while a ticked run is live, else now and then.

* Nobody looks while the page is hidden, and not again by itself after a look failed.
"""

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.charts_pane import ChartsPane
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.changes import Changes

LIVE_MS = 500  # a live curve moves twice a second
IDLE_MS = 4_000  # how soon a new run of another program shows up


class Following(QObject):
    """Looks while the page is shown.

    Args:
        services: What looks.
        tasks: The jobs of the window.
        charts: Which ticked runs are live; their curves are followed.
        page: Nobody looks while it is hidden; hears of faults.

    Signals:
        changed: Something was logged (a `Changes`).
    """

    changed = Signal(object)

    def __init__(
        self, services: RunsServices, tasks: Tasks, charts: ChartsPane, page: QWidget
    ) -> None:
        super().__init__(page)
        self._services, self._tasks, self._charts, self._page = services, tasks, charts, page
        self._is_looking = False
        self._pulse = QTimer(self)
        self._pulse.timeout.connect(self.look)

    def look(self) -> None:
        """Takes in what programs logged since the last look."""
        if self._is_looking:
            return
        self._is_looking = True

        def done(changes: Changes) -> None:
            self._is_looking = False
            if changes:
                self.changed.emit(changes)
            self._charts.follow(self._charts.live_ids())
            self.set_pace()

        def failed(fault: BaseException) -> None:
            self._is_looking = False
            self.stop()  # until the page is shown again or somebody presses Refresh
            errors.show(fault, self._page, self.look)

        runs = self._services.runs
        self._tasks.ask("runs.refresh", "Looking for runs", runs.refresh, done, failed=failed)

    def set_pace(self) -> None:
        """Looks as often as the ticked runs ask for."""
        if self._page.isVisible():
            pace = LIVE_MS if self._charts.live_ids() else IDLE_MS
            if not self._pulse.isActive() or self._pulse.interval() != pace:
                self._pulse.start(pace)

    def stop(self) -> None:
        """Looks no more."""
        self._pulse.stop()
