# SPDX-License-Identifier: Apache-2.0
"""System metrics (keys that begin with ``system/``) as small curves, each with its figures."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.charts.spark import paint_spark, spark_points
from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Scroll, clear
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.words import shown
from strongroom.domain.captured import is_system_metric
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.run import MetricSummary
from strongroom.domain.run_cost import HOUR_US, RunCost

MOST_CURVES = 60
_NONE = (
    "This run logged no system metrics. They are measured every few seconds unless "
    "logging.system_metrics is switched off, and metrics whose names begin with system/ stand "
    "here too."
)


def system_keys(keys: Sequence[str]) -> list[str]:
    """Returns the metrics that tell of the machine, sorted."""
    return sorted(key for key in keys if is_system_metric(key))[:MOST_CURVES]


class SystemTab(QWidget):
    """Small curves beside each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: dict[str, CurveTile] = {}
        self._columns = 1
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        self._none = Label(_NONE, "text_secondary", "dense", wrap=True)
        self.cost = KeyValues(key_width=96)
        self.cost.hide()
        body = QWidget()
        down = QVBoxLayout(body)
        down.setContentsMargins(0, 12, 8, 12)
        down.addWidget(self.cost)
        down.addWidget(self._none)
        down.addLayout(self._grid)
        down.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroll(body))

    def tiles(self) -> tuple["CurveTile", ...]:
        """Returns the curves that are shown."""
        return tuple(self._tiles.values())

    def set_wide(self, *, wide: bool) -> None:
        """Shows three curves beside each other, or one."""
        columns = 3 if wide else 1
        if columns != self._columns:
            self._columns = columns
            for at, tile in enumerate(self._tiles.values()):
                self._grid.addWidget(tile, at // columns, at % columns)

    def show_metrics(self, metrics: Mapping[str, MetricSummary], schema: MetricSchema) -> None:
        """Shows figures of a run's system metrics."""
        keys = system_keys(list(metrics))
        if keys != list(self._tiles):
            clear(self._grid)
            self._tiles = {key: CurveTile(key) for key in keys}
            for at, tile in enumerate(self._tiles.values()):
                self._grid.addWidget(tile, at // self._columns, at % self._columns)
        for key, tile in self._tiles.items():
            tile.set_summary(metrics[key], schema.rule(key).unit)
        self._none.setVisible(not keys)

    def show_cost(self, cost: RunCost | None) -> None:
        """Shows how long graphics cards were held, and for how much; None for no cards."""
        facts = cost_facts(cost) if cost is not None else []
        self.cost.set_facts(facts)
        self.cost.setVisible(bool(facts))

    def show_sparks(self, sparks: Mapping[str, tuple[float, ...]]) -> None:
        """Shows curves, by metric."""
        for key, tile in self._tiles.items():
            if key in sparks:
                tile.set_values(sparks[key])


def cost_facts(cost: RunCost) -> list[Fact]:
    """Returns hours of graphics cards and what they cost."""
    cards = wording.count(cost.cards, "card")
    where = f" on {wording.count(cost.machines, 'machine')}" if cost.machines > 1 else ""
    length = wording.duration(round(cost.hours * HOUR_US))
    hours = f"{cost.gpu_hours:,.2f}, {cards}{where} held for {length}"
    facts = [Fact(key="GPU hours", value=hours)]
    if cost.cents is not None:
        words = f"{cost.cents / 100:,.2f} by the rate of your settings"
        facts.append(Fact(key="GPU cost", value=words))
    return facts


class CurveTile(QWidget):
    """One curve: name, last value, curve, least and largest."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = shown(key.partition("/")[2] or key.partition(".")[2])
        self._last = self._range = ""
        self._values: tuple[float, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_summary(self, summary: MetricSummary, unit: str) -> None:
        """Shows figures."""
        of = f" {shown(unit)}" if unit else ""
        self._last = f"{wording.number(summary.last)}{of}"
        low, high = wording.number(summary.minimum), wording.number(summary.maximum)
        self._range = f"{low} to {high}, {wording.count(summary.count, 'point')}"
        self.setAccessibleName(f"{self._name}: last {self._last}, {self._range}")
        self.update()

    def set_values(self, values: tuple[float, ...]) -> None:
        """Shows a curve."""
        self._values = values
        self.update()

    def sizeHint(self) -> QSize:
        """Returns 104 px height at 100 %."""
        return QSize(220, theme().scaled(104))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the tile."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect())
        paint.rounded(painter, rect, 8, "bg_surface", "border_subtle")
        line = QRectF(12, 8, rect.width() - 24, look.line("dense"))
        paint.text(painter, line, self._last, font=look.font("dense", weight=600, tabular=True),
                   align="right")  # fmt: skip
        room = look.width(self._last, look.font("dense", weight=600, tabular=True)) + 12
        name = look.font("dense", weight=500)
        paint.text(painter, line.adjusted(0, 0, -room, 0), self._name, "text_secondary", name)
        foot = QRectF(12, rect.height() - 8 - look.line("caption"), rect.width() - 24,
                      look.line("caption"))  # fmt: skip
        paint.text(painter, foot, self._range, "text_tertiary", look.font("caption", weight=400))
        area = QRectF(12, line.bottom() + 4, rect.width() - 24, foot.top() - line.bottom() - 8)
        if self._values:
            pieces = spark_points(self._values, round(area.width()), round(area.height()))
            paint_spark(painter, area, pieces, look.series_colour(0))
