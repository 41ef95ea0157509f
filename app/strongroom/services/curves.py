# SPDX-License-Identifier: Apache-2.0
"""Curves for charts: these metrics of these runs, smoothed on the full data before anything else.

* Smoothing (services.smoothing) sees every point, so it does not change with zoom or decimation.
* A point is never put where it was not logged: over another metric, points are joined by their
  step, and those whose step has no value there are counted, not guessed.
* Of more than a million points the extremes are drawn, and all points of a stretch that is looked
  at closely (`services.long_curves`). It is said how many lie between.
* Who needs every point gets up to `MOST_HELD`, of more the extremes: memory has an end.
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
from strongroom.services.live_points import LivePoints
from strongroom.services.long_curves import Along, LongCurve, LongCurves, LongMetric, Span
from strongroom.services.runs import Runs
from strongroom.services.smoothing import OFF, Floats, Smoothing, smooth
from strongroom.store.long_series import LONG
from strongroom.store.pyramid_files import PyramidFiles
from strongroom.store.series import Held, JournalTail, is_live, read_sealed_series

MAX_CACHED_POINTS = 8_000_000  # 192 MB of sealed series; the least recently asked go first
MOST_HELD = 1 << 22  # sealed points of one curve: some 300 MB while it is smoothed and drawn
MAX_FOLLOWED = 256  # live runs followed at once


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
    between the extremes that are drawn of very many; inside the range that was asked, if one was.
    ``has_finer`` says that a range of it can be asked more closely.
    """

    run_id: str
    key: str
    x: Floats
    raw: Floats
    smooth: Floats
    is_live: bool
    left_out: int = 0
    between: int = 0
    has_finer: bool = False


@dataclass(slots=True)
class _Followed:
    """A live run: where its journals were read to, and their points."""

    tail: JournalTail
    points: LivePoints = field(default_factory=LivePoints)


class Curves:
    """Answers charts; one instance a window, safe to ask from worker threads."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._lock = Lock()
        self._sealed: OrderedDict[tuple[str, str, str], Held] = OrderedDict()
        self._cached_points = 0
        self._followed: OrderedDict[str, _Followed] = OrderedDict()
        self._long = LongCurves(PyramidFiles(runs.folder.cache))
        self._is_long: set[tuple[str, str, str]] = set()

    def curves(
        self,
        references: Sequence[str],
        keys: Sequence[str],
        *,
        x: Axis | MetricAxis = Axis.STEP,
        smoothing: Smoothing = OFF,
        within: Span | None = None,
        has_all: bool = False,
    ) -> tuple[Curve, ...]:
        """Returns a curve for each run and metric that has points.

        Args:
            references: Runs by id, start of id or name.
            keys: Names of metrics.
            x: The horizontal axis.
            smoothing: Applied along ``x`` to every point.
            within: A range of ``x`` that long curves are to show closely.
            has_all: Long curves are to have every point too, for who reckons with them.

        Raises:
            BadInput: ``E-RUN``.
            Untrusted: ``E-HASH`` if stored points do not hold.
        """
        found: list[Curve] = []
        for reference in references:
            place = self._runs.place(reference)
            folder = self._runs.folder.run(place.month, place.run_id)
            live = is_live(folder)
            long: dict[str, LongCurve] = {}
            if isinstance(x, Axis) and place.sealed_sha256 and not live and not has_all:
                along = Along(
                    axis="step" if x is Axis.STEP else "time",
                    zero_us=place.started_us if x is Axis.RELATIVE else 0,
                )
                long = self._long_of(folder, place.sealed_sha256, keys, along, smoothing, within)
            asked = [key for key in keys if key not in long]
            asked += [x.key] if isinstance(x, MetricAxis) else []
            series_of = self._series(folder, place.sealed_sha256, asked, live=live)
            for key in dict.fromkeys(keys):
                if key in long:
                    found.append(_long_curve(place.run_id, key, long[key]))
                elif key in series_of:
                    series, between = series_of[key]
                    at, raw = _placed(series, x, series_of, place.started_us)
                    found.append(
                        Curve(
                            run_id=place.run_id,
                            key=key,
                            x=at,
                            raw=raw,
                            smooth=smooth(at, raw, smoothing),
                            is_live=live,
                            left_out=len(series) - len(raw),
                            between=between,
                        )
                    )
        return tuple(found)

    def _long_of(
        self,
        folder: Path,
        digest: str,
        keys: Sequence[str],
        along: Along,
        smoothing: Smoothing,
        within: Span | None,
    ) -> dict[str, LongCurve]:
        """Returns the curves of those metrics that are long."""
        found: dict[str, LongCurve] = {}
        with self._lock:
            for key, held in self._sealed_of(folder, digest, keys, unless_more=LONG).items():
                if held is None:
                    metric = LongMetric(folder=folder, seal=digest, key=key)
                    curve = self._long.curve(metric, along, smoothing, within)
                    if curve is not None:
                        found[key] = curve
        return found

    def _series(
        self, folder: Path, digest: str, keys: Sequence[str], *, live: bool
    ) -> dict[str, tuple[Series, int]]:
        with self._lock:
            added = self._poll(folder) if live else None
            if not live:
                self._followed.pop(folder.name, None)
            result: dict[str, tuple[Series, int]] = {}
            for key, held in self._sealed_of(folder, digest, keys).items():
                series, between = held or (Series.empty(), 0)
                if added is not None:
                    more, unheld = added.series(key)
                    series = concat([part for part in (series, more) if len(part)])
                    between += unheld
                if len(series):
                    result[key] = series, between
            return result

    def _poll(self, folder: Path) -> LivePoints:
        followed = self._followed.get(folder.name)
        if followed is None:
            followed = self._followed[folder.name] = _Followed(JournalTail(folder))
        self._followed.move_to_end(folder.name)
        while len(self._followed) > MAX_FOLLOWED:
            self._followed.popitem(last=False)
        followed.tail.poll(followed.points)
        return followed.points

    def _sealed_of(
        self, folder: Path, digest: str, keys: Sequence[str], unless_more: int | None = None
    ) -> dict[str, Held | None]:
        """Returns the sealed points of metrics; None for one that has more than are asked for."""
        found: dict[str, Held | None] = {}
        missing = []
        for key in dict.fromkeys(keys):
            name = folder.name, digest, key
            if unless_more is not None and name in self._is_long:
                found[key] = None
            elif name in self._sealed:
                found[key] = self._sealed[name]
                self._sealed.move_to_end(name)
            else:
                missing.append(key)
        read = read_sealed_series(folder, missing, MOST_HELD, unless_more) if missing else {}
        for key, held in read.items():
            found[key] = held
            if held is None:
                self._is_long.add((folder.name, digest, key))
            elif digest:
                self._keep((folder.name, digest, key), held)
        return found

    def _keep(self, name: tuple[str, str, str], found: Held) -> None:
        self._sealed[name] = found
        self._cached_points += len(found[0])
        while self._cached_points > MAX_CACHED_POINTS and len(self._sealed) > 1:
            self._cached_points -= len(self._sealed.popitem(last=False)[1][0])


def _long_curve(run_id: str, key: str, long: LongCurve) -> Curve:
    return Curve(
        run_id=run_id,
        key=key,
        x=long.x,
        raw=long.raw,
        smooth=long.smooth,
        is_live=False,
        between=long.between,
        has_finer=True,
    )


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
