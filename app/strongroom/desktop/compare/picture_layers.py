# SPDX-License-Identifier: Apache-2.0
"""Two pictures in one place: split by a slider, blended, or as their difference.

* Both are drawn at the same scale from the same corner, so that pixels of equal place meet.
* Left and Right move the slider or the blend, Space blinks; the mouse drags the slider.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.viewers.picture_canvas import PictureCanvas

STRIPE = 256  # rows compared at once: memory stays small beside the pictures themselves


class Layering(StrEnum):
    """How two pictures share one place."""

    SLIDER = "slider"
    BLEND = "blend"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelDifference:
    """The difference of two pictures: white where pixels differ most, black where they do not.

    ``share`` of the common pixels differ, by at most ``most`` of 255 in a channel.
    """

    image: QImage
    share: float
    most: int


def pixel_difference(left: QImage, right: QImage) -> PixelDifference:
    """Returns how the common part of two pictures differs, channel by channel."""
    width, height = min(left.width(), right.width()), min(left.height(), right.height())
    if not width or not height:
        return PixelDifference(image=QImage(), share=0.0, most=0)
    one, other = _plain(left), _plain(right)
    padded = np.zeros((height, -(-width // 4) * 4), np.uint8)  # Qt's lines end on four bytes
    for top in range(0, height, STRIPE):
        end = min(height, top + STRIPE)
        apart = np.abs(
            _pixels(one, top, end, width).astype(np.int16) - _pixels(other, top, end, width)
        )
        padded[top:end, :width] = apart.max(axis=2)
    share, most = float((padded[:, :width] > 0).mean()), int(padded.max())
    if most:
        scale = (np.arange(256) * (255.0 / most)).clip(0, 255).astype(np.uint8)
        padded = scale[padded]
    image = QImage(
        padded.data, width, height, padded.shape[1], QImage.Format.Format_Grayscale8
    ).copy()
    return PixelDifference(image=image, share=share, most=most)


def _plain(image: QImage) -> QImage:
    return image.convertToFormat(QImage.Format.Format_RGBA8888)


def _pixels(
    image: QImage, top: int, end: int, width: int
) -> "np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]":
    """Returns some rows of a picture that is red, green, blue, alpha."""
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return flat[top:end, : width * 4].reshape(end - top, width, 4)


class PictureLayers(PictureCanvas):
    """The canvas; the left picture is the one `PictureCanvas` paints.

    Signals:
        share_changed: The slider or the blend is elsewhere (0 shows the left picture alone).
    """

    share_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._other = QImage()
        self._other_size = QSize()
        self._difference = QImage()
        self._layering = Layering.SLIDER
        self._share = 0.5
        self._before_blink = 0.5
        self._is_dragged = False
        self.setMouseTracking(True)

    def set_pair(self, left: QImage, right: QImage, sizes: tuple[QSize, QSize], name: str) -> None:
        """Shows two pictures of the stated sizes."""
        self._other, self._other_size = right, sizes[1]
        self._difference = QImage()
        self.set_image(left, sizes[0], name)

    def set_difference(self, image: QImage) -> None:
        """Hands over what `pixel_difference` found."""
        self._difference = image
        self.update()

    def set_layering(self, layering: Layering) -> None:
        """Changes how both share the place."""
        self._layering = layering
        self.update()

    def share(self) -> float:
        """Returns how much of the right picture is shown, 0 to 1."""
        return self._share

    def set_share(self, share: float) -> None:
        """Moves the slider or the blend."""
        self._share = min(1.0, max(0.0, share))
        self.setAccessibleDescription(f"{self._share:.0%} of the right picture")
        self.update()
        self.share_changed.emit(self._share)

    def blink(self) -> None:
        """Shows the other picture alone."""
        self.set_share(0.0 if self._share > 0.5 else 1.0)

    # ------------------------------------------------------------ Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the left picture and what of the right one lies over it."""
        super().paintEvent(event)
        if self.image().isNull() or self._other.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale() < 3)
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        target = self._other_target()
        painter.setClipRect(room)
        if self._layering is Layering.BLEND:
            painter.setOpacity(self._share)
            painter.drawImage(target, self._other)
        elif self._layering is Layering.DIFFERENCE:
            painter.fillRect(self._target().united(target), theme().colour("bg_sunken"))
            if not self._difference.isNull():
                common = QRectF(target.topLeft(), self._on_screen(self._difference.size()))
                painter.drawImage(common, self._difference)
        else:
            x = self._slider_x()
            painter.setClipRect(QRectF(x, room.y(), room.right() - x, room.height()))
            painter.fillRect(self._target().united(target), theme().colour("bg_sunken"))
            painter.drawImage(target, self._other)
            painter.setClipRect(room)
            self._paint_slider(painter, x)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the slider or the blend; everything else zooms and moves the picture."""
        key = Qt.Key(event.key())
        is_far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        by = {Qt.Key.Key_Left: -0.1 if is_far else -0.01, Qt.Key.Key_Right: 0.1 if is_far else 0.01}
        if self._layering is not Layering.DIFFERENCE and key in by:
            self.set_share(self._share + by[key])
        elif self._layering is Layering.BLEND and key == Qt.Key.Key_Space:
            self.blink()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the slider near it, of the picture elsewhere."""
        near = abs(event.position().x() - self._slider_x()) < 12
        if self._layering is Layering.SLIDER and near:
            self._is_dragged = True
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the slider with the mouse."""
        if self._is_dragged:
            target = self._target()
            left, width = max(0.0, target.left()), min(target.width(), float(self.width()))
            self.set_share(1 - (event.position().x() - left) / max(1.0, width))
            return
        if self._layering is Layering.SLIDER and not event.buttons():
            near = abs(event.position().x() - self._slider_x()) < 12
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self._is_dragged = False
        super().mouseReleaseEvent(event)

    # ------------------------------------------------------------ inside

    def _slider_x(self) -> float:
        """Returns where the slider stands: right of it lies the right picture."""
        target = self._target()
        left, width = max(0.0, target.left()), min(target.width(), float(self.width()))
        return left + width * (1 - self._share)

    def _other_target(self) -> QRectF:
        return QRectF(self._target().topLeft(), self._on_screen(self._other_size))

    def _on_screen(self, size: QSize) -> QSizeF:
        return QSizeF(size) * self.scale() / self.devicePixelRatioF()

    def _paint_slider(self, painter: QPainter, x: float) -> None:
        paint.hairline(painter, QRectF(x - 1, 0, 2, self.height()), "accent")
        middle = QPointF(x, self.height() / 2)
        grip = QRectF(middle.x() - 14, middle.y() - 10, 28, 20)
        paint.rounded(painter, grip, 10, "accent")
        paint.icon(painter, "chevron-left", grip.x() + 1, grip.y() + 3, "text_on_accent", 14)
        paint.icon(painter, "chevron-right", grip.right() - 15, grip.y() + 3, "text_on_accent", 14)
