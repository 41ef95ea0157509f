# SPDX-License-Identifier: Apache-2.0
"""Sticks: recognised when they are plugged in, safe to remove only after they were read back."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput, EnvironmentFault
from strongroom.services.bundles import Bundles
from strongroom.services.sticks import Stick, Sticks
from strongroom.store.mounts import (
    Mount,
    MountWatch,
    is_removable,
    mount_of,
    mounts,
    parse_mounts,
)
from support.peers import Peer, Team, files_of, flip
from support.plugged import plugged_in, protect, put_in
from support.shares import exfat_stick

TABLE = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
31 27 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
90 31 8:17 / /media/ada/FIELD\0407 rw,nosuid shared:50 - vfat /dev/sdb1 rw,fmask=0022
91 31 0:60 / /run/media/ada/card ro,nosuid - fuseblk /dev/sdc1 rw,user_id=0
92 31 11:0 / /mnt/disc ro,relatime - iso9660 /dev/sr0 ro
93 31 0:61 / /srv/team rw - cifs //server/team rw
not a line at all
"""


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


@pytest.fixture
def stick() -> Iterator[Path]:
    with plugged_in() as folder:
        yield folder


def seen(peer: Peer, folder: Path) -> Stick:
    (found,) = [each for each in Sticks(peer.at).look() if each.folder == str(folder)]
    return found


def test_the_kernels_table_is_read_with_its_escapes_and_flags() -> None:
    found = {mount.folder: mount for mount in parse_mounts(TABLE)}
    assert set(found) == {
        "/proc", "/", "/media/ada/FIELD 7", "/run/media/ada/card", "/mnt/disc", "/srv/team",
    }  # fmt: skip
    assert found["/media/ada/FIELD 7"].max_file_bytes == (1 << 32) - 1
    assert found["/"].max_file_bytes is None
    assert [m.folder for m in found.values() if m.is_read_only] == [
        "/run/media/ada/card", "/mnt/disc",
    ]  # fmt: skip
    assert [m.folder for m in found.values() if is_removable(m, devices=Path("/none"))] == [
        "/media/ada/FIELD 7", "/run/media/ada/card", "/mnt/disc",
    ]  # fmt: skip


def test_a_device_on_usb_counts_wherever_it_is_mounted(tmp_path: Path) -> None:
    real = tmp_path / "pci0" / "usb1" / "block" / "sdx" / "sdx1"
    real.mkdir(parents=True)
    disk = tmp_path / "pci0" / "ata1" / "block" / "sda" / "sda1"
    disk.mkdir(parents=True)
    card = tmp_path / "pci0" / "reader" / "block" / "sdr" / "sdr1"
    card.mkdir(parents=True)
    (card.parent / "removable").write_text("1\n")
    devices = tmp_path / "dev"
    devices.mkdir()
    for number, target in (("8:33", real), ("8:1", disk), ("8:49", card)):
        (devices / number).symlink_to(target)

    def mounted(number: str) -> Mount:
        return Mount(
            folder="/mnt", device="x", filesystem="ext4", is_read_only=False, number=number
        )

    assert is_removable(mounted("8:33"), devices=devices)
    assert is_removable(mounted("8:49"), devices=devices)
    assert not is_removable(mounted("8:1"), devices=devices)
    assert not is_removable(mounted("8:99"), devices=devices)


def test_a_path_lies_on_the_deepest_mount_above_it() -> None:
    table = parse_mounts(TABLE)
    inside = mount_of(Path("/media/ada/FIELD 7/exchange"), table)
    beside = mount_of(Path("/media/ada/FIELD 77/exchange"), table)
    assert inside is not None
    assert inside.filesystem == "vfat"
    assert beside is not None
    assert beside.folder == "/"


def test_what_lies_on_a_stick_is_recognised_without_writing_to_it(team: Team, stick: Path) -> None:
    ada, ben = team.peers
    (stick / "exchange").mkdir()
    ada.exchange.add("field", stick / "exchange")
    ada.push("field")
    Bundles(ada.at).create(stick / "all.strongbundle")
    (stick / "holiday.jpg").write_bytes(b"\xff\xd8")
    before = files_of(stick)
    found = seen(ada, stick)
    assert found.is_ours
    assert found.is_writable
    assert [(p.name, p.is_ours) for p in found.places] == [("field", True)]
    assert found.bundles == (str(stick / "all.strongbundle"),)
    (unnamed,) = seen(ben, stick).places
    assert unnamed.is_ours
    assert not unnamed.name, "it was not added there"
    assert files_of(stick) == before


def test_a_stick_of_another_team_is_told_apart(team: Team, stick: Path, tmp_path: Path) -> None:
    others = Team(tmp_path / "others", names=("Eve",))
    (stick / "theirs").mkdir()
    others.peers[0].exchange.add("field", stick / "theirs")
    found = seen(team.peers[0], stick)
    assert [place.is_ours for place in found.places] == [False]
    assert not found.is_ours
    others.close()


def test_plugging_in_and_pulling_out_wakes_who_waits_for_it(stick: Path) -> None:
    watch = MountWatch()
    assert watch.descriptor is not None
    assert not watch.wait(0.05), "nothing happened yet"
    woken = threading.Event()

    def listen() -> None:
        if watch.wait(20):
            woken.set()

    waiting = threading.Thread(target=listen)
    waiting.start()
    time.sleep(0.1)
    subprocess.run(["umount", str(stick)], check=True)
    waiting.join(timeout=20)
    assert woken.is_set()
    put_in(stick)
    assert watch.wait(20), "put in again"
    watch.close()


