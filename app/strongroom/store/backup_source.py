# SPDX-License-Identifier: Apache-2.0
"""The files of a store as a backup sees them, while runs are logging and events are signed.

* Events before the content they name: what a backup says exists is in it.
* A journal that grows is taken as far as it had come; a file that went away, because its run was
  sealed meanwhile, is found in its new form by looking again.
* A file that has not changed since the last backup is not read again: size, times and inode tell.
"""

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain.backup import BackupFile
from strongroom.domain.canonical import decode_loose
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.progress import Progress
from strongroom.store.faults import explained
from strongroom.store.plainfile import CHUNK_BYTES, wrong_hash
from strongroom.store.repository import MAX_OBJECT_BYTES

LEFT_OUT = frozenset({
    "cache", "catalog.before-upgrade.sqlite3", "catalog.sqlite3", "catalog.sqlite3-shm",
    "catalog.sqlite3-wal", "lock", "restored.json",
})  # fmt: skip
"""What is made again by itself; the catalog is an index."""

FIRST = "ledger"
MEMORY = "backup-digests.json"
MAX_MEMORY = 256 << 20  # bytes; a million files
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file of the store when it was looked at; ``stamp`` tells whether it is the same still."""

    path: str
    size_bytes: int
    stamp: str


class BackupSource:
    """The files of one store.

    Args:
        root: The store.
        cache: Where digests of unchanged files are remembered.
    """

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self._path = cache / MEMORY
        self._known = _remembered(self._path)
        self._fresh: dict[str, list[Any]] = {}

    def files(self) -> list[FoundFile]:
        """Returns every file, the ledger's first, then by path."""
        events = sorted(_walk(self.root, FIRST), key=lambda file: file.path)
        others = sorted(_walk(self.root, "", without=FIRST), key=lambda file: file.path)
        return [*events, *others]

    def digested(self, file: FoundFile, progress: Progress) -> BackupFile:
        """Returns a file with its digest, as far as it reached when it was looked at.

        Raises:
            FileNotFoundError: It went away.
            Untrusted: ``E-HASH`` if the disk does not give its bytes back.
            EnvironmentFault: ``E-SHARE``.
        """
        known = self._fresh.get(file.path) or self._known.get(file.path)
        if known is not None and known[0] == file.stamp:
            self._fresh[file.path] = known
            return BackupFile(
                path=file.path,
                size_bytes=file.size_bytes,
                sha256=str(known[1]),
                parts=tuple(known[2]),
            )
        try:
            whole, parts = self._read_through(file, progress)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Untrusted(
                "E-HASH",
                f"{file.path} cannot be read ({error.strerror})",
                "The disk of the store is failing: keep the backups there are.",
            ) from error
        cut = tuple(parts) if len(parts) > 1 else ()
        self._fresh[file.path] = [file.stamp, whole, list(cut)]
        return BackupFile(path=file.path, size_bytes=file.size_bytes, sha256=whole, parts=cut)

    def _read_through(self, file: FoundFile, progress: Progress) -> tuple[str, list[str]]:
        """Returns the digest of a file and those of its parts."""
        whole, left = hashlib.sha256(), file.size_bytes
        parts: list[str] = []
        with self.open(file.path) as stream:
            while left or not parts:
                part, part_left = hashlib.sha256(), min(left, MAX_OBJECT_BYTES)
                left -= part_left
                while part_left:
                    piece = stream.read(min(CHUNK_BYTES, part_left))
                    if not piece:
                        raise FileNotFoundError(2, "It has become shorter", file.path)
                    whole.update(piece)
                    part.update(piece)
                    part_left -= len(piece)
                    progress.step(0, 0, f"Reading {file.path}")
                parts.append(part.hexdigest())
        return whole.hexdigest(), parts

    def open(self, path: str, *, at: int = 0) -> IO[bytes]:
        """Opens a file of the store at a byte; a link is not followed.

        Raises:
            FileNotFoundError: It went away.
            EnvironmentFault: ``E-SHARE``.
        """
        try:
            descriptor = os.open(self.root / path, os.O_RDONLY | _NOFOLLOW)
        except FileNotFoundError:
            raise
        except OSError:
            with explained(self.root):
                raise
        stream = os.fdopen(descriptor, "rb", buffering=0)
        stream.seek(at)
        return stream

    def remember(self) -> None:
        """Writes down the digests of what was looked at this time."""
        data = json.dumps(self._fresh, separators=(",", ":")).encode()
        if len(data) <= MAX_MEMORY:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, data, mode=PRIVATE)


class Bounded:
    """The first bytes of a stream: what is appended meanwhile belongs to the next backup."""

    def __init__(self, stream: IO[bytes], size_bytes: int, name: str) -> None:
        self._stream, self._left, self._name = stream, size_bytes, name

    def read(self, size: int, /) -> bytes:
        """Returns up to ``size`` bytes of those that are left.

        Raises:
            Untrusted: ``E-HASH`` if the file has become shorter.
        """
        piece = self._stream.read(min(size, self._left)) or b""
        if not piece and self._left and size:
            raise wrong_hash(self._name)
        self._left -= len(piece)
        return piece


def _walk(root: Path, below: str, *, without: str = "") -> Iterator[FoundFile]:
    with explained(root), contextlib.suppress(FileNotFoundError):
        with os.scandir(root / below) as entries:
            here = list(entries)
        for entry in here:
            path = f"{below}/{entry.name}" if below else entry.name
            if path in LEFT_OUT or path == without or _is_passing(entry.name):
                continue
            if entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, path)
                continue
            with contextlib.suppress(FileNotFoundError):
                told = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(told.st_mode):
                    # Text: nanoseconds are larger than the whole numbers that JSON is read with.
                    times = f"{told.st_mtime_ns} {told.st_ctime_ns}"
                    stamp = f"{told.st_size} {times} {told.st_ino}"
                    yield FoundFile(path=path, size_bytes=told.st_size, stamp=stamp)


def _is_passing(name: str) -> bool:
    """Whether a file of ours is only there while something happens; they all are hidden."""
    return name.startswith(".") and name.endswith((".tmp", ".lock"))


def _remembered(path: Path) -> dict[str, list[Any]]:
    """Returns what was remembered and has the right form; a damaged memory is none."""
    try:
        document = decode_loose(path.read_bytes(), max_bytes=MAX_MEMORY)
    except (OSError, Untrusted):
        return {}
    entries = document.items() if isinstance(document, dict) else ()
    return {key: entry for key, entry in entries if _is_entry(entry)}


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 3
        and isinstance(entry[0], str)
        and isinstance(entry[1], str)
        and is_digest(entry[1])
        and isinstance(entry[2], list)
        and all(isinstance(part, str) and is_digest(part) for part in entry[2])
    )
