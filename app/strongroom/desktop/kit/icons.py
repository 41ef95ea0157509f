# SPDX-License-Identifier: Apache-2.0
"""Icons: lucide outlines, tinted by role, rendered once for each size and pixel ratio.

* The stroke is 1.4 px at every size: ``stroke-width = 1.4 * 24 / size``.
* An icon that does not ship is a programming error and says so.
"""

from functools import lru_cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from strongroom.desktop.kit.resources import resource

STROKE_PX = 1.4
CACHED_PIXMAPS = 2048  # about 130 icons x a few tints, sizes and pixel ratios


@lru_cache(maxsize=256)
def _outline(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=CACHED_PIXMAPS)
def icon_pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """Returns one icon as a pixmap of ``size`` logical px at pixel ratio ``ratio``.

    Raises:
        FileNotFoundError: If the icon does not ship.
    """
    stroke = f'stroke-width="{STROKE_PX * 24 / size:.3f}"'
    svg = _outline(name).replace("currentColor", colour).replace('stroke-width="2"', stroke)
    image = QImage(
        round(size * ratio), round(size * ratio), QImage.Format.Format_ARGB32_Premultiplied
    )
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(svg.encode())).render(painter)
    painter.end()
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
