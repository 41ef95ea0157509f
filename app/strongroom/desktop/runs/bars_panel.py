# SPDX-License-Identifier: Apache-2.0
"""Bars on the Runs page: one number of every run, the best first, against a reference.

* The best end of a metric comes from its rule; without one the highest is first.
* Marked bars are a range of the number in the filter.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.points import Points
from strongroom.desktop.charts.ranked import RankedBars, Ranking, Reference
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.session import Json
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs import brush_filter
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.field_chooser import FieldChooser
from strongroom.desktop.runs.plot_fields import (
    dimension_of,
    field_of,
    is_low_better,
    metrics_of,
)
from strongroom.desktop.runs.plot_panel import PlotPanel, keys_of, take_choice, unheard
from strongroom.domain.query import Field
from strongroom.services.run_values import Spread

REFERENCES = (
    (Reference.NONE.value, "No reference"),
    (Reference.MEDIAN.value, "Against the median"),
    (Reference.MEAN.value, "Against the mean"),
    (Reference.BEST.value, "Against the best"),
)
BASES = (("zero", "Bars from zero"), ("reference", "Bars from the reference"))


class BarsPanel(PlotPanel):
    """Choices and plot."""

    key, title = "bars", "Bars"

    def __init__(self, charted: Charted, parent: QWidget | None = None) -> None:
        super().__init__(charted, parent)
        self.chart = RankedBars(ChartLook.from_theme(theme()))
        self.chart.setObjectName("runs.plots.bars")
        self.number = FieldChooser("Y")
        self.references = Choice(REFERENCES, Reference.MEDIAN.value, name="Reference", kind="ghost")
        self.bases = Choice(BASES, "zero", name="Where bars begin", kind="ghost")
        self.number.chosen.connect(self.field_chosen)
        for choice in (self.references, self.bases):
            choice.chosen.connect(self.choice_made)
        self.chart.chosen.connect(self.row_chosen)
        self.chart.ticked.connect(self.row_ticked)
        self.chart.span_changed.connect(self._on_span_changed)
        self.lay_out(self.chart, self.number, self.references, self.bases)

    def plot(self) -> RankedBars:
        """Returns the plot."""
        return self.chart

    def wanted(self) -> tuple[Field, ...]:
        """Returns the chosen field."""
        field = self.number.field()
        return () if field is None else (field,)

    def set_names(self, names: Sequence[Field]) -> None:
        """Says which fields can be chosen."""
        self.number.set_names(names)

    def start_with(self, spread: Sequence[Spread]) -> None:
        """Shows the first metric."""
        if self.number.field() is None:
            self.number.set_field(next(iter(metrics_of(spread)), None))

    def redraw(self) -> None:
        """Shows the chosen column as bars."""
        column = self.column(self.number.field())
        dimension = None if column is None else dimension_of(column, self.schema, is_log=False)
        points = None
        if dimension is not None and not dimension.is_category:
            marked = self.ticked_rows()
            points = Points(x=dimension, y=dimension, names=self.names(), marked=marked)
        ranking = Ranking(
            is_low_better=column is not None and is_low_better(column.field, self.schema),
            reference=Reference(self.references.current()),
            from_reference=self.bases.current() == "reference",
        )
        self.chart.set_points(points, ranking)

    def clear_marks(self) -> None:
        """Takes the marks back."""
        with unheard(self.chart):
            self.chart.set_span(None)

    def marked_rows(self) -> tuple[int, ...]:
        """Returns the marked rows, the best first."""
        return self.chart.marked_rows()

    def choices(self) -> Json:
        """Returns field, reference and where bars begin."""
        chosen = keys_of({"y": self.number.field()})
        return {**chosen, "reference": self.references.current(), "from": self.bases.current()}

    def restore(self, choices: Json) -> None:
        """Takes over what is known of it."""
        if not isinstance(choices, dict):
            return
        self.number.set_field(field_of(choices.get("y")))
        take_choice(self.references, choices.get("reference"), REFERENCES)
        take_choice(self.bases, choices.get("from"), BASES)

    def _on_span_changed(self, span: tuple[float, float] | None) -> None:
        column = self.column(self.number.field())
        part = ""
        if span is not None and column is not None:
            low, high = span
            inside = (column.numbers >= low) & (column.numbers <= high)
            part = brush_filter.range_filter(column, inside, low, high)
        self.marked.emit(part)
