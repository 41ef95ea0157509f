# SPDX-License-Identifier: Apache-2.0
"""Verifying a package somebody handed over: the same script, and the same sentence, as theirs."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import Column, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.services.evidence import Evidence, PackageVerdict

KEY_WIDTH = 96  # px at 100 %


class VerifyDialog(Dialog):
    """Asks for a package and a team id, and says in one sentence what the script found."""

    def __init__(
        self, evidence: Evidence, tasks: Tasks, team: str, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "Verify a package",
            title="Verify an audit package",
            sentence="Nothing of the package is executed. The team id must come from the team"
            " itself, never from the package.",
            width=640,
            cancel="Close",
            parent=parent,
        )
        self._evidence, self._tasks = evidence, tasks
        self.path = Field("Package", "A folder or a .zip", mono=True)
        self.browse = Button("Choose…", "secondary", "folder-open")
        self.team = Field("Team id", "64 hexadecimal digits", team, mono=True)
        self.outcome = Banner.for_trust("cannot", "Nothing has been checked yet.", "")
        self.findings = Table(
            (Column("code", "Code", 110), Column("what", "Found", 300, stretch=True)),
            name="Findings",
            edge=0,
            plain=True,
        )
        self.findings.setMinimumHeight(120)
        self.findings.hide()
        self.set_body(
            column(
                row(form_label("Package", KEY_WIDTH), (self.path, 1), 8, self.browse, spacing=0),
                10,
                row(form_label("Team id", KEY_WIDTH), (self.team, 1), spacing=0),
                14,
                self.outcome,
                8,
                self.findings,
            )
        )
        self.verify = self.add_action("Verify", "primary", "shield-check")
        self.verify.clicked.connect(self._on_verify_clicked)
        self.browse.clicked.connect(self._on_browse_clicked)

    def _on_browse_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The package")
        if folder:
            self.path.set_text(folder)

    def _on_verify_clicked(self) -> None:
        path, team = Path(self.path.text().strip()), self.team.text()
        self.verify.setEnabled(False)
        self.set_reason("Checking every file and signature.")
        self._tasks.ask(
            "audit.verify",
            "Verifying a package",
            lambda _progress: self._evidence.verify(path, team),
            self._show,
            owner=self,
            failed=self._on_failed,
        )

    def _show(self, verdict: PackageVerdict) -> None:
        self.verify.setEnabled(True)
        self.set_reason("")
        if verdict.is_ok:
            self.outcome.show_trust("valid", verdict.sentence, "")
        elif verdict.exit_code == 1:
            self.outcome.show_trust("mismatch", verdict.sentence, "")
        else:
            self.outcome.show_trust("cannot", verdict.sentence, "")
        lines = [
            Row(
                f"{at}",
                (
                    TextCell(found.code, mono=True),
                    TextCell(f"{found.path}: {found.detail}" if found.path else found.detail),
                ),
            )
            for at, found in enumerate((*verdict.findings, *verdict.notes))
        ]
        self.findings.set_lines(lines)
        self.findings.setVisible(bool(lines))

    def _on_failed(self, error: BaseException) -> None:
        self.verify.setEnabled(True)
        self.set_reason("Nothing was checked.", "bad", "circle-alert")
        errors.show(error, self)
