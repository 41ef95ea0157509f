# SPDX-License-Identifier: Apache-2.0
"""The card of a plot over many runs: header, empty state, export; what is inside differs.

Laws: what is on screen can be saved as a picture, as a drawing and as rows; everything is painted
as plain text; nothing here asks a service.
"""

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.charts import export
from strongroom.desktop.charts.card import SIDE, Header, header_height, paint_card, paint_header
from strongroom.desktop.charts.frame import paint_message
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.kit.theme import theme

LEAST = QSize(240, 180)  # below, labels would touch


class RunsPlot(QWidget):
    """Is a card with a header; a subclass paints the inside and names its rows."""

    def __init__(self, look: ChartLook, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._name = name
        self._header = Header(title="", note="", value="")
        self._message: tuple[str, str] | None = ("Nothing to show yet", "")
        self._highlighted = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        theme().follow(self)

    @property
    def look(self) -> ChartLook:
        """The colours and fonts it is painted with."""
        return self._look

    def message(self) -> tuple[str, str] | None:
        """Returns why there is nothing and what to do, None while there is something."""
        return self._message

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        self._look = look
        self.repaint_all()

    def apply_theme(self) -> None:
        """Takes over the theme in force."""
        self.set_look(ChartLook.from_theme(theme()))

    def repaint_all(self) -> None:
        """Paints everything anew; a subclass drops its pictures first."""
        self.update()

    def wait_for_picture(self) -> None:
        """Waits until what a worker paints is there; it is shown with the next events."""

    def paint_inside(self, painter: QPainter, *, is_drawing: bool) -> None:
        """Paints what is below the header; ``is_drawing`` asks for lines instead of pixels."""
        raise NotImplementedError

    def reset_view(self) -> None:
        """Shows everything; a plot without zoom has nothing to do."""

    def highlighted(self) -> int:
        """Returns the row that is shown stronger, -1 for none."""
        return self._highlighted

    def set_highlight(self, row: int) -> None:
        """Shows one row stronger, such as the one the keyboard is at elsewhere; -1 none."""
        if row != self._highlighted:
            self._highlighted = row
            self.update()

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yields a heading and a row a run, numbers exact."""
        raise NotImplementedError

    def export_png(self, scale: float = 2.0) -> export.Save:
        """Returns what saves the plot as it is, ``scale`` pixels a unit."""
        return export.save_png(self, scale)

    def export_svg(self) -> export.Save:
        """Returns what saves the plot as a drawing."""
        return export.save_drawing(self._header.title, self.size(), self._paint_drawing)

    def export_csv(self) -> export.Save:
        """Returns what saves the rows."""
        return export.save_rows(tuple(self.rows()))

    def sizeHint(self) -> QSize:
        """Returns a comfortable size."""
        return QSize(640, 320)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes other pictures."""
        super().resizeEvent(event)
        self.repaint_all()

    def event(self, event: QEvent) -> bool:
        """Makes other pictures for a screen with other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.repaint_all()
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints card, header and inside."""
        painter = QPainter(self)
        paint_card(painter, QRectF(self.rect()), self._look, has_focus=self.hasFocus())
        self._paint(painter, is_drawing=False)

    def inside(self) -> QRectF:
        """Returns the room below the header."""
        top = header_height(self._look)
        return QRectF(SIDE, top, self.width() - 2 * SIDE, self.height() - top - SIDE)

    def _paint_drawing(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self._look.surface)
        self._paint(painter, is_drawing=True)

    def _paint(self, painter: QPainter, *, is_drawing: bool) -> None:
        paint_header(painter, self.width(), self._look, self._header)
        if self._message is not None:
            paint_message(painter, self.inside(), self._look, self._message)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self.paint_inside(painter, is_drawing=is_drawing)

    def _describe(self, title: str, note: str, value: str, spoken: str) -> None:
        """Sets the header line and what people hear who do not see it."""
        self._header = Header(title=title, note=note, value=value)
        self.setAccessibleName(f"{self._name} of {title}" if title else self._name)
        self.setAccessibleDescription(spoken)
        self.update()
