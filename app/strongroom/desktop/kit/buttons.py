# SPDX-License-Identifier: Apache-2.0
"""Things to press: buttons, and buttons that open a menu.

* One primary button a page. Danger is a red word on an outline.
* Icon-only buttons have a name. The focus ring lies inside the control.
"""

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from strongroom.desktop.kit import only_read, paint
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
        changes: It changes the store: it stays off while that is only read, and says why.
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
        changes: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(words, parent)
        if changes:
            self.setProperty(only_read.MARK, True)
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

    def setEnabled(self, on: bool) -> None:
        """Turns the button on or off; what changes a store that is only read stays off."""
        super().setEnabled(on and not self._why_off())

    def showEvent(self, event: QShowEvent) -> None:
        """Looks whether the store it stands above may be changed."""
        if self.property(only_read.MARK):
            only_read.hold(self)
        super().showEvent(event)

    def setToolTip(self, words: str) -> None:
        """Says something about the button; why it is off comes before that."""
        super().setToolTip(self._why_off() or words)

    def _why_off(self) -> str:
        return only_read.only_read(self) if self.property(only_read.MARK) else ""

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
