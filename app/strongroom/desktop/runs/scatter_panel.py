# SPDX-License-Identifier: Apache-2.0
"""The scatter plot of the Runs page: any field over any other, and what is marked as a filter.

* A rectangle is a range on both axes; a lasso is the runs inside it, by id.
* An axis of categories shows boxes instead of points.
"""

from collections.abc import Sequence

import numpy as np

from PySide6.QtWidgets import QStackedWidget, QWidget

from strongroom.desktop.charts.box import BoxPlot
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.points import Points
from strongroom.desktop.charts.region import Lasso, Rectangle
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.charts.scatter import Drag, ScatterPlot
from strongroom.desktop.charts.trend import Fit
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.session import Json
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs import brush_filter
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.field_chooser import FieldChooser
from strongroom.desktop.runs.plot_fields import (
    dimension_of,
    field_of,
    metrics_of,
    varying_params,
)
from strongroom.desktop.runs.plot_panel import PlotPanel, keys_of, take_choice, unheard
from strongroom.domain.query import Field, FieldKind
from strongroom.services.run_values import Spread, ValueColumn

DRAGS = (
    (Drag.PAN.value, "Drag moves"),
    (Drag.RECTANGLE.value, "Drag marks a box"),
    (Drag.LASSO.value, "Drag lassos"),
)
FITS = (
    (Fit.NONE.value, "No trend"),
    (Fit.THEIL_SEN.value, "Theil–Sen trend"),
    (Fit.LEAST_SQUARES.value, "Least squares trend"),
)
SCALES = (
    ("auto", "Auto scales"),
    ("linear", "Linear axes"),
    ("log-x", "Logarithmic x"),
    ("log-y", "Logarithmic y"),
    ("log", "Logarithmic x and y"),
)
ROLES = ("y", "x", "colour", "size")


