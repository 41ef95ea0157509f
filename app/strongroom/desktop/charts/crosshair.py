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
    """Returns the readings at ``x``; ``area`` is the plot in overlay pixels and shows ``y``.

    Lines over the same steps share a look; two hundred are read while the mouse moves one pixel.
    """
    found: list[Reading] = []
    bottom, low, px_a_place = area.bottom() + 1, y[0], area.height() / (y[1] - y[0])
    is_linear, isfinite = not scale.log_y, math.isfinite
    known: dict[int, int | None] = {}
    for one in prepared:
        series = one.series
        if series.is_faint:
            continue
        steps = id(series.x)
        if steps not in known:
            known[steps] = nearest(series.x, x)
        index = known[steps]
        value = math.nan if index is None else series.y.item(index)
        if index is None or not isfinite(value):
            continue
        y_px = bottom - ((value if is_linear else scale.y_place(value)) - low) * px_a_place
        edges = None
        if series.low is not None and series.high is not None:
            edges = series.low.item(index), series.high.item(index)
        colour = look.colour_of(series)
        height = y_px if isfinite(y_px) else None
        found.append(Reading(series.run_id, series.label, value, colour, height, edges))
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
