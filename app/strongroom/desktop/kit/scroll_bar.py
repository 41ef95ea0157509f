# SPDX-License-Identifier: Apache-2.0
"""The thin scroll bar, painted here: a handle on open ground, without arrows.

* Painted and hit-tested by itself. A style sheet of the application would give Qt the same look,
  and would have every widget polished anew whenever one is made or the theme changes.
* The wheel, the keyboard and what is read aloud stay Qt's own.
"""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHideEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QScrollBar, QStyle, QWidget

from strongroom.desktop.kit import paint

EXTENT = 10  # px across; the handle has 2 px of air at each side
AIR = 2
SHORTEST = 36  # px of the handle with its air, however much there is to scroll
SNAP_BACK = 150  # px beside the bar: who drags that far away gives the drag up
_PAGE_FIRST_MS, _PAGE_NEXT_MS = 300, 60


class ScrollBar(QScrollBar):
    """A scroll bar of a list, a text or a page."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self._is_upright = orientation == Qt.Orientation.Vertical
        self._grip: float | None = None  # where on the handle the mouse holds it
        self._began = 0  # the value when the drag began
        self._paged_to: float | None = None
        self._is_over = False
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)
        self.valueChanged.connect(self._on_value_changed)

    def sizeHint(self) -> QSize:
        """Returns the extent across and room for the shortest handle along."""
        return QSize(EXTENT, SHORTEST) if self._is_upright else QSize(SHORTEST, EXTENT)

    def handle(self) -> QRectF:
        """Returns where the handle is, with its air, in px of the bar."""
        room, length = self._room(), self._length()
        at = QStyle.sliderPositionFromValue(
            self.minimum(), self.maximum(), self.sliderPosition(), room - length,
            self.invertedAppearance(),
        )  # fmt: skip
        if self._is_upright:
            return QRectF(0, at, self.width(), length)
        return QRectF(at, 0, length, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the handle, darker under the mouse."""
        painter = QPainter(self)
        is_held = self._grip is not None or self._is_over
        place = self.handle().adjusted(AIR, AIR, -AIR, -AIR)
        paint.rounded(painter, place, 3, "border_control" if is_held else "border_pin")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes the handle, or moves a page towards the mouse; the middle button jumps there."""
        if self.maximum() == self.minimum():
            event.ignore()
            return
        handle, at = self.handle(), event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grip, self._began = self._length() / 2, self.value()
            self.setSliderDown(True)
            self._drag(at)
        elif event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
        elif handle.contains(at):
            self._grip, self._began = self._along(at) - self._start(handle), self.value()
            self.setSliderDown(True)
        else:
            self._paged_to = self._along(at)
            action = self._towards(self._paged_to)
            self.triggerAction(action)
            self.setRepeatAction(action, _PAGE_FIRST_MS, _PAGE_NEXT_MS)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the handle with the mouse; without a button, shows that it can be taken."""
        if self._grip is not None:
            self._drag(event.position())
            return
        if self._paged_to is not None:
            self._paged_to = self._along(event.position())
        self._hover(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self._stop_paging()
        if self._grip is not None:
            self._grip = None
            self.setSliderDown(False)
        self._hover(event.position())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Shows the handle at rest."""
        super().leaveEvent(event)
        self._hover(QPointF(-1, -1))

    def hideEvent(self, event: QHideEvent) -> None:
        """Lets go of what vanishes under the mouse."""
        self._stop_paging()
        self._grip, self._is_over = None, False
        super().hideEvent(event)

    def _room(self) -> int:
        return self.height() if self._is_upright else self.width()

    def _length(self) -> int:
        """Returns the length of the handle: the share of the whole that is to be seen."""
        room, span = self._room(), self.maximum() - self.minimum()
        share = room if span <= 0 else self.pageStep() * room // (span + self.pageStep())
        return min(room, max(SHORTEST, share))

    def _along(self, at: QPointF) -> float:
        return at.y() if self._is_upright else at.x()

    def _start(self, handle: QRectF) -> float:
        return handle.top() if self._is_upright else handle.left()

    def _drag(self, at: QPointF) -> None:
        across = at.x() if self._is_upright else at.y()
        if not -SNAP_BACK <= across <= EXTENT + SNAP_BACK:
            self.setSliderPosition(self._began)
            return
        travel = self._room() - self._length()
        wanted = round(self._along(at) - (self._grip or 0.0))
        self.setSliderPosition(
            QStyle.sliderValueFromPosition(
                self.minimum(), self.maximum(), max(0, min(travel, wanted)), travel,
                self.invertedAppearance(),
            )
        )  # fmt: skip

    def _towards(self, along: float) -> QScrollBar.SliderAction:
        is_before = along < self._start(self.handle())
        back, on = (
            QScrollBar.SliderAction.SliderPageStepSub,
            QScrollBar.SliderAction.SliderPageStepAdd,
        )
        return back if is_before != self.invertedAppearance() else on

    def _hover(self, at: QPointF) -> None:
        is_over = self.handle().contains(at)
        if is_over != self._is_over:
            self._is_over = is_over
            self.update()

    def _on_value_changed(self, _value: int) -> None:
        """Stops going on by pages when the handle has come under the mouse."""
        if self._paged_to is not None:
            handle = self.handle()
            start, end = self._start(handle), self._start(handle) + self._length()
            if start <= self._paged_to <= end:
                self._stop_paging()

    def _stop_paging(self) -> None:
        self._paged_to = None
        self.setRepeatAction(QScrollBar.SliderAction.SliderNoAction)


def thin_bars(area: QAbstractScrollArea) -> None:
    """Gives a list, a text or a page its two scroll bars; before anything listens to them."""
    area.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical))
    area.setHorizontalScrollBar(ScrollBar(Qt.Orientation.Horizontal))
    area.setCornerWidget(QWidget())  # the style would draw a frame where both meet
