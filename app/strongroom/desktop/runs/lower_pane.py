# SPDX-License-Identifier: Apache-2.0
"""What stands below the table: the curves of the ticked runs, or a plot over all of them.

* One switch chooses; it stands at the same place of whichever pane is open.
* What was open last is open again.
* What is marked on a plot becomes the filter of the table; what the table shows becomes the plot.
"""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.charts_pane import ChartsPane
from strongroom.desktop.runs.finding import Answer
from strongroom.desktop.runs.loading import RunsLoader
from strongroom.desktop.runs.plots_pane import KINDS, PlotsPane
from strongroom.desktop.runs.query_bar import QueryBar
from strongroom.desktop.runs.services import RunsServices

CURVES = "curves"
VIEWS = ((CURVES, "Curves"), *((kind.key, kind.title) for kind in KINDS))
REMEMBERED = "runs.lower"


class LowerPane(QWidget):
    """Curves or one kind of plot.

    Args:
        services: Where curves and values come from.
        tasks: The jobs of the window.
        charted: Which runs are ticked, and their colours.
        session: Where the open view and its choices are remembered.

    Signals:
        view_changed: Another view is open (its key).
    """

    view_changed = Signal(str)

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        charted: Charted,
        session: Session,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.switches = tuple(Segmented(VIEWS, CURVES, name="Below the table") for _ in range(2))
        self.curves = ChartsPane(services, tasks, charted, session=session, lead=self.switches[0])
        self.plots = PlotsPane(services, tasks, charted, session, lead=self.switches[1])
        self._stack = QStackedWidget()
        self._stack.addWidget(self.curves)
        self._stack.addWidget(self.plots)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(self._stack)
        for switch in self.switches:
            switch.changed.connect(self.open)
        self.plots.view_requested.connect(self.open)
        remembered = session.value(REMEMBERED, CURVES)
        if isinstance(remembered, str) and remembered in dict(VIEWS):
            self.open(remembered)

    def join(
        self,
        loader: RunsLoader,
        query: QueryBar,
        select: Callable[[str], object],
        tick: Callable[..., None],
    ) -> None:
        """Makes plots and table one: questions, filters, ticks and the selected run."""

        def ask(text: str) -> None:
            query.show_text(text)
            query.applied.emit(text)

        loader.answered.connect(self._take_schema)
        loader.answered.connect(lambda *_answer: self.plots.show_question(loader.question))
        loader.renewed.connect(lambda _runs: self.plots.reload())
        self.curves.shown_changed.connect(self.plots.tell_charted)
        self.plots.filter_requested.connect(ask)
        self.plots.run_chosen.connect(select)
        self.plots.tick_requested.connect(lambda run_ids, on: tick(run_ids, on=on))

    def _take_schema(self, answer: Answer, _keeps_place: bool) -> None:
        self.curves.set_schema(answer.schema)
        self.plots.set_schema(answer.schema)

    def view(self) -> str:
        """Returns the key of what is open."""
        return self.switches[0].current()

    def open(self, key: str) -> None:
        """Opens ``curves`` or a kind of plot.

        Raises:
            ValueError: If there is no such view.
        """
        had_focus = any(switch.hasFocus() for switch in self.switches)
        for switch in self.switches:
            switch.blockSignals(True)
            switch.set_current(key)
            switch.blockSignals(False)
        if key != CURVES:
            self.plots.open(key)
        self._stack.setCurrentWidget(self.curves if key == CURVES else self.plots)
        if had_focus:  # the arrows go on from the switch of the pane that is open now
            self.switches[0 if key == CURVES else 1].setFocus()
        self._session.set_value(REMEMBERED, key)
        self.view_changed.emit(key)
