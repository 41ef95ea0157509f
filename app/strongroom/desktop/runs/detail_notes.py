# SPDX-License-Identifier: Apache-2.0
"""Notes of a run: laid out as Markdown, added as text. A note is never changed, only followed."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import row
from strongroom.desktop.viewers.page_viewer import PageViewer
from strongroom.services.views.markdown import page

MOST_NOTES = 200


class NotesTab(QWidget):
    """Shows notes and takes a new one.

    Signals:
        added: A note was written (its text).
    """

    added = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: tuple[str, ...] = ()
        self.page = PageViewer("Notes")
        self._none = Label("There are no notes yet.", "text_secondary", "dense")
        self.field = TextArea("New note, Markdown", "Write a note. Markdown is laid out.", lines=3)
        self.field.changed.connect(lambda _text: self._look())
        self.button = Button("Add note", "secondary", "plus", small=True, changes=True)
        self.button.clicked.connect(self._on_add)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 12, 0, 4)
        down.setSpacing(6)
        down.addWidget(self._none)
        down.addWidget(self.page, 1)
        down.addWidget(self.field)
        down.addWidget(row(None, self.button))
        down.addStretch(0)
        self.show_notes(())
        self._look()

    def show_notes(self, notes: Sequence[str]) -> None:
        """Shows the notes of a run, the oldest first."""
        if tuple(notes) != self._notes or not notes:
            self._notes = tuple(notes)
            whole = "\n\n---\n\n".join(notes[-MOST_NOTES:]).encode("utf-8", "replace")
            self.page.show_markdown(page(whole, len(whole)).markdown)
        self._none.setVisible(not notes)
        self.page.setVisible(bool(notes))

    def clear_field(self) -> None:
        """Empties the field, once the note is kept."""
        self.field.set_text("")

    def _look(self) -> None:
        self.button.setEnabled(bool(self.field.text().strip()))

    def _on_add(self) -> None:
        self.added.emit(self.field.text().strip())
