# SPDX-License-Identifier: Apache-2.0
"""A plot beside the table with its row of tools above; never lower than both of them need."""

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.wrapped import WrappedRow

CARD_MARGINS = (16, 0, 24, 10)  # px around a card, like the curves', which have a scroll bar


class PlotPane(QWidget):
    """The pane.

    Args:
        chart: The plot.
        tools: Its choices, from left to right.
        left: Px before the first of them: 16 for words, 4 for a button, which has its own.
    """

    def __init__(
        self,
        chart: RunsPlot,
        tools: Sequence[QWidget],
        *,
        left: int = 4,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        head = Surface()
        across = WrappedRow(head)
        across.setContentsMargins(left, 4, 12, 4)
        for tool in tools:
            across.addWidget(tool)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        card = QVBoxLayout()
        card.setContentsMargins(*CARD_MARGINS)
        card.addWidget(chart)
        down.addLayout(card, 1)
        self._down = down

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Asks for the height that the tools need at this width."""
        super().resizeEvent(event)
        self.setMinimumHeight(self._down.minimumHeightForWidth(self.width()))
