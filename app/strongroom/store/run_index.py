# SPDX-License-Identifier: Apache-2.0
"""Writes what run folders say into the catalog, many runs a transaction.

* A run's rows are replaced whole: what the catalog shows is always one reading of the folder.
* Ids of names and texts are looked up once a batch; a batch is a handful of statements, however
  many runs it holds.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

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
        self._texts: dict[tuple[int, str], int] = {}
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
        self._insert(tables.artifact, _artifact_rows(states, ids))

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
        for part in _parts(list(known.values())):  # its values, metrics and artifacts go with it
            self._connection.execute(delete(run).where(run.c.id.in_(part)))
        ids: dict[str, int] = {}
        for state in states:
            ids[state.run_id] = known.get(state.run_id) or self._next_run
            self._next_run += state.run_id not in known
        self._insert(
            run,
            [
                {
                    "id": ids[state.run_id],
                    "run_id": state.run_id,
                    "experiment_id": self._experiments[state.experiment],
                    "name": state.name,
                    "status": state.status.value,
                    "started_us": state.started_us,
                    "ended_us": state.ended_us,
                    "host": state.host,
                    "user": state.user,
                    "month": state.month,
                    "folder_stamp": state.folder_stamp,
                    "file_stamp": state.file_stamp,
                    "is_deleted": state.is_deleted,
                    "is_lost": state.is_lost,
                    "is_sealed": state.is_sealed,
                    "sealed_sha256": state.sealed_sha256,
                }
                for state in states
            ],
        )
        return ids

    def _learn_experiments(self, names: set[str]) -> None:
        experiment = tables.experiment
        missing = sorted(names - self._experiments.keys())
        self._insert(experiment, [{"name": name} for name in missing])
        for part in _parts(missing):
            rows = self._connection.execute(
                select(experiment.c.name, experiment.c.id).where(experiment.c.name.in_(part))
            )
            self._experiments |= {row.name: row.id for row in rows}

    def _learn_keys(self, states: Sequence[RunState]) -> None:
        wanted = {(kind, name) for state in states for kind, name in _names(state)}
        missing = sorted(wanted - self._keys.keys())
        key = tables.key
        self._insert(key, [{"kind": kind, "name": name} for kind, name in missing])
        for part in _parts(sorted({name for _, name in missing})):
            rows = self._connection.execute(
                select(key.c.kind, key.c.name, key.c.id).where(key.c.name.in_(part))
            )
            self._keys |= {(kind, name): id_ for kind, name, id_ in rows}

    def _learn_texts(self, states: Sequence[RunState]) -> None:
        if len(self._texts) > MAX_REMEMBERED:
            self._texts.clear()
        wanted = {
            (self._keys[kind, name], text)
            for state in states
            for kind, texts in ((tables.KIND_PARAM, state.params), (tables.KIND_TAG, state.tags))
            for name, text in texts.items()
        }
        missing = sorted(wanted - self._texts.keys())
        value = tables.text_value
        self._insert(
            value,
            [{"key_id": key, "text": text, "number": as_number(text)} for key, text in missing],
        )
        for part in _parts(sorted({text for _, text in missing})):
            rows = self._connection.execute(
                select(value.c.key_id, value.c.text, value.c.id).where(
                    value.c.text.in_(part), value.c.key_id.in_({key for key, _ in missing})
                )
            )
            self._texts |= {(key, text): id_ for key, text, id_ in rows}

    def _value_rows(self, states: Sequence[RunState], ids: dict[str, int]) -> list[dict[str, Any]]:
        keys, texts = self._keys, self._texts
        return [
            {"run": ids[state.run_id], "value": texts[keys[kind, name], text]}
            for state in states
            for kind, named in ((tables.KIND_PARAM, state.params), (tables.KIND_TAG, state.tags))
            for name, text in named.items()
        ]

    def _metric_rows(self, states: Sequence[RunState], ids: dict[str, int]) -> list[dict[str, Any]]:
        keys, kind = self._keys, tables.KIND_METRIC
        return [
            {
                "run": ids[state.run_id],
                "key": keys[kind, name],
                "last": summary.last,
                "last_step": summary.last_step,
                "count": summary.count,
                "minimum": summary.minimum,
                "maximum": summary.maximum,
            }
            for state in states
            for name, summary in state.metrics.items()
        ]

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table).on_conflict_do_nothing(), rows)

    def _next_id(self, table: Table) -> int:
        return int(self._connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1


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


def as_number(text: str) -> float | None:
    """Returns the text as a finite number, or None if it is not one."""
    if not text or len(text) > 40 or not (text[0].isdecimal() or text[0] in "+-."):
        return None
    if "_" in text or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _names(state: RunState) -> Iterable[tuple[int, str]]:
    yield from ((tables.KIND_PARAM, name) for name in state.params)
    yield from ((tables.KIND_TAG, name) for name in state.tags)
    yield from ((tables.KIND_METRIC, name) for name in state.metrics)


def _artifact_rows(states: Sequence[RunState], ids: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "run": ids[state.run_id],
            "path": artifact.path,
            "size_bytes": artifact.size_bytes,
            "sha256": artifact.sha256,
        }
        for state in states
        for artifact in state.artifacts
    ]


def _parts(items: Iterable[Any]) -> Iterable[list[Any]]:
    remaining = iter(items)
    while part := list(islice(remaining, LOOK_UP)):
        yield part
