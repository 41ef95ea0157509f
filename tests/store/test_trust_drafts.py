# SPDX-License-Identifier: Apache-2.0
"""Where one admin is not enough: a change travels as a draft until enough have signed it."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from strongroom.desktop.kit.command import WindowState, signed_in
from strongroom.domain.errors import BadInput, Refused, Untrusted
from strongroom.domain.key_words import NO_KEY, ONLY_ADMINS
from strongroom.domain.team_changes import Weight
from strongroom.services.exchange import Exchange
from strongroom.services.people import People
from strongroom.services.trust_changes import TrustStep
from strongroom.services.workstation import Workstation
from strongroom.trust import envelope
from strongroom.trust.draft import read_draft
from support.peers import Peer, Team


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada, Ben and Cleo are admins; every change needs two of them."""
    with_three = Team(tmp_path, ("Ada", "Ben", "Cleo"))
    ada, ben, cleo = with_three.peers
    for peer in (ben, cleo):
        ada.people.grant(peer.name, "admin")
    ada.people.set_thresholds(admin=2)
    _carry(with_three)
    yield with_three
    with_three.close()


def _carry(team: Team) -> None:
    """Lets everybody see what the first one has."""
    first, *others = team.peers
    first.push()
    for peer in others:
        peer.pull()


def sign(peer: Peer, path: Path) -> TrustStep:
    """Reads a draft and signs what was read."""
    return peer.people.cosign(path, peer.people.draft(path).id)


def _request(team: Team, tmp_path: Path) -> Path:
    dora = Peer(tmp_path / "dora", "Dora")
    path = tmp_path / "dora.enrol.json"
    dora.identities.save_request(path)
    dora.close()
    return path


def test_one_admin_of_two_changes_nothing_without_a_draft(team: Team, tmp_path: Path) -> None:
    ada = team.peers[0]
    version = ada.people.team().version
    with pytest.raises(Refused, match="1 more signature") as refused:
        ada.people.admit(_request(team, tmp_path), "analyst")
    assert refused.value.code == "E-QUORUM"
    assert ada.people.team().version == version


def test_a_draft_travels_and_the_second_signature_puts_it_into_force(
    team: Team, tmp_path: Path
) -> None:
    ada, ben, cleo = team.peers
    draft = tmp_path / "trust-draft.json"
    before = ada.people.team().version
    admission = ada.people.admit(_request(team, tmp_path), "analyst", draft=draft)
    assert (admission.draft, admission.missing) == (str(draft), 1)
    assert ada.people.team().version == before
    seen = ben.people.draft(draft)
    assert (seen.version, seen.signed, seen.wanted) == (before + 1, ("Ada",), ("Ben", "Cleo"))
    assert seen.is_mine
    (change,) = seen.changes
    assert (change.subject, change.weight) == ("Dora", Weight.MORE)
    assert "joins on ws-dora" in change.text
    assert "Analyst" in change.text
    step = sign(ben, draft)
    assert step.draft is None
    assert step.changes.is_team
    assert ben.people.team().version == before + 1
    ben.push()
    for peer in (ada, cleo):
        assert not peer.pull().rejected
        assert "Dora" in [member.name for member in peer.people.people()]


def test_a_draft_collects_signatures_until_they_suffice(team: Team, tmp_path: Path) -> None:
    ada, ben, cleo = team.peers
    ada.people.set_thresholds(admin=3, draft=tmp_path / "three.json")
    assert ada.people.team().admin_threshold == 3  # thresholds are root's, and Ada has the root key
    _carry(team)
    draft = tmp_path / "auditor.json"
    assert ada.people.grant("Cleo", "auditor", draft=draft).missing == 2
    step = sign(ben, draft)
    assert (step.missing, step.draft) == (1, draft)
    assert len(envelope.parse(draft.read_bytes(), max_bytes=1 << 22).signatures) == 2
    with pytest.raises(Refused, match="No key here") as refused:
        sign(ben, draft)
    assert refused.value.code == "E-CAP"
    assert sign(cleo, draft).draft is None
    (me,) = (member for member in cleo.people.people() if member.name == "Cleo")
    assert "export.audit" in {grant.cap for grant in me.grants}


def test_a_draft_for_a_version_that_is_over_is_refused_and_says_so(
    team: Team, tmp_path: Path
) -> None:
    ada, ben, _ = team.peers
    slow, quick = tmp_path / "slow.json", tmp_path / "quick.json"
    ada.people.grant("Cleo", "auditor", draft=slow)
    ada.people.grant("Cleo", "reviewer", draft=quick)
    sign(ben, quick)
    with pytest.raises(BadInput, match="in force already"):
        sign(ben, quick)
    with pytest.raises(BadInput, match="follows version") as refused:
        sign(ben, slow)
    assert refused.value.code == "E-TRUST-GAP"


