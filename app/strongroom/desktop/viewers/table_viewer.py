# SPDX-License-Identifier: Apache-2.0
"""Tables a page at a time: column types, a filter and an order for the page, go to a row.

* A page is what was read; filter and order say that they know no other rows.
* Up to `MOST_COLUMNS` columns are laid out; the service says when there are more.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIntValidator, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.fields import Field, SearchField
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.viewers.find_keys import FindKeys
from strongroom.desktop.viewers.page_model import PageModel
from strongroom.services.viewing import Viewing
from strongroom.services.views.shapes import Body, FileFacts, NoView, TableView
from strongroom.services.views.tables import PAGE_ROWS

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

NARROWEST, WIDEST = 56, 320  # px at 100 %
MEASURED_ROWS = 40  # rows a column's first width is taken from


class TableViewer(QWidget):
    """Shows a table; ``grid`` holds the rows of the page.

    Signals:
        failed: A part could not be read (the fault).
    """

    failed = Signal(object)

    def __init__(self, viewing: Viewing, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewing, self._tasks = viewing, tasks
        self._facts: FileFacts | None = None
        self._view: TableView | None = None
        self.model = PageModel(self)
        self.grid = _Grid(self.model)
        self.says = Elided("", "text_tertiary", "caption")
        self.filter = SearchField("Filter the rows of this page", "Filter this page")
        self.filter.changed.connect(self._on_filter_changed)
        self.go_to = Field("Go to row", "Row", width=84)
        self.go_to.edit.setValidator(QIntValidator(1, 2_147_483_647, self))
        self.go_to.submitted.connect(lambda words: self.go(int(words) - 1))
        self._back = Button("", "ghost", "chevron-left", small=True, name="Previous page")
        self._forth = Button("", "ghost", "chevron-right", small=True, name="Next page")
        self._back.clicked.connect(lambda: self._turn(-1))
        self._forth.clicked.connect(lambda: self._turn(1))
        self.grid.horizontalHeader().sectionClicked.connect(self._on_header_clicked)
        FindKeys(self.filter.setFocus, self.grid)
        self._note = Elided("", "text_tertiary", "caption")
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addWidget(row((self.filter, 1), self.go_to, self._back, self._forth, spacing=4))
        down.addWidget(self.says)
        down.addWidget(self.grid, 1)
        down.addWidget(self._note)

    def show_table(self, facts: FileFacts, view: TableView) -> None:
        """Shows the first page of another file."""
        self._facts = facts
        self.filter.set_text("")
        self.model.order(-1, descending=False)
        self._take(view)

    def set_total(self, rows: int | None) -> None:
        """Tells how many rows the table has, once they were counted."""
        view = self._view
        if view is not None and rows is not None and view.rows_total is None:
            self._view = TableView(
                columns=view.columns, start=view.start, rows=view.rows, rows_total=rows,
                note=view.note,
            )  # fmt: skip
            self._say()

    def go(self, to: int) -> None:
        """Shows the page a row is on and makes it current; rows count from 0."""
        facts, viewing, view = self._facts, self._viewing, self._view
        if facts is None or view is None:
            return
        most = to if view.rows_total is None else min(to, view.rows_total - 1)
        wanted = max(0, most)
        start = wanted // PAGE_ROWS * PAGE_ROWS
        if start == view.start:
            self.grid.make_current(wanted - start)
            return

        def take(found: Body) -> None:
            if facts == self._facts:
                self._on_page(found, wanted - start)

        self._tasks.ask(
            f"viewers.table.{id(self)}",
            "Reading rows",
            lambda progress: viewing.rows(facts, start, PAGE_ROWS, progress),
            take,
            owner=self,
            failed=self.failed.emit,
        )

    def _on_page(self, found: Body, current: int) -> None:
        if isinstance(found, TableView) and (found.rows or found.start == 0):
            self._take(found)
            self.grid.make_current(min(current, max(0, self.model.rowCount() - 1)))
        elif isinstance(found, TableView):
            total = found.rows_total
            self.says.set_text(f"The table ends before: it has {total or 0:,} rows.")
            self.set_total(total)
        elif isinstance(found, NoView):
            self.says.set_text(found.why)

    def _turn(self, by: int) -> None:
        if self._view is not None:
            self.go(self._view.start + by * PAGE_ROWS)

    def _take(self, view: TableView) -> None:
        is_other = self._view is None or view.columns != self._view.columns
        self._view = view
        self.model.set_page(view)
        if is_other:
            self.grid.measure()
        self._say()

    def _say(self) -> None:
        view = self._view
        if view is None:
            return
        last = view.start + len(view.rows)
        total = "" if view.rows_total is None else f" of {view.rows_total:,}"
        words = f"Rows {view.start + 1:,} to {last:,}{total}" if view.rows else "No rows"
        if self.filter.text():
            words = f"{self.model.rowCount():,} match on this page. {words}"
        elif self.model.sorting() is not None:
            words = f"{words}, this page sorted"
        self.says.set_text(words)
        self._note.set_text(view.note)
        self._note.setVisible(bool(view.note))
        self._back.setEnabled(view.start > 0)
        at_end = view.rows_total is not None and last >= view.rows_total
        self._forth.setEnabled(not at_end and bool(view.rows))

    def _on_filter_changed(self, words: str) -> None:
        self.model.filter(words)
        self._say()

    def _on_header_clicked(self, column: int) -> None:
        now = self.model.sorting()
        if now is not None and now == (column, True):
            self.model.order(-1, descending=False)
        else:
            self.model.order(column, descending=now == (column, False))
        self._say()


class _Grid(QTableView):
    """The rows, painted by role."""

    def __init__(self, model: PageModel) -> None:
        super().__init__()
        thin_bars(self)
        self._page = model
        self.setModel(model)
        self.setItemDelegate(_Cells(self))
        self.setHorizontalHeader(_Titles(model, self))
        self.setVerticalHeader(_Numbers(model, self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Rows of the table")
        self.apply_theme()
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over the row height of the look in force."""
        self.verticalHeader().setDefaultSectionSize(theme().line("dense") + 8)

    def measure(self) -> None:
        """Gives each column the room of its first rows, within bounds."""
        look = theme()
        font, bold = look.font("dense"), look.font("dense", weight=500)
        rows = min(MEASURED_ROWS, self._page.rowCount())
        for at, column in enumerate(self._page.columns):
            widest = max(look.width(column.name[:60], bold), look.width(column.type[:40], font))
            for number in range(rows):
                words = str(self._page.index(number, at).data() or "")
                widest = max(widest, look.width(words[:80], font))
            bounded = min(look.scaled(WIDEST), max(look.scaled(NARROWEST), widest + 26))
            self.setColumnWidth(at, round(bounded))

    def make_current(self, row_on_page: int) -> None:
        """Makes a row of the page current and brings it into view."""
        index = self._page.index(row_on_page, 0)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index, QTableView.ScrollHint.PositionAtCenter)


