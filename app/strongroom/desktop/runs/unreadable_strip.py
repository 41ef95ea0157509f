# SPDX-License-Identifier: Apache-2.0
"""Above the table: run folders that cannot be read have no row, so they are told here.

* Calm, and gone as soon as all of them can be read. Why, and what can be done, stands behind it.
"""

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.cells import Column, Row, TextCell, TwoLineCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.runs.words import shown
from strongroom.domain.unreadable import UnreadableRun

MOST_SHOWN = 1_000  # lines; strongroom verify names each of them


class UnreadableStrip(QWidget):
    """One sentence on the run folders that cannot be read, and the list of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[UnreadableRun, ...] = ()
        self.banner = Banner("warn", "")
        self.banner.acted.connect(self.open_list)
        down = QVBoxLayout(self)
        down.setContentsMargins(16, 0, 16, 8)
        down.addWidget(self.banner)
        self.hide()

    def show_runs(self, runs: Sequence[UnreadableRun]) -> None:
        """Tells of some run folders, of none by going away."""
        if self._runs == tuple(runs):
            return
        self._runs = tuple(runs)
        self.setVisible(bool(runs))
        if not runs:
            return
        first = self._runs[0]
        count = wording.count(len(runs), "run folder", "run folders")
        left = len(runs) - 1
        more = f" {left:,} more {'stands' if left == 1 else 'stand'} in the list." if left else ""
        self.banner.show_outcome(
            "warn",
            f"{count} cannot be read and {'has' if len(runs) == 1 else 'have'} no row below",
            f"{_named(first)}: {shown(first.reason)}.{more}",
            "Show why…",
        )

    def runs(self) -> tuple[UnreadableRun, ...]:
        """Returns what it tells of."""
        return self._runs

    def open_list(self) -> "UnreadableDialog":
        """Opens the list with reasons and what can be done."""
        dialog = UnreadableDialog(self._runs, parent=self.window())
        dialog.open()
        return dialog


class UnreadableDialog(Dialog):
    """Every run folder that cannot be read: where it lies, why, and what can be done.

    Args:
        runs: The folders.
    """

    def __init__(self, runs: Sequence[UnreadableRun], *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Runs that cannot be read",
            title="Run folders that cannot be read",
            sentence="Nothing of them was changed. They have a row again as soon as they can be"
            " read; the store looks by itself.",
            width=760,
            cancel="Close",
            parent=parent,
        )
        self._runs = tuple(runs)
        self.table = Table(
            (
                Column("run", "Run", 200),
                Column("code", "Code", 96),
                Column("why", "Why, and what can be done", 420, stretch=True),
            ),
            name="Run folders that cannot be read",
            row_height=48,
            edge=8,
            plain=True,
        )
        self.table.setMinimumHeight(240)
        self.table.set_lines(
            [
                Row(
                    run.path,
                    (
                        TwoLineCell(_named(run), run.month),
                        TextCell(run.code, mono=True),
                        TwoLineCell(shown(run.reason), run.advice),
                    ),
                )
                for run in self._runs[:MOST_SHOWN]
            ]
        )
        self.set_body(column(self.table))
        self.copy = self.add_action("Copy the list", "secondary", "copy")
        self.copy.clicked.connect(self._on_copy_clicked)

    def _on_copy_clicked(self) -> None:
        lines = [f"runs/{run.path}\t{run.code}\t{run.reason}\t{run.advice}" for run in self._runs]
        QGuiApplication.clipboard().setText("\n".join(lines))


def _named(run: UnreadableRun) -> str:
    digits = run.run_id[:8]
    return f"{shown(run.name)} ({digits})" if run.name else digits
