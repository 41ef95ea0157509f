# SPDX-License-Identifier: Apache-2.0
"""A table whose first column stays in sight while hundreds of others pass by.

* The names are a second view of the same lines over the table, which keeps the keyboard.
* Walking with the keyboard never brings a cell to lie below the names.
"""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.cells import Column, Row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.table_model import LINE_ROLE
from strongroom.desktop.kit.table_paint import CellDelegate, Header
from strongroom.desktop.kit.theme import theme

PAD, EDGE = 12, 16  # px beside a cell, and at the outer sides of the table
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
        self._name_width = columns[0].width
        delegate = CellDelegate(PAD, EDGE, self)
        delegate.boxes_cell = True
        self.setItemDelegate(delegate)
        self.pinned = PinnedNames(self)
        self.horizontalHeader().sectionResized.connect(self._on_resized)

    def name_width(self) -> int:
        """Returns the width of the names in px at 100 %."""
        return self._name_width

    def set_name_width(self, width: int) -> None:
        """Gives the names another width, in px at 100 %."""
        self.setColumnWidth(0, theme().scaled(min(max(120, width), 600)))

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force."""
        super().apply_theme()
        if hasattr(self, "pinned"):
            self.pinned.fit()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Brings a cell into sight, right of the pinned names; a row alone moves nothing aside."""
        bar = self.horizontalScrollBar()
        at = bar.value()
        super().scrollTo(index, hint)
        if index.column() < 1:
            bar.setValue(at)
            return
        covered = self.columnWidth(0) - self.visualRect(index).left()
        if covered > 0:
            bar.setValue(bar.value() - covered)

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
        self.pinned.fit()

    def _on_resized(self, at: int, _before: int, now: int) -> None:
        if at == 0:
            self._name_width = round(now / theme().scale)
            self.pinned.fit()


class PinnedNames(QTableView):
    """The names, over the first column of the table, which keeps the keyboard."""

    def __init__(self, table: PinnedTable) -> None:
        super().__init__(table)
        self.table = table
        self.setModel(table.model())
        self.setSelectionModel(table.selectionModel())
        self.setItemDelegate(_PinnedDelegate(PAD, EDGE, self))
        self.setHorizontalHeader(Header(PAD, EDGE, parent=self))
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
        self.model().modelReset.connect(self.fit)

    def fit(self) -> None:
        """Takes over width, heights and place of the names in the table."""
        head, rows = self.horizontalHeader(), self.verticalHeader()
        if isinstance(head, Header):
            head.apply_theme()
        rows.setDefaultSectionSize(self.table.verticalHeader().defaultSectionSize())
        width = self.table.columnWidth(0)
        if self.columnWidth(0) != width:
            self.setColumnWidth(0, width)
        height = self.table.viewport().height() + self.table.horizontalHeader().height()
        self.setGeometry(0, 0, width, height)
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
        super().paintEvent(event)
        if self.table.horizontalScrollBar().value():
            painter = QPainter(self.viewport())
            right = self.viewport().width() - 1
            paint.hairline(painter, QRectF(right, 0, 1, self.viewport().height()), "border_pin")

    def _on_resized(self, at: int, _before: int, now: int) -> None:
        if at == 0 and self.table.columnWidth(0) != now:
            self.table.setColumnWidth(0, now)


class _PinnedDelegate(CellDelegate):
    """Paints headings and notices as far as they reach in the table, which goes on below."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints one cell."""
        view = self.parent()
        if isinstance(view, PinnedNames) and not isinstance(index.data(LINE_ROLE), Row):
            rect: QRect = option.rect
            option.rect = QRect(rect.topLeft(), QSize(view.table.width(), rect.height()))
        super().paint(painter, option, index)
