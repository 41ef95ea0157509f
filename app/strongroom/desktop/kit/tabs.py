# SPDX-License-Identifier: Apache-2.0
"""One of a few: underlined tabs and segments; Left and Right move, one is always open."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role


class Tabs(QWidget):
    """Underlined tabs of a detail page; Left and Right move, ``changed`` carries the key.

    Args:
        items: (key, words) of each tab.
        current: The key of the open one, "" opens the first.
        counts: A number behind the words of a key.
        name: What they choose between.
    """

    changed = Signal(str)
    _gap = (10, 20)  # px between two tabs, at least and at most

    def __init__(
        self,
        items: Sequence[tuple[str, str]],
        current: str = "",
        counts: dict[str, int] | None = None,
        *,
        name: str = "Tabs",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._items = tuple(items)
        self._current = current or self._items[0][0]
        self._counts = dict(counts or {})
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = name
        self._name()

    def current(self) -> str:
        """Returns the key of the open tab."""
        return self._current

    def set_current(self, key: str) -> None:
        """Opens a tab; says so only if it is another one.

        "" marks none, where what is open has no tab here; nobody is told.

        Raises:
            ValueError: If there is no such tab.
        """
        if key and key not in [item for item, _ in self._items]:
            raise ValueError(f"no tab {key}")
        if key == self._current:
            return
        self._current = key
        self._name()
        self.update()
        if key:
            self.changed.emit(key)

    def set_counts(self, counts: dict[str, int]) -> None:
        """Changes the numbers behind the words."""
        self._counts = dict(counts)
        self._name()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns all tabs side by side."""
        gaps = self._gap[1] * (len(self._items) - 1)
        return QSize(sum(self._widths()) + gaps + 2, theme().line() + 16)

    def minimumSizeHint(self) -> QSize:
        """Returns the words alone, as close together as they can be read."""
        least = self._gap[0] * (len(self._items) - 1)
        width = sum(self._widths(has_counts=False)) + least + 2
        return QSize(width, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves with Left, Right, Home and End."""
        keys = [key for key, _ in self._items]
        at = keys.index(self._current) if self._current else -1
        target = {
            Qt.Key.Key_Left: max(0, at - 1),
            Qt.Key.Key_Right: min(len(keys) - 1, at + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(keys) - 1,
        }.get(Qt.Key(event.key()))
        if target is None:
            super().keyPressEvent(event)
        else:
            self.set_current(keys[target])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Opens the tab under the mouse."""
        for (key, _), rect in zip(self._items, self._rects(), strict=True):
            if rect.contains(event.position()):
                self.set_current(key)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints words, counts and the line below the open tab."""
        painter = QPainter(self)
        look = theme()
        height = self.height()
        paint.hairline(painter, QRectF(0, height - 1, self.width(), 1))
        font = look.font("body", weight=500)
        counts = self._counts if self._has_room() else {}
        for (key, words), rect in zip(self._items, self._rects(), strict=True):
            on = key == self._current
            role: Role = "text_primary" if on else "text_secondary"
            paint.text(painter, rect, words, role, font, elide="none")
            if key in counts:
                count = rect.adjusted(look.width(words, font) + 6, 0, 6, 0)
                paint.text(
                    painter, count, f"{self._counts[key]:,}", "text_tertiary", look.font("caption")
                )
            if on:
                paint.hairline(painter, QRectF(rect.x(), height - 2, rect.width(), 2), "accent")
                if self.hasFocus():
                    paint.focus_ring(painter, rect.adjusted(-6, 4, 6, -5), 4)

    def _has_room(self) -> bool:
        """Whether words and counts fit; counts go first, the words stay whole."""
        least = self._gap[0] * (len(self._items) - 1)
        return sum(self._widths()) + least <= self.width()

    def _widths(self, *, has_counts: bool = True) -> list[int]:
        look = theme()
        font, small = look.font("body", weight=500), look.font("caption")
        widths = []
        for key, words in self._items:
            width = round(look.width(words, font))
            if has_counts and key in self._counts:
                width += 6 + round(look.width(f"{self._counts[key]:,}", small))
            widths.append(width)
        return widths

    def _rects(self) -> list[QRectF]:
        widths, (least, most) = self._widths(has_counts=self._has_room()), self._gap
        spare = (self.width() - sum(widths) - 2) // max(1, len(widths) - 1)
        gap = max(least, min(most, spare))
        rects = []
        left = 0.0
        for width in widths:
            rects.append(QRectF(left, 0, width, self.height() - 1))
            left += width + gap
        return rects

    def _name(self) -> None:
        words = dict(self._items).get(self._current, "none of these")
        count = f", {self._counts[self._current]:,}" if self._current in self._counts else ""
        self.setAccessibleName(f"{self._title}: {words}{count}")


class Segmented(Tabs):
    """The same choice as joined buttons, for the page bar."""

    def __init__(
        self,
        items: Sequence[tuple[str, str]],
        current: str = "",
        counts: dict[str, int] | None = None,
        *,
        name: str = "Show",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(items, current, counts, name=name, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Returns all segments side by side."""
        return QSize(round(self._rects()[-1].right()) + 2, theme().height("control"))

    def minimumSizeHint(self) -> QSize:
        """Returns the same as `sizeHint`."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the trough, the raised segment, words and counts."""
        painter = QPainter(self)
        look = theme()
        whole = QRectF(self.rect())
        paint.rounded(painter, whole, 6, "muted_bg")
        font = look.font("body", weight=500)
        raised: Role = "bg_pressed" if look.tokens.is_dark else "bg_surface"
        for (key, words), rect in zip(self._items, self._rects(), strict=True):
            on = key == self._current
            if on:
                paint.rounded(painter, rect, 5, raised, "border_default")
            role: Role = "text_primary" if on else "text_secondary"
            inside = rect.adjusted(12, -1, 0, 1)
            paint.text(painter, inside, words, role, font, elide="none")
            if key in self._counts:
                small = look.font("caption")
                count = rect.adjusted(0, 0, -12, 0)
                paint.text(
                    painter, count, f"{self._counts[key]:,}", "text_tertiary", small, "right"
                )
        if self.hasFocus():
            paint.focus_ring(painter, whole)

    def _rects(self) -> list[QRectF]:
        look = theme()
        font, small = look.font("body", weight=500), look.font("caption")
        rects = []
        left = 2.0
        height = look.height("control") - 4
        for key, words in self._items:
            width = round(look.width(words, font)) + 24
            if key in self._counts:
                width += 6 + round(look.width(f"{self._counts[key]:,}", small))
            rects.append(QRectF(left, 2, width, height))
            left += width
        return rects
