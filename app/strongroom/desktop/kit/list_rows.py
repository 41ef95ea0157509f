# SPDX-License-Identifier: Apache-2.0
"""Rows of a list in the look of the house: an icon, a name, and what it is at the right.

* A name that does not fit ends in an ellipsis; the words at the right are always whole.
"""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme

NOTE_ROLE = int(Qt.ItemDataRole.UserRole) + 20
ICON_ROLE = int(Qt.ItemDataRole.UserRole) + 21
ROW = 26  # px at 100 %
INSET = 8  # px before and behind the words
BOX = 24  # px a check box or an icon takes with the room behind it


def list_item(title: str, *, note: str = "", icon: str = "") -> QListWidgetItem:
    """Returns a row for a `RowList`; all of it is plain text."""
    item = QListWidgetItem(title)
    item.setData(NOTE_ROLE, note)
    item.setData(ICON_ROLE, icon)
    spoken = f"{title}, {note}" if note else title
    item.setData(int(Qt.ItemDataRole.AccessibleTextRole), spoken)
    return item


class RowList(QListWidget):
    """A list without a frame whose rows are painted here.

    Args:
        name: What it lists, for those who hear it.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        thin_bars(self)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Rows(self))


class _Rows(QStyledItemDelegate):
    def sizeHint(
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Returns the height of every row."""
        return QSize(0, theme().scaled(ROW))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paints one row."""
        look = theme()
        rect = QRectF(option.rect)
        states = option.state
        is_on = bool(states & QStyle.StateFlag.State_Selected)
        if is_on or states & QStyle.StateFlag.State_MouseOver:
            paint.rounded(painter, rect, 4, "bg_selected" if is_on else "bg_hover")
        left = rect.x() + INSET
        checked = index.data(int(Qt.ItemDataRole.CheckStateRole))
        if checked is not None:
            box = Qt.CheckState(checked) is Qt.CheckState.Checked
            paint.check_box(painter, left, rect.center().y(), box)
            left += BOX
        icon = str(index.data(ICON_ROLE) or "")
        if icon:
            paint.icon(painter, icon, left, round(rect.center().y() - 7), "text_secondary", 14)
            left += BOX
        words = QRectF(left, rect.y(), rect.right() - INSET - left, rect.height())
        note = str(index.data(NOTE_ROLE) or "")
        small = look.font("caption", weight=400)
        if note:
            paint.text(painter, words, note, "text_tertiary", small, "right")
            words.setRight(words.right() - look.width(note, small) - INSET)
        title = str(index.data(int(Qt.ItemDataRole.DisplayRole)))
        paint.text(painter, words, title, "text_primary", look.font("dense"))

    def editorEvent(
        self,
        event: QEvent,
        model: object,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """Ticks a row that has a box wherever it is clicked, not only on the box."""
        checked = index.data(int(Qt.ItemDataRole.CheckStateRole))
        if checked is None or event.type() != QEvent.Type.MouseButtonRelease:
            return bool(super().editorEvent(event, model, option, index))  # type: ignore[arg-type]
        is_on = Qt.CheckState(checked) is Qt.CheckState.Checked
        other = Qt.CheckState.Unchecked if is_on else Qt.CheckState.Checked
        return bool(
            model.setData(index, other, int(Qt.ItemDataRole.CheckStateRole))  # type: ignore[attr-defined]
        )
