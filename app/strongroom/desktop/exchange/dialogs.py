# SPDX-License-Identifier: Apache-2.0
"""Adding a place, and removing something from quarantine."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import size
from strongroom.services.exchange import Exchange, QuarantinedItem, RemoteInfo

KEY_WIDTH = 72  # px at 100 %


class AddPlaceDialog(Dialog):
    """Asks for a folder and its name, and adds it.

    Signals:
        added: The place was added (its name).
    """

    added = Signal(str)

    def __init__(self, exchange: Exchange, tasks: Tasks, *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Add a place",
            title="Add a place",
            sentence="A folder on a share, a stick or a disk that members of the team exchange"
            " through. An empty folder becomes a place of this team; nothing is copied yet.",
            width=600,
            height=248,
            parent=parent,
        )
        self._exchange, self._tasks = exchange, tasks
        self.folder = Field("Folder", "/media/STICK-04 or a folder of a share", mono=True)
        self.browse = Button("Choose…", "secondary", "folder-open")
        self.name = Field("Name", "Short, such as share or STICK-04")
        self.set_body(
            column(
                row(form_label("Folder", KEY_WIDTH), (self.folder, 1), 8, self.browse, spacing=0),
                10,
                row(form_label("Name", KEY_WIDTH), (self.name, 1), spacing=0),
            )
        )
        self.add = self.add_action("Add place", "primary", "plus")
        self.add.clicked.connect(self._on_add_clicked)
        self.browse.clicked.connect(self._on_browse_clicked)
        self.folder.changed.connect(lambda _text: self._look())
        self.name.changed.connect(lambda _text: self._look())
        self._look()

    def set_folder(self, folder: str) -> None:
        """Takes a folder and proposes its name."""
        self.folder.set_text(folder)
        if not self.name.text().strip():
            self.name.set_text(Path(folder).name)
        self._look()

    def _look(self) -> None:
        has_folder, has_name = bool(self.folder.text().strip()), bool(self.name.text().strip())
        self.add.setEnabled(has_folder and has_name)
        if not has_folder:
            self.set_reason("Choose a folder.")
        elif not has_name:
            self.set_reason("Give it a name.")
        else:
            self.set_reason("Nothing has been written yet.")

    def _on_browse_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The folder to exchange through")
        if folder:
            self.set_folder(folder)

    def _on_add_clicked(self) -> None:
        name, path = self.name.text().strip(), Path(self.folder.text().strip())
        self.add.setEnabled(False)
        self.set_reason("Looking at the folder.")
        self._tasks.change(
            "exchange.add",
            "Adding a place",
            lambda _progress: self._exchange.add(name, path),
            self._on_added,
            owner=self,
            failed=self._on_failed,
        )

    def _on_added(self, info: RemoteInfo) -> None:
        self.added.emit(info.name)
        self.accept()

    def _on_failed(self, error: BaseException) -> None:
        self._look()
        self.set_reason("No place was added.", "bad", "circle-alert")
        errors.show(error, self)


class RemoveDialog(Dialog):
    """Says what would be gone for good; leaving is the default."""

    def __init__(self, item: QuarantinedItem, *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Remove from quarantine",
            title="Remove this copy for good?",
            sentence="Only the copy in quarantine is removed. What lies at the place stays there"
            " and is refused again as long as it is damaged.",
            width=560,
            cancel_is_default=True,
            parent=parent,
        )
        self.set_body(
            column(
                KeyValues(
                    [
                        Fact(key="Code", value=item.code, kind="mono"),
                        Fact(key="From", value=item.origin),
                        Fact(key="Path", value=item.path, kind="mono"),
                        Fact(key="Size", value=size(item.size_bytes)),
                    ],
                    key_width=72,
                ),
                8,
                Banner("warn", "This cannot be undone", "Evidence of tampering is lost with it."),
            )
        )
        self.remove = self.add_action("Remove", "danger", "trash-2", closes=True)