class _Cells(QStyledItemDelegate):
    """Paints one cell on one line."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paints ground, hairline, ring and words."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        look = theme()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, look.colour("bg_selected"))
        paint.hairline(painter, QRectF(rect.x(), rect.bottom(), rect.width(), 1))
        model = index.model()
        is_number = isinstance(model, PageModel) and model.columns[index.column()].is_number
        align: paint.Align = "right" if is_number else "left"
        inside = QRectF(rect).adjusted(8, 0, -8, -1)
        words = str(index.data() or "")
        if (
            not words
            and isinstance(model, PageModel)
            and model.value(index.row(), index.column()) is None
        ):
            small = look.font("caption", weight=400)
            paint.text(painter, inside, "null", "text_tertiary", small, align)
        else:
            font = look.font("dense", tabular=is_number)
            paint.text(painter, inside, words, "text_primary", font, align)
        if state & QStyle.StateFlag.State_HasFocus:
            paint.focus_ring(painter, QRectF(rect), 2)


class _Titles(QHeaderView):
    """Names over types."""

    def __init__(self, model: PageModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._page = model
        self.setSectionsClickable(True)
        self.setMinimumSectionSize(32)
        self.setHighlightSections(False)

    def sizeHint(self) -> QSize:
        """Returns the room of two lines."""
        return QSize(0, theme().line("dense") + theme().line("caption") + 6)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Paints a column's name, type, and arrow if the page is sorted by it."""
        if section >= len(self._page.columns):
            return
        look, column = theme(), self._page.columns[section]
        painter.save()
        painter.fillRect(rect, look.colour("bg_sunken"))
        paint.hairline(painter, QRectF(rect.x(), rect.bottom(), rect.width(), 1), "border_default")
        paint.hairline(painter, QRectF(rect.right(), rect.y() + 6, 1, rect.height() - 12))
        align: paint.Align = "right" if column.is_number else "left"
        inside = QRectF(rect).adjusted(8, 2, -8, -3)
        sorting = self._page.sorting()
        if sorting is not None and sorting[0] == section:
            icon = "arrow-down" if sorting[1] else "arrow-up"
            paint.icon(painter, icon, rect.right() - 18, rect.y() + 5, "accent_text", 12)
            inside.setRight(inside.right() - 14)
        upper = QRectF(inside.x(), inside.y(), inside.width(), look.line("dense"))
        lower = QRectF(inside.x(), upper.bottom(), inside.width(), look.line("caption"))
        paint.text(painter, upper, column.name, font=look.font("dense", weight=500), align=align)
        small = look.font("caption", weight=400)
        paint.text(painter, lower, column.type, "text_tertiary", small, align)
        painter.restore()


class _Numbers(QHeaderView):
    """The numbers of the rows in the file."""

    def __init__(self, model: PageModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._page = model
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(16)

    def sizeHint(self) -> QSize:
        """Returns the room of the largest number."""
        last = max(self._page.row_numbers, default=0)
        return QSize(round(theme().width(f"{last:,}", theme().font("caption"))) + 20, 0)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Paints a row's number."""
        painter.save()
        look = theme()
        painter.fillRect(rect, look.colour("bg_sunken"))
        words = str(self._page.headerData(section, Qt.Orientation.Vertical) or "")
        font = look.font("caption", weight=400, tabular=True)
        role: Role = "text_tertiary"
        paint.text(painter, QRectF(rect).adjusted(4, 0, -8, -1), words, role, font, "right", "none")
        paint.hairline(painter, QRectF(rect.right(), rect.y(), 1, rect.height()))
        painter.restore()
