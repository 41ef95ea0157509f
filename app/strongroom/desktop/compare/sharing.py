# SPDX-License-Identifier: Apache-2.0
"""Takes a comparison out of the window: into a CSV or Markdown file, or onto the clipboard.

* All are made by a task: hundreds of runs make hundreds of thousands of cells.
* What is written is what is seen: the same rows, the same order, the same way round.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.export import save_rows
from strongroom.desktop.compare.export import Seen, csv_rows, markdown, spreadsheet
from strongroom.desktop.compare.sheet import Sheet, lay_out
from strongroom.desktop.kit.saving import ask_where
from strongroom.desktop.kit.task import Tasks
from strongroom.disk.whole_file import written_whole
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.progress import Progress
from strongroom.services.outgoing import Outgoing

WAYS = (
    ("csv", "Save as CSV…"),
    ("markdown", "Save as Markdown…"),
    ("", ""),
    ("copy_cells", "Copy for a spreadsheet"),
    ("copy_markdown", "Copy as Markdown"),
)
_FILES = {"csv": ("CSV", "comparison.csv"), "markdown": ("Markdown", "comparison.md")}


class Sharing(QObject):
    """Writes and copies what a page shows.

    Args:
        seen: Returns what is compared, and how it is looked at.
        outgoing: Looks for secrets in what is saved.
        tasks: The jobs of the window.
        page: Where dialogs and faults are shown.
    """

    def __init__(
        self, seen: Callable[[], Seen], outgoing: Outgoing, tasks: Tasks, page: QWidget
    ) -> None:
        super().__init__(page)
        self._seen, self._outgoing = seen, outgoing
        self._tasks, self._page = tasks, page

    def share(self, way: str) -> None:
        """Goes one of `WAYS`."""
        if way in _FILES:
            self.ask(way)
        elif way == "copy_cells":
            self.copy_cells()
        else:
            self.copy_markdown()

    def ask(self, form: str) -> QWidget:
        """Asks for a file and writes the rows that are shown, as ``csv`` or ``markdown``."""
        words, name = _FILES[form]
        return ask_where(self._page, f"Save the comparison as {words}", name, self.write)

    def write(self, path: Path) -> None:
        """Writes the rows that are shown into a file, in a task: it may lie on a slow share.

        A name that ends in ``.md`` becomes Markdown, any other CSV.
        """
        seen, outgoing = self._seen(), self._outgoing

        def work(_progress: Progress) -> None:
            sheet = _sheet(seen)
            rows = csv_rows(seen, sheet)
            outgoing.check_table(rows, str(path))
            try:
                if path.suffix.lower() == ".md":
                    with written_whole(path) as aside:
                        aside.write_text(markdown(seen, sheet), "utf-8")
                else:
                    save_rows(rows)(path)
            except OSError as fault:
                reason = fault.strerror or str(fault)
                text = f"{path} was not written: {reason}"
                raise EnvironmentFault("E-STORE", text, "Name another.") from fault

        self._tasks.ask(
            f"compare.export.{path}", f"Saving {path.name}", work, lambda _done: None, owner=self
        )

    def copy_cells(self) -> None:
        """Puts the rows that are shown on the clipboard, for a spreadsheet."""
        self._copy(spreadsheet)

    def copy_markdown(self) -> None:
        """Puts the rows that are shown on the clipboard, as a Markdown table."""
        self._copy(markdown)

    def _copy(self, make: Callable[[Seen, Sheet], str]) -> None:
        seen = self._seen()
        self._tasks.ask(
            "compare.copy",
            "Copying the comparison",
            lambda _progress: make(seen, _sheet(seen)),
            lambda text: QGuiApplication.clipboard().setText(text),
            owner=self,
        )


def _sheet(seen: Seen) -> Sheet:
    return lay_out(seen.compared, seen.view, seen.schema)
