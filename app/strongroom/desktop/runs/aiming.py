# SPDX-License-Identifier: Apache-2.0
"""A run is one thing in table and charts: its line under the mouse lights its row, and back.

* The row under the mouse lights its run's lines; without one, the selected run's are lit, so the
  keyboard does the same.
* Only ticked runs have lines; other rows light nothing.
"""

from PySide6.QtCore import QObject

from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.charts_pane import ChartsPane
from strongroom.desktop.runs.table import RunsTable


class Aiming(QObject):
    """Joins them.

    Args:
        table: Has the rows.
        charts: Have the lines.
        charted: Which runs are ticked.
    """

    def __init__(self, table: RunsTable, charts: ChartsPane, charted: Charted) -> None:
        super().__init__(table)
        self._table, self._charts, self._charted = table, charts, charted
        self._chosen = self._hovered = ""
        charts.run_aimed.connect(self._on_run_aimed)
        table.run_hovered.connect(self._on_run_hovered)
        table.pinned.run_hovered.connect(self._on_run_hovered)

    def choose(self, run_id: str) -> None:
        """Lights the lines of the selected run, "" for none."""
        self._chosen = run_id
        self._light()

    def _on_run_aimed(self, run_id: str | None) -> None:
        self._table.set_aimed(run_id or "")

    def _on_run_hovered(self, run_id: str) -> None:
        self._hovered = run_id if run_id in self._charted else ""
        self._table.set_aimed(self._hovered)
        self._light()

    def _light(self) -> None:
        lit = self._hovered or self._chosen
        self._charts.board.set_highlight(lit if lit in self._charted else None)
