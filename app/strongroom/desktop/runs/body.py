# SPDX-License-Identifier: Apache-2.0
"""The body of the Runs page: filter above table above charts, one run at the right, or why not."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit.surface import Split
from strongroom.desktop.runs import empty
from strongroom.desktop.runs.finding import Question
from strongroom.desktop.runs.onboarding import Onboarding
from strongroom.desktop.runs.unreadable_strip import UnreadableStrip

if TYPE_CHECKING:
    from collections.abc import Callable

    from strongroom.desktop.runs.detail import DetailPane


class RunsBody(QStackedWidget):
    """Arranges the parts of the page.

    Args:
        query: The row of the filter.
        table: The table.
        lower: What stands below the table.
        make_detail: Makes the pane of one run, at the right, when the first is opened.
        store: Where the store lies.

    Signals:
        import_requested, identity_requested, store_requested, demo_requested: Who has no run yet
            wants to import some, to be somebody, another store, or the demo.
    """

    import_requested = Signal()
    identity_requested = Signal()
    store_requested = Signal()
    demo_requested = Signal()

    def __init__(
        self,
        query: QWidget,
        table: QWidget,
        lower: QWidget,
        make_detail: "Callable[[], DetailPane]",
        store: str,
    ) -> None:
        super().__init__()
        self.no_match = empty.no_match()
        self.unreadable = UnreadableStrip()
        self._make_detail, self._store = make_detail, store
        self._detail: DetailPane | None = None
        self._no_runs: Onboarding | None = None
        self._facts: tuple[str, str] | None = None
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
        down.addWidget(self.unreadable)
        down.addWidget(split, 1)
        both = QWidget()
        self._across = across = QHBoxLayout(both)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._working, 1)
        self.addWidget(both)

    def detail(self) -> "DetailPane":
        """Returns the pane of one run, hidden until somebody shows it."""
        if self._detail is None:
            self._detail = self._make_detail()
            self._detail.hide()
            self._across.addWidget(self._detail)
        return self._detail

    def open_run_id(self) -> str:
        """Returns the run that is open in detail, "" for none."""
        is_open = self._detail is not None and not self._detail.isHidden()
        return self._detail.run_id() if self._detail is not None and is_open else ""

    def close_run(self) -> None:
        """Closes the pane of one run."""
        if self._detail is not None:
            self._detail.hide()

    @property
    def no_runs(self) -> Onboarding:
        """What a store without runs says; made when it is first wanted."""
        if self._no_runs is None:
            self._no_runs = Onboarding(self._store)
            if self._facts is not None:
                self._no_runs.show_facts(*self._facts)
            self._no_runs.import_requested.connect(self.import_requested)
            self._no_runs.identity_requested.connect(self.identity_requested)
            self._no_runs.store_requested.connect(self.store_requested)
            self._no_runs.demo_requested.connect(self.demo_requested)
            self.addWidget(self._no_runs)
        return self._no_runs

    def show_facts(self, person: str, free: str) -> None:
        """Tells who has no run yet who they are and how much room there is."""
        self._facts = (person, free)
        if self._no_runs is not None:
            self._no_runs.show_facts(person, free)

    def set_enlarged(self, is_enlarged: bool) -> None:
        """Gives the whole page to the run, or brings table and charts back."""
        self._working.setVisible(not is_enlarged)

    def show_rows(self, question: Question, *, has_runs: bool, has_rows: bool) -> None:
        """Shows the table, or says why there are no rows."""
        if has_runs:
            self.setCurrentIndex(0)
        else:
            self.setCurrentWidget(self.no_runs)
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
