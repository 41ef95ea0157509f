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
from strongroom.desktop.charts.readout import Reading
from strongroom.desktop.charts.scale import Range, Scale
from strongroom.desktop.charts.ticks import value_text, x_text


def snapped(prepared: Sequence[Prepared], x: float) -> float | None:
    """Returns the x of the sample nearest to ``x``, or None when no line reaches it."""
    found = []
    for one in prepared:
        index = nearest(one.series, x)
        if index is not None:
            found.append(float(one.series.x[index]))
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
    for one in prepared:
        index = nearest(one.series, x)
        value = math.nan if index is None else float(one.series.y[index])
        if not math.isfinite(value):
            continue
        share = (scale.y_place(value) - y[0]) / (y[1] - y[0])
        y_px = area.bottom() + 1 - share * area.height()
        found.append(
            Reading(
                label=one.series.label,
                value=value,
                text=value_text(value),
                colour=look.colour_of(one.series),
                y_px=y_px if math.isfinite(y_px) else None,
            )
        )
    return tuple(found)


def header_text(prepared: Sequence[Prepared], x: float | None, scale: Scale) -> str:
    """Returns the first line's value and its x, as the header says it."""
    if x is None:
        return ""
    for one in prepared:
        index = nearest(one.series, x)
        if index is not None:
            return f"{value_text(float(one.series.y[index]))} at {x_text(x, scale.x_axis)}"
    return ""


def spoken(prepared: Sequence[Prepared], most: int = 10) -> str:
    """Returns the lines and their last values as one sentence for a screen reader."""
    parts = []
    for one in prepared[:most]:
        last = value_text(float(one.series.y[-1])) if len(one.series.y) else "no points"
        parts.append(f"{one.series.label}: {last}")
    more = len(prepared) - len(parts)
    ending = f"; and {more} more" if more > 0 else ""
    return f"{len(prepared)} series. Last values: {'; '.join(parts)}{ending}"
