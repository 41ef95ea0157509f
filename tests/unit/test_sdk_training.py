# SPDX-License-Identifier: Apache-2.0
"""Logging as a training script sees it: it lands on the disk, and it never gets in the way."""

import hashlib
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import strongroom as sr
from strongroom.domain.errors import BadInput, EnvironmentFault
from strongroom.domain.run import RunStatus
from strongroom.journal.content import JournalContent
from strongroom.journal.reader import read_run
from strongroom.sdk.active_run import ActiveRun
from support.journals import only_run, trained, training
from support.no_internet import GUARDED


@pytest.fixture
def run(tmp_path: Path) -> Iterator[ActiveRun]:
    with sr.start_run("churn", name="first", store=tmp_path) as active:
        yield active


def _content(run: ActiveRun, path: str) -> bytes:
    (artifact,) = [found for found in read_run(run.folder).artifacts if found.path == path]
    with (run.folder / artifact.container).open("rb") as stream:
        stream.seek(artifact.offset)
        data = stream.read(artifact.size_bytes)
    assert hashlib.sha256(data).hexdigest() == artifact.sha256
    return data


def test_everything_logged_is_in_the_run_folder(tmp_path: Path) -> None:
    with sr.start_run("churn", name="first", store=tmp_path) as run:
        sr.log_params({"lr": 0.1, "layers": [1, 2], "name": "<b>x</b>", "none": None})
        sr.set_tags({"kept": "yes", "gone": "soon"})
        sr.set_tag("gone", None)
        sr.log_metric("loss", 0.5, 3)
        sr.log_metric("loss", np.float32(0.25), np.int64(4))
        sr.log_metrics({"a": 1, "b": math.inf}, step=9)
        sr.log_batch({"c": np.array([1.0, math.nan, -0.0])}, steps=[5, 6, 2**63 - 1])
        sr.log_note("looks good")
        sr.log_input(np.zeros((4, 2)), name="churn.csv")
    content = read_run(run.folder)
    assert content.header.experiment == "churn"
    assert content.header.name == "first"
    assert content.status is RunStatus.FINISHED
    assert content.params == {
        "lr": "0.1", "layers": "[1, 2]", "name": "<b>x</b>", "none": "None",
    }  # fmt: skip
    assert content.tags == {"kept": "yes"}
    assert content.metrics["loss"].values.tolist() == [0.5, 0.25]
    assert content.metrics["b"].values.tolist() == [math.inf]
    assert content.metrics["c"].steps.tolist() == [5, 6, 2**63 - 1]
    assert math.copysign(1, content.metrics["c"].values[2]) == -1
    assert content.notes == ("looks good",)
    assert content.inputs[0]["rows"] == "4"
    assert content.lost == {}
    assert content.findings == ()


def test_a_param_keeps_its_first_value_and_the_same_again_is_nothing(
    run: ActiveRun, caplog: pytest.LogCaptureFixture
) -> None:
    sr.log_param("lr", 0.1)
    sr.log_param("lr", 0.1)
    sr.log_param("lr", 0.2)
    assert run.losses.counts == {"param-changed": 1}
    assert read_run(run.folder).params == {"lr": "0.1"}
    assert "the first one stays" in caplog.text


def test_artifacts_small_and_big_come_back_whole(
    run: ActiveRun, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    big = os.urandom(3 << 20)
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "big.bin").write_bytes(big)
    (folder / "small.txt").write_bytes(b"")
    (folder / "link").symlink_to("/etc/passwd")
    sr.log_artifact(folder, "kept")
    sr.log_artifact(folder / "deep" / "big.bin")
    sr.log_text("grüße", "notes/a.txt")
    sr.log_dict({"a": [1, math.nan]}, "a.json")
    sr.log_table({"a": [1, 2], "b": ["x", "y,z"]}, "t.csv")
    sr.log_image(np.zeros((2, 3, 3), np.uint8), "i.png")
    sr.log_figure(b"<svg/>", "f.svg")
    sr.log_histogram(np.arange(10.0), "w/a", 3, bins=2)
    assert _content(run, "kept/deep/big.bin") == big
    assert _content(run, "big.bin") == big
    assert _content(run, "kept/small.txt") == b""
    assert _content(run, "notes/a.txt") == "grüße".encode()
    counted = json.loads(_content(run, "histograms/w/a/step_0000000003.json"))
    assert counted == {"counts": [5, 5], "edges": [0.0, 4.5, 9.0], "left_out": 0}
    assert json.loads(_content(run, "a.json")) == {"a": [1, "NaN"]}
    assert _content(run, "t.csv") == b'a,b\n1,x\n2,"y,z"\n'
    assert _content(run, "i.png").startswith(b"\x89PNG\r\n\x1a\n")
    assert _content(run, "f.svg") == b"<svg/>"
    assert run.losses.counts == {"path": 1}
    assert "link is a link or a device" in caplog.text
    assert not list(run.folder.rglob("*.tmp"))


