# SPDX-License-Identifier: Apache-2.0
"""Work of a chart that would hold the window up: done on another thread, answered on the window's.

Laws: one such work at a time in the whole program, for several at once would only fight over the
interpreter and let the window wait for all of them; an answer for a chart that is gone is dropped;
what goes wrong is raised where people see it.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

import shiboken6

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal

Answer = TypeVar("Answer")

_TURN = threading.Lock()


class _Relay(QObject):
    """Carries an answer to the window's thread; outlives both sides."""

    arrived = Signal(object)


class Worker(QObject):
    """Does one thing after another for its owner."""

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._relay = _Relay()
        self._relay.arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    def run(self, job: Callable[[], Answer], then: Callable[[Answer], None]) -> None:
        """Runs ``job`` on the other thread and ``then`` on the window's, if the owner still lives.

        An exception in ``job`` is raised again on the window's thread.
        """
        relay = self._relay

        def run() -> None:
            try:
                with _TURN:
                    answer = job()
            except Exception as problem:  # noqa: BLE001  # raised again where people see it
                relay.arrived.emit((_raise, problem))
            else:
                relay.arrived.emit((then, answer))

        self._pool.start(run)

    def wait(self) -> None:
        """Waits until everything is done; the answers arrive with the next events."""
        self._pool.waitForDone()

    def _on_arrived(self, message: tuple[Callable[[object], None], object]) -> None:
        if shiboken6.isValid(self):  # or the chart was closed meanwhile
            then, answer = message
            then(answer)


def _raise(problem: object) -> None:
    if isinstance(problem, Exception):
        raise problem
