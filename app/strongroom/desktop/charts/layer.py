# SPDX-License-Identifier: Apache-2.0
"""One opaque picture of grid and lines that can be moved instead of redrawn.

Laws: columns and rows are whole pixels counted from data zero (``View``), so moving by whole pixels
and drawing only the strip that came into sight gives the picture a fresh redraw gives; the picture
is never wrong, only coarser (``Quality.FAST``) until a fine one is adopted. ``render`` reads
nothing that changes, so a worker may run it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from PySide6.QtGui import QImage

from strongroom.desktop.charts import ink
from strongroom.desktop.charts.image import new_image, pixels_of
from strongroom.desktop.charts.series import FloatArray
from strongroom.desktop.charts.spans import Curve, column_extremes
from strongroom.desktop.charts.ticks import Ticks

SAME_SCALE = 1e-9  # relative; a drag changes the length of a range by rounding only
# What a picture takes: for each inked pixel, and for each line what its columns take.
DRAFT_MS_A_PX, DRAFT_MS_A_LINE = 5e-5, 0.1
FINE_MS_A_PX, FINE_MS_A_LINE = 1.5e-4, 0.15
FINE_INK_PX = 400_000  # pixels under lines; more would take over 60 ms and look no better


class Quality(Enum):
    """Says how lines are put on the picture."""

    FAST = "fast"
    FINE = "fine"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stroke:
    """Is one line with its pen: 0xffRRGGBB, width in device pixels, dash lengths in pixels.

    With ``upper`` it is a band from ``curve`` up to it, filled with ``alpha`` of 256; bands lie
    under all lines.
    """

    curve: Curve
    colour: int
    width: float
    dash: tuple[float, ...] = ()
    upper: Curve | None = None
    alpha: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Is what the picture shows: its top left pixel counted from data zero, and the scales."""

    width: int
    height: int
    column: int
    row: int
    x_per_px: float
    px_per_y: float

    @classmethod
    def of(cls, width: int, height: int, x: tuple[float, float], y: tuple[float, float]) -> "View":
        """Returns the view of those ranges; empty ranges are widened a little."""
        width, height = max(width, 1), max(height, 1)
        x_per_px = max((x[1] - x[0]) / width, np.finfo(float).tiny)
        px_per_y = height / max(y[1] - y[0], np.finfo(float).tiny)
        return cls(
            width=width,
            height=height,
            column=round(x[0] / x_per_px),
            row=round(-y[1] * px_per_y),
            x_per_px=x_per_px,
            px_per_y=px_per_y,
        )

    def edges(self, first: int, last: int, parts: int) -> FloatArray:
        """Returns the x of the edges of ``parts`` sub-columns of pixels ``first..last``."""
        begin = (self.column + first) * parts
        count = (last - first) * parts
        edges: FloatArray = np.arange(begin, begin + count + 1, dtype=np.float64)
        edges *= self.x_per_px / parts
        return edges

    def has_scale_of(self, other: "View") -> bool:
        """Returns whether moving by whole pixels leads from one view to the other."""
        return (
            (self.width, self.height) == (other.width, other.height)
            and abs(self.x_per_px / other.x_per_px - 1) <= SAME_SCALE
            and abs(self.px_per_y / other.px_per_y - 1) <= SAME_SCALE
        )

    def y_range(self) -> tuple[float, float]:
        """Returns the y at the bottom and at the top."""
        return -(self.row + self.height) / self.px_per_y, -self.row / self.px_per_y


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """Is a finished picture and what it was made of.

    ``wish`` is the quality asked for, ``base`` the row its spans count from.
    """

    image: QImage
    view: View
    quality: Quality
    wish: Quality
    spans: ink.Spans
    base: int


GridOf = Callable[[float, float], Ticks]


