# SPDX-License-Identifier: Apache-2.0
"""How each kind of cell is painted, and whether it could say everything.

* One function a kind, found by the kind: a new kind of cell is a new line in the table below.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from strongroom.desktop.kit import cells, marks, paint, wording
from strongroom.desktop.kit.cells import Cell, Column, Row
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

DEPTH = 16  # px a level of groups or cells is indented
DELTA_SLOT = 58  # px at 100 %: room of "−0.0200" in 11 px tabular digits


def paint_cell(
    painter: QPainter, rect: QRectF, cell: Cell | None, column: Column, line: Row
) -> bool:
    """Paints a cell into ``rect``; returns whether more is to be said than fits there."""
    draw = _PAINTERS.get(type(cell))
    return draw is not None and draw(painter, rect, cell, column, line)


Draw = Callable[[QPainter, QRectF, object, Column, Row], bool]


def _text(painter: QPainter, rect: QRectF, cell: object, column: Column, line: Row) -> bool:
    assert isinstance(cell, cells.TextCell)  # noqa: S101 - the table of painters is keyed by type
    rect = rect.adjusted(DEPTH * cell.depth, 0, 0, 0)
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
    look = theme()
    font = look.font("dense", weight=500)
    inside = rect.adjusted(18, 0, 0, 0)
    if cell.note:
        behind = inside.adjusted(look.width(cell.name, font) + 8, 0, 0, 0)
        if behind.width() > 24:
            small = look.font("caption", weight=400)
            paint.text(painter, behind, cell.note, "text_tertiary", small)
    return paint.text(painter, inside, cell.name, font=font) or bool(cell.note)


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


def _spread(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.SpreadCell)  # noqa: S101 - as above
    middle = rect.center().y()
    paint.spread(
        painter, QRectF(rect.x(), middle - 7, rect.width() - 4, 14), cell.quantiles,
        (cell.low, cell.high),
    )  # fmt: skip
    return True


def _shares(painter: QPainter, rect: QRectF, cell: object, _column: Column, _line: Row) -> bool:
    assert isinstance(cell, cells.SharesCell)  # noqa: S101 - as above
    paint.shares(painter, QRectF(rect.x(), rect.center().y() - 4, rect.width() - 4, 8), cell.shares)
    return True


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
    cells.SpreadCell: _spread,
    cells.SharesCell: _shares,
    cells.MissingCell: _missing,
}
