# SPDX-License-Identifier: Apache-2.0
"""What a test of the window has left behind."""

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication


def fail_if_left_open() -> None:
    """Closes every window still shown, then fails if there was one, or a running timer."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    app.processEvents()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    shown = [widget for widget in app.topLevelWidgets() if widget.isVisible()]
    names = [f"{type(widget).__name__} {widget.windowTitle()}" for widget in shown]
    for widget in shown:
        widget.close()
    timers = [timer for timer in app.findChildren(QTimer) if timer.isActive()]
    assert not names, f"windows left open: {names}"
    assert not timers, f"timers left running: {timers}"
