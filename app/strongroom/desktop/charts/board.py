# SPDX-License-Identifier: Apache-2.0
"""All charts of the chosen runs on one scrolling page, in sections by the prefix of their key.

Laws: a chart is made when it comes near the window's edge, never all at once (a run may log
thousands of keys); a refresh keeps scroll, zoom and folded sections; charts over the same x move
together; every change a person makes is a new layout, so it can be undone.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from strongroom.desktop.charts.board_page import BoardPage, Heading
from strongroom.desktop.charts.card_tools import CardTools
from strongroom.desktop.charts.flow import GAP, Flow, Grid
from strongroom.desktop.charts.layout import BoardLayout, Card, Section, Size, flat, sections
from strongroom.desktop.charts.line_chart import NOTHING, LineChart
from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.options import ChartOptions
from strongroom.desktop.charts.prepared import Prepared, prepare
from strongroom.desktop.charts.remarks import Words
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.kit.theme import theme

TILE = QSize(280, 225)  # the smallest tile; it grows until the next column fits
EDGE = 16
SECTION_LINE = 32
SECTIONS_FROM = 9  # charts; fewer fit on a page at once and would only be torn apart
AT_ONCE = 4  # charts made before the window breathes again; each takes about 9 ms
MOST_LIVE = 48  # charts kept alive; beyond that the furthest from sight are let go
WAITING = ("Reading points", "")


@dataclass(frozen=True, slots=True)
class _Block:
    """A section as it lies on the page; ``flow`` is None while it is folded."""

    name: str
    count: int
    top: int
    flow: Flow | None


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a card, and the logarithms they were prepared for (x, y)."""

    prepared: tuple[Prepared, ...]
    logs: tuple[bool, bool]


