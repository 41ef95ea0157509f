# SPDX-License-Identifier: Apache-2.0
"""How runs end with their processes: codes, signals, forks, workers, and processes handed a run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.domain.run import RunStatus
from strongroom.journal.content import JournalContent
from strongroom.journal.reader import read_run
from support.journals import only_run, trained, training
from support.no_internet import GUARDED

RUN = "ab" * 16


def _ended(script: str, store: Path, **environ: str) -> tuple[JournalContent, int]:
    process = training(script, store, **environ)
    process.communicate(timeout=60)
    return read_run(only_run(store)), process.returncode


@pytest.mark.parametrize(
    ("leaving", "status", "code"),
    [
        ("sys.exit(3)", RunStatus.FAILED, 3),
        ("sys.exit('no data')", RunStatus.FAILED, 1),
        ("sys.exit(143)", RunStatus.KILLED, 143),
        ("sys.exit()", RunStatus.FINISHED, 0),
        ("os._exit(1)", RunStatus.RUNNING, 1),
    ],
)
def test_the_exit_code_says_how_a_run_ended(
    tmp_path: Path, leaving: str, status: RunStatus, code: int
) -> None:
    script = f"import os, sys, strongroom as sr\nsr.start_run()\nsr.log_metric('a', 1)\n{leaving}"
    content, returned = _ended(script, tmp_path)
    assert (content.status, returned) == (status, code)
    assert content.metrics["a"].values.tolist() == [1.0]
    assert content.findings == ()


def test_a_hangup_ends_the_run_as_killed_and_a_handler_of_others_stays_theirs(
    tmp_path: Path,
) -> None:
    script = """
import os, signal, strongroom as sr
signal.signal(signal.SIGTERM, lambda *_: print("theirs", flush=True))
sr.start_run()
os.kill(os.getpid(), signal.SIGTERM)
os.kill(os.getpid(), signal.SIGHUP)
"""
    process = training(script, tmp_path)
    out, _ = process.communicate(timeout=30)
    assert out == "theirs\n"
    assert process.returncode == -signal.SIGHUP
    assert read_run(only_run(tmp_path)).status is RunStatus.KILLED


def test_workers_end_their_part_and_the_run_is_ended_by_its_leader(tmp_path: Path) -> None:
    script = """
import multiprocessing, strongroom as sr
def work(number):
    sr.log_metric("part", number, number)
if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    with sr.start_run() as run:
        workers = [fork.Process(target=work, args=(each,)) for each in range(3)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0, 0]
        sr.log_metric("whole", 1.0)
"""
    content, code = _ended(script, tmp_path)
    assert code == 0
    assert sorted(content.metrics["part"].values.tolist()) == [0.0, 1.0, 2.0]
    assert len(content.writers) == 4
    assert all(writer.ended for writer in content.writers)
    assert content.status is RunStatus.FINISHED
    assert content.lost == {}


def test_a_run_handed_to_spawned_processes_is_joined_by_them(tmp_path: Path) -> None:
    program = tmp_path / "spawn.py"
    program.write_text(
        """
import multiprocessing, os, sys, strongroom as sr
def work(run, number):
    run.log_metric("direct", number, number)
    sr.log_metric("fluent", number, number)   # the run that was handed over is the active one
    if number == 2:
        sys.exit(5)
if __name__ == "__main__":
    spawn = multiprocessing.get_context("spawn")
    with sr.start_run() as run:
        workers = [spawn.Process(target=work, args=(run, each)) for each in range(3)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0, 5]
        import pickle
        assert pickle.loads(pickle.dumps(run)) is run
""",
        encoding="utf-8",
    )
    store = tmp_path / "store"
    environ = {**os.environ, "PYTHONPATH": GUARDED, "STRONGROOM_STORE": str(store)}
    subprocess.run([sys.executable, str(program)], env=environ, check=True, timeout=60)
    content = read_run(only_run(store))
    for key in ("direct", "fluent"):
        assert sorted(content.metrics[key].values.tolist()) == [0.0, 1.0, 2.0]
    assert content.status is RunStatus.FINISHED
    assert sum(writer.is_primary for writer in content.writers) == 1
    assert len(content.writers) == 4


RANKED = """
import os, sys, time, strongroom as sr
time.sleep(float(os.environ.get("LATE", "0")))
with sr.start_run("ranks") as run:
    print("in", flush=True)
    sr.log_metric("loss", float(os.environ["RANK"]))
    sys.stdin.readline()
