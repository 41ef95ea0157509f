# SPDX-License-Identifier: Apache-2.0
"""The two lines above an artifact: path and what to do with it; digest, size, verified or not."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.buttons import Button, MenuButton
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import clear
from strongroom.desktop.viewers.names import line_of
from strongroom.services.views.shapes import Kind, View

WORDS: dict[Kind, str] = {
    "picture": "Picture",
    "table": "Table",
    "text": "Text",
    "tree": "Tree",
    "page": "Page",
    "matrix": "Confusion matrix",
    "histogram": "Histogram",
    "program": "Instructions",
    "notebook": "Notebook",
    "document": "Document",
    "sound": "Sound",
    "bytes": "Bytes",
    "none": "Nothing",
}


class FactsLine(QWidget):
    """What a file is, and its buttons.

    Signals:
        kind_chosen: Another way to look at it was chosen (kind).
        verify_asked: Verify was pressed.
        save_asked: Save as was pressed.
        copy_asked: Copy path was pressed.
    """

    kind_chosen = Signal(str)
    verify_asked = Signal()
    save_asked = Signal()
    copy_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Elided("", text="dense", weight=500, elide="middle")
        self.kinds = MenuButton("Text", small=True, name="Show as")
        self.kinds.chosen.connect(self.kind_chosen)
        self._digest = Elided("", "text_tertiary", "mono")
        self._copy_digest = Button("", "ghost", "hash", small=True, name="Copy the SHA-256 digest")
        self._copy_digest.clicked.connect(self._on_copy_digest)
        self._sha256 = ""
        self._state = QVBoxLayout()
        self.verdict = ""
        verify = Button("", "ghost", "shield-check", small=True, name="Verify this file")
        copy = Button("", "ghost", "copy", small=True, name="Copy the path")
        save = Button("", "ghost", "download", small=True, name="Save as…")
        verify.clicked.connect(self.verify_asked)
        copy.clicked.connect(self.copy_asked)
        save.clicked.connect(self.save_asked)
        upper = QHBoxLayout()
        upper.setSpacing(2)
        upper.addWidget(self._title, 1)
        for each in (self.kinds, copy, self._copy_digest, verify, save):
            upper.addWidget(each)
        lower = QHBoxLayout()
        lower.setSpacing(8)
        lower.addLayout(self._state)
        lower.addWidget(self._digest, 1)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(upper)
        down.addLayout(lower)

    def path(self) -> str:
        """Returns the path as it is shown."""
        return self._title.text()

    def show_path(self, path: str) -> None:
        """Names a file of which nothing else is known yet."""
        self._title.set_text(line_of(path))
        self._digest.set_text("")
        self._sha256 = ""
        self.kinds.hide()
        self._set_state("loader", "Reading", "mute")

    def show_view(self, view: View) -> None:
        """Shows the facts of a file."""
        facts = view.facts
        self._title.set_text(line_of(facts.path))
        self._sha256 = facts.sha256
        size = wording.size(facts.size_bytes)
        self._digest.set_text(f"{size}  sha256 {wording.digest(facts.sha256, 4)}…")
        self._digest.setToolTip(f"SHA-256 {wording.digest(facts.sha256)}")
        self.kinds.set_words(WORDS[view.kind])
        self.kinds.set_choices(
            [(kind, WORDS[kind]) for kind in (view.kind, *view.others)], view.kind
        )
        self.kinds.setVisible(bool(view.others))
        if facts.is_verified:
            self.show_verified()
        else:
            self._set_state("circle-dashed", "Not verified yet", "mute")

    def show_checking(self) -> None:
        """Says that the file is being read through."""
        self._set_state("loader", "Verifying", "mute")

    def show_verified(self) -> None:
        """Says that all bytes are those that were logged."""
        self._set_state("circle-check", "Verified", "ok")

    def show_mismatch(self) -> None:
        """Says that the bytes are not those that were logged."""
        self._set_state("circle-x", "Does not match", "bad")

    def _set_state(self, icon: str, words: str, tone: Tone) -> None:
        self.verdict = words
        clear(self._state)
        mark = MarkLabel.for_icon(icon, words, tone)
        mark.setFixedWidth(mark.fontMetrics().horizontalAdvance(words) + 32)
        self._state.addWidget(mark)

    def _on_copy_digest(self) -> None:
        QGuiApplication.clipboard().setText(self._sha256)
