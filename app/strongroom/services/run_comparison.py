# SPDX-License-Identifier: Apache-2.0
"""Runs side by side: what differs in metrics, params, tags, data, code, environment and files.

* Only the asked sections are read. All but the data are answered at once; data come from the
  runs' own folders, one after the other, and can be cancelled.
* A run that is unknown or cannot be read is named in the answer and the others stay.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from strongroom.domain.comparison import (
    MOST_COMPARED,
    ComparedRow,
    ComparedRuns,
    MetricChoice,
    Section,
    Value,
    all_same,
)
from strongroom.domain.errors import BadInput, StrongroomError
from strongroom.domain.metric_schema import Direction
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.run import LOST, Run
from strongroom.services.run_origin import REQUIREMENTS, RunOrigins
from strongroom.services.runs import Runs
from strongroom.store import run_comparison as stored
from strongroom.store.run_comparison import Summary, TextRow

MOST_ROWS = 20_000  # keys of one section; beyond that a filter in the runs table asks better
SLOW = frozenset({Section.DATASETS})  # read from the whole of each run's record
QUICK = frozenset(Section) - SLOW


class RunComparison:
    """Compares the runs of one store; safe to ask from worker threads.

    Args:
        runs: The runs of the store.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._origins = RunOrigins(runs)

    def compare(
        self,
        run_ids: Sequence[str],
        *,
        sections: Collection[Section] = tuple(Section),
        choice: MetricChoice = MetricChoice.LAST,
        progress: Progress | None = None,
    ) -> ComparedRuns:
        """Returns the runs in this order and the rows of the sections, sorted by name inside each.

        Args:
            run_ids: Whole ids; one that is not in the store is told as unknown.
            sections: What to read.
            choice: Which value of each metric.
            progress: Hears each run whose folder is read.

        Raises:
            BadInput: ``E-USAGE`` for more than `MOST_COMPARED` runs.
        """
        asked = list(dict.fromkeys(run_ids))
        if len(asked) > MOST_COMPARED:
            raise BadInput(
                "E-USAGE",
                f"{len(asked)} runs are too many to compare",
                f"Choose at most {MOST_COMPARED}; the runs table groups more.",
            )
        with self._runs.catalog.read() as connection:
            known = stored.known_runs(connection, asked)
            ids, runs = [id_ for id_, _ in known], tuple(run for _, run in known)
            readers: Mapping[Section, Callable[[], Iterable[ComparedRow]]] = {
                Section.METRICS: lambda: self._metrics(stored.metric_rows(connection, ids), choice),
                Section.RUN: lambda: _head_rows(runs),
                Section.ARTIFACTS: lambda: _from_texts(
                    Section.ARTIFACTS, stored.artifact_rows(connection, ids)
                ),
            }
            found: dict[Section, list[ComparedRow]] = {
                section: list(read()) for section, read in readers.items() if section in sections
            }
            files = stored.artifact_rows(connection, ids, ending=REQUIREMENTS)
            if {Section.PARAMS, Section.TAGS} & set(sections):
                params, tags = stored.text_rows(connection, ids)
                found[Section.PARAMS] = list(_from_texts(Section.PARAMS, params))
                found[Section.TAGS] = list(_from_texts(Section.TAGS, tags))
        watched, faults = progress or Silent(), dict[str, str]()
        if {Section.SOURCE, Section.ENVIRONMENT} & set(sections):
            found |= self._origins_of(runs, files, watched, faults)
        if Section.DATASETS in sections:
            found[Section.DATASETS] = self._datasets(runs, watched, faults)
        listed = [section for section in Section if section in sections and section in found]
        there = {run.run_id for run in runs}
        return ComparedRuns(
            runs=runs,
            rows=tuple(row for section in listed for row in found[section][:MOST_ROWS]),
            unknown=tuple(run_id for run_id in asked if run_id not in there),
            unlisted=tuple(
                (section, len(found[section]) - MOST_ROWS)
                for section in listed
                if len(found[section]) > MOST_ROWS
            ),
            faults=tuple(faults.items()),
        )

    def _metrics(
        self, rows: Iterable[tuple[str, list[Summary | None]]], choice: MetricChoice
    ) -> Iterable[ComparedRow]:
        schema = self._runs.metric_schemas.read()
        for key, summaries in rows:
            at = _part(choice, schema.rule(key).direction)
            values = tuple([None if each is None else each[at] for each in summaries])
            yield ComparedRow(
                section=Section.METRICS,
                key=key,
                values=values,
                is_same=all_same(values),
                points=max(0 if each is None else each[3] for each in summaries),
            )

    def _origins_of(
        self,
        runs: Sequence[Run],
        files: Sequence[TextRow],
        progress: Progress,
        faults: dict[str, str],
    ) -> dict[Section, list[ComparedRow]]:
        sources: list[dict[str, str]] = []
        machines: list[dict[str, str]] = []
        for at, run in enumerate(runs):
            progress.step(at, len(runs), "Reading where runs come from")
            code, machine = dict[str, str](), dict[str, str]()
            with _told(run, faults):
                code, machine = self._origins.code(run.run_id)
            paths = {row.key: digest for row in files if (digest := row.values[at]) is not None}
            sources.append(code)
            machines.append({**machine, **self._origins.packages(run.run_id, paths)})
        return {
            Section.SOURCE: list(_from_tables(Section.SOURCE, sources)),
            Section.ENVIRONMENT: list(_from_tables(Section.ENVIRONMENT, machines)),
        }

    def _datasets(
        self, runs: Sequence[Run], progress: Progress, faults: dict[str, str]
    ) -> list[ComparedRow]:
        tables: list[dict[str, str]] = []
        for at, run in enumerate(runs):
            progress.step(at, len(runs), "Reading which data runs used")
            tables.append({})
            with _told(run, faults):
                tables[-1] = self._origins.datasets(run)
        return list(_from_tables(Section.DATASETS, tables))


