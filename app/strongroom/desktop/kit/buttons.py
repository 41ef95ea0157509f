# SPDX-License-Identifier: Apache-2.0
"""Things to press: buttons, menu buttons, switches, check boxes, segmented and underlined tabs.

* One primary button a page. Danger is a red word on an outline.
* Icon-only buttons have a name. The focus ring lies inside the control.
"""

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QMenu, QPushButton, QSizePolicy, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role

Kind = Literal["primary", "secondary", "ghost", "danger"]


class Button(QPushButton):
    """A button: words, icon, or both.

    Args:
        words: The label, may be empty beside an icon.
        kind: ``primary`` filled, ``secondary`` outlined, ``ghost`` bare, ``danger`` red word.
        icon_name: A lucide icon.
        chevron: Shows that it opens a menu.
        name: The accessible name; needed when there are no words.
        small: 24 px high instead of 28.
        tone: Another colour for the word (a ghost that should read as a link: ``accent_text``).
    """

    def __init__(
        self,
        words: str = "",
        kind: Kind = "secondary",
        icon_name: str = "",
        *,
        chevron: bool = False,
        name: str = "",
        small: bool = False,
        tone: Role | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(words, parent)
        self._kind: Kind = kind
        self._icon_name = icon_name
        self._chevron = chevron
        self._small = small
        self._tone = tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(name or words.replace("&", ""))
        if not words and name:
            self.setToolTip(name)

    def set_kind(self, kind: Kind) -> None:
        """Changes how loud the button is."""
        self._kind = kind
        self.update()

    def set_tone(self, tone: Role | None) -> None:
        """Changes the colour of the word; None takes the kind's."""
        self._tone = tone
        self.update()

    def set_words(self, words: str) -> None:
        """Changes label and accessible name together."""
        self.setText(words)
        self.setAccessibleName(words.replace("&", ""))
        self.updateGeometry()

    def set_label(self, words: str) -> None:
        """Changes only what is painted, such as nothing where room is short; the name stays."""
        self.setText(words)
        if not self.toolTip() or self.toolTip() == self.accessibleName():
            self.setToolTip("" if words else self.accessibleName())
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Returns the size of words, icon and chevron with their padding."""
        look = theme()
        words = self._words()
        width = look.width(words, look.font("body", weight=500)) + (24 if words else 0)
        if self._icon_name:
            width += 22 if words else 28
        if self._chevron:
            width += 16
        return QSize(round(width), look.height("control_small" if self._small else "control"))

    def minimumSizeHint(self) -> QSize:
        """Returns the same as `sizeHint`: a button is never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the whole button."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        words_role, mark_role = self._ground(painter, rect)
        words = self._words()
        left = 6.0
        if words:
            left = 8 if self._kind == "ghost" and self._icon_name else 12
        top = round((rect.height() - 16) / 2)
        if self._icon_name:
            alone = not words and not self._chevron
            x = round((rect.width() - 16) / 2) if alone else left
            paint.icon(painter, self._icon_name, x, top, mark_role)
            left += 22
        font = theme().font("body", weight=500)
        inside = QRectF(left, 0, rect.width() - left - 2, rect.height())
        paint.text(painter, inside, words, words_role, font, elide="none")
        if self._chevron:
            y = round((rect.height() - 14) / 2)
            paint.icon(painter, "chevron-down", rect.width() - 20, y, mark_role, 14)
        if self.hasFocus():
            paint.focus_ring(painter, rect)

    def _words(self) -> str:
        return self.text().replace("&", "")

    def _ground(self, painter: QPainter, rect: QRectF) -> tuple[Role, Role]:
        """Paints the ground and returns the roles of words and icon."""
        on = self.isEnabled()
        hot, down = on and self.underMouse(), on and (self.isDown() or self.isChecked())
        if self._kind == "primary" and on:
            fill: Role = "accent_pressed" if down else "accent_hover" if hot else "accent"
            paint.rounded(painter, rect, 6, fill)
            return "text_on_accent", "text_on_accent"
        if self._kind == "primary":
            paint.rounded(painter, rect, 6, "muted_bg", "border_subtle")
        elif self._kind == "ghost":
            if hot or down:
                paint.rounded(painter, rect, 6, "bg_pressed" if down else "bg_hover")
        else:
            fill = "bg_pressed" if down else "bg_hover" if hot else "bg_raised"
            edge: Role = "border_control" if theme().tokens.is_high_contrast else "border_default"
            paint.rounded(painter, rect, 6, fill, edge)
        if not on:
            return "text_disabled", "text_disabled"
        if self._kind == "danger":
            return "bad_text", "bad_icon"
        quiet: Role = (
            "text_tertiary" if self._chevron and self._kind == "ghost" else "text_secondary"
        )
        return self._tone or "text_primary", quiet


class MenuButton(Button):
    """A button that opens a menu; ``chosen`` carries the key of the entry.

    Args:
        words: The label.
        choices: (key, words) of each entry; `set_choices` changes them.
        current: The key that has the tick, "" for a menu of actions.
    """

    chosen = Signal(str)

    def __init__(
        self,
        words: str,
        choices: Sequence[tuple[str, str]] = (),
        current: str = "",
        *,
        kind: Kind = "ghost",
        icon_name: str = "",
        name: str = "",
        small: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        has_words = bool(words)
        super().__init__(
            words, kind, icon_name, chevron=has_words, name=name, small=small, parent=parent
        )
        self._choices = tuple(choices)
        self._current = current
        self.clicked.connect(self.open_menu)

    def set_choices(self, choices: Sequence[tuple[str, str]], current: str = "") -> None:
        """Changes the entries and which one has the tick."""
        self._choices, self._current = tuple(choices), current

    def choices(self) -> tuple[tuple[str, str], ...]:
        """Returns the entries."""
        return self._choices

    def current(self) -> str:
        """Returns the key of the entry with the tick."""
        return self._current

    def build_menu(self) -> QMenu:
        """Returns the menu; the caller owns it."""
        menu = QMenu(self)
        menu.setFont(theme().font("body"))
        for key, words in self._choices:
            if not words:
                menu.addSeparator()
                continue
            action = menu.addAction(words.replace("&", "&&"))
            action.setData(key)
            if self._current:
                action.setCheckable(True)
                action.setChecked(key == self._current)
        return menu

    def open_menu(self) -> None:
        """Opens the menu below the button."""
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.triggered.connect(lambda action: self.choose(str(action.data())))
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def choose(self, key: str) -> None:
        """Chooses an entry as if it had been clicked."""
        if self._current:
            self._current = key
        self.chosen.emit(key)


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
