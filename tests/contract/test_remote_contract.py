# SPDX-License-Identifier: Apache-2.0
"""What every remote promises, on the disk below and on a real exFAT stick."""

import hashlib
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from strongroom.domain import canonical
from strongroom.domain.errors import BadInput, EnvironmentFault, Untrusted
from strongroom.exchange.remote import DESCRIPTION, FolderRemote, Remote
from strongroom.store.segments import gap_free_head
from support.no_internet import GUARDED
from support.shares import exfat_stick, remount, small_disk

TEAM = "7e" * 32
WRITER = "ab" * 32
NOW = 1_763_870_400_123_456


@pytest.fixture(params=["disk", "exfat"])
def folder(request, tmp_path):
    if request.param == "disk":
        yield tmp_path
        return
    with exfat_stick(tmp_path) as stick:
        (stick.folder / "repo").mkdir()
        yield stick.folder / "repo"


@pytest.fixture
def remote(folder) -> Remote:
    return FolderRemote.create(folder, team=TEAM, now_us=NOW)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put_object(remote: Remote, data: bytes) -> str:
    remote.put_object(sha(data), io.BytesIO(data), len(data))
    return sha(data)


def read_object(remote: Remote, sha256: str) -> bytes:
    pieces = []
    with remote.open_object(sha256) as reader:
        while piece := reader.read():
            pieces.append(piece)
    return b"".join(pieces)


def test_a_remote_says_whose_it_is_in_canonical_json(remote, folder):
    assert (folder / DESCRIPTION).read_bytes() == (
        b'{"created":"2025-11-23T04:00:00.123456Z","format":1,"part_size":1073741824,"team":"'
        + TEAM.encode()
        + b'"}'
    )
    again = FolderRemote.open_existing(folder)
    assert again.team == TEAM
    assert again.description.created_us == NOW
    assert again.location == str(folder)
    assert again.is_writable


def test_everything_pushed_is_pulled_as_it_was(remote, folder):
    remote.put_trust(1, b"trust")
    remote.put_segment(WRITER, 1, [b"e1", b"e2"])
    remote.put_segment(WRITER, 3, [b"e3"])
    manifest = remote.put_manifest(b"manifest")
    large = os.urandom(3_000_001)
    weights = put_object(remote, large)
    other = FolderRemote.open_existing(folder)
    assert [other.read_trust(file) for file in other.trust_files()] == [b"trust"]
    assert other.writers() == [WRITER]
    files = other.segments(WRITER)
    assert [line for file in files for line in other.read_segment(file)] == [b"e1", b"e2", b"e3"]
    assert gap_free_head(files) == 3
    assert other.read_manifest(manifest) == b"manifest"
    assert read_object(other, weights) == large
    assert list(other.objects()) == [(weights, len(large))]
    assert list(other.manifests()) == [(manifest, 8)]


def test_a_repeated_push_changes_nothing(remote, folder):
    def picture():
        return {
            str(path): (path.stat().st_size, path.stat().st_mtime_ns)
            for path in folder.rglob("*")
            if path.is_file()
        }

    def push():
        remote.put_trust(1, b"t")
        remote.put_segment(WRITER, 1, [b"e"])
        remote.put_manifest(b"m")
        put_object(remote, b"o")

    push()
    before = picture()
    push()
    assert picture() == before
    assert len(before) == 5


def test_a_damaged_object_is_refused_and_healed_by_the_next_push(remote, folder):
    weights = put_object(remote, b"weights")
    (folder / f"obj/{weights[:2]}/{weights}").write_bytes(b"wEights")
    with pytest.raises(Untrusted) as caught:
        read_object(remote, weights)
    assert caught.value.code == "E-HASH"
    put_object(remote, b"weights")
    assert read_object(remote, weights) == b"weights"


def test_names_are_such_that_a_careless_file_system_cannot_mix_them_up(remote, folder):
    for number in range(50):
        put_object(remote, b"%d" % number)
    remote.put_trust(1, b"t")
    remote.put_segment(WRITER, 1, [b"e"])
    names = [path.name for path in folder.rglob("*")]
    assert all(set(name) <= set("0123456789abcdefghijklmnopqrstuvwxyz.-") for name in names)
    assert len(list(remote.objects())) == 50


def test_an_existing_remote_is_opened_and_not_made_again(remote, folder):
    before = (folder / DESCRIPTION).read_bytes()
    same = FolderRemote.open_or_create(folder, team="00" * 32, now_us=NOW + 5)
    assert same.team == TEAM
    assert (folder / DESCRIPTION).read_bytes() == before
    with pytest.raises(BadInput):
        FolderRemote.create(folder, team=TEAM, now_us=NOW)


def refusal_to_open(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        FolderRemote.open_or_create(path, team=TEAM, now_us=NOW)
    assert caught.value.code == "E-REMOTE"
    assert caught.value.exit_code == 2
    assert caught.value.advice
    return caught.value


def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    refusal_to_open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"7",
        b"{}",
        b'{"format":1}',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"format":2,"team":"x"}',
        b'{"format":1,"format":1}',
        b'{"format":[]}',
        canonical.encode(
            {
                "created": "2025-11-23T04:00:00.123456Z",
                "format": 1,
                "part_size": 1 << 32,
                "team": TEAM,
            }
        ),
        canonical.encode(
            {"created": "2025-11-23T04:00:00.123456Z", "format": 1, "part_size": True, "team": TEAM}
        ),
        canonical.encode(
            {"created": "2025-11-23T04:00:00.123456Z", "format": 1, "part_size": 5, "team": "../x"}
        ),
        canonical.encode(
            {"created": "2025-11-23T04:00:00.123456Z", "format": 1, "part_size": 5, "team": 7}
        ),
        canonical.encode({"created": "yesterday", "format": 1, "part_size": 5, "team": TEAM}),
        canonical.encode({"created": 5, "format": 1, "part_size": 5, "team": TEAM}),
        b" " * 5000,
    ],
)
def test_a_description_that_is_not_ours_is_refused(tmp_path, data):
    (tmp_path / DESCRIPTION).write_bytes(data)
    refusal_to_open(tmp_path)
    assert (tmp_path / DESCRIPTION).read_bytes() == data


