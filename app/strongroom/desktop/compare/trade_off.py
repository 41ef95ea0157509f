# SPDX-License-Identifier: Apache-2.0
"""The trade-off chart: two metrics of the compared runs against each other, and who is not beaten.

* Compared runs have their colours; the newest other runs of their experiment lie grey behind them
  and take part in the Pareto front, unless somebody leaves them out.
* Which way is better comes from the metric's rule; where nobody knows, no front is drawn and the
  line above says why.
* One run that went astray does not press all others into a line: it lies outside what is in sight
  first, and how many do is said. Compared runs and the front are always inside.
* An answer for other axes or runs is dropped; compared runs never wait for the others.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.dimension import Dimension, Measure, spans_decades
from strongroom.desktop.charts.front import front_of
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.points import Points
from strongroom.desktop.charts.scatter import ScatterPlot
from strongroom.desktop.compare.dimensions import numbers_of
from strongroom.desktop.compare.plot_pane import PlotPane
from strongroom.desktop.compare.plotted import NOTHING, Plotted
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.compare.trade_axes import MOST_OFFERED, TradeAxis, axes_of, usual_axes
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.domain.comparison import Section
from strongroom.domain.metric_schema import Direction
from strongroom.domain.progress import Progress
from strongroom.services.run_values import ValueTable

MOST_OTHERS = 2_000  # grey runs; the newest
SCOPES = (("all", "With the other runs of the experiment"), ("compared", "Compared runs only"))
_SCOPE_WORDS = {"all": "Experiment", "compared": "Compared"}
WHISKER = 1.5  # spreads of the middle half; what lies further went astray
LONGEST = 16  # characters of a metric on its button; the tooltip says all of them
ROLES = (("y", "Vertical axis"), ("x", "Horizontal axis"))


class TradeOff(PlotPane):
    """The chart and its choices.

    Args:
        services: Where the values of other runs come from.
        tasks: The jobs of the window.

    Signals:
        run_chosen: A compared run was clicked, or Enter pressed on it (run id).
        add_requested: Another run is to be compared too (run id).
        changed: Something worth remembering was chosen.
    """

    run_chosen = Signal(str)
    add_requested = Signal(str)
    changed = Signal()

    def __init__(
        self, services: CompareServices, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        self._services, self._tasks = services, tasks
        self._plotted = NOTHING
        self._axes: tuple[TradeAxis, ...] = ()
        self._wanted = {"y": "", "x": ""}  # what a person chose, "" for the usual
        self._ids: tuple[str, ...] = ()  # the run of each row of the chart
        self._question: object = None
        self._others: ValueTable | None = None
        self._is_stale = False
        self.chart = ScatterPlot(ChartLook.from_theme(theme()))
        self.chart.setObjectName("compare.trade_off")
        self.menus = {role: MenuButton(name, name=name, small=True) for role, name in ROLES}
        self.scope = MenuButton(
            "Experiment", SCOPES, "all", name="Runs of the trade-off", small=True
        )
        super().__init__(self.chart, (self.scope, self.menus["y"], self.menus["x"]), parent=parent)
        for role, menu in self.menus.items():
            menu.chosen.connect(lambda key, role=role: self.set_axis(role, key))
        self.scope.chosen.connect(self.set_scope)
        self.chart.chosen.connect(self._on_chosen)
        self._say()

    # ------------------------------------------------------------ content

    def show_plotted(self, plotted: Plotted) -> None:
        """Shows other runs, the same in another order, or other values of them."""
        self._plotted = plotted
        self._axes = axes_of(plotted.compared, plotted.schema)
        self._say()
        self._ask_others()
        self._draw()

    def axes(self) -> tuple[TradeAxis, TradeAxis] | None:
        """Returns what stands on the vertical and on the horizontal axis."""
        usual = usual_axes(self._axes)
        if usual is None:
            return None
        by_key = {axis.key: axis for axis in self._axes}
        y, x = by_key.get(self._wanted["y"], usual[0]), by_key.get(self._wanted["x"], usual[1])
        if x.key == y.key:
            x = next((axis for axis in (usual[1], usual[0], *self._axes) if axis.key != y.key), x)
        return y, x

    def can_stand(self, key: str) -> bool:
        """Returns whether a row, by key, can stand on an axis."""
        return any(axis.key == key for axis in self._axes)

    def set_axis(self, role: str, key: str) -> None:
        """Puts another metric on an axis: ``y`` or ``x``, and the key of its row."""
        now = self.axes()
        other = "x" if role == "y" else "y"
        if now is not None and key == now[0 if other == "y" else 1].key:
            self._wanted[other] = now[0 if role == "y" else 1].key  # they change places
        self._wanted[role] = key
        self._changed()

    def set_scope(self, scope: str) -> None:
        """Shows ``all`` runs of the experiment behind the ``compared`` ones, or only those."""
        self.scope.set_choices(SCOPES, scope)
        self._changed()

    def set_highlight(self, run_id: str) -> None:
        """Rings one compared run, "" none."""
        self.chart.set_highlight(self._ids.index(run_id) if run_id in self._ids else -1)

    def run_id(self, row: int) -> str:
        """Returns the run of a point."""
        return self._ids[row]

    def layout_of(self) -> dict[str, str]:
        """Returns axes and scope, to be remembered."""
        return {**self._wanted, "scope": self.scope.current()}

    def take_layout(self, kept: Mapping[str, object]) -> None:
        """Takes over what `layout_of` returned once; anything else is left out."""
        for role in self._wanted:
            if isinstance(kept.get(role), str):
                self._wanted[role] = str(kept[role])
        if kept.get("scope") in dict(SCOPES):
            self.scope.set_choices(SCOPES, str(kept["scope"]))
        self._say()

    # ------------------------------------------------------------ inside

    def _changed(self) -> None:
        self._say()
        self._ask_others()
        self._draw()
        self.changed.emit()

    def _ask_others(self) -> None:
        """Reads the same values of the other runs of the experiment, if there is one."""
        axes, experiments, value = self.axes(), self._plotted.experiments(), self._plotted.value
        if axes is None or len(experiments) != 1 or self.scope.current() != "all":
            self._tasks.cancel("compare.trade_off")
            self._question = None
            return
        fields = [axis.field(value) for axis in axes]
        question = (*fields, *experiments)
        if question == self._question:
            return
        self._question, self._others = question, None
        values, experiment = self._services.run_values, next(iter(experiments))

        def work(progress: Progress) -> ValueTable:
            return values.read(fields, experiment=experiment, limit=MOST_OTHERS, progress=progress)

        def done(table: ValueTable) -> None:
            if question == self._question:
                self._others = table
                self._draw()

        self._tasks.ask(
            "compare.trade_off", "Reading the other runs", work, done, owner=self,
            failed=self._on_failed,
        )  # fmt: skip

    def _on_failed(self, fault: BaseException) -> None:
        self._question = None
        errors.show(fault, self)

    def _draw(self) -> None:
        axes, plotted = self.axes(), self._plotted
        if axes is None:
            self._ids = ()
            self.chart.set_points(None)
            return
        compared, behind = plotted.run_ids(), np.empty(0, np.intp)
        table = self._others if self._question is not None else None
        if table is not None:
            there = set(compared)
            rows = [row for row, each in enumerate(table.run_ids) if each not in there]
            behind = np.array(rows, np.intp)
        dimensions = [self._dimension(axis, at, table, behind) for at, axis in enumerate(axes)]
        others = () if table is None else tuple(table.run_ids[row] for row in behind.tolist())
        names = () if table is None else tuple(shown(table.names[row]) for row in behind.tolist())
        self._ids = (*compared, *others)
        points = Points(
            y=dimensions[0], x=dimensions[1], names=(*plotted.names(), *names),
            marked=plotted.marked(),
        )  # fmt: skip
        self.chart.set_points(points)
        directions, best = [axis.direction for axis in axes], tuple[int, ...]()
        if Direction.NONE not in directions:
            is_low_y, is_low_x = (each is Direction.LOWER for each in directions)
            front = front_of(points, is_low_x=is_low_x, is_low_y=is_low_y)
            best = front.rows
            self.chart.set_front(front)
        self.chart.set_frame([*range(len(compared)), *best, *_usual_rows(points)])

    def _dimension(
        self,
        axis: TradeAxis,
        at: int,
        table: ValueTable | None,
        behind: NDArray[np.intp],
    ) -> Dimension:
        numbers = numbers_of(axis.row, self._plotted.order)
        if table is not None:
            numbers = np.concatenate([numbers, table.columns[at].numbers[behind]])
        is_span = axis.row.section is Section.RUN
        return Dimension(
            key=axis.key,
            title=axis.title,
            numbers=numbers,
            unit=axis.unit,
            measure=Measure.DURATION if is_span else Measure.NUMBER,
            is_log=spans_decades(numbers),
        )

    def _on_chosen(self, row: int) -> None:
        run_id = self._ids[row]
        is_compared = row < len(self._plotted.order)
        (self.run_chosen if is_compared else self.add_requested).emit(run_id)

    def _say(self) -> None:
        """Names the choices on their buttons, and why there is no front."""
        axes = self.axes()
        offered = [(axis.key, _offer(axis)) for axis in self._axes[:MOST_OFFERED]]
        for at, (role, name) in enumerate(ROLES):
            menu = self.menus[role]
            menu.setEnabled(axes is not None)
            if axes is None:
                menu.set_words(name)
                continue
            axis = axes[at]
            listed = offered if axis.key in dict(offered) else [*offered, (axis.key, _offer(axis))]
            menu.set_choices(listed, axis.key)
            title = axis.title
            short = title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"
            menu.set_words(f"{role.upper()}  {short}")
            menu.setAccessibleName(f"{name}: {axis.heading}, {_better(axis)}")
            menu.setToolTip(plain_tooltip(f"{axis.heading}: {_better(axis)}"))
        has_one = len(self._plotted.experiments()) < 2
        self.scope.setEnabled(has_one)
        scope = self.scope.current() if has_one else "compared"
        self.scope.set_words(_SCOPE_WORDS[scope])
        why = "" if has_one else ": they come from several experiments"
        self.scope.setAccessibleName(f"Runs of the trade-off: {dict(SCOPES)[scope]}{why}")
        self.scope.setToolTip(f"{dict(SCOPES)[scope]}{why}")


def _usual_rows(points: Points) -> list[int]:
    """Returns the rows that lie near the others: within a box plot's whiskers on both axes."""
    is_usual = np.ones(len(points.rows), bool)
    for axis in (points.x, points.y):
        places = axis.places[points.rows]
        if len(places):
            low, high = np.quantile(places, (0.25, 0.75))
            reach = WHISKER * (high - low)
            is_usual &= (places >= low - reach) & (places <= high + reach)
    return [int(row) for row in points.rows[is_usual]]


def _offer(axis: TradeAxis) -> str:
    note = "" if axis.row.is_same is False else "  the same in all"
    return f"{axis.heading}{note}"


def _better(axis: TradeAxis) -> str:
    if axis.direction is Direction.NONE:
        return "nobody said which way is better, so no front is drawn"
    return f"{axis.direction.value} is better"
