# SPDX-License-Identifier: Apache-2.0
"""What a test of the window has left behind."""

import contextlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QWidget

PULSE_NAME = "strongroom"


@dataclass(frozen=True, slots=True)
class Shown:
    """The windows that are to be seen now and the timers of the window that run."""

    windows: frozenset[QWidget]
    timers: frozenset[QTimer]

    @classmethod
    def now(cls) -> "Shown":
        """Looks; without an application there is nothing."""
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return cls(frozenset(), frozenset())
        app.processEvents()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return cls(
            frozenset(widget for widget in app.topLevelWidgets() if widget.isVisible()),
            frozenset(timer for timer in app.findChildren(QTimer) if timer.isActive()),
        )

    def fail_if_more(self) -> None:
        """Fails if there are windows or timers that were not there; takes them away first.

        A window that was there already may save, look and tell as it likes.
        """
        now = Shown.now()
        shown = now.windows - self.windows
        names = [f"{type(widget).__name__} {widget.windowTitle()}" for widget in shown]
        for widget in shown:
            widget.close()
        timers: frozenset[QTimer] = frozenset() if self.windows else now.timers - self.timers
        for timer in timers:
            timer.stop()
        assert not names, f"windows left open: {names}"
        assert not timers, f"timers left running: {timers}"


NOTHING = Shown(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Resources:
    """The threads of Python that run now and the files that are open."""

    threads: frozenset[threading.Thread]
    files: tuple[str, ...]

    @classmethod
    def now(cls) -> "Resources":
        """Looks; where the system does not list open files there are none."""
        files = []
        folder = Path("/proc/self/fd")
        for entry in folder.iterdir() if folder.is_dir() else ():
            with contextlib.suppress(OSError):  # the descriptor this listing took
                files.append(str(entry.readlink()))
        return cls(frozenset(threading.enumerate()), tuple(sorted(files)))

    def fail_if_more(self, below: Path, *, patience_s: float = 3.0) -> None:
        """Fails if threads run that did not, or files below a folder are open that were not.

        Workers that were told to end are given a moment.
        """
        end = time.monotonic() + patience_s
        while True:
            now = Resources.now()
            threads = [each.name for each in now.threads - self.threads if _is_own(each)]
            own = [each for each in now.files if each.startswith(str(below))]
            files = [each for each in own if own.count(each) > self.files.count(each)]
            if not (threads or files) or time.monotonic() > end:
                break
            time.sleep(0.02)
        assert not threads, f"threads left running: {threads}"
        assert not files, f"files left open: {files}"


def _is_own(thread: threading.Thread) -> bool:
    """Whether a test has to end the thread.

    Qt's pool lends its own, which end by themselves; the one pulse of a process that logs stays.
    """
    is_lent = isinstance(thread, threading._DummyThread)
    return thread.is_alive() and not is_lent and thread.name != PULSE_NAME
