# SPDX-License-Identifier: Apache-2.0
"""What scripts and notebooks get for an answer: runs, one run, its points, a comparison.

* Values, read once: nothing here holds the store open.
* Each shows itself in a notebook as a table without script or network, in a terminal as lines.
* pandas is imported only when somebody asks for it; Arrow is what the store itself reads with.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

from strongroom.domain.comparison import ComparedRuns
from strongroom.domain.errors import BadInput
from strongroom.domain.run import MetricSummary, Run, RunDetail
from strongroom.journal.series import Series
from strongroom.services import run_html

Choice = Literal["last", "min", "max"]
_NUMBERS: dict[str, Callable[[MetricSummary], float]] = {
    "last": lambda each: each.last,
    "min": lambda each: each.minimum,
    "max": lambda each: each.maximum,
}
MOST_LINES = 20


class Shown:
    """Something that shows itself in a notebook: as HTML, and as text where that is all."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Returns both forms at once, as notebooks ask; ``include`` and ``exclude`` are theirs."""
        del include, exclude
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FoundRuns(Shown, Sequence[Run]):
    """Runs that were searched for, in their order; ``total`` counts those beyond the limit too."""

    runs: tuple[Run, ...]
    total: int

    @overload
    def __getitem__(self, at: int) -> Run: ...
    @overload
    def __getitem__(self, at: slice) -> "FoundRuns": ...
    def __getitem__(self, at: int | slice) -> "Run | FoundRuns":
        if isinstance(at, slice):
            return FoundRuns(self.runs[at], len(self.runs[at]))
        return self.runs[at]

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __eq__(self, other: object) -> bool:
        return self.runs == (other.runs if isinstance(other, FoundRuns) else other)

    def __hash__(self) -> int:
        return hash(tuple(run.run_id for run in self.runs))

    def to_arrow(self, metrics: Choice = "last") -> Any:  # noqa: ANN401 - an Arrow table, which the store knows
        """Returns a row a run: who and when, ``params.…`` typed, ``metrics.…``, ``tags.…``.

        Args:
            metrics: The last, lowest or highest value of each metric.

        Raises:
            BadInput: ``E-USAGE`` for another word.
        """
        from strongroom.store.run_frames import runs_table

        number = _NUMBERS.get(metrics)
        if number is None:
            raise BadInput(
                "E-USAGE", f"{str(metrics)[:40]!r} is no value of a metric", "Use last, min or max."
            )
        return runs_table(self.runs, number)

    def to_pandas(self, metrics: Choice = "last") -> Any:  # noqa: ANN401 - pandas is not needed here
        """Returns `to_arrow` as a DataFrame; whole numbers and truth values may be missing in it.

        Raises:
            ImportError: If pandas is not installed.
            BadInput: As `to_arrow`.
        """
        from strongroom.store.run_frames import as_pandas

        return as_pandas(self.to_arrow(metrics))

    def __repr__(self) -> str:
        lines = [
            f"{run.run_id[:8]}  {run_html.status_words(run):12}  {run_html.one_line(run.name, 40)}"
            for run in self.runs[:MOST_LINES]
        ]
        if self.total > len(lines):
            lines.append(f"… {self.total - len(lines):,} more")
        return "\n".join([f"{self.total:,} run{'s' if self.total != 1 else ''}", *lines])

    def _repr_html_(self) -> str:
        return run_html.runs_html(self.runs, self.total)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StoredRun(Shown):
    """One run of a store as it was when it was read."""

    detail: RunDetail

    @property
    def run_id(self) -> str:
        """Its id, 32 hexadecimal digits."""
        return self.detail.run.run_id

    @property
    def name(self) -> str:
        """What people call it."""
        return self.detail.run.name

    @property
    def status(self) -> str:
        """RUNNING, FINISHED, FAILED, KILLED or SCHEDULED."""
        return self.detail.run.status.value

    @property
    def params(self) -> Mapping[str, str]:
        """Its params, as texts."""
        return self.detail.run.params

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self.detail.run.tags

    @property
    def metrics(self) -> Mapping[str, MetricSummary]:
        """Of each metric: count, last, last_step, minimum, maximum."""
        return self.detail.run.metrics

    def __repr__(self) -> str:
        run = self.detail.run
        name = run_html.one_line(run.name, 60)
        return (
            f"<run {run.run_id[:8]} {name!r}: {run_html.status_words(run)}, "
            f"{len(run.params)} params, {len(run.metrics)} metrics, "
            f"{len(self.detail.artifacts)} files>"
        )

    def _repr_html_(self) -> str:
        return run_html.detail_html(self.detail)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class History(Shown, Mapping[str, Series]):
    """Points by metric: steps, times_us and values as arrays, ordered by step, then as written."""

    points: Mapping[str, Series]

    def __getitem__(self, key: str) -> Series:
        return self.points[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    def to_arrow(self) -> Any:  # noqa: ANN401 - an Arrow table, which the store knows
        """Returns a row a point: key, step, time, value."""
        from strongroom.store.run_frames import points_table

        return points_table(self.points)

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas is not needed here
        """Returns `to_arrow` as a DataFrame.

        Raises:
            ImportError: If pandas is not installed.
        """
        from strongroom.store.run_frames import as_pandas

        return as_pandas(self.to_arrow())

    def __repr__(self) -> str:
        return "\n".join(
            f"{run_html.one_line(key, 40)}  {len(series):,} points  "
            f"{run_html.bars(_thinned(series))}"
            for key, series in list(self.points.items())[:MOST_LINES]
        )

    def _repr_html_(self) -> str:
        rows = [
            [
                key,
                f"{len(series):,}",
                run_html.number_text(float(series.values[-1])) if len(series) else "–",
                run_html.bars(_thinned(series)),
            ]
            for key, series in list(self.points.items())[: run_html.MOST_ROWS]
        ]
        return run_html.table("History", ["Metric", "Points", "Last", "Curve"], rows)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Histories(Shown, Mapping[str, Series]):
    """Points of one metric by run id; ``names`` has every run that was asked about.

    Points of a run are ordered by step, then as written. A run without the metric has no entry.
    """

    key: str
    points: Mapping[str, Series]
    names: Mapping[str, str]

    def __getitem__(self, run_id: str) -> Series:
        return self.points[run_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def without(self) -> tuple[str, ...]:
        """The ids of the runs that do not have the metric."""
        return tuple(run_id for run_id in self.names if run_id not in self.points)

    def to_arrow(self) -> Any:  # noqa: ANN401 - an Arrow table, which the store knows
        """Returns a row a point: run_id, name, step, time, value."""
        from strongroom.store.run_frames import histories_table

        return histories_table(self.points, self.names)

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas is not needed here
        """Returns `to_arrow` as a DataFrame.

        Raises:
            ImportError: If pandas is not installed.
        """
        from strongroom.store.run_frames import as_pandas

        return as_pandas(self.to_arrow())

    def __repr__(self) -> str:
        lines = [
            f"{run_id[:8]}  {run_html.one_line(self.names[run_id], 40):40}  "
            f"{len(series):,} points  {run_html.bars(_thinned(series))}"
            for run_id, series in list(self.points.items())[:MOST_LINES]
        ]
        if len(self) > len(lines):
            lines.append(f"… {len(self) - len(lines):,} more")
        return "\n".join([self._title(), *lines])

    def _repr_html_(self) -> str:
        rows = [
            [
                f"{self.names[run_id]} · {run_id[:8]}",
                f"{len(series):,}",
                run_html.number_text(float(series.values[-1])) if len(series) else "–",
                run_html.bars(_thinned(series)),
            ]
            for run_id, series in list(self.points.items())[: run_html.MOST_ROWS]
        ]
        left = len(self) - len(rows)
        note = f"{left:,} runs are left out." if left else ""
        return run_html.table(self._title(), ["Run", "Points", "Last", "Curve"], rows, note)

    def _title(self) -> str:
        asked = f" of {len(self.names):,}" if self.without else ""
        plural = "" if len(self.names) == 1 else "s"
        return f"{run_html.one_line(self.key, 60)} of {len(self):,}{asked} run{plural}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RunsCompared(Shown):
    """Runs side by side: `compared` has every row, `differing` those that are not the same."""

    compared: ComparedRuns

    @property
    def differing(self) -> dict[str, tuple[object, ...]]:
        """What differs: section and field to one value a run, None where a run has none."""
        return {f"{row.section}.{row.key}": row.values for row in self.compared.differing()}

    def __repr__(self) -> str:
        rows = self.compared.differing()
        lines = [
            f"{run_html.one_line(row.key, 30):30}  "
            + "  ".join(run_html.one_line(each, 20) for each in row.values[:6])
            for row in rows[:MOST_LINES]
        ]
        return "\n".join([f"{len(self.compared.runs)} runs, {len(rows)} fields differ", *lines])

    def _repr_html_(self) -> str:
        return run_html.comparison_html(self.compared)


def _thinned(series: Series) -> list[float]:
    every = max(1, len(series) // 2_000)
    found: list[float] = series.values[::every].tolist()
    return found
