# SPDX-License-Identifier: Apache-2.0
"""What a drag, a click and the keys make of the brush of an axis.

Law: a brush never leaves its axis; its end that is not held stays.
"""

from strongroom.desktop.charts.brush import Brush
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.parallel_grip import Grip
from strongroom.desktop.charts.parallel_layout import Layout
from strongroom.desktop.charts.scale import Range

STEP = 0.02  # of an axis, one press of an arrow


def dragged(layout: Layout, grip: Grip, pressed: float, py: float) -> Brush:
    """Returns the brush a drag from one pixel row to another draws, resizes or moves."""
    axis = grip.axis
    start = layout.place(axis, grip.anchor(pressed))
    here = layout.place(axis, py)
    if layout.dimensions[axis].is_category:
        low, high = sorted((round(start), round(here)))
        return Brush(codes=frozenset(range(low, high + 1)))
    if grip.span is not None:
        return Brush(span=_moved(grip.span, here - start, layout.extent(axis)))
    return Brush(span=(min(start, here), max(start, here)))


def clicked(dimension: Dimension, brush: Brush | None, place: float) -> Brush | None:
    """Returns what a click leaves: a category more or less, of numbers nothing."""
    if not dimension.is_category:
        return None
    codes = brush.codes if brush is not None else frozenset()
    return Brush(codes=codes ^ {round(place)})


def first(dimension: Dimension, extent: Range) -> Brush:
    """Returns the brush the keyboard starts with: the middle half, or the first category."""
    if dimension.is_category:
        return Brush(codes=frozenset({0}))
    room = (extent[1] - extent[0]) / 4
    return Brush(span=(extent[0] + room, extent[1] - room))


def nudged(
    dimension: Dimension, brush: Brush, extent: Range, sign: int, *, is_low: bool, is_both: bool
) -> Brush:
    """Returns the brush after an arrow: its upper end, its lower end or both a step further."""
    if brush.span is None:
        count = len(dimension.categories)
        return Brush(codes=_nudged_codes(brush.codes, sign, count, is_low, is_both))
    low, high = extent
    step = sign * (high - low) * STEP
    least = brush.span[0] + step * (is_low or is_both)
    most = brush.span[1] + step * (not is_low)
    if is_both and not low <= least <= most <= high:
        return brush
    least, most = sorted(min(max(place, low), high) for place in (least, most))
    return Brush(span=(least, most))


def _moved(span: Range, by: float, extent: Range) -> Range:
    by = min(max(by, extent[0] - span[0]), extent[1] - span[1])
    return span[0] + by, span[1] + by


def _nudged_codes(
    codes: frozenset[int], sign: int, count: int, is_low: bool, is_both: bool
) -> frozenset[int]:
    low, high = min(codes), max(codes)
    low += sign * (is_low or is_both)
    high += sign * (not is_low)
    low, high = max(min(low, high), 0), min(max(low, high), count - 1)
    return frozenset(range(low, high + 1))
