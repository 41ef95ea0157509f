# SPDX-License-Identifier: Apache-2.0
"""Hears how a process or a thread ends and says what became of its runs.

* FINISHED when it runs out; FAILED by an exception nobody caught, or an exit code that is not 0;
  KILLED by SIGTERM, SIGHUP or Ctrl-C. A signal somebody else handles stays theirs.
* What was there before is called as well: hooks are chained, a signal then does what it would do.
* A worker of ``multiprocessing`` leaves without the interpreter's own end; its part is ended too.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from types import FrameType, TracebackType
from typing import Any, NoReturn

from strongroom.domain.run import RunStatus

_SIGNALS = ("SIGTERM", "SIGHUP", "SIGBREAK")
_KILLED_CODES = {128 + 1, 128 + 2, 128 + 9, 128 + 15}  # what shells call the end by a signal


class Endings:
    """Watches the end of this process, once.

    Args:
        end_all: Ends every run with this status.
        end_thread: Ends the runs that this thread began, with this status.
    """

    def __init__(
        self,
        end_all: Callable[[RunStatus], None],
        end_thread: Callable[[threading.Thread, RunStatus], None],
    ) -> None:
        self._end_all = end_all
        self._end_thread = end_thread
        self._final = RunStatus.FINISHED
        self._is_watching = False

    def watch(self) -> None:
        """Begins to watch; a second call only forgets an exit that was caught meanwhile."""
        self._final = RunStatus.FINISHED
        if not self._is_watching:
            self._is_watching = True
            atexit.register(self._at_exit)
            self._watch_exceptions()
            self._watch_exit()
        self._watch_signals()

    def after_fork(self) -> None:
        """Arranges in a forked child that a worker's own part ends with it."""
        self._final = RunStatus.FINISHED
        workers = sys.modules.get("multiprocessing.util")
        if self._is_watching and workers is not None:
            # Called when the worker begins, after it forgot what its parent would have finished.
            workers.register_after_fork(self, Endings._in_worker)

    def _in_worker(self) -> None:
        workers = sys.modules["multiprocessing.util"]
        workers.Finalize(None, self._at_exit, exitpriority=0)

    def _at_exit(self) -> None:
        self._end_all(self._final)

    def _watch_exceptions(self) -> None:
        before, before_in_thread = sys.excepthook, threading.excepthook

        def note(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            self._final = status_of(error)
            before(kind, error, trace)

        def note_in_thread(told: Any) -> None:  # noqa: ANN401 - threading's own structure
            if told.thread is not None:
                self._end_thread(told.thread, status_of(told.exc_value))
            before_in_thread(told)

        sys.excepthook = note
        threading.excepthook = note_in_thread

    def _watch_exit(self) -> None:
        leave = sys.exit

        @wraps(leave)
        def noted(code: Any = None, /) -> NoReturn:  # noqa: ANN401 - sys.exit takes anything
            if threading.current_thread() is threading.main_thread():
                self._final = status_of_exit(code)
            leave(code)

        sys.exit = noted

    def _watch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Ends the runs as KILLED, then lets the signal do what it would have done."""
        del frame
        self._end_all(RunStatus.KILLED)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def status_of(error: BaseException | None) -> RunStatus:
    """Returns the status of a run that ends with this exception."""
    if error is None:
        return RunStatus.FINISHED
    if isinstance(error, SystemExit):
        return status_of_exit(error.code)
    asyncio = sys.modules.get("asyncio")
    is_cancelled = asyncio is not None and isinstance(error, asyncio.CancelledError)
    if is_cancelled or isinstance(error, KeyboardInterrupt):
        return RunStatus.KILLED
    return RunStatus.FAILED


def status_of_exit(code: object) -> RunStatus:
    """Returns the status of a run whose process leaves with this code."""
    if code is None or code is False or (isinstance(code, int) and code == 0):
        return RunStatus.FINISHED
    is_by_signal = isinstance(code, int) and code in _KILLED_CODES
    return RunStatus.KILLED if is_by_signal else RunStatus.FAILED
