# SPDX-License-Identifier: Apache-2.0
"""Runs whose process was killed: told, closed with a reason, resumed; by command and in Python."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import strongroom as sr
from strongroom.cli import root
from strongroom.domain.canonical import decode, encode
from strongroom.domain.clock import SystemClock
from strongroom.domain.errors import BadInput
from strongroom.domain.run import RunStatus
from strongroom.journal.reader import read_run
from strongroom.services.run_resuming import resume_words
from strongroom.services.runs import Runs, open_runs
from support.lost_runs import killed
from support.no_internet import GUARDED

Command = Callable[..., tuple[int, Any]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Types a command; returns its exit code and its one JSON document."""

    def typed(*words: str) -> tuple[int, Any]:
        code = root.run((*words, "--json"), lambda _arguments: 0)
        return code, json.loads(capsys.readouterr().out)

    return typed


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    opened = open_runs(tmp_path / "store", SystemClock(), os.urandom)
    yield opened
    opened.catalog.close()


def states(runs: Runs) -> dict[str, tuple[RunStatus, bool]]:
    runs.refresh()
    return {run.name: (run.status, run.is_lost) for run in runs.search().runs}


def test_killed_processes_are_lost_and_found_by_the_filter(runs: Runs, tmp_path: Path) -> None:
    store = tmp_path / "store"
    killed(store, "one", "two")
    with sr.start_run("churn", name="alive", store=store):
        assert states(runs) == {
            "one": (RunStatus.RUNNING, True),
            "two": (RunStatus.RUNNING, True),
            "alive": (RunStatus.RUNNING, False),
        }
        assert {run.name for run in runs.search("status = 'LOST'").runs} == {"one", "two"}
        assert [run.name for run in runs.search("status != 'LOST'").runs] == ["alive"]
        found = runs.search("status IN ('LOST', 'FAILED') AND metrics.loss < 0.06")
        assert {run.name for run in found.runs} == {"one", "two"}


def test_a_closed_run_ended_when_it_was_last_heard_of_and_keeps_the_reason(
    runs: Runs, tmp_path: Path
) -> None:
    killed(tmp_path / "store", "one")
    runs.refresh()
    died_us = time.time_ns() // 1000
    time.sleep(1.1)
    outcome = runs.closing.close(["one"], RunStatus.FAILED, "the node ran out of memory")
    assert len(outcome.done) == 1
    detail = runs.show("one")
    assert (detail.run.status, detail.run.is_lost, detail.run.is_sealed) == (
        RunStatus.FAILED, False, True,
    )  # fmt: skip
    assert detail.run.ended_us is not None
    assert detail.run.ended_us <= died_us
    assert detail.notes == ("Closed as failed: the node ran out of memory",)
    assert detail.run.metrics["loss"].count == 20


def test_many_are_closed_by_the_command_and_one_that_lives_stays(
    runs: Runs, tmp_path: Path, command: Command
) -> None:
    store = tmp_path / "store"
    killed(store, "one", "two", "three")
    with sr.start_run("churn", name="alive", store=store) as alive:
        here = ("--store", str(store))
        _, looked = command("runs", "close", "--filter", "status = 'LOST'", *here)
        assert looked["total"] == 3
        assert all(is_lost for name, (_, is_lost) in states(runs).items() if name != "alive")
        code, done = command(
            "runs", "close", "--filter", "status = 'LOST'", "--yes", "--reason", "power cut", *here
        )
        assert (code, len(done["runs"])) == (0, 3)
        code, refused = command("runs", "close", alive.run_id, *here)
        assert (code, refused["error"]["code"]) == (3, "E-LIVE")
    assert {name: status for name, (status, _) in states(runs).items()} == {
        "one": RunStatus.KILLED, "two": RunStatus.KILLED, "three": RunStatus.KILLED,
        "alive": RunStatus.FINISHED,
    }  # fmt: skip


