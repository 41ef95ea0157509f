# SPDX-License-Identifier: Apache-2.0
"""One pack: small artifacts back to back in a file that this process alone appends to.

* The same bytes are in it once, however often they are logged: a record names a place.
* What did not fit is cut away; a place that was handed out holds its bytes.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from strongroom.journal.layout import PACK_MAGIC, PACK_SUFFIX

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
_fdatasync = getattr(os, "fdatasync", os.fsync)


class Packed(NamedTuple):
    """Where bytes lie in a pack: their digest and the offset of the first one."""

    sha256: str
    offset: int


class Pack:
    """A pack file.

    Args:
        folder: The run folder.
        stem: The name of the journal it belongs to.

    Raises:
        OSError: If the disk does not take it; it is not there then.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.stem = stem
        path = folder / (stem + PACK_SUFFIX)
        self._fd = os.open(path, _FLAGS, 0o644)
        self._end = 0
        self._places: dict[str, int] = {}
        try:
            self._write(PACK_MAGIC)
        except OSError:  # the next call makes it anew: there may be room again
            self.close()
            path.unlink(missing_ok=True)
            raise

    def add(self, pieces: Sequence[bytes]) -> list[Packed]:
        """Appends pieces durably, those that are new with one write, and returns their places.

        Raises:
            OSError: If the disk did not take them; none of them is in the pack then.
        """
        found: list[Packed] = []
        fresh: dict[str, int] = {}
        waiting: list[bytes] = []
        end = self._end
        for data in pieces:
            sha256 = hashlib.sha256(data).hexdigest()
            place = self._places.get(sha256, fresh.get(sha256, -1))
            if place < 0:
                place = fresh[sha256] = end
                waiting.append(data)
                end += len(data)
            found.append(Packed(sha256, place))
        if waiting:
            self._write(b"".join(waiting))
            _fdatasync(self._fd)
            self._places |= fresh
        return found

    def close(self) -> None:
        """Lets the file go."""
        os.close(self._fd)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:
            os.ftruncate(self._fd, self._end)
            raise
        self._end += len(data)
