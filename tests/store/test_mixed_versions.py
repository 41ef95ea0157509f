# SPDX-License-Identifier: Apache-2.0
"""Two versions of the program on one share (D7): the older takes what it can and loses nothing.

The newer one is a process of its own that writes higher numbers. What the older cannot judge waits
with a plain sentence, is no alarm and no refusal, and comes in once it has been updated.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput, Refused, Untrusted
from strongroom.exchange.outcome import Outcome
from strongroom.services.alarms import Alarms
from strongroom.services.attempts import Attempts
from strongroom.services.bundles import Bundles
from strongroom.services.integrity import Integrity
from strongroom.services.witness import Witness
from support.peers import Peer, Team, codes, files_of
from support.tomorrow import by_tomorrow

WAITS = "a newer Strongroom signed it (format 2); update Strongroom here"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada, who has the newer program, and Ben, who has the one of today; they have met."""
    made = Team(tmp_path)
    ada, ben = made.peers
    for peer in (ada, ben, ada):
        peer.exchange.sync("share")
    yield made
    for peer in made.peers:
        peer.close()


def registers(peer: Peer) -> str:
    peer.register()
    peer.push()
    return peer.digest


def waiting(outcome: Outcome) -> set[tuple[str, str]]:
    return {(each.code, each.detail) for each in outcome.waiting}


def models(peer: Peer) -> list[str]:
    return sorted(model.name for model in peer.registry.models())


def pulls(peer: Peer) -> list[object]:
    outcome = peer.pull()
    return [[each.code for each in (*outcome.rejected, *outcome.waiting)], peer.digest]


def test_events_of_tomorrow_wait_and_come_in_after_the_update(team: Team) -> None:
    ada, ben = team.peers
    state = by_tomorrow(ada, {"event"}, registers)
    before = files_of(team.share)
    outcome = ben.pull()
    assert codes(outcome) == []
    assert waiting(outcome) == {("E-FORMAT", WAITS)}
    assert ben.exchange.quarantined() == ()
    assert not Attempts(ben.at.attempts._book, ben.clock).has_news(), "nobody is accused"
    assert models(ben) == []
    ben.say(7)  # goes on, and what is pushed touches nothing of Ada's
    ben.push()
    after = files_of(team.share)
    assert {name: after[name] for name in before} == before
    assert not Integrity(ben.at, ben.registry, Witness(ben.at)).verify().findings
    assert by_tomorrow(ada, {"event"}, pulls)[0] == []
    assert by_tomorrow(ben, {"event"}, pulls) == [[], state]


def test_whoever_goes_back_to_the_older_program_signs_nothing_over_the_newer_log(
    team: Team,
) -> None:
    ada, _ = team.peers
    by_tomorrow(ada, {"event"}, registers)
    older = Peer(ada.folder, ada.name, twin=ada)
    older.train("later")
    before = files_of(older.store / "ledger")
    for act in (lambda: older.say(9), lambda: older.register("latest")):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.code == "E-FORMAT"
        assert caught.value.title.startswith("A newer Strongroom has signed event ")
        assert caught.value.advice == (
            "Update Strongroom here to sign something; nothing was written."
        )
    assert files_of(older.store / "ledger") == before
    notes = Alarms(older.at).notes()
    assert [note.code for note in notes if note.is_grave] == []
    assert any(
        note.title.endswith("events of Ada wait: a newer Strongroom signed them") for note in notes
    )
    older.close()


def test_a_team_of_tomorrow_waits_and_rights_stay_as_they_were(team: Team) -> None:
    ada, ben = team.peers

    def grants(peer: Peer) -> int:
        peer.people.grant("Ben", "reviewer")
        peer.push()
        return peer.at.snapshot().latest.version

    version = by_tomorrow(ada, {"trust"}, grants)
    held = ben.at.snapshot().latest.version
    outcome = ben.pull()
    assert codes(outcome) == []
    told = "A trust document was written by a newer Strongroom (format 2)"
    assert ("E-FORMAT", told) in waiting(outcome)
    assert ben.at.snapshot().latest.version == held == version - 1
    assert ben.exchange.quarantined() == ()
    ben.say(3)
    after = by_tomorrow(ben, {"trust"}, lambda peer: [pulls(peer)[0], grants_seen(peer)])
    assert after == [[], version]


