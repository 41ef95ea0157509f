# SPDX-License-Identifier: Apache-2.0
"""A catalog of every released schema comes up to date, and says what a new one would say."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.domain.clock import FixedClock
from strongroom.services.runs import open_runs
from strongroom.store import tables
from strongroom.store.catalog import Catalog
from strongroom.store.catalog_upgrade import STEPS
from support.catalog_dump import dump, shape
from support.runs_on_disk import START_US, random_bytes, write_run
from support.store_examples import CATALOG_SCHEMAS, STORE_FORMATS, copy_store, put_catalog


def test_every_schema_that_was_ever_released_is_kept() -> None:
    assert tuple(range(1, tables.SCHEMA + 1)) == CATALOG_SCHEMAS
    assert set(STEPS) == set(range(1, tables.SCHEMA)), "each leads to the next"


@pytest.mark.parametrize("schema", CATALOG_SCHEMAS)
def test_an_upgraded_catalog_has_the_tables_of_a_new_one(tmp_path: Path, schema: int) -> None:
    put_catalog(schema, tmp_path / "catalog.sqlite3")
    upgraded = Catalog.open(tmp_path / "catalog.sqlite3")
    new = Catalog.open(tmp_path / "new.sqlite3")
    assert shape(upgraded) == shape(new)
    with upgraded.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    upgraded.close()
    new.close()


@pytest.mark.parametrize("schema", CATALOG_SCHEMAS)
def test_an_upgraded_catalog_answers_at_once_and_after_a_look_as_a_rebuild(
    tmp_path: Path, schema: int
) -> None:
    store = copy_store(STORE_FORMATS[0], tmp_path / "store")
    put_catalog(schema, store / "catalog.sqlite3")
    runs = open_runs(store, FixedClock(START_US), random_bytes)
    before = {(run.run_id, *run.params.items()) for run in runs.search().runs}
    assert len(before) == len(list(store.glob("runs/*/*"))), "its runs are there before any look"
    runs.refresh()
    upgraded = dump(runs.catalog)
    with runs.rebuilding():
        pass
    assert upgraded == dump(runs.catalog)
    assert before == {(run.run_id, *run.params.items()) for run in runs.search().runs}
    runs.catalog.close()


def test_what_connections_remember_of_the_old_tables_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    put_catalog(CATALOG_SCHEMAS[0], path)
    Catalog.open(path).close()
    first = sqlite3.connect(path).execute("SELECT value FROM meta WHERE name = 'born'").fetchone()
    path.unlink()
    put_catalog(CATALOG_SCHEMAS[0], path)
    Catalog.open(path).close()
    again = sqlite3.connect(path).execute("SELECT value FROM meta WHERE name = 'born'").fetchone()
    assert first != again


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE metric_latest",
        "DROP INDEX run_deleted",
        "UPDATE meta SET value = '99' WHERE name = 'schema'",
        "UPDATE meta SET value = '٢' WHERE name = 'schema'",
        "UPDATE meta SET value = '-1' WHERE name = 'schema'",
        "DELETE FROM meta",
        "DROP TABLE meta",
    ],
)
def test_a_catalog_that_is_not_what_its_number_says_is_built_again(
    tmp_path: Path, change: str
) -> None:
    write_run(tmp_path, 1, metrics={"acc": [0.5]})
    path = tmp_path / "catalog.sqlite3"
    put_catalog(CATALOG_SCHEMAS[0], path)
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    runs = open_runs(tmp_path, FixedClock(START_US), random_bytes)
    assert not runs.search().runs, "empty: nothing of the old one is believed"
    runs.refresh()
    assert [run.metrics["acc"].last for run in runs.search().runs] == [0.5]
    runs.catalog.close()


def test_a_step_that_stops_half_way_leaves_the_old_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "catalog.sqlite3"
    put_catalog(CATALOG_SCHEMAS[0], path)
    kept = path.read_bytes()
    step = STEPS[2]

    def stop(operations: object) -> None:
        step(operations)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setitem(STEPS, 2, stop)
    with pytest.raises(KeyboardInterrupt):
        Catalog.open(path)
    asked = sqlite3.connect(path)
    assert asked.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() == ("1",)
    assert asked.execute("SELECT count(minimum) FROM metric_latest").fetchone()[0] > 0
    asked.close()
    assert kept
    monkeypatch.undo()
    Catalog.open(path).close()


def test_a_start_with_a_present_catalog_reads_no_alembic(tmp_path: Path) -> None:
    Catalog.open(tmp_path / "catalog.sqlite3").close()
    code = (
        "import sys; from pathlib import Path; from strongroom.store.catalog import Catalog;"
        " Catalog.open(Path(sys.argv[1])).close();"
        " print([name for name in sys.modules if name.startswith(('alembic', 'mako'))])"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "catalog.sqlite3")]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
