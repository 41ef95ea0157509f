# SPDX-License-Identifier: Apache-2.0
"""The line under the mouse, painted once more and thicker over the picture that is there.

Laws: the picture below is never drawn again for it; only pixels of the line are touched, so it
costs the same with two lines and with two hundred; while the view moves the picture moves with it,
and what comes into sight is added once it rests (``catch_up``).
"""

import numpy as np

from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage

from strongroom.desktop.charts import ink
from strongroom.desktop.charts.image import pixels_of
from strongroom.desktop.charts.layer import Quality, Stroke, View, spans_of


class Highlight:
    """Keeps a transparent picture of one line."""

    def __init__(self) -> None:
        self.stroke: Stroke | None = None
        self.is_behind = False  # the view has moved since the line was painted
        self._image: QImage | None = None
        self._inked = np.empty(0, np.int64)
        self._made_of: tuple[Stroke, View] | None = None

    def picture(self, view: View) -> tuple[QImage, QPoint] | None:
        """Returns the line as a picture and where it lies in ``view``; None without a line."""
        stroke, made = self.stroke, self._made_of
        if stroke is None:
            return None
        if made is None or made[0] is not stroke or not made[1].has_scale_of(view):
            self._paint(stroke, view)
            made = stroke, view
        assert self._image is not None  # noqa: S101 - it has just been painted, or was before
        offset = QPoint(made[1].column - view.column, made[1].row - view.row)
        self.is_behind = not offset.isNull()
        return self._image, offset

    def catch_up(self) -> None:
        """Has the line painted anew with the next paint if the view has moved."""
        if self.is_behind:
            self.is_behind, self._made_of = False, None

    def _paint(self, stroke: Stroke, view: View) -> None:
        image = self._image
        if image is None or (image.width(), image.height()) != (view.width, view.height):
            image = QImage(view.width, view.height, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(0)
            self._image, self._inked = image, np.empty(0, np.int64)
        pixels = pixels_of(image)
        flat = pixels.reshape(-1)
        flat[self._inked] = 0
        spans = spans_of((stroke,), view, 0, view.width, Quality.FINE, view.row)
        where, alpha, _ = ink.covered(
            spans, pixels.shape[1], left=0, rows=(0, view.height), shift=0
        )
        flat[where] = _premultiplied(stroke.colour, alpha)
        self._inked, self._made_of = where, (stroke, view)


def _premultiplied(colour: int, alpha: ink.Pixels) -> ink.Pixels:
    """Returns ``colour`` with ``alpha`` of 256, each part scaled by it."""
    opaque = np.minimum(alpha, 255).astype(np.uint32)
    mixed: ink.Pixels = opaque << np.uint32(24)
    for shift in (16, 8, 0):
        part = np.uint32((colour >> shift) & 0xFF) * opaque // np.uint32(255)
        mixed |= (part << np.uint32(shift)).astype(np.uint32)
    return mixed
