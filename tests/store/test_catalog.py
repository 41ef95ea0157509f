# SPDX-License-Identifier: Apache-2.0
"""The catalog is an index: it opens on a local disk only, and rebuilds rather than fails."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.store import tables
from strongroom.store.catalog import Catalog, refuse_share
from strongroom.store.store_folder import open_store_folder
from support.runs_on_disk import START_US, random_bytes


def test_the_database_is_in_wal_mode_with_foreign_keys(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite3")
    with catalog.read() as connection:
        for pragma, expected in (("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1)):
            assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == expected
    catalog.close()


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3\0" + bytes(5000)]
)
def test_a_damaged_file_is_built_again(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(content)
    catalog = Catalog.open(path)
    with catalog.read() as connection:
        assert connection.execute(select(tables.run)).all() == []
    catalog.close()


def test_another_schema_number_is_built_again(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    catalog = Catalog.open(path)
    with catalog.begin() as connection:
        connection.execute(insert(tables.experiment).values(name="old"))
        connection.execute(tables.meta.update().values(value="0"))
    catalog.close()
    catalog = Catalog.open(path)
    with catalog.read() as connection:
        assert connection.execute(select(tables.experiment)).all() == []
    catalog.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite3")

    def fail() -> None:
        with catalog.begin() as connection:
            connection.execute(insert(tables.experiment).values(name="half"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with catalog.read() as connection:
        assert connection.execute(select(tables.experiment)).all() == []
    catalog.close()


def test_many_threads_write_without_losing_a_row(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite3")

    def write(number: int) -> None:
        for each in range(10):
            with catalog.begin() as connection:
                connection.execute(insert(tables.experiment).values(name=f"{number}-{each}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalog.read() as connection:
        assert len(connection.execute(select(tables.experiment)).all()) == 40
    catalog.close()


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs"])
def test_a_catalog_on_a_share_is_refused(kind: str) -> None:
    mounts = f"/dev/sda / ext4 rw 0 0\nserver:/x /mnt/my\\040share {kind} rw 0 0\n"
    refuse_share(Path("/home/ada"), mounts)
    with pytest.raises(EnvironmentFault) as caught:
        refuse_share(Path("/mnt/my share/store"), mounts)
    assert caught.value.code == "E-SHARE"
    assert caught.value.advice


def test_a_full_disk_is_said_and_the_catalog_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    catalog = Catalog.open(path)

    def fill() -> None:
        with catalog.begin() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar()
            connection.execute(text(f"PRAGMA max_page_count={pages}"))
            for number in range(500):
                connection.execute(insert(tables.experiment).values(name=f"{number}" * 500))

    with pytest.raises(EnvironmentFault) as caught:
        fill()
    assert caught.value.code == "E-FULL"
    catalog.close()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM experiment").fetchone() == (0,)


def test_two_openings_of_a_store_agree_on_its_id(tmp_path: Path) -> None:
    clock = FixedClock(START_US)
    first = open_store_folder(tmp_path / "store", clock=clock, random_bytes=random_bytes)
    again = open_store_folder(tmp_path / "store", clock=clock, random_bytes=random_bytes)
    assert first == again
    (tmp_path / "store/store.json").write_text('{"format":2,"id":"x","created":""}')
    with pytest.raises(Untrusted, match="E-FORMAT"):
        open_store_folder(tmp_path / "store", clock=clock, random_bytes=random_bytes)


def test_a_store_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EnvironmentFault) as caught:
        open_store_folder(
            tmp_path / "file" / "store", clock=FixedClock(), random_bytes=random_bytes
        )
    assert caught.value.code == "E-STORE"


def test_who_writes_for_long_keeps_nobody_from_opening_and_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom.store.catalog.BUSY_SECONDS", 0.2)
    path = tmp_path / "catalog.sqlite3"
    first = Catalog.open(path)
    with first.begin():  # a discovery of a hundred thousand runs
        second = Catalog.open(path)
        with second.read() as connection:
            found = connection.execute(select(tables.meta.c.value)).scalars().all()
        assert str(tables.SCHEMA) in found
        second.close()
    first.close()


def test_a_table_that_is_missing_is_made_when_the_catalog_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    first = Catalog.open(path)
    with first.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {tables.run.name}")
    first.close()
    again = Catalog.open(path)
    with again.read() as connection:
        assert connection.execute(select(tables.run)).all() == []
    again.close()
