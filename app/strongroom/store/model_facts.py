# SPDX-License-Identifier: Apache-2.0
"""What the signatures of logged models are, by the digest of their ``MLmodel`` file.

* A digest stands for one text for good: what was read once is never read again, whichever run has
  it. Nothing is read before somebody asks for signatures; discovery costs nothing more.
* An index like the rest of the catalog: a new one fills it again.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Column, Connection, Select, Table, Text, or_, select
from sqlalchemy.dialects.sqlite import insert

from strongroom.domain.model import MODEL_FILE
from strongroom.domain.model_signature import Columns
from strongroom.store import tables

LOOK_UP = 5_000  # digests in one look-up, as in `run_index`

Signature = tuple[Columns, Columns]
"""Inputs and outputs, both empty where a model has no signature."""

model_signature = Table(
    "model_signature",
    tables.metadata,
    Column("sha256", Text, primary_key=True),  # of the MLmodel file
    Column("text", Text, nullable=False),  # inputs and outputs as JSON; '' for no signature
    sqlite_with_rowid=False,
)


class ModelPlace(NamedTuple):
    """An ``MLmodel`` file of a run: the run's catalog id, path and digest."""

    run: int
    path: str
    sha256: str


def model_places(connection: Connection, runs: Sequence[int] | None = None) -> list[ModelPlace]:
    """Returns the ``MLmodel`` files of some runs, or of all."""
    question = _places()
    if runs is not None:
        question = question.where(tables.artifact.c.run.in_(runs))
    rows = connection.execute(question)
    return [ModelPlace(run=row.run, path=row.path, sha256=row.sha256) for row in rows]


def known_signatures(connection: Connection, digests: Sequence[str]) -> dict[str, Signature]:
    """Returns the signatures of those files that were read before, by digest."""
    found: dict[str, Signature] = {}
    table = model_signature
    for start in range(0, len(digests), LOOK_UP):
        part = digests[start : start + LOOK_UP]
        rows = connection.execute(
            select(table.c.sha256, table.c.text).where(table.c.sha256.in_(part))
        )
        texts: dict[str, str] = {row.sha256: row.text for row in rows}
        read = {text: _read(text) for text in set(texts.values())}  # models of one script are alike
        found |= {sha256: read[text] for sha256, text in texts.items()}
    return found


def keep_signatures(connection: Connection, found: Mapping[str, Signature]) -> None:
    """Remembers signatures by the digest of their file."""
    rows = [{"sha256": sha256, "text": _text(each)} for sha256, each in sorted(found.items())]
    if rows:
        connection.execute(insert(model_signature).on_conflict_do_nothing(), rows)


def _places() -> Select[tuple[int, str, str]]:
    artifact, named = tables.artifact, tables.artifact_path
    is_model = or_(named.c.path == MODEL_FILE, named.c.path.like(f"%/{MODEL_FILE}"))
    return (
        select(artifact.c.run, named.c.path, artifact.c.sha256)
        .join_from(artifact, named, named.c.id == artifact.c.path)
        .where(is_model)
    )


def _text(signature: Signature) -> str:
    return json.dumps(signature, separators=(",", ":")) if any(signature) else ""


def _read(text: str) -> Signature:
    if not text:
        return (), ()
    inputs, outputs = json.loads(text)
    return tuple(map(tuple, inputs)), tuple(map(tuple, outputs))
