# SPDX-License-Identifier: Apache-2.0
"""Puts artifacts into the run folder: small ones into a pack, big ones under their digest.

* Content is durable before the record that names it; a record never promises missing bytes.
* Each file is read once: hashed while it is copied. What was copied is what was hashed.
* A link inside a folder is not followed: it may point anywhere.
"""

import hashlib
import os
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.artifact import check_path, fold_path
from strongroom.domain.ids import RandomBytes
from strongroom.journal.layout import OBJECT_FOLDER, PACK_MAGIC, PACK_SUFFIX, Kind
from strongroom.journal.writer import JournalWriter
from strongroom.sdk.losses import Lost

SMALL_BYTES = 1 << 20  # up to here one pack is 15 times faster than a file each (storage.md)
GROUP_BYTES = 32 << 20  # small files that wait for one fsync; bounds memory
CHUNK_BYTES = 4 << 20
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_fdatasync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, slots=True)
class _Small:
    """A small artifact on its way into the pack."""

    path: str
    data: bytes


class Keeper:
    """Keeps the artifacts of one run for this process."""

    def __init__(self, writer: JournalWriter, random_bytes: RandomBytes) -> None:
        self._writer = writer
        self._random_bytes = random_bytes
        self._lock = threading.RLock()
        self._pack: _Pack | None = None
        self._folded: dict[str, str] = {}

    def after_fork(self) -> None:
        """Lets the parent's pack go."""
        self._lock = threading.RLock()
        self._pack = None

    def paths(self) -> list[str]:
        """Returns the paths this process kept something under."""
        return list(self._folded.values())

    def keep_bytes(self, path: str, data: bytes) -> None:
        """Keeps bytes under a path.

        Raises:
            Lost: If the path is not allowed.
            OSError: If the disk did not take them.
        """
        name = self._checked(path)
        if len(data) > SMALL_BYTES:
            self._keep_object(name, iter((data,)))
        else:
            self._keep_small([_Small(name, data)])

    def keep_file(self, file: Path, path: str) -> None:
        """Keeps one file under a path; the file itself may be a link, its target is read.

        Raises:
            Lost: If the path is not allowed.
            OSError: If the file cannot be read or the disk did not take it.
        """
        name = self._checked(path)
        small = self._read(file, name, _READ)
        if small is not None:
            self._keep_small([small])

    def keep_many(self, files: Mapping[str, bytes | Path]) -> None:
        """Keeps several files under their paths, the small ones with one fsync.

        Raises:
            Lost: If a path is not allowed.
            OSError: If a file cannot be read or the disk did not take it.
        """
        group: list[_Small] = []
        for path, given in files.items():
            name = self._checked(path)
            if isinstance(given, Path):
                small = self._read(given, name, _READ | _NO_LINK)
                group += [small] if small is not None else []
            elif len(given) > SMALL_BYTES:
                self._keep_object(name, iter((given,)))
            else:
                group.append(_Small(name, given))
            if sum(len(small.data) for small in group[-64:]) > GROUP_BYTES:
                self._keep_small(group)
                group.clear()
        self._keep_small(group)

    def keep_folder(self, folder: Path, path: str) -> list[tuple[str, Exception]]:
        """Keeps all files below a folder under a path prefix.

        Returns:
            What could not be kept, each with its reason.
        """
        losses: list[tuple[str, Exception]] = []
        group: list[_Small] = []
        waiting = 0
        for file, relative in _walk(folder, losses):
            try:
                name = self._checked(f"{path}/{relative}" if path else relative)
                small = self._read(file, name, _READ | _NO_LINK)
            except (OSError, Lost) as error:
                losses.append((relative, error))
                continue
            if small is not None:
                group.append(small)
                waiting += len(small.data)
            if waiting > GROUP_BYTES:
                self._keep_group(group, losses)
                waiting = 0
        self._keep_group(group, losses)
        return losses

    def close(self) -> None:
        """Lets the pack go."""
        with self._lock:
            if self._pack is not None:
                self._pack.close()
                self._pack = None

    def _read(self, file: Path, name: str, flags: int) -> _Small | None:
        """Returns a small file's bytes; keeps a big one at once."""
        descriptor = os.open(file, flags)
        try:
            head = os.read(descriptor, SMALL_BYTES + 1)
            while len(head) <= SMALL_BYTES and (more := os.read(descriptor, SMALL_BYTES)):
                head += more
            if len(head) > SMALL_BYTES:
                self._keep_object(name, _chunks(head, descriptor))
                return None
        finally:
            os.close(descriptor)
        return _Small(name, head)

    def _keep_group(self, group: list[_Small], losses: list[tuple[str, Exception]]) -> None:
        try:
            self._keep_small(group)
        except OSError as error:
            losses.extend((small.path, error) for small in group)
        group.clear()

    def _keep_small(self, group: list[_Small]) -> None:
        if not group:
            return
        with self._lock:
            stem = self._writer.own_stem()
            if self._pack is None or self._pack.stem != stem:
                self.close()
                self._pack = _Pack(self._writer.folder, stem)
            offsets = [self._pack.append(small.data) for small in group]
            self._pack.sync()
            bodies = [
                _body(
                    small.path,
                    len(small.data),
                    hashlib.sha256(small.data).hexdigest(),
                    f"pack:{offset}",
                )
                for small, offset in zip(group, offsets, strict=True)
            ]
            self._writer.records([(Kind.ARTIFACT, body) for body in bodies], stem)

    def _keep_object(self, path: str, chunks: Iterator[bytes]) -> None:
        folder = self._writer.folder / OBJECT_FOLDER
        folder.mkdir(exist_ok=True)
        temporary = folder / f".{self._random_bytes(8).hex()}.tmp"
        running = hashlib.sha256()
        size = 0
        try:
            with temporary.open("xb") as target:
                for chunk in chunks:
                    running.update(chunk)
                    size += target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(folder / running.hexdigest())
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(folder)
        self._writer.record(Kind.ARTIFACT, _body(path, size, running.hexdigest(), "obj"))

    def _checked(self, path: str) -> str:
        name = unicodedata.normalize("NFC", path.replace(os.sep, "/")).strip("/")
        check_path(name)
        known = self._folded.setdefault(fold_path(name), name)
        if known != name:
            raise Lost("path", f"{name} cannot stand beside {known} on every system")
        return name


