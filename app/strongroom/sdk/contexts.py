# SPDX-License-Identifier: Apache-2.0
"""Says which run a line of code logs into, where threads and tasks have runs of their own.

* The run a thread or an asyncio task began is its own, and goes on into tasks it starts.
* Code that began none logs into the run of the main thread. Where several stand beside each other
  none is guessed: a number in the wrong run is worse than one that is counted as lost.
"""

import threading
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Generic, Protocol, Self, TypeVar


class Nested(Protocol):
    """A run as far as nesting goes."""

    is_ended: bool
    thread: threading.Thread

    @property
    def outer(self) -> Self | None:
        """The run that was logged into when this one began."""
        ...


R = TypeVar("R", bound=Nested)


class Contexts(Generic[R]):
    """The runs of a process that have not ended, and which one is whose.

    Args:
        name: Of the context variable; a process has one for its session.
    """

    def __init__(self, name: str) -> None:
        self.runs: list[R] = []
        self._lock = threading.Lock()
        self._own: ContextVar[R | None] = ContextVar(name, default=None)
        self._shared: R | None = None
        self._main: R | None = None

    def current(self) -> R | None:
        """Returns the run that code here logs into."""
        run = self._own.get()
        if run is not None and not run.is_ended:
            return run
        return _living(run) or self._shared

    def outer(self) -> R | None:
        """Returns the run that a new one begun here nests in."""
        return _living(self._own.get()) or self._main

    @property
    def is_divided(self) -> bool:
        """Whether runs stand beside each other, so that code without its own has none."""
        return bool(self.runs) and self._shared is None

    def begin(self, run: R) -> None:
        """Makes a run the one that code here logs into."""
        with self._lock:
            self._share([*self.runs, run])
        self._own.set(run)

    def end(self, run: R) -> None:
        """Forgets a run; what began it logs into the outer one again."""
        with self._lock:
            self._share([each for each in self.runs if each is not run])
        if self._own.get() is run:
            self._own.set(_living(run))

    def after_fork(self) -> None:
        """Lets go of what another thread of the parent may have held."""
        self._lock = threading.Lock()

    def _share(self, runs: list[R]) -> None:
        self.runs = runs  # never changed in place: other threads walk through it
        of_main = [run for run in runs if run.thread is threading.main_thread()]
        self._main = _innermost(of_main)
        self._shared = self._main if of_main else _innermost(runs)


def _living(run: R | None) -> R | None:
    while run is not None and run.is_ended:
        run = run.outer
    return run


def _innermost(runs: Sequence[R]) -> R | None:
    """Returns the last of runs that lie in each other; the one around those that do not."""
    found: R | None = None
    while True:
        below = [run for run in runs if _around(run, runs) is found]
        if len(below) != 1:
            return found
        found = below[0]


def _around(run: R, runs: Sequence[R]) -> R | None:
    outer = run.outer
    while outer is not None and not any(outer is each for each in runs):
        outer = outer.outer
    return outer
