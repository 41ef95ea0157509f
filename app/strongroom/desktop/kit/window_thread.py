# SPDX-License-Identifier: Apache-2.0
"""The way from a worker to the window's thread: acts handed over there, run one after the other.

* One object for the whole program, as old as the application: a worker tells what it has to tell
  through it alone. A signal of anything shorter-lived would still be under way in the worker when
  the window's thread, having heard it, deletes the sender; Qt then reads what is gone.
* What an act needs of a widget it asks first: the widget may have gone meanwhile.
"""

from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import ClassVar

import shiboken6

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

Act = Callable[[], object]


class WindowThread(QObject):
    """Runs what is handed over on the window's thread, in the order in which it came."""

    _came = Signal()
    _current: ClassVar["WindowThread | None"] = None

    def __init__(self) -> None:
        super().__init__(QCoreApplication.instance())
        self._acts: SimpleQueue[Act] = SimpleQueue()
        self._came.connect(self._on_came, Qt.ConnectionType.QueuedConnection)

    @classmethod
    def current(cls) -> "WindowThread":
        """Returns the one of this application; first asked for on the window's thread."""
        if cls._current is None or not shiboken6.isValid(cls._current):
            cls._current = cls()
        return cls._current

    def hand_over(self, act: Act) -> None:
        """Lets an act run on the window's thread; any thread may ask, nobody waits.

        Once the application is gone nothing is run any more. What an act raises is told where
        exceptions of the window are, and holds up none of those behind it.
        """
        self._acts.put(act)
        with suppress(RuntimeError):  # the application is gone; nobody waits
            self._came.emit()

    def _on_came(self) -> None:
        self._acts.get_nowait()()
