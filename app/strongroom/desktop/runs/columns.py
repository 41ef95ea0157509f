# SPDX-License-Identifier: Apache-2.0
"""The columns of the runs table as plain values.

* No column exists that nobody asked for; a run may log thousands of keys.
* A metric's column shows one statistic of it, and the header says which unless it is the last.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from strongroom.desktop.kit.figures import Form
from strongroom.desktop.runs.words import shown
from strongroom.domain.captured import is_system_metric
from strongroom.domain.metric import metric_rank
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.query import Field, FieldKind
from strongroom.domain.run import Run

_FIGURE = re.compile(r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?")
DEFAULT_METRICS, DEFAULT_PARAMS = 4, 6

Kind = Literal["check", "run", "trust", "status", "started", "duration", "value", "spark"]
Statistic = Literal["last", "min", "max", "best"]

STATISTICS: tuple[tuple[Statistic, str], ...] = (
    ("last", "Last value"),
    ("min", "Lowest value"),
    ("max", "Highest value"),
    ("best", "Best value"),
)


@dataclass(frozen=True, slots=True)
class NameCount:
    """A metric, param, tag or attribute, and how many runs have it."""

    field: Field
    run_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """One column.

    Attributes:
        key: Dotted name, such as ``metrics.val/auc``; unique in a table.
        title: What its header says.
        kind: How its cells are painted.
        width: Px at 100 %.
        field: What of a run it shows, for values and sparklines.
        group: The name above the titles of a group of columns.
        is_right: Figures stand at the right.
        order: What a search orders by, "" where it cannot.
        statistic: Which of a metric's figures is shown.
        form: How figures are written.
        decimals: How many a person chose, None for those that suit.
        is_pinned: It stays in sight when the others scroll.
    """

    key: str
    title: str
    kind: Kind
    width: int
    field: Field | None = None
    group: str = ""
    is_right: bool = False
    order: str = ""
    statistic: Statistic = "last"
    form: Form = "auto"
    decimals: int | None = None
    is_pinned: bool = False


PINNED = (
    SheetColumn(key="check", title="", kind="check", width=44, is_pinned=True),
    SheetColumn(
        key="name", title="Run", kind="run", width=196, order="attributes.name", is_pinned=True
    ),
    SheetColumn(key="trust", title="", kind="trust", width=40, is_pinned=True),
)
FIXED = (
    SheetColumn(key="status", title="Status", kind="status", width=112, order="attributes.status"),
    SheetColumn(
        key="started",
        title="Started",
        kind="started",
        width=96,
        is_right=True,
        order="attributes.start_time",
    ),
    SheetColumn(
        key="duration",
        title="Duration",
        kind="duration",
        width=88,
        is_right=True,
        order="attributes.duration",
    ),
)
_GROUPS = {
    FieldKind.METRIC: "Metrics",
    FieldKind.PARAM: "Parameters",
    FieldKind.TAG: "Tags",
    FieldKind.ATTRIBUTE: "Origin",
}


def group_name(field: Field) -> str:
    """Returns the name above the titles of columns like this one."""
    is_system = field.kind is FieldKind.METRIC and metric_rank(field.key) == 2
    return "System" if is_system else _GROUPS[field.kind]


def value_column(
    field: Field,
    runs: Sequence[Run] = (),
    *,
    statistic: Statistic = "last",
    schema: MetricSchema | None = None,
) -> SheetColumn:
    """Returns the column of a metric, a param, a tag or an attribute.

    ``runs`` decide whether a param holds figures, which stand at the right.
    """
    title = shown(field.key)
    key = f"{field.kind}.{field.key}"
    if field.kind is FieldKind.METRIC:
        unit = schema.rule(field.key).unit if schema is not None else ""
        title = ", ".join(filter(None, (title, unit, "" if statistic == "last" else statistic)))
        key = key if statistic == "last" else f"{statistic}({key})"
    width = min(168, max(72, 26 + 6 * len(title)))
    return SheetColumn(
        key=key,
        title=title,
        kind="value",
        width=width,
        field=field,
        group=group_name(field),
        is_right=field.kind is FieldKind.METRIC or _holds_figures(field, runs),
        order=order_text(field, statistic),
        statistic=statistic,
    )


def spark_column(field: Field) -> SheetColumn:
    """Returns the column that draws a metric by step."""
    return SheetColumn(
        key=f"spark({field.kind}.{field.key})",
        title=f"{shown(field.key)} by step",
        kind="spark",
        width=120,
        field=field,
        group=group_name(field),
    )


def order_text(field: Field, statistic: Statistic = "last") -> str:
    """Returns how a search names a field, "" if its name has both kinds of quotes."""
    for quote in '"`':
        if quote not in field.key:
            name = f"{field.kind}.{quote}{field.key}{quote}"
            return name if statistic == "last" else f"{statistic}({name})"
    return ""


def default_fields(names: Sequence[NameCount], runs: Sequence[Run]) -> tuple[Field, ...]:
    """Returns the metrics most runs have, and the params most runs have that vary.

    What the machine says stands in the System tab of a run until somebody picks it.
    """
    ranked = sorted(names, key=lambda each: -each.run_count)
    metrics = [
        each.field
        for each in ranked
        if each.field.kind is FieldKind.METRIC and not is_system_metric(each.field.key)
    ]
    params = [each.field for each in ranked if each.field.kind is FieldKind.PARAM]

    def varies(field: Field) -> bool:
        return len({run.params.get(field.key) for run in runs}) > 1

    metrics.sort(key=lambda field: metric_rank(field.key))
    varying = [field for field in params if varies(field)]
    return (*metrics[:DEFAULT_METRICS], *varying[:DEFAULT_PARAMS])


def _holds_figures(field: Field, runs: Sequence[Run]) -> bool:
    if field.kind is not FieldKind.PARAM:
        return False
    texts = [run.params[field.key] for run in runs if field.key in run.params]
    return bool(texts) and all(_FIGURE.fullmatch(text) for text in texts)
