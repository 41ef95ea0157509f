# SPDX-License-Identifier: Apache-2.0
"""A difference of texts with its tools: how many changes, one on, one back, one column or two."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.compare.text_view import TextDiffView
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.tabs import Segmented
from strongroom.domain.text_diff import TextDiff

FORMS = (("side", "Side by side"), ("unified", "One column"))


class TextPane(QWidget):
    """The view and its tools."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = TextDiffView()
        self.forms = Segmented(FORMS, "side", name="Form of the difference")
        self.count = Elided("", "text_secondary", "dense")
        self.back = Button("", "ghost", "chevron-up", name="Previous change (P)", small=True)
        self.on = Button("", "ghost", "chevron-down", name="Next change (N)", small=True)
        self.copy = Button("", "ghost", "copy", name="Copy as diff", small=True)
        self.cut = Elided("", "warn_text", "dense")
        self._words = ""
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(
            row(
                self.forms, (self.count, 1), self.back, self.on, self.copy,
                margins=(16, 8, 12, 8), edges="b",
            )
        )  # fmt: skip
        down.addWidget(self.cut)
        down.addWidget(self.view, 1)
        self.cut.setContentsMargins(16, 4, 16, 4)
        self.forms.changed.connect(lambda form: self.view.set_unified(is_unified=form == "unified"))
        self.view.moved.connect(self._on_moved)
        self.back.clicked.connect(lambda: self.view.step(-1))
        self.on.clicked.connect(lambda: self.view.step(1))
        self.copy.clicked.connect(self.view.copy)

    def show_diff(self, diff: TextDiff, left: str, right: str) -> None:
        """Shows a difference between the texts of two names."""
        self._words = "No line differs"
        if diff.changes:
            removed, added = wording.count(diff.removed), wording.count(diff.added)
            self._words = f"{wording.MINUS}{removed} +{added} lines"
        self.cut.set_text(diff.cut)
        self.cut.setVisible(bool(diff.cut))
        for button in (self.back, self.on):
            button.setEnabled(bool(diff.changes))
        self.view.show_diff(diff, left, right)

    def _on_moved(self, at: int, count: int) -> None:
        place = f", change {at} of {count}" if count else ""
        self.count.set_text(self._words + place)
