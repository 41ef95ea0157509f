# SPDX-License-Identifier: Apache-2.0
"""Saving the report of an import: signed for others, or as plain text to read.

* The signed form is a statement in an envelope that anybody can check; it needs the key.
* The text says of itself that nobody signed it.
"""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.exchange.words import Saying
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.domain.errors import StrongroomError
from strongroom.domain.progress import Progress
from strongroom.services.exchange import Exchange, ImportReport

SAVE_KEY = "exchange.save_report"
_WHY = "Signing the report needs the passphrase of your key."
_FILTER = "Signed report (*.json);;Text (*.txt)"


class ReportSaver(QObject):
    """Asks where a report goes and writes it.

    Args:
        exchange: Keeps the reports.
        secrets: Asks for the passphrase where the key needs it.
        window: What the dialogs belong to.

    Signals:
        said: It was saved or could not be (a `Saying`).
    """

    said = Signal(object)

    def __init__(self, exchange: Exchange, secrets: Secrets, window: QWidget) -> None:
        super().__init__(window)
        self._exchange, self._secrets, self._window = exchange, secrets, window

    def ask(self, report: ImportReport) -> None:
        """Asks for a file, then saves; a name that ends in .txt is plain text."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Save the report", "import-report.json", _FILTER
        )
        if path:
            self.save(report, Path(path))

    def save(self, report: ImportReport, path: Path) -> None:
        """Writes a report."""
        is_text = path.suffix.casefold() == ".txt"

        def work(ask: Ask, _progress: Progress) -> None:
            self._exchange.reports.save(report, path, ask=ask)

        def done(_nothing: None) -> None:
            how = "Nobody signed this text." if is_text else "Signed with your key."
            self.said.emit(Saying(tone="ok", title=f"Saved as {path.name}", sentence=how))

        self._secrets.sign(
            SAVE_KEY, "Saving the report", _WHY, work, done,
            owner=self, failed=self._on_failed, parent=self._window,
        )  # fmt: skip

    def _on_failed(self, error: BaseException) -> None:
        title, advice = "The report was not saved", str(error)
        if isinstance(error, StrongroomError):
            title, advice = error.title, f"{error.advice} ({error.code})"
        self.said.emit(Saying(tone="bad", title=title, sentence=advice))
