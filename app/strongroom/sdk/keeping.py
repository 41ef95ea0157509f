# SPDX-License-Identifier: Apache-2.0
"""Puts artifacts into the run folder: small ones into a pack, big ones under their digest.

* Content is durable before the record that names it; a record never promises missing bytes.
* Each file is read once: hashed while it is copied. What was copied is what was hashed.
* The same bytes are kept once in a run, as far as one process logs them.
* A link inside a folder is not followed: it may point anywhere.
"""

import os
import stat
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from strongroom.domain.artifact import MAX_FILES, check_path, fold_path
from strongroom.domain.ids import RandomBytes
from strongroom.domain.parts import MAX_FILE_BYTES
from strongroom.journal.layout import Kind
from strongroom.journal.writer import JournalWriter
from strongroom.sdk.large_file import file_pieces, keep_large
from strongroom.sdk.losses import Lost
from strongroom.sdk.pack import Pack

SMALL_BYTES = 1 << 20  # up to here one pack is 15 times faster than a file each (storage.md)
GROUP_BYTES = 32 << 20  # small files that wait for one fsync; bounds memory
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # no pipe waits
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class _Small(NamedTuple):
    """A small artifact on its way into the pack."""

    path: str
    data: bytes


class Keeper:
    """Keeps the artifacts of one run for this process."""

    def __init__(self, writer: JournalWriter, random_bytes: RandomBytes) -> None:
        self._writer = writer
        self._random_bytes = random_bytes
        self._lock = threading.RLock()
        self._pack: Pack | None = None
        self._folded: dict[str, str] = {}
        self._folders: set[str] = set()

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
            self._keep_object(name, (data,), len(data))
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
                self._keep_object(name, (given,), len(given))
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

    def _read(self, file: str | Path, name: str, flags: int) -> _Small | None:
        """Returns a small file's bytes; keeps a big one at once.

        Raises:
            Lost: If it is larger than any store may keep, or no plain file.
            OSError: If it cannot be read.
        """
        descriptor = os.open(file, flags)
        try:
            told = os.fstat(descriptor)
            if not stat.S_ISREG(told.st_mode):
                raise Lost("missing", "it is no plain file")
            size = told.st_size
            if size > MAX_FILE_BYTES:
                raise Lost("limit", f"{size:,} bytes where {MAX_FILE_BYTES:,} are allowed")
            head = os.read(descriptor, min(size, SMALL_BYTES) + 1)
            if len(head) != size:  # it changes, or tells no size; else its end was seen
                while len(head) <= SMALL_BYTES and (more := os.read(descriptor, SMALL_BYTES)):
                    head += more
            if len(head) > SMALL_BYTES:  # it may have grown since it was looked at
                size = max(size, len(head))
                self._keep_object(name, file_pieces(head, descriptor, size), size)
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
                self._pack = Pack(self._writer.folder, stem)
            places = self._pack.add([small.data for small in group])
            bodies = [
                _body(small.path, len(small.data), place.sha256, f"pack:{place.offset}")
                for small, place in zip(group, places, strict=True)
            ]
            self._writer.records([(Kind.ARTIFACT, body) for body in bodies], stem)

    def _keep_object(self, path: str, pieces: Iterable[bytes], size_bytes: int) -> None:
        folder = self._writer.folder
        sha256, size = keep_large(folder, path, pieces, size_bytes, self._random_bytes)
        self._writer.record(Kind.ARTIFACT, _body(path, size, sha256, "obj"))

    def _checked(self, path: str) -> str:
        """Returns an artifact's path as it is kept.

        Raises:
            Lost: If it cannot stand beside the others, or there are too many.
            Untrusted: ``E-PATH`` if it is not allowed on every system.
        """
        name = path.replace(os.sep, "/").strip("/")
        if not name.isascii():
            name = unicodedata.normalize("NFC", name)
        check_path(name)
        folded = fold_path(name)
        known = self._folded.get(folded)
        if known is None:
            self._place(folded, name)
        elif known != name:
            raise Lost("path", f"{name} cannot stand beside {known} on every system")
        return name

    def _place(self, folded: str, name: str) -> None:
        """Remembers a new path with the folders around it."""
        if len(self._folded) >= MAX_FILES:
            raise Lost("limit", f"a run keeps at most {MAX_FILES:,} files; pack them first")
        if folded in self._folders:
            raise Lost("path", f"{name} is a folder of this run already")
        around = []
        parent = folded.rpartition("/")[0]
        while parent and parent not in self._folders:
            if parent in self._folded:
                raise Lost("path", f"{self._folded[parent]} is a file of this run already")
            around.append(parent)
            parent = parent.rpartition("/")[0]
        self._folders.update(around)
        self._folded[folded] = name


def _walk(folder: Path, losses: list[tuple[str, Exception]]) -> Iterator[tuple[str, str]]:
    """Yields place and relative path of the regular files below a folder, by name.

    Links are counted as lost. Texts, not paths: a folder of many files costs half as much.
    """
    pending = [(os.fspath(folder), "")]
    while pending:
        current, above = pending.pop()
        try:
            with os.scandir(current) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            losses.append((above or folder.name, error))
            continue
        for entry in entries:
            relative = f"{above}/{entry.name}" if above else entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, relative))
            elif entry.is_file(follow_symlinks=False):
                yield entry.path, relative
            else:
                losses.append((relative, Lost("path", f"{relative} is a link or a device")))


def _body(path: str, size: int, sha256: str, at: str) -> dict[str, str | int]:
    return {"path": path, "size": size, "sha256": sha256, "at": at}
