# SPDX-License-Identifier: Apache-2.0
"""A window with its store and all its pages, for tests that are not about how it gets them."""

import time

from PySide6.QtWidgets import QApplication

from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow

WAIT_S = 60.0


def opened(desk: Desk) -> MainWindow:
    """Opens the window of a desk and waits until every page is there and has its data."""
    window = desk.open()
    end = time.monotonic() + WAIT_S
    while window.missing() or window.tasks.running():
        QApplication.processEvents()
        window.tasks.wait_idle(1_000)
        assert time.monotonic() < end, f"not there: {window.missing()}, {window.tasks.running()}"
    return window
