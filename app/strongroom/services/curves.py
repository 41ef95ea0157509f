# SPDX-License-Identifier: Apache-2.0
"""Curves for charts: these metrics of these runs, smoothed on the full data before anything else.

* Smoothing (services.smoothing) sees every point, so it does not change with zoom or decimation.
* A point is never put where it was not logged: over another metric, points are joined by their
  step, and those whose step has no value there are counted, not guessed.
* Of more points than `MOST_DRAWN` the extremes stay, and it is said: memory has an end, and so has
  a screen. Smoothing sees what stays then.
* A live run is followed from where the last question stopped; a sealed one is read once.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from strongroom.domain.clock import MICROSECONDS
from strongroom.journal.series import Series, concat
from strongroom.services.runs import Runs
from strongroom.services.smoothing import OFF, Floats, Smoothing, smooth
from strongroom.store.series import JournalTail, is_live, read_sealed_series

MAX_CACHED_POINTS = 8_000_000  # 192 MB of sealed series; the least recently asked go first
MOST_DRAWN = 1 << 22  # sealed points of one curve: some 300 MB while it is smoothed and drawn
MAX_FOLLOWED = 256  # live runs followed at once; a followed run holds its points in memory


class Axis(StrEnum):
    """What lies on the horizontal axis: steps, seconds since 1970, seconds since the start."""

    STEP = "step"
    TIME = "time"
    RELATIVE = "relative"


@dataclass(frozen=True, slots=True)
class MetricAxis:
    """Another metric of the same run on the horizontal axis, joined by step."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One metric of one run, sorted by ``x``; ``smooth`` is ``raw`` where smoothing is off.

    ``left_out`` counts points that have no place on the horizontal axis, ``between`` those that lie
    between the extremes that were kept of very many.
    """

    run_id: str
    key: str
    x: Floats
    raw: Floats
    smooth: Floats
    is_live: bool
    left_out: int = 0
    between: int = 0


@dataclass(slots=True)
class _Followed:
    """A live run: what was sealed before it was resumed, and its journals so far."""

    tail: JournalTail
    parts: dict[str, list[Series]] = field(default_factory=dict)


class Curves:
    """Answers charts; one instance a window, safe to ask from worker threads."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._lock = Lock()
        self._sealed: OrderedDict[tuple[str, str, str], tuple[Series, int]] = OrderedDict()
        self._cached_points = 0
        self._followed: OrderedDict[str, _Followed] = OrderedDict()

    def curves(
        self,
        references: Sequence[str],
        keys: Sequence[str],
        *,
        x: Axis | MetricAxis = Axis.STEP,
        smoothing: Smoothing = OFF,
    ) -> tuple[Curve, ...]:
        """Returns a curve for each run and metric that has points.

        Args:
            references: Runs by id, start of id or name.
            keys: Names of metrics.
            x: The horizontal axis.
            smoothing: Applied along ``x`` to every point.

        Raises:
            BadInput: ``E-RUN``.
            Untrusted: ``E-HASH`` if stored points do not hold.
        """
        asked = [*keys, x.key] if isinstance(x, MetricAxis) else keys
        found: list[Curve] = []
        for reference in references:
            place = self._runs.place(reference)
            folder = self._runs.folder.run(place.month, place.run_id)
            live = is_live(folder)
            series_of = self._series(folder, place.sealed_sha256, asked, live=live)
            for key in dict.fromkeys(keys):
                if key not in series_of:
                    continue
                series, between = series_of[key]
                along, raw = _placed(series, x, series_of, place.started_us)
                found.append(
                    Curve(
                        run_id=place.run_id,
                        key=key,
                        x=along,
                        raw=raw,
                        smooth=smooth(along, raw, smoothing),
                        is_live=live,
                        left_out=len(series) - len(raw),
                        between=between,
                    )
                )
        return tuple(found)

    def _series(
        self, folder: Path, digest: str, keys: Sequence[str], *, live: bool
    ) -> dict[str, tuple[Series, int]]:
        with self._lock:
            added = self._poll(folder) if live else {}
            if not live:
                self._followed.pop(folder.name, None)
            result: dict[str, tuple[Series, int]] = {}
            for key in keys:
                sealed, between = self._sealed_series(folder, digest, key)
                parts = [sealed, *added.get(key, ())]
                series = concat([part for part in parts if len(part)])
                if live and key in added:
                    added[key][:] = [concat(added[key])]  # joins once, not at each question
                if len(series):
                    result[key] = series, between
            return result

    def _poll(self, folder: Path) -> dict[str, list[Series]]:
        followed = self._followed.get(folder.name)
        if followed is None:
            followed = self._followed[folder.name] = _Followed(JournalTail(folder))
        self._followed.move_to_end(folder.name)
        while len(self._followed) > MAX_FOLLOWED:
            self._followed.popitem(last=False)
        for key, series in followed.tail.poll().items():
            followed.parts.setdefault(key, []).append(series)
        return followed.parts

    def _sealed_series(self, folder: Path, digest: str, key: str) -> tuple[Series, int]:
        name = (folder.name, digest, key)
        found = self._sealed.get(name)
        if found is None:
            found = read_sealed_series(folder, key, MOST_DRAWN)
            if not digest:
                return found
            self._sealed[name] = found
            self._cached_points += len(found[0])
        self._sealed.move_to_end(name)
        while self._cached_points > MAX_CACHED_POINTS and len(self._sealed) > 1:
            self._cached_points -= len(self._sealed.popitem(last=False)[1][0])
        return found


def _placed(
    series: Series,
    axis: Axis | MetricAxis,
    series_of: Mapping[str, tuple[Series, int]],
    started_us: int,
) -> tuple[Floats, Floats]:
    """Returns x ascending and the values there."""
    raw = series.values
    along: npt.NDArray[np.int64] | Floats
    if isinstance(axis, MetricAxis):
        along, raw = _joined(series, series_of.get(axis.key, (None, 0))[0])
    elif axis is Axis.STEP:
        along = series.steps
    else:
        along = series.times_us
    if not (along[1:] >= along[:-1]).all():  # most runs log in order; sorting a million is dear
        order = along.argsort(kind="stable")
        along, raw = along[order], raw[order]
    if axis in (Axis.TIME, Axis.RELATIVE):
        return (along - (started_us if axis is Axis.RELATIVE else 0)) / MICROSECONDS, raw
    return along.astype(np.float64), raw


def _joined(series: Series, other: Series | None) -> tuple[Floats, Floats]:
    """Returns the other metric's value at each point's step, and the points that have one.

    A step that was logged twice has the value logged last.
    """
    if other is None:
        return np.empty(0), np.empty(0)
    order = other.steps.argsort(kind="stable")
    steps, values = other.steps[order], other.values[order]
    at = np.searchsorted(steps, series.steps, "right") - 1
    has = (at >= 0) & (steps[np.maximum(at, 0)] == series.steps)
    along = values[at[has]]
    finite = np.isfinite(along)
    return along[finite], series.values[has][finite]
