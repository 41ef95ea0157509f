# SPDX-License-Identifier: Apache-2.0
"""A table whose first column stays in sight while hundreds of others pass by.

* The names are a second view of the same lines beside the table, which keeps the keyboard and
  where the same column has no width.
* Headings and notices begin in the names and go on in the table.
"""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.cells import Column
from strongroom.desktop.kit.pinned_room import PinnedRoom
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.table_header import Header
from strongroom.desktop.kit.table_model import TableModel
from strongroom.desktop.kit.table_paint import TablePainter
from strongroom.desktop.kit.theme import theme

PAD, EDGE = 12, 16  # px beside a cell, and at the outer sides of the table
SMALLEST_ROOM = 16  # px right of the last column
Index = QModelIndex | QPersistentModelIndex


class PinnedTable(Table):
    """Is a table of one line a row with its first column pinned.

    Args:
        columns: The columns to start with.
        name: What it lists, for people who cannot see it.
    """

    def __init__(
        self, columns: Sequence[Column], *, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(columns, name=name, selection="one", parent=parent)
        self._room = PinnedRoom(self)
        self.setVerticalHeader(self._room)
        self.painting.boxes_cell = True
        self.pinned = PinnedNames(self, columns[0].width)
        self.horizontalHeader().sectionResized.connect(self._on_resized)
        self.horizontalScrollBar().valueChanged.connect(self.pinned.viewport().update)
        self.apply_theme()

    def name_width(self) -> int:
        """Returns the width of the names in px at 100 %."""
        return self.pinned.wide

    def set_name_width(self, width: int) -> None:
        """Gives the names another width, in px at 100 %."""
        self.pinned.set_wide(min(max(120, width), 600))

    def fit_names(self) -> None:
        """Makes room for the names, where they and their heights stand."""
        width = self.pinned.columnWidth(0)
        self.painting.before = width
        if self._room.make(width):
            self.updateGeometries()
        height = self.viewport().height() + self.horizontalHeader().height()
        self.pinned.setGeometry(0, 0, width, height)

    def fill_room(self) -> None:
        """Lets rows reach the right edge by the last column, which holds nothing.

        A stretching column would do so too, and give the names of the table a width.
        """
        last = len(self.columns()) - 1
        taken = sum(self.columnWidth(at) for at in range(last))
        self.setColumnWidth(last, max(SMALLEST_ROOM, self.viewport().width() - taken))

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force."""
        super().apply_theme()
        if hasattr(self, "pinned"):
            self.pinned.apply_theme()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Brings a cell into sight; a row alone moves nothing aside."""
        bar = self.horizontalScrollBar()
        at = bar.value()
        super().scrollTo(index, hint)
        if index.column() < 1:
            bar.setValue(at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the ring in both views."""
        super().focusInEvent(event)
        self.pinned.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the ring away in both views."""
        super().focusOutEvent(event)
        self.pinned.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the names pinned."""
        super().resizeEvent(event)
        if hasattr(self, "pinned"):
            self.fit_names()

    def _shape_widths(self) -> None:
        super()._shape_widths()
        if hasattr(self, "pinned"):
            self.setColumnWidth(0, 0)

    def _on_resized(self, at: int, _before: int, now: int) -> None:
        if at == 0 and now:
            self.setColumnWidth(0, 0)  # its edge was caught beside the names


class PinnedNames(QTableView):
    """The names, beside the table, which keeps the keyboard."""

    def __init__(self, table: PinnedTable, wide: int) -> None:
        super().__init__(table)
        self.table, self.wide = table, wide
        model = table.model()
        assert isinstance(model, TableModel)  # noqa: S101 - `Table` makes it
        self._painting = TablePainter(self, model, PAD, EDGE)
        self.setModel(model)
        self.setSelectionModel(table.selectionModel())
        self._head = Header(PAD, EDGE, parent=self)
        self.setHorizontalHeader(self._head)
        self.horizontalHeader().setStretchLastSection(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusProxy(table)
        self.setAccessibleName(f"{table.accessibleName()}, pinned names")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(16)
        self.verticalScrollBar().valueChanged.connect(table.verticalScrollBar().setValue)
        table.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        self.clicked.connect(table.clicked)
        self.doubleClicked.connect(table.doubleClicked)
        self.horizontalHeader().sectionResized.connect(self._on_resized)
        self.model().modelReset.connect(self.apply_theme)
        theme().follow(self)

    def set_wide(self, wide: int) -> None:
        """Gives the names another width, in px at 100 %."""
        self.wide = wide
        self.setColumnWidth(0, theme().scaled(wide))
        self.table.fit_names()

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force, and the heights of the table."""
        self._head.apply_theme()
        rows = self.table.verticalHeader().defaultSectionSize()
        self.verticalHeader().setDefaultSectionSize(rows)
        self.set_wide(self.wide)
        self.verticalScrollBar().setValue(self.table.verticalScrollBar().value())

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Leaves scrolling to the table: the other columns lie out of sight for good."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Gives the keyboard to the table."""
        self.table.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Leaves the menu to the table."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the names and the line that pins them."""
        painter = QPainter(self.viewport())
        self._painting.beyond = self.table.width()
        self._painting.paint(painter, event.rect())
        if self.table.horizontalScrollBar().value():
            right = self.viewport().width() - 1
            paint.hairline(painter, QRectF(right, 0, 1, self.viewport().height()), "border_pin")

    def _on_resized(self, at: int, _before: int, now: int) -> None:
        if at == 0:
            self.wide = round(now / theme().scale)
            self.table.fit_names()
