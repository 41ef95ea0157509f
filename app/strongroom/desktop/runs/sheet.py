# SPDX-License-Identifier: Apache-2.0
"""What the runs table shows: rows, columns, and the words of a cell, made when it is seen.

* Figures of one column have the same decimals; a sample decides them, and scrolling changes none.
* A missing value is a dash, never 0; a row that was not read yet has no words at all.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.figures import Figures
from strongroom.desktop.runs.columns import SheetColumn
from strongroom.desktop.runs.flat_rows import FlatRows
from strongroom.desktop.runs.row_windows import LoadedRow, RowWindows
from strongroom.desktop.runs.words import shown
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.query import Field, FieldKind
from strongroom.domain.run import MetricSummary, Run, RunStatus
from strongroom.services.run_table import GroupFigures, RowOrder, TableRow

if TYPE_CHECKING:
    from strongroom.desktop.runs.sparks import Sparks

Make = Callable[[TableRow], str]

SAMPLE = 400  # rows that decide the decimals of a column

_STATUS_WORDS = {
    RunStatus.RUNNING: "Running",
    RunStatus.SCHEDULED: "Scheduled",
    RunStatus.FINISHED: "Finished",
    RunStatus.FAILED: "Failed",
    RunStatus.KILLED: "Killed",
}


def status_words(run: Run) -> str:
    """Returns the state of a run in one or two words."""
    if run.is_lost and run.status is RunStatus.RUNNING:
        return "Lost contact"
    return _STATUS_WORDS[run.status]


def trust_words(row: TableRow) -> str:
    """Returns what the catalog knows about whether a run is as it was logged."""
    if row.damage:
        return f"Does not match. {row.damage}"
    if row.run.is_sealed:
        return "Sealed: a digest fixes every byte. Verify reads the bytes again."
    if row.run.status.is_terminal:
        return "Ended and not sealed yet: no digest fixes its bytes"
    return "Not sealed: it is still being logged"


@dataclass(slots=True, kw_only=True)
class Sheet:
    """Rows and columns of the table.

    Attributes:
        columns: All columns, the pinned ones first.
        rows: Group headers and runs from top to bottom.
        windows: The rows that were read.
        sample: Runs of the answer that decide how figures are written.
        schema: What is known of metrics.
        now_us: The time that "Yesterday" is told from.
        seen_id: Runs with a larger catalog id came since the person last looked.
        group_name: What the groups have in common, "" without groups.
        sparks: Hands out lines by step, None where nobody does.
        figures: Means and spreads of the groups, by column.
    """

    columns: tuple[SheetColumn, ...]
    rows: FlatRows
    windows: RowWindows
    sample: Sequence[Run] = ()
    schema: MetricSchema = field(default_factory=MetricSchema)
    now_us: int = 0
    seen_id: int = 1 << 62
    group_name: str = ""
    sparks: "Sparks | None" = None
    figures: dict[str, GroupFigures] = field(default_factory=dict)
    _forms: dict[str, Figures] = field(default_factory=dict)
    _makers: dict[str, Make] = field(default_factory=dict)

    @property
    def pinned_count(self) -> int:
        """How many columns stay in sight when the others scroll."""
        return sum(column.is_pinned for column in self.columns)

    def run(self, row: int) -> Run | None:
        """Returns the run of a row, None for a header and for a row not read yet."""
        loaded = self.loaded(row)
        return None if loaded is None else loaded.row.run

    def loaded(self, row: int) -> LoadedRow | None:
        """Returns what was read of a row, None for a header and for a row not read yet."""
        id_ = self.rows.one(row)
        return self.windows.get(id_) if id_ >= 0 else None

    def items(self, first: int, end: int) -> list[LoadedRow | int]:
        """Returns rows: what was read, the number of a header's group, -1 for not read yet."""
        found: list[LoadedRow | int] = []
        for id_ in self.rows.at(first, end).tolist():
            if id_ < 0:
                found.append(-1 - id_)
            else:
                found.append(self.windows.get(id_) or -1)
        return found

    def text(self, row: int, column: int) -> str:
        """Returns the words of a cell, "" as long as its row was not read."""
        id_ = self.rows.one(row)
        if id_ < 0:
            return self.group_text(-1 - id_, self.columns[column])
        loaded = self.windows.get(id_)
        return "" if loaded is None else self.words(loaded, self.columns[column]) or ""

    def words(self, loaded: LoadedRow, column: SheetColumn) -> str | None:
        """Returns the words of a cell, None as long as its value was not read."""
        if loaded.made_for is not self:  # other forms, another "Yesterday"
            loaded.texts, loaded.breaches, loaded.made_for = {}, {}, self
        known = loaded.texts.get(column.key)
        if known is None:
            is_whole = loaded.fields is self.windows.fields or column.field is None
            if not is_whole and column.field not in loaded.fields:
                return None
            make = self._makers.get(column.key)
            if make is None:
                make = self._makers[column.key] = self._maker(column)
            known = loaded.texts[column.key] = make(loaded.row)
        return known

    def exact(self, row: int, column: int) -> str:
        """Returns the whole of what a cell stands for: exact times, unrounded figures."""
        loaded, chosen = self.loaded(row), self.columns[column]
        if loaded is None:
            return self.text(row, column)
        run = loaded.row.run
        if chosen.kind == "started":
            return wording.exact(run.started_us)
        if chosen.kind == "trust":
            return trust_words(loaded.row)
        if chosen.kind == "run":
            return self._run_words(loaded, self.text(row, column))
        summary = _summary(run, chosen)
        if summary is not None:
            breach = self.breach(loaded, chosen)
            exact = _exact(summary, chosen, self._value(summary, chosen))
            return f"{breach}. {exact}" if breach else exact
        return self.text(row, column)

    def _run_words(self, loaded: LoadedRow, name: str) -> str:
        """Returns the name of a run with what its marks say."""
        told = ["new since you last looked"] if loaded.row.id > self.seen_id else []
        if loaded.row.broken:
            told.append(f"breaks its contract: {shown(', '.join(loaded.row.broken))}")
        return f"{name}: {'; '.join(told)}" if told else name

    def breach(self, loaded: LoadedRow, column: SheetColumn) -> str:
        """Returns how a run breaks what is known of a metric, "" if it does not."""
        known = loaded.breaches.get(column.key)
        if known is None or loaded.made_for is not self:
            summary = _summary(loaded.row.run, column)
            known = ""
            if summary is not None and column.field is not None:
                known = self.schema.breach(column.field.key, summary)
            loaded.breaches[column.key] = known
        return known

    def may_break(self, column: SheetColumn) -> bool:
        """Returns whether anything is known that a column's figures could break."""
        if column.field is None or column.field.kind is not FieldKind.METRIC:
            return False
        rule = self.schema.rule(column.field.key)
        return rule.low is not None or rule.high is not None

    def group_text(self, group: int, column: SheetColumn) -> str:
        """Returns the words of a cell in the header of a group."""
        if column.kind == "run":
            return self.group_words(group)[0]
        figures = self.figures.get(column.key)
        if figures is None or not figures.counts[group]:
            return ""
        form = self.form(column)
        mean = form.number(float(figures.means[group]))
        spread = float(figures.spreads[group])
        return mean if math.isnan(spread) else f"{mean} ± {form.number(spread)}"

    def group_words(self, group: int) -> tuple[str, str]:
        """Returns the name of a group and what is said of its size."""
        value, many = self.rows.order.values[group], int(self.rows.sizes[group])
        count = wording.count(many, "run")
        if value is None:
            return "Other", f"{count} without {shown(self.group_name)}"
        return shown(value) or '""', count

    def form(self, column: SheetColumn) -> Figures:
        """Returns how the figures of a column are written."""
        known = self._forms.get(column.key)
        if known is None:
            known = self._forms[column.key] = self._form(column)
        return known

    def _form(self, column: SheetColumn) -> Figures:
        if column.form != "auto":
            return Figures(column.decimals, column.form)
        assert column.field is not None  # noqa: S101 - only values have figures
        if column.field.kind is FieldKind.METRIC:
            summaries = (run.metrics.get(column.field.key) for run in self.sample)
            lasts = [self._value(each, column) for each in summaries if each is not None]
            return Figures.of_values([each for each in lasts if each is not None])
        texts = (run.params.get(column.field.key) for run in self.sample)
        return Figures.of_texts([each for each in texts if each is not None])

    def _maker(self, column: SheetColumn) -> Make:
        """Returns what makes the words of a column's cells: what is the same in all, told once."""
        chosen = column.field
        if column.kind == "value" and chosen is not None:
            if chosen.kind is FieldKind.METRIC:
                return self._of_metric(column, chosen.key)
            return self._of_text(column, chosen)
        return {
            "run": lambda row: shown(row.run.name) or row.run.run_id[:8],
            "trust": trust_words,
            "status": lambda row: status_words(row.run),
            "started": lambda row: wording.moment(row.run.started_us, self.now_us),
            "duration": lambda row: wording.duration(self._length(row.run)),
        }.get(column.kind, lambda _row: "")

    def _of_metric(self, column: SheetColumn, key: str) -> Make:
        number, choose = self.form(column).number, self._value

        def make(row: TableRow) -> str:
            summary = row.run.metrics.get(key)
            value = None if summary is None else choose(summary, column)
            return wording.DASH if value is None else number(value)

        return make

    def _of_text(self, column: SheetColumn, chosen: Field) -> Make:
        is_param = chosen.kind is FieldKind.PARAM
        write = self.form(column).written if is_param else shown

        def make(row: TableRow) -> str:
            text = _text_of(row.run, chosen)
            return wording.DASH if text is None else write(text)

        return make

    def _length(self, run: Run) -> int | None:
        is_running = run.status is RunStatus.RUNNING and not run.is_lost
        return self.now_us - run.started_us if is_running else run.duration_us

    def _value(self, summary: MetricSummary, column: SheetColumn) -> float | None:
        if column.statistic == "min":
            return summary.minimum
        if column.statistic == "max":
            return summary.maximum
        if column.statistic == "best" and column.field is not None:
            return self.schema.rule(column.field.key).best(summary)
        return summary.last


def plain_sheet(columns: Sequence[SheetColumn], windows: RowWindows, order: RowOrder) -> Sheet:
    """Returns a sheet without groups."""
    return Sheet(columns=tuple(columns), rows=FlatRows(order), windows=windows)


def _summary(run: Run, column: SheetColumn) -> MetricSummary | None:
    if column.field is None or column.field.kind is not FieldKind.METRIC:
        return None
    return run.metrics.get(column.field.key)


def _exact(summary: MetricSummary, column: SheetColumn, value: float | None) -> str:
    if column.statistic == "last":
        return f"{summary.last!r} at step {summary.last_step:,}"
    words = "no direction says which is best" if value is None else repr(value)
    return f"{words} of {wording.count(summary.count, 'point')}"


def _text_of(run: Run, chosen: Field) -> str | None:
    if chosen.kind is FieldKind.PARAM:
        return run.params.get(chosen.key)
    if chosen.kind is FieldKind.TAG:
        return run.tags.get(chosen.key)
    return {
        "experiment": run.experiment,
        "host": run.host,
        "user": run.user,
        "run_id": run.run_id,
    }.get(chosen.key)
