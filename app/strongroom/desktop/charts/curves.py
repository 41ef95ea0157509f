# SPDX-License-Identifier: Apache-2.0
"""All lines of a plot as one picture that is moved, scaled or drawn anew.

Laws: a paint on the window's thread moves the old picture, or draws what fits a frame, or shows the
old picture scaled; the exact picture of a heavy view comes from a worker and is dropped when the
view has changed meanwhile.
"""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QPainter

from strongroom.desktop.charts.highlight import Highlight
from strongroom.desktop.charts.layer import Layer, Picture, Quality, Stroke, View
from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.worker import Answer, Worker

DRAFT_MS_A_COLUMN = 2e-4  # of each line, at least; noisy lines take three times that
FRAME_LASTS_S = 0.1  # at most, by the clock
FRAME_MS = 11.0  # of 16: the rest belongs to axes, overlay and Qt
MOST_FINE = 4  # charts in a frame; of more the parts that come into sight are drafts at first
CHART_MS = 1.2  # labels, overlay and Qt take that of each chart, whatever is drawn
SMALL_MS = 1.5  # a first picture is drawn at once whatever others took: no plot stays empty for it
SETTLE_MS = 50  # after the last notch of a wheel; shorter would start work that is thrown away


class _Frame:
    """What all charts of the window have drawn in the frame that is being painted.

    A frame ends when a chart comes a second time, or after a while.
    """

    def __init__(self) -> None:
        self._since, self._spent_ms = 0.0, 0.0
        self._charts: set[int] = set()
        self._charts_before = 0

    def begin_chart(self, chart: int) -> None:
        """Counts a chart that is painted."""
        now = time.perf_counter()
        if chart in self._charts or now - self._since > FRAME_LASTS_S:
            self._since, self._spent_ms = now, 0.0
            self._charts_before = len(self._charts)
            self._charts.clear()
        self._charts.add(chart)
        self._spent_ms += CHART_MS

    def is_crowded(self) -> bool:
        """Returns whether so many charts are painted that moving them has to be cheap."""
        return max(len(self._charts), self._charts_before) > MOST_FINE

    def has_room(self, cost_ms: float) -> bool:
        """Returns whether something that takes that long still fits, with all charts to come."""
        to_come = max(self._charts_before - len(self._charts), 0)
        return self._spent_ms + cost_ms + to_come * CHART_MS <= FRAME_MS

    def spend(self, cost_ms: float) -> None:
        """Counts what was drawn."""
        self._spent_ms += cost_ms


_FRAME = _Frame()  # painting happens on the window's thread alone


