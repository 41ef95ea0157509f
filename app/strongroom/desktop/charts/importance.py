# SPDX-License-Identifier: Apache-2.0
"""What params tell of a metric as bars, the most telling first, each with the range it may have.

Laws: a bar's length is proportional to the share; what does not beat random numbers is hollow and
says so; more params than rows scroll, and the line below counts them; names are painted as text.
"""

import math
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.frame import paint_box
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.kit.wording import MINUS
from strongroom.services.chart_data import safe_cell
from strongroom.services.importance import Importance, ParamImportance

ROW = 26.0  # px at least; larger letters need more
WIDEST_NAME = 0.3  # of the width
NOTHING = Importance(why="Nothing to show yet")
WAITING = Importance(why="Growing trees…")
ADVICE = "It takes at least 20 runs with the metric and a param that differs between them."


class ImportanceBars(RunsPlot):
    """Shows what params tell.

    Signals:
        chosen: A bar was clicked, or Enter pressed on it (its place among the params).
    """

    chosen = Signal(int)

    def __init__(self, look: ChartLook, parent: QWidget | None = None) -> None:
        super().__init__(look, name="Importance of params", parent=parent)
        self._found, self._metric = NOTHING, ""
        self._names: tuple[str, ...] = ()
        self._at, self._first = -1, 0
        self.set_importance(NOTHING, (), "")

    def set_importance(self, found: Importance, names: Sequence[str], metric: str) -> None:
        """Shows other figures; ``names`` are what is read for each param."""
        self._found, self._names, self._metric = found, tuple(names), metric
        self._at, self._first = -1, 0
        self._message = (found.why, ADVICE if found is not WAITING else "") if found.why else None
        self._tell()

    def importance(self) -> Importance:
        """Returns what is shown."""
        return self._found

    def beats_noise(self, param: ParamImportance) -> bool:
        """Returns whether a param tells more than the random column ever did."""
        return param.share > self._found.noise

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yields a heading and a row a param, numbers exact."""
        yield (
            "param",
            "share",
            "least",
            "most",
            "correlation",
            "kind",
            "runs",
            "values",
            "beats random",
        )
        for name, each in zip(self._names, self._found.params, strict=True):
            kind = "numbers" if each.is_numeric else "words"
            figures = (each.share, each.low, each.high, each.correlation)
            beats = "yes" if self.beats_noise(each) else "no"
            yield (
                safe_cell(name), *(repr(figure) for figure in figures), kind,
                str(each.run_count), str(each.value_count), beats,
            )  # fmt: skip

    def paint_inside(self, painter: QPainter, *, is_drawing: bool) -> None:
        """Paints names, bars, ranges and figures."""
        look, area = self._look, self._bars()
        metrics, figures = QFontMetricsF(look.note_font), QFontMetricsF(look.value_font)
        middle = Qt.AlignmentFlag.AlignVCenter
        for place in self._shown():
            param, top = self._found.params[place], self._top(place)
            line = QRectF(self.inside().left(), top, self.inside().width(), self._row())
            if place == self._at:
                painter.fillRect(line, look.grid)
            painter.setFont(look.note_font)
            painter.setPen(look.text)
            wide = area.left() - line.left() - 10
            name = metrics.elidedText(self._names[place], Qt.TextElideMode.ElideMiddle, wide)
            painter.drawText(QRectF(line.left(), top, wide, self._row()), middle, name)
            self._paint_bar(painter, param, top, area)
            painter.setFont(look.value_font)
            painter.setPen(look.text_soft)
            words = f"{self._share(param)}   {_correlation(param)}"
            room = QRectF(area.right() + 8, top, line.right() - area.right() - 8, self._row())
            shown = figures.elidedText(words, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, shown)
        self._paint_noise(painter, area)
        self._paint_more(painter)
        if not is_drawing and self._at >= 0 and self.hasFocus() | self.underMouse():
            self._paint_current(painter)

    # ------------------------------------------------------------ Qt

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Says more of the bar under the pointer."""
        self._point_at(self._place_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the bar that was clicked."""
        place = self._place_at(event.position())
        if place >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self._point_at(place)
            self.chosen.emit(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls params that have no room."""
        steps = -round(event.angleDelta().y() / 120)
        most = max(0, len(self._found.params) - self._room())
        self._first = min(max(self._first + steps, 0), most)
        self.update()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the box away."""
        self._point_at(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up, Down, Home and End go over bars; Enter chooses."""
        last = len(self._found.params) - 1
        target = {
            Qt.Key.Key_Up: max(self._at - 1, 0),
            Qt.Key.Key_Down: min(self._at + 1, last),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if target is not None and last >= 0 and self._message is None:
            self._first = min(max(self._first, target - self._room() + 1), target)
            self._point_at(target)
        elif self._at >= 0 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._at)
        elif event.key() == Qt.Key.Key_Escape and self._at >= 0:
            self._point_at(-1)
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ inside

    def _bars(self) -> QRectF:
        """Returns where bars lie: between the names and the figures."""
        inside, metrics = self.inside(), QFontMetricsF(self._look.note_font)
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0.0)
        left = min(widest, inside.width() * WIDEST_NAME) + 12
        right = QFontMetricsF(self._look.value_font).horizontalAdvance("100.0 %   rho -0.00") + 16
        line = self._line()
        return QRectF(
            inside.left() + left, inside.top() + line, max(inside.width() - left - right, 20.0),
            inside.height() - line,
        )  # fmt: skip

    def _line(self) -> float:
        """Returns the height of the words above and below the bars."""
        return max(18.0, QFontMetricsF(self._look.tick_font).height() + 4)

    def _row(self) -> float:
        return max(ROW, QFontMetricsF(self._look.note_font).height() + 10)

    def _room(self) -> int:
        return max(1, int((self._bars().height() - self._line() - 2) // self._row()))

    def _shown(self) -> range:
        return range(self._first, min(len(self._found.params), self._first + self._room()))

    def _top(self, place: int) -> float:
        return self._bars().top() + (place - self._first) * self._row()

    def _px(self, share: float) -> float:
        area = self._bars()
        most = max((each.high for each in self._found.params), default=0.0)
        most = max(most, self._found.noise, 1e-9)
        return area.left() + min(share / most, 1.0) * area.width()

    def _paint_bar(
        self, painter: QPainter, param: ParamImportance, top: float, area: QRectF
    ) -> None:
        look, beats = self._look, self.beats_noise(param)
        bar = QRectF(
            area.left(), top + 6, max(self._px(param.share) - area.left(), 1.0), self._row() - 12
        )
        if beats:
            painter.fillRect(bar, look.series[0])
        else:
            painter.setPen(QPen(look.series[0], 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
        middle = round(top + self._row() / 2) + 0.5
        low, high = self._px(param.low), self._px(param.high)
        painter.setPen(QPen(look.text_soft, 1.0))
        painter.drawLine(QPointF(low, middle), QPointF(high, middle))
        for end in (low, high):
            painter.drawLine(QPointF(end, middle - 3), QPointF(end, middle + 3))

    def _paint_noise(self, painter: QPainter, area: QRectF) -> None:
        look, at = self._look, self._px(self._found.noise)
        pen = QPen(look.axis, 1.0)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        bottom = self._top(self._shown().stop)
        painter.drawLine(QPointF(at, area.top() - 2), QPointF(at, bottom))
        painter.setFont(look.tick_font)
        painter.setPen(look.axis)
        words = "random numbers"
        wide = QFontMetricsF(look.tick_font).horizontalAdvance(words) + 4
        left = min(max(at - wide / 2, area.left()), area.right() - wide)
        room = QRectF(left, area.top() - self._line() + 1, wide, self._line() - 4)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_more(self, painter: QPainter) -> None:
        hidden = len(self._found.params) - len(self._shown())
        words = "What goes together in these runs, not what causes what."
        if hidden:
            words = f"{hidden:,} more params: turn the wheel or press Down.  {words}"
        painter.setFont(self._look.tick_font)
        painter.setPen(self._look.axis)
        inside, line = self.inside(), self._line()
        room = QRectF(inside.left(), inside.bottom() - line + 4, inside.width(), line)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, words)

    def _paint_current(self, painter: QPainter) -> None:
        param = self._found.params[self._at]
        if self._at not in self._shown():
            return
        rows = [
            ("Tells", self._share(param)),
            ("Range of refits", f"{param.low:.1%} to {param.high:.1%}".replace("%", " %")),
            ("Correlation", _correlation(param)),
            ("Runs, values", f"{param.run_count:,}, {param.value_count:,}"),
        ]
        if not self.beats_noise(param):
            rows.append(("Against random", "no better"))
        at = QPointF(self._px(param.share), self._top(self._at) + self._row() / 2)
        paint_box(painter, at, QRectF(self.rect()), self._look, self._names[self._at], rows, None)

    def _share(self, param: ParamImportance) -> str:
        return f"{100 * param.share:.1f} %"

    def _place_at(self, at: QPointF) -> int:
        if self._message is not None:
            return -1
        row = math.floor((at.y() - self._bars().top()) / self._row())
        shown = self._shown()
        return self._first + row if row >= 0 and self._first + row in shown else -1

    def _point_at(self, place: int) -> None:
        if place != self._at:
            self._at = place
            self._tell()

    def _tell(self) -> None:
        found = self._found
        if self._message is not None:
            self._describe(self._metric, "", "", self._message[0])
            return
        used = f"{found.run_count:,} runs"
        if found.total > found.run_count:
            used = f"{found.run_count:,} of {found.total:,} runs, drawn at random"
        fit = max(0.0, found.fit)
        weak = ", next to nothing" if fit < 0.1 else ""
        note = f"{used}, the forest tells {100 * fit:.0f} % of unseen ones{weak}"
        spoken = note
        if self._at >= 0:
            each = found.params[self._at]
            beats = "" if self.beats_noise(each) else ", no better than random numbers"
            spoken = f"{self._names[self._at]}: {self._share(each)}, {_correlation(each)}{beats}"
        self._describe(self._metric, note, "", spoken)


def _correlation(param: ParamImportance) -> str:
    if math.isnan(param.correlation):
        return "no correlation"
    if not param.is_numeric:
        return f"η {param.correlation:.2f}"
    sign = MINUS if param.correlation < 0 else "+"
    return f"ρ {sign}{abs(param.correlation):.2f}"
