# SPDX-License-Identifier: Apache-2.0
"""Keeps a large artifact under its digest: one pass, and an interruption loses no finished work.

* Each byte is read once and hashed beside the writing. What was copied is what was hashed.
* The unfinished copy of a file has a name that follows from where the file goes. Logged again, it
  is compared while the file is read, and only what is not there yet, or differs, is written.
* Beside it stands which artifact it is to become, so that what remains can be told.
* It belongs to one process at a time; whoever cannot have it makes a copy of its own.
* A full disk keeps nothing unfinished: it would take the room that is missing.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from strongroom.disk.descriptor_lock import hold_now
from strongroom.disk.hashing import Hashing
from strongroom.domain.ids import RandomBytes
from strongroom.journal.layout import OBJECT_FOLDER, UNFINISHED_SUFFIX, WANTED_SUFFIX

CHUNK_BYTES = 1 << 20
WRITE_BEHIND_BYTES = 32 << 20  # the disk writes while the next pieces are read and hashed
RESUME_FROM = 64 << 20  # below it a second copy costs less than comparing
_FLAGS = os.O_RDWR | os.O_CREAT
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def keep_large(
    folder: Path, path: str, pieces: Iterable[bytes], size_bytes: int, random_bytes: RandomBytes
) -> tuple[str, int]:
    """Keeps bytes as ``obj/<sha256>`` of a run folder, durably; returns digest and size.

    Args:
        folder: The run folder.
        path: The artifact's path, which names the unfinished copy.
        pieces: The bytes, front to back.
        size_bytes: How many there will be, as far as is known.
        random_bytes: Names a copy that nobody goes on with.

    Raises:
        OSError: If the disk did not take them.
    """
    objects = folder / OBJECT_FOLDER
    objects.mkdir(exist_ok=True)
    lasting = _unfinished(objects, path)
    descriptor = hold_now(lasting, _FLAGS) if size_bytes >= RESUME_FROM else None
    aside = lasting
    if descriptor is None:
        aside = objects / f".{random_bytes(8).hex()}.tmp"
        descriptor = os.open(aside, _FLAGS | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    try:
        if aside == lasting:
            _say_wanted(lasting, path, size_bytes)
        sha256, size = _copy(descriptor, pieces, size_bytes)
        os.fsync(descriptor)
        aside.replace(objects / sha256)
        if aside == lasting:
            lasting.with_suffix(WANTED_SUFFIX).unlink(missing_ok=True)
    except OSError as error:
        if aside != lasting or error.errno in _FULL:
            aside.unlink(missing_ok=True)
            aside.with_suffix(WANTED_SUFFIX).unlink(missing_ok=True)
        raise
    except BaseException:
        if aside != lasting:
            aside.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    _sync_folder(objects)
    return sha256, size


def _unfinished(objects: Path, path: str) -> Path:
    key = hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return objects / f".{key}{UNFINISHED_SUFFIX}"


def _say_wanted(lasting: Path, path: str, size_bytes: int) -> None:
    told = json.dumps({"path": path, "size": size_bytes})
    lasting.with_suffix(WANTED_SUFFIX).write_text(told, encoding="utf-8")


def _copy(descriptor: int, pieces: Iterable[bytes], size_bytes: int) -> tuple[str, int]:
    """Brings a file to hold these bytes; what it holds already is not written again."""
    done = 0
    there = os.fstat(descriptor).st_size
    with Hashing(size_bytes) as hashing:
        for piece in pieces:
            hashing.update(piece)
            if done < there and not _holds(descriptor, done, piece):
                os.ftruncate(descriptor, done)
                there = 0
            if done >= there:
                _write_all(descriptor, piece, done)
                if done % WRITE_BEHIND_BYTES < len(piece):
                    _begin_writing(descriptor)
            done += len(piece)
        digest = hashing.hexdigest()
    if there > done:
        os.ftruncate(descriptor, done)
    return digest, done


def _holds(descriptor: int, at: int, piece: bytes) -> bool:
    os.lseek(descriptor, at, os.SEEK_SET)
    left = memoryview(piece)
    while left and (found := os.read(descriptor, len(left))):
        if found != left[: len(found)]:
            return False
        left = left[len(found) :]
    return not left


def _write_all(descriptor: int, piece: bytes, at: int) -> None:
    os.lseek(descriptor, at, os.SEEK_SET)
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def _begin_writing(descriptor: int) -> None:
    """Asks the system to write what it holds of the file, without waiting for it."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def file_pieces(head: bytes, descriptor: int, size_bytes: int) -> Iterator[bytes]:
    """Yields a file from its beginning as far as it reached when it was opened.

    Args:
        head: What was read of it.
        descriptor: Stands behind the head.
        size_bytes: How far it reached.
    """
    yield head
    left = size_bytes - len(head)
    while left > 0 and (piece := os.read(descriptor, min(CHUNK_BYTES, left))):
        left -= len(piece)
        yield piece


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no descriptor for a folder; NTFS orders a rename after its data
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
