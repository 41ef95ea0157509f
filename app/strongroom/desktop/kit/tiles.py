# SPDX-License-Identifier: Apache-2.0
"""Framed boxes: cards with a title line, and the tiles of the monitor."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role


class Card(Surface):
    """A framed box with a title line; ``body`` is the layout to fill."""

    def __init__(
        self, title: str = "", note: str = "", right: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__("bg_surface", radius=8, parent=parent)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(12, 0, 12, 12)
        self.body.setSpacing(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        self.title = TitleLine(title, note, right)
        self.title.setVisible(bool(title))
        outer.addWidget(self.title)
        outer.addLayout(self.body, 1)
        outer.addStretch(0)
        self.setAccessibleName(title)


class TitleLine(QWidget):
    """The title line of a card: title, grey note, value at the right."""

    def __init__(
        self, title: str, note: str = "", right: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title, self._note, self._right = title, note, right
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_right(self, right: str, note: str | None = None) -> None:
        """Changes the value at the right and, if given, the note."""
        self._right = right
        self._note = self._note if note is None else note
        self.update()

    def sizeHint(self) -> QSize:
        """Returns 32 px at 100 %."""
        return QSize(120, theme().line("dense") + 16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the three parts."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect()).adjusted(12, 0, -12, 0)
        strong = look.font("dense", weight=600)
        value = look.font("caption", tabular=True)
        room = look.width(self._right, value) + 8 if self._right else 0
        paint.text(painter, rect.adjusted(0, 0, -room, 0), self._title, font=strong)
        left = look.width(self._title, strong) + 8
        note = rect.adjusted(left, 0, -room, 0)
        if note.width() > 20:
            font = look.font("caption", weight=400)
            paint.text(painter, note, self._note, "text_tertiary", font)
        paint.text(painter, rect, self._right, "text_secondary", value, "right")


class Tile(QWidget):
    """A monitoring tile: name, formula and count, figure, spark, verdict word, target.

    Args:
        key: ``M1`` to ``M10``.
        title: What is measured.
        formula: How, over how many.
    """

    def __init__(self, key: str, title: str, formula: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key, self._title, self._formula = key, title, formula
        self._figure = self._unit = self._target = self._word = ""
        self._values: tuple[float, ...] = ()
        self._tone: Tone = "mute"
        self.setMinimumWidth(180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_measure(
        self,
        figure: str,
        unit: str = "",
        *,
        values: Sequence[float] = (),
        tone: Tone = "ok",
        word: str = "On target",
        target: str = "",
        formula: str = "",
    ) -> None:
        """Shows a measurement and its verdict."""
        self._figure, self._unit, self._target, self._word = figure, unit, target, word
        self._values, self._tone = tuple(values), tone
        self._formula = formula or self._formula
        self.setAccessibleName(f"{self._title}: {figure} {unit}, {word}, target {target}")
        self.update()

    def sizeHint(self) -> QSize:
        """Returns 112 px height at 100 %."""
        return QSize(220, theme().scaled(112))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the tile."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect())
        paint.rounded(painter, rect, 8, "bg_surface", "border_subtle")
        small = look.font("caption", weight=400)
        wide = QRectF(12, look.scaled(8), rect.width() - 24, look.line())
        paint.text(painter, wide, self._key, "text_tertiary", small, "right")
        name = look.font("dense", weight=500)
        paint.text(painter, wide.adjusted(0, 0, -32, 0), self._title, "text_secondary", name)
        under = QRectF(12, look.scaled(26), rect.width() - 24, look.line("caption"))
        paint.text(painter, under, self._formula, "text_tertiary", small)
        display = look.font("display")
        big = QRectF(12, look.scaled(46), rect.width() - 116, look.scaled(30))
        paint.text(painter, big, self._figure, font=display)
        x = 12 + look.width(self._figure, display) + 4
        unit = QRectF(x, look.scaled(50), look.scaled(60), look.scaled(26))
        paint.text(painter, unit, self._unit, "text_tertiary", look.font("body", weight=500))
        bad = look.colour("bad_icon") if self._tone == "bad" else None
        spark = QRectF(rect.width() - 92, look.scaled(52), 78, look.scaled(18))
        paint.sparkline(painter, spark, self._values, bad)
        foot = QRectF(12, look.scaled(82), rect.width() - 24, look.line())
        icons = {"ok": "circle-check", "bad": "circle-x", "warn": "triangle-alert"}
        middle = round(foot.center().y() - 7)
        name_of_icon = icons.get(self._tone, "circle-dashed")
        paint.icon(painter, name_of_icon, 12, middle, paint.TONE_ICON[self._tone], 14)
        role: Role = "text_secondary" if self._tone == "ok" else paint.TONE_TEXT[self._tone]
        paint.text(painter, foot.adjusted(19, 0, 0, 0), self._word, role, name)
        if self._target:
            words = f"target {self._target}"
            paint.text(painter, foot, words, "text_tertiary", small, "right")
