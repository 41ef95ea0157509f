# SPDX-License-Identifier: Apache-2.0
"""Choosing a store: those opened before, another folder, or the demo."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.cells import Column, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.table import Table


class StoresDialog(Dialog):
    """The dialog.

    Args:
        recent: Stores opened before, the last one first.
        current: The one that is open.

    Signals:
        chosen: A folder (a `Path`).
    """

    chosen = Signal(object)

    def __init__(
        self, recent: Sequence[Path], current: Path, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "Open store",
            title="Open a store",
            sentence="A store is a folder on this machine. An empty folder becomes a new one.",
            width=640,
            height=420,
            parent=parent,
        )
        self._paths = {str(path): path for path in recent if path != current}
        self.table = Table(
            (Column("name", "Store", 180), Column("path", "Folder", 380, stretch=True)),
            name="Stores opened before",
            edge=20,
            plain=True,
        )
        self.table.set_lines(
            [
                Row(key, (TextCell(path.name, strong=True, icon="vault"), TextCell(key, mono=True)))
                for key, path in self._paths.items()
            ]
        )
        self.other = self.add_action("Another folder…", "secondary", "folder-open")
        self.open_button = self.add_action("Open", "primary", "vault")
        self.other.clicked.connect(self._on_other_clicked)
        self.open_button.clicked.connect(lambda: self._choose(self.table.current_key()))
        self.table.activated_row.connect(self._choose)
        if self._paths:
            self.set_body(self.table, margins=(0, 4, 0, 12))
            self.table.select(next(iter(self._paths)))
        else:
            self.set_body(
                EmptyState(
                    "No other store yet",
                    "Stores that were opened here before are listed. Another folder… opens or"
                    " makes one.",
                )
            )
        self.open_button.setEnabled(bool(self._paths))

    def _on_other_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The folder of a store")
        if folder:
            self.accept()
            self.chosen.emit(Path(folder))

    def _choose(self, key: str | None) -> None:
        path = self._paths.get(key or "")
        if path is not None:
            self.accept()
            self.chosen.emit(path)
