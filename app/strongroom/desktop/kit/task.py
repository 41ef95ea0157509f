# SPDX-License-Identifier: Apache-2.0
"""Work off the window's thread: named, cancellable, with exactly one outcome.

* Questions run side by side; changes run one after the other. What touches a share or a stick runs
  in the lane of that place (`kit.lane`), so that one that hangs holds up nothing else.
* Starting a question with the key of a running one cancels that: the latest question wins, and
  the answer of an older one is never delivered.
* Results arrive on the window's thread; an answer whose owner is gone is dropped. Answers that
  come together are delivered over several turns of the event loop: each may lay out a page.
* A job begins when the turn that asked for it has laid out and painted what it changed: a worker
  beside that would take the interpreter dozens of times, and the window would stand still longer.
* Once closed nothing is begun any more: what it would read from is closed next. What is cancelled
  before it has begun is over at once: a lane that hangs keeps nothing of it.
* A job gives the interpreter back at once when the window wants it: a turn of the event loop takes
  it dozens of times, and would wait the usual 5 ms each time.
"""

import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

import shiboken6

from PySide6.QtCore import QEventLoop, QObject, QThreadPool, QTimer, Signal

from strongroom.desktop.kit.job import Job
from strongroom.desktop.kit.lane import Lane
from strongroom.desktop.kit.wording import duration
from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import Cancelled
from strongroom.domain.progress import Progress

T = TypeVar("T")
QUESTION_WORKERS = 4  # answers wait for disks, not for cores
TURN_S = 0.008  # of a turn of the event loop; an answer that comes later waits for the next
SWITCH_S = 0.0005  # how long a job keeps the interpreter while the window waits for it
WAIT_AT_CLOSE_MS = 5_000  # a job that hears no Cancel for this long is left to the process's end
LEAST_SHARE, LEAST_PASSED_S = 0.03, 2.0  # before, a guess of the time left would only jump
SILENT_AT_CLOSE_S = 2.0  # a lane whose job has said nothing for so long is not waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """A running job, as the status strip shows it; ``total`` 0 means nobody knows how long."""

    key: str
    name: str
    done: int = 0
    total: int = 0
    what: str = ""
    is_change: bool = False

    @property
    def share(self) -> float | None:
        """Returns how much is done, 0 to 1, or None."""
        return min(1.0, self.done / self.total) if self.total > 0 else None


def time_left(state: TaskState, passed_s: float) -> str:
    """Returns how long a job will take at its pace so far, "" while nobody can tell."""
    share = state.share
    if share is None or share < LEAST_SHARE or passed_s < LEAST_PASSED_S:
        return ""
    left_s = passed_s * (1 - share) / share
    return f"{duration(round(left_s) * MICROSECONDS)} left" if left_s >= 1 else ""


