# SPDX-License-Identifier: Apache-2.0
"""A folder of backups, on a disk, a share or a stick: lists of files, and the bytes they name.

* Content first, the list last: a backup that was interrupted is no backup, and its bytes are found
  again by the next one.
* Every file is published as on a remote: written aside, made durable, read back from the medium.
* A list is removed before the bytes that only it named; bytes younger than a day stay, because
  another workstation may be about to name them. Whoever takes up old bytes makes them young first.
* Bytes that are damaged step aside as ``.<name>.bad`` as soon as they are read; the next backup of
  a store that has them writes them again.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain import canonical
from strongroom.domain.backup import MAX_LIST_BYTES, Backup, BackupFile, list_name, parse_backup
from strongroom.domain.clock import to_iso
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.ids import is_run_id
from strongroom.domain.progress import Progress
from strongroom.store.faults import explained
from strongroom.store.medium import digest_on_medium
from strongroom.store.plainfile import CheckedReader, read_bounded
from strongroom.store.publish import (
    Source,
    checked_path,
    is_temporary,
    publish,
    set_aside,
    sync_folder,
)
from strongroom.store.repository import Repository

DESCRIPTION = "strongroom-backup.json"
FORMAT = 1
MAX_DESCRIPTION_BYTES = 4_096  # two short fields
YOUNG_S = 24 * 3600  # no backup takes longer between its first byte and its list
_LIST = re.compile(r"\d{8}t\d{6}z-([0-9a-f]{16})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedBackup:
    """A list in the folder, not read yet: its store, its name, its size."""

    store: str
    name: str
    size_bytes: int

    @property
    def id(self) -> str:
        """The digits of its digest, which name it on the command line."""
        return self.name[-21:-5]

    @property
    def path(self) -> str:
        """Where it lies in the folder."""
        return f"list/{self.store}/{self.name}"


class BackupFolder:
    """The backups of one or several stores.

    Args:
        root: An existing folder that says it is one; see `open_or_create` and `open_existing`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._objects = Repository(root, read_back=True)

    @classmethod
    def open_or_create(cls, root: Path, *, now_us: int) -> "BackupFolder":
        """Opens a folder of backups, making one of a folder that is absent or empty.

        Raises:
            BadInput: ``E-BACKUP`` if the folder holds something else.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
        """
        with explained(root):
            if root.is_dir() and (root / DESCRIPTION).is_file() and not _is_stub(root):
                return cls.open_existing(root)
            if root.exists() and (not root.is_dir() or set(_names(root)) - {DESCRIPTION}):
                raise BadInput(
                    "E-BACKUP",
                    f"{root} is not a folder of backups and not empty",
                    "Name an empty folder, or one that strongroom backup made.",
                )
            if not root.parent.is_dir():
                raise BadInput(
                    "E-BACKUP",
                    f"{root.parent} is not there",
                    "Put the stick in or mount the share, or make the folder first.",
                )
            root.mkdir(exist_ok=True)
        document = {"created": to_iso(now_us), "format": FORMAT}
        publish(root, DESCRIPTION, canonical.encode(document), read_back=True)
        sync_folder(root.parent)  # the folder itself may be new
        return cls(root)

    @classmethod
    def open_existing(cls, root: Path) -> "BackupFolder":
        """Opens a folder of backups.

        Raises:
            BadInput: ``E-BACKUP`` if it is none.
            Untrusted: ``E-FORMAT`` if it is one of a version not known here.
            EnvironmentFault: ``E-SHARE``.
        """
        with explained(root):
            try:
                data = read_bounded(root / DESCRIPTION, MAX_DESCRIPTION_BYTES)
            except (FileNotFoundError, NotADirectoryError) as error:
                raise _no_backups(root) from error
        document = canonical.decode_loose(data, max_bytes=MAX_DESCRIPTION_BYTES)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise Untrusted(
                "E-FORMAT",
                f"{root} holds backups of a version not known here",
                "Open it with a newer Strongroom.",
            )
        return cls(root)

    # ---------------------------------------------------------------- content

    def has(self, sha256: str, size_bytes: int) -> bool:
        """Whether bytes lie here under a digest, as far as a look at name and size tells."""
        return self._objects.has_object(sha256) and self._objects.object_size(sha256) == size_bytes

    def keep(self, sha256: str, size_bytes: int) -> bool:
        """Whether bytes lie here; if so they are young from now on, and no sweep takes them."""
        if not self.has(sha256, size_bytes):
            return False
        path = self._object(sha256)
        try:
            if path.stat().st_mtime < time.time() - YOUNG_S / 2:
                os.utime(path)
        except FileNotFoundError:
            return False
        except OSError:  # another account's file: `lacking` sees if somebody removed it
            return True
        return True

    def put(
        self, sha256: str, size_bytes: int, source: Source, progress: Progress | None = None
    ) -> bool:
        """Keeps bytes; True if they were new. Damaged bytes under the name step aside.

        Raises:
            Untrusted: ``E-HASH`` if the source holds other bytes.
            EnvironmentFault: ``E-FULL``, ``E-SHARE``.
        """
        return self._objects.put_object(sha256, source, size_bytes, progress)

    def check_free_space(self, size_bytes: int) -> None:
        """Refuses a backup that cannot fit, before it begins."""
        self._objects.check_free_space(size_bytes)

    @contextmanager
    def open(self, file: BackupFile) -> Iterator[Source]:
        """Opens a file of a backup for one pass, all its parts one after the other.

        Bytes that are damaged step aside, so that the next backup writes them again.

        Raises:
            Untrusted: ``E-MISSING``; ``E-HASH`` while reading.
        """
        parts = _Parts(self._objects, file.objects)
        try:
            yield parts
        except Untrusted as error:
            parts.close()
            if error.code == "E-HASH":
                self._set_aside(parts.current)
            elif error.code == "E-MISSING" and self.is_aside(parts.current):
                raise _stepped_aside(file.path) from error
            raise
        finally:
            parts.close()

    def is_aside(self, sha256: str) -> bool:
        """Whether bytes were damaged here and stepped aside, and nobody wrote them again."""
        path = self._object(sha256)
        return not path.exists() and path.with_name(f".{path.name}.bad").exists()

    def lacking(self, backup: Backup) -> set[str]:
        """Returns the digests of a backup that do not lie here, as far as names tell.

        Raises:
            EnvironmentFault: ``E-SHARE``.
        """
        wanted = {digest for file in backup.files for digest in file.objects}
        for digest, _ in self.objects():
            wanted.discard(digest)
        return wanted

    def objects(self) -> Iterator[tuple[str, int]]:
        """Yields digest and size of all bytes that lie here."""
        return self._objects.objects()

    # ---------------------------------------------------------------- lists

    def add(self, backup: Backup) -> ListedBackup:
        """Publishes a list, which makes the backup one.

        Raises:
            Untrusted: If what it says cannot be read again; nothing is published.
            EnvironmentFault: ``E-FULL``, ``E-SHARE``.
        """
        data = backup.to_bytes()
        parse_backup(data)  # a list that nobody can read would keep all bytes for ever
        name = list_name(backup, data)
        publish(self.root, f"list/{backup.store}/{name}", data, read_back=True)
        return ListedBackup(store=backup.store, name=name, size_bytes=len(data))

    def withdraw(self, listed: ListedBackup) -> None:
        """Removes a list that names bytes which are gone; the bytes that are there stay.

        Raises:
            EnvironmentFault: ``E-SHARE``.
        """
        with explained(self.root):
            path = checked_path(self.root, listed.path)
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def listed(self, store: str = "") -> list[ListedBackup]:
        """Returns the lists of a store, or of all, oldest first by name; none is read.

        A list that a power cut left empty never was one: it names nothing.
        """
        with explained(self.root):
            stores = [store] if store else sorted(filter(is_run_id, _names(self.root / "list")))
            return [
                ListedBackup(store=each, name=entry.name, size_bytes=entry.stat().st_size)
                for each in stores
                for entry in sorted(_files(self.root / "list" / each), key=lambda e: e.name)
                if _LIST.fullmatch(entry.name) and entry.stat().st_size
            ]

    def read(self, listed: ListedBackup) -> Backup:
        """Reads a list that holds what its name says.

        Raises:
            Untrusted: ``E-HASH``, ``E-FORMAT``, ``E-CANON``, ``E-SIZE``, ``E-PATH``.
            EnvironmentFault: ``E-SHARE``.
        """
        with explained(self.root):
            data = read_bounded(checked_path(self.root, listed.path), MAX_LIST_BYTES)
        backup = parse_backup(data)
        if hashlib.sha256(data).hexdigest()[:16] != listed.id or backup.store != listed.store:
            raise Untrusted(
                "E-HASH",
                f"{listed.path} does not hold what its name says",
                "Use another backup of this folder, and ask who wrote there.",
            )
        return backup

    def remove(self, lists: Iterable[ListedBackup], *, now_us: int) -> tuple[int, int]:
        """Removes backups, then the bytes that no list names any more; their number and size.

        A list that cannot be read keeps all bytes: nobody knows what it names.

        Raises:
            Untrusted: If a list that stays cannot be read; nothing was removed.
            EnvironmentFault: ``E-SHARE``.
        """
        gone = {listed.path for listed in lists}
        named = {
            digest
            for listed in self.listed()
            if listed.path not in gone
            for file in self.read(listed).files
            for digest in file.objects
        }
        with explained(self.root):
            for path in sorted(gone):
                checked_path(self.root, path).unlink(missing_ok=True)
        return self._sweep(named, now_us)

    def _sweep(self, named: set[str], now_us: int) -> tuple[int, int]:
        with explained(self.root):
            newest, unnamed = 0.0, []
            for sha256, _ in self.objects():
                path = self._object(sha256)
                with suppress(FileNotFoundError):  # somebody else sweeps too
                    newest = max(newest, path.stat().st_mtime)
                    if sha256 not in named:
                        unnamed.append(path)
            # A clock that runs ahead must not make everything old: the newest bytes tell time too.
            oldest = min(now_us / 1_000_000, newest) - YOUNG_S
            count, size_bytes = 0, 0
            for path in unnamed:
                with suppress(FileNotFoundError):
                    told = path.stat()  # only now: a backup elsewhere may have taken it up
                    if told.st_mtime < oldest:
                        path.unlink()
                        count, size_bytes = count + 1, size_bytes + told.st_size
        return count, size_bytes

    def _object(self, sha256: str) -> Path:
        return checked_path(self.root, f"obj/{sha256[:2]}/{sha256}")

    def _set_aside(self, sha256: str) -> None:
        """Renames bytes that are still damaged when they are read anew, past the cache."""
        path = self._object(sha256)
        with suppress(OSError):  # a medium that lets nobody write is told of all the same
            if digest_on_medium(path) != sha256:
                set_aside(path)
                sync_folder(path.parent)


