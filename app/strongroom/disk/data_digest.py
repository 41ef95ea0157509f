# SPDX-License-Identifier: Apache-2.0
"""The digest of data where it lies: a file's SHA-256, or the tree digest of a folder.

* Every byte is read once. Other hashes may listen, so that a second id costs no second reading.
* Only plain files are opened: a pipe or a device that took a file's place never holds us up, and
  a file that grows is read as far as it reached when it was opened.
* A link inside a folder is not followed.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.progress import Progress, Silent

CHUNK_BYTES = 4 << 20
_OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class Listener(Protocol):
    """A hash that hears every byte."""

    def update(self, data: bytes, /) -> None:
        """Takes the next bytes in."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDigest:
    """What was read: SHA-256 or tree digest, size in bytes, number of files."""

    sha256: str
    size_bytes: int
    file_count: int


class _Reading:
    """Bytes read so far of all that are to be read."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def digest(self, path: Path, beside: Sequence[Listener] = ()) -> tuple[str, int]:
        running, size = sha256(), 0
        descriptor = open_plain_data(path)
        try:
            left = os.fstat(descriptor).st_size
            while left and (piece := os.read(descriptor, min(CHUNK_BYTES, left))):
                running.update(piece)
                for listener in beside:
                    listener.update(piece)
                left -= len(piece)
                size += len(piece)
                self._done += len(piece)
                self._progress.step(self._done, self._total, f"Reading {path.name}")
        finally:
            os.close(descriptor)
        return running.hexdigest(), size


def data_digest(
    path: Path, progress: Progress | None = None, *, beside: Sequence[Listener] = ()
) -> DataDigest:
    """Reads a file or a folder through.

    Args:
        path: A plain file, or a folder of them; a link to either is followed.
        progress: Hears bytes; may cancel between two pieces.
        beside: Hashes that hear the bytes of a single file; a folder has none.

    Raises:
        OSError: If it cannot be read, or is neither.
        Untrusted: ``E-PATH`` if a folder's paths are not allowed on every system, ``E-SIZE`` if
            it holds too many files.
        Cancelled: If somebody asked to stop.
    """
    watched = progress or Silent()
    if not path.is_dir():
        reading = _Reading(path.stat().st_size, watched)
        digest, size = reading.digest(path, beside)
        return DataDigest(sha256=digest, size_bytes=size, file_count=1)
    found = [file for file in sorted(path.rglob("*")) if _is_plain(file)]
    reading = _Reading(sum(file.lstat().st_size for file in found), watched)
    files = []
    for file in found:
        digest, size = reading.digest(file)
        relative = file.relative_to(path).as_posix()
        files.append(ArtifactFile(path=relative, size_bytes=size, sha256=digest))
    return DataDigest(
        sha256=tree_digest(files),
        size_bytes=sum(file.size_bytes for file in files),
        file_count=len(files),
    )


def open_plain_data(path: Path) -> int:
    """Opens a plain file for reading and returns its descriptor; never waits for a pipe.

    Raises:
        OSError: If it is none, or cannot be opened.
    """
    descriptor = os.open(path, _OPEN)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(f"{path} is no plain file")


def _is_plain(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)
