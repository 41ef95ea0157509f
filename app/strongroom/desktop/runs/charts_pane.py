# SPDX-License-Identifier: Apache-2.0
"""The charts of the ticked runs: header line, board, and following runs that are still logging.

* A curve is asked for when its chart comes into sight; an answer for other runs is dropped.
* While a run is live only its own curves are asked for again; zoom and scroll stay.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.ticks import XAxis
from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.saving import ask_where, file_name
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.metric import metric_rank
from strongroom.domain.progress import Progress
from strongroom.domain.run import Run, RunStatus
from strongroom.services.chart_data import WRITERS, ChartLine
from strongroom.services.curves import Axis, Curve
from strongroom.services.smoothing import ema

AXES = (("step", "Step"), ("relative", "Relative time"), ("time", "Wall time"))
SMOOTHINGS = (("0", "Off"), ("0.5", "0.50"), ("0.7", "0.70"), ("0.9", "0.90"))
USUAL_SMOOTHING = "0.7"
FILTER_WIDTH = 160  # px at most; it gives way where the pane is narrow
FORMATS = (
    ("png", "PNG picture"),
    ("svg", "SVG drawing"),
    ("csv", "CSV of the visible range"),
    ("parquet", "Parquet of the visible range"),
)
X_NAMES = {XAxis.STEP: "step", XAxis.RELATIVE: "seconds", XAxis.TIME: "time"}


class ChartsPane(QWidget):
    """Charts below the table.

    Args:
        services: Where curves come from.
        tasks: The jobs of the window.
        charted: Which runs are ticked, and their colours.
        lead: Stands at the left of the head, instead of its title.

    Signals:
        shown_changed: There are charts now, or none any more.
    """

    shown_changed = Signal()

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        charted: Charted,
        parent: QWidget | None = None,
        *,
        lead: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks, self._charted = services, tasks, charted
        self._runs: dict[str, Run] = {}
        self._series: dict[str, dict[str, ChartSeries]] = {}
        self._wanted: set[str] = set()
        self._question = 0
        self._is_following = False
        self._is_arranging = False
        self.board = ChartBoard(ChartLook.from_theme(theme()))
        self.board.setObjectName("runs.charts")
        self.board.wanted.connect(self._on_wanted)
        self._note = Elided("", "text_tertiary", "dense")
        self._axis = MenuButton("Step", AXES, "step", name="Horizontal axis")
        self._smoothing = MenuButton(
            "Smoothing", SMOOTHINGS, USUAL_SMOOTHING, icon_name="spline", name="Smoothing"
        )
        self._filter = SearchField("Filter charts")
        self._filter.setMaximumWidth(FILTER_WIDTH)
        self._axis.chosen.connect(self.set_axis)
        self._smoothing.chosen.connect(self.set_smoothing)
        self._filter.changed.connect(self.board.set_filter)
        head = row(
            lead or Label("Charts", text="strong"),
            (self._note, 1),
            self._filter,
            self._axis,
            self._smoothing,
            margins=(16, 6, 16, 6),
            edges="t",
        )
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(self.board, 1)
        self._tell_note()

    # ------------------------------------------------------------ content

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Charts these runs, in this order; with the same runs it only takes over their state."""
        before = tuple(self._runs)
        self._runs = {run.run_id: run for run in runs}
        keys = self._keys()
        is_other = before != tuple(self._runs)
        if is_other:
            self._question += 1
            self._series.clear()
            self._wanted.clear()
        self._is_arranging = is_other
        self.board.set_keys(keys, self._notes(keys))
        self._is_arranging = False
        if is_other:
            self.board.forget_series()
        self._tell_note()
        self.shown_changed.emit()

    def follow(self, run_ids: Sequence[str], then: Callable[[], None] | None = None) -> None:
        """Asks again for the curves of live runs; one question at a time."""
        keys = tuple(key for key in self._wanted if key in self._series)
        asked = tuple(run_id for run_id in run_ids if run_id in self._runs)
        if self._is_following or not keys or not asked:
            return
        self._is_following = True
        question = self._question

        def take(curves: tuple[Curve, ...]) -> None:
            self._is_following = False
            if question == self._question:
                self._take(curves, keys)
            if then is not None:
                then()

        def failed(fault: BaseException) -> None:
            self._is_following = False
            errors.show(fault, self)

        self._ask("runs.follow", "Following live runs", asked, keys, take, failed)

    def set_axis(self, axis: str) -> None:
        """Changes what x counts: ``step``, ``relative`` or ``time``."""
        self._axis.set_choices(AXES, axis)
        self._axis.set_words(dict(AXES)[axis])
        self.board.set_x_axis(XAxis(axis))
        self._ask_all_again()

    def set_smoothing(self, weight: str) -> None:
        """Changes the weight of the past: ``0``, ``0.5``, ``0.7`` or ``0.9``."""
        self._smoothing.set_choices(SMOOTHINGS, weight)
        self._ask_all_again()

    def smoothing(self) -> float:
        """Returns the weight of the past."""
        return float(self._smoothing.current())

    def axis(self) -> str:
        """Returns what x counts."""
        return self._axis.current()

    def exportable(self) -> LineChart | None:
        """Returns the chart that has the keyboard, else the first one, None without charts."""
        charts = [self.board.chart(key) for key in self.board.shown_keys()]
        there = [chart for chart in charts if chart is not None and chart.series()]
        focused = [chart for chart in there if chart.hasFocus()]
        return next(iter(focused or there), None)

    def export(self, chart: LineChart, form: str) -> None:
        """Asks for a file and writes a chart in one of ``FORMATS``."""
        name = file_name(self._key_of(chart), f".{form}")
        words = dict(FORMATS)[form]
        ask_where(self, f"Save chart as {words}", name, lambda path: self.write(chart, form, path))

    def write(self, chart: LineChart, form: str, path: Path) -> None:
        """Writes a chart as it is now into a file, in a task: the file may lie on a slow share."""
        save = self._saver(chart, form)

        def work(_progress: Progress) -> None:
            try:
                save(path)
            except OSError as fault:
                reason = fault.strerror or str(fault)
                text = f"{path} was not written: {reason}"
                raise EnvironmentFault("E-STORE", text, "Name another.") from fault

        self._tasks.ask(
            f"charts.export.{path}", f"Saving {path.name}", work, lambda _done: None, owner=self
        )

    def _saver(self, chart: LineChart, form: str) -> Callable[[Path], None]:
        """Returns what writes the chart as it is seen now; runs in a task."""
        if form not in WRITERS:
            return chart.export_png() if form == "png" else chart.export_svg()
        lines, key, x_name = chart.visible_series(), self._key_of(chart), X_NAMES[chart.x_axis]
        return lambda path: WRITERS[form]([chart_line(one, key) for one in lines], x_name, path)

    # ------------------------------------------------------------ Qt

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers the export of the chart under the mouse."""
        chart = self._chart_at(event.globalPos())
        if chart is None:
            return
        menu = self.build_menu(chart)
        menu.popup(event.globalPos())

    def build_menu(self, chart: LineChart) -> QMenu:
        """Returns the menu of a chart."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.setFont(theme().font("body"))
        for form, words in FORMATS:
            action = menu.addAction(f"Save as {words}…")
            action.triggered.connect(lambda _=False, form=form: self.export(chart, form))
        menu.addSeparator()
        menu.addAction("Show everything").triggered.connect(chart.reset_view)
        return menu

    # ------------------------------------------------------------ inside

    def _keys(self) -> list[str]:
        counts: dict[str, int] = {}
        for run in self._runs.values():
            for key in run.metrics:
                counts[key] = counts.get(key, 0) + 1
        return sorted(counts, key=lambda key: (metric_rank(key), -counts[key], key))

    def _notes(self, keys: Sequence[str]) -> dict[str, str]:
        weight = self.smoothing()
        note = f"EMA {weight:.2f}, raw behind" if weight else ""
        return dict.fromkeys(keys, note)

    def _tell_note(self) -> None:
        count = len(self._runs)
        axis = {"step": "step axis", "relative": "relative time", "time": "wall time"}[self.axis()]
        words = f"{wording.count(count, 'run')}, {axis}, crosshair linked"
        self._note.set_text(words if count else "Tick runs in the table to see their metrics")

    def _ask_all_again(self) -> None:
        self._question += 1
        self._series.clear()
        self._wanted.clear()
        keys = self._keys()
        self._is_arranging = True
        self.board.set_keys(keys, self._notes(keys))
        self._is_arranging = False
        self.board.forget_series()
        self._tell_note()

    def _on_wanted(self, keys: tuple[str, ...]) -> None:
        if self._is_arranging or not keys:
            return
        self._wanted.update(keys)
        question = self._question

        def take(curves: tuple[Curve, ...]) -> None:
            if question == self._question:
                self._take(curves, keys)
                self.shown_changed.emit()

        job = f"runs.curves.{question}.{keys[0]}"
        self._ask(job, "Reading curves", tuple(self._runs), keys, take, None)

    def _ask(
        self,
        job: str,
        name: str,
        run_ids: tuple[str, ...],
        keys: tuple[str, ...],
        done: Callable[[tuple[Curve, ...]], None],
        failed: Callable[[BaseException], None] | None,
    ) -> None:
        axis, smoothing, curves = Axis(self.axis()), ema(self.smoothing()), self._services.curves
        self._tasks.ask(
            job,
            name,
            lambda _progress: curves.curves(run_ids, keys, x=axis, smoothing=smoothing),
            done,
            owner=self,
            failed=failed,
        )

    def _take(self, curves: tuple[Curve, ...], keys: Sequence[str]) -> None:
        has_shadow = self.smoothing() > 0
        for curve in curves:
            place, run = self._charted.place(curve.run_id), self._runs.get(curve.run_id)
            if place is None or run is None:
                continue
            self._series.setdefault(curve.key, {})[curve.run_id] = ChartSeries(
                run_id=curve.run_id,
                label=shown(run.name) or curve.run_id[:8],
                colour_index=place,
                x=curve.x,
                y=curve.smooth,
                raw_y=curve.raw if has_shadow else None,
            )
        for key in keys:
            known = self._series.setdefault(key, {})
            lines = [known[run_id] for run_id in self._runs if run_id in known]
            self.board.set_series(key, lines)

    def _chart_at(self, place: QPoint) -> LineChart | None:
        for key in self.board.shown_keys():
            chart = self.board.chart(key)
            if chart is not None and chart.isVisible():
                inside = chart.mapFromGlobal(place)
                if chart.rect().contains(inside) and chart.series():
                    return chart
        return None

    def _key_of(self, chart: LineChart) -> str:
        keys = self.board.shown_keys()
        return next((key for key in keys if self.board.chart(key) is chart), "chart")

    def live_ids(self) -> tuple[str, ...]:
        """Returns the charted runs that may still be logging."""
        return tuple(
            run.run_id
            for run in self._runs.values()
            if run.status is RunStatus.RUNNING and not run.is_lost
        )


def chart_line(series: ChartSeries, key: str) -> ChartLine:
    """Returns a line as it goes into a file."""
    return ChartLine(
        run_id=series.run_id,
        run=series.label,
        metric=key,
        x=series.x,
        value=series.y,
        raw=series.raw_y,
        low=series.low,
        high=series.high,
    )
