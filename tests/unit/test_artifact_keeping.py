# SPDX-License-Identifier: Apache-2.0
"""Keeping files: once, within limits, and a large one goes on where it was interrupted."""

import hashlib
import os
import signal
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strongroom as sr
from strongroom.domain import artifact as rules
from strongroom.domain.clock import SystemClock
from strongroom.domain.errors import Untrusted
from strongroom.journal.reader import read_run
from strongroom.sdk import keeping, large_file
from strongroom.services.artifacts import Artifacts
from strongroom.services.runs import open_runs
from strongroom.store.unfinished import unfinished_in
from support.journals import training
from support.runs_on_disk import random_bytes

LARGE = 96 << 20
SCRIPT = """
import os, time
import strongroom as sr
from strongroom.sdk import large_file
slow = large_file._write_all
def write(descriptor, piece, at):
    slow(descriptor, piece, at)
    time.sleep(0.003)
large_file._write_all = write
with sr.start_run("x") as run:
    print(run.run_id, flush=True)
    sr.log_artifact(os.environ["SOURCE"], "model")
"""


def large_source(folder: Path) -> Path:
    path = folder / "weights.bin"
    block = hashlib.sha256(b"seed").digest() * (1 << 15)
    with path.open("wb") as stream:
        for number in range(LARGE >> 20):
            stream.write(number.to_bytes(8, "big") + block[8:])
    return path


def killed_while_keeping(store: Path, source: Path) -> str:
    process = training(SCRIPT, store, SOURCE=str(source))
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        parts = [path for path in store.rglob("*.unfinished") if path.stat().st_size > 20 << 20]
        if parts:
            break
        time.sleep(0.005)
    assert parts, "nothing was begun"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return run_id


def test_a_large_file_goes_on_where_kill_9_interrupted_it(tmp_path: Path) -> None:
    store, source = tmp_path / "store", large_source(tmp_path)
    run_id = killed_while_keeping(store, source)
    (part,) = store.rglob("*.unfinished")
    (told,) = unfinished_in(part.parent.parent)
    assert (told.path, told.size_bytes) == ("model/weights.bin", LARGE)
    assert told.done_bytes == part.stat().st_size < LARGE
    written, real = [], large_file._write_all

    def counted(descriptor: int, piece: bytes, at: int) -> None:
        written.append(len(piece))
        real(descriptor, piece, at)

    before = part.stat()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_file, "_write_all", counted)
        with sr.start_run(run_id=run_id, store=store) as run:
            sr.log_artifact(source, "model")
    assert run.losses.counts == {}
    (kept,) = [each for each in read_run(run.folder).artifacts if each.path == "model/weights.bin"]
    final = run.folder / kept.container
    assert final.stat().st_ino == before.st_ino, "the bytes that were there were used"
    assert sum(written) <= LARGE - before.st_size + (1 << 20)
    assert hashlib.sha256(final.read_bytes()).hexdigest() == kept.sha256
    assert hashlib.sha256(source.read_bytes()).hexdigest() == kept.sha256
    assert sorted(path.name for path in final.parent.iterdir()) == [kept.sha256]


def test_what_was_left_of_another_content_is_never_part_of_the_new(tmp_path: Path) -> None:
    store, source = tmp_path / "store", large_source(tmp_path)
    run_id = killed_while_keeping(store, source)
    with source.open("r+b") as stream:
        stream.seek(5 << 20)
        stream.write(b"another")
    with sr.start_run(run_id=run_id, store=store) as run:
        sr.log_artifact(source, "model")
    (kept,) = [each for each in read_run(run.folder).artifacts if each.path == "model/weights.bin"]
    data = (run.folder / kept.container).read_bytes()
    assert data == source.read_bytes()
    assert hashlib.sha256(data).hexdigest() == kept.sha256


