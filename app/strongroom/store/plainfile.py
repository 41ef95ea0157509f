# SPDX-License-Identifier: Apache-2.0
"""Reading files that somebody else may have planted.

* Only plain files are opened: a symbolic link, a pipe or a device is never followed or waited for.
* Reads are bounded before they begin; a digest is checked on every read.
"""

import hashlib
import os
import stat
from io import FileIO
from pathlib import Path
from typing import Protocol, Self

from strongroom.domain.errors import Untrusted
from strongroom.store.faults import explained

CHUNK_BYTES = 1 << 20  # large enough that the share, not Python, is the bottleneck
# O_NONBLOCK: opening a planted pipe must not wait for a writer that never comes.
_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def is_plain(path: Path) -> bool:
    """Whether the path is a regular file and not a link to one; False if it is not there."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def open_plain(path: Path) -> FileIO:
    """Opens a regular file for reading, unbuffered for hashing in large pieces.

    Raises:
        Untrusted: ``E-PATH`` if the path is a link, a folder, a pipe or a device.
        OSError: If the file is missing or the disk fails.
    """
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise _not_plain(path)
    file = os.fdopen(os.open(path, _READ_FLAGS), "rb", buffering=0)
    try:
        is_plain_still = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except OSError:
        file.close()  # a handle left open would keep a stick from being taken out
        raise
    if not is_plain_still:  # exchanged since it was looked at
        file.close()
        raise _not_plain(path)
    return file


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Returns the bytes of a plain file, which are looked at only if their number is allowed.

    Raises:
        Untrusted: ``E-SIZE`` over the limit, ``E-PATH`` if it is no plain file.
        OSError: If the file is missing or the disk fails.
    """
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            raise too_large(path.name, size, max_bytes)
        pieces: list[bytes] = []
        total = 0
        while piece := file.read(min(CHUNK_BYTES, max_bytes + 1 - total)):
            pieces.append(piece)
            total += len(piece)
            if total > max_bytes:  # it grew while it was read
                raise too_large(path.name, total, max_bytes)
    return b"".join(pieces)


def has_content(path: Path, size_bytes: int, sha256: str) -> bool:
    """Whether the path is a plain file of exactly this size and digest.

    Raises:
        OSError: If the disk fails; a missing file and a planted link are simply False.
    """
    try:
        file = open_plain(path)
    except (FileNotFoundError, Untrusted):
        return False
    with file:
        if os.fstat(file.fileno()).st_size != size_bytes:
            return False
        return digest_of(file) == sha256


def digest_of(file: FileIO) -> str:
    """Returns the SHA-256 of what a file holds from here to its end."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def too_large(name: str, size_bytes: int, max_bytes: int) -> Untrusted:
    """Returns the refusal of a file over its limit."""
    return Untrusted(
        "E-SIZE",
        f"{name} has {size_bytes:,} bytes where {max_bytes:,} are allowed",
        "It was not read. Ask whoever wrote it there what it is.",
    )


def wrong_hash(name: str) -> Untrusted:
    """Returns the refusal of a file whose bytes are not those its name promises."""
    return Untrusted(
        "E-HASH",
        f"{name} does not hold the bytes its name promises",
        "It was damaged or changed. Push again from a workstation that has the original.",
    )


class Readable(Protocol):
    """What can be read front to back and closed: a file, or a part of one."""

    def read(self, size: int, /) -> bytes:
        """Returns up to ``size`` bytes, ``b""`` at the end."""
        ...

    def close(self) -> None:
        """Lets go of it."""
        ...


class CheckedReader:
    """Reads a file once, front to back, and refuses its end if the digest is another.

    Nothing read from it counts before `read` has returned ``b""`` without raising.
    """

    def __init__(self, file: Readable, sha256: str, root: Path) -> None:
        self._file = file
        self._root = root
        self._expected = sha256
        self._running = hashlib.sha256()

    def read(self, size: int = CHUNK_BYTES, /) -> bytes:
        """Returns up to ``size`` bytes, at most 1 MiB at once; ``b""`` at a verified end.

        Raises:
            Untrusted: ``E-HASH`` at the end of a file with another digest.
            EnvironmentFault: ``E-SHARE`` naming the root the file lies in.
        """
        wanted = CHUNK_BYTES if size < 0 else min(size, CHUNK_BYTES)
        with explained(self._root):
            piece = self._file.read(wanted)
        self._running.update(piece)
        if not piece and wanted and self._running.hexdigest() != self._expected:
            raise wrong_hash(self._expected)
        return piece

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _not_plain(path: Path) -> Untrusted:
    return Untrusted(
        "E-PATH",
        f"{path.name} is a link or a device where a plain file belongs",
        "It was not followed. Remove it; nothing of Strongroom makes such entries.",
    )
