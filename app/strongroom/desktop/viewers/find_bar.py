# SPDX-License-Identifier: Apache-2.0
"""The line to find words in a text: next, previous, case, whole words, how many.

* Enter goes on, Shift+Enter back, Escape closes. Words are words: no pattern is run.
"""

import re

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.viewers.text_area import TextArea

MOST_FOUND = 10_000


class FindBar(QWidget):
    """Finds in one `TextArea`.

    Signals:
        closed: Escape was pressed in it.
    """

    closed = Signal()

    def __init__(self, area: TextArea, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._area = area
        self._places: list[tuple[int, int]] = []
        self._at = -1
        self.field = SearchField("Find in this text", "Find")
        self.says = Label("", "text_tertiary", "caption")
        self._case = Check("Case")
        self._whole = Check("Whole word")
        back = Button("", "ghost", "arrow-up", small=True, name="Previous match")
        forth = Button("", "ghost", "arrow-down", small=True, name="Next match")
        back.clicked.connect(lambda: self.step(-1))
        forth.clicked.connect(lambda: self.step(1))
        self.field.changed.connect(lambda _words: self.search())
        self._case.toggled.connect(lambda _on: self.search())
        self._whole.toggled.connect(lambda _on: self.search())
        self.field.edit.installEventFilter(self)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(6)
        across.addWidget(self.field, 1)
        across.addWidget(self.says)
        for each in (back, forth, self._case, self._whole):
            across.addWidget(each)

    def search(self) -> None:
        """Finds all places of the words and goes to the first one after the top of the screen."""
        words = self.field.text()
        self._places = _places(
            self._area.toPlainText(),
            words,
            case=self._case.isChecked(),
            whole=self._whole.isChecked(),
        )
        self._at = -1
        self._area.mark(self._places)
        if self._places:
            top = self._area.first_visible_position()
            later = (number for number, (at, _) in enumerate(self._places) if at >= top)
            self._show(next(later, 0))
        else:
            self.says.setText("Not found here" if words else "")

    def step(self, by: int) -> None:
        """Goes to the next (1) or previous (-1) match, around the ends."""
        if self._places:
            self._show((self._at + by) % len(self._places))

    def count(self) -> int:
        """Returns how many places were found."""
        return len(self._places)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter goes on, Shift+Enter back, Escape closes."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                self.step(-1 if back else 1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.closed.emit()
                return True
        return super().eventFilter(watched, event)

    def _show(self, number: int) -> None:
        self._at = number
        at, length = self._places[number]
        self._area.go_to(at, length)
        most = "+" if len(self._places) >= MOST_FOUND else ""
        self.says.setText(f"{number + 1:,} of {len(self._places):,}{most}")


def _places(text: str, words: str, *, case: bool, whole: bool) -> list[tuple[int, int]]:
    """Returns position and length of each match, in the units Qt counts in (UTF-16)."""
    if not words:
        return []
    pattern = re.escape(words)
    if whole:
        pattern = rf"(?<!\w){pattern}(?!\w)"
    found: list[tuple[int, int]] = []
    wide, seen = 0, 0  # Qt counts a character beyond U+FFFF as two
    is_plain = text.isascii() or max(map(ord, text)) < 0x10000
    for match in re.finditer(pattern, text, 0 if case else re.IGNORECASE):
        if not is_plain:
            wide += sum(ord(each) > 0xFFFF for each in text[seen : match.start()])
            seen = match.start()
        length = match.end() - match.start()
        extra = 0 if is_plain else sum(ord(each) > 0xFFFF for each in match.group())
        found.append((match.start() + wide, length + extra))
        if len(found) >= MOST_FOUND:
            break
    return found
