# SPDX-License-Identifier: Apache-2.0
"""Checkpoints on a share: three lines in the own hand contradict whoever shows less, or other."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.exchange.checkpoints import CheckpointShelf
from strongroom.trust.checkpoint import checkpoint_of, read_checkpoint, sign_checkpoint
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer
from support.peers import Peer, Team, codes, files_of


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path, ("Ada", "Ben"))
    made.peers[0].say(1)
    made.peers[0].push()
    yield made
    made.close()


def notes(share: Path, peer: Peer) -> list[Path]:
    return sorted((share / "cp" / peer.writer).glob("*.note"))


def segments(team: Team, peer: Peer) -> list[Path]:
    return sorted((team.share / "log" / peer.writer[:2] / peer.writer).iterdir())


def test_a_push_vouches_for_the_log_once_and_only_while_the_key_is_open(team: Team) -> None:
    ada, ben = team.peers
    (note,) = notes(team.share, ada)
    signed = read_checkpoint(note.read_bytes())
    assert signed.is_signed_by(ada.pair.ed25519_pub)
    count = len(ada.at.snapshot().chains.by_writer[ada.writer])
    assert (signed.checkpoint.size, note.name[:10]) == (count, f"{count:010d}")
    before = files_of(team.share)
    ada.push()
    assert files_of(team.share) == before
    ada.say(2)
    ada.identities.lock()
    ada.push()
    assert notes(team.share, ada) == [note], "nobody is asked for a passphrase to vouch"
    ada.say(3)
    ada.push()
    assert len(notes(team.share, ada)) == 2
    assert ben.pull().is_clean


def test_15_a_tail_that_no_peer_has_seen_is_missed_by_its_own_checkpoint(team: Team) -> None:
    ada, ben = team.peers
    ada.say(2)
    ada.push()
    hidden = segments(team, ada)[-1]
    kept = hidden.read_bytes()
    hidden.unlink()
    pulled = ben.pull()
    assert codes(pulled) == ["E-WITHHELD"]
    assert pulled.rejected[0].path.startswith(f"cp/{ada.writer}/")
    hidden.write_bytes(kept)
    assert ben.pull().is_clean
    assert ben.digest == ada.digest


def test_18_a_second_history_is_shown_up_by_its_own_checkpoint(team: Team) -> None:
    ada, ben = team.peers
    twin = ada.restored_copy(team.root / "twin")
    twin.add_remote(team.root / "other", "other")
    ada.say(2)
    twin.say(3)
    ada.push()
    twin.push("other")
    assert ben.pull().is_clean
    # Only the three lines of the other history reach Ben, not one of its events.
    (note,) = notes(team.root / "other", twin)
    shutil.copy(note, team.share / "cp" / ada.writer / note.name)
    pulled = ben.pull()
    assert codes(pulled) == ["E-SPLIT"]
    assert "has signed" in pulled.rejected[0].detail
    twin.close()


def test_a_note_of_somebody_else_proves_nothing(team: Team) -> None:
    ada, ben = team.peers
    eve = KeyPair.generate()
    team_id = ada.at.ledger().team
    forged = checkpoint_of(team_id, ada.writer, [b"%d" % n for n in range(900)])
    shelf = CheckpointShelf(team.share)
    shelf.put(sign_checkpoint(forged, Ed25519Signer(eve), eve.ed25519_pub))
    foreign = checkpoint_of("ab" * 32, ada.writer, [b"%d" % n for n in range(901)])
    shelf.put(sign_checkpoint(foreign, ada.signer, ada.pair.ed25519_pub))
    folder = team.share / "cp" / ada.writer
    (folder / f"{7:010d}.{'0' * 16}.note").write_bytes(b"junk")
    (folder / "readme.txt").write_bytes(b"junk")
    assert ben.pull().is_clean
    assert ben.digest == ada.digest
