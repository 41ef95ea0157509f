# SPDX-License-Identifier: Apache-2.0
"""Paints a table: one delegate for whole cells, one header. No style sheet comes near it.

* Header, cells and group rows share the 16 px edge at the left and right.
* The current row has a ring: 2 px at its ends, 1 px above and below, only with the keyboard.
* What had to be shortened is told by `CellDelegate.was_shortened`, for tooltips.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from strongroom.desktop.kit import cells, marks, paint, wording
from strongroom.desktop.kit.cells import Column, Group, Notice, Row
from strongroom.desktop.kit.table_model import CELL_ROLE, LINE_ROLE, TableModel
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

DELTA_SLOT = 58  # px at 100 %: room of "−0.0200" in 11 px tabular digits
_TINTS: dict[str, "Role"] = {"warn": "warn_bg", "bad": "bad_bg"}


class CellDelegate(QStyledItemDelegate):
    """Paints every cell of a `Table`.

    Args:
        pad: Px at both sides of a cell.
        edge: Px at the outer sides of the first and last column.

    Attributes:
        boxes_cell: The current cell has a box inside the ring of its row.
    """

    def __init__(self, pad: int = 12, edge: int = 16, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pad, self._edge = pad, edge
        self._short = False
        self.boxes_cell = False

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paints ground, hairline, ring and content."""
        line = index.data(LINE_ROLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        view = self.parent()
        if not isinstance(view, QTableView):
            return
        self._ground(painter, rect, line, state, view)
        model = index.model()
        if not isinstance(model, TableModel):
            return
        if isinstance(line, Row):
            column = model.columns[index.column()]
            self.content(painter, self._inside(rect, index.column(), model), index, column, line)
        elif isinstance(line, Group):
            self._group(painter, rect, index, line, model)
        elif isinstance(line, Notice) and index.column() == 0:
            self._notice(painter, rect, line)
        if index.row() == view.currentIndex().row() and view.hasFocus():
            self._ring(painter, rect, index.column(), len(model.columns), view, index.row())

    def was_shortened(
        self, rect: QRect, index: QModelIndex | QPersistentModelIndex, view: QTableView
    ) -> bool:
        """Returns whether the words of a cell do not fit into ``rect``."""
        model, line = index.model(), index.data(LINE_ROLE)
        if not isinstance(model, TableModel) or not isinstance(line, Row):
            return False
        self._short = False
        pixmap = view.viewport().grab(QRect(0, 0, 1, 1))
        painter = QPainter(pixmap)
        column = model.columns[index.column()]
        self.content(painter, self._inside(rect, index.column(), model), index, column, line)
        painter.end()
        return self._short

    def _inside(self, rect: QRect, column: int, model: TableModel) -> QRectF:
        look = theme()
        left = look.scaled(self._edge if column == 0 else self._pad)
        right = look.scaled(self._edge if column == len(model.columns) - 1 else self._pad)
        return QRectF(rect).adjusted(left, 0, -right, -1)

    def _ground(
        self,
        painter: QPainter,
        rect: QRect,
        line: object,
        state: QStyle.StateFlag,
        view: QTableView,
    ) -> None:
        fill: Role | None = None
        if isinstance(line, Group):
            fill = "bg_sunken"
        elif isinstance(line, Notice):
            fill = paint.TONE_GROUND[line.tone]
        elif isinstance(line, Row) and line.tint:
            fill = _TINTS[line.tint]
        if state & QStyle.StateFlag.State_Selected and isinstance(line, Row):
            fill = "bg_selected" if view.isActiveWindow() or view.hasFocus() else "bg_selected_idle"
        if fill:
            painter.fillRect(rect, theme().colour(fill))
        bottom = QRectF(rect.x(), rect.bottom(), rect.width(), 1)
        paint.hairline(painter, bottom)

    def _ring(
        self, painter: QPainter, rect: QRect, column: int, columns: int, view: QTableView, row: int
    ) -> None:
        colour = theme().colour("focus")
        painter.fillRect(rect.x(), rect.y(), rect.width(), 1, colour)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, colour)
        if column == 0:
            painter.fillRect(rect.x(), rect.y(), 2, rect.height(), colour)
        if column + view.columnSpan(row, column) == columns:
            painter.fillRect(rect.right() - 1, rect.y(), 2, rect.height(), colour)
        if self.boxes_cell and 0 < column == view.currentIndex().column():
            painter.fillRect(rect.x(), rect.y(), 2, rect.height(), colour)
            painter.fillRect(rect.right() - 1, rect.y(), 2, rect.height(), colour)

    def _group(
        self,
        painter: QPainter,
        rect: QRect,
        index: QModelIndex | QPersistentModelIndex,
        line: Group,
        model: TableModel,
    ) -> None:
        look = theme()
        inside = self._inside(rect, index.column(), model)
        if index.column() > 0:
            column = model.columns[index.column()]
            font = look.font("dense", weight=500, tabular=column.align == "right")
            words = line.aggregates.get(column.key, "")
            paint.text(painter, inside, words, "text_secondary", font, column.align)
            return
        chevron = "chevron-right" if model.is_folded(line.key) else "chevron-down"
        top = round(inside.center().y() - 7)
        paint.icon(painter, chevron, inside.x() - 2, top, "text_secondary", 14)
        bold = look.font("dense", weight=600)
        title = inside.adjusted(18, 0, 0, 0)
        paint.text(painter, title, line.title, font=bold)
        note = title.adjusted(look.width(line.title, bold) + 8, 0, 0, 0)
        paint.text(painter, note, line.note, "text_tertiary", look.font("dense"))

    def _notice(self, painter: QPainter, rect: QRect, line: Notice) -> None:
        look = theme()
        inside = QRectF(rect).adjusted(look.scaled(self._edge), 0, -8, -1)
        top = round(inside.center().y() - 8)
        paint.icon(painter, line.icon, inside.x(), top, paint.TONE_ICON[line.tone])
        font = look.font("dense", weight=500)
        words = inside.adjusted(marks.GAP, 0, 0, 0)
        paint.text(painter, words, line.text, paint.TONE_TEXT[line.tone], font)

    def content(
        self,
        painter: QPainter,
        rect: QRectF,
        index: QModelIndex | QPersistentModelIndex,
        column: Column,
        line: Row,
    ) -> None:
        """Paints the content of one cell into ``rect``."""
        cell = index.data(CELL_ROLE)
        draw = _PAINTERS.get(type(cell))
        if draw is not None:
            self._short = draw(painter, rect, cell, column, line) or self._short


