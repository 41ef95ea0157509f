# SPDX-License-Identifier: Apache-2.0
"""The strip below a table: conclusion, one sentence, the code, and digests where there are any."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.exchange.explanations import Standing
from strongroom.desktop.kit import paint
from strongroom.desktop.kit.blocks import Badge
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Surface, clear, column
from strongroom.desktop.kit.theme import theme

STANDINGS: dict[Standing, tuple[str, Tone]] = {
    "mismatch": ("shield-x", "bad"),
    "cannot": ("shield-off", "mute"),
    "alarm": ("shield-alert", "bad"),
    "conflict": ("git-fork", "warn"),
    "note": ("info", "mute"),
}


class ExplanationStrip(Surface):
    """What is said about the selected row; ``extra`` widgets stand at the right end.

    Args:
        edge: Px at the outer sides.
        height: Px at 100 %, so that the table above never jumps.
        extra: A widget under the badge, such as a button.
    """

    def __init__(self, *, edge: int = 16, height: int = 104, extra: QWidget | None = None) -> None:
        super().__init__("bg_surface", "t")
        self._height = height
        self._icon = _Icon()
        self._title = Label("", "text_primary", "strong", wrap=True)
        self._sentence = Label("", "text_secondary", "dense", wrap=True)
        self._facts = KeyValues(key_width=88, row_height=20)
        self._badge = QHBoxLayout()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(edge, 13, edge, 8)
        layout.setSpacing(12)
        left = QVBoxLayout()
        left.addWidget(self._icon)
        left.addStretch(1)
        right = QVBoxLayout()
        right.addLayout(self._badge)
        right.addStretch(1)
        if extra is not None:
            right.addWidget(extra)
        layout.addLayout(left)
        layout.addWidget(column(self._title, 2, self._sentence, 6, self._facts, None), 1)
        layout.addLayout(right)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.apply_theme()
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        self.setMinimumHeight(theme().scaled(self._height))

    def show_words(
        self,
        icon_name: str,
        tone: Tone,
        title: str,
        sentence: str,
        *,
        code: str = "",
        facts: tuple[Fact, ...] = (),
    ) -> None:
        """Shows a conclusion, a sentence, a code and facts."""
        self._icon.show_icon(icon_name, tone)
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._facts.set_facts(facts)
        self._facts.setVisible(bool(facts))
        clear(self._badge)
        if code:
            self._badge.addStretch(1)
            self._badge.addWidget(Badge(code, tone))
        self.setAccessibleName(". ".join(part for part in (title, sentence, code) if part))

    def words(self) -> tuple[str, str]:
        """Returns conclusion and sentence."""
        return self._title.text(), self._sentence.text()


class _Icon(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self._tone: Tone = "mute"
        self.setFixedSize(20, 24)

    def show_icon(self, name: str, tone: Tone) -> None:
        self._name, self._tone = name, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._name:
            paint.icon(QPainter(self), self._name, 0, 2, paint.TONE_ICON[self._tone], 20)
