# SPDX-License-Identifier: Apache-2.0
"""Paints the cells of the runs table, one column at a time, straight from the sheet.

* One font and one colour are set for a whole column; a cell is one text with its glyphs placed.
* Words that do not fit are shortened once and remembered.
* A row that was not read yet is a quiet bar, a group header its name and the figures of its runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QStaticText

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role
from strongroom.desktop.kit.wording import DASH
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.columns import PINNED, SheetColumn
from strongroom.desktop.runs.header import EDGE, PAD
from strongroom.desktop.runs.row_windows import LoadedRow
from strongroom.desktop.runs.sheet import Sheet
from strongroom.domain.query import FieldKind
from strongroom.domain.run import Run, RunStatus
from strongroom.services.run_table import TableRow

DOT = 22  # px from the left of a run's cell to its name
ICON = 22
NEW = "New"
_NAME = next(column for column in PINNED if column.kind == "run")
MOST_LAID = 8_000  # texts with their glyphs, some 10 MB
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
        self._laid: dict[tuple[str, int], QStaticText] = {}

    def forget(self) -> None:
        """Lets go of shortened texts, after other fonts."""
        self._short.clear()
        self._laid.clear()

    def column(
        self,
        painter: QPainter,
        sheet: Sheet,
        chosen: SheetColumn,
        place: tuple[int, int],
        rows: Stretch,
        items: Sequence[LoadedRow | int],
        charted: Charted,
    ) -> None:
        """Paints one column; ``place`` is its left edge and width."""
        if chosen.kind == "check":
            _boxes(painter, place[0], items, rows, charted)
            _chevrons(painter, place[0], items, rows, sheet.rows.closed)
            return
        if chosen.kind == "trust":
            _shields(painter, place, items, rows)
            return
        left, width = place[0] + PAD, place[1] - 2 * PAD
        if chosen.kind == "run":
            self._runs(painter, sheet, (left, width), items, rows, charted)
        elif chosen.kind == "status":
            self._states(painter, (left, width), items, rows)
        elif chosen.kind == "spark":
            _lines(painter, sheet, chosen, (left, width), items, rows, charted)
        else:
            self._values(painter, sheet, chosen, (left, width), items, rows)

    def is_short(self, sheet: Sheet, row: int, column: int, width: int) -> bool:
        """Returns whether the words of a cell do not fit into a column ``width`` px wide."""
        chosen = sheet.columns[column]
        room = width - 2 * PAD - (DOT if chosen.kind == "run" else 0)
        text = sheet.text(row, column)
        return self._fit(text, room, _font(chosen))[0] != text

    def _values(
        self,
        painter: QPainter,
        sheet: Sheet,
        column: SheetColumn,
        place: tuple[int, int],
        items: Sequence[LoadedRow | int],
        rows: Stretch,
    ) -> None:
        look = theme()
        font = _font(column)
        painter.setFont(font)
        quiet = column.kind in {"started", "duration"}
        ink = look.colour("text_secondary" if quiet else "text_primary")
        faint = look.colour("text_tertiary")
        may_break = column.field is not None and column.field.kind is FieldKind.METRIC
        left, width = place
        right = left + width
        baseline = rows.top + _baseline(font, rows.height)
        painter.setPen(ink)
        words, fit, laid, is_right = sheet.words, self._fit, self._lay, column.is_right
        ascent = look.metrics(font).ascent()
        for at, item in enumerate(items):
            text = words(item, column) if isinstance(item, LoadedRow) else None
            if text is not None:
                shown, length = fit(text, width, font)
                x = right - length if is_right else left
                if shown == DASH:
                    painter.setPen(faint)
                    painter.drawStaticText(QPointF(x, baseline - ascent), laid(shown, font))
                    painter.setPen(ink)
                else:
                    painter.drawStaticText(QPointF(x, baseline - ascent), laid(shown, font))
                if may_break and isinstance(item, LoadedRow) and sheet.breach(item, column):
                    top = rows.top + at * rows.height
                    _flag(painter, left, x, top + rows.height / 2)
                    painter.setFont(font)
                    painter.setPen(ink)
            elif isinstance(item, LoadedRow) or item < 0:
                _absent(painter, place, rows.top + at * rows.height, rows.height, column.is_right)
            else:
                self._figures(painter, sheet.group_text(item, column), place, baseline)
                painter.setFont(font)
                painter.setPen(ink)
            baseline += rows.height

    def _figures(
        self, painter: QPainter, words: str, place: tuple[int, int], baseline: float
    ) -> None:
        """Paints the figures of a group: mean and spread where they fit, else the mean."""
        if not words:
            return
        font = theme().font("dense", tabular=True)
        painter.setFont(font)
        painter.setPen(theme().colour("text_secondary"))
        left, width = place
        if theme().width(words, font) > width:
            words = words.partition(" ± ")[0]
        shown, length = self._fit(words, width, font)
        painter.drawText(QPointF(left + width - length, baseline), shown)

    def _runs(
        self,
        painter: QPainter,
        sheet: Sheet,
        place: tuple[int, int],
        items: Sequence[LoadedRow | int],
        rows: Stretch,
        charted: Charted,
    ) -> None:
        look = theme()
        font = look.font("dense", weight=500)
        small = look.font("caption", weight=500)
        left, width = place[0] + DOT, place[1] - DOT
        ink = look.colour("text_primary")
        for at, item in enumerate(items):
            top = rows.top + at * rows.height
            middle, baseline = top + rows.height / 2, top + _baseline(font, rows.height)
            if not isinstance(item, LoadedRow):
                if item < 0:
                    _absent(painter, (left, width), top, rows.height, is_right=False)
                else:
                    self._group(painter, sheet, item, place, (top, rows.height))
                continue
            run_id = item.row.run.run_id
            paint.dot(painter, QPointF(place[0] + 5, middle), 4, charted.place(run_id))
            room = width
            if item.row.id > sheet.seen_id:
                room -= round(look.width(NEW, small)) + 6
                painter.setFont(small)
                painter.setPen(look.colour("accent_text"))
                painter.drawText(QPointF(left + room + 6, baseline), NEW)
            shown, _ = self._fit(sheet.words(item, _NAME) or "", room, font)
            painter.setFont(font)
            painter.setPen(ink)
            painter.drawText(QPointF(left, baseline), shown)

    def _group(
        self,
        painter: QPainter,
        sheet: Sheet,
        group: int,
        place: tuple[int, int],
        level: tuple[int, int],
    ) -> None:
        """Paints name and size of a group; the chevron stands where runs have their box."""
        look = theme()
        bold = look.font("dense", weight=600)
        name, count = sheet.group_words(group)
        left, width = place[0] - 18, place[1] + 18
        baseline = level[0] + _baseline(bold, level[1])
        shown, length = self._fit(name, width, bold)
        painter.setFont(bold)
        painter.setPen(look.colour("text_primary"))
        painter.drawText(QPointF(left, baseline), shown)
        plain = look.font("dense")
        words, _ = self._fit(count, max(0, round(width - length - 8)), plain)
        painter.setFont(plain)
        painter.setPen(look.colour("text_secondary"))
        painter.drawText(QPointF(left + length + 8, baseline), words)

    def _states(
        self,
        painter: QPainter,
        place: tuple[int, int],
        items: Sequence[LoadedRow | int],
        rows: Stretch,
    ) -> None:
        look = theme()
        font = look.font("dense")
        painter.setFont(font)
        left, width = place
        for at, item in enumerate(items):
            top = rows.top + at * rows.height
            if isinstance(item, LoadedRow):
                icon, tint, words, role = _state(item.row.run)
                paint.icon(painter, icon, left, round(top + rows.height / 2 - 8.5), tint)
                painter.setPen(look.colour(role))
                shown, _ = self._fit(words, width - ICON, font)
                baseline = top + _baseline(font, rows.height)
                painter.drawText(QPointF(left + ICON, baseline), shown)
            elif item < 0:
                _absent(painter, place, top, rows.height, is_right=False)

    def _lay(self, text: str, font: QFont) -> QStaticText:
        """Returns a text with its glyphs placed: painting it again costs half, pixel for pixel."""
        key = (text, id(font))
        known = self._laid.get(key)
        if known is None:
            if len(self._laid) > MOST_LAID:
                self._laid.clear()
            known = self._laid[key] = QStaticText(text)
            known.setTextFormat(Qt.TextFormat.PlainText)
            known.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            known.prepare(font=font)
        return known

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


def _boxes(
    painter: QPainter,
    left: int,
    items: Sequence[LoadedRow | int],
    rows: Stretch,
    charted: Charted,
) -> None:
    middle = rows.top + rows.height / 2
    for item in items:
        if isinstance(item, LoadedRow):
            paint.check_box(painter, left + EDGE, middle, item.row.run.run_id in charted)
        elif item < 0:
            paint.check_box(painter, left + EDGE, middle, False, enabled=False)
        middle += rows.height


def _chevrons(
    painter: QPainter,
    left: int,
    items: Sequence[LoadedRow | int],
    rows: Stretch,
    closed: frozenset[int],
) -> None:
    for at, item in enumerate(items):
        if not isinstance(item, LoadedRow) and item >= 0:
            icon = "chevron-right" if item in closed else "chevron-down"
            middle = rows.top + at * rows.height + rows.height / 2
            paint.icon(painter, icon, left + 12, round(middle - 8), "text_secondary", 14)


def _shields(
    painter: QPainter, place: tuple[int, int], items: Sequence[LoadedRow | int], rows: Stretch
) -> None:
    x = place[0] + (place[1] - 16) / 2
    top = rows.top + rows.height / 2 - 8.5
    for item in items:
        if isinstance(item, LoadedRow):
            icon, tint = trust_icon(item.row)
            paint.icon(painter, icon, x, round(top), tint)
        top += rows.height


def trust_icon(row: TableRow) -> tuple[str, Role]:
    """Returns the icon of what is known about a run's bytes, and its role."""
    if row.damage:
        return "shield-x", "bad_icon"
    if row.run.is_sealed:
        return "shield", "ok_icon"
    return "circle-dashed", "text_tertiary"