class ScatterPanel(PlotPanel):
    """Choices and plot."""

    key, title = "scatter", "Scatter"

    def __init__(self, charted: Charted, parent: QWidget | None = None) -> None:
        super().__init__(charted, parent)
        self._has_boxes = False
        self.chart = ScatterPlot(ChartLook.from_theme(theme()))
        self.chart.setObjectName("runs.plots.scatter")
        self.choosers = {
            "y": FieldChooser("Y"),
            "x": FieldChooser("X"),
            "colour": FieldChooser("Colour", optional=True),
            "size": FieldChooser("Size", optional=True),
        }
        self.scales = Choice(SCALES, "auto", name="Scales", kind="ghost")
        self.fits = Choice(FITS, Fit.NONE.value, name="Trend line", kind="ghost")
        self.drags = Choice(DRAGS, Drag.PAN.value, name="Drag", kind="ghost")
        for chooser in self.choosers.values():
            chooser.chosen.connect(self.field_chosen)
        self.scales.chosen.connect(self.choice_made)
        self.fits.chosen.connect(self.choice_made)
        self.drags.chosen.connect(lambda key: self.chart.set_drag(Drag(key)))
        self.chart.chosen.connect(self.row_chosen)
        self.chart.ticked.connect(self.row_ticked)
        self.chart.region_changed.connect(self._on_region_changed)
        self.boxes = BoxPlot(ChartLook.from_theme(theme()))
        self.boxes.setObjectName("runs.plots.scatter.boxes")
        self.boxes.chosen.connect(self.row_chosen)
        self.boxes.marked.connect(self._on_categories_marked)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.chart)
        self._stack.addWidget(self.boxes)
        choices = (*self.choosers.values(), self.scales, self.fits, self.drags)
        self.lay_out(self._stack, *choices)

    def plot(self) -> RunsPlot:
        """Returns the points, or the boxes an axis of categories has instead."""
        return self.boxes if self._has_boxes else self.chart

    def wanted(self) -> tuple[Field, ...]:
        """Returns the chosen fields."""
        fields = (chooser.field() for chooser in self.choosers.values())
        return tuple(dict.fromkeys(field for field in fields if field is not None))

    def set_names(self, names: Sequence[Field]) -> None:
        """Says which fields can be chosen."""
        for chooser in self.choosers.values():
            chooser.set_names(names)

    def start_with(self, spread: Sequence[Spread]) -> None:
        """Puts the first metric over the first param that varies, else over another metric."""
        metrics = metrics_of(spread)
        kept = [each for each in spread if each.field.kind is FieldKind.PARAM]
        params = varying_params(sorted(kept, key=_interest), 1)
        y = self.choosers["y"].field() or next(iter(metrics), None)
        others = [*params, *(field for field in metrics if field != y)]
        x = self.choosers["x"].field() or next(iter(others), None)
        self.choosers["y"].set_field(y)
        self.choosers["x"].set_field(x)

    def set_pair(self, x: Field, y: Field) -> None:
        """Chooses what lies along x and y."""
        self.choosers["x"].set_field(x)
        self.choosers["y"].set_field(y)
        self.choices_changed.emit()

    def redraw(self) -> None:
        """Shows the chosen columns as points."""
        x, y = self._dimension("x"), self._dimension("y")
        if x is None or y is None:
            self.chart.set_points(None)
            return
        points = Points(
            x=x,
            y=y,
            names=self.names(),
            colour=self._dimension("colour"),
            size=self._dimension("size"),
            marked=self.ticked_rows(),
        )
        self._has_boxes = x.is_category and not y.is_category
        self._stack.setCurrentIndex(int(self._has_boxes))
        for choice in (self.choosers["colour"], self.choosers["size"], self.fits, self.drags):
            choice.setEnabled(not self._has_boxes)
        if self._has_boxes:
            self.boxes.set_points(points)
            return
        self.chart.set_fit(Fit(self.fits.current()))
        self.chart.set_points(points)

    def clear_marks(self) -> None:
        """Takes region and marked categories back."""
        with unheard(self.chart, self.boxes):
            self.chart.set_region(None)
            self.boxes.set_marks(frozenset())

    def marked_rows(self) -> tuple[int, ...]:
        """Returns the rows inside the region, or of the marked categories."""
        return self.boxes.marked_rows() if self._has_boxes else self.chart.region_rows()

    def choices(self) -> Json:
        """Returns fields, scales and trend."""
        fields = keys_of({role: chooser.field() for role, chooser in self.choosers.items()})
        return {**fields, "scales": self.scales.current(), "fit": self.fits.current()}

    def restore(self, choices: Json) -> None:
        """Takes over what is known of it."""
        if not isinstance(choices, dict):
            return
        for role, chooser in self.choosers.items():
            chooser.set_field(field_of(choices.get(role)))
        take_choice(self.scales, choices.get("scales"), SCALES)
        take_choice(self.fits, choices.get("fit"), FITS)

    def _dimension(self, role: str) -> Dimension | None:
        column = self.column(self.choosers[role].field())
        if column is None:
            return None
        scales = self.scales.current()
        is_log: bool | None = None
        if role in {"x", "y"} and scales != "auto":
            is_log = scales in {"log", f"log-{role}"}
        if role == "size":
            is_log = False
        return dimension_of(column, self.schema, is_log=is_log)

    def _on_categories_marked(self, codes: frozenset[int]) -> None:
        self.say_marked(lambda: self.categories_part(self.choosers["x"].field(), codes))

    def _on_region_changed(self, region: Rectangle | Lasso | None) -> None:
        self.say_marked(lambda: self._part(region))

    def _part(self, region: Rectangle | Lasso | None) -> str:
        points = self.chart.points()
        if region is None or points is None:
            return ""
        if isinstance(region, Lasso):
            return brush_filter.runs_filter(self.marked_ids())
        parts = []
        for role, dimension, (low, high) in (
            ("x", points.x, region.x),
            ("y", points.y, region.y),
        ):
            column = self.column(self.choosers[role].field())
            if column is not None:
                parts.append(_range_part(column, dimension, low, high))
        return " AND ".join(parts)


def _interest(spread: Spread) -> tuple[bool, int, int]:
    """Numbers first, then what most runs have, then what differs most."""
    return not spread.is_numeric, -spread.run_count, -spread.value_count


def _range_part(column: ValueColumn, dimension: Dimension, low: float, high: float) -> str:
    if dimension.is_category:
        codes = [code for code in range(len(dimension.categories)) if low <= code <= high]
        return brush_filter.categories_filter(column, codes)
    with np.errstate(invalid="ignore"):
        inside = (dimension.places >= low) & (dimension.places <= high)
    return brush_filter.range_filter(
        column, inside, dimension.number_at(low), dimension.number_at(high)
    )