Draw = Callable[[QPainter, QRectF, object, Column, Row], bool]


def _text(painter: QPainter, rect: QRectF, cell: object, column: Column, line: Row) -> bool:
    assert isinstance(cell, cells.TextCell)  # noqa: S101 - the table of painters is keyed by type
    if cell.icon:
        paint.icon(painter, cell.icon, rect.x(), round(rect.center().y() - 8), cell.icon_role)
        rect = rect.adjusted(marks.GAP, 0, 0, 0)
    look = theme()
    weight = 500 if cell.strong else 0
    font = (
        look.font("mono", weight=weight)
        if cell.mono
        else look.font("dense", weight=weight, tabular=column.align == "right")
    )
    role = "accent_text" if cell.link else cell.role
    if line.quiet and role == "text_primary":
        role = "text_secondary"
    elide: paint.Elide = "middle" if cell.mono else "right"
    short = paint.text(painter, rect, cell.text, role, font, column.align, elide)
    if cell.note:
        behind = rect.adjusted(look.width(cell.text, font) + 6, 0, 0, 0)
        if behind.width() > 8:
            small = look.font("caption", weight=400)
            paint.text(painter, behind, cell.note, "text_tertiary", small)
    return short or bool(cell.spoken)


def _two_lines(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.TwoLineCell)  # noqa: S101 - as above
    look = theme()
    middle = rect.center().y()
    if cell.icon:
        paint.icon(painter, cell.icon, rect.x(), round(middle - 8), cell.icon_role)
        rect = rect.adjusted(marks.GAP, 0, 0, 0)
    high, low = look.line("dense") + 2, look.line("caption")
    top = QRectF(rect.x(), middle - high + 1, rect.width(), high)
    under = QRectF(rect.x(), middle + 1, rect.width(), low)
    short = paint.text(painter, top, cell.text, font=look.font("dense", weight=500))
    small = look.font("caption", weight=400)
    return paint.text(painter, under, cell.below, "text_tertiary", small) or short


def _number(painter: QPainter, rect: QRectF, cell: object, column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.NumberCell)  # noqa: S101 - as above
    look = theme()
    figure = rect
    if cell.slot or cell.delta:
        slot = look.scaled(DELTA_SLOT)
        figure = rect.adjusted(0, 0, -slot, 0)
        role: Role = "text_tertiary" if cell.tone == "mute" else paint.TONE_TEXT[cell.tone]
        small = look.font("caption", weight=400 if cell.tone == "mute" else 500, tabular=True)
        place = QRectF(rect.right() - slot + 4, rect.y(), slot - 4, rect.height())
        paint.text(painter, place, cell.delta, role, small, "right")
    weight = 500 if cell.strong else 0
    font = look.font("dense", weight=weight, tabular=True)
    if cell.mono:
        font = look.font("mono", weight=weight)
    elide: paint.Elide = "middle" if cell.mono else "right"
    short = paint.text(painter, figure, cell.text, cell.role, font, column.align, elide)
    return short or bool(cell.spoken)


