# SPDX-License-Identifier: Apache-2.0
"""The compared runs as the plots beside the table are given them: order, names, colours, rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from strongroom.desktop.compare.words import name_of
from strongroom.domain.comparison import ComparedRuns, MetricChoice
from strongroom.domain.metric_schema import MetricSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class Plotted:
    """What is plotted.

    Attributes:
        compared: The runs and their rows.
        order: The runs from left to right, as places in the comparison.
        colours: The palette place of each run, by id.
        schema: Which way of a metric is better, and its unit.
        value: Which value of each metric the rows hold.
    """

    compared: ComparedRuns
    order: tuple[int, ...]
    colours: Mapping[str, int] = field(default_factory=dict)
    schema: MetricSchema = field(default_factory=MetricSchema)
    value: MetricChoice = MetricChoice.LAST

    def is_like(self, other: "Plotted") -> bool:
        """Returns whether another shows the same: what was read once is not compared again."""
        mine = (self.order, self.colours, self.schema, self.value)
        theirs = (other.order, other.colours, other.schema, other.value)
        return self.compared is other.compared and mine == theirs

    def run_ids(self) -> tuple[str, ...]:
        """Returns the runs, a row of the plot each."""
        return tuple(self.compared.runs[at].run_id for at in self.order)

    def names(self) -> tuple[str, ...]:
        """Returns the name of each row's run."""
        return tuple(name_of(self.compared.runs[at]) for at in self.order)

    def marked(self) -> dict[int, int]:
        """Returns the palette place of each row."""
        return {row: self.colours.get(run_id, 0) for row, run_id in enumerate(self.run_ids())}

    def experiments(self) -> frozenset[str]:
        """Returns the experiments of the runs."""
        return frozenset(self.compared.runs[at].experiment for at in self.order)


NOTHING = Plotted(compared=ComparedRuns(runs=(), rows=()), order=())
