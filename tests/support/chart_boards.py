# SPDX-License-Identifier: Apache-2.0
"""Boards in tests: a chart is made some turns of the event loop after its card came into sight."""

import time

from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.board import ChartBoard

WAIT_S = 10.0


def make_all(board: ChartBoard) -> None:
    """Lets the event loop turn until every card near sight has its chart."""
    end = time.monotonic() + WAIT_S
    QApplication.processEvents()
    while not board.is_complete():
        QApplication.processEvents()
        assert time.monotonic() < end, f"no chart of {[*board.places()]}"
