# SPDX-License-Identifier: Apache-2.0
"""The lines of a parallel plot as a picture, made in numpy by a worker.

Laws: brushed lines lie over faint ones; painting never waits for a picture, which takes 70 ms for
ten colours and few lines, for many lines more: until the next one is there the last one of the same
axes stands, or nothing, and of many lines that is said.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from strongroom.desktop.charts.image import pixels_of
from strongroom.desktop.charts.ink import Pixels
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.parallel_layout import Layout
from strongroom.desktop.charts.parallel_scene import MOST_LINES, Strands
from strongroom.desktop.charts.region import Flags
from strongroom.desktop.charts.shades import blended
from strongroom.desktop.charts.strands import FINE_LINES, coverage, lay, opacity_of
from strongroom.desktop.charts.worker import Worker

FAINT = 0.35  # of the colour of lines that are not brushed, however many lie on each other
CROWD = 3_000  # lines; beyond, a crowd is painted at one pixel a unit whatever the screen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Is what a picture is made of; ``inside`` says which runs are brushed, None without brushes.

    ``size`` is the widget's, in units of ``ratio`` pixels.
    """

    strands: Strands
    layout: Layout
    look: ChartLook
    size: QSize
    ratio: float
    inside: Flags | None

    def picture(self, ground: QImage | None) -> QImage:
        """Returns the lines: all of them, or the brushed ones over a picture of the faint ones."""
        strands, inside = self.strands, self.inside
        picture = self._empty() if ground is None else QImage(ground)
        ratio = picture.devicePixelRatio()
        pixels = pixels_of(picture)[:, : picture.width()]
        rows = self.layout.rows() * ratio
        groups = strands.groups(self.look)
        if inside is not None:
            groups = [(ink, some[inside[some]]) for ink, some in groups]
        count = sum(len(some) for _, some in groups)
        stride = max(1, -(-count // MOST_LINES))
        for ink, some in groups:
            _put(pixels, self.layout, rows[some[::stride]], ink, opacity_of(count // stride), ratio)
        return picture

    def ground(self) -> QImage:
        """Returns all lines, faint, as the ground that brushed ones lie on."""
        picture = self._empty()
        ratio = picture.devicePixelRatio()
        pixels = pixels_of(picture)[:, : picture.width()]
        stride = max(1, -(-len(self.strands.names) // MOST_LINES))
        rows = self.layout.rows()[::stride] * ratio
        axis = np.array([self.look.axis.rgb()], np.uint32)
        ink = int(blended(self.look.surface, axis, FAINT)[0])
        _put(pixels, self.layout, rows, ink, opacity_of(len(rows)), ratio)
        return picture

    def _empty(self) -> QImage:
        ratio = 1.0 if len(self.strands.names) > CROWD else self.ratio
        picture = QImage(self.size * ratio, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.look.surface)
        return picture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Made:
    generation: int
    ground: QImage | None
    lines: QImage


class LinePictures(QObject):
    """Keeps the picture of the lines, and the one of the faint lines below them.

    Signals:
        made: A worker has made another picture.
    """

    made = Signal()

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._worker = Worker(self)
        self._generation = 0
        self._ground_since = 0  # the first generation over this ground
        self._is_working = False
        self._made: _Made | None = None

    def forget(self, *, keeps_ground: bool = False, shows_last: bool = False) -> None:
        """Has another picture made with the next paint.

        Args:
            keeps_ground: All lines are the same, only other ones are brushed.
            shows_last: The last picture may stand until then; its axes are the same.
        """
        self._generation += 1
        if not keeps_ground:
            self._ground_since = self._generation
        if not (keeps_ground or shows_last):
            self._made = None

    def picture(self, lines: Lines, *, is_now: bool = False) -> QImage | None:
        """Returns the picture of ``lines``, or the last one; None until there is one.

        Args:
            lines: What to show.
            is_now: Whether to make it however long it takes, for a file.
        """
        if self._made is None or self._made.generation != self._generation:
            if is_now:
                self._made = self._make(lines, self._generation, self._kept_ground())
            elif not self._is_working:
                self._start(lines)
        return None if self._made is None else self._made.lines

    def finish(self) -> None:
        """Waits for the worker; its picture is there with the next events."""
        self._worker.wait()

    def _kept_ground(self) -> QImage | None:
        made = self._made
        return made.ground if made and made.generation >= self._ground_since else None

    def _start(self, lines: Lines) -> None:
        generation, ground = self._generation, self._kept_ground()
        self._is_working = True
        self._worker.run(lambda: self._make(lines, generation, ground), self._adopt)

    @staticmethod
    def _make(lines: Lines, generation: int, ground: QImage | None) -> _Made:
        if lines.inside is not None and ground is None:
            ground = lines.ground()
        over = ground if lines.inside is not None else None
        return _Made(generation=generation, ground=ground, lines=lines.picture(over))

    def _adopt(self, made: _Made) -> None:
        self._is_working = False
        known = -1 if self._made is None else self._made.generation
        if made.generation >= max(self._ground_since, known):  # these lines, if not these brushes
            self._made = made
        self.made.emit()


def _put(
    pixels: Pixels,
    layout: Layout,
    rows: NDArray[np.float64],
    ink: int,
    opacity: float,
    ratio: float,
) -> None:
    """Lays lines on the part of the picture that holds the plot."""
    if not len(rows) or len(layout.dimensions) < 2:
        return
    margin = 4
    top = int(layout.area.top() * ratio) - margin
    bottom = int(layout.area.bottom() * ratio) + margin
    columns = np.array(
        [round(layout.x(axis) * ratio) for axis in range(len(layout.dimensions))], np.int64
    )
    covered = coverage(
        bottom - top,
        columns,
        rows - top,
        max(1, round(ratio)),
        is_fine=len(rows) <= FINE_LINES,
    )
    target = pixels[top:bottom, int(columns[0]) : int(columns[-1]) + 1]
    lay(target, covered[: target.shape[0], : target.shape[1]], ink, opacity)