def test_every_changed_byte_of_a_draft_is_refused(team: Team, tmp_path: Path) -> None:
    ada = team.peers[0]
    draft = tmp_path / "draft.json"
    ada.people.grant("Cleo", "auditor", draft=draft)
    whole, before = draft.read_bytes(), ada.people.team()
    assert read_draft(before, whole).missing == 1
    masks = (0x01, 0x02, 0x20, 0x80)
    for place in range(len(whole)):
        mask = masks[place % len(masks)]
        changed = whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :]
        with pytest.raises((Untrusted, BadInput)):
            read_draft(before, changed)


def test_a_draft_that_was_swapped_after_it_was_read_is_not_signed(
    team: Team, tmp_path: Path
) -> None:
    ada, ben, _ = team.peers
    draft, other = tmp_path / "draft.json", tmp_path / "other.json"
    ada.people.grant("Cleo", "viewer", draft=draft)
    ada.people.grant("Cleo", "release-approver", draft=other)
    seen, version = ben.people.draft(draft), ben.people.team().version
    draft.write_bytes(other.read_bytes())
    with pytest.raises(Untrusted) as refused:
        ben.people.cosign(draft, seen.id)
    assert refused.value.code == "E-BIND"
    assert draft.read_bytes() == other.read_bytes()
    assert ben.people.team().version == version


def test_a_stranger_cannot_sign_a_draft_into_force(team: Team, tmp_path: Path) -> None:
    ada, ben, _ = team.peers
    dora = Peer(tmp_path / "dora", "Dora")
    draft = tmp_path / "draft.json"
    ada.people.grant("Cleo", "auditor", draft=draft)
    parsed = envelope.parse(draft.read_bytes(), max_bytes=1 << 22)
    forged = envelope.Signature(dora.writer, dora.signer.sign(parsed.signed_bytes))
    draft.write_bytes(envelope.assemble(parsed.payload, [*parsed.signatures, forged]))
    with pytest.raises(Untrusted) as refused:
        sign(ben, draft)
    assert refused.value.code == "E-TRUST-SIG"
    dora.close()


def test_a_file_that_is_there_is_not_written_over(team: Team, tmp_path: Path) -> None:
    ada = team.peers[0]
    taken = tmp_path / "taken.json"
    taken.write_text("mine")
    with pytest.raises(BadInput) as refused:
        ada.people.grant("Cleo", "auditor", draft=taken)
    assert refused.value.code == "E-NAME"
    assert taken.read_text() == "mine"


def test_a_threshold_nobody_can_meet_is_refused(team: Team) -> None:
    with pytest.raises(BadInput) as refused:
        team.peers[0].people.set_thresholds(admin=4)
    assert refused.value.code == "E-ROLE"


def test_what_a_policy_loses_is_told_as_more(team: Team, tmp_path: Path) -> None:
    ada, ben, _ = team.peers
    policies = ada.people.policy()
    policies["*"]["production"]["need"] = 0
    path, draft = tmp_path / "policy.json", tmp_path / "draft.json"
    path.write_text(json.dumps(policies))
    ada.people.set_policy(path, draft=draft)
    (change,) = ben.people.draft(draft).changes
    assert (change.subject, change.weight) == ("Policy *, production", Weight.MORE)
    assert change.text.startswith("nothing")
    assert "before: 1 approval" in change.text


# ------------------------------------------------------------ why nobody can sign, in one sentence


def keyless(folder: Path, team: Team) -> Workstation:
    """A workstation that knows the team and has no key."""
    somebody = Peer(folder, "Somebody")
    at = Workstation(
        somebody.at.runs, folder / "other-home", keychain=somebody.keychain, ask=lambda _: "",
        clock=somebody.clock, random_bytes=somebody.at.random_bytes, app="strongroom/test",
    )  # fmt: skip
    People(at).trust(team.peers[0].people.team_id())
    exchange = Exchange(at)
    exchange.add("share", team.share)
    exchange.pull("share")
    return at


def test_without_a_key_admitting_and_co_signing_say_what_the_window_says(
    team: Team, tmp_path: Path
) -> None:
    ada = team.peers[0]
    draft, request = tmp_path / "draft.json", _request(team, tmp_path)
    ada.people.admit(request, "analyst", draft=draft)
    ada.push()
    people = People(keyless(tmp_path / "nobody", team))
    read = people.draft(draft).id
    for act in (partial(people.admit, request, "analyst"), partial(people.cosign, draft, read)):
        with pytest.raises(Refused) as refused:
            act()
        assert (refused.value.code, refused.value.title) == ("E-CAP", NO_KEY)
    window = signed_in(WindowState(has_store=True))
    assert window is not None
    assert window.text == NO_KEY


def test_who_is_no_admin_is_told_so_in_the_words_of_the_page(tmp_path: Path) -> None:
    small = Team(tmp_path / "small")
    ada, ben = small.peers
    ada.push()
    ben.pull()
    with pytest.raises(Refused) as refused:
        ben.people.admit(_request(small, tmp_path), "analyst")
    assert (refused.value.code, refused.value.title) == ("E-CAP", ONLY_ADMINS)
    small.close()
