# SPDX-License-Identifier: Apache-2.0
"""Every key of the window in one list, found by typing."""

from collections.abc import Sequence

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.cells import Column, Row, TextCell
from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.table import Table


class ShortcutsDialog(Dialog):
    """The list.

    Args:
        commands: The commands of the window.
    """

    def __init__(self, commands: Sequence[Command], *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Keyboard shortcuts", title="Keyboard shortcuts", width=560, height=600,
            cancel="Close", parent=parent,
        )  # fmt: skip
        self._commands = [command for command in commands if command.shortcut]
        self.search = SearchField("Search keys", size="large")
        self.table = Table(
            (
                Column("command", "Command", 240, stretch=True),
                Column("menu", "Menu", 156),
                Column("keys", "Keys", 140),
            ),
            name="Keyboard shortcuts",
            edge=20,
        )
        self.search.changed.connect(self._show)
        head = column(self.search, margins=(20, 0, 20, 8))
        self.set_body(column(head, (self.table, 1)), margins=(0, 0, 0, 0))
        self._show("")

    def _show(self, words: str) -> None:
        wanted = words.lower().split()
        rows = []
        for command in self._commands:
            keys = QKeySequence(command.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            whole = f"{command.title} {command.where()} {keys}".lower()
            if all(word in whole for word in wanted):
                where = TextCell(command.where())
                cells = (TextCell(command.title), where, TextCell(keys, mono=True))
                rows.append(Row(command.id, cells))
        self.table.set_lines(rows)