class ChartBoard(QScrollArea):
    """Shows one ``LineChart`` a metric, and the charts a person made.

    Signals:
        wanted: Cards that came into sight and have no lines yet (a tuple of ids).
        edited: A person changed the layout (title, layout before, layout after).
        updated: A card has other lines (its id).
        settings_requested: Somebody wants to set a chart (its id).
        enlarge_requested: Somebody wants to see a chart alone (its id).
        menu_requested: Somebody wants to know what can be done with a chart (its id, where).
        aimed: The run whose line the mouse means (str), or None.
    """

    wanted = Signal(tuple)
    edited = Signal(str, object, object)
    updated = Signal(str)
    settings_requested = Signal(str)
    enlarge_requested = Signal(str)
    menu_requested = Signal(str, QPoint)
    aimed = Signal(object)

    def __init__(
        self,
        look: ChartLook,
        words_of: Callable[[Card, ChartOptions], Words] | None = None,
        parent: QWidget | None = None,
        *,
        has_tools: bool = True,
    ) -> None:
        super().__init__(parent)
        self._look, self._has_tools = look, has_tools
        self._words_of = words_of or (lambda _card, _options: Words())
        self._links: dict[str, ChartLink] = {}
        self._page = BoardPage(look, self)
        self._layout = BoardLayout()
        self._charts: dict[str, LineChart] = {}
        self._lines: dict[str, _Lines] = {}
        self._keys: tuple[str, ...] = ()
        self._headings: dict[str, Heading] = {}
        self._blocks: list[_Block] = []
        self._found: tuple[object, tuple[Section, ...]] | None = None
        self._filter = ""
        self._highlight: str | None = None
        self._asked: set[str] = set()
        self.setWidget(self._page)
        self.setWidgetResizable(False)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Charts")
        self.verticalScrollBar().valueChanged.connect(self._fill)
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.setInterval(0)
        self._more.timeout.connect(self._fill)

    # ------------------------------------------------------------ content

    def set_keys(self, keys: Sequence[str]) -> None:
        """Says which metrics there are."""
        keys = tuple(dict.fromkeys(keys))
        if keys == self._keys:
            return
        self._keys = keys
        self._forget_absent()
        self._arrange()

    def set_series(self, card_id: str, series: Sequence[ChartSeries]) -> None:
        """Replaces the lines of one card; zoom and scroll stay."""
        options = self.options(card_id)
        logs = bool(options.log_x), bool(options.log_y)
        self.set_prepared(card_id, prepare(series, log_x=logs[0], log_y=logs[1]), logs)

    def set_prepared(
        self, card_id: str, prepared: Sequence[Prepared], logs: tuple[bool, bool]
    ) -> None:
        """Replaces the lines of one card by ones a worker prepared for those logarithms."""
        self._lines[card_id] = _Lines(tuple(prepared), logs)
        chart = self._charts.get(card_id)
        if chart is not None:
            self.feed(card_id, chart)
        self.updated.emit(card_id)

    def has_lines(self, card_id: str) -> bool:
        """Returns whether a card has its lines, or has asked for them."""
        return card_id in self._lines or card_id in self._asked

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

    def dress(self, card_id: str, chart: LineChart) -> None:
        """Gives a chart, on the board or beside it, the title and the settings of a card."""
        card, options = self._layout.card(card_id), self.options(card_id)
        words = self._words_of(card, options)
        chart.set_title(options.title or card.id, words.note)
        chart.set_axis_titles(words.x, words.y)
        chart.set_legend(is_shown=words.has_legend or chart.is_alone)
        chart.set_x_axis(options.x_axis)
        chart.set_log(x=bool(options.log_x), y=bool(options.log_y))
        chart.set_rules(low=options.low, high=options.high, clip=options.clip or 0.0)

    def forget_series(self, card_ids: Sequence[str] | None = None) -> None:
        """Asks again for what is in sight, after other runs or another axis were chosen."""
        if card_ids is None:
            self._lines.clear()
            self._asked.clear()
        for card_id in card_ids or ():
            self._lines.pop(card_id, None)
            self._asked.discard(card_id)
        self._fill()

    def set_filter(self, text: str) -> None:
        """Shows only cards whose key or title holds every word of ``text``, in any case."""
        if text.strip().lower() != self._filter:
            self._filter = text.strip().lower()
            self._arrange()

    def set_highlight(self, run_id: str | None) -> None:
        """Draws one run's lines thicker on every chart."""
        self._highlight = run_id
        for chart in self._charts.values():
            chart.set_highlight(run_id)

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        for chart in self._charts.values():
            chart.set_look(look)
        self._take_look(look)

    def apply_theme(self) -> None:
        """Takes over the theme in force; the charts are told by themselves."""
        self._take_look(ChartLook.from_theme(theme()))

    def chart(self, card_id: str) -> LineChart | None:
        """Returns the chart of a card, or None while it is far from sight."""
        return self._charts.get(card_id)

    def chart_at(self, place: QPoint) -> str:
        """Returns the card at a place on the screen, "" for none."""
        for card_id, chart in self._charts.items():
            if chart.isVisible() and chart.rect().contains(chart.mapFromGlobal(place)):
                return card_id
        return ""

    def focused(self) -> str:
        """Returns the card that has the keyboard, "" for none."""
        focus = QApplication.focusWidget()
        for card_id, chart in self._charts.items():
            if focus is not None and (focus is chart or chart.isAncestorOf(focus)):
                return card_id
        return ""

    def shown_keys(self) -> tuple[str, ...]:
        """Returns the cards that pass the filter, in the order of the page."""
        return tuple(card_id for section in self._shown() for card_id in section.ids)

    def sections(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Returns (name, cards) of each section."""
        found = sections(self._layout, self._keys, self._filter.split())
        return tuple((section.name, section.ids) for section in found)

    def _shown(self) -> tuple[Section, ...]:
        """Returns the sections as they lie on the page: one without a heading while it is small."""
        made_of = self._layout, self._keys, self._filter
        if self._found is None or self._found[0] != made_of:  # sorting 100,000 takes 60 ms
            found = sections(self._layout, self._keys, self._filter.split())
            whole = found if self._has_headings() else flat(self._layout, found)
            self._found = made_of, whole
        return self._found[1]

    def _has_headings(self) -> bool:
        return len(self._keys) >= SECTIONS_FROM or any(card.section for card in self._layout.cards)

    # ------------------------------------------------------------ layout

    def layout_value(self) -> BoardLayout:
        """Returns the layout."""
        return self._layout

    def options(self, card_id: str) -> ChartOptions:
        """Returns how a card is set, the board's settings where it has none."""
        return self._layout.card(card_id).options.over(self._layout.options)

    def set_layout(self, layout: BoardLayout) -> None:
        """Shows another layout; cards over another axis or smoothing ask again."""
        before = self._layout
        if layout == before:
            return
        stale = []
        for card_id in {*self._lines, *self._asked}:
            had, has = before.card(card_id), layout.card(card_id)
            old, new = had.options.over(before.options), has.options.over(layout.options)
            if (old.x, old.smoothing, had.keys) != (new.x, new.smoothing, has.keys):
                stale.append(card_id)
        self._layout = layout
        self._forget_absent()
        for card_id in stale:
            self._lines.pop(card_id, None)
            self._asked.discard(card_id)
        for card_id, chart in self._charts.items():
            self._join(card_id, chart)
            self.dress(card_id, chart)
            self.feed(card_id, chart)
        self._arrange()

    def edit(self, title: str, layout: BoardLayout) -> None:
        """Shows a layout a person made, and says so: ``title`` is what Undo would take back."""
        before = self._layout
        if layout != before:
            self.set_layout(layout)
            self.edited.emit(title, before, layout)

    def set_folded(self, section: str, *, is_folded: bool) -> None:
        """Folds a section to its heading, or opens it."""
        self.set_layout(self._layout.with_folded(section, is_folded=is_folded))

    def move_card(self, card_id: str, steps: int) -> None:
        """Moves a card among those of its section."""
        section = next((one for one in self._shown() if card_id in one.ids), None)
        if section is not None:
            place = min(max(section.ids.index(card_id) + steps, 0), len(section.ids) - 1)
            there = [each for each in section.ids if each != card_id]
            layout = self._layout.moved(card_id, section.name, place, there)
            self.edit(f"move {card_id}", layout)

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the card with the keyboard by Ctrl+Shift and an arrow."""
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        steps = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}.get(event.key(), 0)
        focused = self.focused()
        if steps and focused and event.modifiers() & both == both:
            self.move_card(focused, steps)
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ inside: places

    def _arrange(self) -> None:
        width = max(self.viewport().width(), TILE.width() + 2 * EDGE)
        grid = Grid.fitting(EDGE, width - 2 * EDGE, TILE, self._layout.columns)
        found, has_headings = self._shown(), self._has_headings()
        sizes = {card.id: card.size for card in self._layout.cards if card.size is not Size.SMALL}
        folded = set(self._layout.folded) if has_headings else set()
        y, self._blocks = 4 if has_headings else GAP, []
        for section in found:
            top = y
            y += SECTION_LINE if has_headings else 0
            flow = None if section.name in folded else Flow(section.ids, sizes, grid, y)
            y += 0 if flow is None else flow.height
            self._blocks.append(_Block(section.name, len(section.ids), top, flow))
        self._page.message = "" if found else self._why_empty()
        self._page.resize(width, max(y, self.viewport().height()))
        self._page.update()
        self._fill()

    def _why_empty(self) -> str:
        if self._keys and self._filter:
            return f"No metric matches “{self._filter}”."
        if self._keys:
            return "Every chart is hidden. Show them again in the menu of the charts."
        return "Choose runs in the table to see their metrics."

    def _near(self) -> tuple[int, int]:
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        return top - height // 2, top + height + height // 2

    def _blocks_within(self, top: int, bottom: int) -> list[_Block]:
        tops = [block.top for block in self._blocks]
        first = max(bisect_right(tops, top) - 1, 0)
        return self._blocks[first : bisect_right(tops, bottom)]

    def places(self) -> dict[str, QRect]:
        """Returns where the cards near sight lie on the page."""
        top, bottom = self._near()
        return {
            block.flow.ids[index]: block.flow.rect(index)
            for block in self._blocks_within(top, bottom)
            if block.flow is not None
            for index in block.flow.within(top, bottom)
        }

    # ------------------------------------------------------------ inside: widgets

    def _fill(self) -> None:
        """Makes what is near sight, lets far charts go, and asks for missing lines."""
        top, bottom = self._near()
        self._show_headings(self._blocks_within(top, bottom))
        places = self.places()
        unmade = [card_id for card_id in places if card_id not in self._charts]
        begin, end = self.verticalScrollBar().value(), self.viewport().height()
        unmade.sort(key=lambda each: not -TILE.height() < places[each].top() - begin < end)
        for card_id in unmade[:AT_ONCE]:
            self._make(card_id)
        if len(unmade) > AT_ONCE:
            self._more.start()
        for card_id, chart in self._charts.items():
            seat = places.get(card_id)
            chart.setVisible(seat is not None)
            if seat is not None:
                chart.setGeometry(seat)
        self._let_go(places)
        missing = tuple(
            card_id
            for card_id in places
            if card_id not in self._lines and card_id not in self._asked
        )
        if missing:
            self._asked.update(missing)
            self.wanted.emit(missing)

    def _show_headings(self, blocks: Sequence[_Block]) -> None:
        wanted = {block.name: block for block in blocks if block.name}
        for name in set(self._headings) - set(wanted):
            self._headings.pop(name).deleteLater()
        for name, block in wanted.items():
            heading = self._headings.get(name)
            if heading is None:
                heading = self._headings[name] = Heading(name, self._look, self._page)
                heading.toggled_section.connect(self._on_heading_toggled)
                heading.show()
            heading.tell(block.count, is_open=block.flow is not None)
            wide = min(heading.sizeHint().width() + 8, self._page.width() - 2 * EDGE)
            heading.setGeometry(EDGE - 4, block.top, wide, SECTION_LINE - 4)

    def _on_heading_toggled(self, name: str) -> None:
        self.set_folded(name, is_folded=name not in self._layout.folded)

    def _make(self, card_id: str) -> None:
        chart = LineChart(self._look, title=card_id, wheel_needs_ctrl=True, parent=self._page)
        chart.setObjectName(f"charts.board.{card_id}")
        self._charts[card_id] = chart
        self.dress(card_id, chart)
        self._join(card_id, chart)
        self.feed(card_id, chart)
        chart.set_highlight(self._highlight)
        chart.aimed.connect(self.aimed)
        chart.enlarge_requested.connect(lambda: self.enlarge_requested.emit(card_id))
        chart.dragged.connect(lambda place, held: self._drag(card_id, place, held))
        if self._has_tools:
            chart.set_tools(lambda: self._tools(card_id, chart))
        chart.show()

    def _tools(self, card_id: str, chart: LineChart) -> CardTools:
        return CardTools(
            chart.title(),
            settings=lambda: self.settings_requested.emit(card_id),
            enlarge=lambda: self.enlarge_requested.emit(card_id),
            more=lambda: self.menu_requested.emit(
                card_id, chart.mapToGlobal(QPoint(chart.width() - 24, 30))
            ),
        )

    def link(self, x: str = "step") -> ChartLink:
        """Returns what joins the charts over one axis."""
        return self._links.setdefault(x, ChartLink(self))

    def _join(self, card_id: str, chart: LineChart) -> None:
        link = self.link(self.options(card_id).x)
        if chart.link() is link:
            return
        chart.set_link(link)
        others = [one for one in self._charts.values() if one is not chart and one.link() is link]
        leader = next((one for one in others if one.is_zoomed), None)
        if leader is not None:
            chart.set_x_range(*leader.x_range())

    def _let_go(self, places: dict[str, QRect]) -> None:
        spare = len(self._charts) - MOST_LIVE
        for card_id in [each for each in self._charts if each not in places][: max(spare, 0)]:
            self._drop(card_id)

    def _drop(self, card_id: str) -> None:
        chart = self._charts.pop(card_id)
        chart.set_link(None)
        chart.wait_for_picture()
        chart.hide()
        chart.deleteLater()

    def _forget_absent(self) -> None:
        there = {*self._keys, *(card.id for card in self._layout.cards if card.is_custom)}
        for card_id in set(self._charts) - there:
            self._drop(card_id)
        self._lines = {each: had for each, had in self._lines.items() if each in there}
        self._asked &= there

    def _take_look(self, look: ChartLook) -> None:
        self._look = self._page.look = look
        for heading in self._headings.values():
            heading.set_look(look)
        self._arrange()

    # ------------------------------------------------------------ inside: dragging

    def _drag(self, card_id: str, place: QPoint, is_held: bool) -> None:
        """Shows where a card would land, and puts it there when it is let go."""
        at = self._page.mapFromGlobal(place)
        target = self._target(at)
        self._page.show_mark(None if target is None or not is_held else target[2])
        if is_held:
            margin = 40
            self.ensureVisible(at.x(), at.y(), 0, margin)  # scrolls while it is held at the edge
        elif target is not None:
            name, index, _ = target
            ids = next(section.ids for section in self._shown() if section.name == name)
            there = [each for each in ids if each != card_id]
            index -= card_id in ids and ids.index(card_id) < index
            self.edit(f"move {card_id}", self._layout.moved(card_id, name, index, there))

    def _target(self, at: QPoint) -> tuple[str, int, QRect] | None:
        """Returns (section, place, where the mark goes) below the mouse."""
        for block in self._blocks_within(at.y() - 1, at.y() + 1)[-1:]:
            if block.flow is None:
                return block.name, block.count, QRect(EDGE, block.top + SECTION_LINE - 4, 120, 2)
            index = block.flow.index_at(at.x(), at.y())
            beside = block.flow.rect(min(index, max(block.count - 1, 0)))
            x = beside.left() - GAP // 2 if index < block.count else beside.right() + GAP // 2
            return block.name, index, QRect(x - 1, beside.top(), 2, beside.height())
        return None
