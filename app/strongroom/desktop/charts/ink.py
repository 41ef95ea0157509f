# SPDX-License-Identifier: Apache-2.0
"""Vertical spans into a 32 bit picture, in numpy alone: no Qt call a point, no Qt pen.

A line is a disc moved along its samples; ``stroke`` gives, per column, how far that disc reaches.
Two ways to put it on the picture: ``paint_fast`` (one scatter for many lines, whole pixels) for
moving and for very dense pictures, and ``paint_fine`` (each pixel covered by exactly its share,
four sub-columns wide) for the picture that stays. Both depend on single columns only, so strips and
full pictures agree.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from strongroom.desktop.charts.series import FloatArray

Pixels = NDArray[np.uint32]
Spans = NDArray[np.float32]

SUBCOLUMNS = 4  # of a pixel, for fine pictures: 16 grey steps on a vertical edge are enough
FAR = 1e6  # px; a span end further away is cut there, which keeps float32 exact to 1/16 px
LINES_A_SCATTER = 32  # fixed: paint order would otherwise differ between strips and full pictures


def stroke(top: FloatArray, bottom: FloatArray, radius: float, columns_a_px: int) -> Spans:
    """Returns (2, lines, columns) of float32: spans ``[top, bottom]`` widened by a round pen.

    ``radius`` in pixels. The outermost ``ceil(radius) * columns_a_px`` columns are not complete:
    ask for that many more and cut them off.
    """
    reach = int(radius * columns_a_px)
    low, high = np.full_like(top, np.nan), np.full_like(bottom, np.nan)
    width = top.shape[1]
    for step in range(-reach, reach + 1):
        ext = math.sqrt(max(radius * radius - (step / columns_a_px) ** 2, 0.0))
        into = slice(max(step, 0), width + min(step, 0))
        source = slice(max(-step, 0), width - max(step, 0))
        low[:, into] = np.fmin(low[:, into], top[:, source] - ext)
        high[:, into] = np.fmax(high[:, into], bottom[:, source] + ext)
    return np.stack([np.clip(low, -FAR, FAR), np.clip(high, -FAR, FAR)]).astype(np.float32)


def paint_fast(
    pixels: Pixels, spans: Spans, colours: Pixels, *, left: int, rows: tuple[int, int], shift: int
) -> None:
    """Fills spans (2, lines, columns), moved up by ``shift`` rows, as whole pixels.

    ``left`` is the picture column of the first span, ``rows`` the rows that may change.
    """
    for start in range(0, spans.shape[1], LINES_A_SCATTER):
        some = slice(start, start + LINES_A_SCATTER)
        top = spans[0, some] - np.float32(shift)
        bottom = spans[1, some] - np.float32(shift)
        with np.errstate(invalid="ignore"):
            line, column = np.nonzero((bottom > rows[0]) & (top < rows[1]))
        if not len(line):
            continue
        begin = np.clip(np.floor(top[line, column] + 0.5), rows[0], rows[1] - 1).astype(np.int64)
        end = np.clip(np.floor(bottom[line, column] + 0.5), rows[0], rows[1]).astype(np.int64)
        end = np.maximum(end, begin + 1)
        where, count = _indices(begin, end, column + left, pixels.shape[1])
        pixels.reshape(-1)[where] = np.repeat(colours[some][line], count)


def _indices(
    begin: NDArray[np.int64], end: NDArray[np.int64], column: NDArray[np.int64], stride: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the flat index of every pixel of every span, and how many each span has."""
    count = end - begin
    after = np.cumsum(count)
    step = np.full(int(after[-1]), stride, np.int64)
    start = begin * stride + column
    position = after - count
    step[position] = start
    step[position[1:]] -= (start + (count - 1) * stride)[:-1]
    return np.cumsum(step, out=step), count


