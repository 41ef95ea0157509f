# SPDX-License-Identifier: Apache-2.0
"""A number with a smaller and a larger button; the arrow keys do the same."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role


class Stepper(QWidget):
    """A bounded whole number; ``changed`` carries it.

    Args:
        name: What the number is.
        value: What it is now.
        low: The least.
        high: The greatest.
        step: How far one press goes; a value between two steps goes to the next one.
        unit: What stands behind the number.
    """

    changed = Signal(int)

    def __init__(
        self,
        name: str,
        value: int,
        low: int,
        high: int,
        *,
        step: int = 1,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name, self._value = name, value
        self._low, self._high, self._step, self._unit = low, high, step, unit
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say()

    def value(self) -> int:
        """Returns the number."""
        return self._value

    def set_value(self, value: int) -> None:
        """Shows another number without telling."""
        self._value = max(self._low, min(self._high, value))
        self._say()

    def step(self, direction: int) -> None:
        """Goes to the next step up (1) or down (-1) and tells."""
        steps = (self._value - self._low) / self._step
        at = int(steps) + 1 if direction > 0 else -int(-steps // 1) - 1
        before = self._value
        self.set_value(self._low + at * self._step)
        if self._value != before:
            self.changed.emit(self._value)

    def words(self) -> str:
        """Returns the number with its unit."""
        return f"{self._value} {self._unit}".rstrip()

    def sizeHint(self) -> QSize:
        """Returns room for both buttons and the widest number."""
        look = theme()
        widest = max(
            look.width(f"{end} {self._unit}".rstrip(), look.font("body", tabular=True))
            for end in (self._low, self._high)
        )
        return QSize(round(widest) + 24 + 2 * self._side(), look.height("control"))

    def minimumSizeHint(self) -> QSize:
        """Returns the same as `sizeHint`: a number is never cut."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Steps with the arrows, goes to an end with Home and End."""
        key = event.key()
        if key in {Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Plus}:
            self.step(1)
        elif key in {Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Minus}:
            self.step(-1)
        elif key in {Qt.Key.Key_Home, Qt.Key.Key_End}:
            before = self._value
            self.set_value(self._low if key == Qt.Key.Key_Home else self._high)
            if self._value != before:
                self.changed.emit(self._value)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Steps where a button was pressed."""
        if event.position().x() < self._side():
            self.step(-1)
        elif event.position().x() > self.width() - self._side():
            self.step(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints frame, signs and number."""
        painter = QPainter(self)
        look, rect, side = theme(), QRectF(self.rect()), self._side()
        quiet: Role = "border_control" if look.tokens.is_high_contrast else "border_default"
        paint.rounded(painter, rect, 6, "bg_raised", quiet)
        middle = round((rect.height() - 14) / 2)
        ends = ((self._low, "minus", 0.0), (self._high, "plus", rect.width() - side))
        for end, icon, left in ends:
            can = self.isEnabled() and self._value != end
            tint: Role = "text_secondary" if can else "text_disabled"
            paint.icon(painter, icon, left + (side - 14) / 2, middle, tint, 14)
        role: Role = "text_primary" if self.isEnabled() else "text_disabled"
        font = look.font("body", tabular=True)
        inside = rect.adjusted(side, 0, -side, 0)
        for edge in (inside.left(), inside.right()):
            paint.hairline(painter, QRectF(edge, 6, 1, rect.height() - 12), "border_subtle")
        paint.text(painter, inside, self.words(), role, font, "centre", "none")
        if self.hasFocus():
            paint.focus_ring(painter, rect)

    def _side(self) -> int:
        return max(28, theme().height("control"))

    def _say(self) -> None:
        self.setAccessibleName(f"{self._name}: {self.words()}")
        self.update()
