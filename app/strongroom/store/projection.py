# SPDX-License-Identifier: Apache-2.0
"""The folded registry as rows of the catalog, for search and for being checked.

* Written in one transaction after each change; nothing that decides reads it back.
* `differences` holds the rows against a replay: an edited catalog is named row by row (E-DBDRIFT).
"""

from sqlalchemy import Column, Integer, Table, Text, delete, insert, select

from strongroom.domain.chains import Alarm
from strongroom.store.catalog import Catalog
from strongroom.store.snapshot import Snapshot
from strongroom.store.tables import metadata

version_row = Table(
    "registry_version",
    metadata,
    Column("model", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("tree", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("run", Text, nullable=False),
)
request_row = Table(
    "registry_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("status", Text, nullable=False),
)
applied_row = Table(
    "applied",
    metadata,
    Column("writer", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("id", Text, nullable=False),
)
"""How far each writer's log has been folded, and under which trust document."""

TRUST = "trust"  # stands for a writer: no key id has this form

_TABLES = (version_row, request_row, applied_row)


def write_projection(catalog: Catalog, snapshot: Snapshot) -> None:
    """Replaces the rows by what the snapshot folds to, in one transaction.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-STORE``; the old rows remain.
    """
    rows = _expected(snapshot)
    catalog.ensure_tables()
    with catalog.begin() as connection:
        for table in _TABLES:
            connection.execute(delete(table))
            if rows[table.name]:
                connection.execute(insert(table), rows[table.name])


def is_current(catalog: Catalog, snapshot: Snapshot) -> bool:
    """Whether the rows already cover every event and the trust document of the snapshot."""
    catalog.ensure_tables()
    with catalog.read() as connection:
        found = {row.writer: (row.seq, row.id) for row in connection.execute(select(applied_row))}
    return found == {str(row["writer"]): (row["seq"], row["id"]) for row in _applied(snapshot)}


def differences(catalog: Catalog, snapshot: Snapshot) -> tuple[Alarm, ...]:
    """Returns each row of the catalog that the replay of the ledger does not give."""
    expected = _expected(snapshot)
    alarms = []
    catalog.ensure_tables()
    with catalog.read() as connection:
        for table in _TABLES:
            wanted = {_identity(table, row): row for row in expected[table.name]}
            found = {
                _identity(table, dict(row)): dict(row)
                for row in connection.execute(select(table)).mappings()
            }
            alarms += [
                Alarm(
                    code="E-DBDRIFT",
                    object=f"{table.name} {' '.join(map(str, key))}",
                    detail=_difference(wanted.get(key), found.get(key)),
                )
                for key in sorted(wanted.keys() | found.keys(), key=str)
                if wanted.get(key) != found.get(key)
            ]
    return tuple(alarms)


def _expected(snapshot: Snapshot) -> dict[str, list[dict[str, str | int]]]:
    state = snapshot.state
    return {
        version_row.name: [
            {
                "model": version.model,
                "version": version.version,
                "tree": version.tree,
                "stage": version.stage,
                "by": version.by,
                "run": version.run,
            }
            for model in state.models.values()
            for version in model.versions
        ],
        request_row.name: [
            {"id": id_, "status": request.status.value} for id_, request in state.requests.items()
        ],
        applied_row.name: _applied(snapshot),
    }


def _applied(snapshot: Snapshot) -> list[dict[str, str | int]]:
    """Returns what the rows are folded from: a new trust document changes them like an event."""
    latest = snapshot.latest
    heads = {TRUST: (latest.version, latest.id), **snapshot.chains.heads}
    return [{"writer": writer, "seq": seq, "id": id_} for writer, (seq, id_) in heads.items()]


def _identity(table: Table, row: dict[str, str | int]) -> tuple[str | int, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _difference(wanted: dict[str, str | int] | None, found: dict[str, str | int] | None) -> str:
    if wanted is None:
        return "The catalog has this row; the ledger does not give it."
    if found is None:
        return "The ledger gives this row; the catalog does not have it."
    fields = [f"{k}: {found[k]} where the ledger gives {wanted[k]}" for k in wanted
              if found[k] != wanted[k]]  # fmt: skip
    return "; ".join(fields) + "."
