# SPDX-License-Identifier: Apache-2.0
"""What every line says at one x.

Law: a reading is a sample that was logged, never a value between two.
"""

import math
from collections.abc import Sequence

import numpy as np

from PySide6.QtCore import QRect

from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.prepared import Prepared, nearest
from strongroom.desktop.charts.readout_box import Reading
from strongroom.desktop.charts.scale import Range, Scale
from strongroom.desktop.charts.ticks import value_text, x_text

NEAR_PX = 24  # a pointer farther than that from every line aims at none


def indices_at(prepared: Sequence[Prepared], x: float) -> list[int | None]:
    """Returns the sample of each line nearest to ``x``; lines over the same steps share a look."""
    known: dict[int, int | None] = {}
    found = []
    for one in prepared:
        key = id(one.series.x)
        if key not in known:
            known[key] = nearest(one.series.x, x)
        found.append(known[key])
    return found


def snapped(prepared: Sequence[Prepared], x: float) -> float | None:
    """Returns the x of the sample nearest to ``x``, or None when no line reaches it."""
    distinct = {id(one.series.x): one.series.x for one in prepared}
    found = []
    for steps in distinct.values():
        index = nearest(steps, x)
        if index is not None:
            found.append(float(steps[index]))
    return min(found, key=lambda candidate: abs(candidate - x), default=None)


def stepped(prepared: Sequence[Prepared], x: float, steps: int) -> float | None:
    """Returns the x of the first line's sample ``steps`` further, or None without a line."""
    first = next((one.series for one in prepared if len(one.series.x)), None)
    if first is None:
        return None
    index = int(np.searchsorted(first.x, x, "left")) + steps
    return float(first.x[min(max(index, 0), len(first.x) - 1)])


def readings_at(
    prepared: Sequence[Prepared], x: float, look: ChartLook, scale: Scale, area: QRect, y: Range
) -> tuple[Reading, ...]:
    """Returns the readings at ``x``; ``area`` is the plot in overlay pixels and shows ``y``."""
    found = []
    height, bottom, span = area.height(), area.bottom() + 1, y[1] - y[0]
    for one, index in zip(prepared, indices_at(prepared, x), strict=True):
        series = one.series
        if index is None or series.is_faint:
            continue
        value = float(series.y[index])
        if not math.isfinite(value):
            continue
        y_px = bottom - (scale.y_place(value) - y[0]) / span * height
        edges = None
        if series.low is not None and series.high is not None:
            edges = float(series.low[index]), float(series.high[index])
        found.append(
            Reading(
                run_id=series.run_id,
                label=series.label,
                value=value,
                colour=look.colour_of(series),
                y_px=y_px if math.isfinite(y_px) else None,
                edges=edges,
            )
        )
    return tuple(found)


def aimed_at(readings: Sequence[Reading], y_px: float) -> Reading | None:
    """Returns the reading nearest to a height in the overlay, None when none is near."""
    there = [(abs(one.y_px - y_px), one) for one in readings if one.y_px is not None]
    distance, best = min(there, key=lambda pair: pair[0], default=(math.inf, None))
    return best if distance <= NEAR_PX else None


def header_text(prepared: Sequence[Prepared], x: float | None, scale: Scale) -> str:
    """Returns the first line's value and its x, as the header says it."""
    if x is None:
        return ""
    for one in prepared:
        index = None if one.series.is_faint else nearest(one.series.x, x)
        if index is not None:
            return f"{value_text(float(one.series.y[index]))} at {x_text(x, scale.x_axis)}"
    return ""


def spoken(prepared: Sequence[Prepared], most: int = 10) -> str:
    """Returns the lines and their last values as one sentence for a screen reader."""
    solid = [one for one in prepared if not one.series.is_faint]
    parts = []
    for one in solid[:most]:
        last = value_text(float(one.series.y[-1])) if len(one.series.y) else "no points"
        parts.append(f"{one.series.label}: {last}")
    more = len(solid) - len(parts)
    ending = f"; and {more} more" if more > 0 else ""
    return f"{len(solid)} series. Last values: {'; '.join(parts)}{ending}"
