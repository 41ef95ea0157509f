# SPDX-License-Identifier: Apache-2.0
"""Things to type into: the frame is painted by the parent, the editor inside has none.

* The ring follows the focus. Placeholder text never replaces the accessible name.
* A secret is forgotten as soon as its field is hidden: nobody can see any more what it holds.
"""

from typing import Literal

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role, TextRole

Size = Literal["small", "normal", "large"]
_HEIGHTS = {"small": "control_small", "normal": "control", "large": "control_large"}
COMMENT_LIMIT = 20_000  # characters: more than any policy asks for, far below the event limit


class Field(QWidget):
    """A line to type into; ``edit`` is the line editor.

    Args:
        name: The accessible name.
        placeholder: Grey words while it is empty.
        value: What it holds.
        icon_name: An icon at its left.
        size: ``small`` 24, ``normal`` 28, ``large`` 32 px (dialogs).
        mono: Types in the mono font.
        secret: Shows dots, and is empty again once it is hidden.
        width: A fixed width, 0 lets it grow.
    """

    changed = Signal(str)
    submitted = Signal(str)

    def __init__(
        self,
        name: str,
        placeholder: str = "",
        value: str = "",
        *,
        icon_name: str = "",
        size: Size = "normal",
        mono: bool = False,
        secret: bool = False,
        width: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._size: Size = size
        self._text: TextRole = "mono" if mono else "body"
        self._is_bad = False
        self._width, self._is_secret = width, secret
        self.edit = QLineEdit(value, self)
        self.edit.setFrame(False)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(name)
        self.edit.setTextMargins(-2, 0, 0, 0)
        if secret:
            self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.setFocusProxy(self.edit)
        self.edit.installEventFilter(self)
        self.edit.textChanged.connect(self.changed)
        self.edit.returnPressed.connect(lambda: self.submitted.emit(self.edit.text()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(30 if icon_name else 10, 1, 10, 1)
        layout.addWidget(self.edit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.apply_theme()
        theme().follow(self)

    def text(self) -> str:
        """Returns what it holds."""
        return self.edit.text()

    def set_text(self, value: str) -> None:
        """Changes what it holds."""
        self.edit.setText(value)

    def forget(self) -> None:
        """Empties it, and what Undo would bring back; clearing it by hand would keep that."""
        self.edit.setText("")

    def set_bad(self, *, is_bad: bool) -> None:
        """Marks the content as wrong; the sentence that says why stands beside it."""
        self._is_bad = is_bad
        self.update()

    def apply_theme(self) -> None:
        """Takes over font, height and colours of the look in force."""
        look = theme()
        self.setFixedHeight(look.height(_HEIGHTS[self._size]))
        if self._width:
            self.setFixedWidth(look.scaled(self._width))
        _dress(self.edit, self._text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Repaints the ring when the editor gets or loses the keyboard."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.update()
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Forgets a secret, unless the whole window was only put aside."""
        if self._is_secret and not event.spontaneous():
            self.forget()
        super().hideEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints frame, icon and ring."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        _frame(painter, rect, has_focus=self.edit.hasFocus(), is_bad=self._is_bad)
        if self._icon_name:
            y = round((rect.height() - 16) / 2)
            paint.icon(painter, self._icon_name, 9, y, "text_tertiary")


class SearchField(Field):
    """A field with a magnifying glass; Escape empties it."""

    def __init__(
        self,
        name: str,
        placeholder: str = "",
        *,
        width: int = 0,
        size: Size = "normal",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            name, placeholder or name, icon_name="search", width=width, size=size, parent=parent
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Empties the field on Escape, as long as there is something in it."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
            and self.edit.text()
        ):
            self.edit.clear()
            return True
        return super().eventFilter(watched, event)


class TextArea(QWidget):
    """Several lines of plain text in a painted frame; ``edit`` is the editor."""

    changed = Signal(str)

    def __init__(
        self,
        name: str,
        placeholder: str = "",
        value: str = "",
        *,
        lines: int = 3,
        grows: bool = False,
        mono: bool = False,
        read_only: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lines = lines
        self._grows = grows
        self._is_sunken = mono and read_only
        self._text: TextRole = "mono" if mono else "body"
        self.edit = QPlainTextEdit(value, self)
        thin_bars(self.edit)
        self.edit.setFrameShape(QFrame.Shape.NoFrame)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(name)
        self.edit.setReadOnly(read_only)
        self.edit.setTabChangesFocus(True)
        self.edit.viewport().setAutoFillBackground(False)
        self.setFocusProxy(self.edit)
        self.edit.installEventFilter(self)
        self.edit.textChanged.connect(lambda: self.changed.emit(self.text()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(7, 4, 4, 4)
        layout.addWidget(self.edit)
        self.apply_theme()
        theme().follow(self)

    def text(self) -> str:
        """Returns what it holds, at most `COMMENT_LIMIT` characters of it."""
        return self.edit.toPlainText()[:COMMENT_LIMIT]

    def set_text(self, value: str) -> None:
        """Changes what it holds."""
        self.edit.setPlainText(value)

    def apply_theme(self) -> None:
        """Takes over font, height and colours of the look in force."""
        look = theme()
        height = look.line(self._text) * self._lines + 20
        if self._grows:
            self.setMinimumHeight(height)
        else:
            self.setFixedHeight(height)
        _dress(self.edit, self._text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Repaints the ring when the editor gets or loses the keyboard."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.update()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints frame and ring."""
        painter = QPainter(self)
        ground: Role = "bg_sunken" if self._is_sunken else "bg_surface"
        rect = QRectF(self.rect())
        _frame(painter, rect, has_focus=self.edit.hasFocus(), is_bad=False, ground=ground)


def _dress(edit: QWidget, text: TextRole) -> None:
    """Gives an editor the font and colours of the look, on the ground its frame paints."""
    look = theme()
    edit.setFont(look.font(text))
    palette = QPalette(edit.palette())
    palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
    palette.setColor(QPalette.ColorRole.Text, look.colour("text_primary"))
    palette.setColor(QPalette.ColorRole.PlaceholderText, look.colour("text_tertiary"))
    edit.setPalette(palette)


def _frame(
    painter: QPainter,
    rect: QRectF,
    *,
    has_focus: bool,
    is_bad: bool,
    ground: Role = "bg_surface",
) -> None:
    quiet: Role = "border_control" if theme().tokens.is_high_contrast else "border_default"
    edge: Role = "bad_icon" if is_bad else quiet
    paint.rounded(painter, rect, 6, ground, edge)
    if has_focus:
        paint.focus_ring(painter, rect)
