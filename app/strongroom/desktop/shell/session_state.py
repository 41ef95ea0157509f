# SPDX-License-Identifier: Apache-2.0
"""What the window remembers for convenience: geometry, splitters, places. Safe to delete.

* Kept in its own INI file; preferences live elsewhere and nothing here is trusted.
* A value of another kind than expected is ignored.
"""

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QSplitter, QWidget

from strongroom.desktop.kit.place import Place


class SessionState:
    """The INI file of one window."""

    def __init__(self, path: Path) -> None:
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def save_window(self, window: QWidget) -> None:
        """Remembers size and position."""
        self._settings.setValue("window/geometry", window.saveGeometry())

    def restore_window(self, window: QWidget) -> bool:
        """Restores size and position; returns whether there was something to restore."""
        value = self._settings.value("window/geometry")
        return isinstance(value, QByteArray) and window.restoreGeometry(value)

    def save_splitters(self, root: QWidget) -> None:
        """Remembers every splitter below a widget that has an object name."""
        for splitter in root.findChildren(QSplitter):
            if splitter.objectName():
                key = f"splitter/{splitter.objectName()}"
                self._settings.setValue(key, splitter.saveState())

    def restore_splitters(self, root: QWidget) -> None:
        """Restores what `save_splitters` remembered."""
        for splitter in root.findChildren(QSplitter):
            value = self._settings.value(f"splitter/{splitter.objectName()}")
            if splitter.objectName() and isinstance(value, QByteArray):
                splitter.restoreState(value)

    def save_place(self, place: Place) -> None:
        """Remembers where somebody was."""
        self._settings.setValue("window/place", place.to_text())

    def place(self) -> Place | None:
        """Returns where somebody was, None if that is not known or not readable."""
        value = self._settings.value("window/place")
        if not isinstance(value, str):
            return None
        try:
            return Place.from_text(value)
        except ValueError:
            return None

    def set_value(self, key: str, value: str) -> None:
        """Remembers a word of the window, such as the theme."""
        self._settings.setValue(f"view/{key}", value)

    def value(self, key: str, default: str = "") -> str:
        """Returns a word of the window."""
        value = self._settings.value(f"view/{key}", default)
        return value if isinstance(value, str) else default

    def flush(self) -> None:
        """Writes to disk now."""
        self._settings.sync()
