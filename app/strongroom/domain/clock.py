# SPDX-License-Identifier: Apache-2.0
"""The one place that asks what time it is.

* Times are integers: microseconds since 1970-01-01 UTC.
* Nothing that decides anything about trust depends on a clock; times are claims, shown and flagged.
"""

import time
from datetime import UTC, datetime
from typing import Protocol

MICROSECONDS = 1_000_000


class Clock(Protocol):
    """Tells the time in microseconds since the epoch, UTC."""

    def now_us(self) -> int:
        """Returns microseconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now_us(self) -> int:
        """Returns the machine's time in microseconds."""
        return time.time_ns() // 1000


class FixedClock:
    """A clock that moves only when told to; each reading is one microsecond after the last."""

    def __init__(self, start_us: int = 1_700_000_000 * MICROSECONDS) -> None:
        self._now_us = start_us

    def now_us(self) -> int:
        """Returns the next microsecond."""
        self._now_us += 1
        return self._now_us

    def advance(self, seconds: float) -> None:
        """Moves the clock; negative values move it back."""
        self._now_us += round(seconds * MICROSECONDS)


def to_iso(time_us: int) -> str:
    """Writes a time as ``2026-11-23T04:10:11.123456Z``, the form of every signed time."""
    seconds, micros = divmod(time_us, MICROSECONDS)
    stamp = datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{micros:06d}Z"


def from_iso(text: str) -> int:
    """Reads a time written by `to_iso`.

    Raises:
        ValueError: If the text has another form.
    """
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return int(moment.replace(microsecond=0).timestamp()) * MICROSECONDS + moment.microsecond
