# SPDX-License-Identifier: Apache-2.0
"""Is the data still the same: what comparing a run's dataset with what lies there now can say.

* Four answers: the same, changed, gone, cannot tell. Only equal digests are "the same".
* "Cannot tell" has its reason. It is never shown as a yes or a no.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class DataVerdict(StrEnum):
    """The answer for one dataset."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataShape:
    """What can be counted of data: bytes, rows, columns with their types; None if not known."""

    size_bytes: int | None = None
    rows: int | None = None
    columns: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChange:
    """One thing that differs, in words: what, before, now; "" where there was or is nothing."""

    what: str
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFinding:
    """The answer for one dataset of a run, with one sentence and what differs."""

    name: str
    context: str
    source: str
    verdict: DataVerdict
    sentence: str
    changes: tuple[DataChange, ...] = ()
    digest: str = ""
    """What the data has now, "" if it was not read."""
    snapshot: str = ""
    """The run's own copy, the path of an artifact."""

    @property
    def is_bad(self) -> bool:
        """Whether it is known that the data is not what the run used."""
        return self.verdict in {DataVerdict.CHANGED, DataVerdict.GONE}


MOST_COLUMNS_NAMED = 6  # of those that came or went, in one line


def differences(before: DataShape, now: DataShape) -> tuple[DataChange, ...]:
    """Returns what differs between two shapes, as far as both are known."""
    found = []
    counted = (
        ("bytes", before.size_bytes, now.size_bytes),
        ("rows", before.rows, now.rows),
    )
    for what, old, new in counted:
        if old is not None and new is not None and old != new:
            found.append(DataChange(what=what, before=f"{old:,}", now=f"{new:,}"))
    if before.columns is not None and now.columns is not None:
        found += _columns(dict(before.columns), dict(now.columns))
    return tuple(found)


def _columns(before: dict[str, str], now: dict[str, str]) -> Sequence[DataChange]:
    found = []
    gone = [name for name in before if name not in now]
    new = [name for name in now if name not in before]
    if gone or new:
        found.append(DataChange(what="columns", before=_named(gone), now=_named(new)))
    for name, kind in before.items():
        after = now.get(name, kind)
        if kind and after and kind != after:
            found.append(DataChange(what=f"type of {name}", before=kind, now=after))
    if not found and list(before) != list(now):
        found.append(DataChange(what="order of columns", before="", now="another"))
    return found


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_COLUMNS_NAMED])
    more = len(names) - MOST_COLUMNS_NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown
