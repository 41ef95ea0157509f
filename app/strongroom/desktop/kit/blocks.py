# SPDX-License-Identifier: Apache-2.0
"""Blocks of a page: banners, badges, marks, code, empty states.

* A trust banner has a conclusion, one sentence and one action, in that order.
* A box is only for tiles, charts, code and what will be signed.
"""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import marks, paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.marks import Mark, Trust, Verdict
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.theme import theme


class Badge(QWidget):
    """A word on a tinted ground, with a 14 px icon if given."""

    def __init__(
        self, words: str, tone: Tone = "mute", icon_name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words, self._icon_name = words, icon_name
        self._tone: Tone = tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(words)

    def sizeHint(self) -> QSize:
        """Returns the badge's own size."""
        return QSize(paint.badge_width(self._words, self._icon_name), theme().height("pill"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the badge."""
        paint.badge(QPainter(self), 0, self.height() / 2, self._words, self._tone, self._icon_name)


class MarkLabel(QWidget):
    """A trust outcome, a verdict, a stage, a move or a person, painted on one line."""

    def __init__(
        self, draw: Callable[[QPainter, QRectF], None], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._draw = draw
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @classmethod
    def for_trust(cls, state: Trust, words: str = "") -> "MarkLabel":
        """Returns the mark of a trust outcome with its word."""
        shown = marks.TRUST[state]
        return cls._of(shown, words or shown.word)

    @classmethod
    def for_verdict(cls, verdict: Verdict, words: str = "") -> "MarkLabel":
        """Returns the mark of a verdict with its word."""
        shown = marks.VERDICT[verdict]
        return cls._of(shown, words or shown.word)

    @classmethod
    def for_stage(cls, name: str) -> "MarkLabel":
        """Returns the glyph of a stage with its name."""

        def draw(painter: QPainter, rect: QRectF) -> None:
            marks.stage(painter, rect.x(), rect.center().y(), name)

        return cls(draw, f"Stage {name}")

    @classmethod
    def for_move(cls, before: str, after: str) -> "MarkLabel":
        """Returns the move from one stage to another."""

        def draw(painter: QPainter, rect: QRectF) -> None:
            marks.move(painter, rect.x(), rect.center().y(), before, after)

        return cls(draw, f"From {before} to {after}")

    @classmethod
    def for_person(cls, name: str) -> "MarkLabel":
        """Returns initials and name."""

        def draw(painter: QPainter, rect: QRectF) -> None:
            paint.avatar(painter, rect.x(), rect.center().y(), name)
            font = theme().font("dense")
            paint.text(painter, rect.adjusted(24, 0, 0, 0), name, font=font)

        return cls(draw, name)

    @classmethod
    def for_icon(cls, name: str, words: str, tone: Tone = "mute") -> "MarkLabel":
        """Returns any icon with words beside it."""
        return cls._of(Mark(icon=name, tone=tone, word=words, short=words), words)

    @classmethod
    def _of(cls, shown: Mark, words: str) -> "MarkLabel":
        def draw(painter: QPainter, rect: QRectF) -> None:
            marks.mark(painter, rect, shown, words, "text_primary")

        return cls(draw, words)

    def sizeHint(self) -> QSize:
        """Returns one line of 12 px text with an icon."""
        return QSize(160, theme().line("dense") + 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the mark."""
        self._draw(QPainter(self), QRectF(self.rect()))


class Banner(Surface):
    """An icon, a conclusion, one sentence and at most one action; ``acted`` when it is pressed.

    Args:
        tone: ``ok`` stays on neutral ground, the others tint it.
        title: The conclusion.
        sentence: What follows from it.
        action: The words of the action, "" for none.
        icon_name: The icon, "" takes the tone's.
    """

    acted = Signal()

    def __init__(
        self,
        tone: Tone,
        title: str,
        sentence: str = "",
        action: str = "",
        icon_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(radius=8, parent=parent)
        self._title = Label(text="strong", wrap=True)
        self._sentence = Label(role="text_secondary", text="dense", wrap=True)
        self._button = Button("", "ghost", small=True)
        self._button.clicked.connect(self.acted)
        self._tone: Tone = tone
        self._icon_name = icon_name
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._sentence)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(46, 7, 8, 8)
        layout.addLayout(words, 1)
        layout.addWidget(self._button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_outcome(tone, title, sentence, action, icon_name)
        theme().follow(self)

    @classmethod
    def for_trust(cls, state: Trust, sentence: str = "", action: str = "Details") -> "Banner":
        """Returns the banner of a trust outcome."""
        shown = marks.TRUST[state]
        return cls(shown.tone, shown.word, sentence, action, shown.icon)

    def show_trust(self, state: Trust, sentence: str = "", action: str = "Details") -> None:
        """Changes the banner to another trust outcome."""
        shown = marks.TRUST[state]
        self.show_outcome(shown.tone, shown.word, sentence, action, shown.icon)

    def show_outcome(
        self, tone: Tone, title: str, sentence: str = "", action: str = "", icon_name: str = ""
    ) -> None:
        """Changes what the banner says."""
        defaults = {"ok": "circle-check", "bad": "circle-x", "warn": "triangle-alert"}
        self._tone = tone
        self._icon_name = icon_name or defaults.get(tone, "info")
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._button.set_words(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(f"{title}. {sentence}" if sentence else title)
        self.apply_theme()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns the room of all words at the width it has."""
        base, layout = super().sizeHint(), self.layout()
        width = self.width() if self.testAttribute(Qt.WidgetAttribute.WA_Resized) else base.width()
        high = layout.heightForWidth(width) if layout is not None else base.height()
        return QSize(base.width(), max(high, 0) or base.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Asks for more lines where it is narrow, for fewer where it is wide."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def title(self) -> str:
        """Returns the conclusion."""
        return self._title.text()

    def apply_theme(self) -> None:
        """Tints words and action by the tone."""
        quiet = self._tone in {"ok", "mute"}
        self._title.set_role(
            paint.TONE_TEXT[self._tone] if self._tone != "mute" else "text_primary"
        )
        self._button.set_tone("accent_text" if quiet else paint.TONE_TEXT[self._tone])
        self._sentence.set_role("text_secondary" if quiet else "text_primary")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground and icon."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        if self._tone in {"ok", "mute"}:
            paint.rounded(painter, rect, 8, "bg_sunken", "border_subtle")
        else:
            paint.rounded(painter, rect, 8, paint.TONE_GROUND[self._tone])
        y = round((rect.height() - 20) / 2)
        paint.icon(painter, self._icon_name, 14, y, paint.TONE_ICON[self._tone], 20)


class CodeBlock(Surface):
    """Code or a signed payload in the mono font, with a button that copies it."""

    def __init__(
        self, code: str, name: str = "Code", *, lines: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        shown = min(lines or code.count("\n") + 1, 24)
        self._area = TextArea(name, value=code, lines=shown, mono=True, read_only=True)
        self.copy_button = Button(
            "Copy", "secondary", "copy", small=True, name=f"Copy {name.lower()}"
        )
        self.copy_button.setParent(self._area)
        self.copy_button.clicked.connect(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area)
        corner = QHBoxLayout()
        inner = self._area.layout()
        if isinstance(inner, QHBoxLayout):
            corner.addWidget(self.copy_button)
            inner.addLayout(corner)
            inner.setAlignment(corner, Qt.AlignmentFlag.AlignTop)

    def document(self) -> QTextDocument:
        """Returns the document, for somebody who colours it."""
        return self._area.edit.document()

    def set_code(self, code: str) -> None:
        """Shows another text."""
        self._area.set_text(code)

    def copy(self) -> None:
        """Puts the text on the clipboard."""
        QGuiApplication.clipboard().setText(self._area.text())


class EmptyState(QWidget):
    """What is missing, why, and the one next step; ``acted`` when it is pressed.

    Args:
        title: What there is none of.
        why: Why it is empty, and what fills it.
        action: The primary action, "" for none.
        icon_name: The icon of the action.
        extra: A widget between sentence and action (steps, a snippet).
    """

    acted = Signal()

    def __init__(
        self,
        title: str,
        why: str,
        action: str = "",
        icon_name: str = "",
        extra: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = Label(title, text="display")
        self._why = Label(why, "text_secondary", wrap=True)
        middle = QVBoxLayout()
        middle.setSpacing(4)
        middle.addStretch(2)
        middle.addWidget(self._title)
        middle.addWidget(self._why)
        if extra is not None:
            middle.addSpacing(20)
            middle.addWidget(extra)
        self.button = Button(action, "primary", icon_name)
        self.button.clicked.connect(self.acted)
        self.button.setVisible(bool(action))
        middle.addSpacing(20)
        middle.addWidget(self.button)
        middle.addStretch(3)
        body = QWidget()
        body.setLayout(middle)
        body.setMaximumWidth(600)
        body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        across = QHBoxLayout(self)
        across.setContentsMargins(24, 0, 24, 0)
        across.addStretch(1)
        across.addWidget(body, 8)
        across.addStretch(1)

    def set_words(self, title: str, why: str) -> None:
        """Changes title and reason (an empty filter reads differently from an empty store)."""
        self._title.setText(title)
        self._why.setText(why)
