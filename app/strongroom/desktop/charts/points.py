# SPDX-License-Identifier: Apache-2.0
"""The points of a scatter plot: where each lies, how it looks, which one is nearest.

Laws: the newest run lies on top, ticked runs above all others; a point outside a marked region is
faint, never gone; sizes are areas, so twice the value is twice the ink.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from PySide6.QtGui import QColor

from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.dots import Stamp, stamp_of
from strongroom.desktop.charts.ink import Pixels
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.region import Flags
from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.series import FloatArray
from strongroom.desktop.charts.shades import (
    Shape,
    blended,
    category_colours,
    colours_at,
    scale_colours,
    shape_of,
    shares_of,
)

RADII = ((500, 4.0, 1.0), (5_000, 3.2, 0.75), (20_000, 2.4, 0.5))  # up to n points: radius, rim
DENSE = (1.5, 0.0)
SMALLEST, LARGEST = 2.5, 9.0  # radii of a size scale, px
SIZES = 8  # different sizes; more cannot be told apart
FAINT = 0.22  # of a point outside the region
UNMARKED = 0.72  # of a point that is not ticked, while others are


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Is what a scatter plot shows: two dimensions, and up to two more as colour and size.

    ``names`` has one name a run; ``marked`` gives the palette place of rows that are ticked.
    ``rows`` are the runs that have a place on both axes.
    """

    x: Dimension
    y: Dimension
    names: tuple[str, ...]
    colour: Dimension | None = None
    size: Dimension | None = None
    marked: Mapping[int, int] = field(default_factory=dict)
    rows: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        placed = ~(np.isnan(self.x.places) | np.isnan(self.y.places))
        object.__setattr__(self, "rows", np.nonzero(placed)[0])

    @property
    def missing(self) -> int:
        """How many runs have no place on one of the axes."""
        return len(self.names) - len(self.rows)

    def shown(self) -> tuple[Dimension, ...]:
        """Returns the dimensions a point is told by, each once."""
        there = [each for each in (self.x, self.y, self.colour, self.size) if each is not None]
        return tuple({each.key: each for each in there}.values())

    def colour_range(self) -> Range:
        """Returns lowest and highest place of the colour dimension among the points shown."""
        return _range_of(self.colour, self.rows)

    def size_range(self) -> Range:
        """Returns lowest and highest place of the size dimension among the points shown."""
        return _range_of(self.size, self.rows)

    def order(self) -> NDArray[np.intp]:
        """Returns the rows in paint order: oldest first, ticked ones last."""
        back = self.rows[::-1]
        if not self.marked:
            return back
        is_marked = np.isin(back, list(self.marked))
        return np.concatenate([back[~is_marked], back[is_marked]])

    def nearest(self, px: FloatArray, py: FloatArray, x: float, y: float, reach: float) -> int:
        """Returns the place in ``px`` of the nearest point within ``reach`` pixels, else -1."""
        if not len(px):
            return -1
        far = (px - x) ** 2 + (py - y) ** 2
        best = int(far.argmin())
        return best if far[best] <= reach * reach else -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inks:
    """Is how points look, in paint order: colour of each, stamp of each, and the stamps."""

    colours: Pixels
    kinds: NDArray[np.intp]
    stamps: tuple[Stamp, ...]
    radii: FloatArray
    shapes: tuple[Shape, ...]


def inks_of(
    points: Points,
    order: NDArray[np.intp],
    look: ChartLook,
    ratio: float,
    inside: Flags | None = None,
) -> Inks:
    """Returns colours and stamps of the rows of ``order``; ``inside`` are the rows of a region."""
    colours = _colours(points, order, look)
    if inside is not None:
        out = ~inside[order]
        colours[out] = blended(look.surface, colours[out], FAINT)
    radius, rim = radius_of(len(order))
    sizes = np.zeros(len(order), np.intp)
    radii = np.array([radius])
    if points.size is not None:
        share = shares_of(points.size.places[order], *points.size_range())
        sizes = np.round(np.nan_to_num(share, nan=0.0) * (SIZES - 1)).astype(np.intp)
        radii = np.array([size_radius(step / (SIZES - 1)) for step in range(SIZES)])
        rim = 1.0
    shapes = np.zeros(len(order), np.intp)
    kinds_of_shape = [Shape.CIRCLE]
    if points.colour is not None and points.colour.is_category:
        kinds_of_shape = list(Shape)
        codes = points.colour.numbers[order]
        shapes = np.where(np.isnan(codes), 0, codes).astype(np.intp) % len(kinds_of_shape)
    stamps = tuple(
        stamp_of(shape, float(r) * ratio, rim * ratio) for shape in kinds_of_shape for r in radii
    )
    return Inks(
        colours=colours,
        kinds=shapes * len(radii) + sizes,
        stamps=stamps,
        radii=radii[sizes],
        shapes=tuple(kinds_of_shape),
    )


def radius_of(count: int) -> tuple[float, float]:
    """Returns radius and rim, in px, of one point among ``count``."""
    return next(((radius, rim) for most, radius, rim in RADII if count <= most), DENSE)


def size_radius(share: float) -> float:
    """Returns the radius whose area lies at ``share`` between the smallest and the largest."""
    return math.sqrt(SMALLEST**2 + share * (LARGEST**2 - SMALLEST**2))


def row_shape(points: Points, row: int) -> Shape:
    """Returns the shape of one run's point."""
    if points.colour is None or not points.colour.is_category:
        return Shape.CIRCLE
    code = points.colour.numbers[row]
    return Shape.CIRCLE if math.isnan(code) else shape_of(int(code))


def _colours(points: Points, order: NDArray[np.intp], look: ChartLook) -> Pixels:
    colour = points.colour
    missing = QColor.fromRgb(int(blended(look.surface, _one(look.axis), UNMARKED)[0]))
    if colour is None:
        usual = missing if points.marked else look.series[0]
        colours = np.full(len(order), usual.rgb(), np.uint32)
        for row, place in points.marked.items():
            colours[order == row] = look.series[place % len(look.series)].rgb()
        return colours
    if colour.is_category:
        palette = category_colours(look, max(len(colour.categories), 1))
        codes = colour.numbers[order]
        there = ~np.isnan(codes)
        found = np.full(len(order), missing.rgb(), np.uint32)
        found[there] = palette[codes[there].astype(np.intp)]
        return found
    share = shares_of(colour.places[order], *points.colour_range())
    return colours_at(scale_colours(look), share, missing)


def _one(colour: QColor) -> Pixels:
    return np.array([colour.rgb()], np.uint32)


def _range_of(dimension: Dimension | None, rows: NDArray[np.intp]) -> Range:
    if dimension is None:
        return (0.0, 1.0)
    known = dimension.places[rows]
    known = known[~np.isnan(known)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