def _lines(
    painter: QPainter,
    sheet: Sheet,
    column: SheetColumn,
    place: tuple[int, int],
    items: Sequence[LoadedRow | int],
    rows: Stretch,
    charted: Charted,
) -> None:
    if sheet.sparks is None or column.field is None:
        return
    look = theme()
    size, ratio = QSize(place[1], rows.height - 8), painter.device().devicePixelRatioF()
    quiet = look.colour("text_tertiary")
    for at, item in enumerate(items):
        if isinstance(item, LoadedRow):
            series = charted.place(item.row.run.run_id)
            colour = quiet if series is None else look.series_colour(series)
            drawn = sheet.sparks.picture(item, column.field.key, size, colour, ratio)
            if drawn is not None:
                painter.drawPixmap(place[0], rows.top + at * rows.height + 4, drawn)


def _flag(painter: QPainter, left: float, before: float, middle: float) -> None:
    """Paints the flag of a figure outside its bounds, left of it."""
    paint.icon(painter, "flag", max(left - 6.0, before - 17), round(middle - 7), "warn_icon", 13)


def _absent(
    painter: QPainter, place: tuple[int, int], top: int, height: int, is_right: bool
) -> None:
    """Paints what stands for words that are being read."""
    width = max(12, min(56, place[1] // 2))
    left = place[0] + place[1] - width if is_right else place[0]
    painter.fillRect(left, top + height // 2 - 4, width, 7, theme().colour("muted_bg"))


def _font(column: SheetColumn) -> QFont:
    look = theme()
    return look.font("dense", weight=500 if column.kind == "run" else 0, tabular=column.is_right)


def _baseline(font: QFont, height: int) -> float:
    metrics = theme().metrics(font)
    return round((height - 1 + metrics.ascent() - metrics.descent()) / 2)
