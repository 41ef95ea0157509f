# SPDX-License-Identifier: Apache-2.0
"""A row of controls that goes on in the next line where words are large and room is short.

* Nothing is ever narrower than it needs; the row grows down instead.
* The first control of a line that can grow takes the room that is left, up to its own maximum;
  where none can, what follows the first one stands at the right, or all of it at the left.
"""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

GAP = 4


class WrappedRow(QLayout):
    """The layout; lines are filled from the left.

    Args:
        stands_left: Lines without a control that grows keep together at the left.
    """

    def __init__(self, parent: QWidget | None = None, *, stands_left: bool = False) -> None:
        super().__init__(parent)
        self._stands_left = stands_left
        self._items: list[QLayoutItem] = []
        self.setSpacing(GAP)

    def addItem(self, item: QLayoutItem) -> None:
        """Adds a control at the end."""
        self._items.append(item)

    def count(self) -> int:
        """Returns how many controls there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Returns a control, None beyond the last."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Takes a control out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Returns that it takes no more room than it is given."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Returns that a narrow row is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Returns the height of all lines, with the margins."""
        margins = self.contentsMargins()
        lines = self._lines(width - margins.left() - margins.right())
        high = sum(_height(line) for line in lines) + self.spacing() * max(len(lines) - 1, 0)
        return high + margins.top() + margins.bottom()

    def sizeHint(self) -> QSize:
        """Returns the room of one line."""
        wide = sum(item.sizeHint().width() + self.spacing() for item in self._items)
        return self._with_margins(wide)

    def minimumSize(self) -> QSize:
        """Returns the room of the widest control."""
        return self._with_margins(max((_least(item) for item in self._items), default=0))

    def setGeometry(self, rect: QRect) -> None:
        """Places the controls."""
        super().setGeometry(rect)
        area = rect.marginsRemoved(self.contentsMargins())
        y = area.top()
        for line in self._lines(area.width()):
            high = _height(line)
            needed = sum(_least(item) for item in line) + self.spacing() * (len(line) - 1)
            spare = max(area.width() - needed, 0)
            grower = next((item for item in line if _grows(item)), None)
            is_first_line = line[0] is self._items[0]
            head = grower or (line[0] if is_first_line and not self._stands_left else None)
            x = area.left()
            if head is None and not self._stands_left:
                x += spare
            for item in line:
                wide = _least(item)
                if item is grower:
                    grown = min(wide + spare, max(item.maximumSize().width(), wide))
                    wide, spare = grown, spare - (grown - wide)
                item.setGeometry(QRect(QPoint(x, y), QSize(wide, high)))
                x += wide + self.spacing() + (spare if item is head else 0)
            y += high + self.spacing()

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            wide = _least(item)
            if not lines or used + self.spacing() + wide > width:
                lines.append([])
                used = -self.spacing()
            lines[-1].append(item)
            used += self.spacing() + wide
        return lines

    def _with_margins(self, wide: int) -> QSize:
        margins = self.contentsMargins()
        high = _height(self._items) + margins.top() + margins.bottom()
        return QSize(wide + margins.left() + margins.right(), high)


def _least(item: QLayoutItem) -> int:
    """Returns the width a control needs for its words; a field gives way to its minimum."""
    return (item.minimumSize() if _grows(item) else item.sizeHint()).width()


def _grows(item: QLayoutItem) -> bool:
    return bool(item.expandingDirections() & Qt.Orientation.Horizontal)


def _height(items: list[QLayoutItem]) -> int:
    return max((item.sizeHint().height() for item in items), default=0)