def _badge(painter: QPainter, rect: QRectF, cell: object, column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.BadgeCell)  # noqa: S101 - as above
    width = paint.badge_width(cell.text, cell.icon)
    left = rect.x() if column.align != "right" else max(rect.x(), rect.right() - width)
    middle = rect.center().y()
    paint.badge(painter, left, middle, cell.text, cell.tone, cell.icon, rect.width())
    return width > rect.width()


def _stage(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.StageCell)  # noqa: S101 - as above
    return marks.stage(painter, rect.x(), rect.center().y(), cell.stage) > rect.width()


def _move(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.MoveCell)  # noqa: S101 - as above
    return marks.move(painter, rect.x(), rect.center().y(), cell.before, cell.after) > rect.width()


def _trust(painter: QPainter, rect: QRectF, cell: object, column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.TrustCell)  # noqa: S101 - as above
    mark = marks.TRUST[cell.state]
    if cell.icon_only:
        left = rect.center().x() - 8 if column.align == "centre" else rect.x()
        top = round(rect.center().y() - 8)
        paint.icon(painter, mark.icon, round(left), top, paint.TONE_ICON[mark.tone])
        return True
    marks.mark(painter, rect, mark, cell.words)
    return theme().width(cell.words, theme().font("dense")) > rect.width() - marks.GAP


def _verdict(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.VerdictCell)  # noqa: S101 - as above
    mark = marks.VERDICT[cell.verdict]
    marks.mark(painter, rect, mark, cell.text or mark.word, "text_primary")
    return bool(cell.text)


def _person(painter: QPainter, rect: QRectF, cell: object, _column: Column, line: Row) -> bool:
    assert isinstance(cell, cells.PersonCell)  # noqa: S101 - as above
    paint.avatar(painter, rect.x() - 1, rect.center().y(), cell.name, icon_name=cell.icon)
    role: Role = "text_secondary" if line.quiet else "text_primary"
    inside = rect.adjusted(marks.GAP, 0, 0, 0)
    return paint.text(painter, inside, cell.name, role, theme().font("dense"))


def _digest(painter: QPainter, rect: QRectF, cell: object, column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.DigestCell)  # noqa: S101 - as above
    shown = wording.digest(cell.digest, cell.groups)
    font = theme().font("mono")
    paint.text(painter, rect, shown, "text_secondary", font, column.align, "middle")
    return True


def _time(painter: QPainter, rect: QRectF, cell: object, column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.TimeCell)  # noqa: S101 - as above
    font = theme().font("dense", tabular=column.align == "right")
    paint.text(painter, rect, cell.text, cell.role, font, column.align)
    return bool(cell.exact)


def _check(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.CheckCell)  # noqa: S101 - as above
    paint.check_box(painter, rect.x(), rect.center().y(), cell.state, enabled=cell.enabled)
    return False


def _run(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.RunCell)  # noqa: S101 - as above
    paint.dot(painter, QPointF(rect.x() + 4, rect.center().y() + 0.5), 4, cell.series)
    font = theme().font("dense", weight=500)
    return paint.text(painter, rect.adjusted(18, 0, 0, 0), cell.name, font=font)


def _spark(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.SparkCell)  # noqa: S101 - as above
    look = theme()
    colour = look.colour("text_tertiary")
    if cell.series is not None:
        colour = look.series_colour(cell.series)
    paint.sparkline(painter, rect.adjusted(0, 7, -2, -7), cell.values, colour)
    return True


def _bar(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.BarCell)  # noqa: S101 - as above
    look = theme()
    font = look.font("dense", tabular=True)
    room = look.width(cell.text, font) + 8
    middle = rect.center().y()
    paint.meter(painter, QRectF(rect.x(), middle - 3, max(8, rect.width() - room), 6), cell.share)
    return paint.text(painter, rect, cell.text, "text_secondary", font, "right")


def _missing(painter: QPainter, rect: QRectF, _cell: object, column: Column, _line: Row) -> bool:
    font = theme().font("dense")
    paint.text(painter, rect, wording.DASH, "text_tertiary", font, column.align)
    return False


_PAINTERS: dict[type, Draw] = {
    cells.TextCell: _text,
    cells.TwoLineCell: _two_lines,
    cells.NumberCell: _number,
    cells.BadgeCell: _badge,
    cells.StageCell: _stage,
    cells.MoveCell: _move,
    cells.TrustCell: _trust,
    cells.VerdictCell: _verdict,
    cells.PersonCell: _person,
    cells.DigestCell: _digest,
    cells.TimeCell: _time,
    cells.CheckCell: _check,
    cells.RunCell: _run,
    cells.SparkCell: _spark,
    cells.BarCell: _bar,
    cells.MissingCell: _missing,
}


