# SPDX-License-Identifier: Apache-2.0
"""A key that signed elsewhere, or whose store was put back, uses no number twice."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.exchange.outcome import Outcome
from strongroom.services.alarms import Alarms
from strongroom.services.exchange import Exchange
from strongroom.services.integrity import Integrity
from strongroom.services.rotation import Rotation
from strongroom.services.witness import Witness
from strongroom.store.repository import Repository
from support.cheap_keys import CHEAP
from support.peers import Peer, Team, codes


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    ada, ben = made.peers
    ada.say(1)
    ada.push()
    ben.pull()
    yield made
    made.close()


def refused(peer: Peer) -> Untrusted:
    with pytest.raises(Untrusted) as caught:
        peer.say(99)
    return caught.value


def own_log_check(peer: Peer) -> tuple[bool, str]:
    found = Integrity(peer.at, peer.registry, Witness(peer.at)).doctor()
    (check,) = (each for each in found if each.name == "own log")
    return check.is_ok, check.detail


def test_44_a_restored_machine_that_pulls_its_own_later_events_signs_nothing_more(
    team: Team,
) -> None:
    ada, ben = team.peers
    snapshot = ada.restored_copy(team.root / "snapshot")
    ada.say(2)
    ada.push()
    assert own_log_check(snapshot)[0], "it cannot know before it has pulled"
    assert codes(snapshot.pull()) == ["E-ROLLBACK"]
    error = refused(snapshot)
    assert (error.code, "1 event that this workstation did not make" in error.title) == (
        "E-ROLLBACK", True,
    )  # fmt: skip
    assert "rotate" in error.advice
    assert own_log_check(snapshot) == (False, error.title)
    (note,) = (each for each in Alarms(snapshot.at).notes() if each.page == "people")
    assert (note.code, note.title) == ("E-ROLLBACK", error.title)
    assert "identity rotate" in note.advice
    snapshot.push()
    assert ben.pull().is_clean, "nobody else is harmed"
    again = Peer(snapshot.folder, "Ada", twin=snapshot)
    assert refused(again).code == "E-ROLLBACK", "a restart forgets nothing"
    ada.say(3)
    for peer in (snapshot, again):
        peer.close()


@pytest.mark.parametrize("lost", [1, 3])
def test_44_a_store_put_back_behind_its_home_signs_nothing_until_it_has_pulled(
    team: Team, lost: int
) -> None:
    ada, ben = team.peers
    backup = team.root / "backup"
    shutil.copytree(ada.store / "ledger", backup)
    for number in range(lost):
        ada.say(number)
    ada.push()
    shutil.rmtree(ada.store / "ledger")
    shutil.copytree(backup, ada.store / "ledger")
    restored = Peer(ada.folder, "Ada", twin=ada)
    error = refused(restored)
    assert error.code == "E-ROLLBACK"
    assert "Pull" in error.advice
    restored.pull()
    restored.say(7)
    restored.push()
    assert ben.pull().is_clean, "no number was signed twice"
    assert ben.digest == restored.digest
    restored.close()


def test_44_events_that_never_left_a_lost_disk_are_not_signed_over(team: Team) -> None:
    ada, _ = team.peers
    backup = team.root / "backup"
    shutil.copytree(ada.store / "ledger", backup)
    ada.say(2)  # somebody may have seen it on another stick
    shutil.rmtree(ada.store / "ledger")
    shutil.copytree(backup, ada.store / "ledger")
    restored = Peer(ada.folder, "Ada", twin=ada)
    restored.pull()
    assert "rotate" in refused(restored).advice
    restored.close()


def test_a_disk_that_fails_before_the_commit_costs_no_number(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = team.peers

    def full(*_args: object) -> None:
        raise EnvironmentFault("E-FULL", "The disk is full", "Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(Repository, "put_segment", full)
        with pytest.raises(EnvironmentFault):
            ada.say(2)
    after = Peer(ada.folder, "Ada", twin=ada)
    after.say(3)
    after.push()
    assert ben.pull().is_clean
    after.close()


def test_a_home_of_an_earlier_version_takes_its_log_as_it_is(team: Team) -> None:
    ada, _ = team.peers
    (ada.at.home.folder / "signed.json").unlink()
    ada.say(2)
    assert own_log_check(ada) == (True, "this key may sign here")


def pulls_and_cares(peer: Peer) -> Outcome:
    """Pulls as the program does, which may replace the key."""
    rotation = Rotation(peer.at, peer.people.changes, cost=CHEAP)
    (outcome,) = Exchange(peer.at, rotation).pull("share")
    return outcome


def test_44_a_copied_key_is_replaced_by_itself_and_an_admin_lets_the_new_one_in(
    tmp_path: Path,
) -> None:
    team = Team(tmp_path / "team")
    ada, ben = team.peers
    ada.push()
    ben.pull()
    ben.say(1)
    ben.push()
    machine = ben.restored_copy(tmp_path / "machine")  # a snapshot of the whole machine
    ben.say(2)
    ben.push()
    old = machine.writer
    pulled = pulls_and_cares(machine)
    assert codes(pulled) == ["E-ROLLBACK"]
    (told,) = (each for each in pulled.waiting if each.code == "E-ROLLBACK")
    request = machine.at.home.folder / "new-key.enrol.json"
    assert str(request) in told.detail
    assert refused(machine).code == "E-ROLLBACK", "the old key signs no more, not even for the new"
    assert "waits for an admin" in pulls_and_cares(machine).waiting[-1].detail
    ada.pull()
    admitted = ada.people.admit(request, "", replaces=old)
    ada.push()
    pulls_and_cares(machine)
    card = machine.at.require_card()
    assert card.writer == admitted.writer != old
    fresh = machine.at.sign("writer.hello", {"host": "ws", "app": "test"})
    assert fresh.writer == card.writer
    machine.push()
    ada.pull()
    assert ada.digest == machine.digest
    assert not ada.at.snapshot().alarms, "no number was used twice"
    machine.close()
    team.close()


def test_44_a_founder_alone_is_given_a_new_key_by_his_own_root_key(tmp_path: Path) -> None:
    team = Team(tmp_path / "team", ("Ada",))
    (ada,) = team.peers
    ada.say(1)
    ada.push()
    machine = ada.restored_copy(tmp_path / "machine")
    ada.say(2)
    ada.push()
    old = machine.writer
    assert "taken its place" in pulls_and_cares(machine).waiting[-1].detail
    assert machine.at.require_card().writer != old
    hello = machine.at.sign("writer.hello", {"host": "ws", "app": "test"})
    latest = machine.at.snapshot().latest
    assert not latest.members[old].is_active
    assert hello.id not in machine.at.snapshot().state.refusals
    machine.close()
    team.close()
