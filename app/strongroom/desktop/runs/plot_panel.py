# SPDX-License-Identifier: Apache-2.0
"""One kind of plot over all runs of a question: its choices, the values it needs, its chart.

* A panel says which fields it wants and is given their columns; it asks no service itself.
* What a person marked becomes a filter or a reason why it cannot; `PlotsPane` hands both on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.kit.session import Json
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.words import shown
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.progress import Progress
from strongroom.domain.query import Field
from strongroom.services.run_values import Spread, ValueColumn, ValueTable

Preparation = Callable[[ValueTable, Progress], object]
"""What a worker makes of the columns before they are shown; it touches no widget."""


class PlotPanel(QWidget):
    """A plot and its controls.

    Signals:
        wanted_changed: Other fields are needed now.
        run_chosen: A run was pointed at (run id).
        run_ticked: A run is to be ticked or unticked (run id).
        marked: What is marked is this part of a filter, "" for nothing.
        refused: What is marked cannot be written as a filter (why).
        choices_changed: Something worth remembering was chosen.
    """

    wanted_changed = Signal()
    run_chosen = Signal(str)
    run_ticked = Signal(str)
    marked = Signal(str)
    refused = Signal(str)
    choices_changed = Signal()

    key = ""  # in the switch and in the session
    title = ""

    def __init__(self, charted: Charted, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._charted = charted
        self.schema = MetricSchema()
        self._table: ValueTable | None = None
        self._rows: dict[str, int] = {}

    def controls(self) -> QWidget:
        """Returns the row of choices above the plot."""
        raise NotImplementedError

    def plot(self) -> RunsPlot:
        """Returns the plot that is shown."""
        raise NotImplementedError

    def wanted(self) -> tuple[Field, ...]:
        """Returns the fields whose columns are needed, without doubles."""
        raise NotImplementedError

    def set_names(self, names: Sequence[Field]) -> None:
        """Says which fields can be chosen."""
        raise NotImplementedError

    def start_with(self, spread: Sequence[Spread]) -> None:
        """Chooses fields where a person has chosen none yet."""
        raise NotImplementedError

    def preparation(self) -> Preparation | None:
        """Returns what is to be made of the columns off the thread; most panels need nothing."""
        return None

    def take_prepared(self, found: object) -> None:
        """Takes over what `preparation` made; comes after `show_table`."""

    def show_table(self, table: ValueTable) -> None:
        """Shows the columns of `wanted`; the table's names are what is shown of them."""
        self._table = table
        self._rows = {run_id: row for row, run_id in enumerate(table.run_ids)}
        self.redraw()

    def set_schema(self, schema: MetricSchema) -> None:
        """Takes over the rules of metrics: units of axes, and which end is best."""
        if schema != self.schema:
            self.schema = schema
            if self._table is not None:
                self.redraw()

    def redraw(self) -> None:
        """Shows the table again, after other choices or ticks."""
        raise NotImplementedError

    def clear_marks(self) -> None:
        """Forgets what is marked and tells nobody."""
        raise NotImplementedError

    def choices(self) -> Json:
        """Returns what was chosen, for the session."""
        raise NotImplementedError

    def restore(self, choices: Json) -> None:
        """Takes over what `choices` returned once; anything else is passed over."""
        raise NotImplementedError

    def marked_count(self) -> int:
        """Returns how many runs are marked."""
        return 0

    def marked_ids(self) -> tuple[str, ...]:
        """Returns the marked runs, the newest first."""
        return ()

    def column(self, field: Field | None) -> ValueColumn | None:
        """Returns the column of a field, None while it is not there."""
        if self._table is None or field is None:
            return None
        return next((each for each in self._table.columns if each.field == field), None)

    def run_id(self, row: int) -> str:
        """Returns the id of a row's run."""
        return "" if self._table is None else self._table.run_ids[row]

    def names(self) -> tuple[str, ...]:
        """Returns the name of each row's run, as it is shown."""
        return () if self._table is None else self._table.names

    def ticked_rows(self) -> dict[int, int]:
        """Returns the palette place of each row whose run is ticked."""
        found = {}
        for run_id in self._charted.ids():
            row, place = self._rows.get(run_id), self._charted.place(run_id)
            if row is not None and place is not None:
                found[row] = place
        return found


def shown_table(table: ValueTable) -> ValueTable:
    """Returns a table whose names are what is shown; for a worker, there may be 100,000."""
    pairs = zip(table.names, table.run_ids, strict=True)
    return replace(table, names=tuple(shown(name) or run_id[:8] for name, run_id in pairs))