def test_no_fault_reaches_training_and_each_is_counted(
    run: ActiveRun, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __float__(self) -> float:
            raise RuntimeError("the device is gone")

        def __str__(self) -> str:
            raise RuntimeError("not even a name")

    sr.log_metric("m", "0.5")  # type: ignore[arg-type]
    sr.log_metric("m", None)  # type: ignore[arg-type]
    sr.log_metric("m", Broken())
    sr.log_metric("m", 1.0, 2**63)
    sr.log_metric("m", 1.0, "x")  # type: ignore[arg-type]
    sr.log_metric("", 1.0)
    sr.log_metric(["unhashable"], 1.0)  # type: ignore[arg-type]
    sr.log_metric("\ud800", 1.0)
    sr.log_metrics(None)  # type: ignore[arg-type]
    sr.log_batch({"m": [1.0, "x"]})  # type: ignore[list-item]
    sr.log_batch({"m": [1.0]}, steps=[1, 2])
    sr.log_params(None)  # type: ignore[arg-type]
    sr.log_param("p", Broken())
    sr.log_param("p", "x" * (2 << 20))
    sr.set_tag("t", Broken())
    sr.log_artifact(tmp_path / "absent")
    sr.log_text("x", "../escape.txt")
    sr.log_text("x", "con/aux")
    sr.log_text(5, "x.txt")  # type: ignore[arg-type]
    sr.log_image("x", "x.png")
    sr.log_figure(5, "x.png")
    sr.log_histogram("abc", "h")
    sr.log_histogram([1.0], "h", "two")  # type: ignore[arg-type]
    sr.log_histogram([math.nan], "../h", bins=10**9)
    sr.log_table(5, "x.csv")
    sr.log_input(5)
    sr.log_model(5)
    sr.log_note(Broken())  # type: ignore[arg-type]
    sr.log_metric("good", 1.0)
    sr.end_run()
    sr.log_metric("late", 1.0)
    run.log_metric("late", 1.0)
    run.log_text("late", "late.txt")
    content = read_run(run.folder)
    assert list(content.metrics) == ["good"]
    assert content.artifacts == ()
    assert content.params == {}
    assert set(content.lost) <= {"type", "key", "size", "path", "missing", "internal"}
    assert sum(content.lost.values()) >= 24
    assert "no run is active" in caplog.text
    assert "the run has ended" in caplog.text


def test_each_cause_is_warned_about_once(run: ActiveRun, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(50):
        sr.log_metric("m", "x")  # type: ignore[arg-type]
    assert len(caplog.records) == 1
    assert "was not logged" in caplog.text


def test_strict_mode_raises_for_wrong_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRONGROOM_STRICT", "1")
    with sr.start_run(store=tmp_path):
        with pytest.raises(TypeError):
            sr.log_metric("m", "x")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            sr.log_text(5, "x.txt")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="path"):
            sr.log_text("x", "../x.txt")


def test_nested_runs_name_their_parent_and_environment_names_are_honoured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "from-env")
    monkeypatch.setenv("MLFLOW_RUN_ID", "cd" * 16)
    with sr.start_run(store=tmp_path) as outer, sr.start_run(store=tmp_path) as inner:
        assert sr.active_run() is inner
    assert outer.run_id == "cd" * 16
    assert read_run(inner.folder).header.parent == outer.run_id
    assert read_run(outer.folder).header.experiment == "from-env"
    assert sr.active_run() is None


