# SPDX-License-Identifier: Apache-2.0
"""Files too large for one object travel in parts that a shell can put together."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.domain.bundle import parse_manifest
from strongroom.domain.errors import Cancelled
from strongroom.domain.parts import LEAST_PART_BYTES
from strongroom.store import medium, publish
from strongroom.store.mounts import Mount
from strongroom.trust import envelope
from support.peers import MODEL, Peer, Team, codes, flip

DATA = os.urandom(5 * LEAST_PART_BYTES + 17)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada has registered a model whose weights are six parts, and pushed nothing yet."""
    made = Team(tmp_path)
    for peer in made.peers:
        peer.at.part_bytes = LEAST_PART_BYTES
    made.peers[0].register("big", data={"weights.bin": DATA, "card.md": b"# big"})
    yield made
    made.close()


def parts_there(peer: Peer, share: Path) -> list[Path]:
    """Returns where the parts of the weights lie, in order."""
    version = peer.registry.show(f"{MODEL}/1").version
    (event,) = [e for e in peer.at.snapshot().chains.events() if e.body.get("tree") == version.tree]
    raw = peer.at.ledger().files.read_manifest(str(event.body["manifest"]))
    manifest = parse_manifest(envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES).document)
    (file,) = [file for file in manifest.files if file.path == "weights.bin"]
    assert file.sha256 == hashlib.sha256(DATA).hexdigest()
    return [share / "obj" / part[:2] / part for part in file.parts]


def test_cat_and_sha256sum_give_the_file_back(team: Team) -> None:
    ada, ben = team.peers
    assert ada.push().is_clean
    parts = parts_there(ada, team.share)
    assert len(parts) == 6
    assert max(path.stat().st_size for path in (team.share / "obj").rglob("*")) <= LEAST_PART_BYTES
    told = subprocess.run(
        f"cat {' '.join(map(str, parts))} | sha256sum",
        shell=True, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert told.split()[0] == hashlib.sha256(DATA).hexdigest()
    pulled = ben.pull()
    assert pulled.is_clean
    assert not pulled.waiting
    assert ben.has_content()
    assert ben.at.runs.show("big").run.is_sealed
    assert ben.problems() == []
    assert ada.push().new.is_empty
    assert ben.pull().new.is_empty
    assert ben.push().new.is_empty, "who put it together can cut it again"
    assert ada.exchange.verify("share", is_reading_data=True).is_ok


def test_a_peer_relays_parts_to_a_place_that_has_none(team: Team) -> None:
    ada, ben = team.peers
    ada.push()
    ben.pull()
    ben.add_remote(team.root / "stick", "stick")
    ben.push("stick")
    names = {path.name for path in (team.share / "obj").rglob("*")}
    assert {path.name for path in (team.root / "stick" / "obj").rglob("*")} == names


def test_a_pull_that_was_stopped_goes_on_after_the_last_whole_part(team: Team) -> None:
    ada, ben = team.peers
    ada.push()
    asked: list[str] = []

    class StopsInTheFourthPart:
        def step(self, done: int, total: int, what: str = "") -> None:
            if what.startswith("Copying") and done > 3.5 * LEAST_PART_BYTES:
                raise Cancelled

    with pytest.raises(Cancelled):
        ben.exchange.pull("share", progress=StopsInTheFourthPart())
    unfinished = list((ben.store / "blobs").rglob("*.unfinished"))
    assert [path.stat().st_size for path in unfinished] == [3 * LEAST_PART_BYTES]
    # A bit that fell over on this disk meanwhile is met by reading what lies there again.
    data = bytearray(unfinished[0].read_bytes())
    data[2 * LEAST_PART_BYTES + 5] ^= 1
    unfinished[0].write_bytes(data)

    class Listens:
        def step(self, done: int, total: int, what: str = "") -> None:
            if what.startswith("Copying"):
                asked.append(f"{done}")

    assert ben.exchange.pull("share", progress=Listens())[0].is_clean
    assert ben.has_content()
    assert not list((ben.store / "blobs").rglob("*.unfinished"))


def test_a_damaged_part_is_named_by_its_file_and_healed_by_itself(team: Team) -> None:
    ada, ben = team.peers
    ada.push()
    victim = parts_there(ada, team.share)[2]
    good = victim.read_bytes()
    flip(victim)
    pulled = ben.pull()
    assert codes(pulled) == ["E-HASH"]
    (refused,) = pulled.rejected
    assert refused.path == victim.relative_to(team.share).as_posix()
    assert "weights.bin has another digest" in refused.detail
    assert not ben.has_content()
    check = ada.exchange.verify("share", is_reading_data=True)
    assert [finding.path for finding in check.findings] == [refused.path]
    healed = ada.push()
    assert healed.pushed.objects == 1
    assert victim.read_bytes() == good
    assert ben.pull().is_clean
    assert ben.has_content()


def test_a_part_of_another_size_is_seen_without_reading_it(team: Team) -> None:
    ada, ben = team.peers
    ada.push()
    victim = parts_there(ada, team.share)[-1]
    victim.write_bytes(victim.read_bytes() + b"!")
    assert codes(ben.exchange.preview("share")) == ["E-SIZE"]
    assert not ada.exchange.verify("share").is_ok
    ada.push()
    assert ben.pull().is_clean


def test_what_is_written_is_read_back_unless_it_lies_on_a_disk_of_this_machine(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = team.peers[0]
    read: list[Path] = []
    real = medium.forget_cached

    def watched(path: Path) -> None:
        if path.parent.parent.name == "obj":
            read.append(path)
        real(path)

    monkeypatch.setattr(publish, "forget_cached", watched)
    table = Mount(folder="/", device="/dev/x", filesystem="ext4", is_read_only=False)
    for filesystem, is_far in (
        ("ext4", False), ("tmpfs", False), ("cifs", True), ("nfs4", True), ("vfat", True),
        ("sshfs", True), ("something new", True),
    ):  # fmt: skip
        mounted = replace(table, filesystem=filesystem)
        monkeypatch.setattr(medium, "mount_of", lambda _path, mounted=mounted: mounted)
        ada.add_remote(team.root / filesystem, filesystem)
        read.clear()
        assert ada.push(filesystem).is_clean
        assert bool(read) == is_far, filesystem
    monkeypatch.setattr(medium, "mount_of", lambda _path: table)
    monkeypatch.setattr(medium, "is_removable", lambda _mount: True)
    ada.add_remote(team.root / "usb", "usb")
    read.clear()
    ada.push("usb")
    assert read, "a stick can be formatted as a disk is"
    monkeypatch.setattr(medium, "mount_of", lambda _path: None)
    ada.add_remote(team.root / "unknown", "unknown")
    read.clear()
    ada.push("unknown")
    assert read, "where the system does not tell, it is read back"