class _Pack:
    """One pack file, made and appended to by this process only."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.stem = stem
        path = folder / (stem + PACK_SUFFIX)
        self._fd = os.open(path, _FLAGS, 0o644)
        self._end = 0
        try:
            self.append(PACK_MAGIC)
        except OSError:  # the next call makes it anew: there may be room again
            self.close()
            path.unlink(missing_ok=True)
            raise

    def append(self, data: bytes) -> int:
        """Appends bytes and returns where they begin; a write that did not fit is cut away."""
        start = self._end
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:
            os.ftruncate(self._fd, start)
            raise
        self._end = start + len(data)
        return start

    def sync(self) -> None:
        """Makes everything appended durable."""
        _fdatasync(self._fd)

    def close(self) -> None:
        """Lets the file go."""
        os.close(self._fd)


def _walk(folder: Path, losses: list[tuple[str, Exception]]) -> Iterator[tuple[Path, str]]:
    """Yields regular files below a folder in order of their names; links are counted as lost."""
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError as error:
            losses.append((current.name, error))
            continue
        for entry in entries:
            path = Path(entry.path)
            relative = path.relative_to(folder).as_posix()
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield path, relative
            else:
                losses.append((relative, Lost("path", f"{relative} is a link or a device")))


def _chunks(head: bytes, descriptor: int) -> Iterator[bytes]:
    yield head
    while chunk := os.read(descriptor, CHUNK_BYTES):
        yield chunk


def _body(path: str, size: int, sha256: str, at: str) -> dict[str, str | int]:
    return {"path": path, "size": size, "sha256": sha256, "at": at}


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no descriptor for a folder; NTFS orders a rename after its data
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
