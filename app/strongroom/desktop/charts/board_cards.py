# SPDX-License-Identifier: Apache-2.0
"""The charts of a board that are alive, and the lines they show.

Laws: a chart lives while it is near sight; its lines stay when it goes; charts over the same x move
together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPoint, QRect, Signal
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.charts.card_tools import CardTools
from strongroom.desktop.charts.layout import BoardLayout, Card
from strongroom.desktop.charts.line_chart import NOTHING, LineChart
from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.options import ChartOptions
from strongroom.desktop.charts.prepared import Prepared
from strongroom.desktop.charts.remarks import Words

MOST_LIVE = 48  # charts kept alive; beyond that the furthest from sight are let go
WAITING = ("Reading points", "")

WordsOf = Callable[[Card, ChartOptions], Words]


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a card, and the logarithms they were prepared for (x, y)."""

    prepared: tuple[Prepared, ...]
    logs: tuple[bool, bool]


class Cards(QObject):
    """Makes charts, dresses and feeds them, and lets them go.

    Args:
        look: Their colours and fonts.
        words_of: What is said around a card's chart.
        page: The widget they lie on.
        has_tools: Whether each has its small buttons.

    Signals:
        settings_requested: Somebody wants to set a chart (its id).
        enlarge_requested: Somebody wants to see a chart alone (its id).
        menu_requested: Somebody wants to know what can be done with a chart (its id, where).
        dragged: A chart is dragged by its header (its id, where, still held).
        aimed: The run whose line the mouse means (str), or None.
        ranged: Another range of a chart is seen.
    """

    settings_requested = Signal(str)
    enlarge_requested = Signal(str)
    menu_requested = Signal(str, QPoint)
    dragged = Signal(str, QPoint, bool)
    aimed = Signal(object)
    ranged = Signal()

    def __init__(
        self, look: ChartLook, words_of: WordsOf, page: QWidget, *, has_tools: bool
    ) -> None:
        super().__init__(page)
        self.layout = BoardLayout()
        self.look = look
        self.charts: dict[str, LineChart] = {}
        self._words_of, self._page, self._has_tools = words_of, page, has_tools
        self._links: dict[str, ChartLink] = {}
        self._lines: dict[str, _Lines] = {}
        self._asked: set[str] = set()
        self._highlight: str | None = None

    def options(self, card_id: str) -> ChartOptions:
        """Returns how a card is set, the board's settings where it has none."""
        return self.layout.card(card_id).options.over(self.layout.options)

    # ------------------------------------------------------------ lines

    def set_lines(
        self, card_id: str, prepared: Sequence[Prepared], logs: tuple[bool, bool]
    ) -> None:
        """Replaces the lines of one card by ones prepared for those logarithms."""
        self._lines[card_id] = _Lines(tuple(prepared), logs)
        chart = self.charts.get(card_id)
        if chart is not None:
            self.feed(card_id, chart)

    def has_lines(self, card_id: str) -> bool:
        """Returns whether a card has its lines, or has asked for them."""
        return card_id in self._lines or card_id in self._asked

    def ask(self, card_ids: Sequence[str]) -> tuple[str, ...]:
        """Returns the cards whose lines are neither here nor asked for, and notes them as asked."""
        missing = tuple(each for each in card_ids if not self.has_lines(each))
        self._asked.update(missing)
        return missing

    def forget(self, card_ids: Sequence[str] | None = None) -> None:
        """Forgets the lines of cards, None of all; charts show theirs until others come."""
        if card_ids is None:
            self._lines.clear()
            self._asked.clear()
        for card_id in card_ids or ():
            self._lines.pop(card_id, None)
            self._asked.discard(card_id)

    def keep_only(self, there: set[str]) -> None:
        """Lets charts and lines of other cards go."""
        for card_id in set(self.charts) - there:
            self._drop(card_id)
        self._lines = {each: had for each, had in self._lines.items() if each in there}
        self._asked &= there

    def feed(self, card_id: str, chart: LineChart) -> None:
        """Gives a chart, on the board or beside it, the lines of a card."""
        lines = self._lines.get(card_id)
        chart.set_empty_message(*(WAITING if lines is None else NOTHING))
        if lines is None:
            return
        if lines.logs == (chart.scale.log_x, chart.scale.log_y):
            chart.set_prepared(lines.prepared)
        else:
            chart.set_series([one.series for one in lines.prepared])

    # ------------------------------------------------------------ charts

    def dress(self, card_id: str, chart: LineChart) -> None:
        """Gives a chart, on the board or beside it, the title and the settings of a card."""
        card, options = self.layout.card(card_id), self.options(card_id)
        words = self._words_of(card, options)
        chart.set_title(options.title or card.id, words.note)
        chart.set_axis_titles(words.x, words.y)
        chart.set_legend(is_shown=words.has_legend or chart.is_alone)
        chart.set_x_axis(options.x_axis)
        chart.set_log(x=bool(options.log_x), y=bool(options.log_y))
        chart.set_rules(low=options.low, high=options.high, clip=options.clip or 0.0)

    def make(self, card_id: str) -> LineChart:
        """Makes the chart of a card."""
        chart = LineChart(self.look, title=card_id, wheel_needs_ctrl=True, parent=self._page)
        chart.setObjectName(f"charts.board.{card_id}")
        self.charts[card_id] = chart
        self.dress(card_id, chart)
        self._join(card_id, chart)
        self.feed(card_id, chart)
        chart.set_highlight(self._highlight)
        chart.aimed.connect(self.aimed)
        chart.range_changed.connect(lambda _low, _high: self.ranged.emit())
        chart.enlarge_requested.connect(lambda: self.enlarge_requested.emit(card_id))
        chart.dragged.connect(lambda place, held: self.dragged.emit(card_id, place, held))
        if self._has_tools:
            chart.set_tools(lambda: self._tools(card_id, chart))
        return chart

    def seat(self, places: dict[str, QRect]) -> None:
        """Puts charts into their places, hides those without one, and lets the spare ones go."""
        for card_id, chart in self.charts.items():
            place = places.get(card_id)
            if place is not None:
                chart.setGeometry(place)
            chart.setVisible(place is not None)
        spare = len(self.charts) - MOST_LIVE
        for card_id in [each for each in self.charts if each not in places][: max(spare, 0)]:
            self._drop(card_id)

    def set_layout(self, layout: BoardLayout) -> None:
        """Takes other settings; cards over another axis or smoothing forget their lines."""
        before, self.layout = self.layout, layout
        stale = []
        for card_id in {*self._lines, *self._asked}:
            had, has = before.card(card_id), layout.card(card_id)
            old, new = had.options.over(before.options), has.options.over(layout.options)
            if (old.x, old.smoothing, had.keys) != (new.x, new.smoothing, has.keys):
                stale.append(card_id)
        self.forget(stale)

    def dress_all(self) -> None:
        """Gives every chart its settings and lines again."""
        for card_id, chart in self.charts.items():
            self._join(card_id, chart)
            self.dress(card_id, chart)
            self.feed(card_id, chart)

    def set_highlight(self, run_id: str | None) -> None:
        """Draws one run's lines thicker on every chart."""
        self._highlight = run_id
        for chart in self.charts.values():
            chart.set_highlight(run_id)

    def at(self, place: QPoint) -> str:
        """Returns the card at a place on the screen, "" for none."""
        for card_id, chart in self.charts.items():
            if chart.isVisible() and chart.rect().contains(chart.mapFromGlobal(place)):
                return card_id
        return ""

    def focused(self) -> str:
        """Returns the card that has the keyboard, "" for none."""
        focus = QApplication.focusWidget()
        for card_id, chart in self.charts.items():
            if focus is not None and (focus is chart or chart.isAncestorOf(focus)):
                return card_id
        return ""

    def link(self, x: str = "step") -> ChartLink:
        """Returns what joins the charts over one axis."""
        return self._links.setdefault(x, ChartLink(self))

    # ------------------------------------------------------------ inside

    def _tools(self, card_id: str, chart: LineChart) -> CardTools:
        return CardTools(
            chart.title(),
            settings=lambda: self.settings_requested.emit(card_id),
            enlarge=lambda: self.enlarge_requested.emit(card_id),
            more=lambda: self.menu_requested.emit(
                card_id, chart.mapToGlobal(QPoint(chart.width() - 24, 30))
            ),
        )

    def _join(self, card_id: str, chart: LineChart) -> None:
        link = self.link(self.options(card_id).x)
        if chart.link() is link:
            return
        chart.set_link(link)
        others = [one for one in self.charts.values() if one is not chart and one.link() is link]
        leader = next((one for one in others if one.is_zoomed), None)
        if leader is not None:
            chart.set_x_range(*leader.x_range())

    def _drop(self, card_id: str) -> None:
        chart = self.charts.pop(card_id)
        chart.set_link(None)
        chart.wait_for_picture()
        chart.hide()
        chart.deleteLater()
