# SPDX-License-Identifier: Apache-2.0
"""Windows of one chart: the chart alone, as large as there is room, and the numbers behind it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.charts.data_table import X_TITLES, PointsModel, PointsTable
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.theme import theme


class LargeChart(Dialog):
    """A chart of a board, alone; Escape leads back."""

    def __init__(self, title: str, room: QSize, parent: QWidget | None = None) -> None:
        super().__init__(
            title, width=max(room.width(), 480), height=max(room.height(), 360), cancel="Close",
            parent=parent,
        )  # fmt: skip
        self.chart = LineChart(ChartLook.from_theme(theme()), title=title)
        self.chart.setObjectName("charts.large")
        self.chart.is_alone = True
        self.chart.set_legend(is_shown=True)
        body = QWidget()
        down = QVBoxLayout(body)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(self.chart)
        self.set_body(body, margins=(12, 12, 12, 4))
        self.set_reason(
            "Arrows move the crosshair, with Shift the range; + and - zoom, 0 shows all"
        )
        self.chart.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leaves on Escape; Enter presses nothing here."""
        if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Lets the last picture finish before the chart goes."""
        self.chart.set_link(None)
        self.chart.wait_for_picture()
        super().done(result)


class ChartNumbers(Dialog):
    """The visible range of a chart as a table."""

    def __init__(self, chart: LineChart, x_title: str = "", parent: QWidget | None = None) -> None:
        title = chart.title()
        super().__init__(
            f"Points of {title}", title=f"Points of {title}", width=760, height=520,
            cancel="Close", parent=parent,
        )  # fmt: skip
        model = PointsModel(chart.visible_series(), chart.x_axis, x_title)
        self.table = PointsTable(model, name=f"Points of {title}")
        copy = self.add_action("Copy", "primary", "copy")
        copy.clicked.connect(self.copy)
        self.set_body(self.table, margins=(0, 0, 0, 0))
        axis = (x_title or X_TITLES[chart.x_axis]).lower()
        rows = wording.count(model.rowCount(), "row")
        self.set_reason(f"{rows} by {axis}, as far as the chart shows")

    def copy(self) -> None:
        """Copies what is selected, or everything."""
        if self.table.copy():
            self.set_reason("Copied", "ok")
        else:
            self.set_reason("Too many cells to copy. Save the chart as CSV or Parquet.", "warn")
