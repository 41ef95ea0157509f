# SPDX-License-Identifier: Apache-2.0
"""What is to be seen in a picture of the screen: pixels near a colour, pixels of writing."""

import numpy as np
import numpy.typing as npt

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

NEAR = 40  # steps of 255 a channel may be off, for edges are smoothed
DARK = 140  # the mean of the channels below which a pixel counts as writing on a light ground


def room_of(widget: QWidget) -> QRect:
    """Returns where a widget is on the screen."""
    return QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())


def near(picture: QImage, room: QRect, colour: QColor) -> int:
    """Returns how many pixels of a part of a picture are near a colour."""
    wanted = np.array([colour.red(), colour.green(), colour.blue()], np.int16)
    gaps = np.abs(_channels(picture, room).astype(np.int16) - wanted)
    return int((gaps.max(axis=2) < NEAR).sum())


def dark(picture: QImage, room: QRect) -> int:
    """Returns how many pixels of a part of a picture are dark."""
    return int((_channels(picture, room).mean(axis=2) < DARK).sum())


def _channels(picture: QImage, room: QRect) -> npt.NDArray[np.uint8]:
    """Returns red, green and blue: height × width × 3."""
    part = picture.copy(room & picture.rect()).convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(part.constBits(), np.uint8).reshape(part.height(), part.bytesPerLine())
    return lines[:, : part.width() * 3].reshape(part.height(), part.width(), 3).copy()
