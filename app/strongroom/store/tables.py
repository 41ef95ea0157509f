# SPDX-License-Identifier: Apache-2.0
"""The catalog's tables: entity, attribute, value with integer keys (storage.md, design 3).

* Everything here is an index over run folders; dropping it loses nothing.
* Names and texts are kept once: `key` holds names, `text_value` the distinct values of a key,
  `artifact_path` the paths of files, and a run points at them. A thousand runs with
  ``optimizer=adam`` share one row, and a comparison looks at distinct values instead of runs.
* SQLite keeps NaN as NULL, so a NULL `last` with a row present means NaN.
* A metric's extremes are kept where they differ from `last` (`MINIMUM`, `MAXIMUM` read both): most
  often one does not, and rows and index are the smaller for it.
* Rows that belong to a run go with it (ON DELETE CASCADE).
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

SCHEMA = 4  # an older one is upgraded (`catalog_upgrade`), an unknown one built again

KIND_PARAM = 0
KIND_TAG = 1
KIND_METRIC = 2

BORN = "born"  # in `meta`: a random text, another one each time the tables are made

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

experiment = Table(
    "experiment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("runs", Integer, nullable=False, server_default=text("0")),  # hidden ones too
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Text, nullable=False, unique=True),
    Column("experiment_id", ForeignKey("experiment.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_us", Integer, nullable=False),
    Column("ended_us", Integer),
    Column("host", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("month", Text, nullable=False),  # the folder above the run's: runs/<month>/<run id>
    Column("folder_stamp", Integer, nullable=False),  # mtime of the run folder, ns; <0: just then
    Column("file_stamp", Text, nullable=False),  # sizes and times of a live run's journals
    Column("is_deleted", Boolean, nullable=False),
    Column("is_archived", Boolean, nullable=False, server_default=text("0")),
    Column("is_lost", Boolean, nullable=False),
    Column("is_sealed", Boolean, nullable=False),
    Column("sealed_sha256", Text, nullable=False),  # '' until sealed
)
Index("run_by_start", run.c.started_us)
Index("run_by_name", run.c.name)
Index("run_by_experiment", run.c.experiment_id, run.c.started_us)
HIDDEN = "is_deleted = 1 OR is_archived = 1"  # a question uses the index if it says the same
Index("run_hidden", run.c.id, run.c.is_deleted, run.c.is_archived, sqlite_where=text(HIDDEN))

key = Table(
    "key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Integer, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("kind", "name"),
)

text_value = Table(
    "text_value",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key_id", ForeignKey("key.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("number", Float),  # the text as a number where it is one
    UniqueConstraint("key_id", "text"),
)

run_value = Table(
    "run_value",
    metadata,
    Column("run", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("value", ForeignKey("text_value.id"), primary_key=True),
    sqlite_with_rowid=False,
)
Index("run_value_by_value", run_value.c.value, run_value.c.run)

metric = Table(
    "metric_latest",
    metadata,
    Column("run", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("key", ForeignKey("key.id"), primary_key=True),
    Column("last", Float),
    Column("last_step", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("low", Float),  # NULL: as `last`
    Column("high", Float),
    sqlite_with_rowid=False,
)
# The extremes ride along, so that min(…) and max(…) read this index and no row.
Index(
    "metric_by_value",
    metric.c.key,
    metric.c.last,
    metric.c.run,
    metric.c.low,
    metric.c.high,
)
MINIMUM = func.coalesce(metric.c.low, metric.c.last)
MAXIMUM = func.coalesce(metric.c.high, metric.c.last)

dataset_value = Table(
    "dataset_value",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fact", Text, nullable=False),  # name, digest or context
    Column("text", Text, nullable=False),
    UniqueConstraint("fact", "text"),
)

run_dataset = Table(
    "run_dataset",
    metadata,
    Column("run", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("value", ForeignKey("dataset_value.id"), primary_key=True),
    sqlite_with_rowid=False,
)
Index("run_dataset_by_value", run_dataset.c.value, run_dataset.c.run)

key_use = Table(  # how many runs have a name: counted when runs change, not when somebody asks
    "key_use",
    metadata,
    Column("experiment_id", ForeignKey("experiment.id"), primary_key=True),
    Column("key", ForeignKey("key.id"), primary_key=True),
    Column("runs", Integer, nullable=False),
    sqlite_with_rowid=False,
)

artifact_path = Table(
    "artifact_path",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
)

artifact = Table(
    "artifact",
    metadata,
    Column("run", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("path", ForeignKey("artifact_path.id"), primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("artifact_by_path", artifact.c.path, artifact.c.run)
Index("artifact_by_digest", artifact.c.sha256)

finding = Table(
    "finding",
    metadata,
    Column("path", Text, primary_key=True),  # of the run folder, relative to runs/
    Column("code", Text, primary_key=True),
    Column("detail", Text, nullable=False),
    Column("folder_stamp", Integer, nullable=False),
)