class Curves(QObject):
    """Shows a ``Layer``.

    Signals:
        changed: There is another picture to be painted.
    """

    changed = Signal()

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        self.after_paint: Callable[[QPainter, QRectF], None] | None = None
        self._highlight = Highlight()
        self._wanted: View | None = None
        self._stale: Picture | None = None  # of other lines, shown until the worker has the new
        self._generation = 0
        self._is_working = False
        self._cost_ms = 0.0  # of the last draft
        self._worker = Worker(self)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._refine)

    def set_strokes(self, strokes: Sequence[Stroke]) -> None:
        """Replaces the lines."""
        self._generation += 1
        self._stale = self.layer.picture or self._stale
        self.layer.set_strokes(strokes)
        self.changed.emit()

    def set_highlight(self, stroke: Stroke | None) -> None:
        """Paints one line once more over the picture, or takes that away."""
        if stroke is not self._highlight.stroke:
            self._highlight.stroke = stroke
            self.changed.emit()

    def redraw(self) -> None:
        """Forgets the picture, for another grid or other colours."""
        self._generation += 1
        self.layer.picture = None
        self.changed.emit()

    def wait(self) -> None:
        """Waits for the worker, so that nothing paints after the chart is gone."""
        self._settle.stop()
        self._worker.wait()

    def finish(self) -> None:
        """Has the fine picture painted now; it arrives with the next events."""
        if self._settle.isActive():
            self._settle.stop()
            self._refine()
        self._worker.wait()

    def paint(self, painter: QPainter, place: QRectF, x: Range, y: Range) -> None:
        """Blits the picture of the visible range into a place of the view."""
        area = place.toRect()
        _FRAME.begin_chart(id(self))
        painter.save()
        painter.setClipRect(area)
        own = painter.device().devicePixelRatio()
        # A picture of the window may have more pixels than the window: then it differs from own.
        scale = painter.deviceTransform().m11()
        view = View.of(round(area.width() * scale), round(area.height() * scale), x, y)
        if scale == own:
            self._blit(painter, view, QPointF(area.topLeft()), scale)
            self._paint_highlight(painter, view, area, scale)
        else:
            image = self.layer.enlarged(scale / own).render(view, Quality.FINE).image
            image.setDevicePixelRatio(scale)
            painter.drawImage(QPointF(area.topLeft()), image)
        if self.after_paint is not None:
            self.after_paint(painter, QRectF(area))
        painter.restore()

    def _paint_highlight(self, painter: QPainter, view: View, area: QRect, scale: float) -> None:
        over = self._highlight.picture(view)
        if over is None:
            return
        image, offset = over
        image.setDevicePixelRatio(scale)
        if not offset.isNull():
            self._settle.start()
        painter.drawImage(QPointF(area.topLeft()) + QPointF(offset) / scale, image)

    def _blit(self, painter: QPainter, view: View, corner: QPointF, scale: float) -> None:
        self._wanted = view
        target = self._prepare(view)
        picture = self.layer.picture or self._stale
        if picture is None:
            return
        image = picture.image
        image.setDevicePixelRatio(scale)
        if target is None:
            painter.drawImage(corner, image)
            return
        place = QRectF(
            corner.x() + target.x() / scale,
            corner.y() + target.y() / scale,
            target.width() / scale,
            target.height() / scale,
        )
        painter.drawImage(place, image)

    def _prepare(self, view: View) -> QRectF | None:
        """Makes the layer fit ``view``; returns where to put it when it has to be scaled."""
        layer = self.layer
        move = layer.offset_to(view)
        if move is not None:
            if move != (0, 0):
                layer.shift(*move, is_hurried=_FRAME.is_crowded())
            if layer.picture is not None and self._may_be_finer(layer.picture):
                self._settle.start()
            return None
        old = layer.picture or self._stale
        if not self._fits_a_frame(view, is_first=old is None):
            self._settle.start()
            if old is None:  # the first picture of a heavy chart is the worker's too
                self._refine()
                return None
            return _scaled(old.view, view)
        self._stale = None
        self._draw(view, Quality.FAST)
        if not _FRAME.is_crowded() and _FRAME.has_room(layer.costs_ms()[1]):
            self._draw(view, Quality.FINE)
        if layer.picture is not None and self._may_be_finer(layer.picture):
            self._settle.start()
        return None

    def _fits_a_frame(self, view: View, *, is_first: bool) -> bool:
        """Returns whether a draft would fit: by what the last one took, or by what there is."""
        expected = self._cost_ms or len(self.layer.strokes) * view.width * DRAFT_MS_A_COLUMN
        return _FRAME.has_room(expected) or (is_first and expected <= SMALL_MS)

    def _draw(self, view: View, quality: Quality) -> None:
        begin = time.perf_counter()
        self.layer.adopt(self.layer.render(view, quality))
        took_ms = (time.perf_counter() - begin) * 1e3
        if quality is Quality.FAST:
            self._cost_ms = took_ms
        _FRAME.spend(took_ms)

    def _may_be_finer(self, picture: Picture) -> bool:
        return picture.wish is Quality.FAST

    def _refine(self) -> None:
        view, picture = self._wanted, self.layer.picture
        if view is None:
            return
        if self._highlight.is_behind:
            self._highlight.catch_up()
            self.changed.emit()
        is_there = self.layer.offset_to(view) == (0, 0)
        if is_there and picture is not None and picture.wish is Quality.FINE:
            return
        if self._is_working:
            self._settle.start()
            return
        self._is_working = True
        layer, generation = self.layer, self._generation

        self.work(
            lambda: layer.render(view, Quality.FINE),
            lambda picture: self._adopt(generation, picture),
        )

    def work(self, job: Callable[[], Answer], then: Callable[[Answer], None]) -> None:
        """Runs ``job`` on the worker and ``then`` on the window's thread, if the item lives."""
        self._worker.run(job, then)

    def _adopt(self, generation: int, picture: Picture) -> None:
        self._is_working = False
        if generation != self._generation or self._wanted is None:
            self._settle.start()
            return
        if (picture.view.width, picture.view.height) == (self._wanted.width, self._wanted.height):
            self.layer.adopt(picture)
            self._cost_ms = self.layer.costs_ms()[0]  # a calmer view may fit a frame again
            self._stale = None
            if self.layer.offset_to(self._wanted) is None:
                self._settle.start()
            self.changed.emit()


def _scaled(old: View, new: View) -> QRectF:
    """Returns where the old picture lies in the new one, in device pixels."""
    x_zoom, y_zoom = old.x_per_px / new.x_per_px, new.px_per_y / old.px_per_y
    return QRectF(
        old.column * x_zoom - new.column,
        old.row * y_zoom - new.row,
        old.width * x_zoom,
        old.height * y_zoom,
    )
