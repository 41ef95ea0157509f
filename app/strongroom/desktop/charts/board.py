# SPDX-License-Identifier: Apache-2.0
"""All charts of the chosen runs on one scrolling page, in sections by the prefix of their key.

Laws: a chart is made when it comes near the window's edge, never all at once (a run may log
thousands of keys); a refresh keeps scroll, zoom and folded sections; charts over the same x move
together; every change a person makes is a new layout, so it can be undone.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from strongroom.desktop.charts.board_cards import Cards, WordsOf
from strongroom.desktop.charts.board_page import EDGE, BoardPage, Heading
from strongroom.desktop.charts.board_places import SECTION_LINE, TILE, Block, Places
from strongroom.desktop.charts.layout import BoardLayout, Section, flat, sections
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.options import ChartOptions
from strongroom.desktop.charts.prepared import Prepared, prepare
from strongroom.desktop.charts.remarks import Words
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme

SECTIONS_FROM = 9  # charts; fewer fit on a page at once and would only be torn apart
TURN_S = 0.008  # making charts, then the window breathes; each takes about 6 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """Metrics in sections, and what they were laid out for: layout, metrics, filter."""

    made_of: tuple[BoardLayout, tuple[str, ...], str]
    sections: tuple[Section, ...]


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
        ranged: Another range of a chart is seen.
    """

    wanted = Signal(tuple)
    edited = Signal(str, object, object)
    updated = Signal(str)
    settings_requested = Signal(str)
    enlarge_requested = Signal(str)
    menu_requested = Signal(str, QPoint)
    aimed = Signal(object)
    ranged = Signal()

    def __init__(
        self,
        look: ChartLook,
        words_of: WordsOf | None = None,
        parent: QWidget | None = None,
        *,
        has_tools: bool = True,
    ) -> None:
        super().__init__(parent)
        thin_bars(self)
        self._look = look
        self._page = BoardPage(look, self)
        self._layout = BoardLayout()
        self._keys: tuple[str, ...] = ()
        self._headings: dict[str, Heading] = {}
        self._found: tuple[object, tuple[Section, ...]] | None = None
        self._filter = ""
        words_of = words_of or (lambda _card, _options: Words())
        self._cards = Cards(look, words_of, self._page, has_tools=has_tools)
        self._cards.settings_requested.connect(self.settings_requested)
        self._cards.enlarge_requested.connect(self.enlarge_requested)
        self._cards.menu_requested.connect(self.menu_requested)
        self._cards.aimed.connect(self.aimed)
        self._cards.ranged.connect(self.ranged)
        self._cards.dragged.connect(self._on_dragged)
        self._places = Places((), self._layout, 0, has_headings=False)
        self.setWidget(self._page)
        self.setWidgetResizable(False)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Charts")
        self.verticalScrollBar().valueChanged.connect(self._fill)
        self._has_begun = False
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.setInterval(0)
        self._more.timeout.connect(self._fill)
        theme().follow(self)

    # ------------------------------------------------------------ content

    def set_keys(self, keys: Sequence[str], found: Laid | None = None) -> None:
        """Says which metrics there are, and what `laying_out` made of them for a worker."""
        keys = tuple(dict.fromkeys(keys))
        if keys == self._keys:
            return
        self._keys = keys
        if found is not None and found.made_of == (self._layout, keys, self._filter):
            whole = found.sections if self._has_headings() else flat(self._layout, found.sections)
            self._found = found.made_of, whole
        self._forget_absent()
        self._arrange()

    def laying_out(self) -> Callable[[tuple[str, ...]], Laid]:
        """Returns what puts metrics into sections as the board is now; for 100,000 by a worker."""
        layout, filter_ = self._layout, self._filter

        def lay(keys: tuple[str, ...]) -> Laid:
            made = sections(layout, keys, filter_.split())
            return Laid(made_of=(layout, keys, filter_), sections=made)

        return lay

    def set_series(self, card_id: str, series: Sequence[ChartSeries]) -> None:
        """Replaces the lines of one card; zoom and scroll stay."""
        options = self.options(card_id)
        logs = bool(options.log_x), bool(options.log_y)
        self.set_prepared(card_id, prepare(series, log_x=logs[0], log_y=logs[1]), logs)

    def set_prepared(
        self, card_id: str, prepared: Sequence[Prepared], logs: tuple[bool, bool]
    ) -> None:
        """Replaces the lines of one card by ones a worker prepared for those logarithms."""
        self._cards.set_lines(card_id, prepared, logs)
        self.updated.emit(card_id)

    def has_lines(self, card_id: str) -> bool:
        """Returns whether a card has its lines, or has asked for them."""
        return self._cards.has_lines(card_id)

    def feed(self, card_id: str, chart: LineChart) -> None:
        """Gives a chart, on the board or beside it, the lines of a card."""
        self._cards.feed(card_id, chart)

    def dress(self, card_id: str, chart: LineChart) -> None:
        """Gives a chart, on the board or beside it, the title and the settings of a card."""
        self._cards.dress(card_id, chart)

    def forget_series(self, card_ids: Sequence[str] | None = None) -> None:
        """Asks again for what is in sight, after other runs or another axis were chosen."""
        self._cards.forget(card_ids)
        self._fill()

    def set_filter(self, text: str) -> None:
        """Shows only cards whose key or title holds every word of ``text``, in any case."""
        if text.strip().lower() != self._filter:
            self._filter = text.strip().lower()
            self._arrange()

    def set_highlight(self, run_id: str | None) -> None:
        """Draws one run's lines thicker on every chart."""
        self._cards.set_highlight(run_id)

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        for chart in self._cards.charts.values():
            chart.set_look(look)
        self._take_look(look)

    def apply_theme(self) -> None:
        """Takes over the theme in force; the charts are told by themselves."""
        self._take_look(ChartLook.from_theme(theme()))

    def is_complete(self) -> bool:
        """Returns whether every card near sight has its chart; they are made turn by turn."""
        return all(card_id in self._cards.charts for card_id in self.places())

    def chart(self, card_id: str) -> LineChart | None:
        """Returns the chart of a card, or None while it is far from sight."""
        return self._cards.charts.get(card_id)

    def chart_at(self, place: QPoint) -> str:
        """Returns the card at a place on the screen, "" for none."""
        return self._cards.at(place)

    def focused(self) -> str:
        """Returns the card that has the keyboard, "" for none."""
        return self._cards.focused()

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
        return self._cards.options(card_id)

    def set_layout(self, layout: BoardLayout) -> None:
        """Shows another layout; cards over another axis or smoothing ask again."""
        if layout == self._layout:
            return
        self._layout = layout
        self._cards.set_layout(layout)
        self._forget_absent()
        self._cards.dress_all()
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
        found, has_headings = self._shown(), self._has_headings()
        width = self.viewport().width()
        places = Places(found, self._layout, width, has_headings=has_headings)
        self._places = places
        self._page.message = "" if found else self._why_empty()
        self._page.resize(places.width, max(places.height, self.viewport().height()))
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

    def places(self) -> dict[str, QRect]:
        """Returns where the cards near sight lie on the page."""
        return self._places.within(*self._near())

    # ------------------------------------------------------------ inside: widgets

    def _fill(self) -> None:
        """Makes what is near sight, lets far charts go, and asks for missing lines."""
        top, bottom = self._near()
        self._show_headings(self._places.blocks_within(top, bottom))
        places = self.places()
        if places and not self._has_begun:  # in this turn the pane is laid out and painted
            self._has_begun = True
            self._more.start()
            return
        self._make(places)
        self._cards.seat(places)
        missing = self._cards.ask(tuple(places))
        if missing:
            self.wanted.emit(missing)

    def _make(self, places: dict[str, QRect]) -> None:
        """Makes charts, those in sight first, as many as a turn of the event loop allows."""
        unmade = [card_id for card_id in places if card_id not in self._cards.charts]
        begin, high = self.verticalScrollBar().value(), self.viewport().height()
        unmade.sort(key=lambda each: not -TILE.height() < places[each].top() - begin < high)
        end = time.perf_counter() + TURN_S
        for made, card_id in enumerate(unmade):
            if made and time.perf_counter() > end:
                self._more.start()
                return
            self._cards.make(card_id)

    def _show_headings(self, blocks: Sequence[Block]) -> None:
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

    def link(self, x: str = "step") -> ChartLink:
        """Returns what joins the charts over one axis."""
        return self._cards.link(x)

    def _forget_absent(self) -> None:
        there = {*self._keys, *(card.id for card in self._layout.cards if card.is_custom)}
        self._cards.keep_only(there)

    def _take_look(self, look: ChartLook) -> None:
        self._look = self._page.look = self._cards.look = look
        for heading in self._headings.values():
            heading.set_look(look)
        self._arrange()

    # ------------------------------------------------------------ inside: dragging

    def _on_dragged(self, card_id: str, place: QPoint, is_held: bool) -> None:
        """Shows where a card would land, and puts it there when it is let go."""
        at = self._page.mapFromGlobal(place)
        target = self._places.target(at)
        self._page.show_mark(None if target is None or not is_held else target.mark)
        if is_held:
            margin = 40
            self.ensureVisible(at.x(), at.y(), 0, margin)  # scrolls while it is held at the edge
        elif target is not None:
            name = target.section
            ids = next(section.ids for section in self._shown() if section.name == name)
            there = [each for each in ids if each != card_id]
            place_in = target.place - (card_id in ids and ids.index(card_id) < target.place)
            self.edit(f"move {card_id}", self._layout.moved(card_id, name, place_in, there))
