# SPDX-License-Identifier: Apache-2.0
"""Runs that still log are looked at again and again, while somebody looks at the page.

* Nothing is asked while no compared run can have moved, nor while the page is out of sight.
* A look that fails is told once; the page asks again when it is shown again.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from strongroom.desktop.compare.words import is_live
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.changes import Changes
from strongroom.domain.run import Run
from strongroom.services.runs import Runs

LIVE_MS = 2_000


class Following(QTimer):
    """The pulse of a page.

    Args:
        runs: Where runs are looked at again.
        tasks: The jobs of the window.
        compared: Returns the runs that are compared now.
        changed: Hears what changed.
        page: Where a fault is shown.
    """

    def __init__(
        self,
        runs: Runs,
        tasks: Tasks,
        compared: Callable[[], Sequence[Run]],
        changed: Callable[[Changes], None],
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._runs, self._tasks, self._page = runs, tasks, page
        self._compared, self._changed = compared, changed
        self.setInterval(LIVE_MS)
        self.timeout.connect(self.look)

    def look(self) -> None:
        """Takes in what compared runs logged since the last look, while one of them still does."""
        if any(is_live(run) for run in self._compared()):
            self._tasks.ask(
                "runs.refresh", "Looking for runs", self._runs.refresh,
                self._changed, owner=self, failed=self._on_failed,
            )  # fmt: skip

    def _on_failed(self, fault: BaseException) -> None:
        self.stop()
        errors.show(fault, self._page)
