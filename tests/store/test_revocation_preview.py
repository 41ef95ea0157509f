# SPDX-License-Identifier: Apache-2.0
"""What a revocation changes is told before it is signed, and is what happens then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput
from strongroom.domain.requests import approval_body, request_body
from strongroom.services.revocations import RevocationPreview, Revocations
from support.peers import MODEL, Peer, Team


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada founded the team and registered a model; Ben approves, Cleo as well."""
    three = Team(tmp_path, ("Ada", "Ben", "Cleo"), has_model=True)
    ada, ben, _ = three.peers
    ada.people.grant("Ben", "release-approver")
    carry(three)
    request(ada, "Production")
    carry(three)
    approve(ben)
    ben.push()
    ada.pull()
    yield three
    three.close()


def carry(team: Team) -> None:
    first, *others = team.peers
    first.push()
    for peer in others:
        peer.pull()


def request(peer: Peer, stage: str) -> None:
    key = peer.registry.version(f"{MODEL}/1").key
    snapshot = peer.at.snapshot()
    peer.at.sign(
        "stage.request", request_body(snapshot.state, snapshot.latest, key, stage, reason="better")
    )


def approve(peer: Peer) -> None:
    (wish,) = peer.at.snapshot().state.requests.values()
    peer.at.sign("stage.approve", approval_body(wish, comment="fine", statement="I looked."))


def preview(peer: Peer, person: str, **more: object) -> RevocationPreview:
    return Revocations(peer.at, peer.people.changes).preview(person, **more)  # type: ignore[arg-type]


def test_whoever_leaves_takes_nothing_along(team: Team) -> None:
    ada = team.peers[0]
    seen = preview(ada, "Ben")
    assert (seen.lost, seen.requests, seen.stages) == ((), (), ())
    (key,) = seen.keys
    assert (key.name, key.cut, key.seen) == ("Ben", 1, 1)
    assert seen.missing == 0
    ada.people.revoke("Ben")
    assert ada.registry.version(f"{MODEL}/1").stage == "Production"


def test_a_policy_that_nobody_could_meet_any_more_is_told(team: Team) -> None:
    ada = team.peers[0]
    # Ada is left as the only one who approves, and she may not approve her own request.
    seen = preview(ada, "Ben")
    assert ("*", "production") not in seen.stuck  # Cleo may still ask, and Ada approve
    ada.people.revoke("Cleo")
    stuck = preview(ada, "Ben").stuck
    assert {("*", "production"), ("*", "staging")} <= set(stuck)
    assert not preview(ada, "Ben").is_quiet


def test_a_compromised_key_is_cut_back_and_all_it_loses_is_listed(team: Team) -> None:
    ada, ben, _ = team.peers
    seen = preview(ada, "Ben", reason="compromised", last_good=["none"])
    assert [(lost.type, lost.seq) for lost in seen.lost] == [("stage.approve", 1)]
    assert [(r.before, r.after) for r in seen.requests] == [("effective", "lapsed")]
    assert [(s.before, s.after) for s in seen.stages] == [("Production", "None")]
    assert seen.keys[0].cut == 0
    version = ada.people.team().version
    assert ada.people.team().version == version  # nothing was signed by looking
    ada.people.revoke("Ben", reason="compromised", last_good=["none"])
    state = ada.at.snapshot().state
    assert [request.status.value for request in state.requests.values()] == ["lapsed"]
    assert ada.registry.version(f"{MODEL}/1").stage == "None"
    carry(team)
    assert len({peer.digest for peer in team.peers}) == 1
    approving = ada.at.snapshot().chains.by_writer[ben.writer][0]
    assert state.refusals[approving.id] == "E-CUT"


def test_a_compromised_key_is_believed_up_to_the_event_that_is_named(team: Team) -> None:
    ada, ben, _ = team.peers
    good = ada.at.snapshot().chains.by_writer[ben.writer][0]
    ben.say(1)
    ben.push()
    ada.pull()
    seen = preview(ada, "Ben", reason="compromised", last_good=[good.id[:10]])
    assert (seen.keys[0].cut, seen.keys[0].seen) == (1, 2)
    assert seen.stages == ()
    ada.people.revoke("Ben", reason="compromised", last_good=[good.id[:10]])
    cuts = {grant.cut for grant in ada.people.team().members[ben.writer].grants}
    assert cuts == {(1, good.id)}


def test_only_a_compromised_key_is_cut_into_the_past(team: Team) -> None:
    ada = team.peers[0]
    with pytest.raises(BadInput) as refused:
        preview(ada, "Ben", reason="left", last_good=["none"])
    assert refused.value.code == "E-REASON"
    with pytest.raises(BadInput) as refused:
        ada.people.revoke("Ben", reason="bored")
    assert refused.value.code == "E-REASON"
    with pytest.raises(BadInput) as refused:
        preview(ada, "Ben", reason="compromised", last_good=["zz"])
    assert refused.value.code == "E-EVENT"


def test_one_key_of_a_person_ends_alone(team: Team, tmp_path: Path) -> None:
    ada, ben, _ = team.peers
    second = Peer(tmp_path / "laptop", "Ben")
    second.identities.save_request(tmp_path / "laptop.json")
    person = ada.people.team().members[ben.writer].person
    ada.people.admit(tmp_path / "laptop.json", "release-approver", person=person)
    seen = preview(ada, second.writer, reason="lost")
    assert [key.writer for key in seen.keys] == [second.writer]
    ada.people.revoke(second.writer, reason="lost")
    members = ada.people.team().members
    assert members[ben.writer].is_active
    assert not members[second.writer].is_active
    second.close()


def test_a_training_host_of_an_approver_gets_no_right_to_approve(
    team: Team, tmp_path: Path
) -> None:
    ada, ben, _ = team.peers
    host = Peer(tmp_path / "gpu", "Ben")
    raw = host.identities
    card = host.at.require_card()
    from dataclasses import replace

    host.at.home.save_identity(replace(card, is_log_only=True))
    raw.save_request(tmp_path / "gpu.json")
    person = ada.people.team().members[ben.writer].person
    ada.people.admit(tmp_path / "gpu.json", "release-approver", person=person)
    ada.people.grant("Ben", "reviewer")
    rights = {grant.cap for grant in ada.people.team().members[host.writer].grants}
    assert rights == {"log"}
    with pytest.raises(BadInput) as refused:
        ada.people.grant(host.writer, "reviewer")
    assert refused.value.code == "E-ROLE"
    host.close()
