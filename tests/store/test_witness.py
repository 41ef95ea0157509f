# SPDX-License-Identifier: Apache-2.0
"""Witnesses and freshness: who is shown less than was seen learns it; silence is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import Refused, Untrusted
from strongroom.services.audit import Audit
from strongroom.services.integrity import Integrity
from strongroom.services.witness import Witness
from support.peers import Peer, Team, codes

DAY_S = 24 * 3600


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada works, Ben looks, Wim is a witness; everybody has met."""
    made = Team(tmp_path, ("Ada", "Ben", "Wim"))
    ada, ben, wim = made.peers
    ada.people.grant(person(ada, "Wim"), "auditor")
    ada.say(1)
    ada.push()
    for peer in (ben, wim):
        peer.pull()
    yield made
    made.close()


def person(peer: Peer, name: str) -> str:
    (found,) = (each.person for each in peer.people.people() if each.name == name)
    return found


def segments(team: Team, peer: Peer) -> list[Path]:
    return sorted((team.share / "log" / peer.writer[:2] / peer.writer).iterdir())


def test_15_a_tail_that_only_a_witness_has_seen_cannot_be_hidden(team: Team) -> None:
    ada, ben, wim = team.peers
    ada.say(2)
    ada.push()
    wim.pull()
    event = Witness(wim.at).sign()
    assert event.body["heads"][ada.writer][0] == len(ada.at.snapshot().chains.by_writer[ada.writer])
    wim.push()
    hidden = segments(team, ada)[-1]
    kept = hidden.read_bytes()
    hidden.unlink()
    assert codes(ben.pull()) == ["E-WITHHELD"]
    hidden.write_bytes(kept)
    assert ben.pull().is_clean
    assert ben.digest == wim.digest


def test_a_witness_vouches_only_for_what_is_whole(team: Team) -> None:
    ada, ben, wim = team.peers
    ada.say(2)
    ada.push()
    ben.pull()
    ben.say(3)
    ben.push()
    segments(team, ada)[-1].unlink()
    wim.pull()
    with pytest.raises(Untrusted) as refused:
        Witness(wim.at).sign()
    assert refused.value.code == "E-WITHHELD"


def test_19_a_snapshot_of_somebody_without_the_right_has_no_effect(team: Team) -> None:
    _, ben, wim = team.peers
    with pytest.raises(Refused) as refused:
        Witness(ben.at).sign()
    assert refused.value.code == "E-CAP"
    forged = ben.at.sign("witness.snapshot", {"heads": {}})
    assert ben.at.snapshot().state.refusals[forged.id] == "E-CAP"
    ben.push()
    wim.pull()
    assert Witness(wim.at).standing().witness == ""


def test_17_a_share_that_serves_nothing_new_is_told_after_two_weeks(team: Team) -> None:
    ada, ben, _ = team.peers
    witness = Witness(ben.at)
    audit = Audit(ben.at, ben.registry, witness)
    ben.clock.advance(13 * DAY_S)
    assert witness.stale_sentence() == ""
    ben.clock.advance(2 * DAY_S)
    told = witness.stale_sentence()
    assert "15 days" in told
    assert "Ada" in told
    status = audit.status()
    assert status is not None
    assert status.stale == told
    assert status.is_ok, "silence is no damage"
    found = Integrity(ben.at, ben.registry, witness).verify()
    assert found.is_ok
    assert f"W-STALE: {told}" in found.notes
    ada.clock.advance(15 * DAY_S)
    ada.say(2)
    ada.push()
    ben.pull()
    assert witness.stale_sentence() == ""


def test_17_a_clock_in_the_far_future_does_not_hide_the_silence(team: Team) -> None:
    ada, ben, _ = team.peers
    ada.clock.advance(70 * 365 * DAY_S)
    ada.say(2)
    ada.push()
    ben.pull()
    ben.clock.advance(30 * DAY_S)
    assert "30 days" in Witness(ben.at).stale_sentence()


def test_45_a_wrong_clock_is_told_in_the_log_and_by_verify_and_changes_nothing(team: Team) -> None:
    ada, ben, _ = team.peers
    ada.clock.advance(-56 * 365 * DAY_S)
    odd = ada.say(2)
    ada.push()
    assert ben.pull().is_clean
    assert ben.digest == ada.digest
    witness = Witness(ben.at)
    found = Integrity(ben.at, ben.registry, witness).verify()
    assert found.is_ok
    assert [note for note in found.notes if note.startswith(f"W-CLOCK: event {odd.id[:16]}")]
    (entry,) = (e for e in Audit(ben.at, ben.registry, witness).entries() if e.id == odd.id)
    assert entry.clock == "Its clock stood earlier than at the event before it in the same log."
    assert (entry.trust, entry.code) == ("valid", "")
