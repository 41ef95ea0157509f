# SPDX-License-Identifier: Apache-2.0
"""The catalog's rows of the registry: an index that heals, and that nobody edits unnoticed."""

import sqlite3
from pathlib import Path

import pytest

from strongroom.domain.policy import Policy
from strongroom.store.catalog import Catalog
from strongroom.store.projection import differences, is_current, write_projection
from support.ledgers import a_ledger, opened
from support.team_builder import Team, a_team


@pytest.fixture
def team() -> Team:
    team = a_team()
    alice = team.enrol("Alice", "analyst")
    mara = team.enrol("Mara", "release-approver")
    mara.approves(alice.requests(alice.registers("churn", 1), "Production"))
    return team


def test_rows_that_lie_behind_the_files_are_noticed_and_healed(tmp_path: Path, team: Team):
    ledger = a_ledger(tmp_path, team)
    catalog = Catalog.open(tmp_path / "catalog.sqlite3")
    write_projection(catalog, ledger.refresh())
    ledger.take(team.documents, team.station.everything())  # and the program dies here
    snapshot = opened(tmp_path, team).refresh()
    assert not is_current(catalog, snapshot)
    assert differences(catalog, snapshot) != ()
    write_projection(catalog, snapshot)
    assert is_current(catalog, snapshot)
    assert differences(catalog, snapshot) == ()
    catalog.close()


def test_a_new_trust_document_makes_the_rows_old(tmp_path: Path, team: Team):
    ledger = a_ledger(tmp_path, team)
    ledger.take([], team.station.everything())
    catalog = Catalog.open(tmp_path / "catalog.sqlite3")
    write_projection(catalog, ledger.refresh())
    team.policy("staging", Policy())
    ledger.add_trust(team.documents[-1])
    assert not is_current(catalog, ledger.snapshot)
    catalog.close()


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ("update registry_version set stage = 'None'", "registry_version churn 1"),
        ("update registry_request set status = 'pending'", "registry_request"),
        ("delete from registry_version", "registry_version churn 1"),
        ("insert into registry_request values ('x', 'effective')", "registry_request x"),
        ("update applied set seq = seq + 1 where writer != 'trust'", "applied"),
    ],
)
def test_an_edited_row_is_named(tmp_path: Path, team: Team, edit: str, named: str):
    ledger = a_ledger(tmp_path, team)
    ledger.take([], team.station.everything())
    path = tmp_path / "catalog.sqlite3"
    catalog = Catalog.open(path)
    write_projection(catalog, ledger.refresh())
    with sqlite3.connect(path) as connection:
        connection.execute(edit)
    connection.close()
    found = differences(catalog, ledger.snapshot)
    assert found
    assert {alarm.code for alarm in found} == {"E-DBDRIFT"}
    assert any(alarm.object.startswith(named) for alarm in found)
    write_projection(catalog, ledger.snapshot)
    assert differences(catalog, ledger.snapshot) == ()
    catalog.close()
