# SPDX-License-Identifier: Apache-2.0
"""A new key for a workstation: vouched for by the old one, or told to be its heir by an admin."""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput, EnvironmentFault, Refused
from strongroom.services.rotation import NewKey, Rotation
from strongroom.trust.seal import SealState
from support.cheap_keys import CHEAP
from support.peers import MODEL, Peer, Team, codes

OLD = "the words of the old key"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada founded the team; Ben is a release approver. Everybody has seen everybody."""
    two = Team(tmp_path, ("Ada", "Ben"), has_model=True)
    ada, ben = two.peers
    ada.people.grant("Ben", "release-approver")
    ada.push()
    ben.pull()
    ben.say(1)
    ben.push()
    ada.pull()
    yield two
    two.close()


def rotate(peer: Peer, request: Path | None = None) -> NewKey:
    rotation = Rotation(peer.at, peer.people.changes, cost=CHEAP)
    return rotation.rotate(request, passphrase="", ask=lambda _: "")


def rights(peer: Peer, writer: str) -> set[str]:
    (member,) = (each for each in peer.people.people() if each.writer == writer)
    return {grant.cap for grant in member.grants if grant.cut is None}


def test_a_rotated_key_takes_the_place_of_the_old_one_with_its_rights(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    old, before = ben.writer, rights(ben, ben.writer)
    made = rotate(ben, tmp_path / "ben.enrol.json")
    assert (made.old, made.is_vouched, made.is_in_force) == (old, True, False)
    ben.push()
    ada.pull()
    assert ada.people.applicant(tmp_path / "ben.enrol.json").succeeds == old
    admission = ada.people.admit(tmp_path / "ben.enrol.json", "")
    assert admission.person == ada.people.team().members[old].person
    ended = ada.people.team().members[old]
    assert (ended.is_active, ended.reason) == (False, "rotated")
    assert {grant.cut for grant in ended.grants} == {ada.at.snapshot().chains.heads[old]}
    ada.push()
    ben.pull()
    assert ben.at.require_card().writer == made.card.writer
    assert rights(ben, made.card.writer) == before
    assert not ben.at.home.key_file(old).exists()
    assert ben.keychain.get(old) is None
    event = ben.say(2)
    assert (event.writer, event.seq) == (made.card.writer, 1)
    ben.push()
    assert ada.pull().rejected == ()
    assert ada.digest == ben.digest


def test_until_the_new_key_is_admitted_nothing_is_signed(team: Team, tmp_path: Path) -> None:
    ben = team.peers[1]
    rotate(ben, tmp_path / "ben.enrol.json")
    with pytest.raises(Refused) as refused:
        ben.say(2)
    assert refused.value.code == "E-CUT"
    assert ben.train("meanwhile")  # tracking needs no key


def test_a_rotation_that_was_interrupted_goes_on_with_the_same_key(
    team: Team, tmp_path: Path
) -> None:
    ben = team.peers[1]
    first = rotate(ben, tmp_path / "lost.json")
    again = rotate(ben, tmp_path / "again.json")
    assert again.card == first.card
    assert again.is_vouched
    assert ben.people.applicant(tmp_path / "again.json").writer == first.card.writer
    with pytest.raises(BadInput, match="exists already"):
        rotate(ben, tmp_path / "again.json")


def test_a_program_that_stops_while_it_takes_the_new_key_up_loses_no_key(team: Team) -> None:
    ada = team.peers[0]
    made = rotate(ada)
    ada.at.home.save_next_identity(made.card)  # the identity was written, the note not yet removed
    assert ada.at.require_card() == made.card
    assert ada.at.home.next_identity() is None
    assert ada.say(1).writer == made.card.writer


def test_without_a_file_for_an_admin_nothing_changes(team: Team) -> None:
    ben = team.peers[1]
    with pytest.raises(Refused) as refused:
        rotate(ben)
    assert refused.value.code == "E-QUORUM"
    assert ben.at.home.next_identity() is None
    assert ben.say(2).writer == ben.writer


def test_the_founder_rotates_alone_and_stays_admin(team: Team) -> None:
    ada = team.peers[0]
    old = ada.writer
    made = rotate(ada)
    assert made.is_in_force
    assert made.changes.is_team
    assert ada.at.require_card().writer == made.card.writer
    assert ada.people.team().admin_writers == (made.card.writer,)
    assert old not in {member.writer for member in ada.people.people() if member.is_active}
    ada.people.grant("Ben", "auditor")
    ada.push()
    assert team.peers[1].pull().rejected == ()


def test_two_keys_of_one_person_are_one_approver_also_after_a_rotation(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    made = rotate(ben, tmp_path / "ben.enrol.json")
    ben.push()
    ada.pull()
    ada.people.admit(tmp_path / "ben.enrol.json", "")
    members = ada.people.team().members
    assert members[made.card.writer].person == members[ben.writer].person


def test_a_lost_key_is_replaced_on_the_word_of_an_admin(team: Team, tmp_path: Path) -> None:
    ada, ben = team.peers
    fresh = Peer(tmp_path / "new-laptop", "Ben")
    request = tmp_path / "ben-again.json"
    fresh.identities.save_request(request)
    assert ada.people.applicant(request).succeeds == ""
    before = rights(ada, ben.writer)
    ada.people.admit(request, "", replaces="Ben", reason="lost")
    assert rights(ada, fresh.writer) == before
    assert ada.people.team().members[ben.writer].reason == "lost"
    assert ada.people.team().people.keys() == {
        member.person for member in ada.people.team().members.values()
    }
    fresh.people.trust(ada.people.team_id())
    fresh.add_remote(team.share)
    ada.push()
    assert fresh.pull().rejected == ()
    assert fresh.say(1).seq == 1
    late = ben.say(9)  # the thief's: signed past the cut
    ben.push()
    ada.pull()
    assert ada.at.snapshot().chains.by_writer[ben.writer][-1] == late
    fresh.close()


def test_a_forged_proof_names_no_heir(team: Team, tmp_path: Path) -> None:
    ada, ben = team.peers
    mallory = Peer(tmp_path / "mallory", "Mallory")
    request = tmp_path / "mallory.json"
    mallory.identities.save_request(request)
    forged = {
        "writer": mallory.writer,
        "pub": mallory.pair.ed25519_pub.hex,
        "p256": mallory.pair.p256_spki,
        "proof": base64.b64encode(bytes(64)).decode(),
        "reason": "rotated",
    }
    ben.at.sign("writer.rotate", forged)  # Ben names a key whose holder never agreed
    ben.push()
    ada.pull()
    assert ada.people.applicant(request).succeeds == ""
    mallory.close()


def test_a_restored_backup_rotates_without_the_old_keys_word(team: Team, tmp_path: Path) -> None:
    ada, ben = team.peers
    twin = ben.restored_copy(tmp_path / "twin")
    ben.say(2)
    ben.push()
    twin.at.ledger().append(  # signed before it pulled: one number, two events
        twin.signer, "login.unlock", {"count": "7"}, clock=twin.clock, app="x"
    )
    assert "E-EQUIV" in codes(twin.pull())
    made = rotate(twin, tmp_path / "twin.json")
    assert not made.is_vouched
    twin.push()
    ada.pull()
    assert ada.people.applicant(tmp_path / "twin.json").succeeds == ""
    ada.people.admit(tmp_path / "twin.json", "", replaces=ben.writer)
    ada.push()
    twin.pull()
    assert twin.say(3).writer == made.card.writer
    twin.push()
    ada.pull()
    assert ada.registry.show(f"{MODEL}/1").version.model == MODEL
    twin.close()


class Stopped(BaseException):
    """The program ends here, as by a power cut."""


def pulled_and_looked(peer: Peer) -> None:
    peer.pull()
    peer.at.card()


@pytest.mark.parametrize("place", ["save_identity", "forget_next"])
def test_a_program_that_stops_while_it_takes_the_new_key_up_leaves_no_old_secret(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    ada, ben = team.peers
    old = ben.writer
    made = rotate(ben, tmp_path / "ben.enrol.json")
    ben.push()
    ada.pull()
    ada.people.admit(tmp_path / "ben.enrol.json", "")
    ada.push()

    def stop(*_: object) -> None:
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(ben.at.home, place, stop)
        with pytest.raises(Stopped):
            pulled_and_looked(ben)
    again = ben.restarted()
    assert again.at.require_card() == made.card
    assert not again.at.home.key_file(old).exists()
    assert again.keychain.get(old) is None
    assert again.at.home.next_identity() is None
    assert again.say(2).writer == made.card.writer
    again.close()


def test_a_locked_keychain_gives_the_old_secret_back_to_nobody_and_drops_it_when_it_opens(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    old = ben.writer
    rotate(ben, tmp_path / "ben.enrol.json")
    ben.push()
    ada.pull()
    ada.people.admit(tmp_path / "ben.enrol.json", "")
    ada.push()
    ben.keychain.lock()  # a pull by a timer, in no session
    pulled_and_looked(ben)
    assert not ben.at.home.key_file(old).exists()
    ben.keychain.unlock()
    assert ben.keychain.get(old) is not None
    ben.say(2)
    assert ben.keychain.get(old) is None


def test_marks_of_remotes_stay_believed_after_a_rotation(team: Team) -> None:
    ada = team.peers[0]
    ada.pull()
    rotate(ada)
    assert ada.at.marks.state() is SealState.WHOLE
    assert ada.pull().rejected == ()


# ------------------------------------------------------------ what is refused burns no key


def with_passphrase(peer: Peer) -> Peer:
    peer.at.identity().protect("keyring+passphrase", passphrase=OLD, cost=CHEAP)
    return peer


def asked(peer: Peer, request: Path | None, ask: Callable[[str], str], **more: str) -> NewKey:
    rotation = Rotation(peer.at, peer.people.changes, cost=CHEAP)
    return rotation.rotate(request, passphrase="", ask=ask, **more)


def is_as_before(peer: Peer) -> bool:
    """Whether no new key waits, on disk or in the keychain, and the old one signs."""
    keys = peer.at.home.key_file("x").parent
    roots = set(peer.people.team().root_keys)
    others = [path.stem for path in keys.glob("*.json") if path.stem != peer.writer]
    return peer.at.home.next_identity() is None and not set(others) - roots


def test_a_wrong_passphrase_makes_no_new_key(team: Team, tmp_path: Path) -> None:
    ben = with_passphrase(team.peers[1])
    again = ben.restarted()
    with pytest.raises(EnvironmentFault) as fault:
        asked(again, tmp_path / "ben.json", lambda _: "some other words")
    assert fault.value.code == "E-LOCKED"
    assert is_as_before(again)
    assert not (tmp_path / "ben.json").exists()
    assert asked(again, tmp_path / "ben.json", lambda _: OLD).is_vouched
    again.close()


def test_the_founder_is_asked_once_for_a_passphrase_that_opens_all_his_keys(
    team: Team,
) -> None:
    ada = with_passphrase(team.peers[0]).restarted()
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        return OLD

    made = asked(ada, None, answer)
    assert made.is_in_force
    assert len(questions) == 1
    ada.close()


def test_a_locked_keychain_makes_no_new_key(team: Team, tmp_path: Path) -> None:
    ben = team.peers[1].restarted()
    ben.keychain.lock()
    with pytest.raises(EnvironmentFault) as fault:
        rotate(ben, tmp_path / "ben.json")
    assert fault.value.code == "E-LOCKED"
    ben.keychain.unlock()
    assert is_as_before(ben)
    ben.close()


def test_a_request_that_cannot_be_written_leaves_the_old_key_as_it_was(
    team: Team, tmp_path: Path
) -> None:
    ben = team.peers[1]
    with pytest.raises(EnvironmentFault) as fault:
        rotate(ben, tmp_path / "no such folder" / "ben.json")
    assert fault.value.code == "E-STORE"
    assert "cannot be written" in fault.value.title
    assert is_as_before(ben)  # nor does a new key wait under a passphrase that nobody remembers
    assert ben.say(2).writer == ben.writer  # the old key has not named an heir
    assert rotate(ben, tmp_path / "ben.json").is_vouched


def test_a_full_disk_while_the_old_key_signs_takes_the_request_back(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = team.peers[1]

    def full(*_: object, **__: object) -> None:
        raise EnvironmentFault("E-FULL", "The disk is full", "Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(ben.at.ledger(), "append", full)
        with pytest.raises(EnvironmentFault):
            rotate(ben, tmp_path / "ben.json")
    assert not (tmp_path / "ben.json").exists()
    assert ben.say(2).writer == ben.writer
    assert rotate(ben, tmp_path / "ben.json").is_vouched


def test_a_forgotten_passphrase_is_no_dead_end(team: Team, tmp_path: Path) -> None:
    """Whoever says that the old key is lost is not asked for it; an admin compares the words."""
    ada, ben = team.peers
    again = with_passphrase(ben).restarted()
    made = asked(again, tmp_path / "ben.json", lambda _: "", reason="lost")
    assert (made.is_vouched, made.is_in_force) == (False, False)
    assert ada.people.applicant(tmp_path / "ben.json").succeeds == ""
    ada.people.admit(tmp_path / "ben.json", "", replaces="Ben")
    ada.push()
    again.pull()
    assert again.say(1).writer == made.card.writer
    again.close()


def test_another_passphrase_than_that_of_the_waiting_key_is_told_as_such(
    team: Team, tmp_path: Path
) -> None:
    ben = team.peers[1]
    rotation = Rotation(ben.at, ben.people.changes, cost=CHEAP)
    rotation.rotate(tmp_path / "a.json", passphrase="words of the new", ask=lambda _: "")
    with pytest.raises(Refused, match="waits here already") as refused:
        rotation.rotate(tmp_path / "b.json", passphrase="words of another", ask=lambda _: "")
    assert refused.value.code == "E-LOCKED"
    assert not (tmp_path / "b.json").exists()


# ------------------------------------------------------------ what an admin says is not dropped


@pytest.mark.parametrize(
    "said", [{"role": "admin"}, {"scope": "model:fraud-*"}, {"person": "p-somebody"}]
)
def test_a_role_said_beside_a_key_that_vouched_is_refused_not_dropped(
    team: Team, tmp_path: Path, said: dict[str, str]
) -> None:
    ada, ben = team.peers
    rotate(ben, tmp_path / "ben.enrol.json")
    ben.push()
    ada.pull()
    before = ada.people.team().version
    admit = partial(ada.people.admit, tmp_path / "ben.enrol.json")
    with pytest.raises(BadInput) as refused:
        admit(said.get("role", ""), scope=said.get("scope", "*"), person=said.get("person", ""))
    assert refused.value.code == "E-ROLE"
    assert "Ben" in refused.value.title
    assert ada.people.team().version == before


def test_a_role_said_beside_the_key_to_be_replaced_is_refused(team: Team, tmp_path: Path) -> None:
    ada = team.peers[0]
    fresh = Peer(tmp_path / "new-laptop", "Ben")
    fresh.identities.save_request(tmp_path / "ben.json")
    with pytest.raises(BadInput) as refused:
        ada.people.admit(tmp_path / "ben.json", "admin", replaces="Ben")
    assert refused.value.code == "E-ROLE"
    fresh.close()
