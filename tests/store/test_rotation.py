# SPDX-License-Identifier: Apache-2.0
"""A new key for a workstation: vouched for by the old one, or told to be its heir by an admin."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput, Refused
from strongroom.services.rotation import NewKey, Rotation
from support.peers import CHEAP, MODEL, Peer, Team, codes


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
