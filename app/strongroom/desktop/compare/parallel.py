# SPDX-License-Identifier: Apache-2.0
"""Parallel coordinates of the compared runs: the parameters that vary, then what came out.

* Only rows with different values stand there; a word that differs in every run is a name and no
  setting.
* Brushing an axis narrows nothing by itself; a button keeps the brushed runs and takes the others
  out, which Undo brings back.
"""

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.parallel import ParallelPlot
from strongroom.desktop.charts.parallel_scene import Strands
from strongroom.desktop.compare.dimensions import dimension_of, is_numeric, key_of, title_of
from strongroom.desktop.compare.plot_pane import PlotPane
from strongroom.desktop.compare.plotted import NOTHING, Plotted
from strongroom.desktop.kit.buttons import Button, MenuButton
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.session import Json
from strongroom.desktop.kit.theme import theme
from strongroom.domain.comparison import ComparedRow, Section
from strongroom.domain.metric import metric_rank
from strongroom.domain.metric_schema import Direction, MetricSchema

MOST_AXES = 12  # more stand too close to be read beside the table
FIRST_PARAMS, FIRST_METRICS = 3, 1
MOST_OFFERED = 60
MOST_TRIED = 40  # parameters looked at for the usual axes; each has a value a run


class ParallelPane(PlotPane):
    """The plot and its choices.

    Signals:
        run_chosen: A run was clicked, or Enter pressed on it (run id).
        keep_requested: Only these runs are to stay (tuple of ids).
        changed: Something worth remembering was chosen.
    """

    run_chosen = Signal(str)
    keep_requested = Signal(object)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._plotted = NOTHING
        self._rows: dict[str, ComparedRow] = {}
        self._usual: tuple[str, ...] = ()
        self._chosen: tuple[str, ...] = ()  # axes a person chose, none for the usual
        self.chart = ParallelPlot(ChartLook.from_theme(theme()))
        self.chart.setObjectName("compare.parallel")
        self.axes_menu = MenuButton("Axes", name="Axes of the parallel coordinates", small=True)
        self.keep_button = Button("Keep", "secondary", small=True, name="Keep the brushed runs")
        title = Elided("Parallel coordinates", "text_secondary", "dense", weight=600)
        super().__init__(
            self.chart, (title, self.keep_button, self.axes_menu), left=16, parent=parent
        )
        self.axes_menu.chosen.connect(self._on_axis)
        self.keep_button.clicked.connect(self.keep)
        self.chart.brushes_changed.connect(lambda _brushes: self._say())
        self.chart.order_changed.connect(self._on_order)
        self.chart.chosen.connect(lambda at: self.run_chosen.emit(self._plotted.run_ids()[at]))
        self._say()

    # ------------------------------------------------------------ content

    def show_plotted(self, plotted: Plotted) -> None:
        """Shows other runs, the same in another order, or other values of them."""
        self._plotted = plotted
        self._rows = {key_of(each): each for each in plotted.compared.rows if _can_stand(each)}
        self._usual = usual_axes(self._rows.values(), plotted.schema)
        self._draw()

    def axes(self) -> tuple[str, ...]:
        """Returns the keys of the axes from left to right."""
        kept = tuple(key for key in self._chosen if key in self._rows)
        return kept if len(kept) > 1 else self._usual

    def set_axes(self, keys: Sequence[str]) -> None:
        """Shows other axes."""
        self._chosen = tuple(dict.fromkeys(keys))[:MOST_AXES]
        self._draw()
        self.changed.emit()

    def brushed(self) -> tuple[str, ...]:
        """Returns the runs inside every brush; none without brushes."""
        ids = self._plotted.run_ids()
        return tuple(ids[at] for at in self.chart.brushed_rows())

    def keep(self) -> None:
        """Asks to compare only the brushed runs."""
        found = self.brushed()
        if len(found) > 1:
            self.chart.set_brushes({})
            self.keep_requested.emit(found)

    def set_highlight(self, run_id: str) -> None:
        """Draws one run stronger, "" none."""
        ids = self._plotted.run_ids()
        self.chart.set_highlight(ids.index(run_id) if run_id in ids else -1)

    def layout_of(self) -> dict[str, Json]:
        """Returns axes and which of them stand upside down, to be remembered."""
        return {"axes": [*self._chosen], "flipped": [*sorted(self.chart.flipped())]}

    def take_layout(self, kept: Mapping[str, Json]) -> None:
        """Takes over what `layout_of` returned once; anything else is left out."""
        axes, flipped = kept.get("axes"), kept.get("flipped")
        if isinstance(axes, list):
            self._chosen = tuple(key for key in axes if isinstance(key, str))[:MOST_AXES]
        if isinstance(flipped, list):
            self.chart.set_flipped(frozenset(key for key in flipped if isinstance(key, str)))

    # ------------------------------------------------------------ inside

    def _draw(self) -> None:
        plotted, keys = self._plotted, self.axes()
        dimensions = tuple(
            dimension_of(self._rows[key], plotted.order, plotted.schema) for key in keys
        )
        has_axes = len(dimensions) > 1
        strands = Strands(dimensions=dimensions, names=plotted.names(), marked=plotted.marked())
        self.chart.set_strands(strands if has_axes else None)
        self._say()

    def _say(self) -> None:
        keys, shown_axes = self.axes(), len(self.axes())
        varying = len(self._rows)
        self.axes_menu.set_words(f"{shown_axes} of {varying} axes" if varying else "Axes")
        choices = [(f"off {key}", f"Take off {title_of(self._rows[key])}") for key in keys]
        others = [(f"on {key}", f"Add {title_of(each)}")
                  for key, each in self._rows.items() if key not in keys]  # fmt: skip
        if self._chosen:
            choices.append(("usual", "The usual axes"))
        between = [("", "")] if choices and others else []
        self.axes_menu.set_choices([*choices, *between, *others[:MOST_OFFERED]])
        self.axes_menu.setEnabled(bool(self._rows))
        count = len(self.chart.brushed_rows())
        self.keep_button.set_words(f"Keep {count}")
        self.keep_button.setVisible(bool(self.chart.brushes()))
        self.keep_button.setEnabled(count > 1)
        self.keep_button.setToolTip("" if count > 1 else "Brush two runs or more")

    def _on_axis(self, choice: str) -> None:
        act, _, key = choice.partition(" ")
        if act == "usual":
            self.set_axes(())
        elif act == "off":
            self.set_axes([each for each in self.axes() if each != key])
        else:
            self.set_axes([*self.axes(), key])

    def _on_order(self, keys: tuple[str, ...]) -> None:
        self._chosen = keys
        self._say()
        self.changed.emit()