class Layer:
    """Draws lines over a horizontal grid and keeps the last picture to move it."""

    def __init__(self, background: int, grid: int, grid_of: GridOf, grid_px: int = 1) -> None:
        self.background = np.uint32(background)
        self.grid = np.uint32(grid)
        self.grid_of = grid_of
        self.grid_px = grid_px
        self.strokes: tuple[Stroke, ...] = ()
        self.picture: Picture | None = None
        self._spare: QImage | None = None

    def set_strokes(self, strokes: Sequence[Stroke]) -> None:
        """Replaces the lines, first painted first; the picture has to be drawn anew."""
        self.strokes = tuple(sorted(strokes, key=lambda stroke: stroke.upper is None))
        self.picture = None

    def render(self, view: View, quality: Quality) -> Picture:
        """Returns a complete picture; safe on any thread."""
        strokes, wish = self.strokes, quality
        quality = self._affordable(strokes, view, wish)
        image = new_image(view.width, view.height)
        spans = spans_of(strokes, view, 0, view.width, quality, view.row)
        picture = Picture(
            image=image, view=view, quality=quality, wish=wish, spans=spans, base=view.row
        )
        self._paint(strokes, picture, (0, view.width), (0, view.height))
        return picture

    def costs_ms(self) -> tuple[float, float]:
        """Returns about how long a draft and a fine picture of what is shown now would take."""
        picture = self.picture
        if picture is None:
            return math.inf, math.inf
        lines = [row for row, stroke in enumerate(self.strokes) if stroke.upper is None]
        ink_px = _ink_px(picture.spans[:, lines], picture.view.height) / _parts(picture.quality)
        return (
            ink_px * DRAFT_MS_A_PX + len(lines) * DRAFT_MS_A_LINE,
            ink_px * FINE_MS_A_PX + len(lines) * FINE_MS_A_LINE,
        )

    def enlarged(self, factor: float) -> "Layer":
        """Returns a layer of the same lines for a picture with ``factor`` times the pixels."""
        layer = Layer(
            int(self.background), int(self.grid), self.grid_of, max(1, round(self.grid_px * factor))
        )
        layer.set_strokes(
            [
                replace(
                    stroke,
                    width=stroke.width * factor,
                    dash=tuple(length * factor for length in stroke.dash),
                )
                for stroke in self.strokes
            ]
        )
        return layer

    def adopt(self, picture: Picture) -> None:
        """Makes a rendered picture the current one."""
        self.picture, self._spare = picture, None

    def offset_to(self, view: View) -> tuple[int, int] | None:
        """Returns how far to move for ``view``, or None when only a redraw will do."""
        old = self.picture.view if self.picture is not None else None
        if old is None or not old.has_scale_of(view):
            return None
        right = round(view.column * (view.x_per_px / old.x_per_px)) - old.column
        down = round(view.row * (old.px_per_y / view.px_per_y)) - old.row
        if abs(right) > 0.6 * old.width or abs(down) > 0.6 * old.height:
            return None
        if down:
            moved = _moved(old, 0, down)
            if self.grid_of(*moved.y_range()).step != self.grid_of(*old.y_range()).step:
                return None
        return right, down

    def shift(self, right: int, down: int, *, is_hurried: bool = False) -> None:
        """Moves the view by whole pixels, copying what stays and drawing the two strips.

        Args:
            right: Pixels of the view.
            down: The same.
            is_hurried: The strips of a fine picture may be drafts; it is then to be made finer.

        Raises:
            ValueError: If there is no picture yet.
        """
        old = self.picture
        if old is None:
            raise ValueError("nothing to move yet")
        view = _moved(old.view, right, down)
        image = self._spare or new_image(view.width, view.height)
        source, target = pixels_of(old.image), pixels_of(image)
        from_x, to_x = _overlap(view.width, right)
        from_y, to_y = _overlap(view.height, down)
        target[to_y, to_x] = source[from_y, from_x]
        spans = old.spans
        strip = (view.width - right, view.width) if right > 0 else (0, -right)
        if right:
            parts = _parts(old.quality)
            spans = np.empty_like(old.spans)
            wide = slice(to_x.start * parts, to_x.stop * parts)
            spans[:, :, wide] = old.spans[:, :, from_x.start * parts : from_x.stop * parts]
            fresh = spans_of(self.strokes, view, *strip, old.quality, old.base)
            spans[:, :, strip[0] * parts : strip[1] * parts] = fresh
        picture = Picture(
            image=image,
            view=view,
            quality=old.quality,
            wish=Quality.FAST if is_hurried else old.wish,
            spans=spans,
            base=old.base,
        )
        if right:
            self._paint(self.strokes, picture, strip, (0, view.height), is_hurried=is_hurried)
        if down:
            rows = (view.height - down, view.height) if down > 0 else (0, -down)
            columns = to_x.start, to_x.stop
            self._paint(self.strokes, picture, columns, rows, is_hurried=is_hurried)
        self.picture, self._spare = picture, old.image

    def _affordable(self, strokes: Sequence[Stroke], view: View, wish: Quality) -> Quality:
        if wish is Quality.FAST or not strokes:
            return wish
        lines = [stroke for stroke in strokes if stroke.upper is None]
        spans = spans_of(lines, view, 0, view.width, Quality.FAST, view.row)
        return Quality.FINE if _ink_px(spans, view.height) <= FINE_INK_PX else Quality.FAST

    def _paint(
        self,
        strokes: Sequence[Stroke],
        picture: Picture,
        columns: tuple[int, int],
        rows: tuple[int, int],
        *,
        is_hurried: bool = False,
    ) -> None:
        """Paints background, grid and lines into that part of the picture."""
        view, parts = picture.view, _parts(picture.quality)
        pixels = pixels_of(picture.image)
        pixels[rows[0] : rows[1], columns[0] : columns[1]] = self.background
        for value in self.grid_of(*view.y_range()).values:
            top = round(-value * view.px_per_y) - view.row - self.grid_px // 2
            begin, end = max(top, rows[0]), min(top + self.grid_px, rows[1])
            pixels[begin : max(end, begin), columns[0] : columns[1]] = self.grid
        if not strokes:
            return
        spans = picture.spans[:, :, columns[0] * parts : columns[1] * parts]
        shift = view.row - picture.base
        tints = [(one.colour, one.alpha) for one in strokes if one.upper is not None]
        if tints:
            some = spans[:, : len(tints)]
            ink.paint_tint(
                pixels, some, tints, left=columns[0], rows=rows, shift=shift, parts=parts
            )
        if len(tints) < len(strokes):
            colours = np.array([one.colour for one in strokes[len(tints) :]], np.uint32)
            paint, some = ink.paint_fast, spans[:, len(tints) :]
            if is_hurried:
                some = _whole_columns(some, parts)
            elif picture.quality is Quality.FINE:
                paint = ink.paint_fine
            paint(pixels, some, colours, left=columns[0], rows=rows, shift=shift)