class _Parts:
    """Bytes of several objects as one source."""

    def __init__(self, objects: Repository, digests: Iterable[str]) -> None:
        self._objects, self._left = objects, list(digests)
        self.current = ""
        self._open: CheckedReader | None = None

    def read(self, size: int, /) -> bytes:
        """Returns up to ``size`` bytes, ``b""`` at the end of the last part."""
        self._open = self._open or self._next()
        while True:
            piece = self._open.read(size)
            if piece or not self._left:
                return piece
            self._open.close()
            self._open = self._next()

    def close(self) -> None:
        """Closes the part that is open."""
        if self._open is not None:
            self._open.close()

    def _next(self) -> CheckedReader:
        self.current = self._left.pop(0)
        return self._objects.open_object(self.current)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir() if not is_temporary(path.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_stub(root: Path) -> bool:
    """Whether a power cut left the description empty: then this is the second attempt."""
    return (root / DESCRIPTION).lstat().st_size == 0


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                yield entry


def _stepped_aside(path: str) -> Untrusted:
    return Untrusted(
        "E-HASH",
        f"The bytes of {path} were damaged here and stepped aside",
        "The next backup of a store that has them writes them again.",
    )


def _no_backups(root: Path) -> BadInput:
    return BadInput(
        "E-BACKUP",
        f"{root} is not a folder of backups",
        "Put the stick in or mount the share; strongroom backup create --to DIR makes one.",
    )
