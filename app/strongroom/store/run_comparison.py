# SPDX-License-Identifier: Apache-2.0
"""The catalog's side of a comparison: fields of many runs as columns, never runs as objects.

* A row is read once whatever the number of runs; only the asked kinds are read.
* Whether texts are the same is decided on whole values: equal texts are one stored value.
* Long texts come shortened; a viewer reads the whole of one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, func, select

from strongroom.domain.run import Run
from strongroom.store import tables
from strongroom.store.hydration import hydrate_heads

LONGEST_TEXT = 2_000  # characters of a value in a cell; a tag may hold megabytes
NAN = float("nan")
Summary = tuple[float, float, float, int]
"""Last, minimum, maximum, number of points."""

_IDS = select(
    func.json_each(bindparam("ids", type_=Text)).table_valued("value").c.value
)  # one bound text, however many they are


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """A text of each run, None where it has none; ``is_same`` speaks of the whole texts."""

    key: str
    values: tuple[str | None, ...]
    is_same: bool


def known_runs(connection: Connection, run_ids: Sequence[str]) -> tuple[tuple[int, Run], ...]:
    """Returns catalog id and head (no params, tags, metrics) of the runs that exist, in order."""
    run = tables.run
    asked = {"ids": json.dumps(list(run_ids))}
    question = select(run.c.run_id, run.c.id).where(run.c.run_id.in_(_IDS))
    places = {row.run_id: row.id for row in connection.execute(question, asked)}
    ids = [places[run_id] for run_id in run_ids if run_id in places]
    return tuple(zip(ids, hydrate_heads(connection, ids), strict=True))


def metric_rows(
    connection: Connection, ids: Sequence[int]
) -> list[tuple[str, list[Summary | None]]]:
    """Returns every metric the runs have by name, with its summary for each run."""
    metric = tables.metric
    question = select(
        metric.c.run, metric.c.key, metric.c.last, tables.MINIMUM, tables.MAXIMUM,
        metric.c.count,
    ).where(metric.c.run.in_(_IDS))  # fmt: skip
    column, width = {id_: at for at, id_ in enumerate(ids)}, len(ids)
    found: dict[int, list[Summary | None]] = {}
    for run, key, last, low, high, count in _plain(connection, question, ids):
        row = found.get(key)
        if row is None:
            row = found[key] = [None] * width
        row[column[run]] = (
            NAN if last is None else last,
            NAN if low is None else low,
            NAN if high is None else high,
            count,
        )
    names = _names(connection, found)
    return sorted((names[key][1], row) for key, row in found.items())


def text_rows(
    connection: Connection, ids: Sequence[int]
) -> tuple[tuple[TextRow, ...], tuple[TextRow, ...]]:
    """Returns the params and the tags of the runs, each sorted by name."""
    run_value = tables.run_value
    pairs = select(run_value.c.run, run_value.c.value).where(run_value.c.run.in_(_IDS))
    held = _plain(connection, pairs, ids)
    texts = _values(connection, {value_id for _, value_id in held})
    column, width = {id_: at for at, id_ in enumerate(ids)}, len(ids)
    found: dict[int, list[int | None]] = {}
    for run, value_id in held:
        row = found.setdefault(texts[value_id][0], [None] * width)
        row[column[run]] = value_id
    names = _names(connection, found)
    rows: dict[int, list[TextRow]] = {tables.KIND_PARAM: [], tables.KIND_TAG: []}
    for key, values in found.items():
        kind, name = names[key]
        shown = tuple(None if each is None else texts[each][1] for each in values)
        is_same = None not in values and len(set(values)) == 1
        rows[kind].append(TextRow(key=name, values=shown, is_same=is_same))
    params, tags = (sorted(each, key=lambda row: row.key) for each in rows.values())
    return tuple(params), tuple(tags)


def artifact_rows(
    connection: Connection, ids: Sequence[int], *, ending: str = ""
) -> tuple[TextRow, ...]:
    """Returns the paths (those with this end) of the runs' artifacts with the SHA-256 in each."""
    artifact = tables.artifact
    question = select(artifact.c.run, artifact.c.path, artifact.c.sha256)
    if ending:
        question = question.where(artifact.c.path.endswith(ending, autoescape=True))
    column, width = {id_: at for at, id_ in enumerate(ids)}, len(ids)
    found: dict[str, list[str | None]] = {}
    for run, path, sha256 in _plain(connection, question.where(artifact.c.run.in_(_IDS)), ids):
        found.setdefault(path, [None] * width)[column[run]] = sha256
    return tuple(
        TextRow(key=path, values=tuple(row), is_same=None not in row and len(set(row)) == 1)
        for path, row in sorted(found.items())
    )


def _values(connection: Connection, wanted: set[int]) -> dict[int, tuple[int, str]]:
    """Returns key and shortened text of each stored value."""
    value = tables.text_value
    head = func.substr(value.c.text, 1, LONGEST_TEXT + 1)
    question = select(value.c.id, value.c.key_id, head).where(value.c.id.in_(_IDS))
    rows = _plain(connection, question, sorted(wanted))
    return {id_: (key, _shortened(text)) for id_, key, text in rows}


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def _names(connection: Connection, keys: dict[int, Any]) -> dict[int, tuple[int, str]]:
    key = tables.key
    question = select(key.c.id, key.c.kind, key.c.name).where(key.c.id.in_(_IDS))
    return {id_: (kind, name) for id_, kind, name in _plain(connection, question, sorted(keys))}


def _plain(connection: Connection, question: Select[Any], ids: Sequence[int]) -> Sequence[Any]:
    """Returns the driver's own tuples: a comparison has hundreds of thousands of cells."""
    bound = {"ids": json.dumps(list(ids))}
    rows: Sequence[Any] = connection.execute(question, bound).cursor.fetchall()
    return rows