def test_a_resumed_run_opens_a_new_file_and_its_end_is_the_runs_end(tmp_path: Path) -> None:
    run = sr.start_run(store=tmp_path)
    sr.log_metric("loss", 1.0, 0)
    sr.end_run("FAILED")
    assert read_run(run.folder).status is RunStatus.FAILED
    before = sorted(path.name for path in run.folder.glob("*.srj"))
    with sr.start_run(store=tmp_path, run_id=run.run_id):
        assert read_run(run.folder).status is RunStatus.RUNNING
        sr.log_metric("loss", 2.0, 1)
    content = read_run(run.folder)
    assert content.status is RunStatus.FINISHED
    assert content.metrics["loss"].values.tolist() == [1.0, 2.0]
    assert len(list(run.folder.glob("*.srj"))) == len(before) + 1


def test_a_store_that_cannot_be_written_is_said_with_advice(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(EnvironmentFault) as caught:
        sr.start_run(store=blocked)
    assert caught.value.code == "E-SHARE"
    assert "STRONGROOM_STORE" in caught.value.advice
    with pytest.raises(BadInput):
        sr.start_run(store=tmp_path, run_id="../../etc")


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("", RunStatus.FINISHED),
        ("raise ValueError('x')", RunStatus.FAILED),
        ("raise KeyboardInterrupt", RunStatus.KILLED),
        ("raise SystemExit(0)", RunStatus.FINISHED),
    ],
)
def test_the_end_of_the_process_ends_the_run(
    tmp_path: Path, ending: str, status: RunStatus
) -> None:
    process = training(f"import strongroom as sr\nsr.start_run()\n{ending}", tmp_path)
    process.communicate(timeout=30)
    assert read_run(only_run(tmp_path)).status is status


def test_sigterm_ends_the_run_as_killed(tmp_path: Path) -> None:
    script = "import strongroom as sr, time\nsr.start_run()\nprint(1, flush=True)\ntime.sleep(60)"
    process = training(script, tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM
    assert read_run(only_run(tmp_path)).status is RunStatus.KILLED


def test_where_a_run_comes_from_is_captured(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    script = tmp_path / "train.py"
    script.write_text("import strongroom as sr\nwith sr.start_run(): pass\n")
    subprocess.run([*git, "add", "train.py"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    store = tmp_path / "store"
    environ = {**os.environ, "PYTHONPATH": GUARDED, "STRONGROOM_STORE": str(store)}
    subprocess.run([sys.executable, str(script), "--lr", "1"], env=environ, check=True)
    source = read_run(only_run(store)).header.source
    assert source["commit"] == head.stdout.strip()
    assert source["dirty"] == "no"
    assert source["argv"] == "--lr 1"
    assert source["entry"] == str(script)


def test_importing_and_logging_need_the_standard_library_only(tmp_path: Path) -> None:
    script = """
import sys
import strongroom as sr
assert "strongroom.sdk" not in sys.modules
with sr.start_run():
    sr.log_metric("loss", 1.0)
    sr.log_text("x", "x.txt")
roots = {name.split(".")[0] for name in sys.modules}
print(sorted(roots - set(sys.stdlib_module_names) - {"__main__", "strongroom"}))
"""
    bare = trained("import sys; print(sorted({n.split('.')[0] for n in sys.modules}"
                   " - set(sys.stdlib_module_names) - {'__main__'}))", tmp_path)  # fmt: skip
    assert trained(script, tmp_path) == bare


def _summary(content: JournalContent) -> dict[str, int]:
    return {key: len(series) for key, series in content.metrics.items()}


def test_threads_may_log_into_one_run(tmp_path: Path) -> None:
    import threading

    with sr.start_run(store=tmp_path) as run:
        threads = [
            threading.Thread(
                target=lambda k=k: [run.log_metric(f"m{k % 2}", 1.0, i) for i in range(500)]
            )
            for k in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    content = read_run(run.folder)
    assert _summary(content) == {"m0": 1500, "m1": 1500}
    assert content.findings == ()
