# SPDX-License-Identifier: Apache-2.0
"""What happens when something fails that nobody foresaw: it is noted, told once, and survived.

* An exception in a slot or a thread opens one dialog; while it is open, and for the same cause
  later, repeats are counted in the notices instead (an error stream must not lock the window).
* If the interpreter itself dies, it writes where into a file that the next start finds.
"""

import contextlib
import faulthandler
import os
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO

from PySide6.QtCore import QObject, Qt, Signal

from strongroom.services.diary import Diary, frames_of

PREFIX, SUFFIX = "hard-crash-", ".txt"
LONGEST = 256 * 1024  # bytes of what an interpreter writes when it dies


class CrashGuard(QObject):
    """Hears every exception that nobody caught, from any thread.

    Args:
        diary: Where it is noted.
        folder: Where the interpreter writes when it dies.

    Signals:
        crashed: An exception to be told (the exception), on the window's thread.
        repeated: One whose cause was told before (the exception).
    """

    crashed = Signal(object)
    repeated = Signal(object)
    _heard = Signal(object)

    def __init__(self, diary: Diary, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._diary, self._folder = diary, folder
        self._told: set[str] = set()
        self._file: IO[bytes] | None = None
        self._path = folder / f"{PREFIX}{os.getpid()}{SUFFIX}"
        self._before: tuple[object, object] | None = None
        self._heard.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Listens, and prepares the file for the worst."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
            faulthandler.enable(self._file)

    def remove(self) -> None:
        """Stops listening and takes the empty file away."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before  # type: ignore[assignment] # ours
            self._before = None
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                self._path.unlink()

    def last_hard_crash(self) -> str:
        """Returns what an earlier process wrote when it died, "" for nothing, and forgets it.

        Files of processes that still run are left alone.
        """
        found = ""
        for path in sorted(self._folder.glob(f"{PREFIX}*{SUFFIX}")):
            owner = path.name[len(PREFIX) : -len(SUFFIX)]
            if path == self._path or not owner.isdecimal() or _is_running(int(owner)):
                continue
            with contextlib.suppress(OSError):
                with path.open("rb") as file:
                    found = file.read(LONGEST).decode("utf-8", "replace") or found
                path.unlink()
        return found

    def hear(self, error: BaseException) -> None:
        """Takes an exception from any thread."""
        self._diary.error("uncaught", error)
        self._heard.emit(error)

    def _on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            sys.__excepthook__(kind, error, trace)
            return
        self.hear(error.with_traceback(trace))

    def _on_thread_exception(self, found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            self.hear(found.exc_value.with_traceback(found.exc_traceback))

    def _take(self, error: BaseException) -> None:
        cause = cause_of(error)
        if cause in self._told:
            self.repeated.emit(error)
            return
        self._told.add(cause)
        self.crashed.emit(error)


def cause_of(error: BaseException) -> str:
    """Returns what two repeats have in common: class and innermost place."""
    frames = frames_of(error)
    return f"{type(error).__name__} at {frames[-1] if frames else 'nowhere'}"


def _is_running(process: int) -> bool:
    if sys.platform == "win32":
        return False  # its file cannot be removed while it is open, which `unlink` finds out
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
