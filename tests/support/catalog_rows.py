# SPDX-License-Identifier: Apache-2.0
"""What a catalog says, without the numbers it gave to names: two that say the same are equal."""

import sqlite3
from contextlib import closing
from pathlib import Path

Rows = dict[str, list[tuple[object, ...]]]

QUESTIONS = {
    "runs": """
        SELECT run_id, experiment.name, run.name, status, started_us, ended_us, host, user, month,
               folder_stamp, file_stamp, is_deleted, is_archived, is_lost, is_sealed, sealed_sha256
        FROM run JOIN experiment ON experiment.id = experiment_id""",
    "values": """
        SELECT run_id, kind, key.name, text, number FROM run_value JOIN run ON run.id = run
        JOIN text_value ON text_value.id = value JOIN key ON key.id = key_id""",
    "metrics": """
        SELECT run_id, key.name, last, last_step, count, low, high FROM metric_latest
        JOIN run ON run.id = run JOIN key ON key.id = key""",
    "artifacts": """
        SELECT run_id, path, size_bytes, sha256 FROM artifact JOIN run ON run.id = run""",
    "datasets": """
        SELECT run_id, fact, text FROM run_dataset
        JOIN run ON run.id = run JOIN dataset_value ON dataset_value.id = value""",
    "names in use": """
        SELECT experiment.name, kind, key.name, key_use.runs FROM key_use
        JOIN experiment ON experiment.id = experiment_id JOIN key ON key.id = key
        WHERE key_use.runs > 0""",
    "experiments": "SELECT name, runs FROM experiment WHERE runs > 0",
    "findings": "SELECT path, code, detail FROM finding",
}


def catalog_rows(store: Path) -> Rows:
    """Returns every row of a store's catalog, sorted, names in the place of their numbers."""
    with closing(sqlite3.connect(store / "catalog.sqlite3")) as connection:
        return {
            what: sorted(connection.execute(question).fetchall(), key=repr)
            for what, question in QUESTIONS.items()
        }
