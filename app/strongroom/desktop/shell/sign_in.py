# SPDX-License-Identifier: Apache-2.0
"""Choosing who sits here: the people whose homes this store knows, or another home folder."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.demo.people import DEMO_PASSPHRASE, DemoPerson
from strongroom.desktop.kit.cells import Column, PersonCell, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.table import Table


class SignInDialog(Dialog):
    """Offers the homes that are known; a home is a person on this workstation.

    Signals:
        home_chosen: The folder of the chosen person's home (a `Path`).
    """

    home_chosen = Signal(object)

    def __init__(
        self, people: Sequence[DemoPerson], current: Path, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "Sign in",
            title="Sign in as…",
            sentence=(
                f"These are the people of the demo. Their passphrase is “{DEMO_PASSPHRASE}”."
                if people
                else "Everybody who works here has a home folder with his own keys."
            ),
            width=520,
            parent=parent,
        )
        self._homes = {str(person.home): person.home for person in people}
        self.table = Table(
            (Column("who", "Person", 240, stretch=True), Column("role", "Role", 180)),
            name="People",
            edge=20,
            plain=True,
        )
        self.table.set_lines(
            [
                Row(
                    str(person.home),
                    (
                        PersonCell(person.name + (", you" if person.home == current else "")),
                        TextCell(person.role),
                    ),
                )
                for person in people
            ]
        )
        self.table.setMinimumHeight(140)
        self.set_body(self.table, margins=(0, 4, 0, 12))
        self.other = self.add_action("Another home…", "secondary", "folder-open")
        self.choose = self.add_action("Sign in", "primary", "user")
        self.other.clicked.connect(self._on_other_clicked)
        self.choose.clicked.connect(lambda: self._choose(self.table.current_key()))
        self.table.activated_row.connect(self._choose)
        self.table.selection_changed.connect(self._on_table_selection_changed)
        if people:
            first = next((p for p in people if p.home != current), people[0])
            self.table.select(str(first.home))
        self.choose.setEnabled(bool(people))

    def _on_table_selection_changed(self, keys: tuple[str, ...]) -> None:
        self.choose.setEnabled(bool(keys))

    def _on_other_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The home folder of a person")
        if folder:
            self.accept()
            self.home_chosen.emit(Path(folder))

    def _choose(self, key: str | None) -> None:
        home = self._homes.get(key or "")
        if home is not None:
            self.accept()
            self.home_chosen.emit(home)
