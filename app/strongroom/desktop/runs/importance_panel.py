# SPDX-License-Identifier: Apache-2.0
"""Which params tell something of a metric over all found runs; a click shows the two as a scatter.

* The forest grows in the task that reads the values; choosing another metric, or Cancel, stops it.
* Only params that differ go in, those most runs have first, at most `MOST_PARAMS`.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.importance import NOTHING, WAITING, ImportanceBars
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.kit.session import Json
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.field_chooser import FieldChooser
from strongroom.desktop.runs.plot_fields import (
    field_of,
    key_of,
    metrics_of,
    title_of,
    varying_params,
)
from strongroom.desktop.runs.plot_panel import PlotPanel, Preparation
from strongroom.domain.progress import Progress
from strongroom.domain.query import Field, FieldKind
from strongroom.services.importance import Importance, importance_of
from strongroom.services.run_values import Spread, ValueTable

MOST_PARAMS = 36  # columns of the forest; more make one tree see too few of them


class ImportancePanel(PlotPanel):
    """Choice and plot.

    Signals:
        pair_chosen: A param was chosen, to be seen over the metric (two fields).
    """

    pair_chosen = Signal(object, object)

    key, title = "importance", "Importance"

    def __init__(self, charted: Charted, parent: QWidget | None = None) -> None:
        super().__init__(charted, parent)
        self._params: tuple[Field, ...] = ()
        self.chart = ImportanceBars(ChartLook.from_theme(theme()))
        self.chart.setObjectName("runs.plots.importance")
        self.told = FieldChooser("For")
        self.told.chosen.connect(self.field_chosen)
        self.chart.chosen.connect(self._on_chosen)
        self.lay_out(self.chart, self.told)

    def plot(self) -> ImportanceBars:
        """Returns the plot."""
        return self.chart

    def wanted(self) -> tuple[Field, ...]:
        """Returns the metric and the params that differ."""
        metric = self.told.field()
        return () if metric is None else (metric, *self._params)

    def set_names(self, names: Sequence[Field]) -> None:
        """Says which metrics can be chosen."""
        self.told.set_names([field for field in names if field.kind is FieldKind.METRIC])

    def start_with(self, spread: Sequence[Spread]) -> None:
        """Takes the params that differ, and the first metric unless one was chosen."""
        self._params = varying_params(spread, MOST_PARAMS)
        if self.told.field() is None:
            self.told.set_field(next(iter(metrics_of(spread)), None))

    def preparation(self) -> Preparation | None:
        """Returns what grows the forest, in the task that read the values."""
        metric = self.told.field()
        self.chart.set_importance(WAITING if metric is not None else NOTHING, (), self._title())
        if metric is None:
            return None

        def grow(table: ValueTable, progress: Progress) -> Importance:
            columns = {each.field: each for each in table.columns}
            params = [each for field, each in columns.items() if field != metric]
            return importance_of(columns[metric], params, progress)

        return grow

    def take_prepared(self, found: object) -> None:
        """Shows what the forest tells."""
        if isinstance(found, Importance):
            names = [title_of(each.field) for each in found.params]
            self.chart.set_importance(found, names, self._title())

    def redraw(self) -> None:
        """Stays as it is: ticks and colours say nothing here."""

    def clear_marks(self) -> None:
        """Has no marks."""

    def choices(self) -> Json:
        """Returns the metric."""
        field = self.told.field()
        return {} if field is None else {"metric": key_of(field)}

    def restore(self, choices: Json) -> None:
        """Takes over what is known of it."""
        field = field_of(choices.get("metric")) if isinstance(choices, dict) else None
        if field is not None and field.kind is FieldKind.METRIC:
            self.told.set_field(field)

    def _title(self) -> str:
        field = self.told.field()
        return "" if field is None else title_of(field)

    def _on_chosen(self, place: int) -> None:
        metric, params = self.told.field(), self.chart.importance().params
        if metric is not None and 0 <= place < len(params):
            self.pair_chosen.emit(params[place].field, metric)
