# SPDX-License-Identifier: Apache-2.0
"""Root keys on sticks and paper: two of three sign, none of them lies on a workstation."""

import base64
import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from strongroom.domain.errors import (
    BadInput,
    EnvironmentFault,
    Refused,
    StrongroomError,
    Untrusted,
)
from strongroom.services.root_keys import RootKeys
from strongroom.services.rotation import Rotation
from strongroom.trust.keys import KeyPair
from strongroom.trust.rootkey import new_root_key, paper_lines, read_paper, read_root_key
from support.cheap_keys import CHEAP
from support.peers import Peer, Team

STICK = "the words of the stick"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada founded the team; Ben is an admin without a root key."""
    two = Team(tmp_path, ("Ada", "Ben"))
    ada, ben = two.peers
    ada.people.grant("Ben", "admin")
    ada.push()
    ben.pull()
    yield two
    two.close()


def root_keys(peer: Peer) -> RootKeys:
    return RootKeys(peer.at, peer.people.changes, cost=CHEAP)


def again(peer: Peer) -> Peer:
    """Returns the same workstation after the program was started anew: nothing is lent."""
    return Peer(peer.folder, peer.name, twin=peer)


def sticks(peer: Peer, root: Path) -> list[Path]:
    keys = root_keys(peer)
    folders = [root / "stick-a", root / "stick-b"]
    for folder in folders:
        keys.create(folder, f"safe {folder.name[-1]}", passphrase=STICK)
    return folders


def moved_out(team: Team, root: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Moves the team's root keys to two sticks and a paper; two of three have to sign."""
    ada = team.peers[0]
    folders = sticks(ada, root)
    paper = root_keys(ada).create_on_paper(root / "card", "safe c")
    cards = [*folders, paper.card]
    step = root_keys(ada).replace(cards, 2, ask=lambda _: STICK)
    assert step.draft is None
    return folders, paper.lines


def test_the_root_keys_move_from_the_founders_home_to_two_sticks_and_a_paper(
    team: Team, tmp_path: Path
) -> None:
    ada = team.peers[0]
    (old,) = root_keys(ada).places()
    assert old.is_in_home
    moved_out(team, tmp_path)
    document = ada.people.team()
    assert document.root_threshold == 2
    assert [place.label for place in root_keys(ada).places()] == ["safe a", "safe b", "safe c"]
    assert not any(place.is_in_home for place in root_keys(ada).places())
    root_keys(ada).forget(old.label)
    assert not ada.at.home.key_file(old.keyid).exists()
    assert ada.keychain.get(old.keyid) is None
    fresh = again(ada)
    with pytest.raises(Refused) as refused:
        fresh.people.set_thresholds(admin=2)
    assert refused.value.code == "E-CAP"
    fresh.close()


def test_two_of_three_sign_whichever_they_are_and_one_does_not(team: Team, tmp_path: Path) -> None:
    ada, ben = team.peers
    folders, lines = moved_out(team, tmp_path)
    ada.push()
    ben.pull()
    ben.people.ring.lend(folders[1])
    with pytest.raises(Refused) as refused:
        ben.people.set_thresholds(admin=2, ask=lambda _: STICK)
    assert refused.value.code == "E-QUORUM"
    ben.people.ring.lend_paper("\n".join(lines))
    asked: list[str] = []
    step = ben.people.set_thresholds(admin=2, ask=lambda question: asked.append(question) or STICK)
    assert step.document.admin_threshold == 2
    assert asked == ["Passphrase of the root key safe b"]
    ben.push()
    assert ada.pull().rejected == ()