def grants_seen(peer: Peer) -> int:
    return peer.at.snapshot().latest.version


def test_2_a_stranger_who_plants_a_number_of_tomorrow_is_refused(
    team: Team, tmp_path: Path
) -> None:
    _, ben = team.peers
    eve = Peer(tmp_path / "eve", "Eve")

    def founds(peer: Peer) -> None:
        peer.people.create_team("Churn ML")

    by_tomorrow(eve, {"trust", "event"}, founds)
    for path in (eve.store / "ledger").rglob("*"):
        target = team.share / path.relative_to(eve.store / "ledger")
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    outcome = ben.pull()
    assert set(codes(outcome)) == {"E-FORMAT"}
    assert waiting(outcome) == set()
    assert len(ben.exchange.quarantined()) == len(outcome.rejected) == 2


def test_content_described_by_a_newer_program_is_waited_for_by_name(team: Team) -> None:
    ada, ben = team.peers
    by_tomorrow(ada, {"bundle"}, registers)
    outcome = ben.pull()
    assert codes(outcome) == []
    told = "churn v1: a manifest was written by a newer Strongroom (format 2); update Strongroom"
    assert ("E-FORMAT", f"{told} here") in waiting(outcome)
    assert models(ben) == ["churn"], "the version is known"
    assert not ben.has_content()
    assert ben.at.runs.search().total == 0
    by_tomorrow(ben, {"bundle"}, pulls)
    updated = Peer(ben.folder, ben.name, twin=ben)
    assert updated.at.runs.search().total == 1
    updated.close()


def test_a_run_of_tomorrow_arrives_and_is_shown_as_far_as_it_is_known(team: Team) -> None:
    ada, ben = team.peers
    by_tomorrow(ada, {"run"}, registers)
    outcome = ben.pull()
    assert (codes(outcome), waiting(outcome)) == ([], set())
    (run,) = ben.at.runs.search().runs
    detail = ben.at.runs.show(run.run_id)
    assert detail.run.params == {"depth": "6"}
    assert any("a newer Strongroom wrote it (format 2)" in each for each in detail.warnings)
    assert ben.has_content()
    failed = ben.at.runs.edits.tag([run.run_id], "team", "red").failures
    assert [each.error.code for each in failed] == ["E-FORMAT"]


def test_a_share_of_tomorrow_is_told_as_that_and_nothing_is_written_there(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    place = tmp_path / "new"

    def adds(peer: Peer) -> None:
        peer.add_remote(place, "new")
        peer.push("new")

    by_tomorrow(ada, {"remote"}, adds)
    before = files_of(place)
    older = Peer(ada.folder, ada.name, twin=ada)
    for act in (
        lambda: ben.exchange.add("new", place),
        lambda: older.push("new"),
        lambda: older.pull("new"),
    ):
        with pytest.raises(BadInput) as caught:
            act()
        told = (caught.value.code, caught.value.title, caught.value.advice)
        assert told == (
            "E-REMOTE", f"{place} was made by a newer Strongroom (format 2)",
            "Update Strongroom here to exchange with it. Nothing was read or written there.",
        )  # fmt: skip
    assert codes(older.pull("share")) == [], "the other place is served as ever"
    assert files_of(place) == before
    older.close()


def test_a_bundle_of_tomorrow_is_told_as_that_and_nothing_is_taken_in(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    path = tmp_path / "all.strongbundle"

    def makes(peer: Peer) -> None:
        peer.register()
        Bundles(peer.at).create(path)

    by_tomorrow(ada, {"strongbundle"}, makes)
    before = files_of(ben.store / "ledger")
    for act in (Bundles(ben.at).look, Bundles(ben.at).take):
        with pytest.raises(Untrusted) as caught:
            act(path)
        assert caught.value.code == "E-FORMAT"
        assert caught.value.title == "The bundle was written by a newer Strongroom (format 2)"
        assert caught.value.advice == (
            "Update Strongroom here, then take it in again. Nothing was changed here."
        )
    assert files_of(ben.store / "ledger") == before
