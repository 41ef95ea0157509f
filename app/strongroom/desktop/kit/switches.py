# SPDX-License-Identifier: Apache-2.0
"""What is on or off: check boxes and toggles; the focus ring lies inside the control."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role


class _OnOff(QCheckBox):
    """What is on or off, with its words; a click anywhere on it counts."""

    def __init__(
        self, words: str = "", *, on: bool = False, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(words, parent)
        self.setChecked(on)
        self.setAccessibleName(name or words)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def hitButton(self, place: QPoint) -> bool:
        """Returns whether a click there toggles: anywhere."""
        return self.rect().contains(place)


class Check(_OnOff):
    """A check box with its words."""

    def sizeHint(self) -> QSize:
        """Returns box and words."""
        look = theme()
        words = look.width(self.text(), look.font()) + 10 if self.text() else 0
        return QSize(round(words) + 18, look.height("control_small"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints box, words and focus ring."""
        painter = QPainter(self)
        middle = self.height() / 2
        state = {
            Qt.CheckState.Checked: True,
            Qt.CheckState.Unchecked: False,
            Qt.CheckState.PartiallyChecked: None,
        }[self.checkState()]
        paint.check_box(painter, 2, middle, state, enabled=self.isEnabled())
        role: Role = "text_primary" if self.isEnabled() else "text_disabled"
        inside = QRectF(24, 0, self.width() - 24, self.height())
        paint.text(painter, inside, self.text(), role, theme().font())
        if self.hasFocus():
            paint.focus_ring(painter, QRectF(0, round(middle - 9), 18, 18), 6)


class Toggle(_OnOff):
    """A switch with its words."""

    def sizeHint(self) -> QSize:
        """Returns switch and words."""
        look = theme()
        return QSize(round(look.width(self.text(), look.font())) + 40, look.height("control"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints switch, words and focus ring."""
        painter = QPainter(self)
        middle, on = self.height() / 2, self.isChecked()
        track = QRectF(0, middle - 8, 28, 16)
        paint.rounded(
            painter, track, 8, "accent" if on else "bg_surface", None if on else "border_control"
        )
        knob = QRectF(14, middle - 6, 12, 12) if on else QRectF(3.5, middle - 4.5, 9, 9)
        paint.rounded(painter, knob, knob.width() / 2, "text_on_accent" if on else "border_control")
        role: Role = "text_primary" if self.isEnabled() else "text_disabled"
        inside = QRectF(36, 0, self.width() - 36, self.height())
        paint.text(painter, inside, self.text(), role, theme().font())
        if self.hasFocus():
            paint.focus_ring(painter, track.adjusted(0, -2, 2, 2), 10)
