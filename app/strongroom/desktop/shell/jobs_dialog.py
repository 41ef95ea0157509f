# SPDX-License-Identifier: Apache-2.0
"""Everything that runs now, with its progress; one or all of it can be cancelled."""

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.cells import Column, NumberCell, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks


class JobsDialog(Dialog):
    """The list, which follows what runs.

    Args:
        tasks: The jobs of the window.
    """

    def __init__(self, tasks: Tasks, *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Jobs", title="What runs now", width=560, height=360, cancel="Close", parent=parent
        )
        self._tasks = tasks
        self.table = Table(
            (
                Column("name", "Job", 240, stretch=True),
                Column("what", "Now", 140),
                Column("share", "Done", 72, "right"),
            ),
            name="Jobs",
            edge=20,
        )
        self.set_body(self.table, margins=(0, 4, 0, 0))
        self.stop = self.add_action("Cancel job", "danger", "circle-stop")
        self.stop.clicked.connect(self._on_stop_clicked)
        tasks.changed.connect(self._show)
        self.table.selection_changed.connect(lambda _keys: self._look())
        self._show()

    def _show(self) -> None:
        current = self.table.current_key()
        running = self._tasks.running()
        self.table.set_lines(
            [
                Row(
                    state.key,
                    (
                        TextCell(state.name),
                        TextCell(state.what),
                        NumberCell("" if state.share is None else f"{state.share:.0%}"),
                    ),
                )
                for state in running
            ]
        )
        keys = [state.key for state in running]
        if keys:
            self.table.select(current if current in keys else keys[0])
        self._look()

    def _look(self) -> None:
        self.stop.setEnabled(bool(self._tasks.running()) and self.table.current_key() is not None)
        self.set_reason("" if self._tasks.running() else "Nothing runs", "mute")

    def _on_stop_clicked(self) -> None:
        key = self.table.current_key()
        if key:
            self._tasks.cancel(key)
