# SPDX-License-Identifier: Apache-2.0
"""What makes a stick unsafe to take out, and what must not: every file of ours, and no other."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.services.bundles import Bundles
from strongroom.services.sticks import SafeToRemove, Sticks
from strongroom.store.publish import is_set_aside, publish
from support.peers import Peer, Team, flip
from support.plugged import plugged_in


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


@pytest.fixture
def stick() -> Iterator[Path]:
    with plugged_in() as folder:
        yield folder


@pytest.fixture
def place(team: Team, stick: Path) -> Path:
    """A place of Ada's on the stick, with everything in it."""
    folder = stick / "exchange"
    folder.mkdir()
    team.peers[0].exchange.add("field", folder)
    team.peers[0].push("field")
    return folder


def asked(peer: Peer, stick: Path) -> SafeToRemove:
    """Returns what is said of a stick, within seconds: nothing planted may make it wait."""
    said: list[SafeToRemove] = []
    asking = threading.Thread(
        target=lambda: said.append(Sticks(peer.at).safe_to_remove(stick)), daemon=True
    )
    asking.start()
    asking.join(20)
    assert said, "it waits for something that never comes"
    return said[0]


@pytest.mark.parametrize("kind", ["obj", "log"])
def test_what_a_stick_lost_is_written_again_by_the_next_push_and_steps_aside_for_good(
    team: Team, stick: Path, place: Path, kind: str
) -> None:
    ada = team.peers[0]
    bad = next(each for each in (place / kind).rglob("*") if each.is_file())
    good = bad.read_bytes()
    flip(bad)
    assert asked(ada, stick).damaged == (str(bad),)
    assert asked(ada, stick).damaged == (str(bad),), "asking twice makes nothing safe"
    ada.push("field")
    assert bad.read_bytes() == good
    assert [each for each in place.rglob(".*") if is_set_aside(each.name)], "it was healed"
    told = asked(ada, stick)
    assert told.is_safe
    assert told.damaged == told.damaged_before == ()


def test_only_names_that_publishing_gives_count_as_set_aside(tmp_path: Path) -> None:
    for _ in range(2):
        (tmp_path / "00000001.ab.json").write_bytes(b"damage")
        publish(tmp_path, "00000001.ab.json", b"{}")
    aside = sorted(each.name for each in tmp_path.iterdir() if each.name[0] == ".")
    assert len(aside) == 2
    assert all(map(is_set_aside, aside))
    for name in ("x.bad", ".bad", ".x.bad.json", "00000001.ab.json", ".x.tmp", "..bad"):
        assert not is_set_aside(name), name


def test_6_a_pipe_or_a_link_among_our_files_is_told_and_never_waited_for(
    team: Team, stick: Path, place: Path
) -> None:
    ada, name = team.peers[0], "ab" * 32
    for folder in ("obj/ab", "man/ab"):
        (place / folder).mkdir(exist_ok=True)
    os.mkfifo(place / "obj" / "ab" / name)
    (place / "log" / name).symlink_to("/etc/hostname")
    (place / "man" / "ab" / name).symlink_to("/nowhere/at/all")
    (place / "trust" / name).symlink_to("/etc")
    told = asked(ada, stick)
    assert not told.is_safe
    assert set(told.damaged) == {
        str(place / folder / name) for folder in ("obj/ab", "man/ab", "log", "trust")
    }


def test_6_a_link_where_a_folder_of_ours_belongs_is_told(
    team: Team, stick: Path, place: Path
) -> None:
    moved = place / "moved"
    (place / "obj").rename(moved)
    (place / "obj").symlink_to(moved)
    assert asked(team.peers[0], stick).damaged == (str(place / "obj"),)


def test_a_pipe_that_takes_the_place_of_a_bundle_is_told(team: Team, stick: Path) -> None:
    ada, file = team.peers[0], stick / "all.strongbundle"
    Bundles(ada.at).create(file)
    assert asked(ada, stick).is_safe
    file.unlink()
    os.mkfifo(file)
    assert asked(ada, stick).damaged == (str(file),)


def test_a_place_deep_inside_a_stick_is_read_back_like_one_at_the_top(
    team: Team, stick: Path
) -> None:
    ada, deep = team.peers[0], stick / "2026" / "field" / "exchange"
    deep.mkdir(parents=True)
    ada.exchange.add("deep", deep)
    ada.push("deep")
    assert asked(ada, stick).files > 5
    bad = next(each for each in (deep / "obj").rglob("*") if each.is_file())
    flip(bad)
    assert asked(ada, stick).damaged == (str(bad),)


def test_a_bundle_that_was_sent_is_read_back_wherever_it_lies(team: Team, stick: Path) -> None:
    ada, deep = team.peers[0], stick / "2026" / "field"
    deep.mkdir(parents=True)
    for number in range(2_100):
        (stick / f"photo-{number:04}.jpg").touch()
    Bundles(ada.at).create(deep / "all.strongbundle")
    Bundles(ada.at).create(stick / "top.strongbundle")
    assert asked(ada, stick).files == 2
    flip(deep / "all.strongbundle")
    flip(stick / "top.strongbundle")
    assert set(asked(ada, stick).damaged) == {
        str(deep / "all.strongbundle"), str(stick / "top.strongbundle"),
    }  # fmt: skip


def test_what_was_carried_away_again_is_not_missed(team: Team, stick: Path, place: Path) -> None:
    ada = team.peers[0]
    Bundles(ada.at).create(stick / "all.strongbundle")
    (stick / "all.strongbundle").unlink()
    (place / "strongroom.json").unlink()
    assert asked(ada, stick).is_safe
