# SPDX-License-Identifier: Apache-2.0
"""Logs how busy the machine is while runs last: one daemon thread a process, a look every 5 s.

* The step of a point is the second since the run began, so a resumed run goes on where it was.
* Only the process that leads a run measures for it; ranks and forked children add nothing.
* The thread ends with the last run. It never raises, and nothing waits for it.
"""

import contextlib
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Protocol

from strongroom.domain.clock import MICROSECONDS


class Measured(Protocol):
    """A run that figures are logged into."""

    @property
    def is_ended(self) -> bool:
        """Whether it takes no more."""
        ...

    def log_metrics(
        self, metrics: Mapping[str, float], step: int = 0, *, time_us: int | None = None
    ) -> None:
        """Logs one point of each metric."""
        ...


class SystemMetrics:
    """The looks at the machine of one process."""

    def __init__(self) -> None:
        self._runs: weakref.WeakKeyDictionary[Measured, _Watch] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._next = math.inf  # when the thread looks by itself; infinite while it is at it
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def watch(
        self,
        run: Measured,
        read: Callable[[], Mapping[str, float]],
        *,
        started_us: int,
        every_s: float,
    ) -> None:
        """Measures for a run until it ends.

        Args:
            run: Where figures go.
            read: Looks once; the first look only remembers counters.
            started_us: When the run began.
            every_s: Seconds between two looks.
        """
        with contextlib.suppress(Exception):  # nothing a machine tells may stop training
            read()
        with self._lock:
            watch = _Watch(read, started_us, every_s, time.monotonic() + every_s)
            self._runs[run] = watch
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="strongroom-system", daemon=True
                )
                self._thread.start()
            is_early = watch.due < self._next
        if is_early:  # a sweep that starts a hundred runs a second wakes nobody for each
            self._wake.set()

    def leave(self, run: Measured) -> None:
        """Stops measuring for a run."""
        with self._lock:
            self._runs.pop(run, None)
        self._wake.set()

    def _run(self) -> None:
        while True:
            with self._lock:
                self._next = math.inf
                watched = list(self._runs.items())
                if not watched:
                    self._thread = None
                    return
            for run, watch in watched:
                self._look(run, watch)
            due = min(watch.due for _, watch in watched)
            with self._lock:
                self._next = due
            wait_s = due - time.monotonic()
            watched.clear()
            del run, watch  # held through the wait, a run its owner dropped would never be let go
            self._wake.wait(max(0.05, wait_s))
            self._wake.clear()

    def _look(self, run: Measured, watch: "_Watch") -> None:
        if run.is_ended:
            self.leave(run)
            return
        if time.monotonic() < watch.due:
            return
        watch.due = time.monotonic() + watch.every_s
        now_us = time.time_ns() // 1000
        step = max(0, (now_us - watch.started_us) // MICROSECONDS)
        with contextlib.suppress(Exception):  # as above; log_metrics counts what it loses
            found = watch.read()
            if found:
                run.log_metrics(found, step, time_us=now_us)

    def _after_fork(self) -> None:
        """A child has no thread and measures nothing: its parent counts it among its own."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread = None
        self._runs = weakref.WeakKeyDictionary()
        self._next = math.inf


class _Watch:
    """How one run is measured, and when next."""

    __slots__ = ("due", "every_s", "read", "started_us")

    def __init__(
        self, read: Callable[[], Mapping[str, float]], started_us: int, every_s: float, due: float
    ) -> None:
        self.read, self.started_us, self.every_s, self.due = read, started_us, every_s, due


SYSTEM_METRICS = SystemMetrics()
"""The looks of this process; one thread is enough for all its runs."""
