# SPDX-License-Identifier: Apache-2.0
"""The charts of the ticked runs: header line, board, and following runs that are still logging.

* Nothing here waits: lines come from `curve_reader`, files from `chart_export`.
* The layout of the board is kept for each experiment; every edit of it can be undone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QVBoxLayout, QWidget

from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.chart_settings import AXES
from strongroom.desktop.charts.layout import BoardLayout, Card
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.options import METRIC, ChartOptions, smoothing_words
from strongroom.desktop.charts.popover import Popover
from strongroom.desktop.charts.remarks import Words
from strongroom.desktop.charts.smoothing_control import SmoothingControl
from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.buttons import Button, MenuButton
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.undo import Step
from strongroom.desktop.kit.wrapped import WrappedRow
from strongroom.desktop.runs.board_shelf import BoardShelf
from strongroom.desktop.runs.chart_export import FORMATS, ChartExport
from strongroom.desktop.runs.chart_menus import board_menu, card_menu
from strongroom.desktop.runs.chart_windows import ChartWindows, MetricsDialog
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.curve_reader import CurveReader, GroupBy
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.domain.errors import BadInput
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.run import Run
from strongroom.services.curve_bands import SPREAD_WORDS, Spread
from strongroom.services.smoothing import OFF, Smoothing, ema

USUAL = BoardLayout(options=ChartOptions(x="step", smoothing=ema(0.7)))
FILTER_WIDTH = 132  # px at most; it gives way where the pane is narrow
SAVED_TITLE = "board"

__all__ = ["FORMATS", "ChartsPane"]


class ChartsPane(QWidget):
    """Charts below the table.

    Args:
        services: Where curves come from.
        tasks: The jobs of the window.
        charted: Which runs are ticked, and their colours.
        session: Where layouts are kept; None forgets them with the window.
        lead: Stands at the left of the head, instead of its title.

    Signals:
        shown_changed: There are charts now, or none any more.
        undoable: The board was edited (a `kit.undo.Step`).
        run_aimed: The run whose line the mouse means (its id), or None.
        rule_requested: The rule of a metric is to be opened (the metric's key).
    """

    shown_changed = Signal()
    undoable = Signal(object)
    run_aimed = Signal(object)
    rule_requested = Signal(str)

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        charted: Charted,
        parent: QWidget | None = None,
        *,
        session: Session | None = None,
        lead: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._experiment: str | None = None
        self.shelf = BoardShelf(session or Session())
        self.exports = ChartExport(tasks, self)
        self.board = ChartBoard(ChartLook.from_theme(theme()), self._words_of)
        self.board.setObjectName("runs.charts")
        self.board.set_layout(USUAL)
        self.reader = CurveReader(services, tasks, charted, self.board, self)
        self.windows = ChartWindows(self.board, self)
        self._build(lead)
        self._wire()
        self._tell_note()

    # ------------------------------------------------------------ content

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Charts these runs, in this order; with the same runs it only takes over their state."""
        if runs and tuple(run.run_id for run in runs) != self.reader.run_ids():
            self._open_experiment(runs[0].experiment)
        self.reader.show_runs(runs)
        self._tell_note()
        self.shown_changed.emit()

    def live_ids(self) -> tuple[str, ...]:
        """Returns the charted runs that may still be logging."""
        return self.reader.live_ids()

    def follow(self, run_ids: Sequence[str], then: Callable[[], None] | None = None) -> None:
        """Asks again for the curves of live runs."""
        self.reader.follow(run_ids, then)

    def metric_names(self) -> tuple[str, ...]:
        """Returns the metrics of the charted runs, in the order of the board."""
        return self.reader.metric_names()

    # ------------------------------------------------------------ settings of all charts

    def set_axis(self, axis: str) -> None:
        """Changes what x counts: ``step``, ``relative``, ``time`` or ``metric:<key>``."""
        self._set_options(f"x is {axis}", replace(self._options(), x=axis))

    def axis(self) -> str:
        """Returns what x counts."""
        return self._options().x

    def set_smoothing(self, smoothing: Smoothing) -> None:
        """Changes how all curves are smoothed."""
        self._set_options("smoothing", replace(self._options(), smoothing=smoothing))

    def smoothing(self) -> Smoothing:
        """Returns how curves are smoothed unless a chart says otherwise."""
        return self._options().smoothing or OFF

    def set_logs(self, *, x: bool, y: bool) -> None:
        """Makes the axes of all charts logarithmic or linear."""
        self._set_options("logarithmic axes", replace(self._options(), log_x=x, log_y=y))

    def toggle_log_x(self) -> None:
        """Makes x of all charts logarithmic, or linear again."""
        options = self._options()
        self.set_logs(x=not options.log_x, y=bool(options.log_y))

    def toggle_log_y(self) -> None:
        """Makes y of all charts logarithmic, or linear again."""
        options = self._options()
        self.set_logs(x=bool(options.log_x), y=not options.log_y)

    def set_clip(self, percent: float) -> None:
        """Lets that many percent of y stick out at each end of all charts."""
        self._set_options("outliers", replace(self._options(), clip=percent))

    def param_names(self) -> tuple[str, ...]:
        """Returns the params by which the charted runs can be grouped, those that differ first."""
        return self.reader.param_names()

    def set_grouping(
        self, param: str, spread: Spread | None = None, *, has_traces: bool | None = None
    ) -> None:
        """Draws one line with a band for each value of a param; "" draws every run."""
        had = self.reader.grouping
        wanted = GroupBy(
            param=param,
            spread=had.spread if spread is None else spread,
            has_traces=had.has_traces if has_traces is None else has_traces,
        )
        self.reader.set_grouping(wanted)
        self._tell_note()

    def grouping(self) -> GroupBy:
        """Returns by what runs are grouped."""
        return self.reader.grouping

    # ------------------------------------------------------------ layouts

    def use_layout(self, name: str) -> None:
        """Shows a saved layout; "" shows the usual one."""
        found = self.shelf.load(self._experiment or "", name) if name else USUAL
        self.board.edit(f"layout {name or 'as usual'}", found)

    def save_layout(self, name: str) -> bool:
        """Saves the layout by name; False if there is no room."""
        return self.shelf.save(self._experiment or "", name, self.board.layout_value())

    def saved_layouts(self) -> tuple[str, ...]:
        """Returns the names of the saved layouts."""
        return self.shelf.names(self._experiment or "")

    def forget_layout(self, name: str) -> None:
        """Forgets a saved layout."""
        self.shelf.forget(self._experiment or "", name)

    # ------------------------------------------------------------ one chart

    def exportable(self) -> LineChart | None:
        """Returns the chart that has the keyboard, else the first one, None without charts."""
        charts = [self.board.chart(key) for key in self.board.places()]
        there = [chart for chart in charts if chart is not None and chart.series()]
        focused = self.board.chart(self.board.focused())
        return focused if focused in there else next(iter(there), None)

    def export(self, chart: LineChart, form: str) -> None:
        """Asks for a file and writes a chart in one of ``FORMATS``."""
        self.exports.ask(chart, form, self.reader.every_point(self.card_of(chart)))

    def write(self, chart: LineChart, form: str, path: Path) -> None:
        """Writes a chart as it is now into a file, in a task."""
        self.exports.write(chart, form, path, self.reader.every_point(self.card_of(chart)))

    def save_all(self, form: str) -> QFileDialog:
        """Asks for a folder and saves all charts of the board into it."""
        return self.exports.ask_all(form, self.reader.all_charts())

    def card_of(self, chart: LineChart) -> str:
        """Returns the card of a chart, "" if it is not on the board."""
        return next((each for each in self.board.places() if self.board.chart(each) is chart), "")

    def open_settings(self, card_id: str) -> Popover:
        """Opens the settings of a chart beside it."""
        return self.windows.open_settings(card_id, self.metric_names())

    def rule_metrics(self, chart: LineChart) -> tuple[str, ...]:
        """Returns the metrics of a chart, whose rules can be opened."""
        return self.board.layout_value().card(self.card_of(chart)).metrics()

    def ask_rule(self, chart: LineChart) -> None:
        """Opens the rule of the first metric of a chart."""
        for key in self.rule_metrics(chart)[:1]:
            self.rule_requested.emit(key)

    def set_schema(self, schema: MetricSchema) -> None:
        """Names axes by other rules."""
        if schema != self.reader.schema:
            self.reader.schema = schema
            for card_id in self.board.places():
                chart = self.board.chart(card_id)
                if chart is not None:
                    self.board.dress(card_id, chart)

    def ask_custom(self) -> MetricsDialog:
        """Asks for the metrics of a new chart."""
        return self.windows.ask_custom(self.metric_names())

    def copy_points(self, chart: LineChart) -> None:
        """Copies the visible points of a chart, or says why not."""
        if not self.exports.copy_points(chart):
            text = "There are too many points to copy"
            errors.show(BadInput("E-USAGE", text, "Save the chart as CSV or Parquet."), self)

    def show_everything(self) -> None:
        """Takes every zoom back."""
        for card_id in self.board.places():
            chart = self.board.chart(card_id)
            if chart is not None:
                chart.reset_view()

    # ------------------------------------------------------------ Qt

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers what can be done with the chart under the mouse, or that has the keyboard."""
        is_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        card_id = self.board.focused() if is_key else self.board.chart_at(event.globalPos())
        chart = self.board.chart(card_id)
        if chart is not None:
            self.build_menu(chart).popup(event.globalPos())

    def build_menu(self, chart: LineChart) -> QMenu:
        """Returns the menu of a chart."""
        return card_menu(self, self, chart, self.card_of(chart))

    def build_board_menu(self) -> QMenu:
        """Returns the menu of the whole board."""
        return board_menu(self, self)

    # ------------------------------------------------------------ inside: building

    def _build(self, lead: QWidget | None) -> None:
        self._note = Elided("", "text_tertiary", "dense")
        self._axis = MenuButton("Step", AXES, "step", name="Horizontal axis")
        self._smoothing = Button("Smoothing", "ghost", "spline")
        self._more = Button("", "ghost", "ellipsis", name="More for all charts")
        self._filter = SearchField("Filter charts")
        self._filter.setFixedWidth(FILTER_WIDTH)
        head = Surface(None, "t")
        across = WrappedRow(head)
        across.setContentsMargins(16, 6, 16, 6)
        lead = lead or Label("Charts", text="strong")
        for part in (lead, self._note, self._filter, self._axis, self._smoothing, self._more):
            across.addWidget(part)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(self.board, 1)

    def _wire(self) -> None:
        self._axis.chosen.connect(self.set_axis)
        self._smoothing.clicked.connect(self.open_smoothing)
        self._more.clicked.connect(self._on_more_clicked)
        self._filter.changed.connect(self.board.set_filter)
        self.reader.answered.connect(self.shown_changed)
        self.board.edited.connect(self._on_edited)
        self.board.settings_requested.connect(self.open_settings)
        self.board.enlarge_requested.connect(self.windows.enlarge)
        self.board.menu_requested.connect(self._on_menu_requested)
        self.board.aimed.connect(self.run_aimed)

    def open_smoothing(self) -> Popover:
        """Opens the choice of smoothing below its button."""
        control = SmoothingControl(self.smoothing())
        control.changed.connect(self.set_smoothing)
        popover = Popover(control, name="Smoothing", anchor=self._smoothing)
        popover.open_below()
        return popover

    # ------------------------------------------------------------ inside: what is said

    def _words_of(self, card: Card, options: ChartOptions) -> Words:
        keys = card.metrics()
        schema = self.reader.schema
        rules = [schema.rule(key) for key in keys]
        units = {rule.unit for rule in rules}
        unit = units.pop() if len(units) == 1 else ""
        smoothing = options.smoothing or OFF
        words = smoothing_words(smoothing, seconds=options.x in {"relative", "time"})
        behind = ", raw behind" if words and not self.reader.grouping.param else ""
        unseen = self.reader.unseen(card.id)
        along = options.x.removeprefix(METRIC)
        parts = (
            unit,
            words + behind,
            f"{unseen.left_out:,} points without {along}" if unseen.left_out else "",
            unseen.words(),
        )
        titles = dict(AXES) | {"time": "Wall time (UTC)", "relative": "Time since the start"}
        x_unit = schema.rule(along).unit if options.x.startswith(METRIC) else ""
        name = keys[0] if len(keys) == 1 else ", ".join(keys)
        return Words(
            note=", ".join(part for part in parts if part),
            x=titles.get(options.x, f"{along}{f' ({x_unit})' if x_unit else ''}"),
            y=f"{name}{f' ({unit})' if unit else ''}",
            has_legend=bool(self.reader.grouping.param) or len(keys) > 1,
        )

    def _tell_note(self) -> None:
        options = self._options()
        axis = {"step": "step axis", "relative": "relative time", "time": "wall time"}.get(
            options.x, f"over {options.x.removeprefix(METRIC)}"
        )
        self._axis.set_choices(self._axis_choices(), options.x)
        self._axis.set_words(dict(AXES).get(options.x, options.x.removeprefix(METRIC)))
        runs, by = self.reader.run_ids(), self.reader.grouping
        count = wording.count(len(runs), "run")
        group = f"{SPREAD_WORDS[by.spread]} by {shown(by.param)}" if by.param else ""
        parts = (count, group, axis, "crosshair linked")
        words = ", ".join(part for part in parts if part)
        self._note.set_text(words if runs else "Tick runs in the table to see their metrics")

    def _axis_choices(self) -> tuple[tuple[str, str], ...]:
        current = self._options().x
        if not current.startswith(METRIC):
            return AXES
        return (*AXES, (current, current.removeprefix(METRIC)))

    def _options(self) -> ChartOptions:
        return ChartOptions().over(self.board.layout_value().options)

    # ------------------------------------------------------------ inside: editing

    def _open_experiment(self, experiment: str) -> None:
        if experiment == self._experiment:
            return
        self._experiment = experiment
        kept = self.shelf.current(experiment)
        self.board.set_layout(USUAL if kept == BoardLayout() else kept)

    def _set_options(self, title: str, options: ChartOptions) -> None:
        self.board.edit(title, replace(self.board.layout_value(), options=options))

    def _on_edited(self, title: str, before: BoardLayout, after: BoardLayout) -> None:
        self._keep(after)

        def put(layout: BoardLayout) -> None:
            self.board.set_layout(layout)
            self._keep(layout)

        self.undoable.emit(
            Step(
                title=title,
                undo=lambda: put(before),
                redo=lambda: put(after),
                kind=f"{SAVED_TITLE}.{title}",
            )
        )

    def _keep(self, layout: BoardLayout) -> None:
        self.shelf.keep_current(self._experiment or "", layout)
        self.reader.forget_stale()
        self._tell_note()
        self.windows.refresh()

    def _on_menu_requested(self, card_id: str, place: QPoint) -> None:
        chart = self.board.chart(card_id)
        if chart is not None:
            self.build_menu(chart).popup(place)

    def _on_more_clicked(self) -> None:
        place = self._more.mapToGlobal(QPoint(0, self._more.height() + 2))
        self.build_board_menu().popup(place)
