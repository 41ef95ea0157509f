# SPDX-License-Identifier: Apache-2.0
"""Paints the cells of the runs table, one column at a time, straight from the sheet.

* One font and one colour are set for a whole column; what a cell says is looked up, not made.
* Words that do not fit are shortened once and remembered.
* A row that was not read yet is a quiet bar, a group header its name and the figures of its runs.
"""

from PySide6.QtGui import QFont, QPainter

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.texts import Texts
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role
from strongroom.desktop.kit.wording import DASH
from strongroom.desktop.runs import cell_marks
from strongroom.desktop.runs.cell_marks import Items, Stamps, Stretch
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.columns import PINNED, SheetColumn
from strongroom.desktop.runs.header import PAD
from strongroom.desktop.runs.row_windows import LoadedRow
from strongroom.desktop.runs.sheet import Sheet
from strongroom.domain.run import Run, RunStatus

DOT = 22  # px from the left of a run's cell to its name
ICON = 22
NEW = "New"
_NAME = next(column for column in PINNED if column.kind == "run")

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


class CellPainter:
    """Paints columns of a sheet."""

    def __init__(self) -> None:
        self._texts: dict[int, Texts] = {}
        self._stamps = Stamps()

    def forget(self) -> None:
        """Lets go of texts and marks, after other fonts or colours."""
        self._texts.clear()
        self._stamps.forget()

    def column(
        self,
        painter: QPainter,
        sheet: Sheet,
        chosen: SheetColumn,
        place: tuple[int, int],
        rows: Stretch,
        items: Items,
        charted: Charted,
    ) -> None:
        """Paints one column; ``place`` is its left edge and width."""
        if chosen.kind == "check":
            self._stamps.boxes(painter, place[0], items, rows, charted)
            cell_marks.chevrons(painter, place[0], items, rows, sheet.rows.closed)
            return
        if chosen.kind == "trust":
            cell_marks.shields(painter, place, items, rows)
            return
        inside = place[0] + PAD, place[1] - 2 * PAD
        if chosen.kind == "run":
            self._runs(painter, sheet, inside, items, rows, charted)
        elif chosen.kind == "status":
            self._states(painter, inside, items, rows)
        elif chosen.kind == "spark":
            cell_marks.lines(painter, sheet, chosen, inside, items, rows, charted)
        else:
            self._values(painter, sheet, chosen, inside, items, rows)

    def is_short(self, sheet: Sheet, row: int, column: int, width: int) -> bool:
        """Returns whether the words of a cell do not fit into a column ``width`` px wide."""
        chosen = sheet.columns[column]
        room = width - 2 * PAD - (DOT if chosen.kind == "run" else 0)
        return self._of(_font(chosen)).fit(sheet.text(row, column), room).is_short

    def _of(self, font: QFont) -> Texts:
        known = self._texts.get(id(font))
        if known is None:  # it keeps the font, so the id stays its own
            known = self._texts[id(font)] = Texts(font)
        return known

    def _values(
        self,
        painter: QPainter,
        sheet: Sheet,
        column: SheetColumn,
        place: tuple[int, int],
        items: Items,
        rows: Stretch,
    ) -> None:
        look, texts = theme(), self._of(_font(column))
        quiet = column.kind in {"started", "duration"}
        ink = look.colour("text_secondary" if quiet else "text_primary")
        painter.setFont(texts.font)
        painter.setPen(ink)
        breach = sheet.breach if sheet.may_break(column) else None
        left, width = place
        right = left + width
        baseline = rows.top + texts.baseline(rows.height)
        words, fit, draw, is_right = sheet.words, texts.fit, texts.draw, column.is_right
        for at, item in enumerate(items):
            if not isinstance(item, LoadedRow) and item >= 0:
                self._figures(painter, sheet.group_text(item, column), place, baseline)
                painter.setFont(texts.font)
                painter.setPen(ink)
            elif not isinstance(item, LoadedRow) or (text := words(item, column)) is None:
                top = rows.top + at * rows.height
                cell_marks.absent(painter, place, top, rows.height, is_right)
            else:
                fitted = fit(text, width)
                x = right - fitted.length if is_right else left
                if text == DASH:
                    painter.setPen(look.colour("text_tertiary"))
                    draw(painter, fitted, x, baseline)
                    painter.setPen(ink)
                else:
                    draw(painter, fitted, x, baseline)
                if breach is not None and breach(item, column):
                    middle = rows.top + at * rows.height + rows.height / 2
                    cell_marks.flag(painter, left, x, middle)
            baseline += rows.height

    def _figures(
        self, painter: QPainter, words: str, place: tuple[int, int], baseline: float
    ) -> None:
        """Paints the figures of a group: mean and spread where they fit, else the mean."""
        if not words:
            return
        texts = self._of(theme().font("dense", tabular=True))
        painter.setFont(texts.font)
        painter.setPen(theme().colour("text_secondary"))
        left, width = place
        fitted = texts.fit(words, width)
        if fitted.is_short:
            fitted = texts.fit(words.partition(" ± ")[0], width)
        texts.draw(painter, fitted, left + width - fitted.length, baseline)

    def _runs(
        self,
        painter: QPainter,
        sheet: Sheet,
        place: tuple[int, int],
        items: Items,
        rows: Stretch,
        charted: Charted,
    ) -> None:
        look = theme()
        names = self._of(look.font("dense", weight=500))
        down = names.baseline(rows.height)
        left, width = place[0] + DOT, place[1] - DOT
        ink, top = look.colour("text_primary"), rows.top
        painter.setFont(names.font)
        painter.setPen(ink)
        for item in items:
            if isinstance(item, LoadedRow):
                series = charted.place(item.row.run.run_id)
                self._stamps.dot(painter, place[0], top + rows.height / 2, series)
                room = width
                if item.row.id > sheet.seen_id:
                    room -= self._new(painter, left + width, top + down)
                    painter.setFont(names.font)
                    painter.setPen(ink)
                if item.row.broken:
                    room -= 18
                    middle = top + rows.height / 2
                    cell_marks.flag(painter, left, left + room + 18, middle)
                fitted = names.fit(sheet.words(item, _NAME) or "", room)
                names.draw(painter, fitted, left, top + down)
            elif item < 0:
                cell_marks.absent(painter, (left, width), top, rows.height, is_right=False)
            else:
                self._group(painter, sheet, item, place, (top, rows.height))
                painter.setFont(names.font)
                painter.setPen(ink)
            top += rows.height

    def _new(self, painter: QPainter, right: int, baseline: float) -> int:
        """Paints that a run came since somebody last looked; returns the room that takes."""
        texts = self._of(theme().font("caption", weight=500))
        fitted = texts.fit(NEW, 1000)
        painter.setFont(texts.font)
        painter.setPen(theme().colour("accent_text"))
        texts.draw(painter, fitted, right - round(fitted.length), baseline)
        return round(fitted.length) + 6

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
        bold, plain = self._of(look.font("dense", weight=600)), self._of(look.font("dense"))
        name, count = sheet.group_words(group)
        left, width = place[0] - 18, place[1] + 18
        baseline = level[0] + bold.baseline(level[1])
        title = bold.fit(name, width)
        painter.setFont(bold.font)
        painter.setPen(look.colour("text_primary"))
        bold.draw(painter, title, left, baseline)
        size = plain.fit(count, max(0, round(width - title.length - 8)))
        painter.setFont(plain.font)
        painter.setPen(look.colour("text_secondary"))
        plain.draw(painter, size, left + title.length + 8, baseline)

    def _states(
        self, painter: QPainter, place: tuple[int, int], items: Items, rows: Stretch
    ) -> None:
        look = theme()
        texts = self._of(look.font("dense"))
        painter.setFont(texts.font)
        left, width = place
        down, top = texts.baseline(rows.height), rows.top
        for item in items:
            if isinstance(item, LoadedRow):
                icon, tint, words, role = _state(item.row.run)
                paint.icon(painter, icon, left, round(top + rows.height / 2 - 8.5), tint)
                painter.setPen(look.colour(role))
                texts.draw(painter, texts.fit(words, width - ICON), left + ICON, top + down)
            elif item < 0:
                cell_marks.absent(painter, place, top, rows.height, is_right=False)
            top += rows.height


def _state(run: Run) -> tuple[str, Role, str, Role]:
    if run.is_lost and run.status is RunStatus.RUNNING:
        return "cloud-off", "warn_icon", "Lost contact", "warn_text"
    icon, tint = _STATUS_ICONS[run.status]
    words = run.status.value.capitalize()
    return icon, tint, words, _STATUS_TEXT.get(run.status, "text_secondary")


def _font(column: SheetColumn) -> QFont:
    look = theme()
    return look.font("dense", weight=500 if column.kind == "run" else 0, tabular=column.is_right)
