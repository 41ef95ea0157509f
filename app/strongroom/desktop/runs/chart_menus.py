# SPDX-License-Identifier: Apache-2.0
"""The menus of charts: of one, and of the whole board. Words and wishes only; the pane acts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QMenu, QWidget

from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.chart_settings import CLIPS, SIZES
from strongroom.desktop.charts.layout import MOST_COLUMNS, PINNED, Card
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.chart_export import FORMATS, ChartExport
from strongroom.desktop.runs.chart_windows import ChartWindows
from strongroom.desktop.runs.curve_reader import GroupBy
from strongroom.desktop.runs.words import shown
from strongroom.services.curve_bands import SPREAD_WORDS, Spread

MOST_PARAMS = 40  # offered to group by; those whose values differ come first
MOST_HIDDEN = 40
MOST_RULES = 8  # metrics of one chart whose rules stand in its menu; the list has them all


class ChartsHost(Protocol):
    """What the menus need of the pane."""

    board: ChartBoard
    windows: ChartWindows
    exports: ChartExport

    def open_settings(self, card_id: str) -> object:
        """Opens the settings of a chart."""

    def copy_points(self, chart: LineChart) -> None:
        """Copies the visible points of a chart."""

    def export(self, chart: LineChart, form: str) -> None:
        """Saves a chart as a file."""

    def set_logs(self, *, x: bool, y: bool) -> None:
        """Makes axes logarithmic."""

    def set_clip(self, percent: float) -> None:
        """Lets outliers stick out."""

    def rule_metrics(self, chart: LineChart) -> tuple[str, ...]:
        """Returns the metrics of a chart."""

    rule_requested: SignalInstance

    def metric_names(self) -> tuple[str, ...]:
        """Returns the metrics of the charted runs."""

    def param_names(self) -> tuple[str, ...]:
        """Returns their params."""

    def grouping(self) -> GroupBy:
        """Returns by what runs are grouped."""

    def set_grouping(
        self, param: str, spread: Spread | None = None, *, has_traces: bool | None = None
    ) -> None:
        """Groups runs."""

    def use_layout(self, name: str) -> None:
        """Shows a saved layout."""

    def save_layout(self, name: str) -> bool:
        """Saves the layout."""

    def saved_layouts(self) -> tuple[str, ...]:
        """Returns the saved ones."""

    def forget_layout(self, name: str) -> None:
        """Forgets one."""

    def save_all(self, form: str) -> object:
        """Saves all charts."""

    def show_everything(self) -> None:
        """Takes every zoom back."""


def card_menu(pane: ChartsHost, parent: QWidget, chart: LineChart, card_id: str) -> QMenu:
    """Returns what can be done with one chart."""
    menu = _menu(parent)
    board, windows, exports = pane.board, pane.windows, pane.exports
    layout = board.layout_value()
    card = layout.card(card_id)
    _add(menu, "Enlarge", lambda: windows.enlarge(card_id))
    _add(menu, "Show as table…", lambda: windows.show_numbers(chart, board.options(card_id).x))
    _add(menu, "Settings…", lambda: pane.open_settings(card_id))
    metrics = pane.rule_metrics(chart)
    for key in metrics[:MOST_RULES]:
        words = f"Rule of {shown(key)}…" if len(metrics) > 1 else "Rule of the metric…"
        _add(menu, words, partial(pane.rule_requested.emit, key))
    menu.addSeparator()
    _add(menu, "Copy picture", lambda: exports.copy_picture(chart))
    _add(menu, "Copy data", lambda: pane.copy_points(chart))
    for form, words in FORMATS:
        _add(menu, f"Save as {words}…", partial(pane.export, chart, form))
    menu.addSeparator()
    sizes = menu.addMenu("Size")
    for size, words in SIZES:
        _tick(
            sizes, words, card.size is size,
            partial(windows.resize_card, card_id, size),
        )  # fmt: skip
    is_pinned = card.section == PINNED
    _add(
        menu,
        "Unpin" if is_pinned else "Pin to the top",
        lambda: board.edit(f"pin {card_id}", layout.pinned(card_id, is_pinned=not is_pinned)),
    )
    _add(menu, "Move left", lambda: board.move_card(card_id, -1))
    _add(menu, "Move right", lambda: board.move_card(card_id, 1))
    if card.is_custom:
        _add(menu, "Remove chart", lambda: board.edit("remove chart", layout.without(card_id)))
    else:
        hidden = layout.with_card(replace(card, is_hidden=True))
        _add(menu, "Hide", lambda: board.edit(f"hide {card_id}", hidden))
    menu.addSeparator()
    _add(menu, "Show everything", chart.reset_view)
    return menu


def board_menu(pane: ChartsHost, parent: QWidget) -> QMenu:
    """Returns what can be done with all charts."""
    menu = _menu(parent)
    options = pane.board.layout_value().options
    on_x, on_y = bool(options.log_x), bool(options.log_y)
    _tick(menu, "Logarithmic x", on_x, lambda: pane.set_logs(x=not on_x, y=on_y))
    _tick(menu, "Logarithmic y", on_y, lambda: pane.set_logs(x=on_x, y=not on_y))
    outliers = menu.addMenu("Outliers")
    for key, words in CLIPS:
        now = (options.clip or 0.0) == float(key)
        _tick(outliers, words, now, partial(pane.set_clip, float(key)))
    _grouping(menu.addMenu("Group runs"), pane)
    menu.addSeparator()
    _columns(menu.addMenu("Columns"), pane)
    _add(
        menu, "New chart of several metrics…", lambda: pane.windows.ask_custom(pane.metric_names())
    )
    _hidden(menu.addMenu("Hidden charts"), pane)
    _layouts(menu.addMenu("Layout"), pane)
    menu.addSeparator()
    saving = menu.addMenu("Save all charts")
    for form, words in FORMATS:
        _add(saving, f"{words}…", partial(pane.save_all, form))
    _add(menu, "Show everything", pane.show_everything)
    return menu


def _grouping(menu: QMenu, pane: ChartsHost) -> None:
    by = pane.grouping()
    param, spread, has_traces = by.param, by.spread, by.has_traces
    _tick(menu, "No groups", not param, lambda: pane.set_grouping(""))
    for name in pane.param_names()[:MOST_PARAMS]:
        words = f"By {shown(name)}"
        _tick(menu, words, name == param, partial(pane.set_grouping, name))
    menu.addSeparator()
    for each, words in SPREAD_WORDS.items():
        _tick(
            menu, words[0].upper() + words[1:], each is spread,
            partial(pane.set_grouping, param, each),
        )  # fmt: skip
    _tick(
        menu, "Show the runs behind", has_traces,
        lambda: pane.set_grouping(param, has_traces=not has_traces),
    )  # fmt: skip


def _columns(menu: QMenu, pane: ChartsHost) -> None:
    layout = pane.board.layout_value()
    for count in range(MOST_COLUMNS + 1):
        words = str(count) if count else "As many as fit"
        changed = replace(layout, columns=count)
        _tick(
            menu, words, layout.columns == count,
            partial(pane.board.edit, "columns", changed),
        )  # fmt: skip


def _hidden(menu: QMenu, pane: ChartsHost) -> None:
    layout = pane.board.layout_value()
    cards = [card for card in layout.cards if card.is_hidden]
    menu.setEnabled(bool(cards))

    def show(some: Sequence[Card]) -> None:
        changed = layout
        for card in some:
            changed = changed.with_card(replace(card, is_hidden=False))
        pane.board.edit("show hidden charts", changed)

    _add(menu, "Show all of them", lambda: show(cards))
    menu.addSeparator()
    for card in cards[:MOST_HIDDEN]:
        _add(menu, shown(card.options.title or card.id), partial(show, (card,)))


def _layouts(menu: QMenu, pane: ChartsHost) -> None:
    _add(menu, "As usual", lambda: pane.use_layout(""))
    for name in pane.saved_layouts():
        _add(menu, shown(name), partial(pane.use_layout, name))
    menu.addSeparator()
    _add(menu, "Save layout as…", lambda: pane.windows.ask_name(pane.save_layout))
    forget = menu.addMenu("Forget")
    forget.setEnabled(bool(pane.saved_layouts()))
    for name in pane.saved_layouts():
        _add(forget, shown(name), partial(pane.forget_layout, name))


def _menu(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.setFont(theme().font("body"))
    return menu


def _add(menu: QMenu, words: str, act: Callable[[], object]) -> None:
    menu.addAction(words.replace("&", "&&")).triggered.connect(lambda _checked=False: act())


def _tick(menu: QMenu, words: str, on: bool, act: Callable[[], object]) -> None:
    action = menu.addAction(words.replace("&", "&&"))
    action.setCheckable(True)
    action.setChecked(on)
    action.triggered.connect(lambda _checked=False: act())
