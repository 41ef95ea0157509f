# SPDX-License-Identifier: Apache-2.0
"""Names by their ids: kept from page to page, and never wrong when ids are given again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from strongroom.domain.query import Field, FieldKind
from strongroom.store import tables
from strongroom.store.catalog import Catalog
from strongroom.store.key_names import key_fields, key_ids

LOSS = Field(kind=FieldKind.METRIC, key="loss")
LR = Field(kind=FieldKind.PARAM, key="lr")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite3")
    yield opened
    opened.close()


def name(catalog: Catalog, id_: int, kind: int, text: str) -> None:
    with catalog.begin() as connection:
        connection.execute(insert(tables.key).values(id=id_, kind=kind, name=text))


def test_ids_and_fields_are_each_others_answer(catalog: Catalog) -> None:
    name(catalog, 1, tables.KIND_METRIC, "loss")
    name(catalog, 2, tables.KIND_PARAM, "lr")
    name(catalog, 3, tables.KIND_TAG, "lr")  # another kind of the same name
    attribute = Field(kind=FieldKind.ATTRIBUTE, key="name")
    unknown = Field(kind=FieldKind.METRIC, key="lr")
    with catalog.read() as connection:
        assert key_ids(connection, [LOSS, LR, attribute, unknown]) == {1: LOSS, 2: LR}
        found = key_fields(connection, [1, 2])
        assert (found[1], found[2]) == (LOSS, LR)


def test_names_of_a_catalog_that_was_made_anew_are_read_again(catalog: Catalog) -> None:
    name(catalog, 1, tables.KIND_METRIC, "loss")
    with catalog.read() as connection:
        assert key_fields(connection, [1])[1] == LOSS
    with catalog.rebuilding(catalog.path.parent / "cache") as fresh:
        name(fresh, 1, tables.KIND_PARAM, "lr")
    with catalog.read() as connection:
        assert key_fields(connection, [1])[1] == LR


def test_names_of_a_transaction_that_was_undone_are_not_kept(catalog: Catalog) -> None:
    def write_and_fail() -> None:
        with catalog.begin() as connection:
            connection.execute(insert(tables.key).values(id=1, kind=tables.KIND_TAG, name="gone"))
            assert key_fields(connection, [1])[1].key == "gone"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    name(catalog, 1, tables.KIND_METRIC, "loss")  # the connection comes back from the pool
    with catalog.read() as connection:
        assert key_fields(connection, [1])[1] == LOSS
