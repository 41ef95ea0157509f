# SPDX-License-Identifier: Apache-2.0
"""A zip of a remote is pulled like the folder; a hostile one is refused whole (threats 4 and 5)."""

import hashlib
import io
import os
import resource
import shutil
import stat
import struct
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import BadInput, EnvironmentFault, StrongroomError, Untrusted
from strongroom.exchange.zip_entries import EntryReader, read_entries
from strongroom.exchange.zip_remote import ZipRemote
from support.peers import Team, codes


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose share holds churn/1, which Ben has not seen."""
    made = Team(tmp_path, has_model=True)
    made.peers[0].push()
    yield made
    made.close()


def pack(folder: Path, target: Path, *, top: str = "", method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target, "w", method) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{top}{path.relative_to(folder).as_posix()}")
    return target


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("top", ["", "share/"])
def test_a_zip_of_a_share_is_pulled_as_the_share_would_be(
    stocked: Team, top: str, method: int
) -> None:
    ada, ben = stocked.peers
    archive = pack(stocked.share, stocked.root / "share.zip", top=top, method=method)
    preview = ben.exchange.preview(str(archive))
    assert preview.pulled == ben.exchange.preview("share").pulled
    ben.exchange.add("mailed", archive)
    pulled = ben.pull("mailed")
    assert pulled.is_clean
    assert not pulled.waiting
    assert ben.digest == ada.digest
    assert ben.has_content()
    assert ben.problems() == []
    assert ben.pull("mailed").new.is_empty
    (synced,) = ben.exchange.sync("mailed")
    assert synced.is_clean, "what takes nothing is only pulled from"
    with pytest.raises(EnvironmentFault) as refusal:
        ben.push("mailed")
    assert refusal.value.code == "E-SHARE"
    status = ben.exchange.status("mailed")
    assert (status.is_reachable, status.is_writable) == (True, False)
    assert ben.exchange.verify("mailed", is_reading_data=True).is_ok


def test_a_zip_that_the_systems_own_program_packed_is_pulled_too(stocked: Team) -> None:
    if shutil.which("zip") is None:
        pytest.skip("there is no zip here (apt install zip)")
    ada, ben = stocked.peers
    subprocess.run(
        ["zip", "-q", "-r", "../mailed.zip", "."], check=True, cwd=stocked.share
    )  # fmt: skip
    assert ben.exchange.take(str(stocked.root / "mailed.zip")).is_clean
    assert ben.digest == ada.digest
    assert ben.has_content()


def test_what_other_programs_leave_in_a_zip_is_not_looked_at(stocked: Team) -> None:
    ada, ben = stocked.peers
    archive = pack(stocked.share, stocked.root / "share.zip", top="share/")
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("__MACOSX/share/._strongroom.json", b"x")
        more.writestr("share/.DS_Store", b"x")
        more.writestr("share/obj/readme.txt", b"x")
    assert ben.exchange.take(str(archive)).is_clean
    assert ben.digest == ada.digest


def test_a_damaged_entry_is_quarantined_and_the_rest_arrives(stocked: Team) -> None:
    ada, ben = stocked.peers
    archive = pack(stocked.share, stocked.root / "share.zip", method=zipfile.ZIP_STORED)
    victim = max(
        (path for path in (stocked.share / "obj").rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    data = bytearray(archive.read_bytes())
    at = data.index(victim.read_bytes())
    data[at + 7] ^= 1
    archive.write_bytes(data)
    pulled = ben.exchange.take(str(archive))
    assert codes(pulled) == ["E-HASH"]
    assert pulled.rejected[0].path == victim.relative_to(stocked.share).as_posix()
    (kept,) = ben.exchange.quarantined()
    assert 0 < kept.kept_bytes <= 1 << 20
    assert ben.digest == ada.digest, "the events are in"
    assert ben.pull("share").is_clean
    assert ben.has_content()


def test_a_zip_of_another_team_and_a_zip_of_none_are_refused(stocked: Team, tmp_path: Path) -> None:
    ben = stocked.peers[1]
    other = Team(tmp_path / "other", ("Eve",))
    other.peers[0].push()
    theirs = pack(other.share, tmp_path / "theirs.zip")
    other.close()
    with pytest.raises(Untrusted, match="E-TEAM"):
        ben.exchange.add("theirs", theirs)
    with pytest.raises(Untrusted, match="E-TEAM"):
        ben.exchange.take(str(theirs))
    holiday = tmp_path / "holiday.zip"
    with zipfile.ZipFile(holiday, "w") as archive:
        archive.writestr("beach.jpg", b"x")
    with pytest.raises(BadInput, match="E-REMOTE"):
        ben.exchange.take(str(holiday))
    text = tmp_path / "notes.txt"
    text.write_text("PK? no")
    with pytest.raises(Untrusted, match="E-FORMAT"):
        ben.exchange.add("notes", text)


# -------------------------------------------------------------------- threat 4: hostile zips


def entry(name: str, *, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def renamed(archive: Path, old: bytes, new: bytes) -> None:
    """Changes a name inside a ZIP to one that no packing program would write."""
    data = archive.read_bytes()
    before, between, after = data.rsplit(old, 2)  # beside its bytes, and in the directory
    archive.write_bytes(before + new + between + new + after)


FORBIDDEN = [
    "../strongroom-evil", "a/../../evil", "/etc/passwd", "C:/evil", "a:b", "..", "a/./b", "a//b",
    "con", "aux.txt", "tail.", "tail ", "obj/\x07bell", "back\\slash", "nul/x", "e\u0301vil",
    "x" * 201, ".git/config", "a?b", "a*b", "a|b",
]  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_4_zip_slip_and_every_other_forbidden_name_refuses_the_whole_zip(
    stocked: Team, name: str
) -> None:
    ben = stocked.peers[1]
    archive = pack(stocked.share, stocked.root / "share.zip")
    stand_in = "q" * len(name) if name.isascii() else name
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr(entry(stand_in), b"evil")
    if stand_in != name:
        renamed(archive, stand_in.encode(), name.encode())
    with pytest.raises(Untrusted) as refusal:
        ben.exchange.take(str(archive))
    assert refusal.value.code == "E-PATH"
    assert not ben.at.has_team() or ben.at.snapshot_or_empty().trust.latest is None
    assert not list(stocked.root.rglob("*evil*"))


def test_4_a_zero_byte_in_a_name_is_refused(stocked: Team) -> None:
    archive = pack(stocked.share, stocked.root / "share.zip")
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("qqqq", b"evil")
    renamed(archive, b"qqqq", b"a\0.b")
    with pytest.raises(Untrusted, match="E-PATH"):
        ZipRemote.open_existing(archive)


@pytest.mark.parametrize(
    "mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK]
)
def test_4_a_symlink_or_device_entry_is_refused(stocked: Team, mode: int) -> None:
    archive = pack(stocked.share, stocked.root / "share.zip")
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr(entry("trust/link.json", mode=mode), b"/etc/passwd")
    with pytest.raises(Untrusted, match="E-PATH"):
        ZipRemote.open_existing(archive)


@pytest.mark.parametrize(
    "twin",
    ["STRONGROOM.json", "strongroom.json/x", "obj", "trust"],
)
def test_7_names_that_are_one_on_a_careless_file_system_are_refused(
    stocked: Team, twin: str
) -> None:
    archive = pack(stocked.share, stocked.root / "share.zip")
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr(twin, b"{}")
    with pytest.raises(Untrusted, match="E-PATH"):
        ZipRemote.open_existing(archive)


def test_4_a_name_that_is_there_twice_is_refused(stocked: Team) -> None:
    archive = pack(stocked.share, stocked.root / "share.zip")
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("qqqqqqqqqqqqqqq", b"{}")
    renamed(archive, b"qqqqqqqqqqqqqqq", b"strongroom.json")
    with pytest.raises(Untrusted, match="E-PATH"):
        ZipRemote.open_existing(archive)


def test_an_encrypted_entry_and_an_unknown_packing_are_refused(tmp_path: Path) -> None:
    for number, method in enumerate((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)):
        archive = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(archive, "w", method) as packed:
            packed.writestr("strongroom.json", b"{}" * 100)
        with pytest.raises(Untrusted, match="E-FORMAT"):
            ZipRemote.open_existing(archive)
    archive = tmp_path / "locked.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("strongroom.json", b"{}")
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)
    with pytest.raises(Untrusted, match="E-FORMAT"):
        ZipRemote.open_existing(archive)


# -------------------------------------------------------------------- threat 5: bombs


def test_5_a_bomb_costs_neither_memory_nor_time(stocked: Team) -> None:
    ben = stocked.peers[1]
    archive = pack(stocked.share, stocked.root / "share.zip")
    digest = "ab" * 32
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as more:
        with more.open(f"obj/ab/{digest}", "w", force_zip64=True) as bomb:
            for _ in range(256):
                bomb.write(bytes(1 << 20))
        with more.open(f"trust/00000009.{'0' * 16}.json", "w") as bomb:
            for _ in range(64):
                bomb.write(bytes(1 << 20))
    start = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = ben.exchange.take(str(archive))
    assert codes(taken) == ["E-SIZE"], "a trust document of 64 MiB is refused before it is read"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10
    assert time.process_time() - start < 30
    assert ben.has_content()


def test_5_an_entry_that_claims_more_than_packing_can_hold_is_a_bomb(stocked: Team) -> None:
    archive = pack(stocked.share, stocked.root / "share.zip")
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as more:
        more.writestr("obj/junk", bytes(1 << 20))
    data = bytearray(archive.read_bytes())
    at = data.rindex(b"obj/junk") - 46
    struct.pack_into("<I", data, at + 24, 0xFFFF_FFF0)
    archive.write_bytes(data)
    with pytest.raises(Untrusted, match="E-BOMB"):
        ZipRemote.open_existing(archive)


def test_an_entry_gives_as_many_bytes_as_the_directory_said_and_not_one_more(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "long.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a", bytes(1 << 20))
    data = bytearray(archive.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, 1000)
    struct.pack_into("<I", data, data.index(b"PK\3\4") + 22, 1000)
    archive.write_bytes(data)
    reader = EntryReader(archive, read_entries(archive)["a"])
    assert len(b"".join(iter(reader.read, b""))) == 1000
    reader.close()


def test_5_a_directory_that_lists_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    archive = tmp_path / "many.zip"
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 0)
    end_64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**7, 10**7, 10**9, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, 100, 1)
    archive.write_bytes(bytes(100) + end_64 + locator + end)
    with pytest.raises(Untrusted) as refusal:
        ZipRemote.open_existing(archive)
    assert refusal.value.code == "E-SIZE"
    assert "10,000,000" in refusal.value.title


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_damage_of_a_zip_is_refused_or_harmless(
    small_zip: tuple[bytes, Callable[[], Path]], data: st.DataObject
) -> None:
    good, place = small_zip
    spoiled = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        spoiled[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(good))))
    path = place()
    path.write_bytes(spoiled[:cut])
    with suppress(StrongroomError):
        read_all(ZipRemote.open_existing(path))


def read_all(remote: ZipRemote) -> None:
    for file in remote.trust_files():
        remote.read_trust(file)
    for writer in remote.writers():
        for segment in remote.segments(writer):
            remote.read_segment(segment)
    for digest, size in remote.objects():
        with remote.open_object(digest) as source:
            pieces = b"".join(iter(source.read, b""))
        assert len(pieces) == size
        assert hashlib.sha256(pieces).hexdigest() == digest


@pytest.fixture
def small_zip(tmp_path: Path) -> tuple[bytes, Callable[[], Path]]:
    team = Team(tmp_path / "small", ("Ada",), has_model=True)
    team.peers[0].push()
    team.close()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(team.share.rglob("*")):
            if path.is_file() and path.stat().st_size < 10_000:
                archive.write(path, path.relative_to(team.share).as_posix())
    return held.getvalue(), lambda: tmp_path / f"spoiled-{os.urandom(4).hex()}.zip"