def test_a_run_that_was_closed_comes_back_to_life_and_says_so(runs: Runs, tmp_path: Path) -> None:
    store = tmp_path / "store"
    killed(store, "one")
    runs.refresh()
    run_id = runs.search().runs[0].run_id
    runs.closing.close([run_id], RunStatus.KILLED)
    with sr.start_run(run_id=run_id, store=store) as resumed:
        resumed.log_metric("loss", 0.01, 20)
        assert states(runs)["one"] == (RunStatus.RUNNING, False)
    runs.refresh()
    detail = runs.show(run_id)
    assert detail.run.status is RunStatus.FINISHED
    assert detail.run.metrics["loss"].count == 21
    assert detail.notes[0] == "Closed as killed."
    assert detail.notes[1].startswith("Resumed on ")


def test_a_closing_that_is_not_sealed_yet_gives_way_to_a_process_that_resumes(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    killed(store, "one")
    runs.refresh()
    monkeypatch.setattr("strongroom.services.run_closing.seal", lambda *_: None)
    run_id = runs.search().runs[0].run_id
    runs.closing.close([run_id], RunStatus.KILLED)
    folder = runs.run_folder(run_id)
    assert read_run(folder).status is RunStatus.KILLED
    with sr.start_run(run_id=run_id, store=store):
        assert read_run(folder).status is RunStatus.RUNNING
    assert read_run(folder).status is RunStatus.FINISHED


def test_the_command_that_resumes_starts_the_same_script_again(
    runs: Runs, tmp_path: Path, command: Command
) -> None:
    store, project = tmp_path / "store", tmp_path / "my project"
    project.mkdir()
    script = project / "train it.py"
    script.write_text(
        "import sys, os, signal\nimport strongroom as sr\n"
        "run = sr.start_run('churn', name='one')\n"
        "sr.log_metric('loss', float(sys.argv[2]))\n"
        "if not run.is_resumed: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environ = {**os.environ, "STRONGROOM_STORE": str(store)}
    subprocess.run(
        [sys.executable, str(script), "--a b", "0.5"], env=environ, cwd=project, check=False
    )
    runs.refresh()
    words = resume_words(runs.show("one"), store)
    _, told = command("runs", "resume", "one", "--store", str(store))
    assert told["command"] == words.command
    plain = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-c", words.command], env=plain, check=True, cwd=tmp_path)
    runs.refresh()
    found = runs.show("one").run
    assert (found.status, found.metrics["loss"].count) == (RunStatus.FINISHED, 2)


def test_a_hostile_run_puts_no_command_of_its_own_into_the_words(
    runs: Runs, tmp_path: Path
) -> None:
    killed(tmp_path / "store", "one")
    runs.refresh()
    header = runs.run_folder("one") / "run.json"
    document = decode(header.read_bytes(), max_bytes=1 << 20)
    hit = tmp_path / "hit"
    cwd = tmp_path / f"a; touch {hit.name}"
    cwd.mkdir()
    argv = f"$(touch {hit}) `touch {hit}` ; touch {hit} 'a\"b"
    source = {"entry": f"x; touch {hit}", "argv": argv, "cwd": str(cwd)}
    del document["check"]  # who writes what he likes leaves it out, or counts it anew
    header.write_bytes(encode({**document, "source": source}))
    words = resume_words(runs.show("one"), tmp_path / "store")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "python").write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    (tools / "python").chmod(0o755)
    environ = {"PATH": f"{tools}:/usr/bin:/bin", "PYTHONPATH": GUARDED}
    said = subprocess.run(
        ["/bin/sh", "-c", words.command], env=environ, cwd=tmp_path, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert said.stdout.splitlines()[0] == f"x; touch {hit}"
    assert not hit.exists()
    assert not list(cwd.iterdir())
    source["entry"] = "/tmp/x\n/bin/evil\n"
    header.write_bytes(encode({**document, "source": source}))
    words = resume_words(runs.show("one"), tmp_path / "store")
    assert words.command == ""
    assert "terminal" in words.remark


def test_python_closes_runs_too(runs: Runs, tmp_path: Path) -> None:
    store = tmp_path / "store"
    killed(store, "one")
    assert len(sr.close_run("one", reason="by hand", store=store)) == 1
    assert states(runs)["one"] == (RunStatus.KILLED, False)
    with pytest.raises(BadInput, match="ended"):
        sr.close_run("one", store=store)
