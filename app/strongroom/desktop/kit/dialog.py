# SPDX-License-Identifier: Apache-2.0
"""Dialogs and wizards: their own window, title with act and object, body, footer.

* The footer has the reason at the left and the actions at the right, the primary one last.
* For anything that will be signed, Cancel is the default and has the keyboard.
* A wizard says on every page what has and what has not been written yet.
* A dialog that was left goes, with all that was typed into it; one whose change is still on its
  way goes after that, because somebody has to hear what became of it.
"""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.buttons import Button, Kind
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Surface, clear
from strongroom.desktop.kit.theme import theme


class Dialog(QDialog):
    """A dialog frame; fill it with `set_body`, add actions in reading order.

    Args:
        window_title: Act and object, such as ``Review request 5e07 b2a9``.
        title: The heading in the body, "" for none.
        sentence: The line below the heading.
        width: Px at 100 %.
        height: Px at 100 %, 0 as high as the content.
        cancel: The words of the button that leaves.
        cancel_is_default: For anything signed: Enter leaves, and Cancel has the keyboard.
    """

    def __init__(
        self,
        window_title: str,
        *,
        title: str = "",
        sentence: str = "",
        width: int = 480,
        height: int = 0,
        cancel: str = "Cancel",
        cancel_is_default: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(window_title)
        self.setModal(parent is not None)
        self._changes, self._is_left = 0, False
        self.finished.connect(self._on_finished)
        self._cancel_is_default = cancel_is_default
        self._heading = Label(title, text="title", wrap=True)
        self._sentence = Label(sentence, "text_secondary", wrap=True)
        self.head = QVBoxLayout()
        self.head.setContentsMargins(20, 14, 20, 10)
        self.head.setSpacing(2)
        self.head.addWidget(self._heading)
        self.head.addWidget(self._sentence)
        self._heading.setVisible(bool(title))
        self._sentence.setVisible(bool(sentence))
        self._fault = QVBoxLayout()
        self._body = QVBoxLayout()
        self._aside, self._reason = QHBoxLayout(), QHBoxLayout()
        self._actions = QHBoxLayout()
        self._actions.setSpacing(8)
        self.cancel_button = self.add_action(cancel)
        self.cancel_button.clicked.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        if title:
            outer.addLayout(self.head)
        outer.addLayout(self._fault)
        outer.addLayout(self._body, 1)
        self._footer = self._make_footer()
        outer.addWidget(self._footer)
        look = theme()
        self.resize(look.scaled(width), look.scaled(height) if height else self.sizeHint().height())
        self.setMinimumWidth(min(360, width))

    def set_heading(self, title: str, sentence: str = "") -> None:
        """Changes heading and sentence, and makes room if they need more lines."""
        self._heading.setText(title)
        self._sentence.setText(sentence)
        self._heading.setVisible(bool(title))
        self._sentence.setVisible(bool(sentence))
        self._grow()

    def set_body(
        self, body: QWidget, *, margins: tuple[int, int, int, int] = (20, 4, 20, 16)
    ) -> None:
        """Puts the content in."""
        clear(self._body)
        self._body.setContentsMargins(*margins)
        self._body.addWidget(body)

    def add_action(
        self, words: str, kind: Kind = "secondary", icon_name: str = "", *, closes: bool = False
    ) -> Button:
        """Adds a button at the right end of the footer; ``closes`` accepts the dialog."""
        button = Button(words, kind, icon_name)
        if closes:
            button.clicked.connect(self.accept)
        self._actions.addWidget(button)
        return button

    def add_aside(self, words: str, kind: Kind = "ghost") -> Button:
        """Adds a button at the left end of the footer, apart from those that answer."""
        button = Button(words, kind)
        self._aside.addWidget(button)
        return button

    def set_reason(self, words: str, tone: Tone = "mute", icon_name: str = "") -> None:
        """Says at the left of the footer why an action is disabled, or what will happen."""
        clear(self._reason)
        if words:
            icons = {"bad": "circle-alert", "warn": "triangle-alert", "ok": "circle-check"}
            self._reason.addWidget(
                MarkLabel.for_icon(icon_name or icons.get(tone, "info"), words, tone)
            )

    def show_fault(self, bar: QWidget) -> None:
        """Shows the bar of a fault above the body."""
        self.clear_fault()
        self._fault.setContentsMargins(20, 8, 20, 8)
        self._fault.addWidget(bar)
        self._grow()

    def clear_fault(self) -> None:
        """Takes the bar of a fault away."""
        clear(self._fault)
        self._fault.setContentsMargins(0, 0, 0, 0)

    @property
    def is_left(self) -> bool:
        """Whether it was closed; nobody sees what it would show."""
        return self._is_left

    def change_began(self) -> None:
        """Stays until a change it started has ended."""
        self._changes += 1

    def change_ended(self) -> None:
        """Goes if it was left and waits for no other change."""
        self._changes -= 1
        self._go_if_left()

    def _on_finished(self) -> None:
        self._is_left = True
        self._go_if_left()

    def _go_if_left(self) -> None:
        if self._is_left and not self._changes and self.parent() is not None:
            self.deleteLater()

    def _grow(self) -> None:
        """Takes the height that wrapped words need at this width; never shrinks."""
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():
            needed = layout.totalHeightForWidth(self.width())
            self.resize(self.width(), max(self.height(), needed))

    def showEvent(self, event: QShowEvent) -> None:
        """Gives the keyboard to Cancel where something will be signed, else to the first input."""
        super().showEvent(event)
        self._grow()
        inputs = [
            widget
            for widget in self.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and widget.isVisibleTo(self)
            and not self._footer.isAncestorOf(widget)
        ]
        if inputs:
            QWidget.setTabOrder(inputs[-1], self.cancel_button)
        if self._cancel_is_default:
            self.cancel_button.setFocus(Qt.FocusReason.TabFocusReason)
        elif inputs and self.focusWidget() in {None, self.cancel_button}:
            inputs[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leaves on Enter where Cancel is the default; presses the focused button otherwise."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            focused = self.focusWidget()
            if isinstance(focused, Button) and focused is not self.cancel_button:
                focused.click()
            elif self._cancel_is_default:
                self.reject()
            else:
                self.press_primary()
            return
        super().keyPressEvent(event)

    def press_primary(self) -> None:
        """Presses the last button of the footer if it is enabled and not Cancel."""
        item = self._actions.itemAt(self._actions.count() - 1)
        button = item.widget() if item is not None else None
        if isinstance(button, Button) and button is not self.cancel_button and button.isEnabled():
            button.click()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the ground."""
        paint.hairline(QPainter(self), QRectF(self.rect()), "bg_surface")

    def _make_footer(self) -> Surface:
        footer = Surface("bg_surface", "t")
        footer.setFixedHeight(theme().scaled(56))
        across = QHBoxLayout(footer)
        across.setContentsMargins(20, 1, 20, 0)
        across.setSpacing(16)
        across.addLayout(self._aside)
        across.addLayout(self._reason, 1)
        across.addStretch(0)
        across.addLayout(self._actions)
        return footer


class Steps(QWidget):
    """The steps of a wizard at its left, each with what it found.

    Args:
        titles: The names of the steps.
    """

    def __init__(self, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = tuple(titles)
        self._found = [""] * len(titles)
        self._current = 0
        self.apply_theme()
        theme().follow(self)
        self._name()

    def set_current(self, step: int) -> None:
        """Says which step is open; those before it are done."""
        self._current = step
        self._name()
        self.update()

    def set_found(self, step: int, words: str) -> None:
        """Says what a step found."""
        self._found[step] = words
        self.update()

    def apply_theme(self) -> None:
        """Takes over the width of the look in force."""
        self.setFixedWidth(theme().scaled(176))

    def sizeHint(self) -> QSize:
        """Returns the room of all steps."""
        return QSize(theme().scaled(176), theme().scaled(20 + 52 * len(self._titles)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground, circles, names and findings."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        paint.hairline(painter, rect, "bg_sunken")
        paint.hairline(painter, QRectF(rect.width() - 1, 0, 1, rect.height()))
        look = theme()
        pitch = look.scaled(52)
        for at, title in enumerate(self._titles):
            self._step(painter, 20 + at * pitch, at, title)
            if at < len(self._titles) - 1:
                join = QRectF(25.5, 20 + at * pitch + 26, 1, pitch - 28)
                paint.hairline(painter, join, "border_default")

    def _step(self, painter: QPainter, top: int, at: int, title: str) -> None:
        look = theme()
        circle = QRectF(16, top + 2, 20, 20)
        number = look.font("caption", weight=600)
        is_done, is_open = at < self._current, at == self._current
        if is_done:
            paint.rounded(painter, circle, 10, "accent_subtle")
            paint.icon(painter, "check", 19, top + 5, "accent_text", 14)
        elif is_open:
            paint.rounded(painter, circle, 10, "accent")
            paint.text(painter, circle, str(at + 1), "text_on_accent", number, "centre")
        else:
            paint.rounded(painter, circle, 10, None, "border_control")
            paint.text(painter, circle, str(at + 1), "text_tertiary", number, "centre")
        found = self._found[at]
        line = look.line("body")
        words = QRectF(46, top - 1 if found else top + 2, self.width() - 54, line)
        font = look.font("body", weight=600 if is_open else 500)
        role = "text_primary" if is_open or is_done else "text_secondary"
        paint.text(
            painter,
            words,
            title,
            "text_primary" if role == "text_primary" else "text_secondary",
            font,
        )
        under = QRectF(46, top - 5 + line, self.width() - 50, look.line("caption"))
        paint.text(painter, under, found, "text_tertiary", look.font("caption", weight=400))

    def _name(self) -> None:
        current = self._titles[self._current]
        self.setAccessibleName(f"Step {self._current + 1} of {len(self._titles)}: {current}")


class Wizard(Dialog):
    """A dialog in steps; `add_page` in order, `go_to` to move, the caller decides when.

    Args:
        window_title: Act and object.
        steps: The names of the steps.
        next_words: The words of the primary button at the start.
        width: Px at 100 %.
        height: Px at 100 %.
    """

    def __init__(
        self,
        window_title: str,
        steps: Sequence[str],
        *,
        next_words: str = "Next",
        width: int = 960,
        height: int = 664,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(window_title, width=width, height=height, parent=parent)
        self.steps = Steps(steps)
        self._stack = QStackedWidget()
        self.back_button = self.add_action("Back")
        self.next_button = self.add_action(next_words, "primary")
        whole = QWidget()
        across = QHBoxLayout(whole)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self.steps)
        across.addWidget(self._stack, 1)
        self.set_body(whole, margins=(0, 0, 0, 0))

    def add_page(self, title: str, sentence: str, body: QWidget, *, edge: int = 20) -> None:
        """Adds the page of the next step; the sentence says what has been written so far."""
        page = QWidget()
        down = QVBoxLayout(page)
        down.setContentsMargins(0, 12, 0, 0)
        down.setSpacing(0)
        for words in (Label(title, text="title"), Label(sentence, "text_secondary", wrap=True)):
            line = QHBoxLayout()
            line.setContentsMargins(20, 0, 20, 0)
            line.addWidget(words)
            down.addLayout(line)
        inside = QVBoxLayout()
        inside.setContentsMargins(edge, 10, edge, 0)
        inside.addWidget(body)
        down.addLayout(inside, 1)
        self._stack.addWidget(page)

    def step(self) -> int:
        """Returns the step that is open, from 0."""
        return self._stack.currentIndex()

    def go_to(self, step: int, next_words: str = "Next", *, can_go_back: bool = True) -> None:
        """Opens a step and says what the primary button does there."""
        self._stack.setCurrentIndex(step)
        self.steps.set_current(step)
        self.next_button.set_words(next_words)
        self.back_button.setVisible(can_go_back and step > 0)
