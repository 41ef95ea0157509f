# SPDX-License-Identifier: Apache-2.0
"""An old backup is restored: the workstation gets a new key, and no number is used twice."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import Untrusted
from strongroom.services.backups import Backups
from strongroom.services.exchange import Exchange
from strongroom.services.restoring import restore_backup
from strongroom.services.rotation import NewKey, Rotation
from support.cheap_keys import CHEAP
from support.peers import Peer, Team, codes, join


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    ada, ben = made.peers
    ada.say(1)
    ada.push()
    ben.pull()
    yield made
    made.close()


def put_back(peer: Peer, backups: Path, *, with_home: Path | None = None) -> Peer:
    """Loses a peer's disk and restores the store from the newest backup, the home from a copy."""
    peer.close()
    shutil.rmtree(peer.store)
    restore_backup(backups, "latest", peer.store, clock=peer.clock)
    if with_home is not None:
        shutil.rmtree(peer.home)
        shutil.copytree(with_home, peer.home)
    return Peer(peer.folder, peer.name, twin=peer)


def rotate(peer: Peer) -> NewKey:
    return Rotation(peer.at, peer.people.changes, cost=CHEAP).rotate(None, passphrase="")


def test_an_old_backup_gives_a_rotated_writer_and_no_fork(team, tmp_path):
    ada, ben = team.peers
    old_home = tmp_path / "old-home"
    shutil.copytree(ada.home, old_home)
    Backups(ada.at).create(tmp_path / "backups")
    ada.say(2)  # reached the share
    ada.push()
    ada.say(3)  # was on the lost disk, or is on a stick somewhere
    before = ada.writer
    again = put_back(ada, tmp_path / "backups", with_home=old_home)
    with pytest.raises(Untrusted) as caught:
        again.say(99)
    assert caught.value.code == "E-ROLLBACK"
    assert "restored from a backup" in caught.value.title
    assert "identity rotate" in caught.value.advice
    again.pull()
    with pytest.raises(Untrusted):
        again.say(99)
    made = rotate(again)
    assert made.is_in_force
    assert not made.is_vouched, "the old key must not even sign that"
    event = again.say(4)
    assert event.writer == made.card.writer != before
    again.push()
    ben.pull()
    assert ben.digest == again.digest
    chains = ben.at.snapshot().chains
    assert "E-EQUIV" not in {alarm.code for alarm in chains.alarms}
    told = [e.body["failed"] for e in chains.by_writer[before] if e.type == "login.unlock"]
    assert told == ["1", "2"], "what reached the share is there, and nothing was put beside it"
    again.close()


def test_a_pull_at_a_restored_store_gives_the_new_key_by_itself(team, tmp_path):
    ada, ben = team.peers
    old_home = tmp_path / "old-home"
    shutil.copytree(ada.home, old_home)
    Backups(ada.at).create(tmp_path / "backups")
    ada.say(2)
    ada.push()
    again = put_back(ada, tmp_path / "backups", with_home=old_home)
    rotation = Rotation(again.at, again.people.changes, cost=CHEAP)
    (outcome,) = Exchange(again.at, rotation).pull("share")
    assert "a new one has taken its place" in outcome.waiting[-1].detail
    assert again.say(3).writer != ada.writer
    again.push()
    ben.pull()
    assert ben.digest == again.digest
    again.close()


def test_a_home_that_is_newer_than_the_backup_knows_whether_all_came_back(team, tmp_path):
    ada, _ = team.peers
    Backups(ada.at).create(tmp_path / "backups")
    ada.say(2)
    ada.push()
    again = put_back(ada, tmp_path / "backups")
    with pytest.raises(Untrusted) as caught:
        again.say(99)
    assert "put back to an earlier day" in caught.value.title
    assert set(codes(again.pull())) <= {"E-ROLLBACK"}
    event = again.say(3)
    assert event.writer == ada.writer, "everything it had signed is here: it goes on"
    again.close()


def test_somebody_new_at_a_restored_store_signs_at_once(team, tmp_path):
    ada, ben = team.peers
    Backups(ben.at).create(tmp_path / "backups")
    (tmp_path / "eve").mkdir()
    restore_backup(tmp_path / "backups", "latest", tmp_path / "eve" / "store", clock=ben.clock)
    eve = Peer(tmp_path / "eve", "Eve")
    join(ada, eve)
    ada.push()
    eve.add_remote(team.share)
    eve.pull()
    assert eve.say(1).writer == eve.writer
    eve.close()