def spans_of(
    strokes: Sequence[Stroke], view: View, first: int, last: int, quality: Quality, base: int
) -> ink.Spans:
    """Returns (2, lines, sub-columns): the pixel rows, from ``base``, of the inked spans."""
    parts = _parts(quality)
    widest = max((stroke.width for stroke in strokes), default=1.0)
    margin = math.ceil(widest / 2)
    edges = view.edges(first - margin, last + margin, parts)
    low, high = column_extremes([stroke.curve for stroke in strokes], edges)
    uppers = [row for row, stroke in enumerate(strokes) if stroke.upper is not None]
    if uppers:
        tops = [stroke.upper for stroke in strokes if stroke.upper is not None]
        high[uppers] = column_extremes(tops, edges)[1]
    top, bottom = -high * view.px_per_y - base, -low * view.px_per_y - base
    spans = np.empty((2, *top.shape), np.float32)
    for width in {stroke.width for stroke in strokes}:
        rows = [row for row, stroke in enumerate(strokes) if stroke.width == width]
        spans[:, rows] = ink.stroke(top[rows], bottom[rows], width / 2, parts)
    spans = spans[:, :, margin * parts : spans.shape[2] - margin * parts]
    for row, stroke in enumerate(strokes):
        if stroke.dash:
            spans[:, row, ~_dashes(stroke.dash, view.column + first, last - first, parts)] = np.nan
    return spans


def _whole_columns(spans: ink.Spans, parts: int) -> ink.Spans:
    """Returns for each pixel column what its sub-columns reach together."""
    shape = spans.shape[1], -1, parts
    top = np.fmin.reduce(spans[0].reshape(shape), axis=2)
    return np.stack([top, np.fmax.reduce(spans[1].reshape(shape), axis=2)])


def _ink_px(spans: ink.Spans, height: int) -> float:
    """Returns how many pixels of a picture the spans cover, each line by itself."""
    return float(np.nansum(np.clip(spans[1], 0, height) - np.clip(spans[0], 0, height)))


def _parts(quality: Quality) -> int:
    return ink.SUBCOLUMNS if quality is Quality.FINE else 1


def _moved(view: View, right: int, down: int) -> View:
    return View(
        width=view.width,
        height=view.height,
        column=view.column + right,
        row=view.row + down,
        x_per_px=view.x_per_px,
        px_per_y=view.px_per_y,
    )


def _overlap(length: int, move: int) -> tuple[slice, slice]:
    """Returns where the part that stays is now, and where it goes."""
    return (
        slice(max(move, 0), length + min(move, 0)),
        slice(max(-move, 0), length - max(move, 0)),
    )


def _dashes(dash: Sequence[float], first: int, count: int, parts: int) -> NDArray[np.bool_]:
    """Returns which sub-columns are inked; the pattern is anchored at data zero."""
    position = ((first * parts + np.arange(count * parts)) / parts) % sum(dash)
    inked = np.zeros(count * parts, bool)
    start = 0.0
    for index, length in enumerate(dash):
        if index % 2 == 0:
            inked |= (position >= start) & (position < start + length)
        start += length
    return inked
