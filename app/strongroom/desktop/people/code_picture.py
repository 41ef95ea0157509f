# SPDX-License-Identifier: Apache-2.0
"""A QR code on its light ground: dark on light in every theme, whole modules, nothing smoothed."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.domain.qr_code import QUIET, Modules

MODULE_PX = 4  # a phone or a scanner reads 3 px from 30 cm; below, screens blur
LIGHT, DARK = QColor(Qt.GlobalColor.white), QColor(Qt.GlobalColor.black)


class CodePicture(QWidget):
    """Paints a code; it has the same colours in every theme because scanners need them."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._modules: Modules = ()
        self._name = name
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_modules(self, modules: Modules) -> None:
        """Shows a code."""
        self._modules = modules
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        """Returns whole modules with the quiet ground around them."""
        side = (len(self._modules) + 2 * QUIET) * MODULE_PX
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the modules."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), LIGHT)
        for y, modules in enumerate(self._modules):
            for x, dark in enumerate(modules):
                if dark:
                    at = QRect(
                        (x + QUIET) * MODULE_PX, (y + QUIET) * MODULE_PX, MODULE_PX, MODULE_PX
                    )
                    painter.fillRect(at, DARK)
