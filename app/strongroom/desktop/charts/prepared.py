# SPDX-License-Identifier: Apache-2.0
"""Series made ready to draw: sorted, on their axes, with pyramids, equal steps shared.

Laws: a logarithmic axis leaves out what it cannot show and nothing else, and counts it; values
beyond ``FARTHEST`` are drawn there, so that no scale overflows; the answer depends on its arguments
alone, so a worker may prepare long series.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from strongroom.desktop.charts.pyramid import Pyramid
from strongroom.desktop.charts.series import FARTHEST, ChartSeries, FloatArray
from strongroom.desktop.charts.spans import Curve, column_extremes

FIT_COLUMNS = 256  # to find the visible extremes: exact height, and quick
RAW_TAIL = (
    2.0  # percent of raw columns that may stick out at each end, so one spike flattens nothing
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """Is one series, the line to draw for it, its unsmoothed shadow, and its band (low, high).

    ``left_out`` counts the points a logarithmic axis cannot show.
    """

    series: ChartSeries
    line: Curve
    shadow: Curve | None = None
    band: tuple[Curve, Curve] | None = None
    left_out: int = 0


def prepare(series: Sequence[ChartSeries], *, log_x: bool, log_y: bool) -> tuple[Prepared, ...]:
    """Returns the series in the same order; costs about 20 ms a million points."""
    shared: dict[tuple[int, float, float], FloatArray] = {}
    return tuple(_prepared(one.clean(), shared, log_x=log_x, log_y=log_y) for one in series)


def with_points(
    prepared: Sequence[Prepared], longer: ChartSeries, *, log_x: bool, log_y: bool
) -> tuple[Prepared, ...]:
    """Returns the lines with the one of ``longer``'s run replaced; the others are not touched."""
    (fresh,) = prepare((longer,), log_x=log_x, log_y=log_y)
    return tuple(fresh if one.series.run_id == longer.run_id else one for one in prepared)


def _prepared(
    series: ChartSeries,
    shared: dict[tuple[int, float, float], FloatArray],
    *,
    log_x: bool,
    log_y: bool,
) -> Prepared:
    x, left_out = series.x, 0
    if len(x):
        x = _shared(x, shared)
        series = replace(series, x=x)
    keep = x > 0 if log_x else None
    if keep is not None:
        left_out = len(x) - int(keep.sum())
        x = np.log10(x[keep])
        if len(x):
            x = _shared(x, shared)

    def curve(values: FloatArray | None) -> Curve | None:
        if values is None:
            return None
        if keep is not None:
            values = values[keep]
        return Curve(x=x, pyramid=Pyramid.build(_bounded(_log(values) if log_y else values)))

    line = curve(series.y)
    low, high = curve(series.low), curve(series.high)
    if log_y:
        shown = series.y if keep is None else series.y[keep]
        left_out += int((shown <= 0).sum())
    assert line is not None  # noqa: S101 - a series always has y
    return Prepared(
        series=series,
        line=line,
        shadow=curve(series.raw_y),
        band=None if low is None or high is None else (low, high),
        left_out=left_out,
    )


def _shared(x: FloatArray, shared: dict[tuple[int, float, float], FloatArray]) -> FloatArray:
    """Returns an equal array that was met before, or this one: equal steps are looked at once."""
    known = shared.setdefault((len(x), float(x[0]), float(x[-1])), x)
    return known if known is x or np.array_equal(known, x) else x


def _log(values: FloatArray) -> FloatArray:
    logged = np.full_like(values, np.nan)
    np.log10(values, out=logged, where=values > 0)
    return logged


def _bounded(values: FloatArray) -> FloatArray:
    if len(values) and max(np.fmax.reduce(values), -np.fmin.reduce(values)) > FARTHEST:
        bounded: FloatArray = np.clip(values, -FARTHEST, FARTHEST)
        return bounded
    return values


def x_extent(prepared: Sequence[Prepared]) -> tuple[float, float] | None:
    """Returns the first and the last x of all lines on their axis, or None without points."""
    ends = [(float(p.line.x[0]), float(p.line.x[-1])) for p in prepared if len(p.line.x)]
    if not ends:
        return None
    return min(low for low, _ in ends), max(high for _, high in ends)


def y_extent(
    prepared: Sequence[Prepared], low: float, high: float, clip: float = 0.0
) -> tuple[float, float] | None:
    """Returns the lowest and highest y seen between two x, or None when there is nothing.

    Lines and bands count fully; of raw shadows the outermost 2 % of columns may stick out. With
    ``clip`` that many percent of the columns of the lines may too, at each end.
    """
    edges = np.linspace(low, high, FIT_COLUMNS + 1)
    solid = [one for one in prepared if not one.series.is_faint] or list(prepared)
    lows, highs = column_extremes([one.line for one in solid], edges)
    if np.isnan(lows).all():
        return None
    bottom = float(np.nanpercentile(lows, clip)) if clip else float(np.nanmin(lows))
    top = float(np.nanpercentile(highs, 100 - clip)) if clip else float(np.nanmax(highs))
    faint = [one.shadow for one in prepared if one.shadow is not None]
    faint += [one.line for one in prepared if one.series.is_faint]
    bands = [one.band for one in prepared if one.band is not None]
    for below, above, tail in (
        (faint, faint, max(clip, RAW_TAIL)),
        ([band[0] for band in bands], [band[1] for band in bands], clip),
    ):
        if below:
            least, most = column_extremes(below, edges)[0], column_extremes(above, edges)[1]
            if not np.isnan(least).all():
                bottom = min(bottom, float(np.nanpercentile(least, tail)))
                top = max(top, float(np.nanpercentile(most, 100 - tail)))
    return bottom, top


def nearest(steps: FloatArray, x: float) -> int | None:
    """Returns the index of the sample nearest to ``x``, or None outside the series."""
    count = len(steps)
    if not count or x < steps[0] or x > steps[-1]:
        return None
    right = int(steps.searchsorted(x, "right"))
    left = max(right - 1, 0)
    if right < count and steps[right] - x < x - steps[left]:
        return right
    return left
