# SPDX-License-Identifier: Apache-2.0
"""The runs table as plain values: columns, and the words of every cell, made when they are seen.

* No column exists that nobody asked for; a run may log thousands of keys.
* Figures of one column have the same decimals. A missing value is a dash, never 0.
* The search orders; a sheet shows runs as they came.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.figures import Figures
from strongroom.desktop.runs.words import shown
from strongroom.domain.metric import metric_rank
from strongroom.domain.query import Field, FieldKind
from strongroom.domain.run import Run, RunStatus

_FIGURE = re.compile(r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?")
SAMPLE = 2_000  # rows that decide the decimals of a column
DEFAULT_METRICS, DEFAULT_PARAMS = 4, 6

Kind = Literal["check", "run", "status", "started", "duration", "attribute", "value"]
_STATUS_WORDS = {
    RunStatus.RUNNING: "Running",
    RunStatus.SCHEDULED: "Scheduled",
    RunStatus.FINISHED: "Finished",
    RunStatus.FAILED: "Failed",
    RunStatus.KILLED: "Killed",
}


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
        field: What of a run it shows, for values.
        group: The name above the titles of a group of columns.
        is_right: Figures stand at the right.
        order: What a search orders by, "" where it cannot.
    """

    key: str
    title: str
    kind: Kind
    width: int
    field: Field | None = None
    group: str = ""
    is_right: bool = False
    order: str = ""


