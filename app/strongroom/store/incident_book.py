# SPDX-License-Identifier: Apache-2.0
"""The book of acts that could not be signed when they happened, in the home, a line each.

* A line is appended with one write; several programs may do so at once.
* The book is bounded: once it has grown, equal lines become one with a count.
* Lines leave it only after an event told them, so a crash can tell twice and never forget.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain.attempt import Attempt, merged, parse_attempt
from strongroom.domain.canonical import decode_loose
from strongroom.domain.errors import Untrusted

FILE = "incidents.jsonl"
MAX_LINE = 4_096  # bytes; an object's name is bounded
MAX_BYTES = 256 * 1024  # then equal lines are joined
LOCK_SECONDS = 2  # noting a failure must never hold up what failed


class IncidentBook:
    """The book of one home towards one store.

    Args:
        folder: Where it lies; made when the first line is written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = FileLock(str(folder / ".incidents.lock"), timeout=LOCK_SECONDS)

    def note(self, attempt: Attempt) -> None:
        """Writes one line; a full disk or a damaged home must not hide what failed."""
        line = json.dumps(attempt.to_json(), sort_keys=True).encode() + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            descriptor = os.open(self._path, flags, PRIVATE)
            try:
                os.write(descriptor, line[:MAX_LINE])
                is_large = os.fstat(descriptor).st_size > MAX_BYTES
            finally:
                os.close(descriptor)
            if is_large:
                with self.held() as lines:
                    self._replace(lines)
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
        return merged(self._lines())

    @contextmanager
    def held(self) -> Iterator[tuple[Attempt, ...]]:
        """Gives what is pending to one program at a time.

        Raises:
            Timeout: Another program holds it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock:
            yield self.pending()

    def forget(self, told: Sequence[Attempt]) -> None:
        """Removes what was told; what was noted meanwhile stays. The book is held."""
        until = {attempt.key: attempt.last_us for attempt in told}
        crowd = max((attempt.last_us for attempt in told), default=0)
        left = [line for line in self._lines() if line.last_us > until.get(line.key, crowd)]
        self._replace(left)

    def _replace(self, lines: Sequence[Attempt]) -> None:
        data = [json.dumps(line.to_json(), sort_keys=True).encode() + b"\n" for line in lines]
        write_whole(self._path, b"".join(data), mode=PRIVATE)

    def _lines(self) -> list[Attempt]:
        """Returns every line that can be read; a torn or foreign one is passed over."""
        try:
            with self._path.open("rb") as file:
                data = file.read(2 * MAX_BYTES)
        except OSError:
            return []
        found = []
        for line in data.splitlines():
            try:
                attempt = parse_attempt(decode_loose(line, max_bytes=MAX_LINE))
            except Untrusted:
                continue
            if attempt is not None:
                found.append(attempt)
        return found
