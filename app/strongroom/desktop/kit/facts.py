# SPDX-License-Identifier: Apache-2.0
"""Lists of facts: keys at the left, typed values at the right, links that lead somewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import DigestLabel, Elided
from strongroom.desktop.kit.marks import Trust
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import clear
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a `KeyValues` list.

    Attributes:
        key: The grey word at the left.
        value: The words, the stage, the person, or the full digest.
        kind: How the value is shown.
        tone: The tint of an icon.
        icon: The icon of kind ``icon``.
        trust: The outcome of kind ``trust``.
        link: What ``KeyValues.followed`` carries when a link is pressed, "" for the value.
    """

    key: str
    value: str
    kind: Literal["text", "mono", "digest", "person", "stage", "link", "icon", "trust"] = "text"
    tone: Tone = "mute"
    icon: str = ""
    trust: Trust = "cannot"
    link: str = ""


class KeyValues(QWidget):
    """Facts below each other, keys at the left; ``followed`` carries the link that was pressed."""

    followed = Signal(str)

    def __init__(
        self,
        facts: Sequence[Fact] = (),
        key_width: int = 104,
        row_height: int = 26,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._key_width, self._row_height = key_width, row_height
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_facts(facts)

    def set_facts(self, facts: Sequence[Fact]) -> None:
        """Shows other facts."""
        clear(self._column)
        look = theme()
        for fact in facts:
            line = QWidget()
            line.setFixedHeight(look.scaled(self._row_height))
            across = QHBoxLayout(line)
            across.setContentsMargins(0, 0, 0, 0)
            across.setSpacing(0)
            key = Elided(fact.key, "text_tertiary", "dense")
            key.setFixedWidth(look.scaled(self._key_width) - 8)
            across.addWidget(key)
            across.addSpacing(8)
            if fact.kind == "link":
                across.addWidget(self._value(fact))
                across.addStretch(1)
            else:
                across.addWidget(self._value(fact), 1)
            self._column.addWidget(line)

    def _value(self, fact: Fact) -> QWidget:
        shown: QWidget
        if fact.kind == "digest":
            shown = DigestLabel(fact.value, 4, fact.key.lower())
        elif fact.kind == "person":
            shown = MarkLabel.for_person(fact.value)
        elif fact.kind == "stage":
            shown = MarkLabel.for_stage(fact.value)
        elif fact.kind == "trust":
            shown = MarkLabel.for_trust(fact.trust, fact.value)
        elif fact.kind == "icon":
            shown = MarkLabel.for_icon(fact.icon, fact.value, fact.tone)
        elif fact.kind == "link":
            shown = Link(fact.value)
            shown.clicked.connect(lambda: self.followed.emit(fact.link or fact.value))
        else:
            mono = fact.kind == "mono"
            shown = Elided(
                fact.value,
                text="mono" if mono else "dense",
                elide="middle" if mono else "right",
            )
        return shown


class Link(Button):
    """A word that leads somewhere, in the accent colour, without a box."""

    def __init__(self, words: str, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(words, "ghost", name=name, small=True, parent=parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Returns the room of the words alone."""
        look = theme()
        width = look.width(self.text(), look.font("dense", weight=500))
        return QSize(round(width) + 4, look.line("dense") + 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the words, underlined under the mouse."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        look = theme()
        font = look.font("dense", weight=500)
        role: Role = "accent_text" if self.isEnabled() else "text_disabled"
        paint.text(painter, rect, self.text(), role, font)
        if self.underMouse() and self.isEnabled():
            below = round(rect.center().y() + look.line("dense") / 2) - 1
            width = min(rect.width(), look.width(self.text(), font))
            paint.hairline(painter, QRectF(0, below, width, 1), role)
        if self.hasFocus():
            paint.focus_ring(painter, rect, 4)
