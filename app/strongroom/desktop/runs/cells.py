# SPDX-License-Identifier: Apache-2.0
"""Paints the cells of the runs table, one column at a time, straight from the sheet.

* One font and one colour are set for a whole column; a cell is one `drawText` without rectangle.
* Words that do not fit are shortened once and remembered.
"""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role
from strongroom.desktop.kit.wording import DASH
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.header import EDGE, PAD
from strongroom.desktop.runs.sheet import Sheet, SheetColumn
from strongroom.domain.run import Run, RunStatus

DOT = 22  # px from the left of a run's cell to its name
ICON = 22
MOST_REMEMBERED = 20_000  # shortened texts; a few screens of every column

_STATUS_ICONS: dict[RunStatus, tuple[str, Role]] = {
    RunStatus.RUNNING: ("loader", "accent_text"),
    RunStatus.SCHEDULED: ("clock", "text_tertiary"),
    RunStatus.FINISHED: ("circle-check", "text_tertiary"),
    RunStatus.FAILED: ("circle-x", "bad_icon"),
    RunStatus.KILLED: ("circle-stop", "warn_icon"),
}
_STATUS_TEXT: dict[RunStatus, Role] = {
    RunStatus.FAILED: "bad_text",
    RunStatus.KILLED: "warn_text",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows to paint: ``first`` to before ``end``, ``top`` and ``height`` in px."""

    first: int
    end: int
    top: int
    height: int


class CellPainter:
    """Paints columns of a sheet."""

    def __init__(self) -> None:
        self._short: dict[tuple[str, int, int], tuple[str, float]] = {}

    def forget(self) -> None:
        """Lets go of shortened texts, after other fonts."""
        self._short.clear()

    def column(
        self,
        painter: QPainter,
        sheet: Sheet,
        column: int,
        place: tuple[int, int],
        rows: Stretch,
        charted: Charted,
    ) -> None:
        """Paints one column; ``place`` is its left edge and width."""
        chosen = sheet.columns[column]
        runs = sheet.runs[rows.first : rows.end]
        if chosen.kind == "check":
            _boxes(painter, place[0], runs, rows, charted)
            return
        left, width = place[0] + PAD, place[1] - 2 * PAD
        if chosen.kind == "run":
            _dots(painter, left, runs, rows, charted)
            left, width = left + DOT, width - DOT
        elif chosen.kind == "status":
            self._states(painter, (left, width), runs, rows)
            return
        texts = [sheet.text(row, column) for row in range(rows.first, rows.end)]
        self._texts(painter, chosen, (left, width), texts, rows)

    def is_short(self, sheet: Sheet, row: int, column: int, width: int) -> bool:
        """Returns whether the words of a cell do not fit into a column ``width`` px wide."""
        chosen = sheet.columns[column]
        room = width - 2 * PAD - (DOT if chosen.kind == "run" else 0)
        text = sheet.text(row, column)
        return self._fit(text, room, _font(chosen))[0] != text

    def _texts(
        self,
        painter: QPainter,
        column: SheetColumn,
        place: tuple[int, int],
        texts: list[str],
        rows: Stretch,
    ) -> None:
        look = theme()
        font = _font(column)
        painter.setFont(font)
        quiet = column.kind in {"started", "duration", "attribute"}
        ink = look.colour("text_secondary" if quiet else "text_primary")
        faint = look.colour("text_tertiary")
        painter.setPen(ink)
        left, width = place
        right = left + width
        baseline = rows.top + _baseline(font, rows.height)
        for text in texts:
            shown, length = self._fit(text, width, font)
            x = right - length if column.is_right else left
            if shown == DASH:
                painter.setPen(faint)
                painter.drawText(QPointF(x, baseline), shown)
                painter.setPen(ink)
            else:
                painter.drawText(QPointF(x, baseline), shown)
            baseline += rows.height

    def _states(
        self, painter: QPainter, place: tuple[int, int], runs: list[Run], rows: Stretch
    ) -> None:
        look = theme()
        font = look.font("dense")
        painter.setFont(font)
        left, width = place
        baseline = rows.top + _baseline(font, rows.height)
        middle = rows.top + rows.height / 2
        for run in runs:
            icon, tint, words, role = _state(run)
            paint.icon(painter, icon, left, round(middle - 8.5), tint)
            painter.setPen(look.colour(role))
            shown, _ = self._fit(words, width - ICON, font)
            painter.drawText(QPointF(left + ICON, baseline), shown)
            baseline += rows.height
            middle += rows.height

    def _fit(self, text: str, width: int, font: QFont) -> tuple[str, float]:
        key = (text, width, id(font))
        known = self._short.get(key)
        if known is None:
            if len(self._short) > MOST_REMEMBERED:
                self._short.clear()
            metrics = theme().metrics(font)
            length = metrics.horizontalAdvance(text)
            if length > width + 0.5:
                text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
                length = metrics.horizontalAdvance(text)
            known = self._short[key] = (text, length)
        return known


def paint_ring(painter: QPainter, rect: QRect, *, starts: bool, ends: bool) -> None:
    """Paints the ring of the current row: 2 px at its ends, 1 px above and below."""
    colour = theme().colour("focus")
    painter.fillRect(rect.x(), rect.y(), rect.width(), 1, colour)
    painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, colour)
    if starts:
        painter.fillRect(rect.x(), rect.y(), 2, rect.height(), colour)
    if ends:
        painter.fillRect(rect.right() - 1, rect.y(), 2, rect.height(), colour)


def _state(run: Run) -> tuple[str, Role, str, Role]:
    if run.is_lost and run.status is RunStatus.RUNNING:
        return "cloud-off", "warn_icon", "Lost contact", "warn_text"
    icon, tint = _STATUS_ICONS[run.status]
    words = run.status.value.capitalize()
    return icon, tint, words, _STATUS_TEXT.get(run.status, "text_secondary")


def _boxes(painter: QPainter, left: int, runs: list[Run], rows: Stretch, charted: Charted) -> None:
    middle = rows.top + rows.height / 2
    for run in runs:
        paint.check_box(painter, left + EDGE, middle, run.run_id in charted)
        middle += rows.height


def _dots(painter: QPainter, left: int, runs: list[Run], rows: Stretch, charted: Charted) -> None:
    middle = rows.top + rows.height / 2
    for run in runs:
        paint.dot(painter, QPointF(left + 5, middle), 4, charted.place(run.run_id))
        middle += rows.height


def _font(column: SheetColumn) -> QFont:
    look = theme()
    return look.font("dense", weight=500 if column.kind == "run" else 0, tabular=column.is_right)


def _baseline(font: QFont, height: int) -> float:
    metrics = theme().metrics(font)
    return round((height - 1 + metrics.ascent() - metrics.descent()) / 2)


def row_rect(rows: Stretch, row: int, width: int) -> QRectF:
    """Returns the rectangle of a row across ``width`` px."""
    return QRectF(0, rows.top + (row - rows.first) * rows.height, width, rows.height)