PINNED = (
    SheetColumn(key="check", title="", kind="check", width=44),
    SheetColumn(key="name", title="Run", kind="run", width=196, order="attributes.name"),
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


def value_column(field: Field, runs: Sequence[Run] = ()) -> SheetColumn:
    """Returns the column of a metric, a param, a tag or an attribute.

    ``runs`` decide whether a param holds figures, which stand at the right.
    """
    title = shown(field.key)
    width = min(168, max(72, 26 + 6 * len(title)))
    return SheetColumn(
        key=f"{field.kind}.{field.key}",
        title=title,
        kind="value",
        width=width,
        field=field,
        group=_GROUPS[field.kind],
        is_right=field.kind is FieldKind.METRIC or _holds_figures(field, runs),
        order=order_text(field),
    )


def order_text(field: Field) -> str:
    """Returns how a search names a field, "" if its name has both kinds of quotes."""
    for quote in '"`':
        if quote not in field.key:
            return f"{field.kind}.{quote}{field.key}{quote}"
    return ""


def default_fields(names: Sequence[NameCount], runs: Sequence[Run]) -> tuple[Field, ...]:
    """Returns the metrics most runs have, and the params most runs have that vary."""
    ranked = sorted(names, key=lambda each: -each.run_count)
    metrics = [each.field for each in ranked if each.field.kind is FieldKind.METRIC]
    params = [each.field for each in ranked if each.field.kind is FieldKind.PARAM]
    sample = runs[:SAMPLE]

    def varies(field: Field) -> bool:
        return len({run.params.get(field.key) for run in sample}) > 1

    metrics.sort(key=lambda field: metric_rank(field.key))
    varying = [field for field in params if varies(field)]
    return (*metrics[:DEFAULT_METRICS], *varying[:DEFAULT_PARAMS])


def status_words(run: Run) -> str:
    """Returns the state of a run in one or two words."""
    if run.is_lost and run.status is RunStatus.RUNNING:
        return "Lost contact"
    return _STATUS_WORDS[run.status]


class Sheet:
    """Rows and columns of the table.

    Args:
        columns: All columns, the pinned ones first.
        now_us: The time that "Yesterday" is told from.
    """

    def __init__(self, columns: Sequence[SheetColumn], now_us: int) -> None:
        self.columns = tuple(columns)
        self.runs: list[Run] = []
        self.now_us = now_us
        self._rows: dict[str, int] = {}
        self._texts: list[list[str | None]] = [[] for _ in self.columns]
        self._formats: list[Figures | None] = [None] * len(self.columns)

    def extend(self, runs: Iterable[Run]) -> int:
        """Adds runs that are not there yet and returns how many those were."""
        fresh = [run for run in runs if run.run_id not in self._rows]
        for run in fresh:
            self._rows[run.run_id] = len(self.runs)
            self.runs.append(run)
        was_small = len(self.runs) - len(fresh) < SAMPLE
        if was_small and fresh:
            self._formats = [None] * len(self.columns)
            self._texts = [[None] * len(self.runs) for _ in self.columns]
        else:
            for texts in self._texts:
                texts.extend([None] * len(fresh))
        return len(fresh)

    def replace(self, run: Run) -> int:
        """Takes over a newer state of a run and returns its row, -1 if it is not shown."""
        row = self._rows.get(run.run_id, -1)
        if row >= 0:
            self.runs[row] = run
            for texts in self._texts:
                texts[row] = None
        return row

    def row_of(self, run_id: str) -> int:
        """Returns the row of a run, -1 if it is not shown."""
        return self._rows.get(run_id, -1)

    def text(self, row: int, column: int) -> str:
        """Returns the words of a cell."""
        known = self._texts[column][row]
        if known is None:
            known = self._texts[column][row] = self._make(self.runs[row], column)
        return known

    def exact(self, row: int, column: int) -> str:
        """Returns the whole of what a cell stands for: exact times, unrounded figures."""
        run, chosen = self.runs[row], self.columns[column]
        if chosen.kind == "started":
            return wording.exact(run.started_us)
        if chosen.field is not None and chosen.field.kind is FieldKind.METRIC:
            summary = run.metrics.get(chosen.field.key)
            return "" if summary is None else f"{summary.last!r} at step {summary.last_step:,}"
        return self.text(row, column)

    def _make(self, run: Run, column: int) -> str:
        chosen = self.columns[column]
        if chosen.kind == "run":
            return shown(run.name) or run.run_id[:8]
        if chosen.kind == "status":
            return status_words(run)
        if chosen.kind == "started":
            return wording.moment(run.started_us, self.now_us)
        if chosen.kind == "duration":
            is_running = run.status is RunStatus.RUNNING and not run.is_lost
            length = self.now_us - run.started_us if is_running else run.duration_us
            return wording.duration(length)
        if chosen.field is None:
            return ""
        return self._value(run, chosen.field, column)

    def _value(self, run: Run, field: Field, column: int) -> str:
        if field.kind is FieldKind.METRIC:
            summary = run.metrics.get(field.key)
            if summary is None:
                return wording.DASH
            return self._format(column, field).number(summary.last)
        text = _text_of(run, field)
        if text is None:
            return wording.DASH
        if field.kind is FieldKind.PARAM:
            return self._format(column, field).written(text)
        return shown(text)

    def _format(self, column: int, field: Field) -> Figures:
        known = self._formats[column]
        if known is None:
            sample = self.runs[:SAMPLE]
            if field.kind is FieldKind.METRIC:
                lasts = (run.metrics.get(field.key) for run in sample)
                known = Figures.of_values([each.last for each in lasts if each is not None])
            else:
                texts = (run.params.get(field.key) for run in sample)
                known = Figures.of_texts([each for each in texts if each is not None])
            self._formats[column] = known
        return known


def _holds_figures(field: Field, runs: Sequence[Run]) -> bool:
    if field.kind is not FieldKind.PARAM:
        return False
    texts = [run.params[field.key] for run in runs[:SAMPLE] if field.key in run.params]
    return bool(texts) and all(_FIGURE.fullmatch(text) for text in texts)


def _text_of(run: Run, field: Field) -> str | None:
    if field.kind is FieldKind.PARAM:
        return run.params.get(field.key)
    if field.kind is FieldKind.TAG:
        return run.tags.get(field.key)
    return {
        "experiment": run.experiment,
        "host": run.host,
        "user": run.user,
        "run_id": run.run_id,
    }.get(field.key)
