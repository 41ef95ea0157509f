# SPDX-License-Identifier: Apache-2.0
"""Curves of more points than are drawn one by one: their extremes, and every point of a stretch.

* What is drawn of the whole is a pyramid (`journal.pyramid`): made at the first look, kept in the
  cache, and held against a stretch of the sealed points, another one each time, before it is used.
* Smoothing sees every point, piece after piece, before any is left out; its pyramid is kept too.
* Inside a range of x that is asked, every point is read if they are few enough, else a finer level.
* Memory does not grow with the metric.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from strongroom.domain.clock import MICROSECONDS
from strongroom.journal.pyramid import BLOCK, Ints, Pyramid, PyramidBuilder, Rows, agrees
from strongroom.journal.series import Series
from strongroom.services.long_smoothing import WIDTHS, LongSmoothing, points_ahead, points_before
from strongroom.services.smoothing import Floats, Smoothing, SmoothingKind
from strongroom.store.long_series import count_points, pieces, stretch
from strongroom.store.pyramid_files import PyramidFiles

MOST_HELD_BYTES = 256 << 20  # of pyramids in memory; the least recently asked go first
EVERY_POINT = 1 << 20  # points of a range, up to which all are read: some 40 ms

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LongMetric:
    """Which sealed metric is meant: ``seal`` is the digest of the run's ``sealed.json``."""

    folder: Path
    seal: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Along:
    """The horizontal axis: ``step`` or ``time``; times count from ``zero_us`` in seconds."""

    axis: str
    zero_us: int = 0

    def place(self, steps: Ints, times_us: Ints) -> Floats:
        """Returns where points lie."""
        if self.axis == "step":
            return steps.astype(np.float64)
        return (times_us - self.zero_us) / MICROSECONDS

    def whole(self, span: Span) -> tuple[int, int]:
        """Returns the steps or microseconds that lie inside a range of x."""
        low, high = span
        if self.axis != "step":
            low, high = low * MICROSECONDS + self.zero_us, high * MICROSECONDS + self.zero_us
        least, most = -(2.0**63), 2.0**63 - 1024
        return int(np.ceil(np.clip(low, least, most))), int(np.floor(np.clip(high, least, most)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LongCurve:
    """What is drawn, by x; ``between`` counts points of the range that lie between extremes."""

    x: Floats
    raw: Floats
    smooth: Floats
    between: int


class LongCurves:
    """Draws long metrics; to be asked by one thread at a time.

    Args:
        files: Where pyramids are kept.
        pick: Draws a number below another: which stretch a kept pyramid is held against.
    """

    def __init__(self, files: PyramidFiles, pick: Callable[[int], int] = secrets.randbelow) -> None:
        self._files, self._pick = files, pick
        self._held: OrderedDict[tuple[str, str, str, str], Pyramid] = OrderedDict()
        self._held_bytes = 0
        self._unordered: set[tuple[str, str, str, str]] = set()  # along that axis

    def curve(
        self, metric: LongMetric, along: Along, smoothing: Smoothing, within: Span | None
    ) -> LongCurve | None:
        """Returns a curve; None if its points have to be sorted before they can be smoothed.

        Args:
            metric: Which one.
            along: The horizontal axis.
            smoothing: Applied along it to every point.
            within: A range of x that is to be seen closely.

        Raises:
            Untrusted: ``E-HASH`` if stored points do not hold.
        """
        pyramid = self._pyramid(metric, along, smoothing)
        if pyramid is None:
            return None
        base = pyramid.drawn()
        if within is None:
            return _curve(base, along, pyramid.count - len(base))
        low, high = along.whole(within)
        blocks = pyramid.blocks_with(along.axis, low, high)
        if not len(blocks):
            return _curve(base, along, 0)
        points = pyramid.points_in(blocks)
        is_whole = points <= EVERY_POINT
        if is_whole:
            fine = self._every_point(metric, along, smoothing, pyramid, blocks)
        else:
            fine = pyramid.drawn(blocks)
        spliced = _spliced(base, fine, along.axis, low, high)
        return _curve(spliced, along, 0 if is_whole else points - len(fine))

    # ------------------------------------------------------------ inside

    def _pyramid(self, metric: LongMetric, along: Along, smoothing: Smoothing) -> Pyramid | None:
        made = _made(along, smoothing)
        name = metric.folder.name, metric.seal, metric.key, made
        found = self._held.get(name)
        if name in self._unordered:
            return None
        if found is None:
            found = self._files.read(*name)
            if found is not None and not self._holds(metric, along, smoothing, found):
                self._files.forget(*name)
                found = None
            if found is None:
                found = self._built(metric, along, smoothing)
                if found is None:
                    self._unordered.add(name)
                    return None
                self._files.write(found, *name)
            self._held[name] = found
            self._held_bytes += found.size_bytes()
        self._held.move_to_end(name)
        while self._held_bytes > MOST_HELD_BYTES and len(self._held) > 1:
            self._held_bytes -= self._held.popitem(last=False)[1].size_bytes()
        is_smooth = smoothing.is_on and not found.is_ordered[along.axis != "step"]
        return None if is_smooth else found  # it was smoothed in the order of another axis

    def _built(self, metric: LongMetric, along: Along, smoothing: Smoothing) -> Pyramid | None:
        builder = PyramidBuilder()
        count = count_points(metric.folder, metric.key)
        every = pieces(metric.folder, metric.key, 0, count)
        if not smoothing.is_on:
            for piece in every:
                builder.add(piece)
            return builder.built()
        smoother = LongSmoothing(smoothing)
        for piece in every:
            for points, made in smoother.add(piece, _seconds_or_steps(along, piece)):
                builder.add(points, made)
            if not builder.is_ordered[along.axis != "step"]:
                return None
        for points, made in smoother.end():
            builder.add(points, made)
        return builder.built() if builder.is_ordered[along.axis != "step"] else None

    def _holds(
        self, metric: LongMetric, along: Along, smoothing: Smoothing, found: Pyramid
    ) -> bool:
        """Says whether a kept pyramid has the extremes of the sealed points of one block."""
        if found.count != count_points(metric.folder, metric.key):
            return False
        block = self._pick(len(found.blocks.known))
        rows = self._every_point(metric, along, smoothing, found, np.array([block]))
        return agrees(found, block, rows)

    def _every_point(
        self,
        metric: LongMetric,
        along: Along,
        smoothing: Smoothing,
        pyramid: Pyramid,
        blocks: Ints,
    ) -> Rows:
        """Returns all points of some blocks, smoothed as if all of the metric had been."""
        if not smoothing.is_on:
            runs = np.split(blocks, np.flatnonzero(np.diff(blocks) > 1) + 1)
            return Rows.joined([self._raw(metric, int(run[0]), int(run[-1])) for run in runs])
        first, last = int(blocks[0]), int(blocks[-1])  # x ascends: they are neighbours
        begin = _block_before(pyramid, along, smoothing, first)
        stop = min((last + 1) * BLOCK, pyramid.count)
        ahead = points_ahead(smoothing)
        end = last + 1
        while ahead > 0 and end < len(pyramid.blocks.known):
            ahead -= int(pyramid.blocks.known[end])
            end += 1
        smoother, at, parts = LongSmoothing(smoothing), begin * BLOCK, list[Rows]()

        def take(points: Series, made: Floats) -> None:
            nonlocal at
            inside = slice(max(first * BLOCK - at, 0), max(stop - at, 0))
            at += len(points)
            rows = Rows(steps=points.steps, times_us=points.times_us, columns=(points.values, made))
            parts.append(rows.at(inside))

        for piece in pieces(metric.folder, metric.key, at, min(end * BLOCK, pyramid.count)):
            for points, made in smoother.add(piece, _seconds_or_steps(along, piece)):
                take(points, made)
        for points, made in smoother.end():
            take(points, made)
        return Rows.joined(parts)

    def _raw(self, metric: LongMetric, first: int, last: int) -> Rows:
        found = stretch(metric.folder, metric.key, first * BLOCK, (last + 1) * BLOCK)
        return Rows(steps=found.steps, times_us=found.times_us, columns=(found.values,))


def _made(along: Along, smoothing: Smoothing) -> str:
    """Returns how the second column is made: kinds that count points do so on any axis."""
    if not smoothing.is_on:
        return ""
    axis = along.axis if smoothing.kind is SmoothingKind.TIME_EMA else "points"
    return f"{smoothing.kind.value} {smoothing.amount!r} {axis}"


def _seconds_or_steps(along: Along, piece: Series) -> Floats:
    if along.axis == "step":
        return piece.steps.astype(np.float64)
    return piece.times_us / MICROSECONDS


def _block_before(pyramid: Pyramid, along: Along, smoothing: Smoothing, first: int) -> int:
    """Returns the block from which points still weigh something in another one."""
    if smoothing.kind is SmoothingKind.TIME_EMA:
        unit = 1 if along.axis == "step" else MICROSECONDS
        starts = pyramid.blocks.first_step if along.axis == "step" else pyramid.blocks.first_time
        reach = float(starts[first]) - WIDTHS * smoothing.amount * unit
        return max(0, int(np.searchsorted(starts[: first + 1].astype(np.float64), reach)) - 1)
    before, block = points_before(smoothing), first
    while before > 0 and block > 0:
        block -= 1
        before -= int(pyramid.blocks.known[block])
    return block


def _spliced(base: Rows, fine: Rows, axis: str, low: int, high: int) -> Rows:
    """Returns the points of the whole with those of a range in place of its own."""
    outside = base.steps if axis == "step" else base.times_us
    inside = fine.steps if axis == "step" else fine.times_us
    near = fine.at((inside >= low) & (inside <= high))
    return Rows.joined([base.at(outside < low), near, base.at(outside > high)])


def _curve(rows: Rows, along: Along, between: int) -> LongCurve:
    places = rows.steps if along.axis == "step" else rows.times_us
    if not (places[1:] >= places[:-1]).all():
        rows = rows.at(places.argsort(kind="stable"))
    raw, smoothed = rows.columns[0], rows.columns[-1]
    x = along.place(rows.steps, rows.times_us)
    return LongCurve(x=x, raw=raw, smooth=smoothed, between=between)
