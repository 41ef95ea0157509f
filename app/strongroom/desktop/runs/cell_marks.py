# SPDX-License-Identifier: Apache-2.0
"""The marks among the cells of the runs table: boxes, dots, shields, lines, flags.

* A mark that many rows have is drawn once and then copied; one drawing serves one pixel ratio.
* A row that was not read yet has a quiet bar instead of words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.columns import SheetColumn
from strongroom.desktop.runs.header import EDGE
from strongroom.desktop.runs.row_windows import LoadedRow
from strongroom.desktop.runs.sheet import Sheet
from strongroom.services.run_table import TableRow

BOX, DOT = 14, 10  # px of a box, and of the square that holds a dot


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows to paint: ``first`` to before ``end``, ``top`` and ``height`` in px."""

    first: int
    end: int
    top: int
    height: int


Items = Sequence[LoadedRow | int]


class Stamps:
    """Boxes and dots, drawn once and copied."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[object, ...], QPixmap] = {}

    def forget(self) -> None:
        """Lets go of all drawings, after other colours."""
        self._drawn.clear()

    def boxes(
        self, painter: QPainter, left: int, items: Items, rows: Stretch, charted: Charted
    ) -> None:
        """Paints the box of each run, ticked where it is charted."""
        middle = rows.top + rows.height / 2
        for item in items:
            if isinstance(item, LoadedRow):
                self._box(painter, left, middle, item.row.run.run_id in charted, is_enabled=True)
            elif item < 0:
                self._box(painter, left, middle, False, is_enabled=False)
            middle += rows.height

    def dot(self, painter: QPainter, left: float, middle: float, series: int | None) -> None:
        """Paints the dot of a run, ``left`` px from the edge."""
        part = middle - floor(middle)

        def draw(on: QPainter) -> None:
            paint.dot(on, QPointF(DOT / 2, DOT / 2 + part), 4, series)

        stamp = self._stamp(painter, ("dot", series, part), DOT + 1, draw)
        painter.drawPixmap(QPointF(left, floor(middle) - DOT / 2), stamp)

    def _box(
        self, painter: QPainter, left: int, middle: float, state: bool, *, is_enabled: bool
    ) -> None:
        def draw(on: QPainter) -> None:
            paint.check_box(on, 0, BOX / 2, state, enabled=is_enabled)

        stamp = self._stamp(painter, ("box", state, is_enabled), BOX, draw)
        painter.drawPixmap(QPointF(left + EDGE, round(middle - 7)), stamp)

    def _stamp(
        self,
        painter: QPainter,
        key: tuple[object, ...],
        size: int,
        draw: Callable[[QPainter], object],
    ) -> QPixmap:
        ratio = painter.device().devicePixelRatioF()
        drawn = self._drawn.get((*key, ratio))
        if drawn is None:
            drawn = QPixmap(QSize(size, size) * ratio)
            drawn.setDevicePixelRatio(ratio)
            drawn.fill(Qt.GlobalColor.transparent)
            on = QPainter(drawn)
            draw(on)
            on.end()
            self._drawn[(*key, ratio)] = drawn
        return drawn


def chevrons(
    painter: QPainter, left: int, items: Items, rows: Stretch, closed: frozenset[int]
) -> None:
    """Paints the chevrons of groups, where runs have their boxes."""
    for at, item in enumerate(items):
        if not isinstance(item, LoadedRow) and item >= 0:
            icon = "chevron-right" if item in closed else "chevron-down"
            middle = rows.top + at * rows.height + rows.height / 2
            paint.icon(painter, icon, left + 12, round(middle - 8), "text_secondary", 14)


def shields(painter: QPainter, place: tuple[int, int], items: Items, rows: Stretch) -> None:
    """Paints what is known about the bytes of each run."""
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


def lines(
    painter: QPainter,
    sheet: Sheet,
    column: SheetColumn,
    place: tuple[int, int],
    items: Items,
    rows: Stretch,
    charted: Charted,
) -> None:
    """Paints the line by step of each run, in its colour where it is charted."""
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


def flag(painter: QPainter, left: float, before: float, middle: float) -> None:
    """Paints the flag of a figure outside its bounds, left of it."""
    paint.icon(painter, "flag", max(left - 6.0, before - 17), round(middle - 7), "warn_icon", 13)


def absent(
    painter: QPainter, place: tuple[int, int], top: int, height: int, is_right: bool
) -> None:
    """Paints what stands for words that are being read."""
    width = max(12, min(56, place[1] // 2))
    left = place[0] + place[1] - width if is_right else place[0]
    painter.fillRect(left, top + height // 2 - 4, width, 7, theme().colour("muted_bg"))