@contextmanager
def _told(run: Run, faults: dict[str, str]) -> Iterator[None]:
    """Notes what of a run cannot be read; the others are compared all the same."""
    try:
        yield
    except StrongroomError as error:
        faults.setdefault(run.run_id, error.title)


def _part(choice: MetricChoice, direction: Direction) -> int:
    """Returns which part of a summary is asked: 0 last, 1 minimum, 2 maximum."""
    if choice is MetricChoice.BEST:
        return {Direction.HIGHER: 2, Direction.LOWER: 1, Direction.NONE: 0}[direction]
    return {MetricChoice.LAST: 0, MetricChoice.MIN: 1, MetricChoice.MAX: 2}[choice]


def _from_texts(section: Section, rows: Iterable[TextRow]) -> Iterable[ComparedRow]:
    for row in rows:
        yield ComparedRow(section=section, key=row.key, values=row.values, is_same=row.is_same)


def _from_tables(section: Section, texts: Sequence[Mapping[str, str]]) -> Iterable[ComparedRow]:
    keys = dict.fromkeys(key for table in texts for key in table)
    for key in sorted(keys) if section is Section.ENVIRONMENT else keys:
        values = tuple(table.get(key) for table in texts)
        yield ComparedRow(section=section, key=key, values=values, is_same=all_same(values))


def _head_rows(runs: Sequence[Run]) -> Iterable[ComparedRow]:
    if not runs:
        return
    fields: dict[str, list[Value]] = {
        "experiment": [run.experiment for run in runs],
        "status": [LOST if run.is_lost else run.status.value for run in runs],
        "user": [run.user or None for run in runs],
        "host": [run.host or None for run in runs],
        "started": [float(run.started_us) for run in runs],
        "duration": [None if run.duration_us is None else float(run.duration_us) for run in runs],
    }
    for key, values in fields.items():
        if any(value is not None for value in values):
            row = ComparedRow(
                section=Section.RUN, key=key, values=tuple(values), is_same=all_same(values)
            )
            yield row
