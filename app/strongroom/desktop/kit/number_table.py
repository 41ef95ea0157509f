# SPDX-License-Identifier: Apache-2.0
"""The look of tables whose models are asked for words: the numbers behind charts and plots.

* Titles on sunken ground with the arrow beside them, row hairlines, no vertical lines, no zebra.
* A cell without a value shows a dash; what is copied stays empty.
"""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme

INSET, EDGE = 8, 20  # px: of every cell, and at the left side of a dialog
ROW_HEIGHT, TITLE_HEIGHT = 24, 28  # px at 100 %


def dress(table: QTableView) -> None:
    """Gives a table of words and numbers the look of the house."""
    look = theme()
    thin_bars(table)
    table.setHorizontalHeader(_Titles(table))
    table.setItemDelegate(_Cells(table))
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setCornerButtonEnabled(False)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(look.scaled(ROW_HEIGHT))
    table.setFont(look.font("dense", tabular=True))


def _is_right(alignment: object) -> bool:
    return isinstance(alignment, int) and bool(alignment & int(Qt.AlignmentFlag.AlignRight.value))


def _inside(rect: QRect, column: int, *, is_last: bool) -> QRectF:
    return QRectF(rect).adjusted(INSET if column else EDGE, 0, -EDGE if is_last else -INSET, -1)


class _Titles(QHeaderView):
    """The titles of the columns."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHighlightSections(False)
        self.setFixedHeight(theme().scaled(TITLE_HEIGHT))

    def sizeHint(self) -> QSize:
        """Returns the height of one line."""
        return QSize(0, theme().scaled(TITLE_HEIGHT))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Paints a title as its cells stand, and the arrow of the order."""
        model, look = self.model(), theme()
        words = str(model.headerData(section, self.orientation()) or "")
        first = model.index(0, section)
        is_right = _is_right(model.data(first, Qt.ItemDataRole.TextAlignmentRole))
        inside = _inside(rect, section, is_last=section == model.columnCount() - 1)
        font = look.font("caption", weight=500)
        painter.save()
        painter.fillRect(rect, look.colour("bg_sunken"))
        paint.hairline(painter, QRectF(rect.x(), rect.bottom(), rect.width(), 1), "border_default")
        if self.isSortIndicatorShown() and self.sortIndicatorSection() == section:
            is_up = self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
            length = min(look.width(words, font), inside.width() - 16)
            x = inside.right() - length - 16 if is_right else inside.x() + length + 4
            icon = "arrow-up" if is_up else "arrow-down"
            paint.icon(painter, icon, x, rect.center().y() - 6, "text_primary", 12)
        align: paint.Align = "right" if is_right else "left"
        paint.text(painter, inside, words, "text_secondary", font, align, "middle")
        painter.restore()

    def paintEvent(self, event: object) -> None:
        """Paints the ground behind the last title too."""
        painter = QPainter(self.viewport())
        rect = QRectF(self.viewport().rect())
        paint.hairline(painter, rect, "bg_sunken")
        paint.hairline(painter, QRectF(0, rect.bottom() - 1, rect.width(), 1), "border_default")
        painter.end()
        super().paintEvent(event)  # type: ignore[arg-type]  # Qt's own event


class _Cells(QStyledItemDelegate):
    """One line of words or a number."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paints ground, words and the line below."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        look = theme()
        words = str(index.data() or "")
        last = index.model().columnCount() - 1
        is_right = _is_right(index.data(Qt.ItemDataRole.TextAlignmentRole))
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, look.colour("bg_selected"))
        paint.hairline(painter, QRectF(rect.x(), rect.bottom(), rect.width(), 1))
        paint.text(
            painter,
            _inside(rect, index.column(), is_last=index.column() == last),
            words or wording.DASH,
            "text_primary" if words else "text_tertiary",
            look.font("dense", tabular=is_right),
            "right" if is_right else "left",
        )
        if state & QStyle.StateFlag.State_HasFocus:
            paint.focus_ring(painter, QRectF(rect), 2)
