# SPDX-License-Identifier: Apache-2.0
"""Exporting an audit package: which version, where to, and what is inside."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.registry import RegisteredModel
from strongroom.services.evidence import Evidence, Package
from strongroom.services.registry import Registry

KEY_WIDTH = 96  # px at 100 %


class ExportDialog(Dialog):
    """Asks for a version and a folder, and writes the package.

    Signals:
        exported: The package was written and its event signed.
    """

    exported = Signal()

    def __init__(
        self,
        registry: Registry,
        evidence: Evidence,
        tasks: Tasks,
        secrets: Secrets,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Export audit package",
            title="Export audit package",
            sentence="Everything an auditor needs to verify one version without Strongroom: the"
            " whole signed log, keys, trust documents, the model, and a script of a few pages.",
            width=600,
            cancel_is_default=True,
            parent=parent,
        )
        self._evidence, self._secrets = evidence, secrets
        self.version = Choice([], "", name="Version", nothing="No version yet")
        self.target = Field("Folder", "A folder that does not exist yet", mono=True)
        self.browse = Button("Choose…", "secondary", "folder-open")
        self.set_body(
            column(
                row(form_label("Version", KEY_WIDTH), self.version, None, spacing=0),
                10,
                row(form_label("Folder", KEY_WIDTH), (self.target, 1), 8, self.browse, spacing=0),
            )
        )
        self.export = self.add_action("Export", "primary", "package")
        self.export.setEnabled(False)
        self.set_reason("Reading the registry.")
        self.export.clicked.connect(self._on_export_clicked)
        self.browse.clicked.connect(self._on_browse_clicked)
        self.version.chosen.connect(lambda _key: self._look())
        self.target.changed.connect(lambda _text: self._look())
        tasks.ask(
            "audit.versions",
            "Reading the registry",
            lambda _progress: registry.models(),
            self._show,
            owner=self,
        )

    def _show(self, models: tuple[RegisteredModel, ...]) -> None:
        versions = [
            (f"{v.model}/{v.version}+{v.tree[:8]}", f"{v.model} v{v.version}, {v.stage}")
            for model in models
            for v in reversed(model.versions)
        ]
        produced = [key for key, words in versions if words.endswith("Production")]
        current = (produced or [key for key, _ in versions] or [""])[0]
        self.version.set_choices(versions, current)
        self._look()

    def _look(self) -> None:
        has_version, has_target = bool(self.version.current()), bool(self.target.text().strip())
        self.export.setEnabled(has_version and has_target)
        if not has_version:
            self.set_reason("There is no registered version yet.")
        elif not has_target:
            self.set_reason("Name the folder that becomes the package.")
        else:
            self.set_reason("Nothing has been written yet.")

    def _on_browse_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The folder to write into")
        if folder:
            name = self.version.current().partition("+")[0].replace("/", "-v")
            self.target.set_text(str(Path(folder) / f"audit-{name}"))
            self._look()

    def _on_export_clicked(self) -> None:
        self.export.setEnabled(False)
        reference, target = self.version.current(), Path(self.target.text().strip())
        self._secrets.sign(
            "audit.export",
            "Writing the audit package",
            "The package is signed with your key.",
            lambda ask, progress: self._evidence.export(
                reference, target, progress=progress, ask=ask
            ),
            self._on_exported,
            owner=self,
            failed=self._on_failed,
            ended=self._look,
            parent=self,
        )

    def _on_exported(self, package: Package) -> None:
        self.exported.emit()
        self.set_heading("The package is written", package.sentence)
        self.set_reason(str(package.path), "ok", "circle-check")
        self.export.hide()
        self.cancel_button.set_words("Close")
        self.cancel_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_failed(self, error: BaseException) -> None:
        self.set_reason("No package was written.", "bad", "circle-alert")
        errors.show(error, self)
