# SPDX-License-Identifier: Apache-2.0
"""Exchanging with several places: one after the other, and never held up by one that hangs.

* Each place works in its own lane. One that has said nothing for half a minute is left alone: the
  next begins beside it, and what it does when it comes back still counts.
* A place that fails hides nothing of what the others gave.
* After Stop what was finished stays, and may be looked at once the place has come to rest.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.desktop.kit.task import Tasks
from strongroom.domain.errors import StrongroomError
from strongroom.domain.progress import Progress
from strongroom.services.exchange import Exchange, Outcome

SYNC_KEY = "exchange.sync"
SILENT_AFTER_S = 30.0  # threats.md, row 9; a large file on a slow stick speaks more often
LOOK_MS = 500
Turn = Literal["", "waiting", "running", "silent"]
"""What a place is doing in this round, "" for nothing."""


def lane_of(place: str) -> str:
    """Returns the lane of everything that touches a place."""
    return f"place {place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What became of a round: the outcomes, and name and error of places that gave none.

    ``silent`` are places that had not answered when the others were done.
    """

    outcomes: tuple[Outcome, ...] = ()
    faults: tuple[tuple[str, BaseException], ...] = ()
    silent: tuple[str, ...] = ()


class SyncQueue(QObject):
    """The places that are served now and those that wait.

    Args:
        exchange: Exchanges with one place.
        tasks: The jobs of the window.

    Signals:
        changed: Another place is served, or one has fallen silent.
        ended: Nothing waits or works any more but what is silent (a `Round`). Comes once more
            for a silent place that came back.
        rested: A place that was stopped has come to rest (its name).
    """

    changed = Signal()
    ended = Signal(object)
    rested = Signal(str)

    def __init__(self, exchange: Exchange, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exchange, self._tasks = exchange, tasks
        self._waiting: deque[str] = deque()
        self._begun: list[str] = []
        self._silent: set[str] = set()
        self._outcomes: list[Outcome] = []
        self._faults: list[tuple[str, BaseException]] = []
        self.silent_after_s = SILENT_AFTER_S
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._on_timer_timeout)

    def start(self, names: Sequence[str]) -> None:
        """Serves places in this order; those that are waited for already keep their turn."""
        fresh = [name for name in names if self.turn(name) == ""]
        if not fresh:
            return
        self._waiting += fresh
        self._timer.start()
        self._go_on()
        self.changed.emit()

    def stop(self) -> None:
        """Forgets who waits and asks who works to stop at the next step."""
        self._waiting.clear()
        for name in self._begun:
            self._tasks.cancel(sync_key(name))
        self._begun.clear()
        self._silent.clear()
        self._forget()
        self.changed.emit()

    def is_busy(self) -> bool:
        """Returns whether a place is waited for or works; one that fell silent does neither."""
        return bool(self._waiting) or any(name not in self._silent for name in self._begun)

    def turn(self, name: str) -> Turn:
        """Returns what a place is doing."""
        if name in self._waiting:
            return "waiting"
        if name in self._begun:
            return "silent" if name in self._silent else "running"
        return ""

    def silent_s(self, name: str) -> float:
        """Returns how long a place has said nothing, also to what is there before the exchange."""
        return self._tasks.silent_s(sync_key(name)) or 0.0

    # ---------------------------------------------------------------- inside

    def _go_on(self) -> None:
        if self._waiting and not any(name not in self._silent for name in self._begun):
            self._serve(self._waiting.popleft())

    def _serve(self, name: str) -> None:
        def work(progress: Progress) -> tuple[Outcome, ...]:
            return self._exchange.sync(name, progress=progress)

        def done(outcomes: tuple[Outcome, ...]) -> None:
            self._outcomes += outcomes
            self._leave(name)

        def failed(error: BaseException) -> None:
            self._faults.append((name, error))
            self._leave(name)

        self._begun.append(name)
        self._tasks.change(
            sync_key(name), f"Exchanging with {name}", work, done,
            owner=self, failed=failed, stopped=lambda: self.rested.emit(name), lane=lane_of(name),
        )  # fmt: skip

    def _leave(self, name: str) -> None:
        if name in self._begun:
            self._begun.remove(name)
        self._silent.discard(name)
        self._settle()

    def _settle(self) -> None:
        self._go_on()
        self.changed.emit()
        if not self.is_busy():
            told = Round(
                outcomes=tuple(self._outcomes),
                faults=tuple(self._faults),
                silent=tuple(self._begun),
            )
            self._forget()
            self.ended.emit(told)

    def _forget(self) -> None:
        self._outcomes.clear()
        self._faults.clear()
        if not self._begun:
            self._timer.stop()

    def _on_timer_timeout(self) -> None:
        running = {state.key for state in self._tasks.running()}
        gone = [name for name in self._begun if sync_key(name) not in running]
        for name in gone:  # somebody cancelled it from the strip at the foot or the list of jobs
            self._begun.remove(name)
            self._silent.discard(name)
        quiet = {name for name in self._begun if self.silent_s(name) > self.silent_after_s}
        is_new = quiet != self._silent
        self._silent = quiet
        if gone or is_new:
            self._settle()


def sync_key(name: str) -> str:
    """Returns the key of the job that exchanges with a place."""
    return f"{SYNC_KEY} {name}"


def fault_words(name: str, error: BaseException) -> tuple[str, str]:
    """Returns the name of a place and why it gave nothing, in words."""
    if isinstance(error, StrongroomError):
        return name, f"{error.title} ({error.code})"
    return name, f"{type(error).__name__}, which is a fault of this program"
