# SPDX-License-Identifier: Apache-2.0
"""Many points into a 32 bit picture, in numpy alone: a stamp a shape and size, pixel by pixel.

Laws: a later point lies on top of an earlier one, whatever their shapes; each point is set off by a
rim of the ground's colour; what it costs is points times pixels of a stamp, no Qt call a point.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from strongroom.desktop.charts.ink import Pixels
from strongroom.desktop.charts.series import FloatArray
from strongroom.desktop.charts.shades import Shape

FINE = 8  # samples a pixel and direction when a stamp is cut
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stamp:
    """Is the pixels of one point: offsets, and how much of each is the point (rest is rim)."""

    right: Ints
    down: Ints
    share: NDArray[np.uint16]  # of 256
    reach: int


def paint_dots(
    pixels: Pixels,
    x: FloatArray,
    y: FloatArray,
    colours: Pixels,
    kinds: NDArray[np.intp],
    stamps: Sequence[Stamp],
    rim: int,
) -> None:
    """Puts points on a picture, the last one on top.

    ``x`` and ``y`` are device pixels (NaN leaves a point out), ``kinds`` says which stamp each
    point has, ``rim`` is the colour around them.
    """
    height, width = pixels.shape
    pad = max((stamp.reach for stamp in stamps), default=0)
    wide = width + 2 * pad
    with np.errstate(invalid="ignore"):
        near = (x > -pad) & (x < width + pad - 1) & (y > -pad) & (y < height + pad - 1)
    rows = np.nonzero(near)[0]
    if not len(rows):
        return
    column = np.floor(x[rows]).astype(np.int64) + pad
    line = np.floor(y[rows]).astype(np.int64) + pad
    at = line * wide + column
    kind = kinds[rows]
    top = np.zeros((height + 2 * pad) * wide, np.int32)  # 1 + the row of the topmost point
    share = np.zeros(len(top), np.uint16)
    for number, stamp in enumerate(stamps):
        of_kind = kind == number
        keys, places = (rows[of_kind] + 1).astype(np.int32), at[of_kind]
        for right, down, part in zip(stamp.right, stamp.down, stamp.share, strict=True):
            where = places + (down * wide + right)
            wins = keys > top[where]
            here = where[wins]
            top[here] = keys[wins]  # of points on one pixel the last is kept: the topmost
            share[here] = part
    inner = np.s_[pad : pad + height, pad : pad + width]
    top, share = top.reshape(-1, wide)[inner], share.reshape(-1, wide)[inner]
    inked = np.nonzero(top)
    pixels[inked] = _mixed(np.uint32(rim), colours[top[inked] - 1], share[inked].astype(np.uint32))


@lru_cache(maxsize=128)
def stamp_of(shape: Shape, radius: float, rim: float) -> Stamp:
    """Returns the stamp of a shape with that radius and rim, both in device pixels."""
    reach = math.ceil(radius + rim) + 1
    grid = (np.arange(-reach * FINE, (reach + 1) * FINE) + 0.5) / FINE - 0.5
    inside = _covered(shape, grid, radius)
    around = _covered(shape, grid, radius + rim)
    down, right = np.nonzero(around >= 0.5)
    return Stamp(
        right=right.astype(np.int64) - reach,
        down=down.astype(np.int64) - reach,
        share=np.round(inside[down, right] * 256).astype(np.uint16),
        reach=reach,
    )


def _covered(shape: Shape, grid: FloatArray, radius: float) -> FloatArray:
    """Returns how much of each pixel a shape covers; all shapes have about the same area."""
    x, y = grid[None, :], grid[:, None]
    if shape is Shape.CIRCLE:
        inside = x * x + y * y <= radius * radius
    elif shape is Shape.SQUARE:
        inside = np.maximum(abs(x), abs(y)) <= radius * 0.9
    elif shape is Shape.DIAMOND:
        inside = abs(x) + abs(y) <= radius * 1.3
    elif shape is Shape.TRIANGLE:
        inside = (y <= radius) & (abs(x) * 1.75 <= y + radius * 1.3)
    else:
        arm = radius * 0.42
        inside = (np.minimum(abs(x), abs(y)) <= arm) & (np.maximum(abs(x), abs(y)) <= radius * 1.15)
    side = len(grid) // FINE
    covered: FloatArray = inside.reshape(side, FINE, side, FINE).mean(axis=(1, 3))
    return covered


def _mixed(under: np.uint32, colours: Pixels, share: Pixels) -> Pixels:
    """Returns ``colours`` over ``under``, ``share`` of 256."""
    red_blue, green, eight = np.uint32(0xFF00FF), np.uint32(0x00FF00), np.uint32(8)
    rest = np.uint32(256) - share
    outer = (((under & red_blue) * rest + (colours & red_blue) * share) >> eight) & red_blue
    middle = (((under & green) * rest + (colours & green) * share) >> eight) & green
    mixed: Pixels = outer | middle | np.uint32(0xFF000000)
    return mixed