class Header(QHeaderView):
    """The header: 11 px titles on sunken ground, group names above, a box for all boxes."""

    def __init__(
        self, pad: int = 12, edge: int = 16, *, plain: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._pad, self._edge = pad, edge
        self._ground: Role = "bg_surface" if plain else "bg_sunken"
        self._marked = ""
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(16)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        tall = any(column.group or column.sub for column in self._columns())
        look = theme()
        two_lines = look.line("body") + look.line("caption") + 5  # what `_named` paints
        grouped = max(look.height("header_grouped"), two_lines)
        self.setFixedHeight(grouped if tall else look.height("header"))

    def set_marked(self, key: str) -> None:
        """Underlines the column the keyboard is at, "" none."""
        self._marked = key
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints sections, the ground behind the last one, and group names."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        width, height = self.viewport().width(), self.height()
        end = self.length() - self.offset()
        if end < width:
            rest = QRectF(end, 0, width - end, height)
            paint.hairline(painter, rest, self._ground)
            paint.hairline(painter, QRectF(end, height - 1, width - end, 1), "border_default")
        look = theme()
        columns = self._columns()
        for at, column in enumerate(columns):
            if column.group and (at == 0 or columns[at - 1].group != column.group):
                left = self.sectionViewportPosition(at) + (self._edge if at == 0 else self._pad)
                place = QRectF(left, 2, look.scaled(260), look.scaled(20))
                font = look.font("caption", weight=600)
                paint.text(painter, place, column.group, "text_tertiary", font)

    def paintSection(self, painter: QPainter, rect: QRect, index: int) -> None:
        """Paints one title."""
        columns = self._columns()
        if not 0 <= index < len(columns):
            return
        column = columns[index]
        look = theme()
        area = QRectF(rect)
        paint.hairline(painter, area, self._ground)
        line = QRectF(area.x(), area.bottom() - 1, area.width(), 1)
        paint.hairline(painter, line, "border_default")
        if column.key == self._marked:
            paint.hairline(painter, QRectF(area.x(), area.bottom() - 1, area.width(), 2), "accent")
        if index and column.group and columns[index - 1].group != column.group:
            upright = QRectF(area.x(), 6, 1, area.height() - 12)
            paint.hairline(painter, upright, "border_default")
        left = look.scaled(self._edge if index == 0 else self._pad)
        right = look.scaled(self._edge if index == len(columns) - 1 else self._pad)
        top = look.scaled(20) if any(other.group for other in columns) else 0
        inside = area.adjusted(left, top, -right, -1)
        self._title(painter, inside, column, index)

    def _title(self, painter: QPainter, rect: QRectF, column: Column, index: int) -> None:
        look = theme()
        model = self.model()
        assert isinstance(model, TableModel)  # noqa: S101 - `Table` makes both
        if column.checks:
            state = model.check_state(index)
            paint.check_box(painter, rect.x(), rect.center().y(), state)
            return
        if column.icon:
            left = rect.center().x() - 7 if column.align == "centre" else rect.x()
            y = round(rect.center().y() - 7)
            paint.icon(painter, column.icon, round(left), y, "text_tertiary", 14)
            return
        if column.sub or column.series is not None:
            self._named(painter, rect, column)
            return
        sorting = model.sorting()
        if sorting is None or sorting[0] != column.key:
            font = look.font("caption")
            paint.text(painter, rect, column.title, "text_secondary", font, column.align)
            return
        font = look.font("caption", weight=600)
        arrow = "arrow-down" if sorting[1] else "arrow-up"
        width = min(look.width(column.title, font), rect.width() - 14)
        x = rect.right() - width - 14 if column.align == "right" else rect.x() + width + 3
        paint.icon(painter, arrow, x, round(rect.center().y() - 6), "text_primary", 12)
        paint.text(painter, rect, column.title, "text_primary", font, column.align)

    def _named(self, painter: QPainter, rect: QRectF, column: Column) -> None:
        """Paints the name of a run with its dot, and a grey line below."""
        look = theme()
        font: QFont = look.font("dense", weight=600)
        line = look.line("body")
        top = rect.y() + (4 if column.sub else (rect.height() - line) / 2)
        name = QRectF(rect.x(), top, rect.width(), line)
        width = min(look.width(column.title, font), rect.width() - 18)
        if column.series is not None:
            x = rect.right() - width - 10 if column.align == "right" else rect.x() + 4
            paint.dot(painter, QPointF(x, name.center().y()), 4, column.series)
            name = name.adjusted(14 if column.align == "left" else 18, 0, 0, 0)
        paint.text(painter, name, column.title, "text_primary", font, column.align)
        under = QRectF(rect.x(), top + line - 3, rect.width(), look.line("caption"))
        small = look.font("caption", weight=400)
        paint.text(painter, under, column.sub, "text_tertiary", small, column.align)

    def _columns(self) -> tuple[Column, ...]:
        model = self.model()
        return model.columns if isinstance(model, TableModel) else ()
