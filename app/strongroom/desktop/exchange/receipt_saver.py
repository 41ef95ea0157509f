# SPDX-License-Identifier: Apache-2.0
"""Writing the receipt for a bundle that was taken in: it travels home on another day."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.exchange.words import Saying
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.domain.errors import StrongroomError
from strongroom.domain.progress import Progress
from strongroom.services.exchange import Exchange

RECEIPT_KEY = "exchange.receipt"
_WHY = "Signing the receipt needs the passphrase of your key."


class ReceiptSaver(QObject):
    """Asks where a receipt goes and writes it.

    Args:
        exchange: Knows what was taken in.
        secrets: Asks for the passphrase where the key needs it.
        window: What the dialogs belong to.

    Signals:
        said: It was written or could not be (a `Saying`).
    """

    said = Signal(object)

    def __init__(self, exchange: Exchange, secrets: Secrets, window: QWidget) -> None:
        super().__init__(window)
        self._exchange, self._secrets, self._window = exchange, secrets, window

    def ask(self, bundle: Path) -> None:
        """Asks for a file, then writes the receipt for a bundle there."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Save the receipt", f"{bundle.stem}.receipt.json", "Receipt (*.json)"
        )
        if path:
            self.save(bundle, Path(path))

    def save(self, bundle: Path, path: Path) -> None:
        """Writes the receipt for a bundle."""

        def work(ask: Ask, _progress: Progress) -> None:
            self._exchange.write_receipt(bundle, path, ask=ask)

        def done(_nothing: None) -> None:
            sentence = "Carry it to whoever made the bundle: the next one can build on it."
            self.said.emit(Saying(tone="ok", title=f"Saved as {path.name}", sentence=sentence))

        self._secrets.sign(
            RECEIPT_KEY, "Writing the receipt", _WHY, work, done,
            owner=self, failed=self._on_failed, parent=self._window,
        )  # fmt: skip

    def _on_failed(self, error: BaseException) -> None:
        title, advice = "The receipt was not written", str(error)
        if isinstance(error, StrongroomError):
            title, advice = error.title, f"{error.advice} ({error.code})"
        self.said.emit(Saying(tone="bad", title=title, sentence=advice))
