# SPDX-License-Identifier: Apache-2.0
"""Another program joins a run by its environment variables: real processes, one run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import strongroom as sr
from strongroom.domain.run import RunStatus
from strongroom.journal.reader import read_run
from strongroom.sdk.active_run import ActiveRun
from support.no_internet import GUARDED

PROGRAM = """
import strongroom as sr
with sr.start_run() as run:
    sr.log_metric("score", 0.75, 3)
    sr.log_metrics({"loss": 0.5, "extra": 1.0}, 4)
    sr.log_param("program", "evaluate")
    sr.log_text("told", "report.txt")
    print(run.run_id, run.is_resumed, run.leads, run.experiment)
"""


def _environ(run: ActiveRun) -> dict[str, str]:
    plain = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": GUARDED, "HOME": str(run.store)}
    return plain | run.environ()


def _ran(run: ActiveRun, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        env=_environ(run), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_program_that_is_given_the_variables_logs_into_the_run_and_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the store is named whole, wherever the program runs
    with sr.start_run("churn", store="store", capture=False) as run:
        run.log_metrics({"loss": 0.9}, 0)
        done = _ran(run, "-c", PROGRAM)
        assert done.stderr == ""  # it was asked in: nobody is warned that two are at it
        assert done.stdout.split() == [run.run_id, "True", "False", "churn"]
        failed = _ran(run, "-c", PROGRAM + "    raise SystemExit(3)\n")
        assert failed.returncode == 3
        assert read_run(run.folder).status is RunStatus.RUNNING
        run.log_metrics({"loss": 0.1}, 9)
    content = read_run(run.folder)
    assert content.status is RunStatus.FINISHED
    assert content.findings == ()
    assert sorted(content.metrics["loss"].values.tolist()) == [0.1, 0.5, 0.5, 0.9]
    assert content.metrics["score"].steps.tolist() == [3, 3]
    assert content.params == {"program": "evaluate"}
    assert {each.path for each in content.artifacts} == {"report.txt"}
    assert sum(each.is_primary for each in content.writers) == 1
    assert len(list((tmp_path / "store" / "runs").glob("*/*"))) == 1
    assert "STRONGROOM_RUN_ID" not in os.environ  # the variables are handed out, not set


def test_a_shell_script_joins_by_the_same_variables(tmp_path: Path) -> None:
    with sr.start_run("churn", store=tmp_path, capture=False) as run:
        for arguments in (("metric", "accuracy", "0.875", "--step", "7"), ("tag", "by", "make")):
            done = _ran(run, "-m", "strongroom", "log", *arguments)
            assert (done.returncode, done.stderr) == (0, "")
    content = read_run(run.folder)
    assert content.metrics["accuracy"].values.tolist() == [0.875]
    assert content.tags == {"by": "make"}
    assert content.status is RunStatus.FINISHED


def test_without_the_invitation_the_second_one_is_told(tmp_path: Path) -> None:
    with sr.start_run("churn", store=tmp_path, capture=False) as run:
        environ = _environ(run)
        del environ["STRONGROOM_JOINS"]
        done = subprocess.run(
            [sys.executable, "-c", "import strongroom as sr; sr.start_run().end()"],
            env=environ, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert f"is being logged by process {os.getpid()} already" in done.stderr