def usual_axes(rows: Iterable[ComparedRow], schema: MetricSchema) -> tuple[str, ...]:
    """Returns the axes to start with: parameters that vary, numbers first, then the results."""
    rows = tuple(rows)
    params = [each for each in rows if each.section is Section.PARAMS][:MOST_TRIED]
    numeric: list[ComparedRow] = []
    named: list[ComparedRow] = []
    for each in params:
        (numeric if is_numeric(each) else named).append(each)
    params = [*numeric, *filter(_is_setting, named)]
    metrics = [each for each in rows if each.section is Section.METRICS]
    metrics.sort(
        key=lambda each: (
            schema.rule(each.key).direction is not Direction.HIGHER,
            metric_rank(each.key),
            each.key,
        )
    )
    count = max(FIRST_METRICS, 2 - len(params[:FIRST_PARAMS]))
    chosen = [*params[:FIRST_PARAMS], *reversed(metrics[:count])]
    return tuple(key_of(each) for each in chosen)


def _can_stand(each: ComparedRow) -> bool:
    has_several = len({value for value in each.values if value is not None}) > 1
    return has_several and each.section in {Section.METRICS, Section.PARAMS}


def _is_setting(each: ComparedRow) -> bool:
    """Returns whether words are few enough to be a setting."""
    words = [value for value in each.values if value is not None]
    return len(set(words)) * 2 <= max(len(words), 4)
