# SPDX-License-Identifier: Apache-2.0
"""One kind of plot over all runs of a question: its choices, the values it needs, its chart.

* A panel says which fields it wants and is given their columns; it asks no service itself.
* What a person marked becomes a filter or a reason why it cannot; `PlotsPane` hands both on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.session import Json
from strongroom.desktop.runs import brush_filter
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.plot_fields import key_of
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
        self._controls: tuple[QWidget, ...] = ()

    def controls(self) -> tuple[QWidget, ...]:
        """Returns the choices that stand above the plot."""
        return self._controls

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

    def marked_rows(self) -> tuple[int, ...]:
        """Returns the rows of the marked runs, in the order of the plot."""
        return ()

    def marked_count(self) -> int:
        """Returns how many runs are marked."""
        return len(self.marked_rows())

    def marked_ids(self) -> tuple[str, ...]:
        """Returns the marked runs, in the order of the plot."""
        return tuple(self.run_id(place) for place in self.marked_rows())

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

    # ------------------------------------------------------------ for the kinds of plots

    def lay_out(self, plot: QWidget, *choices: QWidget) -> None:
        """Remembers the choices for the row above and puts the plot into the panel."""
        self._controls = choices
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(plot)

    def field_chosen(self, _field: Field | None) -> None:
        """Asks for the columns of the fields that are chosen now."""
        self.choices_changed.emit()
        self.wanted_changed.emit()

    def choice_made(self, _key: str) -> None:
        """Shows the columns that are there in another way."""
        self.choices_changed.emit()
        self.redraw()

    def row_chosen(self, place: int) -> None:
        """Says which run was pointed at."""
        self.run_chosen.emit(self.run_id(place))

    def row_ticked(self, place: int) -> None:
        """Says which run is to be ticked or unticked."""
        self.run_ticked.emit(self.run_id(place))

    def say_marked(self, part: Callable[[], str]) -> None:
        """Says what is marked as part of a filter, or why it cannot be one."""
        try:
            self.marked.emit(part())
        except brush_filter.CannotSay as reason:
            self.refused.emit(str(reason))

    def categories_part(self, field: Field | None, codes: frozenset[int]) -> str:
        """Returns marked categories of a field as part of a filter."""
        column = self.column(field)
        if not codes or column is None:
            return ""
        return brush_filter.categories_filter(column, sorted(codes))


@contextmanager
def unheard(*speakers: QObject) -> Iterator[None]:
    """Lets nobody hear what is done meanwhile."""
    for speaker in speakers:
        speaker.blockSignals(True)
    yield
    for speaker in speakers:
        speaker.blockSignals(False)


def keys_of(fields: Mapping[str, Field | None]) -> dict[str, Json]:
    """Returns what the session remembers of the fields in their roles."""
    return {role: key_of(field) for role, field in fields.items() if field is not None}


def take_choice(choice: Choice, value: Json, known: Sequence[tuple[str, str]]) -> None:
    """Takes over a remembered choice if there is such a one."""
    if isinstance(value, str) and value in dict(known):
        choice.set_choices(known, value)


def shown_table(table: ValueTable) -> ValueTable:
    """Returns a table whose names are what is shown; for a worker, there may be 100,000."""
    pairs = zip(table.names, table.run_ids, strict=True)
    return replace(table, names=tuple(shown(name) or run_id[:8] for name, run_id in pairs))
