# SPDX-License-Identifier: Apache-2.0
"""A published name shows its whole content or nothing, whatever the disk does."""

import errno
import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import EnvironmentFault, Refused, StrongroomError, Untrusted
from strongroom.store import publish as publishing
from strongroom.store.publish import (
    check_free_space,
    publish,
    publish_file,
    remove_leftovers,
)
from support.faulty_folder import OPERATIONS, Fault, RecordedDisk, failing
from support.no_internet import GUARDED

APP = Path(publishing.__file__).parents[2]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(publishing, "RETRY_PAUSES_S", (0.001,) * 6)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def object_name(data: bytes) -> str:
    return f"obj/{sha(data)[:2]}/{sha(data)}"


def finals(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def hidden(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob(".*"))


def test_bytes_are_visible_under_their_name_and_nothing_else_is_left(tmp_path):
    assert publish(tmp_path, "obj/ab/cd", b"weights", read_back=True) is True
    assert finals(tmp_path) == {"obj/ab/cd": b"weights"}
    assert hidden(tmp_path) == []


def test_publishing_the_same_bytes_again_changes_nothing(tmp_path):
    publish(tmp_path, "a", b"x")
    before = (tmp_path / "a").stat()
    assert publish(tmp_path, "a", b"x") is False
    after = (tmp_path / "a").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_damaged_file_steps_aside_and_is_kept(tmp_path):
    (tmp_path / "a").write_bytes(b"flipped")
    assert publish(tmp_path, "a", b"right") is True
    assert (tmp_path / "a").read_bytes() == b"right"
    assert (tmp_path / ".a.bad").read_bytes() == b"flipped"
    (tmp_path / "a").write_bytes(b"again")
    assert publish(tmp_path, "a", b"right") is True
    assert {(tmp_path / name).read_bytes() for name in hidden(tmp_path)} == {b"flipped", b"again"}


def test_what_is_written_once_is_never_replaced(tmp_path):
    publish(tmp_path, "strongroom.json", b"first", write_once=True)
    assert publish(tmp_path, "strongroom.json", b"first", write_once=True) is False
    with pytest.raises(Refused) as caught:
        publish(tmp_path, "strongroom.json", b"other", write_once=True)
    assert caught.value.code == "E-CONFLICT"
    assert finals(tmp_path) == {"strongroom.json": b"first"}
    assert hidden(tmp_path) == []


def test_a_link_planted_under_the_final_name_is_moved_aside_and_not_followed(tmp_path):
    root, victim = tmp_path / "repo", tmp_path / "victim"
    root.mkdir()
    victim.write_bytes(b"untouched")
    (root / "a").symlink_to(victim)
    assert publish(root, "a", b"ours") is True
    assert victim.read_bytes() == b"untouched"
    assert not (root / "a").is_symlink()
    assert (root / "a").read_bytes() == b"ours"


def test_a_pipe_planted_under_the_final_name_does_not_hang_the_push(tmp_path):
    os.mkfifo(tmp_path / "a")
    assert publish(tmp_path, "a", b"ours") is True
    assert (tmp_path / "a").read_bytes() == b"ours"


def test_a_link_planted_among_the_folders_is_refused(tmp_path):
    root, outside = tmp_path / "repo", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "obj").symlink_to(outside)
    with pytest.raises(Untrusted) as caught:
        publish(root, "obj/ab/cd", b"x")
    assert caught.value.code == "E-PATH"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        ".",
        "..",
        "../a",
        "a/../../b",
        "/etc/passwd",
        "a//b",
        "a/",
        "C:/x",
        "a\\b",
        "\\\\host\\share",
        "a\0b",
        "a\nb",
        "Ab",
        "ä",
        "a b",
        ".hidden",
        "a/.tmp",
        "a.",
        "x" * 101,
        "/".join(["abcdefghi"] * 20),
        "a:b",
        "con\x00",
        "a\u202eb",
        "a*",
    ],
)
def test_a_name_that_is_not_ours_is_refused_before_anything_is_touched(tmp_path, name):
    with pytest.raises(Untrusted) as caught:
        publish(tmp_path, name, b"x")
    assert caught.value.code == "E-PATH"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("held", "promised_size"), [(b"longer than said", 4), (b"abc", 4), (b"other", 5)]
)
def test_a_source_that_is_not_what_was_promised_is_never_published(tmp_path, held, promised_size):
    with pytest.raises(Untrusted) as caught:
        publish_file(tmp_path, "a", io.BytesIO(held), promised_size, sha(b"right"))
    assert caught.value.code == "E-HASH"
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_copy_leaves_nothing_behind(tmp_path):
    class StopError(Exception): ...

    class Impatient:
        def step(self, done, total, what=""):
            raise StopError

    with pytest.raises(StopError):
        publish_file(tmp_path, "a", io.BytesIO(b"x"), 1, sha(b"x"), progress=Impatient())
    assert list(tmp_path.iterdir()) == []


