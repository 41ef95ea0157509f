# SPDX-License-Identifier: Apache-2.0
"""Hears when the screen is locked, from the session's own bus; nothing is asked, only heard.

* Without a bus of the session (Windows, macOS, a bare X server) nothing is ever heard, and the key
  still locks for want of use.
* The bus is a socket of this machine's file system; no network is touched.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import SLOT, QObject, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection

_SAVERS = ("org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver",
           "org.mate.ScreenSaver", "org.xfce.ScreenSaver")  # fmt: skip
_SLOT: Any = SLOT("_on_active_changed(bool)")  # text, whatever the stubs of PySide say


class ScreenLock(QObject):
    """Listens to the screen savers of the desktops.

    Signals:
        locked: The screen was locked.
    """

    locked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = f"strongroom-{id(self):x}"
        self._bus: QDBusConnection | None = _session_bus(self._name)
        if self._bus is not None:
            for saver in _SAVERS:
                self._bus.connect("", "", saver, "ActiveChanged", self, _SLOT)

    @property
    def is_listening(self) -> bool:
        """Whether there is a bus that would tell."""
        return self._bus is not None

    def stop(self) -> None:
        """Listens no more."""
        bus, self._bus = self._bus, None
        if bus is not None:
            for saver in _SAVERS:
                bus.disconnect("", "", saver, "ActiveChanged", self, _SLOT)
            bus.disconnectFromBus(self._name)

    @Slot(bool)
    def _on_active_changed(self, is_active: bool) -> None:
        if is_active:
            self.locked.emit()


def _session_bus(name: str) -> "QDBusConnection | None":
    """Returns a connection to the bus of the session if one runs; none is ever started for us."""
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    usual = Path(os.environ.get("XDG_RUNTIME_DIR", "")) / "bus"
    if not address and usual.is_socket():
        address = f"unix:path={usual}"
    if not address:
        return None
    try:
        from PySide6.QtDBus import QDBusConnection
    except ImportError:  # a platform without it
        return None
    bus = QDBusConnection.connectToBus(address, name)
    return bus if bus.isConnected() else None
