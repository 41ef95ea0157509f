# SPDX-License-Identifier: Apache-2.0
"""A Qt picture seen as a numpy array.

Law: the array borrows the picture's memory, so whoever holds the array holds the picture too.
"""

import numpy as np

from PySide6.QtGui import QImage

from strongroom.desktop.charts.ink import Pixels


def new_image(width: int, height: int) -> QImage:
    """Returns an opaque 32 bit picture of that many device pixels; its content is undefined."""
    return QImage(max(width, 1), max(height, 1), QImage.Format.Format_RGB32)


def pixels_of(image: QImage) -> Pixels:
    """Returns the picture's own memory, rows x pixels of 0xffRRGGBB; keep ``image`` alive."""
    stride = image.bytesPerLine() // 4
    view: Pixels = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), stride)
    return view
