# SPDX-License-Identifier: Apache-2.0
"""The book of acts that could not be signed when they happened, in the home, a line each.

* A line is appended whole, under a lock that is held for a moment; several programs may do so at
  once. What somebody's crash left half written costs that line only.
* The book is bounded: once it has grown, equal lines become one with a count.
* A line of a kind nobody knows here stays: a newer version may have noted it, and tells it.
* What was told leaves by its place in the book, not by its time: clocks are set back, and a line
  that came while others were told stays. A crash can tell twice and never forget.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain.attempt import Attempt, merged, parse_attempt
from strongroom.domain.canonical import decode_loose
from strongroom.domain.errors import Untrusted
from strongroom.store.home_formats import FORMAT, number_of

FILE = "attempts.jsonl"
MAX_LINE = 8_192  # bytes; its texts are bounded, and a character takes up to 12 of them
MAX_BYTES = 256 * 1024  # then equal lines are joined
LOCK_SECONDS = 2  # noting a failure must never hold up what failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits to be told, equal acts as one, and how much of the book that is."""

    attempts: tuple[Attempt, ...]
    size_bytes: int


class AttemptBook:
    """The book of one home towards one store.

    Args:
        folder: Where it lies; made when the first line is written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._writing = FileLock(str(folder / ".attempts.lock"), timeout=LOCK_SECONDS)
        self._telling = FileLock(str(folder / ".attempts-told.lock"), timeout=LOCK_SECONDS)

    def note(self, attempt: Attempt) -> None:
        """Writes one line; a full disk or a damaged home must not hide what failed."""
        line = _line(attempt.presentable())
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with self._writing:
                    is_large = self._append(line)
            except Timeout:  # rather beside somebody than not at all
                is_large = self._append(line)
            if is_large and not self._telling.is_locked:
                # What is being told keeps its place until it is: then nothing is joined.
                with self._telling.acquire(timeout=0), self._writing:
                    data = self._read()
                    self._replace(_foreign(data) + b"".join(map(_line, merged(_parsed(data)))))
        except (OSError, Timeout):
            return

    def is_empty(self) -> bool:
        """Whether there is nothing to tell: a look, no reading."""
        try:
            return self._path.stat().st_size == 0
        except OSError:
            return True

    def pending(self) -> tuple[Attempt, ...]:
        """Returns what has not been signed yet, equal acts as one."""
        return merged(_parsed(self._read()))

    @contextmanager
    def held(self) -> Iterator[Waiting]:
        """Gives what is pending to one program at a time; others go on noting.

        Raises:
            Timeout: Another program holds it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._telling:
            data = self._read()
            yield Waiting(attempts=merged(_parsed(data)), size_bytes=len(data))

    def forget(self, told: Waiting) -> None:
        """Removes what was told; what was noted meanwhile stays. The book is held.

        Raises:
            OSError: If the disk fails.
            Timeout: Another program holds it.
        """
        with self._writing:
            with self._path.open("rb") as file:
                foreign = _foreign(file.read(told.size_bytes))
                left = file.read()
            self._replace(foreign + left)

    def _append(self, line: bytes) -> bool:
        """Appends a line behind whatever is there; True if the book has grown large."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE)
        try:
            size = os.fstat(descriptor).st_size
            is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if is_torn else b"") + line)
            return size + len(line) > MAX_BYTES
        finally:
            os.close(descriptor)

    def _replace(self, data: bytes) -> None:
        write_whole(self._path, data, mode=PRIVATE)

    def _read(self) -> bytes:
        """Returns the whole lines of the book, as many as it should ever hold."""
        try:
            with self._path.open("rb") as file:
                data = file.read(2 * MAX_BYTES)
        except OSError:
            return b""
        return data[: data.rfind(b"\n") + 1]


def _foreign(data: bytes) -> bytes:
    """Returns the whole lines that say a newer format; what is merely torn is not kept."""
    kept = []
    for line in data.split(b"\n"):
        with suppress(Untrusted):
            if number_of(decode_loose(line, max_bytes=MAX_LINE)) > FORMAT:
                kept.append(line + b"\n")
    return b"".join(kept)


def _line(attempt: Attempt) -> bytes:
    return json.dumps(attempt.to_json(), sort_keys=True).encode() + b"\n"


def _parsed(data: bytes) -> Iterator[Attempt]:
    """Yields every line that can be read; a torn or foreign one is passed over."""
    for line in data.split(b"\n"):
        try:
            document = decode_loose(line, max_bytes=MAX_LINE)
        except Untrusted:
            continue
        attempt = None if number_of(document) > FORMAT else parse_attempt(document)
        if attempt is not None:
            yield attempt.presentable()
