# SPDX-License-Identifier: Apache-2.0
"""A remote that fails at its n-th call: a method, an entry of a listing, a read of an object.

It stands before a real one, whose files are what they are; the code on this side is the product's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast

import pytest

from strongroom.domain.errors import EnvironmentFault
from strongroom.exchange.remote import FolderRemote, Remote


def gone() -> EnvironmentFault:
    """Returns what a share that went away is told as."""
    return EnvironmentFault("E-SHARE", "The share went away", "Put it back and repeat.")


def full() -> EnvironmentFault:
    """Returns what a full stick is told as."""
    return EnvironmentFault("E-FULL", "The stick is full", "Free some space and repeat.")


class RemoteFault:
    """Fails the n-th call, before or after doing it.

    Args:
        nth: Which call, from 1; 0 for none.
        error: Makes what is raised.
        after: The call is done, and then said to have failed.
        stays: Every call after it fails as well: the stick is out.
    """

    def __init__(
        self,
        nth: int,
        error: Callable[[], EnvironmentFault] = gone,
        *,
        after: bool = False,
        stays: bool = True,
    ) -> None:
        self.nth, self.error, self.after, self.stays = nth, error, after, stays
        self.calls: list[str] = []

    def __repr__(self) -> str:
        how = f"{'after' if self.after else 'before'} it, {'for good' if self.stays else 'once'}"
        return f"<{self.error.__name__} at call {self.nth}, {how}>" if self.nth else "<no fault>"

    @property
    def has_struck(self) -> bool:
        """Whether so many calls were made that one failed."""
        return 0 < self.nth <= len(self.calls)

    def pass_(self, what: str, call: Callable[[], Any]) -> Any:
        """Does a call, or fails it."""
        self.calls.append(what)
        number = len(self.calls)
        is_due = self.nth > 0 and (number == self.nth or (self.stays and number > self.nth))
        if is_due and not (self.after and number == self.nth):
            raise self.error()
        result = call()
        if is_due:
            if what == "open_object":
                result.close()  # whoever is told that opening failed has nothing to close
            raise self.error()
        return result


def faulty(remote: Remote, fault: RemoteFault) -> Remote:
    """Returns a remote that behaves as the given one until the fault strikes."""
    return cast("Remote", _Faulty(remote, fault))


@contextmanager
def struck(fault: RemoteFault) -> Iterator[RemoteFault]:
    """Every remote in a folder that is opened in the block behaves so."""
    real = FolderRemote.open_existing

    def opened(_class: type[FolderRemote], path: Path) -> Remote:
        return faulty(real(path), fault)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderRemote, "open_existing", classmethod(opened))
        yield fault


class _Faulty:
    """Counts every call; properties tell what is known already and cannot fail."""

    def __init__(self, remote: Remote, fault: RemoteFault) -> None:
        self._remote, self._fault = remote, fault

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._remote, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            result = self._fault.pass_(name, lambda: found(*args, **kwargs))
            if name in {"objects", "manifests"}:
                return self._listed(name, result)
            return _Reader(result, self._fault) if name == "open_object" else result

        return call

    def _listed(self, name: str, entries: Iterator[Any]) -> Iterator[Any]:
        for entry in entries:
            self._fault.pass_(f"{name}[]", lambda: None)
            yield entry


class _Reader:
    """An opened object whose reads count as calls."""

    def __init__(self, reader: Any, fault: RemoteFault) -> None:
        self._reader, self._fault = reader, fault

    def read(self, size: int = -1, /) -> bytes:
        return cast("bytes", self._fault.pass_("read", lambda: self._reader.read(size)))

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
