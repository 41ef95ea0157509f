# SPDX-License-Identifier: Apache-2.0
"""Notebooks: cells below each other, source coloured, printed text and PNGs below it.

Markdown cells are laid out by `PageViewer`; other outputs are named, never rendered.
"""

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Scroll, clear
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.viewers.page_viewer import PageViewer
from strongroom.desktop.viewers.text_area import TextArea
from strongroom.services.views.shapes import NotebookCell, NotebookView

W = TypeVar("W", bound=QWidget)
MOST_LINES = 24  # of a cell on the screen; the rest scrolls inside
WIDEST_PICTURE = 480


class NotebookViewer(QWidget):
    """Shows the cells of a notebook."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._body = QWidget()
        self._cells = QVBoxLayout(self._body)
        self._cells.setContentsMargins(0, 0, 8, 0)
        self._cells.setSpacing(4)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(Scroll(self._body))

    def show_notebook(self, view: NotebookView, pictures: tuple[tuple[QImage, ...], ...]) -> None:
        """Shows another notebook; ``pictures`` are those of each cell, decoded."""
        clear(self._cells)
        for number, (cell, images) in enumerate(zip(view.cells, pictures, strict=True), start=1):
            self._add(number, cell, images)
        self._cells.addStretch(1)

    def areas(self) -> list[TextArea]:
        """Returns the sources and outputs on the screen, from above."""
        return self._of(TextArea)

    def pictures(self) -> int:
        """Returns how many pictures are on the screen."""
        return sum(not label.pixmap().isNull() for label in self._of(QLabel))

    def _of(self, kind: type[W]) -> list[W]:
        found = []
        for at in range(self._cells.count()):
            item = self._cells.itemAt(at)
            widget = item.widget() if item is not None else None
            if isinstance(widget, kind):
                found.append(widget)
        return found

    def _add(self, number: int, cell: NotebookCell, images: tuple[QImage, ...]) -> None:
        what = {"code": "Code", "markdown": "Text", "raw": "Raw"}[cell.kind]
        ran = f", run {cell.number}" if cell.number else ""
        self._cells.addWidget(Label(f"{what} {number}{ran}", "text_tertiary", "caption"))
        if cell.kind == "markdown":
            page = PageViewer(f"Text of cell {number}")
            page.show_markdown(cell.source)
            page.setFixedHeight(_page_height(cell.source))
            self._cells.addWidget(page)
        else:
            self._cells.addWidget(_area(f"Source of cell {number}", cell.source, is_code=True))
        if cell.printed:
            self._cells.addWidget(_area(f"Output of cell {number}", cell.printed, is_code=False))
        for image in images:
            self._cells.addWidget(_picture(image, number))
        self._cells.addSpacing(8)


def _area(name: str, text: str, *, is_code: bool) -> TextArea:
    area = TextArea(name)
    lines = text.split("\n")
    area.set_lines(lines, first=1 if is_code else None, language="python" if is_code else "plain")
    shown = min(MOST_LINES, len(lines))
    area.setFixedHeight(round(shown * area.fontMetrics().lineSpacing()) + 22)
    return area


def _page_height(source: str) -> int:
    lines = min(MOST_LINES, sum(1 + len(line) // 80 for line in source.split("\n")))
    return max(theme().line("body") * (lines + 1), 40) + 8


def _picture(image: QImage, number: int) -> QLabel:
    label = QLabel()
    pixmap = QPixmap.fromImage(image)
    if pixmap.width() > WIDEST_PICTURE:
        pixmap = pixmap.scaledToWidth(WIDEST_PICTURE, Qt.TransformationMode.SmoothTransformation)
    label.setPixmap(pixmap)
    label.setAccessibleName(f"Picture of cell {number}")
    return label
