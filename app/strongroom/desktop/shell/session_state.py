# SPDX-License-Identifier: Apache-2.0
"""How the window comes back as it was left: geometry, splitters, the place.

* Geometry belongs to the workstation; splitters, place and whatever pages remember to the store.
* Bytes of Qt are kept as text; what Qt does not recognise is ignored.
"""

import base64
import binascii
import hashlib
from pathlib import Path

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QSplitter, QWidget

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session

FOLDER = "session"


class SessionState:
    """What the shell itself remembers of one window at one store.

    Args:
        home: The folder of the person.
        store: The store that is open.
    """

    def __init__(self, home: Path, store: Path) -> None:
        digits = hashlib.sha256(str(store.absolute()).encode("utf-8", "surrogateescape"))
        self.window = Session(home / FOLDER / "window.json")
        self.store = Session(home / FOLDER / f"store-{digits.hexdigest()[:16]}.json")

    def save_window(self, window: QWidget) -> None:
        """Remembers size and position."""
        self.window.set_value("window.geometry", _text(window.saveGeometry()))

    def restore_window(self, window: QWidget) -> bool:
        """Restores size and position; returns whether there was something to restore."""
        value = _bytes(self.window.value("window.geometry", ""))
        return value is not None and window.restoreGeometry(value)

    def save_splitters(self, root: QWidget) -> None:
        """Remembers every splitter below a widget that has an object name."""
        for splitter in root.findChildren(QSplitter):
            if splitter.objectName():
                self.store.set_value(
                    f"splitter.{splitter.objectName()}", _text(splitter.saveState())
                )

    def restore_splitters(self, root: QWidget) -> None:
        """Restores what `save_splitters` remembered."""
        for splitter in root.findChildren(QSplitter):
            if splitter.objectName():
                value = _bytes(self.store.value(f"splitter.{splitter.objectName()}", ""))
                if value is not None:
                    splitter.restoreState(value)

    def save_place(self, place: Place) -> None:
        """Remembers where somebody was."""
        self.store.set_value("window.place", place.to_text())

    def place(self) -> Place | None:
        """Returns where somebody was, None if that is not known or not readable."""
        value = self.store.value("window.place", "")
        if not isinstance(value, str) or not value:
            return None
        try:
            return Place.from_text(value)
        except ValueError:
            return None

    def flush(self) -> None:
        """Writes to disk now."""
        self.window.flush()
        self.store.flush()


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _bytes(value: object) -> QByteArray | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return QByteArray(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return None