@runtime_checkable
class Awaits(Protocol):
    """An owner that stays until the changes it started have ended, also when it was closed."""

    def change_began(self) -> None:
        """Hears that a change of its own was started."""
        ...

    def change_ended(self) -> None:
        """Hears that one has ended, however that went."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hearers:
    """Who hears how a job ended; nobody does once the owner is gone, but that it is over."""

    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    stopped: Callable[[], None] | None = None
    ended: Callable[[], None] | None = None
    owner: object = None

    def begin(self) -> None:
        if isinstance(self.owner, Awaits):
            self.owner.change_began()

    def tell(self, answer: Any, fault: BaseException | None, *, is_stopped: bool) -> None:  # noqa: ANN401 - the answer of any question
        if self.owner is not None and not shiboken6.isValid(self.owner):
            return
        if is_stopped:
            if self.stopped is not None:
                self.stopped()
        elif fault is None:
            self.done(answer)
        else:
            self.failed(fault)

    def let_go(self) -> None:
        if isinstance(self.owner, Awaits) and shiboken6.isValid(self.owner):
            self.owner.change_ended()


@dataclass(slots=True)
class _Entry:
    job: Job
    state: TaskState
    hearers: _Hearers
    worker: "QThreadPool | Lane"
    lane: str = ""


class Tasks(QObject):
    """All jobs of one window.

    Signals:
        changed: The list of running jobs or their progress is another one (see `running`).
        failed: A job failed and nobody asked to hear of it (exception, name, retry or None).
    """

    changed = Signal()
    failed = Signal(object, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        sys.setswitchinterval(SWITCH_S)
        self._questions = QThreadPool(self)
        self._questions.setMaxThreadCount(QUESTION_WORKERS)
        self._changes = QThreadPool(self)
        self._changes.setMaxThreadCount(1)
        self._lanes: dict[str, Lane] = {}
        self._entries: list[_Entry] = []
        self._answers: deque[tuple[_Entry, object, BaseException | None]] = deque()
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._on_turn_timeout)
        self._turn_ends = 0.0
        self._waiting: deque[tuple[QThreadPool | Lane, Job]] = deque()
        self._begin = QTimer(self)
        self._begin.setSingleShot(True)
        self._begin.setInterval(0)
        self._begin.timeout.connect(self._on_begin_timeout)
        self._is_closed = False

    def ask(
        self,
        key: str,
        name: str,
        work: Callable[[Progress], T],
        done: Callable[[T], None],
        *,
        owner: QObject | None = None,
        failed: Callable[[BaseException], None] | None = None,
        lane: str = "",
    ) -> None:
        """Runs a question; a running one with the same key is cancelled.

        Args:
            key: Dotted path of what the answer is for, such as ``runs.search``.
            name: What the strip shows, such as ``Searching runs``.
            work: Runs on a worker with a progress; opens its own connections.
            done: Hears the answer on the window's thread.
            owner: The answer is dropped when this object is gone.
            failed: Hears the exception instead of the `failed` signal. Never a `Cancelled`.
            lane: The place outside this workstation that it touches, "" for none.
        """
        self.cancel(key)
        retry = lambda: self.ask(key, name, work, done, owner=owner, failed=failed, lane=lane)  # noqa: E731 - a closure over all arguments
        tell = failed or (lambda fault: self.failed.emit(fault, name, retry))
        hearers = _Hearers(done=done, failed=tell, owner=owner)
        self._start(self._questions, TaskState(key=key, name=name), work, hearers, lane)

    def change(
        self,
        key: str,
        name: str,
        work: Callable[[Progress], T],
        done: Callable[[T], None],
        *,
        owner: QObject | None = None,
        failed: Callable[[BaseException], None] | None = None,
        stopped: Callable[[], None] | None = None,
        ended: Callable[[], None] | None = None,
        lane: str = "",
    ) -> None:
        """Runs a change after those already waiting; the other arguments are those of `ask`.

        ``stopped`` hears that a cancelled one has come to rest, which may be long after Cancel.
        ``ended`` hears that it is over, before the others do and also when its owner is gone.
        """
        tell = failed or (lambda fault: self.failed.emit(fault, name, None))
        hearers = _Hearers(done=done, failed=tell, stopped=stopped, ended=ended, owner=owner)
        state = TaskState(key=key, name=name, is_change=True)
        self._start(self._changes, state, work, hearers, lane)

    def running(self) -> tuple[TaskState, ...]:
        """Returns the jobs that run or wait, oldest first."""
        return tuple(entry.state for entry in self._entries if not entry.job.is_cancelled)

    def silent_s(self, key: str) -> float | None:
        """Returns how long a job has said nothing, None if there is none or it waits for ours.

        What waits in a lane is as silent as whatever works there.
        """
        for entry in self._entries:
            job = entry.job
            if entry.state.key != key or job.is_cancelled:
                continue
            if job.has_begun:
                return time.monotonic() - job.heard_at
            return self.lane_silent_s(entry.lane) if entry.lane else None
        return None

    def lane_silent_s(self, lane: str) -> float:
        """Returns how long the job that works in a lane has said nothing, 0 if none works.

        A cancelled job counts until it has come back.
        """
        now = time.monotonic()
        begun = (e.job for e in self._entries if e.lane == lane and e.job.has_begun)
        return max((now - job.heard_at for job in begun), default=0.0)

    def cancel(self, key: str) -> None:
        """Cancels the jobs of a key; what they finished stays finished."""
        hit = [e for e in self._entries if e.state.key == key and not e.job.is_cancelled]
        for entry in hit:
            entry.job.cancel()
        for entry in hit:
            if self._drop(entry):
                self._finish(entry)
        if hit:
            self.changed.emit()

    def cancel_all(self) -> None:
        """Cancels everything."""
        for key in {entry.state.key for entry in self._entries}:
            self.cancel(key)

    def close(self) -> bool:
        """Cancels everything, waits and begins nothing more; returns whether all of it heard."""
        self._is_closed = True
        self._turn.stop()
        self._begin.stop()
        self._answers.clear()
        self._waiting.clear()
        self.cancel_all()
        self._questions.clear()
        self._changes.clear()
        for lane in self._lanes.values():
            lane.clear()
        heard = self._questions.waitForDone(WAIT_AT_CLOSE_MS)
        heard = self._changes.waitForDone(WAIT_AT_CLOSE_MS) and heard
        until = time.monotonic() + WAIT_AT_CLOSE_MS / 1000
        for lane in self._lanes.values():
            heard = lane.wait(until, SILENT_AT_CLOSE_S) and heard
        self._entries.clear()
        return heard

    def wait_idle(self, timeout_ms: int = 10_000) -> bool:
        """Runs the event loop until no job is left; for tests and for rendering pictures."""
        if not self._entries:
            return True
        loop = QEventLoop()
        clock = QTimer()
        clock.setSingleShot(True)
        clock.timeout.connect(loop.quit)
        clock.start(timeout_ms)

        def look() -> None:
            if not self._entries:
                loop.quit()

        self.changed.connect(look)
        while self._entries and clock.isActive():  # what has ended may have led to more
            loop.exec()
        self.changed.disconnect(look)
        clock.stop()
        return not self._entries

    def _start(
        self,
        pool: QThreadPool,
        state: TaskState,
        work: Callable[[Progress], Any],
        hearers: _Hearers,
        lane: str,
    ) -> None:
        if self._is_closed:
            return
        job = Job(work)
        worker = self._lanes.setdefault(lane, Lane(lane)) if lane else pool
        entry = _Entry(job, state, hearers, worker, lane)
        self._entries.append(entry)
        job.progressed = lambda *step: self._on_progressed(entry, *step)
        job.ended = lambda *outcome: self._on_ended(entry, *outcome)
        if state.is_change:
            hearers.begin()
        self._waiting.append((worker, job))
        if not self._begin.isActive():
            self._begin.start()
        self.changed.emit()

    def _drop(self, entry: _Entry) -> bool:
        """Forgets a job that has not begun; those on our own disk begin at once anyway."""
        waiting = (entry.worker, entry.job)
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            return True
        return isinstance(entry.worker, Lane) and entry.worker.drop(entry.job)

    def _on_begin_timeout(self) -> None:
        while self._waiting:
            worker, job = self._waiting.popleft()
            worker.start(job)

    def _on_progressed(self, entry: _Entry, done: int, total: int, what: str) -> None:
        if entry not in self._entries:
            return  # it has ended, or the window is gone
        entry.state = TaskState(
            key=entry.state.key,
            name=entry.state.name,
            done=done,
            total=total,
            what=what,
            is_change=entry.state.is_change,
        )
        self.changed.emit()

    def _on_ended(self, entry: _Entry, answer: object, fault: BaseException | None) -> None:
        if entry not in self._entries:
            return
        self._answers.append((entry, answer, fault))
        if not self._turn.isActive():
            self._begin_turn()
        self._deliver()

    def _begin_turn(self) -> None:
        self._turn_ends = time.monotonic() + TURN_S
        self._turn.start()

    def _on_turn_timeout(self) -> None:
        if self._answers:
            self._begin_turn()
            self._deliver()

    def _deliver(self) -> None:
        """Delivers what came, as long as this turn has time; the rest follows in the next."""
        while self._answers and time.monotonic() < self._turn_ends:
            entry, answer, fault = self._answers.popleft()
            if entry not in self._entries:
                continue
            self._finish(entry, answer, fault)

    def _finish(
        self, entry: _Entry, answer: object = None, fault: BaseException | None = None
    ) -> None:
        """Tells who waits for a job that it is over, and how it ended unless it was cancelled."""
        self._entries.remove(entry)
        try:
            if entry.hearers.ended is not None:
                entry.hearers.ended()
            is_stopped = entry.job.is_cancelled or isinstance(fault, Cancelled)
            entry.hearers.tell(answer, fault, is_stopped=is_stopped)
        finally:
            if entry.state.is_change:
                entry.hearers.let_go()
            self.changed.emit()