def test_a_change_of_root_travels_from_stick_to_stick_as_a_draft(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    folders, _ = moved_out(team, tmp_path)
    ada.push()
    ben.pull()
    draft = tmp_path / "thresholds.json"
    here, there = again(ada), again(ben)
    here.people.ring.lend(folders[0])
    here.people.set_thresholds(admin=2, draft=draft, ask=lambda _: STICK)
    there.people.ring.lend(folders[1])
    seen = there.people.draft(draft)
    assert (seen.signed, seen.missing, seen.is_mine) == (("safe a",), 1, True)
    assert there.people.cosign(draft, seen.id, ask=lambda _: STICK).draft is None
    for peer in (here, there):
        peer.close()


def test_a_lost_admin_is_replaced_by_the_root_keys_alone(team: Team, tmp_path: Path) -> None:
    """Both admins are gone: the root keys let a new one in from any workstation of the team."""
    ada, ben = team.peers
    folders, lines = moved_out(team, tmp_path)
    carol = Peer(tmp_path / "carol", "Carol")
    request = tmp_path / "carol.json"
    carol.identities.save_request(request)
    carol.people.trust(ada.people.team_id())
    carol.add_remote(team.share)
    ada.push()
    carol.pull()
    carol.people.ring.lend(folders[0])
    carol.people.ring.lend_paper("\n".join(lines))
    carol.people.admit(request, "", replaces=ada.writer, ask=lambda _: STICK)
    document = carol.people.team()
    assert set(document.admin_writers) == {carol.writer, ben.writer}
    assert not document.members[ada.writer].is_active
    carol.people.grant("Ben", "auditor")
    carol.close()


def test_a_key_the_team_needs_is_forgotten_only_when_a_copy_is_at_hand(
    team: Team, tmp_path: Path
) -> None:
    ada = team.peers[0]
    (only,) = root_keys(ada).places()
    with pytest.raises(Refused) as refused:
        root_keys(ada).forget(only.keyid)
    assert refused.value.code == "E-CAP"
    copied = root_keys(ada).copy(only.label, tmp_path / "stick", passphrase=STICK)
    assert copied.keyid == only.keyid
    root_keys(ada).forget(only.keyid, ask=lambda _: STICK)
    assert not root_keys(ada).places()[0].is_in_home
    ada.people.set_thresholds(admin=2, ask=lambda _: STICK)
    ada.push()
    assert team.peers[1].pull().rejected == ()


def test_a_copy_that_does_not_open_is_no_copy_and_nothing_is_forgotten(
    team: Team, tmp_path: Path
) -> None:
    ada = team.peers[0]
    (only,) = root_keys(ada).places()
    copied = root_keys(ada).copy(only.label, tmp_path / "stick", passphrase=STICK)
    secret = copied.card.with_name(copied.card.name.replace(".root.json", ".key.json"))
    whole = secret.read_bytes()
    bent = json.loads(whole)
    bent["ct"] = base64.b64encode(bytes(len(base64.b64decode(bent["ct"])))).decode()
    for raw, answer in (
        (json.dumps(bent, sort_keys=True, separators=(",", ":")).encode(), STICK),
        (whole[:-9], STICK),
        (None, STICK),
        (whole, "what was it again"),
    ):
        secret.unlink(missing_ok=True)
        if raw is not None:
            secret.write_bytes(raw)
        with pytest.raises(StrongroomError) as refused:
            root_keys(ada).forget(only.keyid, ask=lambda _, answer=answer: answer)
        assert refused.value.code in {"E-LOCKED", "E-FORMAT", "E-CANON"}
        assert ada.at.home.key_file(only.keyid).exists()
        assert ada.keychain.get(only.keyid) is not None
    root_keys(ada).forget(only.keyid, ask=lambda _: STICK)
    assert not ada.at.home.key_file(only.keyid).exists()


def test_a_public_card_alone_is_no_key_and_lets_nothing_be_forgotten(
    team: Team, tmp_path: Path
) -> None:
    ada = again(team.peers[0])
    (only,) = root_keys(ada).places()
    copied = root_keys(ada).copy(only.label, tmp_path / "stick", passphrase=STICK)
    fresh = again(ada)
    (tmp_path / "mail").mkdir()
    card = shutil.copy(copied.card, tmp_path / "mail")
    for place in (card, tmp_path / "mail"):
        with pytest.raises(BadInput, match="public card") as refused:
            fresh.people.ring.lend(Path(place))
        assert refused.value.code == "E-NAME"
    with pytest.raises(Refused) as needed:
        root_keys(fresh).forget(only.keyid, ask=lambda _: STICK)
    assert needed.value.code == "E-CAP"
    assert fresh.at.home.key_file(only.keyid).exists()
    for peer in (fresh, ada):
        peer.close()


def test_a_rotated_key_that_waits_for_the_team_is_no_root_key_and_stays(
    team: Team, tmp_path: Path
) -> None:
    ben = team.peers[1]
    rotation = Rotation(ben.at, ben.people.changes, cost=CHEAP)
    made = rotation.rotate(tmp_path / "ben.enrol.json", passphrase="", ask=lambda _: "")
    heir = made.card.writer
    with pytest.raises(BadInput, match="no such root key") as refused:
        root_keys(ben).forget(heir)
    assert "none" in refused.value.advice
    assert ben.at.home.key_file(heir).exists()
    assert ben.keychain.get(heir) is not None


def test_a_stick_without_its_passphrase_signs_nothing(team: Team, tmp_path: Path) -> None:
    ada = team.peers[0]
    folders = sticks(ada, tmp_path)
    version = ada.people.team().version
    with pytest.raises(EnvironmentFault) as locked:
        root_keys(ada).replace(folders, 2, ask=lambda _: "something else")
    assert locked.value.code == "E-LOCKED"
    assert ada.people.team().version == version
    secret = read_root_key(folders[0]).unlock(STICK).secrets()[0]
    for path in folders[0].iterdir():
        assert secret not in path.read_bytes()
        assert secret.hex().encode() not in path.read_bytes()


def test_every_changed_byte_of_a_card_is_refused(team: Team, tmp_path: Path) -> None:
    card = root_keys(team.peers[0]).create(tmp_path / "stick", "safe", passphrase=STICK).card
    whole = card.read_bytes()
    for place in range(len(whole)):
        mask = (0x01, 0x02, 0x20, 0x80)[place % 4]
        card.write_bytes(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])
        with pytest.raises(Untrusted):
            read_root_key(card)


