# SPDX-License-Identifier: Apache-2.0
"""How many runs break a metric's rule, before it is stated and after.

* The catalog answers; no run folder is opened. A run counts once, whichever bound it breaks.
"""

from dataclasses import dataclass

from strongroom.domain.metric_schema import MetricRule
from strongroom.domain.query import Aggregate, AnyOf, Comparison, Field, FieldKind, Operator
from strongroom.domain.query_writer import filter_text
from strongroom.services.runs import Runs

NAMED = 3  # runs named in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBreaches:
    """The runs that have a metric and those among them that break its rule.

    Attributes:
        having: How many runs have logged the metric.
        broken: How many of them have a point outside the bounds.
        names: The names of the newest of those.
        filter: Finds those runs in the table; "" for a rule without bounds.
    """

    having: int
    broken: int
    names: tuple[str, ...]
    filter: str


def find_breaches(runs: Runs, rule: MetricRule) -> RuleBreaches:
    """Returns which runs have a metric and which break a rule for it, deleted ones aside."""
    low = Field(kind=FieldKind.METRIC, key=rule.key, aggregate=Aggregate.MIN)
    high = Field(kind=FieldKind.METRIC, key=rule.key, aggregate=Aggregate.MAX)
    count = Field(kind=FieldKind.METRIC, key=rule.key, aggregate=Aggregate.COUNT)
    tests = []
    if rule.high is not None:
        tests.append(Comparison(field=high, operator=Operator.GREATER, value=rule.high))
    if rule.low is not None:
        tests.append(Comparison(field=low, operator=Operator.LESS, value=rule.low))
    some = Comparison(field=count, operator=Operator.GREATER, value=0.0)
    having = runs.search(filter_text(some), limit=0).total
    if not tests:
        return RuleBreaches(having=having, broken=0, names=(), filter="")
    text = filter_text(tests[0] if len(tests) == 1 else AnyOf(parts=tuple(tests)))
    page = runs.search(text, limit=NAMED)
    names = tuple(run.name or run.run_id[:8] for run in page.runs)
    return RuleBreaches(having=having, broken=page.total, names=names, filter=text)
