# SPDX-License-Identifier: Apache-2.0
"""PDF, one page at a time, drawn by pypdfium2 in a task; no form, no script, no link is followed.

* A page is drawn to at most `MOST_PIXELS`. Without pypdfium2 the viewer says so.
* pdfium is not made for several threads, so one lock holds them apart.
"""

import threading
from dataclasses import dataclass

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.picture_canvas import PictureCanvas

MOST_PIXELS = 8_000_000
MOST_POINTS = 14_400  # a page has at most 200 inches
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A drawn page, its number from 0, how many there are; or why it is not drawn."""

    image: QImage
    number: int
    pages: int
    why: str = ""


class DocumentViewer(QWidget):
    """Shows pages of a PDF.

    Signals:
        refused: A page cannot be drawn (the reason).
    """

    refused = Signal(str)

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._data = b""
        self._sheet: Sheet | None = None
        self._name = ""
        self.canvas = PictureCanvas()
        self.says = Elided("", "text_tertiary", "caption")
        self._back = Button("", "ghost", "chevron-left", small=True, name="Previous page")
        self._forth = Button("", "ghost", "chevron-right", small=True, name="Next page")
        self._back.clicked.connect(lambda: self._turn(-1))
        self._forth.clicked.connect(lambda: self._turn(1))
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addWidget(row((self.says, 1), self._back, self._forth, spacing=2))
        down.addWidget(self.canvas, 1)

    def show_document(self, data: bytes, first: Sheet, name: str) -> None:
        """Shows the first page of another document."""
        self._data, self._name = data, name
        self._take(first)

    def go(self, number: int) -> None:
        """Shows another page."""
        data = self._data

        def take(sheet: Sheet) -> None:
            if data is self._data:
                self._take(sheet)

        self._tasks.ask(
            f"viewers.document.{id(self)}",
            "Drawing a page",
            lambda _progress: draw_page(data, number),
            take,
            owner=self,
        )

    def _turn(self, by: int) -> None:
        if self._sheet is not None:
            self.go(min(self._sheet.pages - 1, max(0, self._sheet.number + by)))

    def _take(self, sheet: Sheet) -> None:
        if sheet.why:
            self.refused.emit(sheet.why)
            return
        self._sheet = sheet
        size = QSize(sheet.image.width(), sheet.image.height())
        words = f"Page {sheet.number + 1:,} of {sheet.pages:,}"
        self.canvas.set_image(sheet.image, size, f"{self._name}, {words}")
        self.says.set_text(words)
        self._back.setEnabled(sheet.number > 0)
        self._forth.setEnabled(sheet.number + 1 < sheet.pages)


def draw_page(data: bytes, number: int) -> Sheet:
    """Returns a drawn page; called on a worker."""
    try:
        import pypdfium2
    except ImportError:
        return _refused("PDF pages need the package pypdfium2, which is not installed.")
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except (pypdfium2.PdfiumError, ValueError) as error:
            return _refused(f"The PDF cannot be read: {str(error)[:80]}.")
        try:
            pages = len(document)
            if not pages:
                return _refused("The PDF has no pages.")
            page = document[min(number, pages - 1)]
            width, height = page.get_size()
            if not (0 < width <= MOST_POINTS and 0 < height <= MOST_POINTS):
                return _refused("The page states a size no paper has.")
            scale = min(2.0, (MOST_PIXELS / (width * height)) ** 0.5)
            bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True)
            pixels = bitmap.to_numpy()
            image = QImage(
                pixels.tobytes(), bitmap.width, bitmap.height, bitmap.width * pixels.shape[2],
                QImage.Format.Format_RGB888 if pixels.shape[2] == 3
                else QImage.Format.Format_RGBX8888,
            ).copy()  # fmt: skip
        except (pypdfium2.PdfiumError, ValueError, MemoryError) as error:
            return _refused(f"The page cannot be drawn: {str(error)[:80]}.")
        finally:
            document.close()
    return Sheet(image=image, number=min(number, pages - 1), pages=pages)


def _refused(why: str) -> Sheet:
    return Sheet(image=QImage(), number=0, pages=0, why=why)