def test_a_key_is_written_over_nothing(team: Team, tmp_path: Path) -> None:
    keys = root_keys(team.peers[0])
    made = keys.create(tmp_path / "stick", "safe", passphrase=STICK)
    before = made.card.read_bytes()
    keys.create(tmp_path / "stick", "another", passphrase=STICK)
    assert made.card.read_bytes() == before
    with pytest.raises(BadInput, match="several root keys"):
        read_root_key(tmp_path / "stick")
    with pytest.raises(BadInput, match="label"):
        keys.create(tmp_path / "stick", "  ", passphrase=STICK)


def test_more_signatures_than_keys_are_refused(team: Team, tmp_path: Path) -> None:
    folders = sticks(team.peers[0], tmp_path)
    with pytest.raises(BadInput) as refused:
        root_keys(team.peers[0]).replace(folders, 3, ask=lambda _: STICK)
    assert refused.value.code == "E-ROLE"


PAIR = new_root_key(lambda count: bytes(range(count)))


def test_a_key_on_paper_comes_back_as_it_was_however_it_is_typed() -> None:
    text = "\n".join(paper_lines(PAIR))
    for typed in (
        text,
        text.upper(),
        text.replace("  ", "\t"),
        "\n\n" + text.replace("\n", "\n\n"),
    ):
        assert read_paper(typed).writer == PAIR.writer
    bare = "\n".join(line[1:] for line in paper_lines(PAIR))  # without the numbers
    assert read_paper(bare).secrets() == PAIR.secrets()


def test_a_slip_of_one_digit_is_told_with_its_line() -> None:
    lines = paper_lines(PAIR)
    missed = 0
    for number, line in enumerate(lines):
        for place in range(3, len(line)):
            if line[place] == " ":
                continue
            other = "0" if line[place] != "0" else "1"
            wrong = [
                *lines[:number],
                line[:place] + other + line[place + 1 :],
                *lines[number + 1 :],
            ]
            try:
                read_paper("\n".join(wrong))
            except BadInput as slip:
                missed += f"line {number + 1}" not in slip.title
            else:
                pytest.fail("a slip was taken for the key")
    assert missed <= 3  # the check digits of a line find 255 of 256; the last line finds the rest


def test_lines_of_two_keys_do_not_make_a_third() -> None:
    other = KeyPair.from_seed(bytes(32))
    mixed = [*paper_lines(PAIR)[:3], *paper_lines(other)[3:]]
    with pytest.raises(BadInput, match="belong together"):
        read_paper("\n".join(mixed))
    with pytest.raises(BadInput, match="five lines"):
        read_paper("\n".join(paper_lines(PAIR)[:4]))


@pytest.mark.parametrize("is_on_paper", [False, True])
def test_a_stick_that_cannot_be_written_is_told_and_keeps_nothing(
    team: Team, tmp_path: Path, is_on_paper: bool
) -> None:
    keys = root_keys(team.peers[0])
    stick = tmp_path / "stick"
    stick.write_bytes(b"")  # a plain file where a folder should be: no rights are needed to fail
    create = keys.create_on_paper if is_on_paper else partial(keys.create, passphrase=STICK)
    with pytest.raises(EnvironmentFault) as fault:
        create(stick / "x", "safe a")
    assert fault.value.code == "E-STORE"
    assert str(stick) in fault.value.title
    assert keys.places() == root_keys(again(team.peers[0])).places()


def test_a_stick_that_fills_up_keeps_no_card_without_a_key(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("strongroom.trust.keyfile.write_whole", full)
    with pytest.raises(EnvironmentFault) as fault:
        root_keys(team.peers[0]).create(tmp_path / "stick", "safe a", passphrase=STICK)
    assert fault.value.code == "E-FULL"
    assert list((tmp_path / "stick").iterdir()) == []


def test_the_passphrase_that_does_not_open_says_of_which_root_key(
    team: Team, tmp_path: Path
) -> None:
    ada, ben = team.peers
    folders, _ = moved_out(team, tmp_path)
    ada.push()
    ben.pull()
    for folder in folders:
        ben.people.ring.lend(folder)
    with pytest.raises(EnvironmentFault) as fault:
        ben.people.set_thresholds(
            admin=2, ask=lambda question: STICK if question.endswith("safe a") else "other words"
        )
    assert fault.value.code == "E-LOCKED"
    assert fault.value.title == "The passphrase does not open the root key safe b"


def test_a_root_key_that_was_forgotten_while_the_keychain_was_locked_leaves_no_half_there(
    team: Team, tmp_path: Path
) -> None:
    ada = team.peers[0]
    (old,) = root_keys(ada).places()
    moved_out(team, tmp_path)
    ada.keychain.lock()
    root_keys(ada).forget(old.label)
    ada.keychain.unlock()
    assert ada.keychain.get(old.keyid) is not None
    ada.at.keys(is_fresh=True)
    assert ada.keychain.get(old.keyid) is None
