# SPDX-License-Identifier: Apache-2.0
"""An upgrade of a store is looked at first, keeps what it replaces, and can be taken back (D7)."""

import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from strongroom.cli.root import run
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import BadInput, EnvironmentFault, Untrusted
from strongroom.domain.migration import MigrationAct
from strongroom.services.migrations import migrate, preview, take_back
from strongroom.services.runs import open_runs
from strongroom.store import tables
from strongroom.store.catalog_upgrade import STEPS, WORDS
from strongroom.store.migration import COPY
from support.peers import files_of
from support.runs_on_disk import START_US, random_bytes, write_run
from support.shares import small_disk
from support.store_examples import CATALOG_SCHEMAS, STORE_FORMATS, copy_store, put_catalog

OLDER = [number for number in CATALOG_SCHEMAS if number < tables.SCHEMA]


def old_store(root: Path, schema: int) -> Path:
    """A store of the first format with the catalog that a version of then had made."""
    store = copy_store(STORE_FORMATS[0], root / "store")
    put_catalog(schema, store / "catalog.sqlite3")
    return store


def content(path: Path) -> list[str]:
    """Returns all that a catalog says, as SQL."""
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def besides_the_catalog(store: Path) -> dict[str, bytes]:
    return {
        name: data
        for name, data in files_of(store).items()
        if not name.startswith("catalog.") and name != "lock"
    }


