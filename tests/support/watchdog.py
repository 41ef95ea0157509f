# SPDX-License-Identifier: Apache-2.0
"""Watches how long the window's thread does not come back to its event loop.

* A timer of the thread beats; another thread sees when a beat is overdue and notes where the
  window's thread stands then, so that a stall can be mended and not only counted.
* Processor time of the window's thread always counts. Of the time it did not compute, only what
  the kernel says this thread stood in the run queue is taken off: waiting for a lock, a file, or a
  worker that keeps the interpreter is the window's own fault.
* Beside it stands how long the other threads of the process stood in the queue: a worker that
  keeps the interpreter while the machine lets it wait looks like one that computes too long.
"""

import faulthandler
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 5
CALM_S = 0.05  # how often the queue of the other threads is looked at while the window lives
LIMIT_MS = 100.0  # what a person feels as a hitch


@dataclass(slots=True)
class Stall:
    """One time the event loop did not turn.

    Attributes:
        during: What was being done.
        wall_ms: How long, by the clock.
        cpu_ms: Processor time of the window's thread meanwhile.
        queued_ms: How long this thread was ready meanwhile and the machine did not run it.
        crowded_ms: The same of the other threads of this process, together.
        stacks: Where the window's thread stood, as text, when it was seen to be late.
    """

    during: str
    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    queued_ms: float = 0.0
    crowded_ms: float = 0.0
    stacks: list[str] = field(default_factory=list)

    @property
    def own_ms(self) -> float:
        """What the window itself is answerable for: computing, or waiting that is its own."""
        return max(self.cpu_ms, self.wall_ms - self.queued_ms)

    @property
    def is_doubtful(self) -> bool:
        """Whether the machine was so busy that the same might not be seen again."""
        return self.queued_ms + self.crowded_ms > self.wall_ms / 4

    def __str__(self) -> str:
        head = (
            f"{self.during}: {self.wall_ms:.0f} ms, {self.cpu_ms:.0f} of them computing,"
            f" {self.queued_ms:.0f} in the run queue (other threads {self.crowded_ms:.0f})"
        )
        return "\n".join([head, *self.stacks])


class Watchdog(QObject):
    """A context in which the event loop of this thread is watched.

    Args:
        limit_ms: A beat later than this is a stall.
    """

    def __init__(self, limit_ms: float = LIMIT_MS) -> None:
        super().__init__()
        self.limit_ms = limit_ms
        self.during = "nothing"
        self.worst_ms = 0.0
        self.stalls: list[Stall] = []
        self._watched = threading.get_ident()
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._current: Stall | None = None
        self._task = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._beat_at, self._beat_cpu = time.monotonic(), time.thread_time()
        self._beat_queued, self._calm_ms, self._calm_at = _queued_ms(self._task), 0.0, 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._beat_at, self._beat_cpu = time.monotonic(), time.thread_time()
        self._timer.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._on_timer_timeout()  # what is under way has ended
        self._timer.stop()
        self._is_over.set()
        self._thread.join()

    def over(self, limit_ms: float | None = None) -> list[Stall]:
        """Returns the stalls that took longer than the limit and are the window's own."""
        bound = self.limit_ms if limit_ms is None else limit_ms
        return [each for each in self.stalls if each.own_ms > bound]

    def _on_timer_timeout(self) -> None:
        now, cpu = time.monotonic(), time.thread_time()
        with self._lock:
            gap = (now - self._beat_at) * 1000
            computed = (cpu - self._beat_cpu) * 1000
            found = self._current or Stall(self.during)
            queued = _queued_ms(self._task)
            found.wall_ms, found.cpu_ms = gap, computed
            found.queued_ms = queued - self._beat_queued
            self._beat_queued = queued
            self.worst_ms = max(self.worst_ms, found.own_ms)
            if gap > self.limit_ms:
                found.crowded_ms = max(0.0, self._others_ms() - self._calm_ms)
                self.stalls.append(found)
            self._current = None
            self._beat_at, self._beat_cpu = now, cpu

    def _others_ms(self) -> float:
        tasks = Path("/proc/self/task").glob("*/schedstat")
        return sum(_queued_ms(each) for each in tasks if each != self._task)

    def _watch(self) -> None:
        while not self._is_over.wait(BEAT_MS / 1000):
            now = time.monotonic()
            if now - self._calm_at > CALM_S and now - self._beat_at < CALM_S:
                self._calm_ms, self._calm_at = self._others_ms(), now
            with self._lock:
                overdue = (now - self._beat_at) * 1000
                if overdue > self.limit_ms * 0.6:
                    self._note(overdue)

    def _note(self, overdue: float) -> None:
        if self._current is None:
            self._current = Stall(self.during)
        if len(self._current.stacks) >= 3:
            return
        self._current.stacks.append(f"  after {overdue:.0f} ms:\n{_stack_of(self._watched)}")


def _queued_ms(task: Path) -> float:
    """Returns how long a thread was ready and not run so far; 0 where nobody says so."""
    try:
        return int(task.read_text().split()[1]) / 1e6
    except (OSError, IndexError):
        return 0.0


def _stack_of(thread: int) -> str:
    """Returns where a thread stands, innermost first.

    Written by the interpreter itself: walking the frames of a running thread from another one
    crashes Python 3.11.
    """
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        text = file.read().decode("utf-8", "replace")
    own = next((part for part in text.split("\n\n") if f"0x{thread:016x}" in part), "")
    return "\n".join(own.splitlines()[1:9])
