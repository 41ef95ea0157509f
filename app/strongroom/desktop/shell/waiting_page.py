# SPDX-License-Identifier: Apache-2.0
"""What stands where a page will stand while it is made: its bar, and the ground of its table.

* It is painted before anything heavy is read, in the lines of the page that follows, so that
  nothing jumps when the page is there.
* It takes the keyboard meanwhile and hands it on: who pressed Ctrl+3 types into Models.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.page_spec import PageSpec

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

EDGE = 16  # px left and right of a page
FIELD_TOP, FIELD_BOTTOM, MENU = 9, 10, 36  # px around the filter, and its menu at the right
TABLE_SHARE = 0.6  # of the height below the filter; the charts have the rest
BARS = (0.42, 0.5, 0.36, 0.46)  # how much of the first column a name fills, row after row
FIRST_COLUMN = 290  # px at 100 % text


class WaitingPage(Page):
    """The place of a page that is being made."""

    def __init__(self) -> None:
        self._ground = _Ground()
        self.waits_in = PageBar("")
        super().__init__(self.waits_in, self._ground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wait_for(self, spec: PageSpec) -> None:
        """Waits for another page."""
        self.page_id = spec.id
        self.waits_in.set_title(spec.title)
        self.setAccessibleName(f"{spec.title} is being opened")
        self._ground.set_table(has_table=spec.has_table)


class _Ground(QWidget):
    """A filter, a header and the lines of rows; or nothing, where the page is no table."""

    def __init__(self) -> None:
        super().__init__()
        self._has_table = False

    def set_table(self, *, has_table: bool) -> None:
        """Says whether the page that follows is a table."""
        self._has_table = has_table
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the lines of the page that follows."""
        if not self._has_table:
            return
        painter, look = QPainter(self), theme()
        width, control = self.width(), look.height("control")
        field = QRectF(EDGE, FIELD_TOP, width - 2 * EDGE - MENU, control)
        quiet: Role = "border_control" if look.tokens.is_high_contrast else "border_default"
        paint.rounded(painter, field, 6, "bg_surface", quiet)
        paint.icon(painter, "list-filter", EDGE + 10, FIELD_TOP + (control - 16) // 2)
        menu = QRectF(width - EDGE - control, FIELD_TOP, control, control)
        paint.rounded(painter, menu, 6, "bg_surface", quiet)
        top = FIELD_TOP + control + FIELD_BOTTOM
        end = top + round((self.height() - top) * TABLE_SHARE)
        header, row = look.height("header_grouped"), look.height("row")
        paint.hairline(painter, QRectF(0, top, width, header), "bg_sunken")
        paint.hairline(painter, QRectF(0, top + header - 1, width, 1), "border_default")
        self._paint_rows(painter, top + header, end, row)
        paint.hairline(painter, QRectF(0, end, width, 1))

    def _paint_rows(self, painter: QPainter, top: int, end: int, row: int) -> None:
        column, left = theme().scaled(FIRST_COLUMN), EDGE + 60
        for at, y in enumerate(range(top, end - row + 1, row)):
            length = round(column * BARS[at % len(BARS)])
            bar = QRectF(left, y + (row - 8) // 2, length, 8)
            paint.rounded(painter, bar, 4, "muted_bg")
            paint.hairline(painter, QRectF(0, y + row - 1, self.width(), 1))
