# SPDX-License-Identifier: Apache-2.0
"""Colours that carry a value: a scale for numbers, a palette with shapes for categories.

Laws: the scale is made of the theme's own chart colours, ascends steadily in lightness away from
the ground, and is read also without hues; a category has a shape as well as a colour; grey means
"has no value" and nothing else.
"""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from PySide6.QtGui import QColor

from strongroom.desktop.charts.ink import Pixels
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.series import FloatArray

STEPS = 256  # colours of a scale
MOST_CATEGORIES = 10  # with a colour of their own; the rest share the grey and a shape
GOLD, TEAL, BLUE = 4, 2, 0  # places in the palette, see resources/themes
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


class Shape(Enum):
    """Names the outline of a point."""

    CIRCLE = "circle"
    SQUARE = "square"
    DIAMOND = "diamond"
    TRIANGLE = "triangle"
    CROSS = "cross"


SHAPES = tuple(Shape)


def shape_of(category: int) -> Shape:
    """Returns the shape of a category; ten colours times five shapes tell fifty apart."""
    return SHAPES[category % len(SHAPES)]


def scale_colours(look: ChartLook) -> Pixels:
    """Returns `STEPS` colours from low to high as 0xffRRGGBB, ever further from the ground."""
    series = look.series
    gold, teal, blue = (series[index % len(series)] for index in (GOLD, TEAL, BLUE))
    stops = [gold, teal, _between(blue, look.text, 0.45)]
    if look.surface.lightnessF() < 0.5:
        stops = [blue, teal, _between(gold, look.text, 0.35)]
    labs = np.array([_oklab(_rgb(stop)) for stop in stops])
    at = np.linspace(0, len(stops) - 1, STEPS)
    lab = np.stack(
        [np.interp(at, np.arange(len(stops)), labs[:, channel]) for channel in range(3)], axis=1
    )
    return _packed(_from_oklab(lab))


def category_colours(look: ChartLook, count: int) -> Pixels:
    """Returns a colour for each category; those beyond `MOST_CATEGORIES` share the soft grey."""
    colours = [
        look.series[code % len(look.series)].rgb() if code < MOST_CATEGORIES else look.axis.rgb()
        for code in range(count)
    ]
    return np.array(colours, np.uint32)


def shares_of(values: FloatArray, low: float, high: float) -> FloatArray:
    """Returns 0 to 1 for values from low to high; NaN stays NaN, one single value lies at 1."""
    if not high > low:
        return np.where(np.isnan(values), np.nan, 1.0)
    share: FloatArray = np.clip((values - low) / (high - low), 0.0, 1.0)
    return share


def colours_at(scale: Pixels, shares: FloatArray, missing: QColor) -> Pixels:
    """Returns the colour of each share, ``missing`` for NaN."""
    there = ~np.isnan(shares)
    step = np.zeros(len(shares), np.intp)
    step[there] = np.round(shares[there] * (len(scale) - 1)).astype(np.intp)
    found: Pixels = np.where(there, scale[step], np.uint32(missing.rgb()))
    return found


def blended(ground: QColor, colours: Pixels, share: float) -> Pixels:
    """Returns colours at that opacity on a ground, opaque."""
    found = np.full(len(colours), 0xFF000000, np.uint32)
    for shift in (16, 8, 0):
        under = (ground.rgb() >> shift) & 255
        over = ((colours >> np.uint32(shift)) & np.uint32(255)).astype(np.float64)
        mixed = np.round(over * share + under * (1 - share)).astype(np.uint32)
        found |= mixed << np.uint32(shift)
    return found


def oklab_lightness(colours: Pixels) -> FloatArray:
    """Returns the perceived lightness of colours, 0 to 1 (Ottosson's OKLab)."""
    rgb = np.stack([(colours >> shift) & np.uint32(255) for shift in (16, 8, 0)], axis=1) / 255.0
    lightness: FloatArray = np.array([_oklab(each)[0] for each in rgb])
    return lightness


def _rgb(colour: QColor) -> NDArray[np.float64]:
    return np.array([colour.redF(), colour.greenF(), colour.blueF()])


def _oklab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = _TO_LAB @ np.cbrt(_TO_LMS @ linear)
    return lab


def _from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.linalg.solve(_TO_LMS, np.linalg.solve(_TO_LAB, lab.T) ** 3).T
    linear = np.clip(linear, 0, 1)
    rgb: NDArray[np.float64] = np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return rgb


def _packed(rgb: NDArray[np.float64]) -> Pixels:
    whole = np.round(np.clip(rgb, 0, 1) * 255).astype(np.uint32)
    packed: Pixels = (
        np.uint32(0xFF000000) | (whole[:, 0] << 16) | (whole[:, 1] << 8) | whole[:, 2]
    ).astype(np.uint32)
    return packed


def _between(one: QColor, other: QColor, share: float) -> QColor:
    keep = 1 - share
    return QColor.fromRgbF(
        one.redF() * keep + other.redF() * share,
        one.greenF() * keep + other.greenF() * share,
        one.blueF() * keep + other.blueF() * share,
    )
