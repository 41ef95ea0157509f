# SPDX-License-Identifier: Apache-2.0
"""Where to import from: a known place, or a folder or a file that somebody brought.

* Nothing here touches the source: a share that hangs must not hold whoever only chooses.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from strongroom.desktop.exchange.places_view import as_of_cell
from strongroom.desktop.exchange.words import kind_of_place
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import MISSING, Column, Row, TwoLineCell
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import SectionTitle
from strongroom.desktop.kit.surface import Surface, row
from strongroom.desktop.kit.table import Table
from strongroom.services.exchange import RemoteInfo

BUNDLES = "One-file bundles and zips (*.strongbundle *.zip);;All files (*)"


class SourcePage(Surface):
    """The table of known places and of what is plugged in, and a field for anything else.

    Signals:
        changed: Another source is chosen.
        activated: A place was double-clicked, or Enter was pressed on it.
    """

    changed = Signal()
    activated = Signal()

    def __init__(
        self,
        infos: Sequence[RemoteInfo],
        now_us: int,
        plugged: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__("bg_surface")
        self.table = Table(
            (
                Column("place", "Place", 300, stretch=True),
                Column("as_of", "As of", 150, "right"),
            ),
            name="Known places",
            row_height=48,
            edge=20,
        )
        self.path = Field(
            "Folder or file", "A folder with runs or a copied place, a .strongbundle, a zip",
            mono=True,
        )  # fmt: skip
        self.folder_button = Button("Folder…", "secondary", "folder-open", name="Choose a folder")
        self.file_button = Button("File…", "secondary", "file", name="Choose a file")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table, 1)
        layout.addWidget(
            row(SectionTitle("Or a folder or a file"), margins=(20, 8, 20, 0), edges="t")
        )
        layout.addWidget(
            row((self.path, 1), self.folder_button, self.file_button, margins=(20, 4, 20, 20))
        )
        self._names = frozenset([info.name for info in infos] + list(plugged))
        known = {info.name for info in infos}
        fresh = [_plugged_row(path, name) for path, name in plugged.items() if path not in known]
        self.table.set_lines([*fresh, *(_row(info, now_us) for info in infos)])
        self.table.selection_changed.connect(self._on_table_selection_changed)
        self.table.activated_row.connect(lambda _key: self.activated.emit())
        self.path.changed.connect(self._on_path_changed)
        self.folder_button.clicked.connect(self._on_folder_clicked)
        self.file_button.clicked.connect(self._on_file_clicked)

    def source(self) -> str:
        """Returns the chosen place, folder or file, "" for none."""
        return self.path.text().strip() or next(iter(self.table.selected()), "")

    def choose(self, wanted: str) -> None:
        """Chooses a place by its name, or a folder or file by its path."""
        if wanted in self._names:
            self.table.select(wanted)
        elif wanted:
            self.path.set_text(wanted)

    def _on_path_changed(self, _text: str) -> None:
        if self.path.text().strip():
            self.table.clearSelection()
        self.changed.emit()

    def _on_table_selection_changed(self, keys: Sequence[str]) -> None:
        if keys:
            self.path.set_text("")
        self.changed.emit()

    def _on_folder_clicked(self) -> None:
        self._take(QFileDialog.getExistingDirectory(self, "The folder to import from"))

    def _on_file_clicked(self) -> None:
        self._take(QFileDialog.getOpenFileName(self, "The file to import from", "", BUNDLES)[0])

    def _take(self, path: str) -> None:
        if path:
            self.path.set_text(path)
            self._on_path_changed(path)


def _plugged_row(path: str, name: str) -> Row:
    icon = "archive" if Path(path).suffix else "usb"
    return Row(path, (TwoLineCell(name, f"Plugged in, {path}", icon), MISSING))


def _row(info: RemoteInfo, now_us: int) -> Row:
    place = TwoLineCell(info.name, f"{kind_of_place(info.path)}, {info.path}")
    return Row(info.name, (place, as_of_cell(info.pulled_at_us, now_us)))
