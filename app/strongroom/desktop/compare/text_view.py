# SPDX-License-Identifier: Apache-2.0
"""Two texts side by side, or one below the other, with what changed marked word by word.

* Both sides are one picture: they scroll together because there is nothing to keep in step.
* A changed line has a sign and an icon, changed words a line below them; colour only repeats it.
* Only the lines in sight are painted; control characters are shown, never obeyed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme
from strongroom.domain.text_diff import Change, LinePair, Span, TextDiff, unified
from strongroom.services.views.visible import visible_line

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

GUTTER, SIGN, GAP = 44, 20, 8
LONGEST_SHOWN = 2_000  # characters of a line
_KIND_GROUND: dict[Change, "Role"] = {Change.REMOVED: "bad_bg", Change.ADDED: "ok_bg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One side of one row: what happened to it, its number, its text and the changed words."""

    change: Change
    number: int
    text: str
    spans: tuple[Span, ...] = ()


class TextDiffView(QAbstractScrollArea):
    """The view.

    Signals:
        moved: Another change is the current one (its number from 1, 0 for none, and how many).
    """

    moved = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        thin_bars(self)
        self._diff = TextDiff(pairs=(), changes=())
        self._names = ("", "")
        self._rows: list[tuple[Half | None, Half | None]] = []
        self._starts: list[int] = []
        self._current = -1
        self._is_unified = False
        self._widest = 0.0
        self.setObjectName("compare.text_diff")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Differences of two texts")
        self.verticalScrollBar().valueChanged.connect(self.viewport().update)
        self.horizontalScrollBar().valueChanged.connect(self.viewport().update)
        theme().follow(self)

    # ------------------------------------------------------------ content

    def show_diff(self, diff: TextDiff, left: str, right: str) -> None:
        """Shows a difference between the texts of two names and goes to its first change."""
        self._diff, self._names = diff, (left, right)
        self._current = -1
        self._make_rows()
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        if self._starts:
            self.go_to_change(0)
        else:
            self._tell()

    def set_unified(self, *, is_unified: bool) -> None:
        """Shows both texts in one column, or beside each other."""
        self._is_unified = is_unified
        current = self._current
        self._make_rows()
        if self._starts:
            self.go_to_change(max(0, current))

    def is_unified(self) -> bool:
        """Returns whether both texts stand in one column."""
        return self._is_unified

    def rows(self) -> Sequence[tuple[Half | None, Half | None]]:
        """Returns the rows from top to bottom; in one column only the first of each pair."""
        return self._rows

    def current_change(self) -> int:
        """Returns the number of the current change from 0, -1 for none."""
        return self._current

    def step(self, by: int) -> None:
        """Goes to the next change (1) or the one before (-1), round at the ends."""
        if self._starts:
            at = self._current + by if self._current >= 0 else 0
            self.go_to_change(at % len(self._starts))

    def go_to_change(self, at: int) -> None:
        """Makes a change the current one and brings it into sight, a third from the top."""
        self._current = at
        height = self._line_height()
        target = self._starts[at] * height - self.viewport().height() // 3
        top = self.verticalScrollBar().value()
        first, last = self._starts[at] * height, (self._end_of(at) + 1) * height
        if first < top or last > top + self.viewport().height():
            self.verticalScrollBar().setValue(max(0, target))
        self._tell()

    def copy(self) -> None:
        """Puts the difference on the clipboard in the form of ``diff -u``."""
        QGuiApplication.clipboard().setText(unified(self._diff, *self._names))

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force."""
        self._measure()

    # ------------------------------------------------------------ Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves by line, page, end; N and P walk over changes; copies."""
        height = self._line_height()
        bar, side = self.verticalScrollBar(), self.horizontalScrollBar()
        key = Qt.Key(event.key())
        steps = {
            Qt.Key.Key_Up: (bar, -height),
            Qt.Key.Key_Down: (bar, height),
            Qt.Key.Key_PageUp: (bar, -bar.pageStep()),
            Qt.Key.Key_PageDown: (bar, bar.pageStep()),
            Qt.Key.Key_Home: (bar, -bar.maximum()),
            Qt.Key.Key_End: (bar, bar.maximum()),
            Qt.Key.Key_Left: (side, -48),
            Qt.Key.Key_Right: (side, 48),
        }
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif key in {Qt.Key.Key_N, Qt.Key.Key_P}:
            self.step(1 if key == Qt.Key.Key_N else -1)
        elif key in steps:
            which, by = steps[key]
            which.setValue(which.value() + by)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Measures what is out of sight."""
        super().resizeEvent(event)
        self._measure()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the ring."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the rows in sight."""
        painter = QPainter(self.viewport())
        area = event.rect()
        painter.fillRect(area, theme().colour("bg_surface"))
        height = self._line_height()
        top = self.verticalScrollBar().value()
        first = max(0, (top + area.top()) // height)
        end = min(len(self._rows), (top + area.bottom()) // height + 1)
        width = self.viewport().width()
        half = width if self._is_unified else width // 2
        for at in range(first, end):
            y = at * height - top
            left, right = self._rows[at]
            self._paint_half(painter, QRectF(0, y, half, height), left)
            if not self._is_unified:
                self._paint_half(painter, QRectF(half, y, width - half, height), right)
        if not self._is_unified:
            paint.hairline(painter, QRectF(half, 0, 1, self.viewport().height()), "border_default")
        self._paint_current(painter, top, height, width)
        if self.hasFocus():
            paint.focus_ring(painter, QRectF(self.viewport().rect()), 0)

    # ------------------------------------------------------------ inside

    def _make_rows(self) -> None:
        rows: list[tuple[Half | None, Half | None]] = []
        starts: list[int] = []
        waiting: list[Half] = []
        changes = set(self._diff.changes)
        for at, pair in enumerate(self._diff.pairs):
            left, right = _halves(pair)
            if pair.change is Change.SAME:
                rows += [(half, None) for half in waiting]
                waiting = []
            if at in changes:
                starts.append(len(rows))
            if not self._is_unified:
                rows.append((left, right))
            elif pair.change is Change.SAME:
                rows.append((left, None))
            else:
                rows += [(left, None)] if left is not None else []
                waiting += [right] if right is not None else []
        rows += [(half, None) for half in waiting]
        self._rows, self._starts = rows, starts
        self._measure()

    def _measure(self) -> None:
        """Says to the scroll bars how much there is."""
        longest = max((len(half.text) for row in self._rows for half in row if half), default=0)
        font = theme().font("mono")
        self._widest = theme().width("0", font) * min(longest, LONGEST_SHOWN)
        height = self._line_height()
        page = self.viewport().height()
        bar, side = self.verticalScrollBar(), self.horizontalScrollBar()
        bar.setPageStep(page)
        bar.setSingleStep(height)
        bar.setRange(0, max(0, len(self._rows) * height - page))
        room = self.viewport().width() // (1 if self._is_unified else 2) - self._margin()
        side.setPageStep(max(1, room))
        side.setRange(0, max(0, round(self._widest) - room + GAP))
        self.viewport().update()

    def _margin(self) -> int:
        return theme().scaled(GUTTER + SIGN)

    def _line_height(self) -> int:
        return theme().line("mono") + 4

    def _end_of(self, at: int) -> int:
        """Returns the last row of a change."""
        row = self._starts[at]
        while row + 1 < len(self._rows) and not _is_same(self._rows[row + 1]):
            row += 1
        return row

    def _paint_half(self, painter: QPainter, rect: QRectF, half: Half | None) -> None:
        if half is None:
            paint.hairline(painter, rect, "bg_sunken")
            return
        ground = _KIND_GROUND.get(half.change)
        if ground:
            paint.hairline(painter, rect, ground)
        look = theme()
        gutter, margin = look.scaled(GUTTER), self._margin()
        number = QRectF(rect.x(), rect.y(), gutter - 6, rect.height())
        small = look.font("caption", weight=400, tabular=True)
        paint.text(painter, number, str(half.number), "text_tertiary", small, "right")
        if half.change is not Change.SAME:
            is_added = half.change is Change.ADDED
            role: Role = "ok_icon" if is_added else "bad_icon"
            name = "plus" if is_added else "minus"
            top = round(rect.center().y() - 6)
            paint.icon(painter, name, rect.x() + gutter, top, role, 12)
        inside = rect.adjusted(margin, 0, -1, 0)
        painter.save()
        painter.setClipRect(inside)
        x = inside.x() - self.horizontalScrollBar().value()
        for text, is_changed in _pieces(half):
            x += self._paint_piece(painter, x, inside, text, half.change, is_changed=is_changed)
        painter.restore()

    def _paint_piece(
        self, painter: QPainter, x: float, rect: QRectF, text: str, change: Change, *,
        is_changed: bool,
    ) -> float:  # fmt: skip
        look = theme()
        font = look.font("mono", weight=700 if is_changed else 0)
        width = look.width(text, font)
        place = QRectF(x, rect.y(), width + 2, rect.height())
        paint.text(painter, place, text, "text_primary", font, "left", "none")
        if is_changed:
            role: Role = "ok_icon" if change is Change.ADDED else "bad_icon"
            paint.hairline(painter, QRectF(x, rect.bottom() - 2, max(3.0, width), 2), role)
        return width

    def _paint_current(self, painter: QPainter, top: int, height: int, width: int) -> None:
        if not 0 <= self._current < len(self._starts):
            return
        first = self._starts[self._current] * height - top
        rows = self._end_of(self._current) - self._starts[self._current] + 1
        colour = theme().colour("accent")
        painter.fillRect(0, first, 3, rows * height, colour)
        painter.fillRect(0, first, width, 1, colour)
        painter.fillRect(0, first + rows * height - 1, width, 1, colour)

    def _tell(self) -> None:
        self.viewport().update()
        count = len(self._starts)
        words = wording.count(count, "change")
        if 0 <= self._current < count:
            left, right = self._rows[self._starts[self._current]]
            said = [half.text for half in (left, right) if half is not None]
            words = f"Change {self._current + 1} of {count}: {' becomes '.join(said)[:300]}"
        self.setAccessibleDescription(words)
        self.moved.emit(self._current + 1, count)


def _halves(pair: LinePair) -> tuple[Half | None, Half | None]:
    if pair.change is Change.SAME:
        text = pair.left or ""
        return (
            Half(change=Change.SAME, number=pair.left_number, text=text),
            Half(change=Change.SAME, number=pair.right_number, text=text),
        )
    left = right = None
    if pair.left is not None:
        left = Half(
            change=Change.REMOVED, number=pair.left_number, text=pair.left, spans=pair.left_spans
        )
    if pair.right is not None:
        right = Half(
            change=Change.ADDED, number=pair.right_number, text=pair.right, spans=pair.right_spans
        )
    return left, right


def _pieces(half: Half) -> list[tuple[str, bool]]:
    """Returns the text in pieces, made visible, with whether each is changed."""
    text, at = half.text[:LONGEST_SHOWN], 0
    found: list[tuple[str, bool]] = []
    for start, end in half.spans:
        found += [(text[at:start], False), (text[start:end], True)]
        at = end
    found.append((text[at:], False))
    if len(half.text) > LONGEST_SHOWN:
        found.append(("…", False))
    return [
        (visible_line(piece).replace("\t", "    "), is_changed)
        for piece, is_changed in found
        if piece
    ]


def _is_same(row: tuple[Half | None, Half | None]) -> bool:
    return all(half is None or half.change is Change.SAME for half in row)
