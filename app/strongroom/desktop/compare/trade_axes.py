# SPDX-License-Identifier: Apache-2.0
"""What two axes a trade-off is told by: a result against what it costs.

* A result is a metric with a direction; what it costs is one with a unit that is better low, such
  as milliseconds or megabytes, else how long the run took.
* Rows that differ come first; every numeric metric can be chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.desktop.compare.dimensions import is_numeric, key_of, title_of
from strongroom.domain.comparison import ComparedRow, ComparedRuns, MetricChoice, Section
from strongroom.domain.metric import metric_rank
from strongroom.domain.metric_schema import Direction, MetricSchema
from strongroom.domain.query import Aggregate, Attribute, Field, FieldKind

MOST_OFFERED = 60  # axes in the menu; a row's own menu puts any other metric on an axis
_AGGREGATES = {
    MetricChoice.LAST: Aggregate.LAST,
    MetricChoice.MIN: Aggregate.MIN,
    MetricChoice.MAX: Aggregate.MAX,
    MetricChoice.BEST: Aggregate.BEST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeAxis:
    """One row that can stand on an axis, and which way of it is better."""

    row: ComparedRow
    direction: Direction
    unit: str = ""

    @property
    def key(self) -> str:
        """What it is called between plot, page and session."""
        return key_of(self.row)

    @property
    def title(self) -> str:
        """What people read."""
        return title_of(self.row)

    @property
    def heading(self) -> str:
        """The title with its unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    def field(self, choice: MetricChoice) -> Field:
        """Returns the field other runs are asked for."""
        if self.row.section is Section.RUN:
            return Field(kind=FieldKind.ATTRIBUTE, key=Attribute.DURATION.value)
        has_best = choice is not MetricChoice.BEST or self.direction is not Direction.NONE
        aggregate = _AGGREGATES[choice] if has_best else Aggregate.LAST
        return Field(kind=FieldKind.METRIC, key=self.row.key, aggregate=aggregate)


def axes_of(compared: ComparedRuns, schema: MetricSchema) -> tuple[TradeAxis, ...]:
    """Returns what can stand on an axis: those that differ first, held-out data in front."""
    found = []
    for row in compared.rows:
        if row.section is Section.METRICS and is_numeric(row):
            rule = schema.rule(row.key)
            found.append(TradeAxis(row=row, direction=rule.direction, unit=rule.unit))
        elif row.section is Section.RUN and row.key == Attribute.DURATION.value:
            found.append(TradeAxis(row=row, direction=Direction.LOWER))
    found.sort(
        key=lambda axis: (
            axis.row.section is Section.RUN,
            axis.row.is_same,
            axis.direction is Direction.NONE,
            metric_rank(axis.row.key),
            axis.row.key,
        )
    )
    return tuple(found)


def usual_axes(axes: Sequence[TradeAxis]) -> tuple[TradeAxis, TradeAxis] | None:
    """Returns result (y) and cost (x) to start with, None where there are not two axes."""
    results = [axis for axis in axes if axis.row.section is not Section.RUN and not axis.unit]
    gains = [axis for axis in results if axis.direction is Direction.HIGHER]
    y = next(iter([*gains, *results, *axes]), None)
    differing = [axis for axis in axes if not axis.row.is_same]
    costs = [axis for axis in differing if axis.unit and axis.direction is Direction.LOWER]
    spans = [axis for axis in differing if axis.row.section is Section.RUN]
    x = next((axis for axis in [*costs, *spans, *axes] if y is not None and axis != y), None)
    return (y, x) if x is not None and y is not None else None