"""


def test_rank_0_ends_the_run_though_another_one_came_first(tmp_path: Path) -> None:
    def rank(number: int) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", RANKED],
            env={
                "PYTHONPATH": GUARDED, "STRONGROOM_CAPTURE": "none", "RANK": str(number),
                "STRONGROOM_STORE": str(tmp_path),
                "WORLD_SIZE": "3", "LOCAL_RANK": str(number), "HOME": str(tmp_path),
                "STRONGROOM_RUN_ID": "job", "TORCHELASTIC_RUN_ID": "run-77",
            },
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        return process

    ranks = {number: rank(number) for number in (2, 0, 1)}
    for number in (2, 1):  # they leave first, well: the run goes on
        ranks[number].communicate("\n", timeout=30)
    halfway = read_run(only_run(tmp_path))
    assert halfway.status is RunStatus.RUNNING
    ranks[0].send_signal(signal.SIGTERM)
    ranks[0].communicate(timeout=30)
    content = read_run(only_run(tmp_path))
    assert content.status is RunStatus.KILLED
    assert {each.process.rank: each.status for each in content.writers if each.process} == {
        2: RunStatus.FINISHED, 1: RunStatus.FINISHED, 0: RunStatus.KILLED,
    }  # fmt: skip
    assert all(each.process and each.process.world == 3 for each in content.writers)


def test_a_job_that_is_started_twice_is_told(tmp_path: Path) -> None:
    script = """
import sys, strongroom as sr
sr.start_run(); print("in", flush=True); sys.stdin.readline()
"""
    environ = {
        "PYTHONPATH": GUARDED,
        "STRONGROOM_CAPTURE": "none",
        "STRONGROOM_STORE": str(tmp_path),
        "STRONGROOM_RUN_ID": RUN,
    }
    first = subprocess.Popen(
        [sys.executable, "-c", script], env=environ, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert first.stdout is not None
    first.stdout.readline()
    second = subprocess.run(
        [sys.executable, "-c", script], env=environ, input="\n", text=True,
        capture_output=True, timeout=30, check=True,
    )  # fmt: skip
    assert f"is being logged by process {first.pid} already" in second.stderr
    first.communicate("\n", timeout=30)
    content = read_run(only_run(tmp_path))
    assert len(content.writers) == 2
    assert [writer.is_primary for writer in content.writers] == [True, False]


def test_a_script_may_change_its_folder_while_it_logs(tmp_path: Path) -> None:
    script = """
import os, strongroom as sr
with sr.start_run(store="here") as run:
    os.makedirs("there"); os.chdir("there")
    sr.log_text("x", "x.txt")
    if os.fork() == 0:
        sr.log_metric("child", 1.0)
        os._exit(0)
    os.wait()
"""
    subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=30,
        env={"PYTHONPATH": GUARDED, "STRONGROOM_CAPTURE": "none", "HOME": str(tmp_path)},
    )  # fmt: skip
    content = read_run(only_run(tmp_path / "here"))
    assert content.metrics["child"].values.tolist() == [1.0]
    assert [each.path for each in content.artifacts] == ["x.txt"]
    assert content.lost == {}


def test_a_retried_script_is_one_run_with_each_thing_counted_once(tmp_path: Path) -> None:
    script = """
import os, sys, strongroom as sr
with sr.start_run("retried") as run:
    print(run.is_resumed)
    sr.log_params({"lr": 0.1, "layers": [1, 2]})
    sr.set_tag("kind", "trial")
    sr.log_input({"a": [1, 2, 3]}, name="numbers")
    sr.log_text("same", "notes.txt")
    sr.log_metric("loss", 0.5, 1, time_us=1)
    if os.environ.get("DIES"):
        os._exit(1)
"""
    first = training(script, tmp_path, STRONGROOM_RUN_ID=RUN, DIES="1")
    first.communicate(timeout=30)
    assert trained(script, tmp_path, STRONGROOM_RUN_ID=RUN) == "True\n"
    content = read_run(only_run(tmp_path))
    assert content.params == {"lr": "0.1", "layers": "[1, 2]"}
    assert content.tags == {"kind": "trial"}
    assert [each["name"] for each in content.inputs] == ["numbers"]
    assert [each.path for each in content.artifacts] == ["notes.txt"]
    assert content.metrics["loss"].steps.tolist() == [1, 1]  # what was logged twice is there twice
    assert content.status is RunStatus.FINISHED
    assert content.lost == {}
