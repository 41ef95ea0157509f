# SPDX-License-Identifier: Apache-2.0
"""What a catalog says, without the numbers it gives to its own rows: for comparing two of them.

* A run is called by its id, a name and a text by themselves. What no run leads to is left out.
"""

from sqlalchemy import Connection, text

from strongroom.store.catalog import Catalog

IS_SEALED = 14  # where the rows of ``run`` say so
Dump = dict[str, list[tuple[object, ...]]]

_QUESTIONS = {
    "run": (
        "SELECT run.run_id, experiment.name, run.name, status, started_us, ended_us, host, user,"
        " month, abs(folder_stamp), file_stamp, is_deleted, is_archived, is_lost, is_sealed,"
        " sealed_sha256 FROM run JOIN experiment ON experiment.id = run.experiment_id"
    ),
    "value": (
        "SELECT run_id, kind, key.name, text, number FROM run_value"
        " JOIN run ON run.id = run_value.run JOIN text_value ON text_value.id = run_value.value"
        " JOIN key ON key.id = text_value.key_id"
    ),
    "metric": (
        "SELECT run_id, kind, key.name, last, last_step, count, low, high FROM metric_latest"
        " JOIN run ON run.id = metric_latest.run JOIN key ON key.id = metric_latest.key"
    ),
    "dataset": (
        "SELECT run_id, fact, text FROM run_dataset JOIN run ON run.id = run_dataset.run"
        " JOIN dataset_value ON dataset_value.id = run_dataset.value"
    ),
    "artifact": (
        "SELECT run_id, artifact_path.path, size_bytes, sha256 FROM artifact"
        " JOIN run ON run.id = artifact.run"
        " JOIN artifact_path ON artifact_path.id = artifact.path"
    ),
    "use": (
        "SELECT experiment.name, kind, key.name, key_use.runs FROM key_use"
        " JOIN experiment ON experiment.id = experiment_id JOIN key ON key.id = key"
        " WHERE key_use.runs <> 0"
    ),
    "experiment": "SELECT name, runs FROM experiment WHERE runs <> 0",
    "finding": "SELECT path, code, detail FROM finding",
}
_SCHEMA = (
    'SELECT item.name, part.name, part.type, part."notnull", part.pk FROM'
    " sqlite_master AS item JOIN pragma_table_xinfo(item.name) AS part WHERE item.type = 'table'"
)
_INDEXES = (
    'SELECT item.tbl_name, item.name, part.seqno, part.name, part.desc, list."unique",'
    " list.partial FROM sqlite_master AS item"
    " JOIN pragma_index_list(item.tbl_name) AS list ON list.name = item.name"
    " JOIN pragma_index_xinfo(item.name) AS part WHERE item.type = 'index'"
)
_REFERENCES = (
    'SELECT item.name, other."table", other."from", other."to", other.on_delete'
    " FROM sqlite_master AS item JOIN pragma_foreign_key_list(item.name) AS other"
    " WHERE item.type = 'table'"
)
_WITHOUT_ROWID = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%'"
)


def dump(catalog: Catalog) -> Dump:
    """Returns every row that somebody could be answered with."""
    with catalog.read() as connection:
        return {name: _rows(connection, question) for name, question in _QUESTIONS.items()}


def shape(catalog: Catalog) -> Dump:
    """Returns the tables, indexes and references, whatever order their columns have."""
    with catalog.read() as connection:
        return {
            "columns": _rows(connection, _SCHEMA),
            "indexes": _rows(connection, _INDEXES),
            "references": _rows(connection, _REFERENCES),
            "without rowid": _rows(connection, _WITHOUT_ROWID),
        }


def _rows(connection: Connection, question: str) -> list[tuple[object, ...]]:
    return sorted((tuple(row) for row in connection.execute(text(question))), key=repr)
