# SPDX-License-Identifier: Apache-2.0
"""Box plots on the Runs page: a number by the values of a param, tag or attribute.

* A param of numbers is taken as categories too, in the order of its numbers.
* Marked categories are an IN list of the filter.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.box import BoxPlot
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.points import Points
from strongroom.desktop.kit.session import Json
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.field_chooser import FieldChooser
from strongroom.desktop.runs.plot_fields import (
    categories_of,
    dimension_of,
    field_of,
    metrics_of,
    varying_params,
)
from strongroom.desktop.runs.plot_panel import PlotPanel, keys_of, unheard
from strongroom.domain.query import Attribute, Field, FieldKind
from strongroom.services.run_values import Spread

STATUS = Field(kind=FieldKind.ATTRIBUTE, key=Attribute.STATUS.value)


class BoxPanel(PlotPanel):
    """Choices and plot."""

    key, title = "box", "Box"

    def __init__(self, charted: Charted, parent: QWidget | None = None) -> None:
        super().__init__(charted, parent)
        self.chart = BoxPlot(ChartLook.from_theme(theme()))
        self.chart.setObjectName("runs.plots.box")
        self.number, self.category = FieldChooser("Y"), FieldChooser("By")
        for chooser in (self.number, self.category):
            chooser.chosen.connect(self.field_chosen)
        self.chart.chosen.connect(self.row_chosen)
        self.chart.marked.connect(self._on_marked)
        self.lay_out(self.chart, self.number, self.category)

    def plot(self) -> BoxPlot:
        """Returns the plot."""
        return self.chart

    def wanted(self) -> tuple[Field, ...]:
        """Returns the chosen fields."""
        fields = (self.number.field(), self.category.field())
        return tuple(dict.fromkeys(field for field in fields if field is not None))

    def set_names(self, names: Sequence[Field]) -> None:
        """Says which fields can be chosen: only what is no pure number makes groups."""
        self.number.set_names(names)
        self.category.set_names(
            [
                field
                for field in names
                if field.kind is not FieldKind.METRIC
                and not (field.kind is FieldKind.ATTRIBUTE and field.is_numeric)
            ]
        )

    def start_with(self, spread: Sequence[Spread]) -> None:
        """Puts the first metric over the param of words that varies, else over the status."""
        words = [each for each in spread if not each.is_numeric]
        if self.number.field() is None:
            self.number.set_field(next(iter(metrics_of(spread)), None))
        if self.category.field() is None:
            found = (*varying_params(words, 1), *varying_params(spread, 1), STATUS)
            self.category.set_field(found[0])

    def redraw(self) -> None:
        """Shows the chosen columns as boxes."""
        number, category = self.column(self.number.field()), self.column(self.category.field())
        x = None if category is None else categories_of(category)
        y = None if number is None else dimension_of(number, self.schema)
        if x is None or y is None or y.is_category:
            self.chart.set_points(None)
            return
        points = Points(x=x, y=y, names=self.names(), marked=self.ticked_rows())
        self.chart.set_points(points)

    def clear_marks(self) -> None:
        """Takes the marks back."""
        with unheard(self.chart):
            self.chart.set_marks(frozenset())

    def marked_rows(self) -> tuple[int, ...]:
        """Returns the rows of the marked categories, the newest run first."""
        return self.chart.marked_rows()

    def choices(self) -> Json:
        """Returns the fields."""
        return keys_of({"y": self.number.field(), "by": self.category.field()})

    def restore(self, choices: Json) -> None:
        """Takes over what is known of it."""
        if isinstance(choices, dict):
            self.number.set_field(field_of(choices.get("y")))
            self.category.set_field(field_of(choices.get("by")))

    def _on_marked(self, codes: frozenset[int]) -> None:
        self.say_marked(lambda: self.categories_part(self.category.field(), codes))