def test_a_share_that_is_gone_is_said_so(tmp_path):
    with pytest.raises(EnvironmentFault) as caught:
        publish(tmp_path / "gone", "obj/a", b"x")
    assert caught.value.code == "E-SHARE"
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "ESTALE"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_fails_the_final_is_absent_or_whole_and_a_repeat_heals(
    tmp_path, operation, error, after
):
    contents = [bytes([number]) * 3000 for number in range(3)]
    for nth in range(1, 8):
        root = tmp_path / str(nth)
        root.mkdir()
        acknowledged = []
        with failing(Fault(operation, getattr(errno, error), nth=nth, after=after)):
            for data in contents:
                try:
                    publish(root, object_name(data), data, read_back=True)
                    acknowledged.append(data)
                except StrongroomError as fault:
                    assert fault.code in {"E-SHARE", "E-FULL"}  # noqa: PT017 - either way is right
        there = finals(root)
        assert all(sha(data) == Path(name).name for name, data in there.items())
        assert all(object_name(data) in there for data in acknowledged)
        for data in contents:
            publish(root, object_name(data), data)
        assert finals(root) == {object_name(data): data for data in contents}


def test_12_a_full_disk_is_said_and_leaves_no_temporary_file(tmp_path):
    with (
        failing(Fault("write", errno.ENOSPC, nth=1, after=False, times=99)),
        pytest.raises(EnvironmentFault) as caught,
    ):
        publish(tmp_path, "a", b"x" * 100)
    assert caught.value.code == "E-FULL"
    assert caught.value.advice
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_links_gets_a_rename_and_still_never_loses_other_bytes(tmp_path):
    for error in (errno.EPERM, errno.ENOTSUP, errno.EIO, errno.ENOSYS):
        root = tmp_path / str(error)
        root.mkdir()
        with failing(Fault("link", error, nth=1, after=False, times=99)):
            assert publish(root, "a", b"one") is True
            assert publish(root, "a", b"one") is False
            assert publish(root, "a", b"two") is True
        assert (root / "a").read_bytes() == b"two"
        assert (root / ".a.bad").read_bytes() == b"one"


@pytest.mark.parametrize("error", [errno.ENOENT, errno.ESTALE, errno.EIO])
def test_a_rename_that_happened_though_it_was_reported_failed_counts(tmp_path, error):
    no_links = Fault("link", errno.EPERM, nth=1, after=False, times=99)
    with failing(no_links), failing(Fault("rename", error, nth=1, after=True)):
        assert publish(tmp_path, "a", b"x") is True
    assert finals(tmp_path) == {"a": b"x"}


def test_the_names_of_new_folders_are_made_durable_too(tmp_path):
    disk = RecordedDisk(tmp_path)
    with disk.recording():
        publish(tmp_path, "log/ab/writer/x", b"x")
    synced = [entry[1] for entry in disk.log if entry[0] == "fsync"]
    assert {".", "log", "log/ab", "log/ab/writer"} <= set(synced)


def test_a_repeat_after_a_crash_makes_durable_what_the_first_attempt_did_not(tmp_path):
    (tmp_path / "a").write_bytes(b"x")  # renamed, then the writer was killed
    disk = RecordedDisk(tmp_path)
    with disk.recording():
        assert publish(tmp_path, "a", b"x") is False
    assert disk.log == [("fsync", "a"), ("fsync", ".")]


@pytest.mark.parametrize("error", [errno.EACCES, errno.EBUSY])
def test_a_reader_or_virus_scanner_that_holds_the_name_is_waited_for(tmp_path, error):
    fault = Fault("rename", error, nth=1, after=False, times=4)
    with failing(Fault("link", errno.EPERM, nth=1, after=False, times=99)), failing(fault):
        assert publish(tmp_path, "a", b"x") is True
    assert fault.calls == 5
    assert finals(tmp_path) == {"a": b"x"}


@pytest.mark.parametrize("number", [5, 32, 33])
def test_48_a_sharing_violation_of_windows_is_waited_for(tmp_path, monkeypatch, number):
    refusals = iter([number] * 3)
    real = os.link

    class WindowsError(OSError):
        winerror = number

    def refusing(*args, **kwargs):
        if next(refusals, None):
            raise WindowsError(errno.EDEADLK, "held")
        real(*args, **kwargs)

    monkeypatch.setattr(os, "link", refusing)
    assert publish(tmp_path, "a", b"x") is True
    assert finals(tmp_path) == {"a": b"x"}


def test_a_medium_that_does_not_keep_what_was_written_is_found_by_reading_back(
    tmp_path, monkeypatch
):
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, b"\0" * len(data)))
    with pytest.raises(EnvironmentFault) as caught:
        publish(tmp_path, "a", b"weights", read_back=True)
    assert caught.value.code == "E-SHARE"
    assert list(tmp_path.iterdir()) == []


def test_short_writes_are_continued(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:7]))
    publish(tmp_path, "a", b"0123456789" * 10)
    assert (tmp_path / "a").read_bytes() == b"0123456789" * 10


