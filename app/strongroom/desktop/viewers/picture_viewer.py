# SPDX-License-Identifier: Apache-2.0
"""A picture with its zoom: fit, 100 %, in, out, size in pixels."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import row
from strongroom.desktop.viewers.decoding import Decoded
from strongroom.desktop.viewers.picture_canvas import STEP, PictureCanvas


class PictureViewer(QWidget):
    """Shows a decoded picture; ``canvas`` paints it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = PictureCanvas()
        self.says = Elided("", "text_tertiary", "caption")
        fit = Button("Fit", "ghost", small=True, name="Fit the picture into its room")
        full = Button("100 %", "ghost", small=True, name="Show the picture at 100 %")
        closer = Button("", "ghost", "zoom-in", small=True, name="Zoom in")
        farther = Button("", "ghost", "zoom-out", small=True, name="Zoom out")
        fit.clicked.connect(self.canvas.fit)
        full.clicked.connect(lambda: self.canvas.zoom(1 / self.canvas.scale()))
        closer.clicked.connect(lambda: self.canvas.zoom(STEP))
        farther.clicked.connect(lambda: self.canvas.zoom(1 / STEP))
        self.canvas.moved.connect(self._say)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addWidget(row((self.says, 1), fit, full, farther, closer, spacing=2))
        down.addWidget(self.canvas, 1)

    def show_picture(self, decoded: Decoded, name: str) -> None:
        """Shows a picture; ``name`` says which for people who cannot see it."""
        self.canvas.set_image(decoded.image, decoded.size, name)

    def _say(self) -> None:
        image = self.canvas.image()
        if image.isNull():
            self.says.set_text("")
            return
        size = self.canvas.picture_size()
        self.says.set_text(
            f"{size.width():,} × {size.height():,} pixels, {self.canvas.scale():.0%}"
        )
