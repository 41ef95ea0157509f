# SPDX-License-Identifier: Apache-2.0
"""The writer under kill -9, forks, several processes and full disks: real processes, real files."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from strongroom.domain.run import RunStatus
from strongroom.journal.layout import Kind
from strongroom.journal.reader import read_run
from support.journals import journal_writer, only_run, run_folder, trained, training

ENDLESS = """
import sys, strongroom as sr
sr.start_run("kill")
step = 0
while True:
    sr.log_metric("loss", step * 0.5, step)
    sys.stdout.write(f"{step}\\n"); sys.stdout.flush()
    step += 1
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kill_9_takes_no_point_whose_call_returned(tmp_path: Path, seed: int) -> None:
    process = training(ENDLESS, tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(random.Random(seed).uniform(0.01, 0.15))
    os.kill(process.pid, signal.SIGKILL)
    told = process.communicate(timeout=20)[0].splitlines()
    complete = [int(line) for line in told[:-1]]
    content = read_run(only_run(tmp_path))
    steps = content.metrics["loss"].steps.tolist()
    assert steps == list(range(len(steps)))
    assert len(steps) > max(complete, default=0)
    assert content.findings == ()
    assert content.status is RunStatus.RUNNING


def test_a_forked_child_writes_into_a_file_of_its_own(tmp_path: Path) -> None:
    script = """
import os, strongroom as sr
with sr.start_run("fork") as run:
    sr.log_metric("who", 0.0, 0)
    child = os.fork()
    if child == 0:
        sr.log_metric("who", 1.0, 1)
        sr.log_text("from the child", "child.txt")
        os._exit(0)
    os.waitpid(child, 0)
    silent = os.fork()
    if silent == 0:
        os._exit(0)
    os.waitpid(silent, 0)
    sr.log_metric("who", 2.0, 2)
    sr.log_text("from the parent", "parent.txt")
"""
    trained(script, tmp_path)
    content = read_run(only_run(tmp_path))
    assert sorted(content.metrics["who"].steps.tolist()) == [0, 1, 2]
    assert len(content.writers) == 2
    assert {artifact.path for artifact in content.artifacts} == {"child.txt", "parent.txt"}
    assert content.status is RunStatus.FINISHED
    assert content.findings == ()


def test_two_processes_write_into_one_run(tmp_path: Path) -> None:
    script = """
import os, time, strongroom as sr
with sr.start_run("ranks"):
    for step in range(2000):
        sr.log_metric("loss", float(os.environ["RANK"]), step)
    time.sleep(0.3)
"""
    ranks = [training(script, tmp_path, STRONGROOM_RUN_ID="ab" * 16, RANK=str(r)) for r in (0, 1)]
    for rank in ranks:
        assert rank.wait(timeout=30) == 0
        rank.communicate()
    content = read_run(only_run(tmp_path))
    assert len(content.metrics["loss"]) == 4000
    assert len(content.writers) == 2
    assert sum(writer.is_primary for writer in content.writers) == 1
    assert content.status is RunStatus.FINISHED
    assert content.findings == ()


def test_a_full_disk_leaves_only_whole_points_and_training_goes_on(tmp_path: Path) -> None:
    script = """
import resource, strongroom as sr
run = sr.start_run("full")
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
for step in range(500):
    sr.log_metric("loss", 1.0, step)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
sr.log_metric("loss", 2.0, 500)
sr.end_run()
print(run.losses.counts["disk"])
"""
    lost = int(trained(script, tmp_path))
    content = read_run(only_run(tmp_path))
    assert content.findings == ()
    assert content.lost == {"disk": lost}
    assert len(content.metrics["loss"]) == 501 - lost
    assert content.metrics["loss"].values[-1] == 2.0


def test_a_batch_that_does_not_fit_keeps_whole_points_only(tmp_path: Path) -> None:
    script = """
import resource, strongroom as sr
sr.start_run("full")
resource.setrlimit(resource.RLIMIT_FSIZE, (5001, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sr.log_batch({"loss": [1.0] * 10_000})
"""
    trained(script, tmp_path)
    folder = only_run(tmp_path)
    content = read_run(folder)
    assert content.findings == ()
    assert 0 < len(content.metrics["loss"]) < 10_000
    assert content.metrics["loss"].steps.tolist() == list(range(len(content.metrics["loss"])))


def test_a_broken_descriptor_means_a_new_file_and_no_lost_point(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    writer.metric("loss", 1.0, 0)
    os.close(writer._fd)  # what a share that went away looks like from here
    writer.metric("loss", 2.0, 1)
    writer.close("FINISHED")
    content = read_run(folder)
    assert content.metrics["loss"].steps.tolist() == [0, 1]
    assert len(content.writers) == 2


def test_a_store_edits_a_run_in_a_file_of_its_own(tmp_path: Path) -> None:
    from strongroom.journal.writer import JournalWriter

    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    writer.record(Kind.TAG, {"key": "colour", "value": "red"})
    writer.close("FINISHED")
    for value in ("blue", "green"):
        edit = JournalWriter(
            folder, writer.run_id, random_bytes=os.urandom, prefix="edit", label="5707e000"
        )
        edit.record(Kind.TAG, {"key": "colour", "value": value})
        edit.record(Kind.STATUS, {"status": "DELETED", "time": 1})
        edit.close()
    content = read_run(folder)
    assert content.tags == {"colour": "green"}
    assert content.is_deleted
    assert content.status is RunStatus.FINISHED
    assert sorted(path.name for path in folder.glob("edit-*")) == [
        "edit-5707e000-2.srj",
        "edit-5707e000.srj",
    ]
