# SPDX-License-Identifier: Apache-2.0
"""The scene of the Monitor page."""

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import Scene, Studio
from strongroom.desktop.monitor.page import MonitorPage


def _page(studio: Studio) -> QWidget:
    studio.open(Place("monitor"))
    return studio.window


SCENES = (Scene(name="monitor", shows=MonitorPage, play=_page),)
