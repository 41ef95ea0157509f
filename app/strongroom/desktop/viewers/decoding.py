# SPDX-License-Identifier: Apache-2.0
"""Turns checked picture bytes into pixels, on a worker, and never into more than a limit.

* The size is read from the header and judged before a pixel is decoded.
* The format is the one the bytes were found to have; Qt does not guess another.
* An SVG arrives already written again (`services.views.svg`); it names nothing outside itself.
"""

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter
from PySide6.QtSvg import QSvgRenderer

from strongroom.services.views.shapes import PictureView

MOST_PIXELS = 40_000_000  # of a decoded picture: 160 MB
SVG_SIDE = 2_400  # px an SVG is drawn at, so that zooming in stays sharp
MOST_SVG_UNITS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Pixels, the size the file states, or the reason why there are none."""

    image: QImage
    size: QSize
    why: str = ""


def decode(view: PictureView) -> Decoded:
    """Returns the pixels of a picture; a null image with the reason where there are none."""
    return _drawing(view.data) if view.format == "svg" else _pixels(view)


def _pixels(view: PictureView) -> Decoded:
    buffer = QBuffer()
    buffer.setData(QByteArray(view.data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(view.format.encode()))
    reader.setAutoDetectImageFormat(False)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid():
        return _nothing("The picture cannot be read: its header is damaged.")
    if size.width() * size.height() > MOST_PIXELS:
        said = f"{size.width():,} × {size.height():,}"
        return _nothing(f"The picture says it has {said} pixels, over the limit of 40 million.")
    image = reader.read()
    if image.isNull():
        return _nothing("The picture cannot be read: it is damaged.")
    return Decoded(image=image, size=image.size())


def _drawing(data: bytes) -> Decoded:
    renderer = QSvgRenderer(QByteArray(data))
    if not renderer.isValid():
        return _nothing("The drawing cannot be read: it is damaged.")
    box = renderer.viewBoxF()
    natural = renderer.defaultSize()
    size = natural if not natural.isEmpty() else box.size().toSize()
    if size.isEmpty() or max(size.width(), size.height()) > MOST_SVG_UNITS:
        return _nothing("The drawing states no size, or one beyond any screen.")
    renderer.setAspectRatioMode(Qt.AspectRatioMode.KeepAspectRatio)
    factor = max(1.0, min(4.0, SVG_SIDE / max(size.width(), size.height())))
    wanted = size * factor
    if wanted.width() * wanted.height() > MOST_PIXELS:
        wanted = size.scaled(QSize(SVG_SIDE, SVG_SIDE), Qt.AspectRatioMode.KeepAspectRatio)
    image = QImage(wanted, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    return Decoded(image=image, size=size)


def _nothing(why: str) -> Decoded:
    return Decoded(image=QImage(), size=QSize(), why=why)
