# SPDX-License-Identifier: Apache-2.0
"""A passphrase twice, with advice; the fields are empty as soon as the words are taken."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Surface
from strongroom.services.identities import MIN_PASSPHRASE_CHARACTERS

ADVICE = "Four or five words that do not belong together. Nobody can recover it for you."


class PassphraseForm(Surface):
    """Two fields that have to say the same.

    Args:
        title: The word above the first field.

    Signals:
        changed: Something was typed.
    """

    changed = Signal()

    def __init__(self, title: str = "Passphrase") -> None:
        super().__init__()
        self.first = Field(title, icon_name="lock", size="large", secret=True)
        self.again = Field("The same again", icon_name="lock", size="large", secret=True)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addWidget(Label(title, "text_secondary", "dense"))
        down.addWidget(self.first)
        down.addSpacing(8)
        down.addWidget(Label("The same again", "text_secondary", "dense"))
        down.addWidget(self.again)
        down.addSpacing(4)
        down.addWidget(Label(ADVICE, "text_tertiary", "caption", wrap=True))
        for each in (self.first, self.again):
            each.changed.connect(lambda _words: self.changed.emit())

    def why_not(self) -> str:
        """Returns what is missing, "" if the words can be taken."""
        if len(self.first.text()) < MIN_PASSPHRASE_CHARACTERS:
            return f"At least {MIN_PASSPHRASE_CHARACTERS} characters."
        return "" if self.first.text() == self.again.text() else "The two differ."

    def take(self) -> str:
        """Returns the passphrase and empties both fields."""
        words = self.first.text()
        for each in (self.first, self.again):
            each.forget()
        return words