def typed(store: Path, *words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Returns the exit code of a command and what it said."""
    code = run(["store", "migrate", *words, "--store", str(store)], lambda _: 0)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_every_step_of_the_catalog_is_told_in_words() -> None:
    assert set(WORDS) == set(STEPS)
    assert all(words.endswith(".") for words in WORDS.values())


@pytest.mark.parametrize("schema", OLDER)
def test_a_look_tells_every_part_and_writes_nothing(tmp_path: Path, schema: int) -> None:
    store = old_store(tmp_path, schema)
    before = files_of(store)
    times = {path: path.stat().st_mtime_ns for path in (store, *store.rglob("*"))}
    plan = preview(store)
    acts = {part.name: (part.found, part.act) for part in plan.parts}
    assert acts == {
        "store": (1, MigrationAct.STAYS),
        "runs": (0, MigrationAct.STAYS),
        "log": (0, MigrationAct.STAYS),
        "catalog": (schema, MigrationAct.UPGRADED),
    }
    catalog = plan.part("catalog")
    assert catalog.steps == tuple(WORDS[number] for number in range(schema, tables.SCHEMA))
    assert catalog.size_bytes == (store / "catalog.sqlite3").stat().st_size
    assert files_of(store) == before
    assert {path: path.stat().st_mtime_ns for path in (store, *store.rglob("*"))} == times


@pytest.mark.parametrize("schema", OLDER)
def test_what_an_upgrade_replaces_is_kept_and_comes_back(tmp_path: Path, schema: int) -> None:
    store = old_store(tmp_path, schema)
    catalog = store / "catalog.sqlite3"
    old, rest = content(catalog), besides_the_catalog(store)
    assert migrate(store).is_needed
    assert preview(store).part("catalog").act is MigrationAct.STAYS
    assert content(store / COPY) == old
    assert besides_the_catalog(store) == rest, "nothing but the index was touched"
    runs = open_runs(store, FixedClock(START_US), random_bytes)
    names = sorted(each.name for each in runs.search().runs)
    assert names
    runs.catalog.close()
    assert not migrate(store).is_needed, "once is enough"
    assert content(store / COPY) == old, "and the copy is still that of before"
    assert take_back(store) == schema
    assert content(catalog) == old
    assert besides_the_catalog(store) == rest
    assert not (store / COPY).exists()
    runs = open_runs(store, FixedClock(START_US), random_bytes)  # this version again
    assert sorted(each.name for each in runs.search().runs) == names
    runs.catalog.close()


def test_a_store_of_this_version_needs_nothing(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    open_runs(tmp_path, FixedClock(START_US), random_bytes).catalog.close()
    before = files_of(tmp_path)
    assert not migrate(tmp_path).is_needed
    assert files_of(tmp_path) == before
    with pytest.raises(BadInput) as caught:
        take_back(tmp_path)
    assert caught.value.code == "E-STORE"


@pytest.mark.parametrize(
    ("damage", "act"),
    [("UPDATE meta SET value = '77'", MigrationAct.REBUILT), ("DROP TABLE meta",
     MigrationAct.REBUILT)],
)  # fmt: skip
def test_a_catalog_of_no_known_number_is_said_to_be_made_again(
    tmp_path: Path, damage: str, act: MigrationAct
) -> None:
    store = old_store(tmp_path, OLDER[0])
    connection = sqlite3.connect(store / "catalog.sqlite3")
    connection.execute(damage)
    connection.commit()
    connection.close()
    assert preview(store).part("catalog").act is act
    migrate(store)
    assert not (store / COPY).exists(), "there is nothing to come back to"
    runs = open_runs(store, FixedClock(START_US), random_bytes)
    runs.refresh()
    assert runs.search().total == len(list(store.glob("runs/*/*/run.json")))
    runs.catalog.close()


def test_a_store_of_tomorrow_is_told_and_left_alone(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    open_runs(tmp_path, FixedClock(START_US), random_bytes).catalog.close()
    document = json.loads((tmp_path / "store.json").read_bytes())
    (tmp_path / "store.json").write_text(json.dumps({**document, "format": 2}))
    before = files_of(tmp_path)
    plan = migrate(tmp_path)
    assert {part.act for part in plan.parts} == {MigrationAct.ONLY_READ}
    assert files_of(tmp_path) == before


def test_what_is_no_store_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        preview(tmp_path)
    assert caught.value.code == "E-STORE"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "store.json").write_text('{"format":"1"}')
    with pytest.raises(Untrusted) as untrusted:
        preview(tmp_path)
    assert untrusted.value.code == "E-FORMAT"


def test_a_full_disk_leaves_the_old_catalog(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        store = old_store(disk, OLDER[0])
        old = content(store / "catalog.sqlite3")
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as stream:
            try:
                while stream.write(bytes(4096)):
                    pass
            except OSError:
                pass
        with pytest.raises(EnvironmentFault) as caught:
            migrate(store)
        assert caught.value.code == "E-FULL"
        ballast.unlink()
        assert content(store / "catalog.sqlite3") == old
        assert [path.name for path in store.glob("*upgrade*")] == []
        migrate(store)
        assert take_back(store) == OLDER[0]


def test_a_death_at_any_moment_leaves_the_old_catalog_or_the_new_one(tmp_path: Path) -> None:
    store = old_store(tmp_path, OLDER[0])
    old, seen = content(store / "catalog.sqlite3"), set()
    for number in range(12):
        child = os.fork()
        if child == 0:
            try:
                migrate(store)
            finally:
                os._exit(0)
        time.sleep(0.002 * number)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        part = preview(store).part("catalog")
        seen.add(part.found)
        assert part.found in {OLDER[0], tables.SCHEMA}
        if part.found == tables.SCHEMA:
            assert content(store / COPY) == old
            take_back(store)
        assert content(store / "catalog.sqlite3") == old
    migrate(store)
    assert content(store / COPY) == old
    assert OLDER[0] in seen


def test_the_command_says_what_it_would_do_does_it_and_takes_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = old_store(tmp_path, OLDER[0])
    code, said = typed(store, "--dry-run", capsys=capsys)
    assert code == 0
    assert "store.json          format 1, stays as it is" in said
    assert f"catalog             from schema {OLDER[0]} to {tables.SCHEMA}; " in said
    assert "Nothing was changed. Opening the store does this too, without keeping a copy." in said
    code, said = typed(store, "--dry-run", "--json", capsys=capsys)
    document = json.loads(said)
    assert (document["dry_run"], document["needed"], document["copy"]) == (True, True, "")
    assert [part["name"] for part in document["parts"]] == ["store", "runs", "log", "catalog"]
    code, said = typed(store, capsys=capsys)
    assert (code, "The store is up to date." in said, COPY in said) == (0, True, True)
    code, said = typed(store, capsys=capsys)
    assert (code, "Nothing has to be changed." in said) == (0, True)
    code, said = typed(store, "--undo", capsys=capsys)
    assert (code, f"that of schema {OLDER[0]} again" in said) == (0, True)
    assert typed(store, "--undo", capsys=capsys)[0] == 2
    assert typed(store, "--undo", "--dry-run", capsys=capsys)[0] == 2
