# SPDX-License-Identifier: Apache-2.0
"""Counts what could not be logged, by cause, and says each cause once.

* A logging call never stops training. What it lost is counted here, warned about once a cause,
  and told in the run's end record.
* ``STRONGROOM_STRICT=1`` makes wrong types raise instead, for tests and for first scripts.
"""

import logging
import struct
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from strongroom.domain.errors import StrongroomError

LOG = logging.getLogger("strongroom")
ADVICE = {
    "disk": "the disk did not take it; free some space, later calls are tried again",
    "type": "the value has a type that cannot be logged",
    "key": "the name is empty, too long or no text",
    "size": "it is larger than one record may be; log it as an artifact",
    "limit": "there are too many files, or one is too large; pack them, or leave some out",
    "path": "the artifact's path is not allowed on every system; choose another name",
    "missing": "the file could not be read",
    "param-changed": "the param has another value already; the first one stays",
    "ended": "the run has ended",
    "no-run": "no run is active; call strongroom.start_run first",
    "which-run": "several runs are active and none was started in this thread or task; "
    "call the run's own methods, or start_run here",
    "internal": "something unexpected went wrong inside strongroom",
}


class Lost(Exception):
    """Says that one thing was not logged, and by which cause of `ADVICE`."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(detail or cause)
        self.cause = cause


class Losses:
    """The tally of one run (or of calls without a run)."""

    def __init__(self, *, is_strict: bool) -> None:
        self.is_strict = is_strict
        self.counts: dict[str, int] = {}

    def note(self, error: Exception, what: str, count: int = 1) -> None:
        """Counts a loss; warns if it is the first of its cause.

        Raises:
            TypeError: In strict mode, for a wrong type.
            ValueError: In strict mode, for a wrong name, path, size or param.
        """
        cause = cause_of(error)
        if self.is_strict and cause == "type":
            raise TypeError(f"{what}: {error}") from error
        if self.is_strict and cause in {"key", "size", "limit", "path", "param-changed", "missing"}:
            raise ValueError(f"{what}: {error}") from error
        is_first = cause not in self.counts
        self.counts[cause] = self.counts.get(cause, 0) + count
        if is_first:
            LOG.warning(
                "%s was not logged: %s (%s). Further losses of this kind are only counted.",
                what,
                ADVICE[cause],
                error,
            )


class HasLosses(Protocol):
    """Something whose logging calls are guarded."""

    @property
    def losses(self) -> Losses:
        """The tally that losses go to."""
        ...


P = ParamSpec("P")
S = TypeVar("S", bound=HasLosses)


def cause_of(error: Exception) -> str:
    """Returns the word for a loss under which it is counted."""
    if isinstance(error, Lost):
        return error.cause
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return "missing"
    if isinstance(error, OSError):
        return "disk"
    if isinstance(error, StrongroomError):
        return (
            "path" if error.code == "E-PATH" else "size" if error.code == "E-SIZE" else "internal"
        )
    if isinstance(error, TypeError | OverflowError | struct.error):
        return "type"
    return "internal"


def shown(value: object) -> str:
    """Returns what a warning may call a value: never long, never an error of its own."""
    try:
        return repr(str(value)[:80])
    except Exception:  # noqa: BLE001 - the caller's own text methods may be what is broken
        return type(value).__name__


def never_raises(
    method: Callable[Concatenate[S, P], None],
) -> Callable[Concatenate[S, P], None]:
    """Turns whatever a logging method raises into a counted loss."""

    @wraps(method)
    def guarded(self: S, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - training goes on whatever happened
            self.losses.note(error, f"{method.__name__}({shown(args[0] if args else '')})")

    return cast("Callable[Concatenate[S, P], None]", guarded)