def paint_tint(
    pixels: Pixels,
    spans: Spans,
    tints: Sequence[tuple[int, int]],
    *,
    left: int,
    rows: tuple[int, int],
    shift: int,
    parts: int,
) -> None:
    """Lays a tint (colour, alpha of 256) over each line's spans, whole pixels, one after another.

    ``parts`` sub-columns make a pixel; a pixel shows the farthest of them.
    """
    lines = spans.shape[1]
    top = np.fmin.reduce(spans[0].reshape(lines, -1, parts), axis=2) - np.float32(shift)
    bottom = np.fmax.reduce(spans[1].reshape(lines, -1, parts), axis=2) - np.float32(shift)
    flat = pixels.reshape(-1)
    for line, (colour, alpha) in enumerate(tints):
        column = np.flatnonzero((bottom[line] > rows[0]) & (top[line] < rows[1]))
        begin = np.clip(np.floor(top[line, column] + 0.5), rows[0], rows[1]).astype(np.int64)
        end = np.clip(np.floor(bottom[line, column] + 0.5), rows[0], rows[1]).astype(np.int64)
        some = end > begin
        if some.any():
            where, _ = _indices(begin[some], end[some], column[some] + left, pixels.shape[1])
            flat[where] = _mixed(flat[where], np.uint32(colour), np.uint32(alpha))


def paint_fine(
    pixels: Pixels, spans: Spans, colours: Pixels, *, left: int, rows: tuple[int, int], shift: int
) -> None:
    """Blends spans (2, lines, columns x SUBCOLUMNS) by the share of each pixel they cover."""
    where, alpha, ends = covered(spans, pixels.shape[1], left=left, rows=rows, shift=shift)
    flat = pixels.reshape(-1)
    # Line after line: where two cover one pixel, the later one lies on top.
    for index, stop in enumerate(ends):
        some = slice(ends[index - 1] if index else 0, stop)
        if some.start < some.stop:
            at = where[some]
            flat[at] = _mixed(flat[at], np.uint32(colours[index]), alpha[some])


def covered(
    spans: Spans, stride: int, *, left: int, rows: tuple[int, int], shift: int
) -> tuple[NDArray[np.int64], Pixels, list[int]]:
    """Returns the pixels that spans touch: flat index, share of 256, and where each line's end."""
    lines = spans.shape[1]
    gap = np.isnan(spans[0])
    top = np.where(gap, np.float32(FAR), spans[0] - np.float32(shift))
    bottom = np.where(gap, np.float32(-FAR), spans[1] - np.float32(shift))
    top = top.reshape(lines, -1, SUBCOLUMNS)
    bottom = bottom.reshape(lines, -1, SUBCOLUMNS)
    begin = np.clip(np.floor(top.min(axis=2)), rows[0], rows[1]).astype(np.int64)
    end = np.clip(np.ceil(bottom.max(axis=2)), rows[0], rows[1]).astype(np.int64)
    line, column = np.nonzero(end > begin)
    if not len(line):
        return np.empty(0, np.int64), np.empty(0, np.uint32), [0] * lines
    where, count = _indices(begin[line, column], end[line, column], column + left, stride)
    row = (where // stride).astype(np.float32)
    share = np.zeros(len(where), np.float32)
    for sub in range(SUBCOLUMNS):
        part = np.minimum(np.repeat(bottom[line, column, sub], count), row + 1)
        part -= np.maximum(np.repeat(top[line, column, sub], count), row)
        share += np.minimum(np.maximum(part, 0), 1)
    alpha = (share * (256 / SUBCOLUMNS) + 0.5).astype(np.uint32)
    ends = np.cumsum(np.bincount(line, weights=count, minlength=lines).astype(np.int64))
    return where, alpha, ends.tolist()


def _mixed(under: Pixels, colour: np.uint32, alpha: Pixels | np.uint32) -> Pixels:
    """Returns ``colour`` over ``under``, ``alpha`` of 256; red and blue go through in one go."""
    red_blue, green = np.uint32(0xFF00FF), np.uint32(0x00FF00)
    rest = np.uint32(256) - alpha
    eight = np.uint32(8)
    outer = (((under & red_blue) * rest + (colour & red_blue) * alpha) >> eight) & red_blue
    middle = (((under & green) * rest + (colour & green) * alpha) >> eight) & green
    mixed: Pixels = outer | middle | np.uint32(0xFF000000)
    return mixed
