# SPDX-License-Identifier: Apache-2.0
"""Parallel coordinates on the Runs page: params that vary, metrics, and brushes as a filter.

* It starts with the params that differ between the runs and the first metrics, coloured by the
  first of them; a person adds, removes and reorders fields.
* Each brushed axis is a clause of the filter; the clauses together hold for the brushed runs.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.brush import Brush
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.parallel import ParallelPlot
from strongroom.desktop.charts.parallel_scene import Strands
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.kit.session import Json
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs import brush_filter
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.field_chooser import FieldChooser
from strongroom.desktop.runs.plot_fields import (
    dimension_of,
    field_of,
    is_low_better,
    key_of,
    metrics_of,
    title_of,
    varying_params,
)
from strongroom.desktop.runs.plot_panel import PlotPanel
from strongroom.domain.query import Field
from strongroom.services.run_values import Spread, ValueColumn

MOST_FIELDS = 16  # axes; more stand too close to be brushed
FIRST_PARAMS, FIRST_METRICS = 6, 2


class ParallelPanel(PlotPanel):
    """Choices and plot."""

    key, title = "parallel", "Parallel"

    def __init__(self, charted: Charted, parent: QWidget | None = None) -> None:
        super().__init__(charted, parent)
        self.chart = ParallelPlot(ChartLook.from_theme(theme()))
        self.chart.setObjectName("runs.plots.parallel")
        self._fields: tuple[Field, ...] = ()
        self._logs: dict[str, bool] = {}
        self.adder = FieldChooser("Add")
        self.axes = MenuButton("Axes", kind="ghost", name="Axes: take off, logarithm")
        self.colour = FieldChooser("Colour", optional=True)
        self.adder.chosen.connect(self._on_added)
        self.axes.chosen.connect(self._on_axis_choice)
        self.colour.chosen.connect(lambda _field: self._changed(asks=True))
        self.chart.brushes_changed.connect(self._on_brushes_changed)
        self.chart.order_changed.connect(self._on_order_changed)
        self.chart.chosen.connect(self.row_chosen)
        self.chart.ticked.connect(self.row_ticked)
        self.lay_out(self.chart, self.adder, self.axes, self.colour)

    def plot(self) -> ParallelPlot:
        """Returns the plot."""
        return self.chart

    def fields(self) -> tuple[Field, ...]:
        """Returns the fields of the axes from left to right."""
        return self._fields

    def set_fields(self, fields: Sequence[Field]) -> None:
        """Shows other axes."""
        self._fields = tuple(dict.fromkeys(fields))[:MOST_FIELDS]
        self._changed(asks=True)

    def wanted(self) -> tuple[Field, ...]:
        """Returns the fields of the axes and of the colour."""
        colour = self.colour.field()
        return tuple(dict.fromkeys([*self._fields, *([colour] if colour else [])]))

    def set_names(self, names: Sequence[Field]) -> None:
        """Says which fields can be chosen."""
        self.adder.set_names(names)
        self.colour.set_names(names)

    def start_with(self, spread: Sequence[Spread]) -> None:
        """Shows the params that vary and the first metrics."""
        if self._fields:
            return
        metrics = metrics_of(spread)[:FIRST_METRICS]
        self._fields = (*varying_params(spread, FIRST_PARAMS), *reversed(metrics))
        if self.colour.field() is None:
            self.colour.set_field(next(iter(metrics), None))
        self._name_axes()

    def redraw(self) -> None:
        """Shows the chosen columns as lines."""
        if self._table is None:
            return
        columns = [self.column(field) for field in self._fields]
        dimensions = tuple(self._dimension(each) for each in columns if each is not None)
        colour = self.column(self.colour.field())
        self.chart.set_strands(
            Strands(
                dimensions=dimensions,
                names=self.names(),
                colour=None if colour is None else self._dimension(colour),
                is_low_better=colour is not None and is_low_better(colour.field, self.schema),
                marked=self.ticked_rows(),
            )
        )
        self._name_axes()

    def clear_marks(self) -> None:
        """Takes the brushes off."""
        self.chart.set_brushes({}, says=False)

    def marked_rows(self) -> tuple[int, ...]:
        """Returns the rows of the brushed runs, the newest first."""
        return self.chart.brushed_rows()

    def choices(self) -> Json:
        """Returns axes, what is turned over, logarithms and colour."""
        colour = self.colour.field()
        return {
            "fields": [*(key_of(field) for field in self._fields)],
            "flipped": [*sorted(self.chart.flipped())],
            "logs": {**self._logs},
            "colour": "" if colour is None else key_of(colour),
        }

    def restore(self, choices: Json) -> None:
        """Takes over what is known of it."""
        if not isinstance(choices, dict):
            return
        fields, flipped, logs = (choices.get(key) for key in ("fields", "flipped", "logs"))
        if isinstance(fields, list):
            known = (field_of(key) for key in fields)
            self._fields = tuple(field for field in known if field is not None)[:MOST_FIELDS]
        if isinstance(flipped, list):
            self.chart.set_flipped(frozenset(key for key in flipped if isinstance(key, str)))
        if isinstance(logs, dict):
            self._logs = {key: on for key, on in logs.items() if isinstance(on, bool)}
        self.colour.set_field(field_of(choices.get("colour")))

    # ------------------------------------------------------------ inside

    def _dimension(self, column: ValueColumn) -> Dimension:
        return dimension_of(column, self.schema, is_log=self._logs.get(key_of(column.field)))

    def _changed(self, *, asks: bool) -> None:
        self._name_axes()
        self.choices_changed.emit()
        if asks:
            self.wanted_changed.emit()
        else:
            self.redraw()

    def _name_axes(self) -> None:
        """Lists what can be done with each axis."""
        choices: list[tuple[str, str]] = []
        strands = self.chart.strands()
        for dimension in strands.dimensions if strands else ():
            if dimension.can_be_log:
                words = "Linear" if dimension.is_log else "Logarithmic"
                choices.append((f"log:{dimension.key}", f"{words} {dimension.title}"))
        choices.append(("", ""))
        choices += [(f"off:{key_of(each)}", f"Take off {title_of(each)}") for each in self._fields]
        self.axes.set_choices(choices)
        self.adder.set_field(None)
        self.adder.setText("Add axis")
        self.adder.setAccessibleName("Add an axis")

    def _on_added(self, field: Field | None) -> None:
        if field is not None:
            self.set_fields((*self._fields, field))

    def _on_axis_choice(self, choice: str) -> None:
        act, _, key = choice.partition(":")
        if act == "off":
            self.set_fields([field for field in self._fields if key_of(field) != key])
        elif act == "log":
            strands = self.chart.strands()
            found = [each for each in strands.dimensions if each.key == key] if strands else []
            if found:
                self._logs[key] = not found[0].is_log
                brushes = {k: brush for k, brush in self.chart.brushes().items() if k != key}
                had = len(brushes) < len(self.chart.brushes())
                self.chart.set_brushes(brushes, says=had)  # its places are others now
                self._changed(asks=False)

    def _on_order_changed(self, keys: tuple[str, ...]) -> None:
        by_key = {key_of(field): field for field in self._fields}
        self._fields = tuple(by_key[key] for key in keys if key in by_key)
        self._changed(asks=False)

    def _on_brushes_changed(self, brushes: Mapping[str, Brush]) -> None:
        self.choices_changed.emit()
        self.say_marked(lambda: self._parts(brushes))

    def _parts(self, brushes: Mapping[str, Brush]) -> str:
        strands = self.chart.strands()
        parts = []
        for dimension in strands.dimensions if strands else ():
            brush, column = brushes.get(dimension.key), self.column(field_of(dimension.key))
            if brush is None or column is None:
                continue
            if brush.span is None:
                parts.append(brush_filter.categories_filter(column, sorted(brush.codes)))
                continue
            low, high = (dimension.number_at(place) for place in brush.span)
            inside = brush.holds(dimension.places)
            parts.append(brush_filter.range_filter(column, inside, low, high))
        return " AND ".join(parts)
