# SPDX-License-Identifier: Apache-2.0
"""A confusion matrix: counts, shares of rows or of columns, painted; the same as a table.

* True classes down, predicted classes across. Every cell carries its figure, so nothing hangs on
  the shade. Arrow keys move, and what the cell says is told in words below.
"""

from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.cells import Column, NumberCell, Row, TextCell
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.theme import theme
from strongroom.services.views.shapes import MatrixView

Shown = Literal["count", "row", "column"]
SMALLEST_FIGURE = 26  # px a cell needs to carry its figure
LARGEST_CELL = 84
_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class MatrixViewer(QWidget):
    """Shows a confusion matrix; ``picture`` paints it, ``table`` lists it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: MatrixView | None = None
        self.choice = Segmented(
            (("count", "Count"), ("row", "Row %"), ("column", "Column %")), name="Figures"
        )
        self.choice.changed.connect(lambda _key: self._fill())
        self.form = Segmented((("picture", "Picture"), ("table", "Table")), name="Form")
        self.form.changed.connect(self._on_form_changed)
        self.picture = MatrixPicture()
        self.picture.moved.connect(self._say)
        self.table = Table((Column("true", "True", 120),), name="Confusion matrix", edge=8)
        self.says = Elided("", "text_secondary", "dense")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.picture)
        self._stack.addWidget(self.table)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(6)
        down.addWidget(row(self.choice, self.form, None))
        down.addWidget(self.says)
        down.addWidget(self._stack, 1)

    def show_matrix(self, view: MatrixView) -> None:
        """Shows another matrix."""
        self._view = view
        columns = [Column("true", "True \\ predicted", 140)]
        columns += [Column(f"c{at}", name, 84, "right") for at, name in enumerate(view.labels)]
        self.table.set_columns(columns)
        self._fill()

    def _fill(self) -> None:
        view = self._view
        if view is None:
            return
        shown: Shown = "count"
        for each in ("count", "row", "column"):
            if each == self.choice.current():
                shown = each
        shares = shares_of(view, shown)
        figures = figures_of(view, shares, shown)
        self.picture.set_matrix(
            view, shares_of(view, "column" if shown == "column" else "row"), figures
        )
        self.table.set_lines(
            [
                Row(
                    str(at),
                    (TextCell(view.labels[at], strong=True), *(NumberCell(one) for one in line)),
                )
                for at, line in enumerate(figures)
            ]
        )
        self._say()

    def _on_form_changed(self, key: str) -> None:
        self._stack.setCurrentIndex(int(key == "table"))

    def _say(self) -> None:
        view = self._view
        if view is None:
            return
        total = sum(map(sum, view.counts))
        right = sum(view.counts[at][at] for at in range(len(view.labels)))
        share = f", {right / total:.1%} right" if total else ""
        words = f"{wording.number(total)} examples of {len(view.labels)} classes{share}"
        place = self.picture.current()
        if place is not None:
            down, across = place
            count = view.counts[down][across]
            of_row = sum(view.counts[down])
            part = f", {count / of_row:.1%} of {view.labels[down]}" if of_row else ""
            words = (
                f"True {view.labels[down]}, predicted {view.labels[across]}: "
                f"{wording.number(count)}{part}"
            )
        self.says.set_text(words)
        self.picture.setAccessibleDescription(words)


class MatrixPicture(QWidget):
    """Paints a matrix.

    Signals:
        moved: Another cell is current (see `current`).
    """

    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: MatrixView | None = None
        self._shares: list[list[float]] = []
        self._figures: list[list[str]] = []
        self._current: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix")

    def set_matrix(
        self, view: MatrixView, shares: list[list[float]], figures: list[list[str]]
    ) -> None:
        """Shows shades of these shares and these figures."""
        if view is not self._view:
            self._current = None
        self._view, self._shares, self._figures = view, shares, figures
        self.update()

    def current(self) -> tuple[int, int] | None:
        """Returns the cell under the mouse or the keyboard, (true, predicted)."""
        return self._current

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints cells, labels and ring."""
        view = self._view
        painter = QPainter(self)
        if view is None:
            return
        look = theme()
        area, side = self._place()
        small, dense = look.font("caption", weight=400), look.font("dense")
        ground, accent = look.colour("bg_surface"), look.colour("accent")
        for down, line in enumerate(self._shares):
            for across, share in enumerate(line):
                cell = QRectF(area.x() + across * side, area.y() + down * side, side, side)
                painter.fillRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), _mixed(ground, accent, share))
                if side >= SMALLEST_FIGURE:
                    role = "text_on_accent" if share > 0.55 else "text_primary"
                    words = self._figures[down][across]
                    font = dense if side >= 40 else small
                    paint.text(painter, cell, words, role, font, "centre", "none")  # type: ignore[arg-type]
        step = max(1, round(look.line("caption") / side + 0.49))
        for at in range(0, len(view.labels), step):
            left = QRectF(2, area.y() + at * side, area.x() - 8, side)
            paint.text(painter, left, view.labels[at], "text_secondary", small, "right")
            above = QRectF(area.x() + at * side, area.y() - 20, side * step - 2, 18)
            align: paint.Align = "centre" if step == 1 else "left"
            paint.text(painter, above, view.labels[at], "text_secondary", small, align)
        paint.text(painter, QRectF(area.x(), 0, 240, 18), "Predicted", "text_tertiary", small)
        paint.text(painter, QRectF(2, area.y() - 20, 60, 18), "True", "text_tertiary", small)
        if self._current is not None:
            down, across = self._current
            ring = QRectF(area.x() + across * side, area.y() + down * side, side, side)
            paint.rounded(painter, ring, 2, None, "focus", 2)
        if self.hasFocus():
            paint.focus_ring(painter, QRectF(self.rect()), 4)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Makes the cell under the mouse current."""
        self._set(self._cell_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Lets the cell go."""
        super().leaveEvent(event)
        if not self.hasFocus():
            self._set(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves from cell to cell."""
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None or self._view is None:
            super().keyPressEvent(event)
            return
        last = len(self._view.labels) - 1
        down, across = self._current or (0, 0)
        if self._current is not None:
            down, across = down + move[0], across + move[1]
        self._set((min(last, max(0, down)), min(last, max(0, across))))

    def _set(self, cell: tuple[int, int] | None) -> None:
        if cell != self._current:
            self._current = cell
            self.update()
            self.moved.emit()

    def _cell_at(self, at: QPoint) -> tuple[int, int] | None:
        area, side = self._place()
        if not area.contains(at.toPointF()) or self._view is None:
            return None
        last = len(self._view.labels) - 1
        down, across = int((at.y() - area.y()) / side), int((at.x() - area.x()) / side)
        return min(last, down), min(last, across)

    def _place(self) -> tuple[QRectF, float]:
        count = len(self._shares) or 1
        look = theme()
        font = look.font("caption", weight=400)
        labels = self._view.labels if self._view is not None else ()
        wide = max((look.width(name[:24], font) for name in labels), default=0)
        left = min(self.width() / 3, max(40.0, wide + 14))
        side = min((self.width() - left - 4) / count, (self.height() - 42) / count, LARGEST_CELL)
        side = max(2.0, side)
        return QRectF(left, 40, side * count, side * count), side


def shares_of(view: MatrixView, shown: Shown) -> list[list[float]]:
    """Returns each cell's share of its row or column, of all for counts; 0 where there is none."""
    rows = [sum(line) for line in view.counts]
    columns = [sum(line[at] for line in view.counts) for at in range(len(view.labels))]
    total = sum(rows)
    found = []
    for down, line in enumerate(view.counts):
        wholes = {"row": [rows[down]] * len(line), "column": columns, "count": [total] * len(line)}
        found.append(
            [
                cell / whole if whole else 0.0
                for cell, whole in zip(line, wholes[shown], strict=True)
            ]
        )
    return found


def figures_of(view: MatrixView, shares: list[list[float]], shown: Shown) -> list[list[str]]:
    """Returns what each cell says."""
    if shown == "count":
        return [[wording.number(cell) for cell in line] for line in view.counts]
    return [[f"{share:.0%}" if share >= 0.0995 or not share else f"{share:.1%}" for share in line]
            for line in shares]  # fmt: skip


def _mixed(ground: QColor, accent: QColor, share: float) -> QColor:
    part = min(1.0, max(0.0, share)) ** 0.7
    return QColor.fromRgbF(
        ground.redF() + (accent.redF() - ground.redF()) * part,
        ground.greenF() + (accent.greenF() - ground.greenF()) * part,
        ground.blueF() + (accent.blueF() - ground.blueF()) * part,
    )