def test_the_list_of_artifacts_tells_what_is_unfinished(tmp_path: Path) -> None:
    store, source = tmp_path / "store", large_source(tmp_path)
    run_id = killed_while_keeping(store, source)
    runs = open_runs(store, SystemClock(), random_bytes)
    runs.refresh()
    (told,) = Artifacts(runs).unfinished(run_id)
    assert 0 < told.done_bytes < told.size_bytes == LARGE
    runs.catalog.close()
    note = next(store.rglob("*.wanted"))
    for hostile in (b"{", b"[]", b'{"path": "../x", "size": 1}', b"x" * 9_000):
        note.write_bytes(hostile)
        assert unfinished_in(note.parent.parent) == ()


def test_a_full_disk_keeps_no_unfinished_copy(tmp_path: Path, monkeypatch, caplog) -> None:
    source, real = large_source(tmp_path), large_file._write_all

    def full(descriptor: int, piece: bytes, at: int) -> None:
        if at > 8 << 20:
            raise OSError(28, "No space left on device")
        real(descriptor, piece, at)

    monkeypatch.setattr(large_file, "_write_all", full)
    with sr.start_run("x", store=tmp_path / "store") as run:
        sr.log_artifact(source)
        sr.log_metric("loss", 1.0)
    assert run.losses.counts == {"disk": 1}
    assert "the disk did not take it" in caplog.text
    assert list((run.folder / "obj").iterdir()) == []


def test_the_same_bytes_lie_in_a_run_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number}.bin").write_bytes(b"same" * 1_000)
    (folder / "other.bin").write_bytes(b"other")
    with sr.start_run("x", store=tmp_path / "store") as run:
        sr.log_artifact(folder)
        sr.log_text("other", "again.txt")
    (pack,) = run.folder.glob("*.pack")
    assert pack.stat().st_size == 16 + 4_000 + 5
    runs = open_runs(tmp_path / "store", SystemClock(), random_bytes)
    runs.refresh()
    Artifacts(runs).get(run.run_id, "", tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 202
    assert (tmp_path / "out" / "again.txt").read_bytes() == b"other"
    assert list(runs.verify()) == []
    runs.catalog.close()


def test_more_files_than_a_run_may_keep_are_counted_and_the_rest_is_kept(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(keeping, "MAX_FILES", 3)
    with sr.start_run("x", store=tmp_path / "store") as run:
        for number in range(5):
            sr.log_text("x", f"{number}.txt")
        sr.log_text("again", "0.txt")
    assert run.losses.counts == {"limit": 2}
    assert "too many files" in caplog.text


def test_a_path_is_a_file_or_a_folder_and_the_run_can_be_taken_out(tmp_path: Path, caplog) -> None:
    with sr.start_run("x", store=tmp_path / "store") as run:
        sr.log_text("1", "a/b/c.txt")
        sr.log_text("2", "A/b")
        sr.log_text("3", "a/b/c.txt/d.txt")
    assert run.losses.counts == {"path": 2}
    assert "a file of this run already" in caplog.text or "a folder of this run" in caplog.text
    assert [each.path for each in read_run(run.folder).artifacts] == ["a/b/c.txt"]


def test_a_pipe_holds_training_up_no_more_than_a_missing_file(tmp_path: Path, caplog) -> None:
    os.mkfifo(tmp_path / "pipe")
    with sr.start_run("x", store=tmp_path / "store") as run:
        sr.log_artifact(tmp_path / "pipe")
        sr.log_artifact(tmp_path / "nothing")
    assert run.losses.counts == {"missing": 2}
    assert "it is no plain file" in caplog.text


@given(st.text(alphabet="abCOMcon1.-_/$@=+ lptnux~", max_size=30))
def test_the_quick_look_at_a_path_never_says_more_than_the_slow_one(path: str) -> None:
    if rules._ORDINARY.fullmatch(path):
        for segment in path.split("/"):
            rules._check_segment(path, segment)


@pytest.mark.parametrize(
    "path", ["con", "a/CON.txt", "com1", "a/lpt9.x", "conin$", "a//b", "a/", ".git", "a.", "a/.."]
)
def test_the_quick_look_lets_no_forbidden_path_through(path: str) -> None:
    with pytest.raises(Untrusted):
        rules.check_path(path)
    assert rules._ORDINARY.fullmatch("a/console.txt")
    assert rules._ORDINARY.fullmatch("model/weights.safetensors")
