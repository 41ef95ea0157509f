# SPDX-License-Identifier: Apache-2.0
"""All charts of the chosen runs on one scrolling page, in sections by the prefix of their key.

Laws: a chart is made when it comes near the window's edge, never all at once (a run may log
thousands of keys); a refresh keeps scroll, zoom and folded sections; all charts share one link.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from strongroom.desktop.charts.line_chart import NOTHING, LineChart
from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.ticks import XAxis
from strongroom.desktop.kit.theme import theme

TILE = QSize(280, 225)  # the smallest tile; it grows until the next column fits
GAP = 12
EDGE = 16
SECTION_LINE = 32
SECTIONS_FROM = 9  # charts; fewer fit on a page at once and would only be torn apart
MOST_LIVE = 48  # charts kept alive; beyond that the furthest from sight are let go
OTHER = "Other"
WAITING = ("Reading points", "")


class ChartBoard(QScrollArea):
    """Shows one ``LineChart`` a metric key.

    Signals:
        wanted: Keys that came into sight and have no series yet (a tuple of str).
    """

    wanted = Signal(tuple)

    def __init__(self, look: ChartLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.link = ChartLink(self)
        self._page = _Page(self)
        self._charts: dict[str, LineChart] = {}
        self._series: dict[str, tuple[ChartSeries, ...]] = {}
        self._notes: dict[str, str] = {}
        self._keys: tuple[str, ...] = ()
        self._folded: set[str] = set()
        self._headings: dict[str, QPushButton] = {}
        self._filter = ""
        self._x_axis = XAxis.STEP
        self._log = (False, False)
        self._asked: set[str] = set()
        self._places: dict[str, QRect] = {}
        self.setWidget(self._page)
        self.setWidgetResizable(False)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Charts")
        self.verticalScrollBar().valueChanged.connect(self._fill)

    # ------------------------------------------------------------ content

    def set_keys(self, keys: Sequence[str], notes: Mapping[str, str] | None = None) -> None:
        """Says which metrics there are, with the unit or smoothing note of each."""
        self._keys = tuple(dict.fromkeys(keys))
        self._notes = dict(notes or {})
        for key in set(self._charts) - set(self._keys):
            self._drop(key)
        self._series = {key: had for key, had in self._series.items() if key in self._keys}
        self._asked &= set(self._keys)
        for key, chart in self._charts.items():
            chart.set_title(key, self._notes.get(key, ""))
        self._arrange()

    def set_series(self, key: str, series: Sequence[ChartSeries]) -> None:
        """Replaces the lines of one metric; zoom and scroll stay."""
        self._series[key] = tuple(series)
        chart = self._charts.get(key)
        if chart is not None:
            chart.set_empty_message(*NOTHING)
            chart.set_series(series)

    def forget_series(self) -> None:
        """Asks again for everything in sight, after other runs were chosen."""
        self._series.clear()
        self._asked.clear()
        self._fill()

    def set_filter(self, text: str) -> None:
        """Shows only metrics whose key holds every word of ``text``, in any case."""
        self._filter = text.strip().lower()
        self._arrange()

    def set_x_axis(self, axis: XAxis) -> None:
        """Says what x counts on every chart; the caller gives series in that unit."""
        self._x_axis = axis
        for chart in self._charts.values():
            chart.set_x_axis(axis)

    def set_log(self, *, x: bool = False, y: bool = False) -> None:
        """Makes the axes of every chart logarithmic or linear."""
        self._log = (x, y)
        for chart in self._charts.values():
            chart.set_log(x=x, y=y)

    def set_highlight(self, run_id: str | None) -> None:
        """Draws one run's lines thicker on every chart."""
        for chart in self._charts.values():
            chart.set_highlight(run_id)

    def set_folded(self, section: str, *, is_folded: bool) -> None:
        """Folds a section to its heading, or opens it."""
        (self._folded.add if is_folded else self._folded.discard)(section)
        self._arrange()

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        self._look = look
        for chart in self._charts.values():
            chart.set_look(look)
        for heading in self._headings.values():
            self._dress(heading)
        self._arrange()

    def apply_theme(self) -> None:
        """Takes over the theme in force; the charts are told by themselves."""
        self._look = ChartLook.from_theme(theme())
        for heading in self._headings.values():
            self._dress(heading)
        self._arrange()

    def chart(self, key: str) -> LineChart | None:
        """Returns the chart of a metric, or None while it is far from sight."""
        return self._charts.get(key)

    def shown_keys(self) -> tuple[str, ...]:
        """Returns the keys that pass the filter, in the order of the page."""
        return tuple(key for _, keys in self.sections() for key in keys)

    def sections(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Returns (prefix, keys), in order of first appearance; keys without a prefix come last."""
        words = self._filter.split()
        found: dict[str, list[str]] = {}
        for key in self._keys:
            if all(word in key.lower() for word in words):
                prefix, slash, _ = key.partition("/")
                found.setdefault(prefix if slash and prefix else OTHER, []).append(key)
        rest = found.pop(OTHER, None)
        if rest is not None:
            found[OTHER] = rest
        return tuple((prefix, tuple(keys)) for prefix, keys in found.items())

    # ------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits as many columns as there is room for."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Arranges again when the fonts of the application change."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    # ------------------------------------------------------------ inside

    def _arrange(self) -> None:
        width = max(self.viewport().width(), TILE.width() + 2 * EDGE)
        inner = width - 2 * EDGE
        columns = max(1, (inner + GAP) // (TILE.width() + GAP))
        tile_width = (inner - (columns - 1) * GAP) // columns
        sections = self.sections()
        if len(self._keys) < SECTIONS_FROM:
            sections = (("", self.shown_keys()),) if sections else ()
        has_headings = len(self._keys) >= SECTIONS_FROM
        y, self._places = GAP if not has_headings else 4, {}
        names = {name for name, _ in sections} if has_headings else set()
        for name in set(self._headings) - names:
            self._headings.pop(name).deleteLater()
        for name, keys in sections:
            if has_headings:
                heading = self._heading(name, len(keys))
                wide = min(heading.sizeHint().width() + 8, inner)
                heading.setGeometry(EDGE - 4, y, wide, SECTION_LINE - 4)
                y += SECTION_LINE
            if has_headings and name in self._folded:
                continue
            for index, key in enumerate(keys):
                row, column = divmod(index, columns)
                left = EDGE + column * (tile_width + GAP)
                top = y + row * (TILE.height() + GAP)
                self._places[key] = QRect(left, top, tile_width, TILE.height())
            y += -(-len(keys) // columns) * (TILE.height() + GAP)
        self._page.message = "" if self._places or sections else self._why_empty()
        self._page.resize(width, max(y, self.viewport().height()))
        self._page.update()
        self._fill()

    def _why_empty(self) -> str:
        if self._keys:
            return f"No metric matches “{self._filter}”."
        return "Choose runs in the table to see their metrics."

    def _heading(self, name: str, count: int) -> QPushButton:
        heading = self._headings.get(name)
        if heading is None:
            heading = QPushButton(self._page)
            heading.setFlat(True)
            heading.setCheckable(True)
            heading.clicked.connect(
                lambda _=False, name=name: self.set_folded(name, is_folded=name not in self._folded)
            )
            self._headings[name] = heading
            self._dress(heading)
            heading.show()
        is_open = name not in self._folded
        heading.setChecked(is_open)
        shown = name.replace("&", "&&")  # a lone & would become a mnemonic
        heading.setText(f"{'▾' if is_open else '▸'}  {shown}   {count}")
        heading.setAccessibleName(f"Section {name}, {count} charts")
        heading.setAccessibleDescription("open" if is_open else "folded")
        return heading

    def _dress(self, heading: QPushButton) -> None:
        heading.setFont(self._look.title_font)
        colour = self._look.text_soft.name()
        heading.setStyleSheet(
            f"QPushButton {{ text-align: left; border: none; padding: 0 4px; color: {colour}; "
            "background: transparent; }"
            f"QPushButton:focus {{ border: 2px solid {self._look.focus.name()}; "
            "border-radius: 6px; }"
        )

    def _fill(self) -> None:
        """Makes the charts near sight, lets far ones go, and asks for missing series."""
        top = self.verticalScrollBar().value()
        height = self.viewport().height()
        near = QRect(0, top - height // 2, self._page.width(), 2 * height)
        for key, place in self._places.items():
            if place.intersects(near) and key not in self._charts:
                self._make(key)
        for key, chart in self._charts.items():
            seat = self._places.get(key)
            chart.setVisible(seat is not None)
            if seat is not None:
                chart.setGeometry(seat)
        self._let_go(near)
        missing = tuple(
            key
            for key, place in self._places.items()
            if place.intersects(near) and key not in self._series and key not in self._asked
        )
        if missing:
            self._asked.update(missing)
            self.wanted.emit(missing)

    def _make(self, key: str) -> None:
        chart = LineChart(
            self._look,
            title=key,
            note=self._notes.get(key, ""),
            x_axis=self._x_axis,
            wheel_needs_ctrl=True,
            parent=self._page,
        )
        chart.setObjectName(f"charts.board.{key}")
        chart.set_log(x=self._log[0], y=self._log[1])
        chart.set_link(self.link)
        chart.set_empty_message(*WAITING)
        if key in self._series:
            chart.set_empty_message(*NOTHING)
            chart.set_series(self._series[key])
        leader = next((one for one in self._charts.values() if one.is_zoomed), None)
        if leader is not None:
            chart.set_x_range(*leader.x_range())
        self._charts[key] = chart
        chart.show()

    def _let_go(self, near: QRect) -> None:
        spare = len(self._charts) - MOST_LIVE
        if spare <= 0:
            return
        far = [key for key in self._charts if not near.intersects(self._places.get(key, QRect()))]
        middle = near.center().y()
        far.sort(key=lambda key: -abs(self._places.get(key, QRect()).center().y() - middle))
        for key in far[:spare]:
            self._drop(key)

    def _drop(self, key: str) -> None:
        chart = self._charts.pop(key)
        chart.set_link(None)
        chart.wait_for_picture()
        chart.hide()
        chart.deleteLater()


class _Page(QWidget):
    """Is the ground the charts lie on; it says why it is empty."""

    def __init__(self, board: ChartBoard) -> None:
        super().__init__(board)
        self._board = board
        self.message = ""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the reason there is nothing."""
        if not self.message:
            return
        look = self._board._look  # noqa: SLF001  # two halves of one widget
        painter = QPainter(self)
        painter.setFont(look.note_font)
        painter.setPen(look.text_soft)
        painter.drawText(
            self.rect().adjusted(EDGE, GAP, -EDGE, 0), Qt.AlignmentFlag.AlignTop, self.message
        )
