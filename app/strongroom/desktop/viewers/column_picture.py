# SPDX-License-Identifier: Apache-2.0
"""One column of a dataset as a picture: how its numbers are spread, or its frequent values as bars.

* Two profiles of a column stand below each other on one axis, so that a shift is seen as one.
* Everything painted is said in words too, for people who cannot see it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.cells import MISSING, Cell, SharesCell, SpreadCell
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.theme import theme
from strongroom.domain.data_profile import QUANTILES, ColumnProfile

MOST_VALUES = 6  # frequent values with a bar each
SIDE, VALUE, FIGURES = 132, 168, 132  # px for the name of a side, a value, a count with its share
LINE = 22


class Side(NamedTuple):
    """A column in one of the data that are shown: what the data are called, and the column."""

    title: str
    column: ColumnProfile | None


class ColumnPicture(QWidget):
    """The picture of one column in one profile or in two."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sides: tuple[Side, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("How the values of the column are spread")
        theme().follow(self)

    def show_column(self, sides: Sequence[Side]) -> None:
        """Shows a column; several sides stand below each other."""
        self._sides = tuple(sides)
        told = [
            f"{side.title}: {in_words(side.column)}" if len(self._sides) > 1 else
            in_words(side.column)
            for side in self._sides
        ]  # fmt: skip
        self.setAccessibleDescription(". ".join(told))
        self.update()

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force."""
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns the room of the most frequent values, or of two pictures of numbers."""
        look = theme()
        return QSize(look.scaled(520), look.scaled(MOST_VALUES * LINE + 8))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints numbers as boxes, values as bars, or says that nothing is known."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if any(side.column is not None and has_spread(side.column) for side in self._sides):
            self._paint_spread(painter)
        elif any(side.column is not None and side.column.top for side in self._sides):
            self._paint_values(painter)
        elif self._sides:
            words = "Of this column nothing but the number of values is known."
            if any(side.column is not None and side.column.minimum is not None
                   for side in self._sides):  # fmt: skip
                words = self.accessibleDescription()
            paint.text(painter, QRectF(self.rect()), words, "text_secondary", theme().font("dense"))

    def _paint_spread(self, painter: QPainter) -> None:
        look = theme()
        low, high = axis_of([side.column for side in self._sides])
        left = look.scaled(SIDE) if len(self._sides) > 1 else 0
        small, top = look.font("caption", weight=400, tabular=True), 8.0
        for side in self._sides:
            line = QRectF(0, top, left - 12, look.scaled(LINE))
            paint.text(painter, line, side.title if left else "", "text_secondary",
                       look.font("dense"))  # fmt: skip
            area = QRectF(left + 2, top, self.width() - left - 8, look.scaled(LINE))
            below = QRectF(area.x(), area.bottom() + 2, area.width(), look.line("caption"))
            if side.column is None or not has_spread(side.column):
                paint.text(painter, area, _unknown(side.column), "text_tertiary", small)
            else:
                paint.spread(painter, area, quantiles_of(side.column), (low, high))
                self._paint_ends(painter, below, side.column)
            top = below.bottom() + 10

    def _paint_ends(self, painter: QPainter, rect: QRectF, column: ColumnProfile) -> None:
        look = theme()
        small = look.font("caption", weight=400, tabular=True)
        ends = [f"from {end_words(column.minimum)}", f"to {end_words(column.maximum)}"]
        paint.text(painter, rect, ends[0], "text_tertiary", small)
        paint.text(painter, rect, ends[1], "text_tertiary", small, "right")
        aside = max(look.width(words, small) for words in ends) + 12
        middle = rect.adjusted(aside, 0, -aside, 0)
        paint.text(painter, middle, _quantile_words(column), "text_secondary", small, "centre")

    def _paint_values(self, painter: QPainter) -> None:
        look = theme()
        there = sum(side.column is not None for side in self._sides)
        names = list(
            dict.fromkeys(value for side in self._sides if side.column is not None
                          for value, _ in side.column.top)
        )[: MOST_VALUES // max(1, there)]  # fmt: skip
        height, top = look.scaled(LINE), 4.0
        for name in names:
            label = QRectF(0, top, look.scaled(VALUE) - 12, height)
            paint.text(painter, label, shown(name) or "(empty)", font=look.font("dense"))
            for number, side in enumerate(self._sides):
                if side.column is not None:
                    self._paint_bar(painter, top, name, side, number)
                    top += height

    def _paint_bar(self, painter: QPainter, top: float, name: str, side: Side, number: int) -> None:
        look, height = theme(), theme().scaled(LINE)
        count = dict(side.column.top).get(name) if side.column is not None else None
        share = count / max(1, side.column.count) if side.column and count is not None else 0.0
        left = look.scaled(VALUE)
        if len(self._sides) > 1:
            title = QRectF(left, top, look.scaled(SIDE) - 12, height)
            paint.text(painter, title, side.title, "text_secondary", look.font("dense"))
            left += look.scaled(SIDE)
        figures = look.scaled(FIGURES)
        bar = QRectF(left, top + height / 2 - 4, max(8, self.width() - left - figures - 8), 8)
        paint.meter(painter, bar, share, "accent" if number == 0 else "text_secondary")
        words = f"{count:,}, {share:.1%}" if count is not None else "not told"
        paint.text(painter, QRectF(bar.right() + 8, top, figures, height), words,
                   "text_secondary", look.font("caption", weight=400, tabular=True),
                   "right")  # fmt: skip


def has_spread(column: ColumnProfile) -> bool:
    """Whether all five quantiles of a column are known."""
    return len(column.quantiles) == len(QUANTILES)


def quantiles_of(column: ColumnProfile) -> tuple[float, float, float, float, float]:
    """Returns the five quantiles of a column that has them."""
    found = dict(column.quantiles)
    a, b, c, d, e = (found[each] for each in QUANTILES)
    return a, b, c, d, e


def axis_of(columns: Sequence[ColumnProfile | None]) -> tuple[float, float]:
    """Returns the ends of the axis that several profiles of a column share.

    Single values far outside would squeeze the boxes to a line: the axis ends a box's length
    beyond the outer quantiles.
    """
    known = [each for each in columns if each is not None and has_spread(each)]
    if not known:
        return 0.0, 1.0
    lows, highs = zip(*((quantiles_of(each)[0], quantiles_of(each)[4]) for each in known),
                      strict=True)  # fmt: skip
    low, high = min(lows), max(highs)
    room = (high - low) * 0.25
    ends = [(each.minimum, each.maximum) for each in known]
    least = min((end for end, _ in ends if isinstance(end, float)), default=low)
    most = max((end for _, end in ends if isinstance(end, float)), default=high)
    return max(low - room, least), min(high + room, most)


def picture_cell(column: ColumnProfile | None, axis: tuple[float, float] | None = None) -> Cell:
    """Returns the small picture of a column for a table; ``axis`` is its own if left out."""
    if column is None:
        return MISSING
    if has_spread(column):
        low, high = axis or axis_of([column])
        return SpreadCell(quantiles_of(column), low, high, in_words(column))
    if column.top and column.count:
        shares = tuple(min(1.0, count / column.count) for _, count in column.top)
        return SharesCell(shares, in_words(column))
    return MISSING


def in_words(column: ColumnProfile | None) -> str:
    """Returns what a picture of a column says."""
    if column is None:
        return "no such column"
    if has_spread(column):
        return (f"from {end_words(column.minimum)} to {end_words(column.maximum)}, "
                f"{_quantile_words(column)}")  # fmt: skip
    if column.top and column.count:
        return ", ".join(
            f"{shown(value)} {count / column.count:.1%}" for value, count in column.top
        )
    if column.minimum is not None or column.maximum is not None:
        return f"from {end_words(column.minimum)} to {end_words(column.maximum)}"
    return "nothing but the number of values is known"


def end_words(end: float | str | None) -> str:
    """Returns an end of a range: a number, or a time as it was written."""
    return shown(end.removesuffix("T00:00:00")) if isinstance(end, str) else wording.number(end)


def _quantile_words(column: ColumnProfile) -> str:
    a, b, c, d, e = (wording.number(each) for each in quantiles_of(column))
    return f"5 % {a}, half between {b} and {d}, median {c}, 95 % {e}"


def _unknown(column: ColumnProfile | None) -> str:
    return "No such column" if column is None else "How it is spread is not known"
