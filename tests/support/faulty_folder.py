# SPDX-License-Identifier: Apache-2.0
"""A disk that fails on command, one that stops for good, and one that remembers every change.

All stand in for the kernel at the boundary of `os`: the code under test is the product's own.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from support import power_cut

OPERATIONS = ("open", "write", "fsync", "close", "link", "rename", "unlink", "mkdir", "lstat")


class Fault:
    """Fails the n-th call of one operation, before or after doing it."""

    def __init__(
        self, operation: str, error: int, *, nth: int, after: bool, times: int = 1
    ) -> None:
        self.operation, self.error, self.nth = operation, error, nth
        self.after, self.times, self.calls = after, times, 0

    def is_due(self) -> bool:
        self.calls += 1
        return self.nth <= self.calls < self.nth + self.times


@contextmanager
def failing(fault: Fault) -> Iterator[Fault]:
    """Runs a block on a disk with this fault."""
    real = getattr(os, fault.operation)

    def faulty(*args: Any, **kwargs: Any) -> Any:
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


CHANGES = ("write", "fsync", "link", "rename", "replace", "unlink", "mkdir", "rmdir")


class Killed(BaseException):
    """The program was killed here."""


class Death:
    """Kills the program before its n-th change of a disk; what it still tries changes nothing.

    Making a file, every write, every sync and every change of a name count as a change.
    """

    def __init__(self, nth: int) -> None:
        self.nth, self.changes = nth, 0

    @property
    def has_struck(self) -> bool:
        """Whether there were so many changes."""
        return 0 < self.nth <= self.changes

    def step(self) -> None:
        self.changes += 1
        if self.has_struck:
            raise Killed


@contextmanager
def dying(death: Death) -> Iterator[Death]:
    """Runs a block that may be killed; `Killed` ends here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGES:
            patch.setattr(os, name, _counted(death, getattr(os, name)))
        real_open = os.open

        def opened(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            if flags & os.O_CREAT:
                death.step()
            return real_open(path, flags, *args, **kwargs)

        patch.setattr(os, "open", opened)
        with suppress(Killed):
            yield death


def _counted(death: Death, real: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*args: Any, **kwargs: Any) -> Any:
        death.step()
        return real(*args, **kwargs)

    return counted


class RecordedDisk:
    """Writes down every change below a folder, to build what a power cut may leave behind."""

    VARIANTS = tuple(power_cut.VARIANTS)

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log: list[power_cut.Entry] = []
        self._open: dict[int, list[Any]] = {}
        """Name and position of each open file."""

    def mark(self, what: str) -> None:
        """Notes in the log that something was acknowledged."""
        self.log.append(("mark", what))

    def after_cut(self, line: int, variant: str) -> dict[str, bytes]:
        """Returns the files a disk may hold if the power went after this line of the log."""
        return power_cut.after_cut(self.log, line, variant)

    @contextmanager
    def recording(self, *, links: bool = True) -> Iterator["RecordedDisk"]:
        """Runs a block while everything below the root is written down."""
        real = {name: getattr(os, name) for name in (*OPERATIONS, "replace")}

        def relative(path: Any) -> str | None:
            text = os.fspath(path)
            if isinstance(text, str) and Path(text).is_relative_to(self.root):
                return str(Path(text).relative_to(self.root))
            return None

        def opened(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            descriptor: int = real["open"](path, flags, *args, **kwargs)
            name = relative(path)
            if name is not None:
                self._open[descriptor] = [name, 0]
                if flags & os.O_CREAT:
                    self.log.append(("create", name))
            return descriptor

        def wrote(descriptor: int, data: Any) -> Any:
            count = real["write"](descriptor, data)
            if descriptor in self._open:
                name, position = self._open[descriptor]
                self.log.append(("write", name, bytes(data[:count]), position))
                self._open[descriptor][1] += count
            return count

        def synced(descriptor: int) -> None:
            real["fsync"](descriptor)
            if descriptor in self._open:
                self.log.append(("fsync", self._open[descriptor][0]))

        def closed(descriptor: int) -> None:
            self._open.pop(descriptor, None)
            real["close"](descriptor)

        def linked(source: Any, target: Any, **kwargs: Any) -> None:
            if not links:
                raise OSError(errno.EPERM, "no links here")
            real["link"](source, target, **kwargs)
            self.log.append(("link", relative(source), relative(target)))

        def renamed(source: Any, target: Any, **kwargs: Any) -> None:
            real["rename"](source, target, **kwargs)
            self.log.append(("rename", relative(source), relative(target)))

        def unlinked(path: Any, **kwargs: Any) -> None:
            real["unlink"](path, **kwargs)
            self.log.append(("unlink", relative(path)))

        def made(path: Any, *args: Any, **kwargs: Any) -> None:
            real["mkdir"](path, *args, **kwargs)
            self.log.append(("mkdir", relative(path)))

        with pytest.MonkeyPatch.context() as patch:
            for name, stand_in in {
                "open": opened, "write": wrote, "fsync": synced, "close": closed,
                "link": linked, "rename": renamed, "unlink": unlinked, "mkdir": made,
            }.items():  # fmt: skip
                patch.setattr(os, name, stand_in)
            yield self
