# SPDX-License-Identifier: Apache-2.0
"""What lies below the bar of the Compare page: notices, then values and charts, or two runs beside.

* Nothing here asks or decides; the page says which part is shown.
"""

from typing import Literal

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.compare import words
from strongroom.desktop.compare.aside import Aside
from strongroom.desktop.compare.beside import BesidePane
from strongroom.desktop.compare.same_data import SameData
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.compare.values import Values
from strongroom.desktop.kit.blocks import Banner, EmptyState
from strongroom.desktop.kit.surface import Split
from strongroom.desktop.kit.task import Tasks

TABLE_WIDTH, CHARTS_WIDTH = 844, 410
Part = Literal["values", "beside", "empty"]


class CompareBody(QWidget):
    """The parts of the page.

    Args:
        services: What they ask.
        tasks: The jobs of the window.
    """

    def __init__(self, services: CompareServices, tasks: Tasks) -> None:
        super().__init__()
        self.values = Values(services, tasks)
        self.aside = Aside(services, tasks)
        self.beside = BesidePane(services.viewing, services.texts, tasks)
        self.notice = Banner("warn", "")
        self.same_data = SameData(services, tasks)
        self.split = Split("horizontal", self.values, self.aside, sizes=(TABLE_WIDTH, CHARTS_WIDTH))
        self.split.setStretchFactor(0, 2)
        self.split.setStretchFactor(1, 1)
        self.empty = EmptyState(*words.why_empty(()), "Choose runs", "flask-conical")
        self._parts: dict[Part, QWidget] = {
            "values": self.split,
            "beside": self.beside,
            "empty": self.empty,
        }
        self.stack = QStackedWidget()
        for part in self._parts.values():
            self.stack.addWidget(part)
        self._edge = QVBoxLayout()
        self._edge.setContentsMargins(16, 0, 16, 0)
        self._edge.addWidget(self.notice)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(self._edge)
        down.addWidget(self.same_data)
        down.addWidget(self.stack, 1)
        self.notice.hide()

    def show_part(self, part: Part) -> None:
        """Shows one of the parts."""
        self.stack.setCurrentWidget(self._parts[part])

    def say(self, title: str, sentence: str) -> None:
        """Says above everything what is missing from the comparison; "" for nothing."""
        self.notice.setVisible(bool(title))
        self._edge.setContentsMargins(16, 8 if title else 0, 16, 8 if title else 0)
        if title:
            self.notice.show_outcome("warn", title, sentence)
