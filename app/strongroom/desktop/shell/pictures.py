# SPDX-License-Identifier: Apache-2.0
"""Renders a window to a PNG without a screen: for documentation, comparison, and first runs.

* The scale is a pixel ratio: layout is that of 100 %, only finer.
"""

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QApplication, QWidget

COMPRESSION = 30  # of 100: a fifth larger than the smallest file, in a third of the time
LARGEST_SCALE = 4.0  # 5,760 x 3,600 px of a 1440 x 900 window, about 80 MB in memory


def picture(widget: QWidget, scale: float = 1.0) -> QImage:
    """Returns a widget as an image of ``scale`` pixels a logical px.

    Raises:
        ValueError: If the scale is not above 0 and at most `LARGEST_SCALE`.
    """
    if not 0 < scale <= LARGEST_SCALE:
        raise ValueError(f"scale {scale} is not above 0 and at most {LARGEST_SCALE}")
    widget.ensurePolished()
    app = QApplication.instance()
    if app is not None:
        app.processEvents()
    image = QImage(widget.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.transparent)
    widget.render(image, QPoint(0, 0))
    return image


def save_picture(widget: QWidget, path: Path, scale: float = 1.0) -> Path:
    """Writes a widget as PNG and returns the path.

    Raises:
        OSError: If the file cannot be written.
        ValueError: If the scale is out of range.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    image = picture(widget, scale).convertToFormat(QImage.Format.Format_RGB32)
    writer = QImageWriter(str(path), b"png")
    writer.setCompression(COMPRESSION)
    if not writer.write(image):
        raise OSError(f"cannot write {path}: {writer.errorString()}")
    return path
