# SPDX-License-Identifier: Apache-2.0
"""Two profiles of data beside each other: which columns came, went, changed their type, or moved.

* Only what both profiles tell is compared. A column that one of them had to leave out is neither
  new nor gone.
* A mean has moved where it lies further off than `MOVED` standard deviations; shares of missing
  and of frequent values where they differ by `SHARE`. Less than that is the next day's data.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from strongroom.domain.data_profile import ColumnProfile, DataProfile

MOVED = 0.2  # standard deviations: what statistics calls a small effect
SHARE = 0.02  # of the rows


class ColumnChange(StrEnum):
    """What became of a column, the most telling first."""

    ADDED = "added"
    DROPPED = "dropped"
    RETYPED = "another type"
    MOVED = "moved"
    SAME = "same"


_ORDER = {change: place for place, change in enumerate(ColumnChange)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPair:
    """A column before and now, None where it is not there, and what differs in words."""

    name: str
    before: ColumnProfile | None
    now: ColumnProfile | None
    change: ColumnChange
    words: tuple[str, ...] = ()
    size: float = 0.0
    """How far it moved, for the order: standard deviations, or a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileComparison:
    """The columns of two profiles, those that changed first; ``untold`` could not be compared."""

    pairs: tuple[ColumnPair, ...]
    rows: tuple[int | None, int | None]
    untold: int = 0

    def count(self, change: ColumnChange) -> int:
        """Returns how many columns that became of."""
        return sum(pair.change is change for pair in self.pairs)


def compare_profiles(before: DataProfile, now: DataProfile) -> ProfileComparison:
    """Returns the columns of two profiles side by side."""
    then = {column.name: column for column in before.columns}
    later = {column.name: column for column in now.columns}
    untold, pairs = 0, []
    for name in dict.fromkeys((*later, *then)):
        old, new = then.get(name), later.get(name)
        if (old is None and before.left_out) or (new is None and now.left_out):
            untold += 1
            continue
        pairs.append(_pair(name, old, new))
    pairs.sort(key=lambda pair: (_ORDER[pair.change], -pair.size))
    return ProfileComparison(pairs=tuple(pairs), rows=(before.rows, now.rows), untold=untold)


def _pair(name: str, before: ColumnProfile | None, now: ColumnProfile | None) -> ColumnPair:
    change, words, size = ColumnChange.SAME, tuple[str, ...](), 0.0
    if before is None or now is None:
        change = ColumnChange.ADDED if before is None else ColumnChange.DROPPED
    elif before.kind != now.kind:
        change, words = ColumnChange.RETYPED, (f"{before.kind} → {now.kind}",)
    else:
        moves = [*_means(before, now), *_missing(before, now), *_values(before, now)]
        if moves:
            change, words = ColumnChange.MOVED, tuple(told for told, _ in moves)
            size = max(far for _, far in moves)
    return ColumnPair(name=name, before=before, now=now, change=change, words=words, size=size)


def _means(before: ColumnProfile, now: ColumnProfile) -> Iterator[tuple[str, float]]:
    if before.mean is None or now.mean is None:
        return
    spread = max(before.deviation or 0.0, now.deviation or 0.0)
    gap = abs(now.mean - before.mean)
    if not math.isfinite(gap):
        return
    far = gap / spread if spread > 0 else (math.inf if gap else 0.0)
    if far < MOVED:
        return
    told = f"{far:.1f}" if far < 100 else f"{far:.3g}"
    told = f", {told} deviations" if math.isfinite(far) else ""
    yield f"mean {_figure(before.mean)} → {_figure(now.mean)}{told}", far


def _missing(before: ColumnProfile, now: ColumnProfile) -> Iterator[tuple[str, float]]:
    shares = [
        each.missing / each.count if each.missing is not None and each.count else None
        for each in (before, now)
    ]
    old, new = shares
    if old is not None and new is not None and abs(new - old) >= SHARE:
        yield f"missing {old:.1%} → {new:.1%}", abs(new - old)


def _values(before: ColumnProfile, now: ColumnProfile) -> Iterator[tuple[str, float]]:
    """Yields the frequent value whose share differs most."""
    if before.mean is not None or now.mean is not None:
        return  # what is added up is told by its mean
    old = {value: count / before.count for value, count in before.top if before.count}
    new = {value: count / now.count for value, count in now.top if now.count}
    both = [value for value in old if value in new]  # one that is not told may be there
    moved = max(both, key=lambda value: abs(new[value] - old[value]), default="")
    if moved and abs(new[moved] - old[moved]) >= SHARE:
        told = moved if len(moved) <= 24 else moved[:23] + "…"
        yield f"“{told}” {old[moved]:.1%} → {new[moved]:.1%}", abs(new[moved] - old[moved])


def _figure(value: float) -> str:
    """Returns a mean with four digits, and whole where it has more before the point."""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"
