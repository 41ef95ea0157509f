# SPDX-License-Identifier: Apache-2.0
"""The list of names below the caret of the filter.

* It never takes the keyboard: the editor keeps it and hands arrows and Enter on.
* Names are painted, never parsed.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.query_text import Offer
from strongroom.desktop.runs.words import shown
from strongroom.domain.query import FieldKind

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

MOST_SHOWN = 8
WIDTH = 310
_ICONS = {
    FieldKind.METRIC: "chart-line",
    FieldKind.PARAM: "sliders-horizontal",
    FieldKind.TAG: "tag",
    FieldKind.ATTRIBUTE: "info",
    FieldKind.DATASET: "database",
    FieldKind.ARTIFACT: "file",
    FieldKind.CONTRACT: "list-checks",
}


class Completion(QWidget):
    """Names that may stand at the caret.

    Signals:
        accepted: A name was chosen (an `Offer`).
    """

    accepted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._offers: tuple[Offer, ...] = ()
        self._current = 0
        self.setObjectName("runs.completion")
        self.setAccessibleName("Names for the filter")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.hide()

    def offer(self, offers: Sequence[Offer], place: QPoint) -> None:
        """Shows names below ``place`` (in the parent), or nothing when there are none."""
        self._offers = tuple(offers)
        self._current = 0
        if not self._offers:
            self.hide()
            return
        self.resize(self.sizeHint())
        parent = self.parentWidget()
        most = parent.width() - self.width() - 8 if parent is not None else place.x()
        self.move(max(0, min(place.x(), most)), place.y())
        self._name()
        self.show()
        self.raise_()
        self.update()

    def offers(self) -> tuple[Offer, ...]:
        """Returns what is offered."""
        return self._offers if self.isVisible() else ()

    def take_key(self, event: QKeyEvent) -> bool:
        """Moves, accepts or closes; returns whether the key was for the list."""
        if not self.isVisible():
            return False
        key = Qt.Key(event.key())
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 8,
            Qt.Key.Key_PageUp: -8,
        }
        if key in steps:
            self._current = min(len(self._offers) - 1, max(0, self._current + steps[key]))
            self._name()
            self.update()
            return True
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab}:
            self._accept(self._current)
            return True
        if key == Qt.Key.Key_Escape:
            self.hide()
            return True
        return False

    def sizeHint(self) -> QSize:
        """Returns the room of the names and the line below them."""
        look = theme()
        rows = min(MOST_SHOWN, len(self._offers))
        return QSize(look.scaled(WIDTH), rows * look.height("row") + 8 + look.scaled(33))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Makes the name under the mouse the current one."""
        at = self._at(event)
        if at is not None:
            self._current = at
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Accepts the name under the mouse."""
        at = self._at(event)
        if at is not None:
            self._accept(at)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints frame, names, counts and the line that says which keys do what."""
        painter = QPainter(self)
        look = theme()
        paint.rounded(painter, QRectF(self.rect()), 8, "bg_raised", "border_default")
        height, first = look.height("row"), self._first()
        top = 4.0
        for at in range(first, min(len(self._offers), first + MOST_SHOWN)):
            self._row(painter, QRectF(4, top, self.width() - 8, height), at)
            top += height
        top += 4
        paint.hairline(painter, QRectF(1, top, self.width() - 2, 1))
        foot = QRectF(12, top + 1, self.width() - 24, self.height() - top - 2)
        font = look.font("caption", weight=400)
        more = len(self._offers) - MOST_SHOWN
        right = f"{wording.count(more)} more" if more > 0 else "Ctrl+Space all names"
        paint.text(painter, foot, "Enter accepts", "text_tertiary", font)
        paint.text(painter, foot, right, "text_tertiary", font, "right")

    def _row(self, painter: QPainter, rect: QRectF, at: int) -> None:
        look, offer = theme(), self._offers[at]
        if at == self._current:
            paint.rounded(painter, rect, 5, "bg_selected")
        icon = _ICONS[offer.field.kind]
        paint.icon(painter, icon, rect.x() + 8, round(rect.center().y() - 7), "text_secondary", 14)
        small = look.font("caption", weight=400, tabular=True)
        count = "" if offer.run_count is None else wording.count(offer.run_count, "run")
        inside = rect.adjusted(30, 0, -10, 0)
        paint.text(painter, inside, count, "text_tertiary", small, "right")
        inside.setRight(inside.right() - look.width(count, small) - 8)
        font = look.font("mono")
        name, begun = shown(offer.label), len(offer.begun)
        starts = begun and name.lower().startswith(offer.begun.lower())
        role: Role = "text_primary"
        if starts:
            head = name[:begun]
            paint.text(painter, inside, head, "accent_text", look.font("mono", weight=500))
            inside.setLeft(inside.left() + look.width(head, font))
            name = name[begun:]
        paint.text(painter, inside, name, role, font)

    def _first(self) -> int:
        return max(0, self._current - MOST_SHOWN + 1)

    def _at(self, event: QMouseEvent) -> int | None:
        row = int((event.position().y() - 4) // theme().height("row"))
        at = self._first() + row
        return at if 0 <= row < MOST_SHOWN and at < len(self._offers) else None

    def _accept(self, at: int) -> None:
        offer = self._offers[at]
        self.hide()
        self.accepted.emit(offer)

    def _name(self) -> None:
        self.setAccessibleDescription(shown(self._offers[self._current].label))