@pytest.mark.parametrize("links", [True, False], ids=["links", "renames"])
def test_after_a_power_cut_at_any_point_what_was_acknowledged_is_there_and_whole(tmp_path, links):
    contents = {f"obj/{n}/x": bytes([65 + n]) * 700 for n in range(3)}
    disk = RecordedDisk(tmp_path)
    with disk.recording(links=links):
        for name, data in contents.items():
            publish(tmp_path, name, data)
            disk.mark(name)
    states = 0
    for line in range(len(disk.log) + 1):
        acknowledged = {entry[1] for entry in disk.log[:line] if entry[0] == "mark"}
        for variant in RecordedDisk.VARIANTS:
            files = disk.after_cut(line, variant)
            states += 1
            for name, data in contents.items():
                if name in acknowledged:
                    assert files.get(name) == data, (line, variant)
                elif variant != "vfat":  # there a new name is empty for a moment: refused by hash
                    assert files.get(name, data) == data, (line, variant)
                else:
                    assert files.get(name, data) in {data, b""}
    assert states > 100


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    contents=st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    cut=st.floats(0, 1),
    variant=st.sampled_from(RecordedDisk.VARIANTS),
    links=st.booleans(),
)
def test_from_any_state_after_a_cut_a_repeat_reaches_the_new_state(
    tmp_path_factory, contents, cut, variant, links
):
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    disk = RecordedDisk(first)
    with disk.recording(links=links):
        for data in contents:
            publish(first, object_name(data), data)
    for name, data in disk.after_cut(round(cut * len(disk.log)), variant).items():
        (second / name).parent.mkdir(parents=True, exist_ok=True)
        (second / name).write_bytes(data)
    for data in contents:
        publish(second, object_name(data), data)
    assert finals(second) == {object_name(data): data for data in contents}


PUBLISH_FOREVER = """
import sys, os, hashlib
from pathlib import Path
from strongroom.store.publish import publish
while True:
    data = os.urandom(300_000)
    name = hashlib.sha256(data).hexdigest()
    publish(Path(sys.argv[1]), name, data)
    print(name, flush=True)
"""


def test_kill_9_at_random_moments_leaves_only_whole_finals(tmp_path):
    dice = random.Random(7)
    environment = os.environ | {"PYTHONPATH": GUARDED}
    for _ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", PUBLISH_FOREVER, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip()]
        time.sleep(dice.random() * 0.1)
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        said += [line for line in rest.split("\n") if len(line) == 64]
        assert all(sha((tmp_path / name).read_bytes()) == name for name in said)
    assert all(sha(data) == name for name, data in finals(tmp_path).items())


PUBLISH_THE_SAME = """
import sys, hashlib
from pathlib import Path
from strongroom.store.publish import publish
for number in range(100):
    data = b"%d" % number * 1000
    name = hashlib.sha256(data).hexdigest()
    publish(Path(sys.argv[1]), f"obj/{name[:2]}/{name}", data, read_back=True)
"""


def test_10_eight_processes_may_push_the_same_objects_into_one_folder(tmp_path):
    environment = os.environ | {"PYTHONPATH": GUARDED}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", PUBLISH_THE_SAME, str(tmp_path)],
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(8)
    ]
    results = [(writer.communicate()[1], writer.returncode) for writer in writers]
    assert results == [("", 0)] * 8
    there = finals(tmp_path)
    assert len(there) == 100
    assert all(sha(data) == Path(name).name for name, data in there.items())
    assert hidden(tmp_path) == []


FILL = """
import resource, sys, hashlib
from pathlib import Path
from strongroom.domain.errors import EnvironmentFault
from strongroom.store.publish import publish
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
root = Path(sys.argv[1])
publish(root, "small", b"x" * 50_000)
try:
    publish(root, "large", b"x" * 200_000)
except EnvironmentFault as fault:
    print(fault.code)
"""


def test_a_limit_on_file_sizes_is_said_and_leaves_the_rest_intact(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": GUARDED},
    )
    assert done.stdout == "E-FULL\n"
    assert finals(tmp_path) == {"small": b"x" * 50_000}
    assert hidden(tmp_path) == []


def test_a_push_that_cannot_fit_is_refused_before_it_begins(tmp_path):
    check_free_space(tmp_path, 1)
    with pytest.raises(EnvironmentFault) as caught:
        check_free_space(tmp_path, 1 << 60)
    assert caught.value.code == "E-FULL"


def test_leftovers_are_removed_by_their_own_writer_after_a_week_only(tmp_path):
    now = time.time()
    mine = publishing._fresh_temporary(tmp_path / "abc", os.urandom)
    young = publishing._fresh_temporary(tmp_path / "abc", os.urandom)
    foreign_mark = f"{int(publishing._own_mark(), 16) ^ 1:04x}0000"
    foreign = tmp_path / f".abc.1.{foreign_mark}.tmp"
    unknown = tmp_path / ".something.tmp"
    for path in (mine, young, foreign, unknown):
        path.write_bytes(b"half")
    for path in (mine, foreign, unknown):
        os.utime(path, (now - 8 * 86400,) * 2)
    assert remove_leftovers(tmp_path, round(now * 1_000_000)) == 1
    assert {path.name for path in tmp_path.iterdir()} == {young.name, foreign.name, unknown.name}
