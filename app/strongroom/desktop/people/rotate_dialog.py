# SPDX-License-Identifier: Apache-2.0
"""Giving this workstation a new key: what happens to the old one, and a passphrase for the new.

* Where an admin has to let the new key in, the request is asked for a place before anything is
  signed; Cancel there changes nothing.
"""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column
from strongroom.desktop.people.passphrase_form import PassphraseForm
from strongroom.domain.errors import StrongroomError
from strongroom.services.rotation import NewKey, Rotation

NEEDS_ADMIN = "E-QUORUM"
WHAT_HAPPENS = (
    "The old key signs one last time, for the new one. What it signed before stays valid.",
    "Until the team has the new key nothing is signed here; tracking goes on.",
    "The secrets of the old key are deleted as soon as the new one is in force.",
)


class RotateDialog(Dialog):
    """Makes the new key and lets the old one vouch for it.

    Args:
        rotation: Does it.
        secrets: Asks for the passphrase of the old key.
        parent: The page.

    Signals:
        rotated: The new key was made (a `NewKey`).
    """

    rotated = Signal(object)

    def __init__(
        self, rotation: Rotation, secrets: Secrets, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "My key",
            title="Rotate my key",
            sentence="When a key is old, or when you are not sure who else has had it in hand.",
            width=480,
            cancel_is_default=True,
            parent=parent,
        )
        self._rotation, self._secrets = rotation, secrets
        self.form = PassphraseForm("Passphrase of the new key")
        self.form.changed.connect(self._look)
        lines = [Label(words, "text_secondary", wrap=True) for words in WHAT_HAPPENS]
        self.set_body(column(*lines, 16, self.form, spacing=6))
        self.go = self.add_action("Rotate", "primary", "refresh-cw")
        self.go.clicked.connect(lambda: self._rotate(self.form.take(), None))
        self._look()

    def _look(self) -> None:
        why = self.form.why_not()
        self.go.setEnabled(not why)
        self.set_reason(why)

    def _rotate(self, passphrase: str, request: Path | None) -> None:
        self.set_reason("A new key is being made; this takes a second.")
        self.go.setEnabled(False)
        self._secrets.sign(
            "key.rotate",
            "Rotating the key",
            "The old key vouches for the new one with its last signature.",
            lambda ask, _progress: self._rotation.rotate(request, passphrase=passphrase, ask=ask),
            self._on_rotated,
            owner=self,
            failed=lambda error: self._on_failed(error, passphrase),
            ended=self._look,
            parent=self,
        )

    def _on_rotated(self, made: NewKey) -> None:
        self.rotated.emit(made)
        self.accept()

    def _on_failed(self, error: BaseException, passphrase: str) -> None:
        if isinstance(error, StrongroomError) and error.code == NEEDS_ADMIN:
            path, _ = QFileDialog.getSaveFileName(
                self, "An admin has to let the new key in: save the request", "new-key.json"
            )
            if path:
                self._rotate(passphrase, Path(path))
            return
        self.set_reason("Nothing was changed.", "bad", "circle-alert")
        errors.show(error, self)
