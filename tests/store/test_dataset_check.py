# SPDX-License-Identifier: Apache-2.0
"""Is the data still the same: real files logged by a script, then moved, edited, taken away."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import strongroom as sr
from strongroom.cli.root import run as run_command
from strongroom.domain.clock import SystemClock
from strongroom.domain.dataset_check import DataVerdict
from strongroom.domain.errors import BadInput, Cancelled
from strongroom.journal.layout import Kind
from strongroom.journal.writer import JournalWriter
from strongroom.sdk import inputs
from strongroom.services.artifacts import Artifacts
from strongroom.services.datasets import Datasets
from strongroom.services.runs import Runs, open_runs
from support.runs_on_disk import random_bytes, run_id, write_run

ROWS = "age,pay\n" + "".join(f"{n},{n * 10}\n" for n in range(50))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "train.csv").write_text(ROWS)
    return folder


def logged(store: Path, *inputs: object, **facts: str) -> str:
    with sr.start_run("churn", store=store) as run:
        for each in inputs:
            sr.log_input(each, **facts)
    assert run.losses.counts == {}
    return run.run_id


@pytest.fixture
def opened(tmp_path: Path):
    stores: list[Runs] = []

    def open_(host: str | None = None) -> Datasets:
        runs = open_runs(tmp_path / "store", SystemClock(), random_bytes)
        runs.refresh()
        stores.append(runs)
        return Datasets(runs, host)

    yield open_
    for runs in stores:
        runs.catalog.close()


def test_untouched_data_is_the_same_and_every_byte_was_read(tmp_path, data, opened) -> None:
    run = logged(tmp_path / "store", data / "train.csv", data)
    (file, folder) = opened().check(run)
    assert (file.verdict, folder.verdict) == (DataVerdict.SAME, DataVerdict.SAME)
    assert f"All {len(ROWS):,} bytes" in file.sentence
    assert file.digest == hashlib.sha256(ROWS.encode()).hexdigest()


def test_a_changed_file_tells_bytes_rows_and_columns(tmp_path, data, opened) -> None:
    path = data / "train.csv"
    folder = write_run(tmp_path / "store", 1)
    schema = [{"name": "age", "type": "int"}, {"name": "pay", "type": "int"}]
    writer = JournalWriter(folder, folder.name, random_bytes=random_bytes, clock=SystemClock())
    writer.record(
        Kind.INPUT,
        {
            "name": "train.csv", "context": "training", "source": str(path),
            "source_type": "local", "digest": hashlib.sha256(ROWS.encode()).hexdigest(),
            "rows": "50", "size": str(len(ROWS)), "schema": json.dumps(schema),
        },
    )  # fmt: skip
    writer.close("FINISHED")
    asked = opened()
    assert asked.check(run_id(1))[0].verdict is DataVerdict.SAME
    path.write_text("age,wage\n1,2\n3,4\n")
    (found,) = asked.check(run_id(1))
    assert found.verdict is DataVerdict.CHANGED
    assert found.is_bad
    assert {each.what: (each.before, each.now) for each in found.changes} == {
        "bytes": (f"{len(ROWS):,}", "17"),
        "rows": ("50", "2"),
        "columns": ("pay", "wage"),
    }


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_of_another_type_is_told(tmp_path, data, opened, kind) -> None:
    path = data / f"train.{kind}"
    write_table(path, {"age": [1, 2, 3], "pay": [1.5, 2.5, 3.5]})
    with sr.start_run("churn", name="typed", store=tmp_path / "store") as run:
        run.log_input(path)
        run.log_input(path, name="bare", context="test", profile=False)
    asked = opened()
    assert {each.verdict for each in asked.check("typed")} == {DataVerdict.SAME}
    write_table(path, {"age": ["one", "two", "three"], "pay": [1.5, 2.5, 3.5]})
    typed, bare = asked.check("typed")
    (told,) = [each for each in typed.changes if each.what.startswith("type")]
    assert told.what == "type of age"
    assert told.before != told.now
    assert not [each for each in bare.changes if each.what.startswith("type")], "nobody looked"


def write_table(path: Path, columns: dict[str, list[object]]) -> None:
    table = pa.table(columns)
    (pq.write_table if path.suffix == ".parquet" else pa_csv.write_csv)(table, path)


def test_one_changed_bit_of_a_parquet_file_is_seen_though_rows_and_size_are_the_same(
    tmp_path, data, opened
) -> None:
    path = data / "train.parquet"
    pq.write_table(pa.table({"x": list(range(1000))}), path)
    run = logged(tmp_path / "store", path)
    held = bytearray(path.read_bytes())
    held[100] ^= 1
    path.write_bytes(bytes(held))
    (found,) = opened().check(run)
    assert found.verdict is DataVerdict.CHANGED
    assert "bytes" not in {each.what for each in found.changes}


def test_data_that_was_taken_away_is_gone_and_found_again_where_it_lies_now(
    tmp_path, data, opened
) -> None:
    run = logged(tmp_path / "store", data / "train.csv")
    moved = tmp_path / "elsewhere.csv"
    shutil.move(data / "train.csv", moved)
    (found,) = opened().check(run)
    assert found.verdict is DataVerdict.GONE
    assert "any more" in found.sentence
    (again,) = opened().check(run, at=moved)
    assert again.verdict is DataVerdict.SAME


def test_what_another_machine_read_is_not_called_gone(tmp_path, data, opened) -> None:
    run = logged(tmp_path / "store", data / "train.csv")
    shutil.rmtree(data)
    (found,) = opened(host="reviewer-pc").check(run)
    assert found.verdict is DataVerdict.UNKNOWN
    assert "nothing lies at" in found.sentence


@pytest.mark.parametrize(
    ("given", "facts", "why"),
    [
        (np.zeros(3), {"name": "x"}, "in memory"),
        (None, {"name": "x"}, "no digest"),
        (None, {"name": "x", "digest": "v12"}, "by hand"),
        (None, {"name": "x", "digest": "a" * 64}, "did not say where"),
        (None, {"name": "x", "digest": "a" * 64, "source": "s3://bucket/x"}, "nothing is fetched"),
    ],
)
def test_what_cannot_be_compared_is_never_a_yes_or_a_no(
    tmp_path, opened, given, facts, why
) -> None:
    run = logged(tmp_path / "store", given, **facts)
    (found,) = opened().check(run)
    assert found.verdict is DataVerdict.UNKNOWN
    assert why in found.sentence


def test_a_digest_of_another_kind_given_by_hand_is_made_anew(tmp_path, data, opened) -> None:
    path = data / "train.csv"
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    run = logged(tmp_path / "store", path, digest=md5)
    (found,) = opened().check(run)
    assert found.verdict is DataVerdict.SAME
    path.write_text("x")
    (found,) = opened().check(run)
    assert found.verdict is DataVerdict.CHANGED


def test_a_pipe_in_the_place_of_data_holds_nobody_up(tmp_path, data, opened) -> None:
    run = logged(tmp_path / "store", data / "train.csv")
    (data / "train.csv").unlink()
    os.mkfifo(data / "train.csv")
    (found,) = opened().check(run)
    assert found.verdict is DataVerdict.UNKNOWN
    assert "cannot be read" in found.sentence


def test_a_network_place_in_a_strangers_run_is_not_visited(tmp_path, opened) -> None:
    run = logged(
        tmp_path / "store", None, name="x", digest="a" * 64, source="\\\\evil.example\\share\\x"
    )
    (found,) = opened(host="reviewer-pc").check(run)
    assert found.verdict is DataVerdict.UNKNOWN
    assert "not visited" in found.sentence


def test_a_check_can_be_cancelled_between_two_pieces(tmp_path, data, opened) -> None:
    run = logged(tmp_path / "store", data / "train.csv")

    class Stop:
        def step(self, done: int, total: int, what: str = "") -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        opened().check(run, progress=Stop())


def test_a_place_is_read_once_however_many_runs_used_it(tmp_path, data, opened) -> None:
    ids = [logged(tmp_path / "store", data / "train.csv") for _ in range(3)]
    seen = []

    class Count:
        def step(self, done: int, total: int, what: str = "") -> None:
            seen.append(done)

    found = opened().check_many(ids, Count())
    assert [each.verdict for _, (each,) in found] == [DataVerdict.SAME] * 3
    assert seen == [len(ROWS)]


def test_runs_that_used_the_same_data_know_each_other(tmp_path, data, opened) -> None:
    first = logged(tmp_path / "store", data / "train.csv")
    shutil.copy(data / "train.csv", tmp_path / "copy.csv")
    second = logged(tmp_path / "store", tmp_path / "copy.csv")
    (data / "train.csv").write_text("other")
    logged(tmp_path / "store", data / "train.csv")
    (use,) = opened().uses(first)
    assert ([run.run_id for run in use.runs], use.total) == ([second], 1)
    with pytest.raises(BadInput, match="no dataset y"):
        opened().check(first, name="y")


def test_a_snapshot_of_small_data_is_kept_with_the_run_and_named_when_it_changed(
    tmp_path, data, opened
) -> None:
    with sr.start_run("churn", store=tmp_path / "store") as run:
        sr.log_input(data / "train.csv", snapshot=True)
        sr.log_input(data, name="all", snapshot=True)
    asked = opened()
    runs = asked._runs
    assert [each.path for each in runs.show(run.run_id).artifacts] == [
        "datasets/data/train.csv",
        "datasets/train.csv",
    ]
    (data / "train.csv").write_text("other")
    found = asked.check(run.run_id)
    assert [each.snapshot for each in found] == ["datasets/train.csv", "datasets/data"]
    kept = Artifacts(runs).read(run.run_id, found[0].snapshot)
    assert kept == ROWS.encode()


def test_a_snapshot_beyond_its_bound_is_counted_and_the_input_logged(
    tmp_path, data, opened, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(inputs, "MAX_SNAPSHOT_BYTES", 10)
    with sr.start_run("churn", store=tmp_path / "store") as run:
        sr.log_input(data / "train.csv", snapshot=True)
        sr.log_input(np.zeros(3), name="x", snapshot=True)
    assert run.losses.counts == {"limit": 1, "type": 1}
    assert "where a copy may have 10" in caplog.text
    shown = opened()._runs.show(run.run_id)
    assert [each.get("snapshot", "") for each in shown.inputs] == ["", ""]
    assert shown.artifacts == ()


# ---------------------------------------------------------------- ids of other tools


def version(store: Path, path: Path) -> str:
    with sr.start_run("churn", store=store) as run:
        sr.log_input(path)
    runs = open_runs(store, SystemClock(), random_bytes)
    runs.refresh()
    try:
        return runs.show(run.run_id).inputs[0].get("version", "")
    finally:
        runs.catalog.close()


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@x", *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_a_dvc_file_beside_the_data_names_its_version_and_an_edit_is_marked(tmp_path, data) -> None:
    md5 = hashlib.md5(ROWS.encode()).hexdigest()
    (data / "train.csv.dvc").write_text(
        f"outs:\n- md5: {md5}\n  size: {len(ROWS)}\n  hash: md5\n  path: train.csv\n"
    )
    assert version(tmp_path / "store", data / "train.csv") == f"dvc:md5:{md5}"
    (data / "train.csv").write_text("edited")
    assert version(tmp_path / "store", data / "train.csv") == f"dvc:md5:{md5}+changed"


def test_data_that_dvc_can_bring_back_is_told_so(tmp_path, data, opened) -> None:
    md5 = hashlib.md5(ROWS.encode()).hexdigest()
    (data / "train.csv.dvc").write_text(f"outs:\n- md5: {md5}\n  hash: md5\n  path: train.csv\n")
    run = logged(tmp_path / "store", data / "train.csv")
    (data / "train.csv").unlink()
    (found,) = opened().check(run)
    assert found.verdict is DataVerdict.GONE
    assert "dvc still names this version" in found.sentence


def test_a_file_that_git_tracks_has_its_blob_and_an_edit_is_marked(tmp_path, data) -> None:
    git(data, "init", "-q")
    git(data, "add", "train.csv")
    blob = git(data, "hash-object", "train.csv")
    assert version(tmp_path / "store", data / "train.csv") == f"git:{blob}"
    (data / "train.csv").write_text("edited")
    assert version(tmp_path / "store", data / "train.csv") == f"git:{blob}+changed"
    (data / "new.csv").write_text("unknown to git")
    assert version(tmp_path / "store", data / "new.csv") == ""


def test_a_pointer_of_git_lfs_names_the_content_it_stands_for(tmp_path, data) -> None:
    oid = hashlib.sha256(ROWS.encode()).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(ROWS)}\n"
    (data / "pointer.csv").write_text(pointer)
    assert version(tmp_path / "store", data / "pointer.csv") == f"git-lfs:sha256:{oid}"
    git(data, "init", "-q")
    (data / "train.csv").write_text(pointer)  # as the filter stores it
    git(data, "add", "train.csv")
    (data / "train.csv").write_text(ROWS)  # as it is checked out
    assert version(tmp_path / "store", data / "train.csv") == f"git-lfs:sha256:{oid}"


def test_delta_and_lakefs_name_their_versions(tmp_path, data, opened) -> None:
    log = data / "table" / "_delta_log"
    log.mkdir(parents=True)
    for number in (0, 9, 10):
        (log / f"{number:020d}.json").write_text("{}")
    assert version(tmp_path / "store", data / "table") == "delta:10"
    lake = data / "lake"
    lake.mkdir()
    (lake / ".lakefs_ref.yaml").write_text("src: lakefs://repo/main/x\nat_head: c0ffee\n")
    (lake / "a.csv").write_text("a")
    assert version(tmp_path / "store", lake / "a.csv") == "lakefs:repo@c0ffee"
    with sr.start_run("churn", store=tmp_path / "store") as run:
        sr.log_input(name="x", source="lakefs://repo/c0ffee/x", digest="1")
    assert opened()._runs.show(run.run_id).inputs[0]["version"] == "lakefs:repo@c0ffee"


@pytest.mark.parametrize(
    "note",
    [
        b"outs:\n- md5: " + b"a" * 500 + b"\n  path: train.csv\n",
        b"\xff\xfe\x00outs:",
        b"outs:\n" * 20_000,
        b"- md5: d41d8cd98f00b204e9800998ecf8427e\n  path: train.csv\n",
    ],
)
def test_a_hostile_note_of_a_tool_says_nothing(tmp_path, data, note) -> None:
    (data / "train.csv.dvc").write_bytes(note)
    assert version(tmp_path / "store", data / "train.csv") == ""


# ---------------------------------------------------------------- the command line


def test_the_command_exits_1_when_data_changed_and_says_what(tmp_path, data, capsys) -> None:
    store = tmp_path / "store"
    run = logged(store, data / "train.csv")
    assert run_command(["dataset", "check", run, "--store", str(store)], _no_window) == 0
    assert "same. All" in capsys.readouterr().out
    (data / "train.csv").write_text("age,pay\n")
    arguments = ["dataset", "check", run, "--json", "--store", str(store)]
    assert run_command(arguments, _no_window) == 1
    (told,) = json.loads(capsys.readouterr().out)["datasets"]
    assert told["verdict"] == "changed"
    assert {"what": "bytes", "before": f"{len(ROWS):,}", "now": "8"} in told["changes"]
    assert run_command(["dataset", "runs", run, "--store", str(store)], _no_window) == 0
    assert "No other run" in capsys.readouterr().out
    assert run_command(["dataset", "list", run, "--store", str(store)], _no_window) == 0
    assert "train.csv" in capsys.readouterr().out


def _no_window(_arguments: list[str]) -> int:
    raise AssertionError("no window was asked for")
