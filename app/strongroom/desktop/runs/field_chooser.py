# SPDX-License-Identifier: Apache-2.0
"""One field out of thousands: a button that says which, and a list with a search.

* The list shows at most `MOST_LISTED` names at once, whatever a store holds; typing narrows them.
* Arrows move in the list while the search has the keyboard; Enter takes, Escape leaves.
"""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QListWidgetItem, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.list_rows import ROW, RowList, list_item
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.plot_fields import aggregated, title_of
from strongroom.desktop.runs.words import shown
from strongroom.domain.query import Field, FieldKind

MOST_LISTED = 200  # names at once
LONGEST_WORDS = 22  # characters on the button; its tool tip says all of them
WIDTH = 300  # px at 100 %
ROWS = 9  # seen at once
_GROUPS = {
    FieldKind.METRIC: "metric",
    FieldKind.PARAM: "parameter",
    FieldKind.TAG: "tag",
    FieldKind.ATTRIBUTE: "run",
}


class FieldChooser(Button):
    """Says which field is chosen and lets a person choose another.

    Args:
        role: What the field is for, such as ``Colour``.
        optional: Whether "None" can be chosen.
        icon_name: An icon before the words, "" for none.

    Signals:
        chosen: Another field was chosen (a `Field`, or None).
        opened: The list was opened; its names may be brought up to date.
    """

    chosen = Signal(object)
    opened = Signal()

    def __init__(
        self,
        role: str,
        *,
        optional: bool = False,
        icon_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(role, "ghost", icon_name, chevron=True, parent=parent)
        self._role, self._optional = role, optional
        self._field: Field | None = None
        self._names: tuple[Field, ...] = ()
        self._list: FieldList | None = None
        self.clicked.connect(self.open_list)
        self.set_field(None)

    def field(self) -> Field | None:
        """Returns the chosen field."""
        return self._field

    def set_field(self, field: Field | None) -> None:
        """Shows another field as chosen; tells nobody."""
        self._field = field
        title = "none" if field is None else title_of(field)
        short = title if len(title) <= LONGEST_WORDS else title[: LONGEST_WORDS - 1] + "…"
        self.setText(f"{self._role} {short}".replace("&", "&&"))
        self.setAccessibleName(f"{self._role}: {title}")
        self.updateGeometry()
        self.update()

    def set_names(self, names: Sequence[Field]) -> None:
        """Changes what can be chosen."""
        self._names = tuple(names)
        if self._list is not None:
            self._list.set_names(self._names)

    def open_list(self) -> "FieldList":
        """Opens the list below the button."""
        self.opened.emit()
        if self._list is not None:
            self._list.leave()
        window = self.window()
        found = FieldList(
            self._role, self._names, self._field, optional=self._optional, parent=window
        )
        found.chosen.connect(self._on_chosen)
        found.closed.connect(self._on_list_closed)
        self._list = found
        found.open_below(self.mapTo(window, QPoint(0, self.height() + 2)))
        return found

    def _words(self) -> str:
        return self.text().replace("&&", "&")

    def _on_list_closed(self) -> None:
        self._list = None
        if self.isVisible() and QApplication.focusWidget() is None:
            self.setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_chosen(self, field: Field | None) -> None:
        if field != self._field:
            self.set_field(field)
            self.chosen.emit(field)


class FieldList(QWidget):
    """The list: search above, names below, what each is at the right.

    Signals:
        chosen: A name was taken (a `Field`, or None).
        closed: The list is gone.
    """

    chosen = Signal(object)
    closed = Signal()

    def __init__(
        self,
        role: str,
        names: Sequence[Field],
        current: Field | None,
        *,
        optional: bool,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._is_open = True
        self._names, self._current, self._optional = tuple(names), current, optional
        self.search = SearchField("Search fields")
        self.search.edit.installEventFilter(self)
        self.search.changed.connect(self._fill)
        self.list = RowList(f"{role}: fields")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(self._take)
        self._note = Label("", "text_tertiary", "caption")
        down = QVBoxLayout(self)
        down.setContentsMargins(8, 8, 8, 8)
        down.setSpacing(4)
        down.addWidget(self.search)
        down.addWidget(self.list, 1)
        down.addWidget(self._note)
        self.list.setFixedHeight(theme().scaled(ROW) * ROWS)
        self.setFixedWidth(theme().scaled(WIDTH))
        self._fill()

    def open_below(self, place: QPoint) -> None:
        """Shows the list at a place of the window, moved so that it is seen whole."""
        room = self.window().rect()
        left = min(place.x(), room.right() - self.width() - 8)
        top = min(place.y(), room.bottom() - self.height() - 8)
        self.move(max(left, 0), max(top, 0))
        self.show()
        self.raise_()
        self.search.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def leave(self) -> None:
        """Goes away, whatever is chosen."""
        if self._is_open:
            self._is_open = False
            self.hide()
            self.deleteLater()
            self.closed.emit()

    def set_names(self, names: Sequence[Field]) -> None:
        """Changes what can be chosen."""
        self._names = tuple(names)
        self._fill()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Moves in the list and takes a name while the search has the keyboard."""
        if event.type() == QEvent.Type.FocusOut:
            self.leave()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key, count = event.key(), self.list.count()
            step = _STEPS.get(Qt.Key(key))
            if step is not None and count:
                row = min(max(self.list.currentRow() + step, 0), count - 1)
                self.list.setCurrentRow(row)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                item = self.list.currentItem()
                if item is not None:
                    self._take(item)
                return True
            if key == Qt.Key.Key_Escape and not self.search.text():
                self.leave()
                return True
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the ground of the list."""
        paint.rounded(QPainter(self), QRectF(self.rect()), 6, "bg_raised", "border_default")

    def _fill(self, _text: str = "") -> None:
        words = self.search.text().lower().split()
        candidates = [*aggregated(self._names, words), *self._names]
        matching = [
            field
            for field in candidates
            if all(word in f"{title_of(field)} {_GROUPS[field.kind]}".lower() for word in words)
        ]
        self.list.clear()
        if self._optional and not words:
            self._add("None", None)
        for field in matching[:MOST_LISTED]:
            self._add(title_of(field), field)
        said = f"{len(matching):,} fields" if words or len(matching) > MOST_LISTED else ""
        if len(matching) > MOST_LISTED:
            said = f"The first {MOST_LISTED} of {len(matching):,} fields; type to narrow"
        if words and not matching:
            said = f"No field matches {shown(self.search.text())}"
        self._note.setText(said)
        self._note.setVisible(bool(said))
        self.adjustSize()
        rows = [
            self.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.list.count())
        ]
        self.list.setCurrentRow(
            rows.index(self._current) if self._current in rows and not words else 0
        )

    def _add(self, words: str, field: Field | None) -> None:
        item = list_item(words, note="" if field is None else _GROUPS[field.kind])
        item.setData(Qt.ItemDataRole.UserRole, field)
        self.list.addItem(item)

    def _take(self, item: QListWidgetItem) -> None:
        field = item.data(Qt.ItemDataRole.UserRole)
        self.leave()
        self.chosen.emit(field)


_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: 10,
    Qt.Key.Key_PageUp: -10,
}
