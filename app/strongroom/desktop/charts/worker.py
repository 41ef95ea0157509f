# SPDX-License-Identifier: Apache-2.0
"""Work of a chart that would hold the window up: done on another thread, answered on the window's.

Laws: one such work at a time in the whole program, for several at once would only fight over the
interpreter and let the window wait for all of them; an answer for a chart that is gone is dropped;
what goes wrong is raised where people see it.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import shiboken6

from PySide6.QtCore import QObject, QThreadPool

from strongroom.desktop.kit.window_thread import WindowThread

Answer = TypeVar("Answer")

_TURN = threading.Lock()


class Worker(QObject):
    """Does one thing after another for its owner."""

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._window_thread = WindowThread.current()

    def run(self, job: Callable[[], Answer], then: Callable[[Answer], None]) -> None:
        """Runs ``job`` on the other thread and ``then`` on the window's, if the owner still lives.

        An exception in ``job`` is raised again on the window's thread.
        """

        def tell(answer: Answer | None, problem: Exception | None) -> None:
            if not shiboken6.isValid(self):
                return  # the chart was closed meanwhile
            if problem is not None:
                raise problem
            then(answer)  # type: ignore[arg-type] # without a problem there is an answer

        def run() -> None:
            try:
                with _TURN:
                    answer = job()
            except Exception as problem:  # noqa: BLE001  # raised again where people see it
                self._window_thread.hand_over(partial(tell, None, problem))
            else:
                self._window_thread.hand_over(partial(tell, answer, None))

        self._pool.start(run)

    def wait(self) -> None:
        """Waits until everything is done; the answers arrive with the next events."""
        self._pool.waitForDone()
