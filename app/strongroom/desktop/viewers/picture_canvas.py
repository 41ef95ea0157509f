# SPDX-License-Identifier: Apache-2.0
"""A picture to look around in: fits or any zoom, the wheel zooms where the mouse is.

* Scale is device pixels for a pixel of the file: 100 % is exact on every screen.
* Keys: plus, minus, 0 fits, 1 shows 100 %, arrows move.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme

LEAST, MOST = 0.02, 32.0
STEP = 1.25
CHECK = 8  # px of a square behind what is transparent
_MOVES = {
    Qt.Key.Key_Left: QPointF(40, 0),
    Qt.Key.Key_Right: QPointF(-40, 0),
    Qt.Key.Key_Up: QPointF(0, 40),
    Qt.Key.Key_Down: QPointF(0, -40),
}


class PictureCanvas(QWidget):
    """Paints one picture.

    Signals:
        moved: Zoom or place is another one (see `scale` and `centre`).
    """

    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._size = QSize()
        self._scale = 0.0  # 0 fits
        self._centre = QPointF(0.5, 0.5)
        self._held: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(80, 80)
        self.setAccessibleName("Picture")

    def set_image(self, image: QImage, size: QSize, name: str) -> None:
        """Shows another picture of a stated size, fitted."""
        self._image, self._size = image, size
        self._scale, self._centre = 0.0, QPointF(0.5, 0.5)
        self.setAccessibleName(f"Picture {name}, {size.width():,} by {size.height():,} pixels")
        self.update()
        self.moved.emit()

    def image(self) -> QImage:
        """Returns the picture."""
        return self._image

    def picture_size(self) -> QSize:
        """Returns the size the file states, in pixels."""
        return self._size

    def scale(self) -> float:
        """Returns device pixels for a pixel of the file."""
        return self._scale or self._fitting()

    def is_fitted(self) -> bool:
        """Returns whether it fits itself to the room."""
        return not self._scale

    def centre(self) -> QPointF:
        """Returns the place in the middle, 0 to 1 in both directions."""
        return QPointF(self._centre)

    def fit(self) -> None:
        """Shows all of it, never enlarged."""
        self._scale, self._centre = 0.0, QPointF(0.5, 0.5)
        self._tell()

    def set_view(self, scale: float, centre: QPointF) -> None:
        """Shows a place at a zoom; a scale of 0 fits."""
        self._scale = min(MOST, max(LEAST, scale)) if scale else 0.0
        self._centre = _inside(centre)
        self._tell()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zooms by a factor; the place ``at`` (in the widget) stays where it is."""
        if self._image.isNull():
            return
        held = at or QPointF(self.width() / 2, self.height() / 2)
        before = self._to_picture(held)
        self._scale = min(MOST, max(LEAST, self.scale() * factor))
        shift = before - self._to_picture(held)
        self._centre = _inside(self._centre + shift)
        self._tell()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground, picture and ring."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        paint.rounded(painter, rect, 6, "bg_sunken", "border_subtle")
        if not self._image.isNull():
            painter.save()
            painter.setClipRect(rect.adjusted(1, 1, -1, -1))
            target = self._target()
            if self._image.hasAlphaChannel():
                self._paint_squares(painter, target.intersected(rect))
            smooth = self.scale() < 3  # above, every pixel is a square to be looked at
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(target, self._image)
            painter.restore()
        if self.hasFocus():
            paint.focus_ring(painter, rect)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms where the mouse is."""
        turned = event.angleDelta().y()
        if turned:
            self.zoom(STEP ** (turned / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the picture."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the picture with the mouse."""
        if self._held is not None:
            self._move(event.position() - self._held)
            self._held = event.position()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Lets go."""
        self._held = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Goes to 100 % at the place, or back to all of it."""
        if self._scale:
            self.fit()
        else:
            self.zoom(1 / self.scale(), event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zooms and moves."""
        key = Qt.Key(event.key())
        if key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.zoom(STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / STEP)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key == Qt.Key.Key_1:
            self.zoom(1 / self.scale())
        elif key in _MOVES and self._scale:
            self._move(_MOVES[key])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits again if it was fitted."""
        super().resizeEvent(event)
        if not self._scale:
            self.moved.emit()

    def _tell(self) -> None:
        self.update()
        self.moved.emit()

    def _move(self, by: QPointF) -> None:
        shown = self._shown_size()
        if shown.isEmpty() or not self._scale:
            return
        self._centre = _inside(
            self._centre - QPointF(by.x() / shown.width(), by.y() / shown.height())
        )
        self._tell()

    def _fitting(self) -> float:
        if self._size.isEmpty():
            return 1.0
        ratio = self.devicePixelRatioF()
        room = QSizeF(max(1, self.width() - 16), max(1, self.height() - 16)) * ratio
        return min(1.0, room.width() / self._size.width(), room.height() / self._size.height())

    def _shown_size(self) -> QSizeF:
        return QSizeF(self._size) * self.scale() / self.devicePixelRatioF()

    def _target(self) -> QRectF:
        shown = self._shown_size()
        return QRectF(
            self.width() / 2 - self._centre.x() * shown.width(),
            self.height() / 2 - self._centre.y() * shown.height(),
            shown.width(),
            shown.height(),
        )

    def _to_picture(self, at: QPointF) -> QPointF:
        target = self._target()
        return QPointF(
            (at.x() - target.x()) / max(1e-9, target.width()),
            (at.y() - target.y()) / max(1e-9, target.height()),
        )

    def _paint_squares(self, painter: QPainter, area: QRectF) -> None:
        look = theme()
        painter.fillRect(area, look.colour("bg_surface"))
        left, top = int(area.left() // CHECK), int(area.top() // CHECK)
        for row in range(top, int(area.bottom() // CHECK) + 1):
            for column in range(left + (left + row) % 2, int(area.right() // CHECK) + 1, 2):
                square = QRectF(column * CHECK, row * CHECK, CHECK, CHECK).intersected(area)
                painter.fillRect(square, look.colour("muted_bg"))


def _inside(centre: QPointF) -> QPointF:
    return QPointF(min(1.0, max(0.0, centre.x())), min(1.0, max(0.0, centre.y())))
