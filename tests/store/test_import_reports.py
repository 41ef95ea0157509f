# SPDX-License-Identifier: Apache-2.0
"""Reports of what came in: kept from before the first byte, signed for others, told as text."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import BadInput, Cancelled, Refused, Untrusted
from strongroom.exchange.outcome import Counts, Item, Outcome, Trouble
from strongroom.services.import_reports import (
    MAX_ITEMS,
    ImportRecord,
    ImportReport,
    ImportReports,
    read_report,
    report_document,
)
from strongroom.services.report_text import report_text
from strongroom.store.home import Home
from support.peers import Peer, Team, flip


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


@pytest.fixture
def reports(tmp_path: Path) -> ImportReports:
    return ImportReports(Home(tmp_path, "ab" * 16), FixedClock(1_795_420_000_000_000))


def outcome(*items: Item, **more: object) -> Outcome:
    return Outcome(remote="share", items=items, **more)  # type: ignore[arg-type] # fields by name


def report(*items: Item) -> ImportReport:
    record = ImportRecord(id="1", source="share", means="import", started_us=0, state="done")
    return ImportReport(record=record, items=items)


class Stop:
    """Stops whatever tells it how far it is."""

    def step(self, _done: int, _total: int, _what: str = "") -> None:
        raise Cancelled


def test_what_a_taking_in_brought_and_refused_is_kept(team: Team) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    flip(max((team.share / "obj").glob("*/*"), key=lambda path: path.stat().st_size))
    ben.exchange.preview("share")
    assert ben.exchange.reports.kept() == (), "a dry run leaves nothing"
    taken = ben.exchange.take("share")
    (record,) = ben.exchange.reports.kept()
    assert (record.source, record.means, record.state) == ("share", "import", "done")
    assert record.rejected == sum(item.result == "rejected" for item in taken.items) == 3
    assert record.pulled == taken.pulled
    kept = ben.exchange.reports.show(record.id)
    assert {item.title for item in kept.items} >= {"churn/1", "churn v1: weights.bin"}
    assert {item.result for item in kept.items} <= {"new", "rejected", "waiting", "conflict"}


def test_a_sync_that_brings_nothing_leaves_no_report(team: Team) -> None:
    ada, ben = team.peers
    ada.push()
    ben.exchange.sync("share")
    ben.exchange.sync("share")
    (record,) = ben.exchange.reports.kept()
    assert record.means == "sync"
    assert record.pulled.trust > 0


def test_a_taking_in_that_was_stopped_or_cut_off_is_listed_as_that(team: Team) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    with pytest.raises(Cancelled):
        ben.exchange.take("share", Stop())
    assert [record.state for record in ben.exchange.reports.kept()] == ["stopped"]
    folder = ben.at.home.folder / "imports"
    (path,) = folder.glob("*.json")
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, "state": "begun"}, sort_keys=True,
                               separators=(",", ":"), ensure_ascii=False))  # fmt: skip
    again = Peer(ben.folder, ben.name, twin=ben)
    assert [record.state for record in again.exchange.reports.kept()] == ["begun"]
    again.close()
    ben.exchange.take("share")
    assert ben.exchange.reports.kept()[0].state == "done"
    assert ben.has_content(), "taking in again goes on from there"


def test_a_source_that_is_gone_is_kept_with_its_code(team: Team, tmp_path: Path) -> None:
    ben = team.peers[1]
    with pytest.raises(BadInput):
        ben.exchange.take(str(tmp_path))
    (record,) = ben.exchange.reports.kept()
    assert (record.state, record.code) == ("failed", "E-REMOTE")


def test_only_the_newest_reports_are_kept(
    reports: ImportReports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom.services.import_reports.MAX_KEPT", 5)
    begun = [reports.begin("share", "import") for _ in range(8)]
    assert reports.kept() == tuple(reversed(begun[-5:]))


def test_a_report_bounds_its_items_and_says_how_many_it_left_out(reports: ImportReports) -> None:
    items = [
        Item(kind="event", key=str(at), title="x", result="new") for at in range(MAX_ITEMS + 2)
    ]
    found = outcome(*items, Item(kind="event", key="s", title="s", result="same"))
    record = reports.begin("share", "import")
    reports.end(record, found)
    kept = reports.show(record.id)
    assert (len(kept.items), kept.hidden_count) == (MAX_ITEMS, 2)
    assert (kept.record.taken, kept.record.same) == (MAX_ITEMS + 2, 1)
    assert "2 more items were not kept" in report_text(kept)


def test_a_conflict_that_no_item_shows_is_in_the_report(reports: ImportReports) -> None:
    found = outcome(conflicts=(Trouble(code="E-CONFLICT", path="churn/ab", detail="2 changes"),))
    kept = reports.of("share", found)
    assert [(item.title, item.code) for item in kept.items] == [("churn", "E-CONFLICT")]
    assert "churn" in report_text(kept)


def test_a_report_that_was_changed_by_hand_is_left_out_of_the_list(reports: ImportReports) -> None:
    record = reports.begin("share", "import")
    (path,) = reports._folder.glob("*.json")
    for damage in (
        b"{}",
        b"[]",
        b"nonsense",
        path.read_bytes().replace(b'"new":{', b'"new":{"x":1,'),
    ):
        path.write_bytes(damage)
        with pytest.raises(Untrusted) as caught:
            reports.show(record.id)
        assert caught.value.code == "E-FORMAT"
        reports._known.clear()
        assert reports.kept() == ()


def test_a_home_that_cannot_be_written_stops_no_taking_in(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = team.peers
    ada.push()

    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("strongroom.services.import_reports.write_whole", full)
    ben.exchange.take("share")
    assert ben.digest == ada.digest
    assert ben.exchange.reports.kept() == ()


def test_a_signed_report_tells_who_signed_it_and_any_changed_byte_refuses_it(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    ada.push()
    ben.exchange.take("share")
    (record,) = ben.exchange.reports.kept()
    path = tmp_path / "report.json"
    ben.exchange.reports.save(ben.exchange.reports.show(record.id), path)
    ada.pull()
    checked = ada.exchange.reports.check(path)
    assert (checked.signer, checked.host, checked.is_member) == ("Ben", "ws-ben", True)
    assert checked.is_trusted
    assert checked.report == ben.exchange.reports.show(record.id)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((Untrusted, BadInput)):
            ada.exchange.reports.check(path)


def test_a_report_that_a_revoked_key_signed_is_valid_and_not_trusted(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    path = tmp_path / "report.json"
    ben.exchange.reports.save(report(), path)
    assert ada.exchange.reports.check(path).is_trusted
    ada.people.revoke("Ben", reason="left")
    checked = ada.exchange.reports.check(path)
    assert (checked.signer, checked.is_member, checked.is_trusted) == ("Ben", True, False)


def test_a_report_of_another_team_or_of_a_stranger_is_said_to_be_that(
    team: Team, tmp_path: Path
) -> None:
    other = Team(tmp_path / "other", ("Eve",))
    eve, ben = other.peers[0], team.peers[1]
    path = tmp_path / "report.json"
    eve.exchange.reports.save(report(), path)
    team.peers[0].push()
    ben.pull()
    with pytest.raises(Untrusted) as caught:
        ben.exchange.reports.check(path)
    assert caught.value.code == "E-TEAM"
    stranger = Peer(tmp_path / "stranger", "Sly")
    stranger.people.trust(team.peers[0].people.team_id())
    stranger.exchange.reports.save(report(), path)
    assert not ben.exchange.reports.check(path).is_member
    for each in (other, stranger):
        each.close()


def test_without_an_identity_a_report_is_saved_as_text_only(tmp_path: Path) -> None:
    peer = Peer(tmp_path / "solo", "Solo")
    (peer.at.home.folder / "identity.json").unlink()
    peer.exchange.reports.save(report(), tmp_path / "report.txt")
    assert "not signed" in (tmp_path / "report.txt").read_text()
    with pytest.raises(Refused) as caught:
        peer.exchange.reports.save(report(), tmp_path / "report.json")
    assert caught.value.code == "E-CAP"
    assert not (tmp_path / "report.json").exists()
    peer.close()


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_a_name_from_outside_never_makes_a_line_of_its_own_and_comes_back_as_it_was(
    title: str, detail: str
) -> None:
    item = Item(kind="run", key="1", title=title, result="rejected", code="E-SIG", detail=detail)
    plain = report_text(report(replace(item, title="t", detail="d")))
    hostile = report_text(report(item))
    assert hostile.count("\n") == plain.count("\n")
    assert all(char.isprintable() or char == "\n" for char in hostile)
    assert read_report("1", report_document(report(item))) == report(item)


def test_half_a_character_from_a_run_folder_does_not_stop_a_report(reports: ImportReports) -> None:
    record = reports.begin("bad \udcff name", "import")
    reports.end(record, outcome(Item(kind="run", key="1", title="\udcff", result="new"),
                                pulled=Counts(objects=1)))  # fmt: skip
    assert reports.show(record.id).items[0].title == "\\udcff"
