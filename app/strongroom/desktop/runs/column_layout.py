# SPDX-License-Identifier: Apache-2.0
"""Which columns the table has, in which order and how wide: the usual ones, or a person's own.

* The first change of a person makes the columns their own; "usual columns" lets go of that.
* Pinned columns stand first. Boxes and names are always there.
* Columns are kept as plain JSON; what cannot be read of it is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from strongroom.desktop.kit.figures import FORMS, MOST_CHOSEN, Form
from strongroom.desktop.runs.columns import (
    FIXED,
    PINNED,
    STATISTICS,
    SheetColumn,
    Statistic,
    spark_column,
    value_column,
)
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.query import Attribute, Field, FieldKind
from strongroom.domain.run import Run

LEAST_WIDTH, MOST_WIDTH = 40, 900  # px at 100 %
WITH_SPREAD = 124  # px at 100 % that hold ``0.8479 ± 0.0512``
ALWAYS = frozenset({"check", "name"})
_BUILT_IN = {column.key: column for column in (*PINNED, *FIXED)}


class ColumnLayout:
    """The columns a person chose."""

    def __init__(self) -> None:
        self._own: tuple[SheetColumn, ...] | None = None
        self._widths: dict[str, int] = {}
        self._schema = MetricSchema()
        self._runs: Sequence[Run] = ()
        self._shown: tuple[SheetColumn, ...] = (*PINNED, *FIXED)

    def fields(self) -> tuple[Field, ...] | None:
        """Returns the fields of a person's own columns, None for the usual ones."""
        if self._own is None:
            return None
        return tuple(column.field for column in self._own if column.field is not None)

    def columns(
        self,
        usual: Sequence[Field],
        runs: Sequence[Run],
        schema: MetricSchema,
        *,
        is_grouped: bool = False,
    ) -> tuple[SheetColumn, ...]:
        """Returns the columns to show.

        Args:
            usual: The fields of the usual columns.
            runs: Runs of the answer; they tell whether a param holds figures.
            schema: What is known of metrics.
            is_grouped: Metrics need room for a mean and its spread.
        """
        self._schema, self._runs = schema, runs
        if self._own is None:
            values = [self._value(field) for field in usual]
            sparks = [spark_column(field) for field in usual if field.kind is FieldKind.METRIC]
            measured = sum(column.group in {"Metrics", "System"} for column in values)
            values[measured:measured] = sparks[:1]
            shown: Sequence[SheetColumn] = (*PINNED, *FIXED, *values)
        else:
            shown = [self._fresh(column) for column in self._own]
        least = WITH_SPREAD if is_grouped else 0

        def width(column: SheetColumn) -> int:
            is_metric = column.kind == "value" and column.group in {"Metrics", "System"}
            own = max(column.width, least) if is_metric else column.width
            return self._widths.get(column.key, own)

        self._shown = tuple(replace(column, width=width(column)) for column in shown)
        return self._shown

    def set_fields(self, fields: Sequence[Field] | None) -> None:
        """Shows these fields, or None for the usual columns; others keep place and form."""
        if fields is None:
            self._own = None
            return
        wanted = list(fields)
        kept = [
            column
            for column in self._shown
            if column.field is None or column.kind == "spark" or column.field in wanted
        ]
        there = {column.field for column in kept if column.kind == "value"}
        added = [self._value(field) for field in wanted if field not in there]
        self._own = _pinned_first((*kept, *added))

    def set_width(self, key: str, width: int) -> None:
        """Makes a column so many px wide at 100 %."""
        self._widths[key] = max(LEAST_WIDTH, min(MOST_WIDTH, width))

    def pin(self, key: str, *, on: bool) -> None:
        """Lets a column stay in sight, or scroll with the others."""
        self._change(key, lambda column: replace(column, is_pinned=on))

    def hide(self, key: str) -> None:
        """Takes a column away."""
        if key not in ALWAYS:
            self._own = tuple(column for column in self._shown if column.key != key)

    def move(self, key: str, to: int) -> None:
        """Moves a column to another place among those of its side."""
        columns = list(self._shown)
        at = next((at for at, column in enumerate(columns) if column.key == key), -1)
        if at < 0 or key == "check":
            return
        column = columns.pop(at)
        columns.insert(max(1, min(len(columns), to)), column)
        self._own = _pinned_first(columns)

    def step(self, key: str, by: int) -> None:
        """Moves a column by one place to the left (-1) or to the right (1)."""
        places = [column.key for column in self._shown]
        if key in places:
            self.move(key, places.index(key) + by)

    def set_form(self, key: str, form: Form, decimals: int | None) -> None:
        """Writes the figures of a column in another form."""
        self._change(key, lambda column: replace(column, form=form, decimals=decimals))

    def set_statistic(self, key: str, statistic: Statistic) -> str:
        """Shows another figure of a metric; returns the key of the column, which is another."""
        column = next((each for each in self._shown if each.key == key), None)
        if column is None or column.field is None:
            return key
        made = replace(
            self._value(column.field, statistic),
            form=column.form,
            decimals=column.decimals,
            is_pinned=column.is_pinned,
        )
        if any(each.key == made.key for each in self._shown):
            return key
        self._change(key, lambda _column: made)
        return made.key

    def add_spark(self, key: str) -> None:
        """Draws a metric by step beside the column of its figure."""
        places = [column.key for column in self._shown]
        at = places.index(key) if key in places else -1
        field = self._shown[at].field if at >= 0 else None
        if field is None or field.kind is not FieldKind.METRIC:
            return
        made = replace(spark_column(field), is_pinned=self._shown[at].is_pinned)
        if made.key not in places:
            self._own = (*self._shown[: at + 1], made, *self._shown[at + 1 :])

    # ------------------------------------------------------------ kept between sessions

    def to_json(self) -> dict[str, Any]:
        """Returns the layout as plain JSON."""
        own = None if self._own is None else [_as_json(column) for column in self._own]
        return {"columns": own, "widths": dict(self._widths)}

    def take_json(self, kept: object) -> None:
        """Takes over a layout that was kept, as far as it can be read."""
        known = kept if isinstance(kept, dict) else {}
        own, widths = known.get("columns"), known.get("widths")
        self._own = None
        if isinstance(own, list):
            read = [column for column in map(self._from_json, own) if column is not None]
            unique = list({column.key: column for column in read}.values())
            missing = [PINNED[0], PINNED[1]]
            there = {column.key for column in unique}
            self._own = _pinned_first(
                (*(each for each in missing if each.key not in there), *unique)
            )
        self._widths = {}
        for key, width in widths.items() if isinstance(widths, dict) else ():
            if isinstance(key, str) and isinstance(width, int):
                self.set_width(key, width)

    # ------------------------------------------------------------ inside

    def _value(self, field: Field, statistic: Statistic = "last") -> SheetColumn:
        return value_column(field, self._runs, statistic=statistic, schema=self._schema)

    def _fresh(self, column: SheetColumn) -> SheetColumn:
        """Returns a column with the title its unit asks for now."""
        if column.field is None or column.kind != "value":
            return column
        now = self._value(column.field, column.statistic)
        is_right = now.is_right if self._runs else column.is_right
        return replace(column, title=now.title, order=now.order, is_right=is_right, width=now.width)

    def _change(self, key: str, make: Callable[[SheetColumn], SheetColumn]) -> None:
        self._own = _pinned_first(
            [make(column) if column.key == key else column for column in self._shown]
        )

    def _from_json(self, kept: object) -> SheetColumn | None:
        if not isinstance(kept, dict):
            return None
        if kept.get("key") in _BUILT_IN:
            return replace(_BUILT_IN[kept["key"]], is_pinned=bool(kept.get("pinned")))
        kind, name = kept.get("kind"), kept.get("name")
        if kind not in set(FieldKind) or not isinstance(name, str) or not name:
            return None
        if kind == FieldKind.ATTRIBUTE and name not in set(Attribute):
            return None
        field = Field(kind=FieldKind(kind), key=name)
        if kept.get("spark"):
            made = spark_column(field)
        else:
            statistic = kept.get("statistic")
            made = self._value(field, statistic if statistic in dict(STATISTICS) else "last")
        form, decimals = kept.get("form"), kept.get("decimals")
        is_count = isinstance(decimals, int) and 0 <= decimals <= MOST_CHOSEN
        return replace(
            made,
            form=form if form in dict(FORMS) else "auto",
            decimals=decimals if is_count else None,
            is_pinned=bool(kept.get("pinned")),
        )


def _pinned_first(columns: Sequence[SheetColumn]) -> tuple[SheetColumn, ...]:
    boxes = [column for column in columns if column.kind == "check"]
    others = [column for column in columns if column.kind != "check"]
    return (
        *(replace(column, is_pinned=True) for column in boxes),
        *(column for column in others if column.is_pinned),
        *(column for column in others if not column.is_pinned),
    )


def _as_json(column: SheetColumn) -> dict[str, Any]:
    if column.field is None:
        return {"key": column.key, "pinned": column.is_pinned}
    return {
        "kind": column.field.kind.value,
        "name": column.field.key,
        "spark": column.kind == "spark",
        "statistic": column.statistic,
        "form": column.form,
        "decimals": column.decimals,
        "pinned": column.is_pinned,
    }
