# SPDX-License-Identifier: Apache-2.0
"""A disk that fails on command, and one that remembers what it would hold after a power cut.

Both stand in for the kernel at the boundary of `os`: the code under test is the product's own.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OPERATIONS = ("open", "write", "fsync", "close", "link", "rename", "unlink", "mkdir", "lstat")


class Fault:
    """Fails the n-th call of one operation, before or after doing it."""

    def __init__(self, operation: str, error: int, *, nth: int, after: bool, times: int = 1):
        self.operation, self.error, self.nth = operation, error, nth
        self.after, self.times, self.calls = after, times, 0

    def is_due(self) -> bool:
        self.calls += 1
        return self.nth <= self.calls < self.nth + self.times


@contextmanager
def failing(fault: Fault) -> Iterator[Fault]:
    """Runs a block on a disk with this fault."""
    real = getattr(os, fault.operation)

    def faulty(*args, **kwargs):
        if not fault.is_due():
            return real(*args, **kwargs)
        if fault.after:
            result = real(*args, **kwargs)
            if fault.operation == "open":  # the handle of a failed open is gone
                os.close(result)
        raise OSError(fault.error, os.strerror(fault.error))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, fault.operation, faulty)
        yield fault


class RecordedDisk:
    """Writes down every change below a folder, to build what a power cut may leave behind.

    Variants of a cut:
        all: everything reached the disk.
        nodata: names are there, bytes that were not fsynced are not (ext4, XFS).
        zeros: names and sizes are there, bytes that were not fsynced are zero (XFS, FAT).
        torn: the last write that was not fsynced is there by half.
        nonames: changes of names after the last fsync of the folder are gone (exFAT, NFS).
        vfat: a name made by rename or link shows size 0 until the file is fsynced under it.
    """

    VARIANTS = ("all", "nodata", "zeros", "torn", "nonames", "vfat")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log: list[tuple] = []
        self._paths: dict[int, str] = {}

    def mark(self, what: str) -> None:
        """Notes in the log that something was acknowledged."""
        self.log.append(("mark", what))

    @contextmanager
    def recording(self, *, links: bool = True) -> Iterator["RecordedDisk"]:
        """Runs a block while everything below the root is written down."""
        real = {name: getattr(os, name) for name in (*OPERATIONS, "replace")}

        def relative(path) -> str | None:
            text = os.fspath(path)
            if isinstance(text, str) and Path(text).is_relative_to(self.root):
                return str(Path(text).relative_to(self.root))
            return None

        def opened(path, flags, *args, **kwargs):
            descriptor = real["open"](path, flags, *args, **kwargs)
            name = relative(path)
            if name is not None:
                self._paths[descriptor] = name
                if flags & os.O_CREAT:
                    self.log.append(("create", name))
            return descriptor

        def wrote(descriptor, data):
            count = real["write"](descriptor, data)
            if descriptor in self._paths:
                self.log.append(("write", self._paths[descriptor], bytes(data[:count])))
            return count

        def synced(descriptor):
            real["fsync"](descriptor)
            if descriptor in self._paths:
                self.log.append(("fsync", self._paths[descriptor]))

        def closed(descriptor):
            self._paths.pop(descriptor, None)
            real["close"](descriptor)

        def linked(source, target, **kwargs):
            if not links:
                raise OSError(errno.EPERM, "no links here")
            real["link"](source, target, **kwargs)
            self.log.append(("link", relative(source), relative(target)))

        def renamed(source, target, **kwargs):
            real["rename"](source, target, **kwargs)
            self.log.append(("rename", relative(source), relative(target)))

        def unlinked(path, **kwargs):
            real["unlink"](path, **kwargs)
            self.log.append(("unlink", relative(path)))

        with pytest.MonkeyPatch.context() as patch:
            for name, stand_in in {
                "open": opened, "write": wrote, "fsync": synced, "close": closed,
                "link": linked, "rename": renamed, "unlink": unlinked,
            }.items():  # fmt: skip
                patch.setattr(os, name, stand_in)
            yield self

    def after_cut(self, line: int, variant: str) -> dict[str, bytes]:
        """Returns the files a disk may hold if the power went after this line of the log."""
        inodes: list[list[bytes]] = []  # [durable, volatile]
        live: dict[str, int] = {}
        durable: dict[str, int] = {}
        unsettled: set[str] = set()
        log = self.log[:line]
        for position, (operation, *args) in enumerate(log):
            name = args[0]
            if operation == "create":
                inodes.append([b"", b""])
                live[name] = len(inodes) - 1
            elif operation == "write":
                data = args[1]
                if variant == "torn" and ("fsync", name) not in log[position:]:
                    data = data[: len(data) // 2]
                inodes[live[name]][1] += data
            elif operation == "fsync" and name in live:
                inodes[live[name]][0] = inodes[live[name]][1]
                unsettled.discard(name)
            elif operation == "fsync":  # a folder
                prefix = "" if name == "." else f"{name}/"
                here = {p: i for p, i in live.items() if str(Path(p).parent) == name}
                gone = [p for p in durable if p.startswith(prefix) and p not in live]
                durable = {p: i for p, i in durable.items() if p not in gone} | here
            elif operation in {"link", "rename"}:
                live[args[1]] = live[name] if operation == "link" else live.pop(name)
                unsettled.discard(name)
                unsettled.add(args[1])
            elif operation == "unlink":
                live.pop(name, None)
        seen = durable if variant == "nonames" else live
        return {p: self._content(inodes[i], p, variant, unsettled) for p, i in seen.items()}

    @staticmethod
    def _content(inode: list[bytes], path: str, variant: str, unsettled: set[str]) -> bytes:
        synced, volatile = inode
        if variant in {"all", "torn"}:
            return volatile
        if variant == "zeros":
            return synced + b"\0" * (len(volatile) - len(synced))
        if variant == "vfat" and path in unsettled:
            return b""
        return synced
