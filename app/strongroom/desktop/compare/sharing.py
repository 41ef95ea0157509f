# SPDX-License-Identifier: Apache-2.0
"""Takes a comparison out of the window: a CSV file, or a Markdown table on the clipboard.

* Both are made by a task: hundreds of runs make hundreds of thousands of cells.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.export import save_rows
from strongroom.desktop.compare.export import csv_rows, markdown
from strongroom.desktop.compare.sheet import Viewpoint, lay_out
from strongroom.desktop.kit.saving import ask_where
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.comparison import ComparedRuns
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.progress import Progress

Seen = tuple[ComparedRuns, Viewpoint, MetricSchema]


class Sharing(QObject):
    """Writes and copies what a page shows.

    Args:
        seen: Returns what is compared, and how it is looked at.
        tasks: The jobs of the window.
        page: Where dialogs and faults are shown.
    """

    def __init__(self, seen: Callable[[], Seen], tasks: Tasks, page: QWidget) -> None:
        super().__init__(page)
        self._seen, self._tasks, self._page = seen, tasks, page

    def ask_csv(self) -> QWidget:
        """Asks for a file and writes the rows that are shown."""
        return ask_where(self._page, "Save the comparison as CSV", "comparison.csv", self.write)

    def write(self, path: Path) -> None:
        """Writes the rows that are shown into a file, in a task: it may lie on a slow share."""
        compared, view, schema = self._seen()

        def work(_progress: Progress) -> None:
            sheet = lay_out(compared, view, schema)
            try:
                save_rows(csv_rows(compared, sheet, view))(path)
            except OSError as fault:
                reason = fault.strerror or str(fault)
                text = f"{path} was not written: {reason}"
                raise EnvironmentFault("E-STORE", text, "Name another.") from fault

        self._tasks.ask(
            f"compare.export.{path}", f"Saving {path.name}", work, lambda _done: None, owner=self
        )

    def copy_markdown(self) -> None:
        """Puts the rows that are shown on the clipboard."""
        compared, view, schema = self._seen()
        self._tasks.ask(
            "compare.markdown",
            "Copying the comparison",
            lambda _progress: markdown(compared, lay_out(compared, view, schema), view),
            lambda text: QGuiApplication.clipboard().setText(text),
            owner=self,
        )
