# SPDX-License-Identifier: Apache-2.0
"""The body of the Runs page: filter above table above charts, one run at the right, or why not."""

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit.surface import Split
from strongroom.desktop.runs import empty
from strongroom.desktop.runs.finding import Question
from strongroom.desktop.runs.onboarding import Onboarding


class RunsBody(QStackedWidget):
    """Arranges the parts of the page.

    Args:
        query: The row of the filter.
        table: The table.
        lower: What stands below the table.
        detail: One run, at the right.
        store: Where the store lies.
    """

    def __init__(
        self, query: QWidget, table: QWidget, lower: QWidget, detail: QWidget, store: str
    ) -> None:
        super().__init__()
        self.no_match = empty.no_match()
        self.no_runs = Onboarding(store)
        self._upper = QStackedWidget()
        self._upper.addWidget(table)
        self._upper.addWidget(self.no_match)
        split = Split("vertical", self._upper, lower, sizes=(520, 300))
        split.setObjectName("runs.split")
        split.setStretchFactor(0, 1)
        self._working = QWidget()
        down = QVBoxLayout(self._working)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(query)
        down.addWidget(split, 1)
        both = QWidget()
        across = QHBoxLayout(both)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._working, 1)
        across.addWidget(detail)
        self.addWidget(both)
        self.addWidget(self.no_runs)

    def set_enlarged(self, is_enlarged: bool) -> None:
        """Gives the whole page to the run, or brings table and charts back."""
        self._working.setVisible(not is_enlarged)

    def show_rows(self, question: Question, *, has_runs: bool, has_rows: bool) -> None:
        """Shows the table, or says why there are no rows."""
        self.setCurrentIndex(0 if has_runs else 1)
        self._upper.setCurrentIndex(0 if has_rows else 1)
        if question.filter:
            self.no_match.set_words("No run matches", "The filter holds for none of the runs here.")
        else:
            why = "Deleted runs wait here until retention removes them."
            if question.is_archived:
                why = "Archived runs stand here until they are taken out of the archive."
            elif not question.is_deleted:
                why = "All its runs were archived or deleted, or it never had one."
            self.no_match.set_words("No runs here", why)
        self.no_match.button.setVisible(bool(question.filter))