# ------------------------------------------------------------------ write-protected


def test_a_write_protected_stick_is_pulled_from_and_nothing_is_written_to_it(
    team: Team, stick: Path
) -> None:
    ada, ben = team.peers
    (stick / "exchange").mkdir()
    ada.exchange.add("field", stick / "exchange")
    ada.push("field")
    protect(stick)
    before = files_of(stick)
    assert not seen(ben, stick).is_writable
    ben.exchange.add("field", stick / "exchange")
    (outcome,) = ben.exchange.sync("field")
    assert outcome.is_clean
    assert outcome.pushed.is_empty
    assert ben.has_content()
    with pytest.raises(EnvironmentFault) as caught:
        ben.exchange.push("field")
    assert caught.value.code == "E-SHARE"
    assert files_of(stick) == before


def test_a_bundle_on_a_write_protected_stick_is_taken_in_and_its_receipt_goes_elsewhere(
    team: Team, stick: Path
) -> None:
    ada, ben = team.peers
    Bundles(ada.at).create(stick / "all.strongbundle")
    protect(stick)
    assert ben.exchange.take(str(stick / "all.strongbundle")).is_clean
    with pytest.raises(EnvironmentFault):
        Bundles(ben.at).write_receipt(stick / "all.strongbundle", stick / "receipt.json")
    Bundles(ben.at).write_receipt(stick / "all.strongbundle", team.root / "receipt.json")
    assert Bundles(ada.at).confirm(team.root / "receipt.json").by == "Ben"
    assert Sticks(ben.at).safe_to_remove(stick).is_safe


# ------------------------------------------------------------------ safe to remove


def test_a_stick_is_safe_once_all_that_was_written_was_read_back(team: Team, stick: Path) -> None:
    ada = team.peers[0]
    (stick / "exchange").mkdir()
    ada.exchange.add("field", stick / "exchange")
    ada.push("field")
    Bundles(ada.at).create(stick / "all.strongbundle")
    told = Sticks(ada.at).safe_to_remove(stick / "exchange")
    assert told.is_safe
    assert told.folder == str(stick)
    assert told.files == len(files_of(stick))
    assert told.size_bytes == sum(map(len, files_of(stick).values()))


@pytest.mark.parametrize("kind", ["obj", "man", "log", "trust"])
def test_a_file_that_the_stick_does_not_give_back_makes_it_unsafe(
    team: Team, stick: Path, kind: str
) -> None:
    ada = team.peers[0]
    (stick / "exchange").mkdir()
    ada.exchange.add("field", stick / "exchange")
    ada.push("field")
    bad = next(
        p for p in (stick / "exchange" / kind).rglob("*") if p.is_file() and p.stat().st_size
    )
    flip(bad)
    told = Sticks(ada.at).safe_to_remove(stick)
    assert not told.is_safe
    assert told.damaged == (str(bad),)


def test_a_bundle_that_the_stick_does_not_give_back_makes_it_unsafe(
    team: Team, stick: Path
) -> None:
    ada = team.peers[0]
    Bundles(ada.at).create(stick / "sealed.strongbundle", to=["Ben"])
    assert Sticks(ada.at).safe_to_remove(stick).is_safe
    flip(stick / "sealed.strongbundle")
    assert not Sticks(ada.at).safe_to_remove(stick).is_safe


def test_a_stick_that_is_being_written_to_is_not_safe(team: Team, stick: Path) -> None:
    (stick / ".bundle.123.0123abcd.tmp").write_bytes(b"half of")
    told = Sticks(team.peers[0].at).safe_to_remove(stick)
    assert not told.is_safe
    assert told.unfinished
    long_ago = team.peers[0].clock.now_us() / 1_000_000 - 3600
    os.utime(stick / ".bundle.123.0123abcd.tmp", (long_ago, long_ago))
    assert Sticks(team.peers[0].at).safe_to_remove(stick).is_safe, "a leftover harms nobody"


def test_a_folder_of_this_machine_is_no_stick(team: Team) -> None:
    with pytest.raises(BadInput) as caught:
        Sticks(team.peers[0].at).safe_to_remove(team.share)
    assert caught.value.code == "E-REMOTE"


def test_ejecting_unmounts_it_and_says_so_when_somebody_still_uses_it(
    team: Team, stick: Path
) -> None:
    ada = team.peers[0]
    Bundles(ada.at).create(stick / "all.strongbundle")
    with (stick / "all.strongbundle").open("rb"):
        with pytest.raises(EnvironmentFault, match="still uses it"):
            Sticks(ada.at).safe_to_remove(stick, is_ejecting=True)
        assert str(stick) in {mount.folder for mount in mounts()}
    told = Sticks(ada.at).safe_to_remove(stick, is_ejecting=True)
    assert told.is_safe
    assert told.is_ejected
    assert str(stick) not in {mount.folder for mount in mounts()}
    assert all(each.folder != str(stick) for each in Sticks(ada.at).look())


def test_an_exfat_stick_carries_a_bundle_to_somebody_else(team: Team, tmp_path: Path) -> None:
    ada, ben = team.peers
    with exfat_stick(tmp_path) as exfat:
        file = exfat.folder / "All of Churn (1).strongbundle"
        made = Bundles(ada.at).create(file, to=["Ben"])
        exfat.take_out()
        assert exfat.is_sound()
        exfat.put_in()
        assert subprocess.check_output(["sha256sum", file], text=True)[:64] == made.sha256
        assert Bundles(ben.at).take(file).is_clean
        assert ben.has_content()
