# SPDX-License-Identifier: Apache-2.0
"""What a workstation remembers of its remotes is sealed: lowering it shows, locking does not."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.exchange.marks import Marks
from strongroom.services.integrity import Integrity, Verification
from strongroom.services.sealed_marks import SealedMarks
from strongroom.services.witness import Witness
from strongroom.store.home import Home
from strongroom.trust.keychain import SystemKeychain
from strongroom.trust.seal import Seal, SealState
from support.keyring_session import is_possible, keyring_session
from support.peers import Peer, Team, codes, files_of

MASKS = (0x01, 0x20, 0x80, 0xFF)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def marks_file(peer: Peer) -> Path:
    return peer.at.home.folder / "marks.json"


def verified(peer: Peer) -> Verification:
    return Integrity(peer.at, peer.registry, Witness(peer.at)).verify()


def met(team: Team) -> tuple[Peer, Peer]:
    """Ada has pushed five events and Ben has pulled them."""
    ada, ben = team.peers
    for number in range(5):
        ada.say(number)
    ada.push()
    ben.pull()
    return ada, ben


def test_14_marks_that_were_lowered_by_hand_are_an_alarm_and_verify_names_them(team: Team) -> None:
    _, ben = met(team)
    assert ben.at.marks.state() is SealState.WHOLE
    document = json.loads(marks_file(ben).read_bytes())
    document["remotes"]["share"] = {"trust": 0, "writers": {}}
    marks_file(ben).write_text(json.dumps(document))
    found = verified(ben)
    assert [(f.code, f.path) for f in found.findings] == [("E-DBDRIFT", "marks.json")]
    shutil.rmtree(team.share / "log")  # what the lowering was meant to hide
    pulled = ben.pull()
    assert codes(pulled) == ["E-DBDRIFT"]
    assert "changed by something else" in pulled.rejected[0].detail
    assert ben.at.marks.state() is SealState.WHOLE, "told, and sealed as they are now"
    assert ben.pull().is_clean
    assert verified(ben).is_ok


def test_14_a_pull_from_one_remote_does_not_seal_over_what_was_lowered_for_another(
    team: Team,
) -> None:
    ada, ben = met(team)
    ada.add_remote(team.root / "stick", "stick")
    ada.push("stick")
    ben.add_remote(team.root / "stick", "stick")
    ben.pull("stick")
    document = json.loads(marks_file(ben).read_bytes())
    del document["remotes"]["share"]  # what the share is to show again is forgotten
    marks_file(ben).write_text(json.dumps(document))
    assert codes(ben.pull("stick")) == ["E-DBDRIFT"]
    assert ben.at.marks.state() is SealState.WHOLE
    assert ben.at.marks.untold() == ("share",)
    (finding,) = verified(ben).findings
    assert (finding.code, finding.path) == ("E-DBDRIFT", "marks.json")
    assert "share" in finding.detail
    assert ben.pull("stick").is_clean
    assert codes(ben.pull()) == ["E-DBDRIFT"]
    assert ben.at.marks.untold() == ()
    assert ben.pull().is_clean
    assert verified(ben).is_ok


def test_14_a_seal_that_was_taken_off_is_a_broken_one_and_no_unlock_puts_it_back(
    team: Team,
) -> None:
    _, ben = met(team)
    document = json.loads(marks_file(ben).read_bytes())
    lowered = {"format": 1, "remotes": {"share": {"trust": 1, "writers": {}}}, "seal": ""}
    for taken in (lowered, {**document, "seal": ""}, {"format": 1}, None):
        marks_file(ben).unlink() if taken is None else marks_file(ben).write_text(json.dumps(taken))
        assert ben.at.marks.state() is SealState.BROKEN
        ben.at.marks.reseal()
        ben.say(3)  # an unlock
        assert ben.at.marks.state() is SealState.BROKEN
        assert codes(ben.pull()) == ["E-DBDRIFT"]
        assert ben.at.marks.state() is SealState.WHOLE


def test_14_an_older_file_of_marks_that_is_put_back_with_its_good_seal_is_an_alarm(
    team: Team,
) -> None:
    ada, ben = met(team)
    old, share = marks_file(ben).read_bytes(), team.root / "old"
    shutil.copytree(team.share, share)
    ada.say(9)
    ada.push()
    ben.pull()
    marks_file(ben).write_bytes(old)
    shutil.rmtree(team.share)
    share.rename(team.share)
    assert ben.at.marks.state() is SealState.BROKEN
    assert [finding.code for finding in verified(ben).findings] == ["E-DBDRIFT"]
    assert codes(ben.pull()) == ["E-DBDRIFT"]


def test_a_crash_between_the_file_and_the_keychain_is_no_alarm(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = met(team)
    ada.say(9)
    ada.push()
    with monkeypatch.context() as patch:
        patch.setattr(Seal, "settle", lambda *_: None)
        ben.pull()
    assert ben.at.marks.state() is SealState.WHOLE
    assert ben.pull().is_clean
    assert ben.at.marks.state() is SealState.WHOLE


def test_a_pull_that_brings_nothing_writes_neither_marks_nor_keychain(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ben = met(team)
    ben.pull()
    before = marks_file(ben).stat().st_mtime_ns
    monkeypatch.setattr(ben.keychain, "set", lambda *_: pytest.fail("nothing is new"))
    assert ben.pull().is_clean
    assert marks_file(ben).stat().st_mtime_ns == before


def test_no_changed_byte_of_the_marks_goes_unseen(team: Team) -> None:
    _, ben = met(team)
    whole = marks_file(ben).read_bytes()
    held = ben.at.marks.of("share")
    for place in range(len(whole)):
        for mask in MASKS:
            bent = whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :]
            marks_file(ben).write_bytes(bent)
            if ben.at.marks.state() is SealState.WHOLE:  # such as another format number
                assert ben.at.marks.of("share") == held
    marks_file(ben).write_bytes(whole)


def test_while_the_keychain_is_locked_marks_are_compared_and_sealed_at_the_next_unlock(
    team: Team,
) -> None:
    ada, ben = met(team)
    old = team.root / "old"
    shutil.copytree(team.share, old)
    ada.say(9)
    ada.push()
    ben.keychain.lock()
    assert ben.pull().is_clean
    assert ben.at.marks.state() is SealState.CLOSED
    shutil.rmtree(team.share)
    old.rename(team.share)
    assert codes(ben.pull()) == ["E-ROLLBACK"]
    assert "the keychain is not open" in " ".join(verified(ben).notes)
    assert verified(ben).is_ok, "a closed keychain is no damage"
    ben.keychain.unlock()
    assert "pending" in json.loads(marks_file(ben).read_bytes())
    ben.say(1)
    assert "pending" not in json.loads(marks_file(ben).read_bytes())
    assert ben.at.marks.state() is SealState.WHOLE
    assert codes(ben.pull()) == ["E-ROLLBACK"]


def test_what_is_learned_while_locked_can_only_raise_what_was_sealed(team: Team) -> None:
    _, ben = met(team)
    sealed = ben.at.marks.of("share")
    document = json.loads(marks_file(ben).read_bytes())
    document["pending"] = {"share": {"trust": 0, "writers": {}}}
    marks_file(ben).write_text(json.dumps(document))
    assert ben.at.marks.of("share") == sealed


def test_marks_of_one_home_say_nothing_in_another(team: Team) -> None:
    ada, ben = met(team)
    ada.pull()
    other = Home(team.root / "other", ada.at.home.store_id)  # one account, two people, one store
    other.save_identity(ben.at.require_card())
    shutil.copy(marks_file(ada), other.folder / "marks.json")
    bens = SealedMarks(other, ada.keychain, os.urandom)
    assert bens.state() is SealState.NONE
    bens.save("share", Marks(trust=1))
    assert bens.state() is SealState.WHOLE
    shutil.copy(marks_file(ada), other.folder / "marks.json")
    assert bens.state() is SealState.BROKEN
    assert ada.at.marks.state() is SealState.WHOLE


@pytest.mark.skipif(not is_possible(), reason="no dbus-daemon or gnome-keyring")
def test_the_secret_of_the_seal_lies_in_the_real_keyring_and_nowhere_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with keyring_session() as session:
        for name, value in session.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
        marks = SealedMarks(Home(tmp_path, "ab" * 16), SystemKeychain(), os.urandom)
        marks.save("share", Marks(trust=3))
        assert marks.state() is SealState.WHOLE
        ((label, secret),) = session.raw_secrets().items()
        assert "strongroom:marks:" in label
        assert not [p for p in files_of(tmp_path).values() if secret in p]
        session.lock()
        assert marks.state() is SealState.CLOSED
