# SPDX-License-Identifier: Apache-2.0
"""The log of the program itself: what it did and where it failed, for whoever mends it.

* One JSON object a line: a line break in a value is spelled out, so nobody forges a line.
* Names of commands and tasks, codes, classes of exceptions, places in our code. Never values,
  messages of exceptions, names of people, runs or files: those are data.
* Written by a thread of its own; bounded on disk; nothing here may fail anybody's work.
"""

import json
import logging
import logging.handlers
import queue
import traceback
from collections.abc import Mapping
from pathlib import Path

from strongroom.domain.clock import Clock, to_iso
from strongroom.domain.errors import StrongroomError

FILE = "strongroom.log"
LARGEST = 512 * 1024  # bytes of one file
KEPT_FILES = 2  # besides the present one
LONGEST_FIELD = 400
DEEPEST = 40  # frames, the innermost
MOST_WAITING = 1_000


class Diary:
    """Writes the log of one process.

    Args:
        folder: Where the files lie; made when needed. A folder that cannot be written keeps
            nothing.
        clock: What time it is.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.path, self._clock = folder / FILE, clock
        self._waiting: queue.Queue[logging.LogRecord] = queue.Queue(MOST_WAITING)
        self._listener: logging.handlers.QueueListener | None = None
        self._handler: logging.Handler | None = None
        self._lost = 0

    def note(self, what: str, **fields: str | int | bool) -> None:
        """Writes a line: what happened, and fields that are no data of anybody."""
        if not self._open():
            return
        line = {"at": to_iso(self._clock.now_us()), "what": what, **_bounded(fields)}
        if self._lost:
            line["lost"] = self._lost
        text = json.dumps(line, ensure_ascii=True)
        record = logging.LogRecord("diary", logging.INFO, "", 0, text, None, None)
        try:
            self._waiting.put_nowait(record)
            self._lost = 0
        except queue.Full:
            self._lost += 1  # a storm of lines is told by its number

    def error(self, where: str, error: BaseException) -> None:
        """Writes that something failed: class, code and the places in the code."""
        code = error.code if isinstance(error, StrongroomError) else "E-BUG"
        self.note(
            "error", where=where, kind=type(error).__name__, code=code,
            frames=" < ".join(frames_of(error)[-6:][::-1]),
        )  # fmt: skip

    def tail(self, most_lines: int = 2_000) -> str:
        """Returns the last lines that are on the disk, older file first."""
        self.flush()
        parts = []
        for number in range(KEPT_FILES, -1, -1):
            path = self.path if number == 0 else self.path.with_name(f"{FILE}.{number}")
            try:
                parts.append(path.read_text("utf-8", errors="replace"))
            except OSError:
                continue
        return "\n".join("".join(parts).splitlines()[-most_lines:])

    def _open(self) -> bool:
        """Starts writing when there is something to write; returns whether that works."""
        if self._listener is not None:
            return True
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handler = _Quiet(
                self.path, maxBytes=LARGEST, backupCount=KEPT_FILES, encoding="utf-8", delay=True
            )
        except OSError:
            return False
        handler.setFormatter(logging.Formatter("%(message)s"))
        self._handler = handler
        self._listener = logging.handlers.QueueListener(self._waiting, handler)
        self._listener.start()
        return True

    def flush(self) -> None:
        """Waits until everything noted so far is written."""
        if self._listener is not None:
            self._listener.stop()
            self._listener.start()

    def close(self) -> None:
        """Writes what waits and closes the file."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        if self._handler is not None:
            self._handler.close()
            self._handler = None


class _Quiet(logging.handlers.RotatingFileHandler):
    """A file whose faults stay its own: a full disk must not fill the window with errors."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Does nothing."""


def frames_of(error: BaseException) -> list[str]:
    """Returns the places an exception came through, ``module:line function``, without values."""
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    return [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _module(filename: str) -> str:
    """Returns a file's place below its package; the folders above name people."""
    parts = Path(filename).parts
    for root in ("strongroom", "site-packages"):
        if root in parts:
            at = len(parts) - 1 - parts[::-1].index(root)
            return "/".join(parts[at:])
    return parts[-1] if parts else ""


def _bounded(fields: Mapping[str, str | int | bool]) -> dict[str, str | int | bool]:
    return {
        key: value[:LONGEST_FIELD] if isinstance(value, str) else value
        for key, value in fields.items()
    }
