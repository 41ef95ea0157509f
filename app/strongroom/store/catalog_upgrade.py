# SPDX-License-Identifier: Apache-2.0
"""Brings the tables of an older catalog to the present schema, step by step (alembic).

* Read only where a schema number is old: a start pays for none of it.
* A step says its tables itself and never looks at `tables`, which goes on changing after it.
* What an older catalog did not keep cannot be made of it: such a step marks every run to be read
  again, and the next look at the store does so. Until then its rows answer as they are.
* All steps are one transaction. Whoever fails here leaves the old tables, and the catalog is built
  again from the folders: it is only an index.
"""

from collections.abc import Callable

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    Text,
    UniqueConstraint,
    text,
)

from strongroom.store import tables


def upgrade(connection: Connection, schema: int) -> None:
    """Takes every step from a schema number to the present one.

    Args:
        connection: Of the catalog, in a transaction that writes.
        schema: The number the catalog says.

    Raises:
        KeyError: If no step leads on from that number.
        sqlalchemy.exc.DatabaseError: If the tables are others than the number says.
    """
    operations = Operations(MigrationContext.configure(connection))
    for number in range(schema, tables.SCHEMA):
        STEPS[number](operations)
    made = {"name": "schema", "value": str(tables.SCHEMA)}
    operations.execute(text("UPDATE meta SET value = :value WHERE name = :name").bindparams(**made))
    operations.execute(  # what connections keep by id is of the old tables
        text("INSERT OR REPLACE INTO meta VALUES (:name, hex(randomblob(8)))").bindparams(
            name=tables.BORN
        )
    )


def _names_are_indexed(op: Operations) -> None:
    """Goes from 1 to 2."""
    op.create_index("run_by_name", "run", ["name"])


def _datasets_and_counts(op: Operations) -> None:
    """Goes from 2 to 3: extremes where they differ, archived runs, datasets, counts of names."""
    op.add_column("experiment", Column("runs", Integer, nullable=False, server_default=text("0")))
    op.execute(
        "UPDATE experiment SET runs ="
        " (SELECT count(*) FROM run WHERE run.experiment_id = experiment.id)"
    )
    op.add_column("run", Column("is_archived", Boolean, nullable=False, server_default=text("0")))
    op.drop_index("run_deleted", "run")
    op.create_index(
        "run_hidden",
        "run",
        ["id", "is_deleted", "is_archived"],
        sqlite_where=text("is_deleted = 1 OR is_archived = 1"),
    )
    _extremes_where_they_differ(op)
    _datasets(op)
    op.create_table(
        "key_use",
        Column("experiment_id", Integer, ForeignKey("experiment.id"), primary_key=True),
        Column("key", Integer, ForeignKey("key.id"), primary_key=True),
        Column("runs", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO key_use SELECT run.experiment_id, held.key, count(*) FROM ("
        "SELECT run, key FROM metric_latest UNION ALL SELECT run_value.run, text_value.key_id"
        " FROM run_value JOIN text_value ON text_value.id = run_value.value"
        ") AS held JOIN run ON run.id = held.run GROUP BY run.experiment_id, held.key"
    )
    op.execute("UPDATE run SET folder_stamp = 0")  # the folders know the datasets, no row did


def _extremes_where_they_differ(op: Operations) -> None:
    op.drop_index("metric_by_value", "metric_latest")
    op.rename_table("metric_latest", "metric_before")
    op.create_table(
        "metric_latest",
        Column("run", Integer, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        Column("key", Integer, ForeignKey("key.id"), primary_key=True),
        Column("last", Float),
        Column("last_step", Integer, nullable=False),
        Column("count", Integer, nullable=False),
        Column("low", Float),
        Column("high", Float),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO metric_latest SELECT run, key, last, last_step, count,"
        " nullif(minimum, last), nullif(maximum, last) FROM metric_before"
    )
    op.drop_table("metric_before")
    op.create_index("metric_by_value", "metric_latest", ["key", "last", "run", "low", "high"])


def _datasets(op: Operations) -> None:
    op.create_table(
        "dataset_value",
        Column("id", Integer, primary_key=True),
        Column("fact", Text, nullable=False),
        Column("text", Text, nullable=False),
        UniqueConstraint("fact", "text"),
    )
    op.create_table(
        "run_dataset",
        Column("run", Integer, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        Column("value", Integer, ForeignKey("dataset_value.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("run_dataset_by_value", "run_dataset", ["value", "run"])


def _paths_once(op: Operations) -> None:
    """Goes from 3 to 4: each path of an artifact stands once, and finds its runs."""
    op.create_table(
        "artifact_path",
        Column("id", Integer, primary_key=True),
        Column("path", Text, nullable=False),
        UniqueConstraint("path"),
    )
    op.execute("INSERT INTO artifact_path (path) SELECT DISTINCT path FROM artifact ORDER BY path")
    op.rename_table("artifact", "artifact_before")
    op.create_table(
        "artifact",
        Column("run", Integer, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        Column("path", Integer, ForeignKey("artifact_path.id"), primary_key=True),
        Column("size_bytes", Integer, nullable=False),
        Column("sha256", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO artifact SELECT before.run, artifact_path.id, before.size_bytes, before.sha256"
        " FROM artifact_before AS before JOIN artifact_path ON artifact_path.path = before.path"
    )
    op.drop_table("artifact_before")
    op.create_index("artifact_by_path", "artifact", ["path", "run"])
    op.create_index("artifact_by_digest", "artifact", ["sha256"])


STEPS: dict[int, Callable[[Operations], None]] = {
    1: _names_are_indexed,
    2: _datasets_and_counts,
    3: _paths_once,
}
"""What leads from a schema number to the next."""

WORDS: dict[int, str] = {
    1: "Runs are found by their name as fast as by their id.",
    2: "Archived runs, data and the counts of names are kept; run folders are read again.",
    3: "Paths of artifacts are kept once.",
}
"""What each step does, for people."""
