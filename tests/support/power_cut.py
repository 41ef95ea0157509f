# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after the power went, worked out from a log of every change.

A log is a list of tuples, names below the root with ``/`` between them, ``.`` for the root:
``("create", name)``, ``("write", name, data, offset)``, ``("fsync", name or folder)``,
``("link", name, new name)``, ``("rename", name, new name)``, ``("unlink", name)``,
``("mkdir", name)``; anything else is passed over.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

VARIANTS = {
    "all": "everything reached the disk",
    "nodata": "names are there, bytes that were not synced are not (ext4, XFS)",
    "zeros": "names and sizes are there, bytes that were not synced are zero (XFS, FAT)",
    "torn": "the last write that was not synced is there by half",
    "nonames": "changes of names after the last sync of their folder are gone (exFAT, NFS)",
    "vfat": "a name made by rename or link is empty until the file is synced under it",
}

Entry = tuple[Any, ...]


def after_cut(
    log: Sequence[Entry], line: int, variant: str, start: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """Returns the files a disk may hold if the power went after so many lines of a log.

    Args:
        log: Every change since the start.
        line: How many of them were made.
        variant: One of `VARIANTS`.
        start: What was on the disk before, long since durable.
    """
    disk = _Disk(variant, start or {})
    for position, entry in enumerate(log[:line]):
        is_torn = variant == "torn" and entry[0] == "write"
        disk.apply(entry, is_torn=is_torn and ("fsync", entry[1]) not in log[position:line])
    return disk.content()


class _Disk:
    """A disk with what it would keep."""

    def __init__(self, variant: str, start: Mapping[str, bytes]) -> None:
        self._variant = variant
        self._inodes = [[data, data] for data in start.values()]
        """Durable and volatile bytes."""
        self._live = {name: number for number, name in enumerate(start)}
        self._durable = dict(self._live)
        self._unsettled: set[str] = set()
        self._folders: dict[str, bool] = {}
        """Whether the name of a new folder is durable."""

    def apply(self, entry: Entry, *, is_torn: bool) -> None:
        operation, name = entry[0], entry[1]
        if operation == "create":
            self._inodes.append([b"", b""])
            self._live[name] = len(self._inodes) - 1
        elif operation == "write":
            data = entry[2][: len(entry[2]) // 2] if is_torn else entry[2]
            self._write(name, data, entry[3])
        elif operation == "fsync" and name in self._live:
            inode = self._inodes[self._live[name]]
            inode[0] = inode[1]
            self._unsettled.discard(name)
        elif operation == "fsync":
            self._sync_folder(name)
        elif operation in {"link", "rename"}:
            target = entry[2]
            number = self._live[name] if operation == "link" else self._live.pop(name)
            self._live[target] = number
            self._unsettled.discard(name)
            self._unsettled.add(target)
        elif operation == "unlink":
            self._live.pop(name, None)
        elif operation == "mkdir":
            self._folders[name] = False

    def _write(self, name: str, data: bytes, offset: int) -> None:
        inode = self._inodes[self._live[name]]
        before = inode[1][:offset].ljust(offset, b"\0")
        inode[1] = before + data + inode[1][offset + len(data) :]

    def _sync_folder(self, name: str) -> None:
        here = {path: inode for path, inode in self._live.items() if _folder(path) == name}
        kept = {path: i for path, i in self._durable.items() if _folder(path) != name}
        self._durable = kept | here
        for folder in self._folders:
            if _folder(folder) == name:
                self._folders[folder] = True

    def content(self) -> dict[str, bytes]:
        seen = self._live
        if self._variant == "nonames":
            seen = {path: i for path, i in self._durable.items() if self._is_reachable(path)}
        return {path: self._bytes(self._inodes[inode], path) for path, inode in seen.items()}

    def _is_reachable(self, path: str) -> bool:
        return all(self._folders.get(str(each), True) for each in PurePosixPath(path).parents)

    def _bytes(self, inode: list[bytes], path: str) -> bytes:
        synced, volatile = inode
        if self._variant in {"all", "torn"}:
            return volatile
        if self._variant == "zeros":
            return synced + b"\0" * (len(volatile) - len(synced))
        if self._variant == "vfat" and path in self._unsettled:
            return b""
        return synced


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)