def test_a_description_that_is_a_link_or_a_folder_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / DESCRIPTION).symlink_to("/etc/passwd")
    refusal_to_open(tmp_path / "a")
    (tmp_path / "b" / DESCRIPTION).mkdir(parents=True)
    refusal_to_open(tmp_path / "b")


def test_a_file_is_not_a_remote(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    refusal_to_open(tmp_path / "file")


def test_a_description_that_a_power_cut_left_empty_is_written_again(tmp_path):
    (tmp_path / DESCRIPTION).write_bytes(b"")
    (tmp_path / ".strongroom.json.12.abcd1234.tmp").write_bytes(b"half")
    assert FolderRemote.open_or_create(tmp_path, team=TEAM, now_us=NOW).team == TEAM


def test_a_missing_folder_is_a_share_that_is_gone_and_is_not_made(tmp_path):
    for call in (
        FolderRemote.open_existing,
        lambda path: FolderRemote.open_or_create(path, team=TEAM, now_us=NOW),
    ):
        with pytest.raises(EnvironmentFault) as caught:
            call(tmp_path / "gone")
        assert caught.value.code == "E-SHARE"
    assert list(tmp_path.iterdir()) == []


def test_a_write_protected_stick_can_be_pulled_from_and_says_why_it_takes_nothing(tmp_path):
    with small_disk(tmp_path / "stick", 4 << 20) as folder:
        remote = FolderRemote.create(folder, team=TEAM, now_us=NOW)
        weights = put_object(remote, b"weights")
        remount(folder, "ro")
        remote = FolderRemote.open_existing(folder)
        assert not remote.is_writable
        assert read_object(remote, weights) == b"weights"
        assert put_object(remote, b"weights") == weights  # the same bytes are there: nothing to do
        with pytest.raises(EnvironmentFault) as caught:
            put_object(remote, b"new")
        assert caught.value.code == "E-SHARE"
        assert "write-protected" in caught.value.title


def test_a_full_stick_keeps_what_it_has_and_takes_the_rest_after_room_was_made(tmp_path):
    with small_disk(tmp_path / "stick", 2 << 20) as folder:
        remote = FolderRemote.create(folder, team=TEAM, now_us=NOW)
        ballast = folder.parent / "stick" / "ballast"
        ballast.write_bytes(b"x" * 1_000_000)
        small, large = b"s" * 200_000, b"l" * 1_200_000
        put_object(remote, small)
        with pytest.raises(EnvironmentFault) as caught:
            remote.check_free_space(len(large))
        assert caught.value.code == "E-FULL"
        with pytest.raises(EnvironmentFault) as caught:
            put_object(remote, large)
        assert caught.value.code == "E-FULL"
        assert not list(folder.rglob(".*"))
        assert list(remote.objects()) == [(sha(small), len(small))]
        ballast.unlink()
        put_object(remote, large)
        assert read_object(remote, sha(large)) == large


def test_nothing_is_written_into_the_empty_folder_a_pulled_stick_leaves(tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    remote = FolderRemote.create(stick, team=TEAM, now_us=NOW)
    stick.rename(tmp_path / "pulled out")
    stick.mkdir()
    for put in (lambda: put_object(remote, b"data"), lambda: remote.put_manifest(b"{}")):
        with pytest.raises(EnvironmentFault) as caught:
            put()
        assert caught.value.code == "E-SHARE"
    assert list(stick.iterdir()) == []


PUSH_FOREVER = """
import hashlib, io, os, sys
from pathlib import Path
from strongroom.domain.errors import EnvironmentFault
from strongroom.exchange.remote import FolderRemote
remote = FolderRemote.open_existing(Path(sys.argv[1]))
while True:
    data = os.urandom(200_000)
    name = hashlib.sha256(data).hexdigest()
    try:
        remote.put_object(name, io.BytesIO(data), len(data))
    except EnvironmentFault as fault:
        print(fault.code, flush=True)
        break
    print(name, flush=True)
"""


def test_a_stick_pulled_out_while_it_is_written_holds_only_whole_objects(tmp_path):
    with exfat_stick(tmp_path) as stick:
        FolderRemote.create(stick.folder, team=TEAM, now_us=NOW)
        for pause in (0.0, 0.037, 0.101):
            writer = subprocess.Popen(
                [sys.executable, "-c", PUSH_FOREVER, str(stick.folder)],
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"PYTHONPATH": GUARDED},
            )
            assert writer.stdout is not None
            said = [writer.stdout.readline().strip()]
            time.sleep(pause)
            stick.pull_out()
            try:
                said += writer.communicate(timeout=20)[0].split()
            finally:
                writer.kill()
                writer.communicate()
            assert said.pop() == "E-SHARE"
            stick.put_in()
            remote = FolderRemote.open_existing(stick.folder)
            there = [name for name, _ in remote.objects()]
            assert said
            assert set(said) <= set(there)
            assert all(sha(read_object(remote, name)) == name for name in there)
        stick.take_out()
        assert stick.is_sound()
