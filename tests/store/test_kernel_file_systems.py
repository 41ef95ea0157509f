# SPDX-License-Identifier: Apache-2.0
"""Push, pull and verify on file systems of the kernel itself: FAT32, CIFS, NFS, exFAT.

They take a minute or more each, the large file several, and run by ``packaging/run.py test --all``.
"""

import random
import shutil
import threading
from pathlib import Path

import pytest

from strongroom.domain.errors import EnvironmentFault
from support.peers import Team
from support.share_laws import false_names
from support.shares import exfat_stick
from support.uml import run_inside

pytestmark = pytest.mark.slow

GOES_ON = {"pushed": True, "verified": True, "lawful": True, "pulled": True, "agree": True}


def test_8_a_fat32_stick_keeps_what_was_acknowledged_when_the_power_goes(tmp_path: Path) -> None:
    found = run_inside(
        "vfat_power_cut", tmp_path, seconds=420, dmsetup="dmsetup", mkfs_fat="dosfstools"
    )
    kept = found["acknowledged"]
    assert kept["error"] == ""
    assert kept["whole"] == found["files"]
    assert kept | GOES_ON == kept
    assert kept["early"] == []
    for cut in found["midst"]:
        assert cut | GOES_ON == cut
    # The cut is a real one: without the last sync the same stick loses what it acknowledged.
    assert found["without_last_sync"]["whole"] < found["files"]


def test_a_file_of_over_a_gib_goes_by_a_fat32_stick_in_parts(tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 14 << 30:
        pytest.skip("stores and a stick with over 1 GiB need 14 GB of free disk")
    found = run_inside("vfat_parts", tmp_path, seconds=1_500, mkfs_fat="dosfstools")
    for image in tmp_path.glob("*.img"):
        image.unlink()
    assert found["sizes"] == [1 << 30, 160 << 20]
    assert found["third"], "nothing else of it is large"
    assert found["cat"], "the parts are the file for whoever has a shell"
    assert found["kept"] == [1 << 30], "what was stopped costs one part"
    assert found["went_on_at"]
    assert len(found["fsck"]) == 1, "one line tells how many files there are, none of damage"
    assert all(found[each] for each in ("pushed", "pulled", "verified", "agree", "nothing_new"))


def test_9_a_share_mounted_by_the_kernels_cifs_client_survives_its_server(tmp_path: Path) -> None:
    found = run_inside("cifs", tmp_path, seconds=420, smbd="samba", mount_cifs="cifs-utils")
    assert found["mount"] == "cifs"
    assert found["error"] in {"", "E-SHARE"}, "the client may reconnect by itself"
    assert found | GOES_ON == found
    assert found["early"] == []


def test_9_a_share_mounted_by_the_kernels_nfs_client_may_lose_its_folder(tmp_path: Path) -> None:
    found = run_inside(
        "nfs", tmp_path, seconds=420, mount_nfs="nfs-common", rpc_nfsd="nfs-kernel-server"
    )
    assert found["error"] == ""
    assert found | GOES_ON == found
    assert found["taken_away"] == "E-SHARE"
    assert found["given_back"]
    assert found["verified_again"]


def test_8_an_exfat_stick_pulled_out_while_it_is_pushed_to_is_completed_later(
    tmp_path: Path,
) -> None:
    team, dice, faults = Team(tmp_path), random.Random(8), []
    ada, ben = team.peers
    with exfat_stick(tmp_path, 256 << 20) as stick:
        repository = stick.folder / "repo"
        for peer in (ada, ben):
            peer.add_remote(repository, "stick")
        for cycle in range(12):
            weights = dice.randbytes(2_000_000)
            ada.register(f"run-{cycle}", data={"weights.bin": weights})
            hand = threading.Timer(dice.random() * 0.4, stick.pull_out)
            hand.start()
            try:
                ada.push("stick")
            except EnvironmentFault as fault:
                faults.append(fault.code)
            hand.join()
            assert list(stick.folder.iterdir()) == [], "nothing is written where it was"
            stick.put_in()
            assert false_names(repository) == []
            (seen,) = ben.exchange.pull("stick", is_dry=True)
            assert seen.is_clean
            assert not seen.waiting
        assert set(faults) == {"E-SHARE"}
        assert ada.push("stick").is_clean
        assert ada.exchange.verify("stick", is_reading_data=True).is_ok
        assert ben.pull("stick").is_clean
        assert ben.digest == ada.digest
        stick.take_out()
        assert stick.is_sound()
    team.close()
