# SPDX-License-Identifier: Apache-2.0
"""Two pictures compared: beside each other in step, under a slider, blended, or their difference.

* Zoom and place are the same on both sides, whichever side moves.
* Sizes that differ are said; the difference is of the part both have.
"""

from dataclasses import dataclass

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QHideEvent, QImage
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.compare.picture_layers import (
    Layering,
    PictureLayers,
    PixelDifference,
    pixel_difference,
)
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.viewers.decoding import Decoded
from strongroom.desktop.viewers.picture_canvas import PictureCanvas

SIDE = "side"
MODES = (
    (SIDE, "Side by side"),
    (Layering.SLIDER.value, "Slider"),
    (Layering.BLEND.value, "Blend"),
    (Layering.DIFFERENCE.value, "Difference"),
)
BLINK_MS = 700  # slow enough to look, fast enough to see what jumps


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePair:
    """Two decoded pictures and how they differ; made on a worker."""

    left: Decoded
    right: Decoded
    difference: PixelDifference

    @classmethod
    def of(cls, left: Decoded, right: Decoded) -> "PicturePair":
        """Returns the pair with its difference."""
        return cls(left=left, right=right, difference=pixel_difference(left.image, right.image))

    @property
    def has_one_size(self) -> bool:
        """Whether both are of the same size."""
        return self.left.size == self.right.size


class PictureDiff(QWidget):
    """Shows a pair."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.picture_diff")
        self.modes = Segmented(MODES, SIDE, name="How to compare pictures")
        self.blinking = Check("Blink")
        self.note = Elided("", "text_secondary", "dense")
        self.left, self.right = PictureCanvas(), PictureCanvas()
        self.layers = PictureLayers()
        self._is_following = False
        beside = row((self.left, 1), (self.right, 1), spacing=8)
        self.stack = QStackedWidget()
        self.stack.addWidget(beside)
        self.stack.addWidget(self.layers)
        down = QVBoxLayout(self)
        down.setContentsMargins(16, 8, 16, 12)
        down.setSpacing(8)
        down.addWidget(row(self.modes, self.blinking, (self.note, 1)))
        down.addWidget(self.stack, 1)
        self._pulse = QTimer(self)
        self._pulse.setInterval(BLINK_MS)
        self._pulse.timeout.connect(self.layers.blink)
        self.modes.changed.connect(self._on_mode)
        self.blinking.toggled.connect(self._on_blinking)
        self.left.moved.connect(lambda: self._follow(self.left, self.right))
        self.right.moved.connect(lambda: self._follow(self.right, self.left))
        self._on_mode(SIDE)

    def show_pair(self, pair: PicturePair, names: tuple[str, str]) -> None:
        """Shows two pictures by the names of their runs."""
        self._is_following = True
        self.left.set_image(pair.left.image, pair.left.size, f"of {names[0]}")
        self.right.set_image(pair.right.image, pair.right.size, f"of {names[1]}")
        self._is_following = False
        sizes = (pair.left.size, pair.right.size)
        self.layers.set_pair(
            pair.left.image, pair.right.image, sizes, f"of {names[0]} and {names[1]}"
        )
        self.layers.set_difference(pair.difference.image)
        self.note.set_text(words_of(pair))

    def hideEvent(self, event: QHideEvent) -> None:
        """Stops blinking."""
        super().hideEvent(event)
        self._pulse.stop()
        self.blinking.setChecked(False)

    def _on_mode(self, mode: str) -> None:
        self.blinking.setVisible(mode == Layering.BLEND)
        if mode != Layering.BLEND:
            self.blinking.setChecked(False)
        if mode == SIDE:
            self.stack.setCurrentIndex(0)
            return
        self.layers.set_layering(Layering(mode))
        self.stack.setCurrentIndex(1)

    def _on_blinking(self, on: bool) -> None:
        if on:
            self.layers.set_share(0.0)
            self._pulse.start()
        else:
            self._pulse.stop()

    def _follow(self, moved: PictureCanvas, other: PictureCanvas) -> None:
        if self._is_following:
            return
        self._is_following = True
        other.set_view(0.0 if moved.is_fitted() else moved.scale(), moved.centre())
        self._is_following = False


def words_of(pair: PicturePair) -> str:
    """Returns in one sentence how two pictures differ."""
    for side, decoded in (("left", pair.left), ("right", pair.right)):
        if decoded.image.isNull():
            return f"The {side} picture cannot be shown: {decoded.why}"
    found = pair.difference
    what = "of the pixels" if pair.has_one_size else "of the common pixels"
    words = (
        "No pixel differs"
        if not found.most
        else (f"{_share(found.share)} {what} differ, by at most {found.most} of 255")
    )
    if not pair.has_one_size:
        words = f"Sizes differ: {_size(pair.left.size)} and {_size(pair.right.size)}. {words}"
    return words


def _share(share: float) -> str:
    percent = share * 100
    return "Less than 0.1 %" if 0 < percent < 0.1 else f"{percent:.1f} %"


def _size(size: QSize) -> str:
    return f"{size.width():,} × {size.height():,}"


def nothing(why: str) -> Decoded:
    """Returns a picture that is not there, with the reason."""
    return Decoded(image=QImage(), size=QSize(), why=why)
