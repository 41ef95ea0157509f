# SPDX-License-Identifier: Apache-2.0
"""The catalog's side of a comparison: fields of many runs as columns, never runs as objects.

* A row is read once whatever the number of runs; only the asked kinds are read.
* Whether texts are the same is decided on whole values: equal texts are one stored value.
* Long texts come shortened; a viewer reads the whole of one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from strongroom.domain.query import FieldKind
from strongroom.domain.run import Run
from strongroom.store import tables
from strongroom.store.hydration import NAN, hydrate_heads
from strongroom.store.key_names import key_fields
from strongroom.store.statement import Statement, given, many

LONGEST_TEXT = 2_000  # characters of a value in a cell; a tag may hold megabytes
Summary = tuple[float, float, float, int]
"""Last, minimum, maximum, number of points."""

_IDS = given("ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """A text of each run, None where it has none; ``is_same`` speaks of the whole texts."""

    key: str
    values: tuple[str | None, ...]
    is_same: bool


def known_runs(connection: Connection, run_ids: Sequence[str]) -> tuple[tuple[int, Run], ...]:
    """Returns catalog id and head (no params, tags, metrics) of the runs that exist, in order."""
    run = tables.run
    question = Statement.of(select(run.c.run_id, run.c.id).where(run.c.run_id.in_(_IDS)))
    places = dict(question.rows(connection, ids=json.dumps(list(run_ids))))
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
    for run, key, last, low, high, count in Statement.of(question).rows(connection, ids=many(ids)):
        row = found.get(key)
        if row is None:
            row = found[key] = [None] * width
        row[column[run]] = (
            NAN if last is None else last,
            NAN if low is None else low,
            NAN if high is None else high,
            count,
        )
    fields = key_fields(connection, found)
    return sorted((fields[key].key, row) for key, row in found.items())


def text_rows(
    connection: Connection, ids: Sequence[int]
) -> tuple[tuple[TextRow, ...], tuple[TextRow, ...]]:
    """Returns the params and the tags of the runs, each sorted by name."""
    run_value = tables.run_value
    pairs = select(run_value.c.run, run_value.c.value).where(run_value.c.run.in_(_IDS))
    held = Statement.of(pairs).rows(connection, ids=many(ids))
    texts = _values(connection, {value_id for _, value_id in held})
    column, width = {id_: at for at, id_ in enumerate(ids)}, len(ids)
    found: dict[int, list[int | None]] = {}
    for run, value_id in held:
        row = found.setdefault(texts[value_id][0], [None] * width)
        row[column[run]] = value_id
    fields = key_fields(connection, found)
    rows: dict[FieldKind, list[TextRow]] = {FieldKind.PARAM: [], FieldKind.TAG: []}
    for key, values in found.items():
        field = fields[key]
        shown = tuple(None if each is None else texts[each][1] for each in values)
        is_same = None not in values and len(set(values)) == 1
        rows[field.kind].append(TextRow(key=field.key, values=shown, is_same=is_same))
    params, tags = (sorted(each, key=lambda row: row.key) for each in rows.values())
    return tuple(params), tuple(tags)


def artifact_rows(
    connection: Connection, ids: Sequence[int], *, ending: str = ""
) -> tuple[TextRow, ...]:
    """Returns the paths (those with this end) of the runs' artifacts with the SHA-256 in each."""
    artifact, named = tables.artifact, tables.artifact_path
    question = select(artifact.c.run, named.c.path, artifact.c.sha256).join_from(
        artifact, named, named.c.id == artifact.c.path
    )
    if ending:
        question = question.where(named.c.path.endswith(ending, autoescape=True))
    column, width = {id_: at for at, id_ in enumerate(ids)}, len(ids)
    found: dict[str, list[str | None]] = {}
    asked = Statement.of(question.where(artifact.c.run.in_(_IDS)))
    for run, path, sha256 in asked.rows(connection, ids=many(ids)):
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
    rows = Statement.of(question).rows(connection, ids=many(wanted))
    return {id_: (key, _shortened(text)) for id_, key, text in rows}


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
