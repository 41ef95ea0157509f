# SPDX-License-Identifier: Apache-2.0
"""The metrics of a run: how many points, the curve in small, last, least, largest, best.

* What breaks its rule says so in words. Units are those of the rule.
* A pane shows last, least and largest; the whole page best and step too.
"""

import itertools
from collections.abc import Mapping

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import (
    MISSING,
    Cell,
    Column,
    NumberCell,
    Row,
    SparkCell,
    TwoLineCell,
)
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.words import shown
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.run import MetricSummary

MOST_LISTED = 1_000
SPARKS = 40  # metrics with a line in the list; the charts show all
_NARROW = (
    Column("name", "Metric", 110, stretch=True),
    Column("spark", "", 64),
    Column("last", "Last", 72, "right"),
    Column("min", "Min", 66, "right"),
    Column("max", "Max", 66, "right"),
)
_WIDE = (
    Column("name", "Metric", 220, stretch=True),
    Column("spark", "", 160),
    Column("points", "Points", 90, "right"),
    Column("step", "Last step", 90, "right"),
    Column("last", "Last", 100, "right"),
    Column("min", "Min", 100, "right"),
    Column("max", "Max", 100, "right"),
    Column("best", "Best", 100, "right"),
)


class MetricsTab(QWidget):
    """Lists metrics; ``table`` holds the lines.

    Signals:
        rule_requested: The rule of a metric is to be opened (the metric's key).
    """

    rule_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._metrics: dict[str, MetricSummary] = {}
        self._sparks: dict[str, tuple[float, ...]] = {}
        self._schema = MetricSchema()
        self._is_wide = False
        self.search = SearchField("Search metrics")
        self.search.changed.connect(lambda _words: self._list())
        self.table = Table(_NARROW, name="Metrics", edge=0, plain=True, row_height=48)
        self.table.activated_row.connect(self.rule_requested)
        self.table.context_requested.connect(self.open_menu)
        self._none = Label("This run logged no metrics.", "text_secondary", "dense")
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 8, 0, 0)
        down.setSpacing(4)
        down.addWidget(self.search)
        down.addWidget(self._none)
        down.addWidget(self.table, 1)
        down.addStretch(0)

    def set_wide(self, *, wide: bool) -> None:
        """Shows more columns, or fewer."""
        if wide != self._is_wide:
            self._is_wide = wide
            self.table.set_columns(_WIDE if wide else _NARROW)
            self._list()

    def show_metrics(self, metrics: Mapping[str, MetricSummary], schema: MetricSchema) -> None:
        """Shows the metrics of a run; curves that are known stay until newer ones come."""
        self._schema = schema
        self._metrics = {key: metrics[key] for key in sorted(metrics)}
        self._list()

    def show_sparks(self, sparks: Mapping[str, tuple[float, ...]]) -> None:
        """Shows curves in small, by metric."""
        self._sparks = dict(sparks)
        self._list()

    def open_menu(self, key: str, place: QPoint) -> None:
        """Opens the menu of a metric."""
        menu = QMenu(self.window())
        menu.setFont(theme().font("body"))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction("Rule…").triggered.connect(lambda: self.rule_requested.emit(key))
        menu.popup(place)

    def wanted(self) -> list[str]:
        """Returns the metrics whose curves are on the screen."""
        return [row.key for row in self.table.lines()[:SPARKS]]

    def _list(self) -> None:
        words = self.search.text().casefold()
        found = (each for each in self._metrics.items() if words in each[0].casefold())
        listed = itertools.islice(found, MOST_LISTED)
        self.table.set_lines([self._row(key, summary) for key, summary in listed])
        has_any = bool(self._metrics)
        self._none.setVisible(not has_any)
        self.table.setVisible(has_any)
        self.search.setVisible(len(self._metrics) > 6)

    def _row(self, key: str, summary: MetricSummary) -> Row:
        rule = self._schema.rule(key)
        breach = rule.breach(summary)
        points = wording.count(summary.count, "point")
        parts = [shown(rule.unit)] if self._is_wide else [points, shown(rule.unit)]
        below = shown(breach) if breach else ", ".join(part for part in parts if part)
        best = rule.best(summary)
        last = wording.number(summary.last)
        cells: dict[str, Cell] = {
            "name": TwoLineCell(
                shown(key), below, icon="triangle-alert" if breach else "", icon_role="warn_icon"
            ),
            "spark": SparkCell(self._sparks.get(key, ()), points),
            "points": NumberCell(f"{summary.count:,}", role="text_secondary"),
            "step": NumberCell(f"{summary.last_step:,}", role="text_secondary"),
            "last": NumberCell(last, strong=True),
            "min": NumberCell(wording.number(summary.minimum), role="text_secondary"),
            "max": NumberCell(wording.number(summary.maximum), role="text_secondary"),
            "best": NumberCell(wording.number(best)) if best is not None else MISSING,
        }
        columns = _WIDE if self._is_wide else _NARROW
        return Row(
            key, tuple(cells[column.key] for column in columns), tint="warn" if breach else ""
        )
