# SPDX-License-Identifier: Apache-2.0
"""The ground of a board: headings of its sections, why it is empty, where a card would land."""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from strongroom.desktop.charts.flow import GAP
from strongroom.desktop.charts.look import ChartLook

EDGE = 16


class Heading(QPushButton):
    """The heading of a section: its name, how many charts it has, and whether it is open.

    Signals:
        toggled_section: It was pressed (its name).
    """

    toggled_section = Signal(str)

    def __init__(self, name: str, look: ChartLook, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = name
        self.setFlat(True)
        self.setCheckable(True)
        self.clicked.connect(lambda: self.toggled_section.emit(self._name))
        self.set_look(look)

    def tell(self, count: int, *, is_open: bool) -> None:
        """Says how many charts there are and whether they are shown."""
        shown = self._name.replace("&", "&&")  # a lone & would become a mnemonic
        self.setChecked(is_open)
        self.setText(f"{'▾' if is_open else '▸'}  {shown}   {count:,}")
        self.setAccessibleName(f"Section {self._name}, {count} charts")
        self.setAccessibleDescription("open" if is_open else "folded")

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        self.setFont(look.title_font)
        self.setStyleSheet(
            f"QPushButton {{ text-align: left; border: none; padding: 0 4px; "
            f"color: {look.text_soft.name()}; background: transparent; }}"
            f"QPushButton:focus {{ border: 2px solid {look.focus.name()}; border-radius: 6px; }}"
        )


class BoardPage(QWidget):
    """What the charts lie on."""

    def __init__(self, look: ChartLook, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = look
        self.message = ""
        self._mark: QRect | None = None

    def show_mark(self, place: QRect | None) -> None:
        """Shows where a card would land, or takes the mark away."""
        if place != self._mark:
            self._mark = place
            self.update()

    def mark(self) -> QRect | None:
        """Returns where a card would land now."""
        return self._mark

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the mark, or the reason there is nothing."""
        painter = QPainter(self)
        if self._mark is not None:
            painter.fillRect(self._mark, self.look.focus)
        if self.message:
            painter.setFont(self.look.note_font)
            painter.setPen(self.look.text_soft)
            place = self.rect().adjusted(EDGE, GAP, -EDGE, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignTop, self.message)
