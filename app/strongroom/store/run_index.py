# SPDX-License-Identifier: Apache-2.0
"""Writes what run folders say into the catalog, many runs a transaction.

* A run's rows are replaced whole: what the catalog shows is always one reading of the folder.
* Ids of names and texts are looked up once a batch; a batch is a handful of statements, however
  many runs it holds. Rows go to the driver as they are: SQLAlchemy's own costs as much as SQLite.
* `tables.key_use` is counted along: what comes is added, what goes is taken off.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, select, update

from strongroom.domain.number_text import as_number
from strongroom.domain.query import DatasetFact
from strongroom.store import tables
from strongroom.store.run_state import RunState

LOOK_UP = 5_000  # texts in one look-up; SQLite binds at most 32,766 values
MAX_REMEMBERED = 200_000  # texts whose ids are kept between batches, some 30 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedState:
    """A run that was just sealed, and the stamp of the journals it was sealed from."""

    state: RunState
    stamp: str


class RunIndex:
    """Puts runs into the catalog within one write transaction; make a new one for the next."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys: dict[tuple[int, str], int] = {}
        self._texts: dict[int, dict[tuple[str, str], int]] = {kind: {} for kind in _KINDS[:2]}
        self._facts: dict[tuple[str, str], int] = {}
        self._paths: dict[str, int] = {}
        self._experiments: dict[str, int] = {}
        self._next_run = self._next_id(tables.run)

    def put(self, states: Sequence[RunState]) -> None:
        """Inserts or replaces the runs."""
        if not states:
            return
        self._learn_experiments({state.experiment for state in states})
        self._learn_keys(states)
        self._learn_texts(states)
        ids = self._put_runs(states)
        self._insert(tables.run_value, self._value_rows(states, ids))
        self._insert(tables.metric, self._metric_rows(states, ids))
        self._put_artifacts(states, ids)
        self._put_datasets(states, ids)
        self._count(self._uses(states))
        self._count_runs(Counter(self._experiments[state.experiment] for state in states))

    def remove(self, run_ids: Iterable[str]) -> list[str]:
        """Forgets runs; returns those that were known."""
        run = tables.run
        gone: list[str] = []
        for part in _parts(run_ids):
            asked = select(run.c.id, run.c.run_id).where(run.c.run_id.in_(part))
            rows = self._connection.execute(asked).all()
            self._delete([row.id for row in rows])
            gone += [row.run_id for row in rows]
        return gone

    def put_sealed(self, sealed: Sequence[SealedState]) -> None:
        """Says that the runs are sealed; replaces those the catalog had read otherwise."""
        run = tables.run
        known: dict[str, str] = {}
        for part in _parts(each.state.run_id for each in sealed):
            rows = self._connection.execute(
                select(run.c.run_id, run.c.file_stamp).where(run.c.run_id.in_(part))
            )
            known |= {row.run_id: row.file_stamp for row in rows}
        same = [each.state for each in sealed if known.get(each.state.run_id) == each.stamp]
        self.put([each.state for each in sealed if known.get(each.state.run_id) != each.stamp])
        if same:
            self._connection.execute(_SEAL, [_seal_row(state) for state in same])

    def _put_runs(self, states: Sequence[RunState]) -> dict[str, int]:
        run = tables.run
        known: dict[str, int] = {}
        for part in _parts([state.run_id for state in states]):
            rows = self._connection.execute(
                select(run.c.run_id, run.c.id).where(run.c.run_id.in_(part))
            )
            known |= {row.run_id: row.id for row in rows}
        for part in _parts(known.values()):
            self._delete(part)
        ids: dict[str, int] = {}
        for state in states:
            ids[state.run_id] = known.get(state.run_id) or self._next_run
            self._next_run += state.run_id not in known
        self._insert(
            run,
            [
                (
                    ids[state.run_id],
                    state.run_id,
                    self._experiments[state.experiment],
                    state.name,
                    state.status.value,
                    state.started_us,
                    state.ended_us,
                    state.host,
                    state.user,
                    state.month,
                    state.folder_stamp,
                    state.file_stamp,
                    state.is_deleted,
                    state.is_archived,
                    state.is_lost,
                    state.is_sealed,
                    state.sealed_sha256,
                )
                for state in states
            ],
        )
        return ids

    def _learn_experiments(self, names: set[str]) -> None:
        experiment = tables.experiment
        missing = sorted(names - self._experiments.keys())
        self._insert(experiment, [(None, name, 0) for name in missing])
        for part in _parts(missing):
            rows = self._connection.execute(
                select(experiment.c.name, experiment.c.id).where(experiment.c.name.in_(part))
            )
            self._experiments |= {row.name: row.id for row in rows}

    def _learn_keys(self, states: Sequence[RunState]) -> None:
        wanted: tuple[set[str], ...] = (set(), set(), set())
        for state in states:
            for names, held in zip(wanted, _named(state), strict=True):
                names.update(held)
        named = {(kind, name) for kind, names in zip(_KINDS, wanted, strict=True) for name in names}
        missing = sorted(named - self._keys.keys())
        key = tables.key
        self._insert(key, [(None, kind, name) for kind, name in missing])
        for part in _parts(sorted({name for _, name in missing})):
            rows = self._connection.execute(
                select(key.c.kind, key.c.name, key.c.id).where(key.c.name.in_(part))
            )
            self._keys |= {(kind, name): id_ for kind, name, id_ in rows}

    def _learn_texts(self, states: Sequence[RunState]) -> None:
        self._learn_texts_of(tables.KIND_PARAM, [state.params for state in states])
        self._learn_texts_of(tables.KIND_TAG, [state.tags for state in states])

    def _learn_texts_of(self, kind: int, named: Sequence[dict[str, str]]) -> None:
        known = self._texts[kind]
        if len(known) > MAX_REMEMBERED:
            known.clear()
        wanted: set[tuple[str, str]] = set()
        for each in named:
            wanted.update(each.items())
        missing = wanted - known.keys()
        names = {self._keys[kind, name]: name for name, _ in missing}
        value = tables.text_value
        rows = sorted((self._keys[kind, name], text) for name, text in missing)
        self._insert(value, [(None, key, text, as_number(text)) for key, text in rows])
        for part in _parts(sorted({text for _, text in rows})):
            asked = select(value.c.key_id, value.c.text, value.c.id).where(value.c.text.in_(part))
            if len(names) <= LOOK_UP:  # a text like "1" stands under many names
                asked = asked.where(value.c.key_id.in_(names))
            found = self._connection.execute(asked)
            known |= {(names[key], text): id_ for key, text, id_ in found if key in names}

    def _put_artifacts(self, states: Sequence[RunState], ids: dict[str, int]) -> None:
        if len(self._paths) > MAX_REMEMBERED:
            self._paths.clear()
        wanted = {artifact.path for state in states for artifact in state.artifacts}
        missing = sorted(wanted - self._paths.keys())
        named = tables.artifact_path
        self._insert(named, [(None, path) for path in missing])
        for part in _parts(missing):
            rows = self._connection.execute(
                select(named.c.path, named.c.id).where(named.c.path.in_(part))
            )
            self._paths |= {row.path: row.id for row in rows}
        rows_ = [
            (ids[state.run_id], self._paths[each.path], each.size_bytes, each.sha256)
            for state in states
            for each in state.artifacts
        ]
        self._insert(tables.artifact, rows_)

    def _put_datasets(self, states: Sequence[RunState], ids: dict[str, int]) -> None:
        facts = {(ids[state.run_id], *fact) for state in states for fact in _facts(state)}
        value = tables.dataset_value
        missing = sorted({fact[1:] for fact in facts} - self._facts.keys())
        self._insert(value, [(None, *fact) for fact in missing])
        for part in _parts(sorted({text for _, text in missing})):
            rows = self._connection.execute(
                select(value.c.fact, value.c.text, value.c.id).where(value.c.text.in_(part))
            )
            self._facts |= {(fact, text): id_ for fact, text, id_ in rows}
        rows_ = sorted((run, self._facts[fact, text]) for run, fact, text in facts)
        self._insert(tables.run_dataset, rows_)

    def _uses(self, states: Sequence[RunState]) -> Counter[tuple[int, int]]:
        """Returns how many of the runs have each name, by experiment."""
        alike: Counter[tuple[str, tuple[tuple[str, ...], ...]]] = Counter(
            (state.experiment, tuple(map(tuple, _named(state)))) for state in states
        )
        uses: Counter[tuple[int, int]] = Counter()
        for (experiment, named), many in alike.items():  # runs of one script have the same names
            id_ = self._experiments[experiment]
            for kind, names in zip(_KINDS, named, strict=True):
                for name in names:
                    uses[id_, self._keys[kind, name]] += many
        return uses

    def _value_rows(self, states: Sequence[RunState], ids: dict[str, int]) -> list[tuple[int, int]]:
        params, tags = self._texts[tables.KIND_PARAM], self._texts[tables.KIND_TAG]
        rows: list[tuple[int, int]] = []
        for state in states:
            id_ = ids[state.run_id]
            rows += [(id_, params[named]) for named in state.params.items()]
            rows += [(id_, tags[named]) for named in state.tags.items()]
        return rows

    def _metric_rows(
        self, states: Sequence[RunState], ids: dict[str, int]
    ) -> list[tuple[Any, ...]]:
        keys, kind = self._keys, tables.KIND_METRIC
        return [
            (
                ids[state.run_id],
                keys[kind, name],
                summary.last,
                summary.last_step,
                summary.count,
                None if summary.minimum == summary.last else summary.minimum,
                None if summary.maximum == summary.last else summary.maximum,
            )
            for state in states
            for name, summary in state.metrics.items()
        ]

    def _delete(self, ids: Sequence[int]) -> None:
        """Deletes runs; their values, metrics, datasets and artifacts go with them."""
        run, metric = tables.run, tables.metric
        value, run_value = tables.text_value, tables.run_value
        uses: Counter[tuple[int, int]] = Counter()
        of_metrics = select(run.c.experiment_id, metric.c.key, func.count()).join_from(
            metric, run, run.c.id == metric.c.run
        )
        of_texts = (
            select(run.c.experiment_id, value.c.key_id, func.count())
            .join_from(run_value, value, value.c.id == run_value.c.value)
            .join(run, run.c.id == run_value.c.run)
        )
        for question in (of_metrics, of_texts):
            counted = question.where(run.c.id.in_(ids)).group_by(*question.selected_columns[:2])
            for experiment, key, many in self._connection.execute(counted):
                uses[experiment, key] -= many
        self._count(uses)
        here = select(run.c.experiment_id, func.count()).where(run.c.id.in_(ids))
        gone = self._connection.execute(here.group_by(run.c.experiment_id)).all()
        self._count_runs(Counter({experiment: -many for experiment, many in gone}))
        self._connection.execute(delete(run).where(run.c.id.in_(ids)))

    def _count(self, uses: Counter[tuple[int, int]]) -> None:
        if uses:
            rows = [(experiment, key, many) for (experiment, key), many in sorted(uses.items())]
            self._connection.exec_driver_sql(_COUNT, rows)

    def _count_runs(self, runs: Counter[int]) -> None:
        if runs:
            rows = [(many, experiment) for experiment, many in sorted(runs.items())]
            question = "UPDATE experiment SET runs = runs + ? WHERE id = ?"
            self._connection.exec_driver_sql(question, rows)

    def _insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Inserts rows with the columns of the table in its order; what is there stays."""
        if rows:
            # Named, because an upgraded table has its columns in another order.
            names = ",".join(f'"{column.name}"' for column in table.c)
            places = ",".join("?" * len(table.c))
            self._connection.exec_driver_sql(
                f"INSERT INTO {table.name} ({names}) VALUES ({places}) ON CONFLICT DO NOTHING",  # noqa: S608 - our own
                list(rows),
            )

    def _next_id(self, table: Table) -> int:
        return int(self._connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1


_KINDS = (tables.KIND_PARAM, tables.KIND_TAG, tables.KIND_METRIC)
_COUNT = (
    "INSERT INTO key_use VALUES (?, ?, ?)"
    " ON CONFLICT (experiment_id, key) DO UPDATE SET runs = runs + excluded.runs"
)
_SEAL = (
    update(tables.run)
    .where(tables.run.c.run_id == bindparam("sealed_run"))
    .values(
        month=bindparam("month"),
        folder_stamp=bindparam("folder_stamp"),
        file_stamp=bindparam("file_stamp"),
        sealed_sha256=bindparam("sealed_sha256"),
        is_sealed=True,
    )
)


def _seal_row(state: RunState) -> dict[str, Any]:
    return {
        "sealed_run": state.run_id,
        "month": state.month,
        "folder_stamp": state.folder_stamp,
        "file_stamp": state.file_stamp,
        "sealed_sha256": state.sealed_sha256,
    }


def _named(state: RunState) -> tuple[Iterable[str], ...]:
    """Returns the names a run has, in the order of `_KINDS`."""
    return state.params, state.tags, state.metrics


def _facts(state: RunState) -> Iterable[tuple[str, str]]:
    """Yields what a run's datasets are asked for by; empty texts are unknown."""
    for each in state.inputs:
        for fact in DatasetFact:
            if text := each.get(fact.value, ""):
                yield fact.value, text


def _parts(items: Iterable[Any]) -> Iterable[list[Any]]:
    remaining = iter(items)
    while part := list(islice(remaining, LOOK_UP)):
        yield part
