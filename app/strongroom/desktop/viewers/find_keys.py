# SPDX-License-Identifier: Apache-2.0
"""Ctrl+F inside a viewer finds inside the file; everywhere else it stays the page's."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget


class FindKeys(QObject):
    """Hears the key in some widgets before the window's shortcuts do."""

    def __init__(self, found: Callable[[], None], *widgets: QWidget) -> None:
        super().__init__(widgets[0])
        self._found = found
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Takes the key from the shortcuts, and acts on it."""
        if not isinstance(event, QKeyEvent) or not event.matches(QKeySequence.StandardKey.Find):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self._found()
            return True
        return False
