# SPDX-License-Identifier: Apache-2.0
"""The names of metrics, params and tags, and the ids the catalog has for them.

* An id means one name for as long as the tables live, so each connection keeps the names it has
  read until the catalog is made anew (`tables.BORN`).
* Nothing is kept from within a transaction that writes: it may be undone and its ids given again.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import Connection, ScalarSelect, select

from strongroom.domain.query import Field, FieldKind
from strongroom.store import tables
from strongroom.store.statement import Statement, given, many

MOST_KEPT: Final = 50_000  # of each kind of thing a connection keeps, some 10 MB

KIND_OF: Final = {
    tables.KIND_PARAM: FieldKind.PARAM,
    tables.KIND_TAG: FieldKind.TAG,
    tables.KIND_METRIC: FieldKind.METRIC,
}
"""What the numbers in `tables.key` mean."""
NUMBER_OF: Final = {kind: number for number, kind in KIND_OF.items()}


def key_fields(connection: Connection, ids: Iterable[int]) -> dict[int, Field]:
    """Returns at least the metrics, params and tags of these ids."""
    known = kept(connection, "fields")
    missing = [id_ for id_ in ids if id_ not in known]
    if missing:
        for id_, kind, name in _BY_ID.rows(connection, ids=many(missing)):
            known[id_] = Field(kind=KIND_OF[kind], key=name)
    return known


def key_ids(connection: Connection, fields: Collection[Field]) -> dict[int, Field]:
    """Returns the fields that runs have by their ids; attributes and unknown names have none."""
    asked = {(NUMBER_OF[field.kind], field.key) for field in fields if field.kind in NUMBER_OF}
    names = sorted({name for _, name in asked})
    rows = _BY_NAME.rows(connection, names=json.dumps(names)) if names else ()
    return {
        id_: Field(kind=KIND_OF[kind], key=name)
        for id_, kind, name in rows
        if (kind, name) in asked
    }


def key_id(field: Field) -> ScalarSelect[int]:
    """Returns the sub-question for the id of a metric's, param's or tag's name."""
    key = tables.key
    return (
        select(key.c.id)
        .where(key.c.kind == NUMBER_OF[field.kind], key.c.name == field.key)
        .scalar_subquery()
    )


def kept(connection: Connection, what: str) -> dict[int, Any]:
    """Returns what this connection has read by id; empty where nothing can be kept."""
    if connection.get_execution_options().get("strongroom_writes", False):
        return {}
    ((born,),) = _BORN.rows(connection)
    memory: dict[str, Any] = connection.info
    if memory.get("strongroom_born") != born:
        memory.update(strongroom_born=born, strongroom_kept={})
    found: dict[int, Any] = memory["strongroom_kept"].setdefault(what, {})
    if len(found) > MOST_KEPT:
        found.clear()
    return found


def _questions() -> tuple[Statement, ...]:
    key, meta = tables.key, tables.meta
    named = select(key.c.id, key.c.kind, key.c.name)
    by_id = named.where(key.c.id.in_(given("ids")))
    by_name = named.where(key.c.name.in_(given("names")))
    born = select(meta.c.value).where(meta.c.name == tables.BORN)
    return Statement.of(by_id), Statement.of(by_name), Statement.of(born)


_BY_ID, _BY_NAME, _BORN = _questions()
