# SPDX-License-Identifier: Apache-2.0
"""A lane: one thread for everything that touches one foreign place, one job after the other.

* A share that hangs holds up its own lane and nothing else: neither the window's thread, nor what
  the window asks of its own disk, nor another place.
* The thread is there while there is work. The process does not wait for it at its end: a call
  into a dead share may never come back, and no program can take its thread out of it.
"""

import threading
import time
from collections import deque
from typing import Protocol

LOOK_S = 0.01  # between two looks at whether a lane has ended


class Runnable(Protocol):
    """A job that tells its own outcome."""

    heard_at: float

    def run(self) -> None:
        """Does the work; raises nothing."""


class Lane:
    """Runs jobs in the order in which they were started.

    Args:
        name: What the thread is called.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._guard = threading.Lock()
        self._waiting: deque[Runnable] = deque()
        self._current: Runnable | None = None
        self._thread: threading.Thread | None = None

    def start(self, job: Runnable) -> None:
        """Runs a job after those that wait already."""
        with self._guard:
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def drop(self, job: Runnable) -> bool:
        """Forgets a job that has not begun, and returns whether there was one to forget."""
        with self._guard:
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            return True

    def clear(self) -> None:
        """Forgets what waits; what has begun goes on."""
        with self._guard:
            self._waiting.clear()

    def wait(self, until: float, patience_s: float) -> bool:
        """Waits for the lane to come to rest, and returns whether it did.

        Args:
            until: When to give up, as of ``time.monotonic``.
            patience_s: Nobody waits for a job that has said nothing for so long.
        """
        while True:
            with self._guard:
                if self._thread is None:
                    return True
                current = self._current
            now = time.monotonic()
            if now >= until or (current is not None and now - current.heard_at > patience_s):
                return False
            time.sleep(LOOK_S)

    def _run(self) -> None:
        while True:
            with self._guard:
                if not self._waiting:
                    self._thread = None
                    return
                self._current = self._waiting.popleft()
            self._current.run()
            with self._guard:
                self._current = None
