# SPDX-License-Identifier: Apache-2.0
"""The curves of the compared runs over each other: one chart a metric, what differs first.

* A curve is asked for when its chart comes into sight; an answer for other runs is dropped.
* What is zoomed into a long curve is read again, closely (`charts.closer`).
* Colours are those of the headers; a metric with one point a run says it in the table, not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.closer import Closer
from strongroom.desktop.charts.layout import Card
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.options import ChartOptions
from strongroom.desktop.charts.remarks import Words, between_words
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.compare.plotted import Plotted
from strongroom.desktop.compare.words import is_live, name_of
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.domain.comparison import ComparedRuns, Section
from strongroom.domain.metric import metric_rank
from strongroom.services.curves import Axis, Curve, Curves
from strongroom.services.smoothing import ema

if TYPE_CHECKING:
    from strongroom.domain.run import Run

MOST_LINES = 100  # runs drawn on one chart; more lines tell nobody anything
AXES = (("step", "Step"), ("relative", "Relative time"), ("time", "Wall time"))
SMOOTHINGS = (("0", "Off"), ("0.5", "0.50"), ("0.7", "0.70"), ("0.9", "0.90"))
USUAL_SMOOTHING = "0.7"


class Overlays(QWidget):
    """The curves beside the table.

    Args:
        curves: Where points come from.
        tasks: The jobs of the window.

    Attributes:
        axis_menu, smoothing_menu: Its choices; whoever holds the charts puts them somewhere.

    Signals:
        changed: Something worth remembering was chosen.
    """

    changed = Signal()

    def __init__(self, curves: Curves, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves, self._tasks = curves, tasks
        self._runs: tuple[Run, ...] = ()
        self._colours: dict[str, int] = {}
        self._keys: tuple[str, ...] = ()
        self._series: dict[str, dict[str, ChartSeries]] = {}
        self._between: dict[str, dict[str, tuple[int, bool]]] = {}  # by metric and run
        self._question = 0
        self._is_arranging = False
        self.board = ChartBoard(ChartLook.from_theme(theme()), self._words_of, has_tools=False)
        self.board.setObjectName("compare.charts")
        self.board.wanted.connect(self._on_wanted)
        self._closer = Closer(self.board)
        self._closer.wanted.connect(self._on_closer)
        self.axis_menu = MenuButton("Step", AXES, "step", name="Horizontal axis", small=True)
        self.smoothing_menu = MenuButton(
            "Smoothing", SMOOTHINGS, USUAL_SMOOTHING, icon_name="spline", name="Smoothing",
            small=True,
        )  # fmt: skip
        self.axis_menu.chosen.connect(self._on_axis)
        self.smoothing_menu.chosen.connect(self._on_smoothing)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.board, 1)

    def show_plotted(self, plotted: Plotted) -> None:
        """Charts these runs in this order; with the same runs it only takes over their state."""
        before = (self.run_ids(), self._colours, self._keys)
        runs = [plotted.compared.runs[at] for at in plotted.order]
        self._runs, self._colours = tuple(runs[:MOST_LINES]), dict(plotted.colours)
        self._keys = charted_keys(plotted.compared)
        if before == (self.run_ids(), self._colours, self._keys):
            return
        left = len(runs) - len(self._runs)
        more = f"; {wording.count(left, 'run')} more stand in the table" if left else ""
        self.board.setAccessibleDescription(
            f"{wording.count(len(self._runs), 'run')},"
            f" {wording.count(len(self._keys), 'metric')}{more}"
        )
        self._ask_all_again()

    def run_ids(self) -> tuple[str, ...]:
        """Returns the runs that are drawn."""
        return tuple(run.run_id for run in self._runs)

    def follow(self) -> None:
        """Asks again for the curves of runs that may still be logging."""
        live = tuple(run.run_id for run in self._runs if is_live(run))
        keys = tuple(self._series)
        if live and keys:
            self._ask("compare.follow", live, keys)

    def set_highlight(self, run_id: str) -> None:
        """Draws one run thicker, "" none."""
        self.board.set_highlight(run_id or None)

    def set_axis(self, axis: str) -> None:
        """Changes what x counts: ``step``, ``relative`` or ``time``."""
        self.axis_menu.set_choices(AXES, axis)
        self.axis_menu.set_words(dict(AXES)[axis])
        self._ask_all_again()

    def set_smoothing(self, weight: str) -> None:
        """Changes the weight of the past."""
        self.smoothing_menu.set_choices(SMOOTHINGS, weight)
        self._ask_all_again()

    def layout_of(self) -> dict[str, str]:
        """Returns axis and smoothing, to be remembered."""
        return {"axis": self.axis_menu.current(), "smoothing": self.smoothing_menu.current()}

    def take_layout(self, kept: Mapping[str, object]) -> None:
        """Takes over a remembered axis and smoothing; anything else is left out."""
        if kept.get("axis") in dict(AXES):
            self.set_axis(str(kept["axis"]))
        if kept.get("smoothing") in dict(SMOOTHINGS):
            self.set_smoothing(str(kept["smoothing"]))

    # ------------------------------------------------------------ inside

    def _on_axis(self, axis: str) -> None:
        self.set_axis(axis)
        self.changed.emit()

    def _on_smoothing(self, weight: str) -> None:
        self.set_smoothing(weight)
        self.changed.emit()

    def _ask_all_again(self) -> None:
        self._question += 1
        self._series.clear()
        self._between.clear()
        self._closer.forget()
        weight, axis = float(self.smoothing_menu.current()), self.axis_menu.current()
        self._is_arranging = True
        self.board.set_keys(self._keys)
        options = ChartOptions(x=axis, smoothing=ema(weight))
        self.board.set_layout(replace(self.board.layout_value(), options=options))
        self._is_arranging = False
        self.board.forget_series()

    def _on_wanted(self, keys: tuple[str, ...]) -> None:
        if not self._is_arranging and keys and self._runs:
            self._ask(f"compare.curves.{self._question}.{keys[0]}", self.run_ids(), keys)

    def _on_closer(self, keys: tuple[str, ...]) -> None:
        for key in keys:  # each by itself: a newer question of one lets the others be
            self._ask(f"compare.closer.{key}", self.run_ids(), (key,))

    def _ask(self, job: str, run_ids: tuple[str, ...], keys: tuple[str, ...]) -> None:
        question, curves = self._question, self._curves
        axis, weight = Axis(self.axis_menu.current()), float(self.smoothing_menu.current())
        spans = {key: self._closer.span(key) for key in keys}
        within = spans[keys[0]] if len(set(spans.values())) == 1 else None

        def take(found: tuple[Curve, ...]) -> None:
            same = {key: span for key, span in spans.items() if self._closer.span(key) == span}
            if question == self._question:
                there = tuple(curve for curve in found if curve.key in same)
                self._take(there, tuple(same), has_shadow=weight > 0)

        self._tasks.ask(
            job,
            "Reading curves",
            lambda _progress: curves.curves(
                run_ids, keys, x=axis, smoothing=ema(weight), within=within
            ),
            take,
            owner=self,
        )

    def _take(self, curves: tuple[Curve, ...], keys: Sequence[str], *, has_shadow: bool) -> None:
        names = {run.run_id: name_of(run) for run in self._runs}
        for curve in curves:
            if curve.run_id not in names:
                continue
            told = self._between.setdefault(curve.key, {})
            told[curve.run_id] = curve.between, curve.has_finer
            self._series.setdefault(curve.key, {})[curve.run_id] = ChartSeries(
                run_id=curve.run_id,
                label=names[curve.run_id],
                colour_index=self._colours.get(curve.run_id, 0),
                x=curve.x,
                y=curve.smooth,
                raw_y=curve.raw if has_shadow else None,
            )
        for key in keys:
            known, told = self._series.setdefault(key, {}), self._between.get(key, {})
            self._closer.tell(
                key,
                has_finer=any(is_finer for _, is_finer in told.values()),
                between=sum(count for count, _ in told.values()),
            )
            chart = self.board.chart(key)
            if chart is not None:
                self.board.dress(key, chart)
            self.board.set_series(key, [known[run_id] for run_id in names if run_id in known])

    def _words_of(self, card: Card, options: ChartOptions) -> Words:
        """Returns what stands behind the title of a chart."""
        smoothing, told = options.smoothing, self._between.get(card.id, {}).values()
        is_on = smoothing is not None and smoothing.is_on
        parts = (
            f"EMA {smoothing.amount:.2f}, raw behind" if is_on and smoothing else "",
            between_words(
                sum(count for count, _ in told), has_finer=any(finer for _, finer in told)
            ),
        )
        return Words(note=", ".join(part for part in parts if part))


def charted_keys(compared: ComparedRuns) -> tuple[str, ...]:
    """Returns the metrics with a curve: those that differ first, held-out data in front."""
    curved = [row for row in compared.rows if row.section is Section.METRICS and row.points > 1]
    curved.sort(key=lambda row: (row.is_same, metric_rank(row.key), row.key))
    return tuple(row.key for row in curved)
