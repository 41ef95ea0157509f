# SPDX-License-Identifier: Apache-2.0
"""What a search over the documentation found, the best first; Enter opens one.

* Arrows move in the list while the field has the keyboard.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.cells import Column, Row, TwoLineCell
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.table import Table
from strongroom.services.doc_search import MOST_HITS, DocHit


class HelpResults(QStackedWidget):
    """The list, or why it is empty.

    Signals:
        opened: A section was chosen (its place, such as ``how-to/analysts.md#find``).
        contents_requested: The contents are to be opened instead.
    """

    opened = Signal(str)
    contents_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places: dict[str, str] = {}
        self.table = Table(
            (Column("section", "Section", 300, stretch=True),), name="Found in the documentation",
            row_height=48, edge=20,
        )  # fmt: skip
        self.table.activated_row.connect(self._open)
        self.table.clicked.connect(lambda _index: self.open_current())
        self._count = Label("", "text_tertiary", "caption")
        self.nothing = EmptyState("", "", "Contents", "list")
        self.nothing.acted.connect(self.contents_requested)
        self._list = column(column(self._count, margins=(20, 8, 20, 4)), (self.table, 1))
        self.addWidget(self._list)
        self.addWidget(self.nothing)

    def show_hits(self, text: str, hits: Sequence[DocHit]) -> None:
        """Shows what was found for a text."""
        self._places = {str(at): hit.section.place for at, hit in enumerate(hits)}
        self.table.set_lines([_row(str(at), hit) for at, hit in enumerate(hits)])
        if hits:
            self.table.select("0")
            most = "the best " if len(hits) == MOST_HITS else ""
            self._count.setText(f"{most}{wording.count(len(hits), 'section')}, the best first")
            self.setCurrentWidget(self._list)
            return
        self.nothing.set_words(
            f"Nothing is written about “{shown(text.strip()[:60])}”",
            "Every word is looked for in all pages, as a word or as the start of one. Try fewer "
            "words, or look through the contents.",
        )
        self.setCurrentWidget(self.nothing)

    def step(self, by: int) -> None:
        """Moves on in the list, for a field that keeps the keyboard."""
        lines = [row.key for row in self.table.lines()]
        if lines:
            chosen = self.table.selected()
            at = lines.index(chosen[0]) if chosen and chosen[0] in lines else -1
            self.table.select(lines[min(max(at + by, 0), len(lines) - 1)])

    def open_current(self) -> None:
        """Opens the selected section."""
        for key in self.table.selected()[:1]:
            self._open(key)

    def _open(self, key: str) -> None:
        if key in self._places:
            self.opened.emit(self._places[key])


def _row(key: str, hit: DocHit) -> Row:
    section = hit.section
    where = (
        section.title
        if section.heading == section.title
        else f"{section.heading} · {section.title}"
    )
    return Row(key, (TwoLineCell(where, hit.excerpt),))
