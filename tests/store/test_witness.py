# SPDX-License-Identifier: Apache-2.0
"""Witnesses and freshness: who is shown less than was seen learns it; silence is told."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import Refused, Untrusted
from strongroom.exchange.checkpoints import CheckpointShelf
from strongroom.services.audit import Audit
from strongroom.services.integrity import Integrity
from strongroom.services.witness import Witness
from strongroom.trust.checkpoint import (
    SignedCheckpoint,
    checkpoint_of,
    read_checkpoint,
    sign_checkpoint,
)
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer
from support.peers import Peer, Team, codes, files_of

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


# -------------------------------------------------------------------- cosigned checkpoints


def notes(place: Path, peer: Peer) -> list[SignedCheckpoint]:
    """Returns the checkpoints of a peer's log that lie at a place, the longest last."""
    return [read_checkpoint(p.read_bytes()) for p in sorted((place / "cp" / peer.writer).iterdir())]


def witnessed(team: Team) -> int:
    """Lets Wim cosign what Ada has pushed, and push it; returns how long her log is."""
    ada, _, wim = team.peers
    ada.say(2)
    ada.push()
    wim.pull()
    Witness(wim.at).sign()
    wim.push()
    return len(ada.at.snapshot().chains.by_writer[ada.writer])


def test_a_witness_cosigns_what_he_holds_and_his_word_is_that_of_c2sp(team: Team) -> None:
    ada, _, wim = team.peers
    size = witnessed(team)
    newest = notes(team.share, ada)[-2:]
    assert {one.checkpoint.size for one in newest} == {size}
    (both,) = (one for one in newest if len(one.note.signatures) == 2)
    seen = both.witnesses({wim.writer: wim.pair.ed25519_pub})
    assert seen == {wim.writer: wim.at.clock.now_us() // 1_000_000}
    line = next(o for o in both.note.signatures if o.name.endswith(wim.writer))
    name = f"strongroom/{ada.at.ledger().team}/{wim.writer}"
    hint = hashlib.sha256(name.encode() + b"\n\x04" + wim.pair.ed25519_pub.raw).digest()[:4]
    assert (line.name, line.key_id) == (name, hint)
    text = f"cosignature/v1\ntime {seen[wim.writer]}\n{both.note.text}".encode()
    assert wim.pair.ed25519_pub.verify(line.sig[8:], text)


def test_15_a_witness_is_believed_from_a_place_that_shows_neither_him_nor_the_tail(
    team: Team,
) -> None:
    ada, ben, _ = team.peers
    size = witnessed(team)
    ben.add_remote(team.root / "stick", "stick")
    ben.push("stick")  # what Ben has: neither the tail nor Wim's snapshot
    for path in (team.share / "cp" / ada.writer).iterdir():
        shutil.copy(path, team.root / "stick" / "cp" / ada.writer)
    pulled = ben.pull("stick")
    assert codes(pulled) == ["E-WITHHELD"]
    assert f"{size} events, which Wim cosigned" in pulled.rejected[0].detail
    shutil.rmtree(team.root / "stick" / "cp")  # it was shown once
    assert codes(ben.pull("stick")) == ["E-WITHHELD"]
    assert ben.pull().is_clean


def test_words_of_witnesses_travel_from_place_to_place_and_are_joined(team: Team) -> None:
    ada, ben, wim = team.peers
    ada.people.grant(person(ada, "Ben"), "auditor")
    ada.push()
    ben.pull()
    size = witnessed(team)
    ben.pull()
    Witness(ben.at).sign()
    ben.add_remote(team.root / "stick", "stick")
    ben.push("stick")
    keys = {peer.writer: peer.pair.ed25519_pub for peer in (ben, wim)}
    carried = [one for one in notes(team.root / "stick", ada) if one.checkpoint.size == size]
    assert max(len(one.witnesses(keys)) for one in carried) == 2
    ada.add_remote(team.root / "stick", "stick")
    ada.pull("stick")
    (log,) = (each for each in Witness(ada.at).vouched() if each.writer == ada.writer)
    assert (log.size, log.count) == (size, size)
    assert sorted(name for name, _ in log.cosigned) == ["Ben", "Wim"]
    before = files_of(team.root / "stick")
    ada.push("stick")
    ada.push("stick")
    fresh = [p for p in files_of(team.root / "stick") if p not in before]
    assert len([p for p in fresh if f"cp/{ada.writer}" in str(p)]) == 0


def test_a_word_of_somebody_who_is_no_witness_or_whose_key_was_stolen_counts_for_nothing(
    team: Team,
) -> None:
    ada, ben, _ = team.peers
    size = witnessed(team)
    shelf = CheckpointShelf(team.share)
    (one,) = (o for o in notes(team.share, ada) if len(o.note.signatures) == 2)
    shelf.put(one.cosigned(Ed25519Signer(ben.pair), ben.pair.ed25519_pub, 1_800_000_000))
    ada.pull()

    def cosigners() -> list[str]:
        (log,) = (each for each in Witness(ada.at).vouched() if each.writer == ada.writer)
        assert log.size == size
        return [name for name, _ in log.cosigned]

    assert cosigners() == ["Wim"]
    ada.people.revoke("Wim", reason="compromised")
    assert cosigners() == []


def test_a_note_that_nobody_signed_keeps_no_writer_from_vouching(team: Team) -> None:
    ada, ben, _ = team.peers
    eve = KeyPair.generate()
    forged = checkpoint_of(ada.at.ledger().team, ada.writer, [b"%d" % n for n in range(900)])
    CheckpointShelf(team.share).put(sign_checkpoint(forged, Ed25519Signer(eve), eve.ed25519_pub))
    ada.say(5)
    ada.push()
    count = len(ada.at.snapshot().chains.by_writer[ada.writer])
    assert count in {one.checkpoint.size for one in notes(team.share, ada)}
    assert ben.pull().is_clean
