# SPDX-License-Identifier: Apache-2.0
"""A job: one piece of work on a worker, which tells the window's thread how it goes and ended.

* Exactly one outcome is told, and progress at most ten times a second.
* Telling how far it is, is also where the work hears that it was cancelled.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QRunnable

from strongroom.desktop.kit.window_thread import WindowThread
from strongroom.domain.errors import Cancelled
from strongroom.domain.progress import Progress

TOLD_EVERY_S = 0.1


class Job(QRunnable):
    """One piece of work, itself the progress that the work tells.

    Attributes:
        progressed: Hears on the window's thread how far it is (done, total, what).
        ended: Hears there how it ended (answer, exception or None).
        has_begun: Whether a worker has taken it up.
        heard_at: When it last said how far it is, as of ``time.monotonic``.
    """

    def __init__(self, work: Callable[[Progress], Any]) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self.progressed: Callable[[int, int, str], None] = _unheard
        self.ended: Callable[[object, BaseException | None], None] = _unheard
        self.has_begun = False
        self.heard_at = 0.0
        self._work = work
        self._window_thread = WindowThread.current()
        self._stop = threading.Event()
        self._told_at = 0.0

    def cancel(self) -> None:
        """Asks the work to stop at its next step."""
        self._stop.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._stop.is_set()

    def step(self, done: int, total: int, what: str = "") -> None:
        """Hears how far the work is.

        Raises:
            Cancelled: If somebody asked it to stop.
        """
        if self._stop.is_set():
            raise Cancelled
        self.heard_at = now = time.monotonic()
        if now - self._told_at >= TOLD_EVERY_S:
            self._told_at = now
            self._window_thread.hand_over(partial(self.progressed, done, total, what))

    def run(self) -> None:
        """Does the work and tells the one outcome."""
        self.has_begun, self.heard_at = True, time.monotonic()
        try:
            self.step(0, 0)
            answer = self._work(self)
        except BaseException as fault:  # noqa: BLE001 - delivered on the window's thread, whatever it is
            self._window_thread.hand_over(partial(self.ended, None, fault))
        else:
            self._window_thread.hand_over(partial(self.ended, answer, None))


def _unheard(*_told: object) -> None:
    """Hears what nobody waits for."""
