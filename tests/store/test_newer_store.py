# SPDX-License-Identifier: Apache-2.0
"""What a newer Strongroom wrote is read, said so in plain words, and never written to (D7)."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from strongroom.domain import canonical
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import StrongroomError
from strongroom.domain.run import RunStatus
from strongroom.journal.layout import HEADER_BYTES, Header, pack_header, unpack_header
from strongroom.services.runs import Runs, open_runs
from support.runs_on_disk import START_US, random_bytes, run_id, write_run
from support.store_examples import STORE_FORMATS, copy_store

SENTENCE = "A newer Strongroom wrote this store (format 2); it is only read here"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of tomorrow with a finished run that nobody has sealed and one that is sealed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "store"
    write_run(root, 1, params={"lr": 0.1}, metrics={"acc": [0.5, 0.9]}, artifacts={"a.txt": b"a"})
    runs = open_runs(root, FixedClock(START_US), random_bytes)
    runs.refresh()
    runs.catalog.close()
    write_run(root, 2, params={"lr": 0.2}, metrics={"acc": [0.7]})
    for path in root.glob("catalog.sqlite3*"):
        path.unlink()
    document = json.loads((root / "store.json").read_bytes())
    document["format"] = 2
    (root / "store.json").write_bytes(canonical.encode({**document, "shards": ["runs"]}))
    return root


def everything(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Returns each name below a folder with its time, its mode and its bytes."""
    return {
        str(path.relative_to(root)): (
            path.lstat().st_mtime_ns, path.lstat().st_mode,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in (root, *sorted(root.rglob("*")))
    }  # fmt: skip


def open_(store: Path) -> Runs:
    return open_runs(store, FixedClock(START_US), random_bytes)


def test_a_store_of_tomorrow_is_read_and_nothing_in_it_changes(store: Path) -> None:
    before = everything(store)
    runs = open_(store)
    runs.refresh()
    assert [run.params["lr"] for run in runs.search(order_by="params.lr").runs] == ["0.1", "0.2"]
    assert list(runs.history("run 1", "acc").values) == [0.5, 0.9]
    assert runs.show("run 2").run.status is RunStatus.FINISHED
    assert not list(runs.verify())
    with runs.rebuilding():
        pass
    assert runs.search().total == 2
    runs.catalog.close()
    assert everything(store) == before
    again = open_(store)  # what is kept apart is found again
    assert again.search().total == 2
    again.catalog.close()


def test_every_change_of_a_run_is_refused_in_the_same_words(store: Path) -> None:
    runs = open_(store)
    runs.refresh()
    before = everything(store)
    one = [run_id(1)]
    for act in (
        lambda: runs.tag(one, "team", "red"),
        lambda: runs.note(run_id(1), "a note"),
        lambda: runs.delete(one),
        lambda: runs.edits.archive(one),
        lambda: runs.edits.move(one, "other"),
        lambda: runs.close(run_id(1)),
        lambda: runs.metric_schemas.forget("acc"),
    ):
        with pytest.raises(StrongroomError) as caught:
            act()
        assert (caught.value.code, caught.value.title) == ("E-FORMAT", SENTENCE)
        assert caught.value.advice == (
            "Update Strongroom here to change something; nothing was written."
        )
    runs.catalog.close()
    assert everything(store) == before


def command(store: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "STRONGROOM_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "strongroom", *words, "--store", str(store)],
        capture_output=True, text=True, env=environ, check=False,
    )  # fmt: skip


def test_the_command_line_reads_says_so_and_refuses_to_write(store: Path, tmp_path: Path) -> None:
    before = everything(store)
    home = tmp_path / "home"
    found = command(store, home, "runs", "search", "metrics.acc > 0.8")
    assert (found.returncode, f"{SENTENCE}." in found.stderr) == (0, True)
    assert "run 1" in found.stdout
    refused = command(store, home, "runs", "tag", "run 1", "team", "red")
    assert refused.returncode == 3
    assert SENTENCE in refused.stderr
    assert "Update Strongroom here to change something" in refused.stderr
    made = command(store, home, "rebuild")
    assert (made.returncode, f"{SENTENCE}." in made.stderr) == (0, True)
    assert everything(store) == before


def test_a_run_of_tomorrow_in_a_store_of_today_is_shown_as_far_as_it_is_known(
    tmp_path: Path,
) -> None:
    folder = write_run(tmp_path, 1, params={"lr": 0.1}, metrics={"acc": [0.5]})
    document = json.loads((folder / "run.json").read_bytes())
    (folder / "run.json").write_bytes(
        canonical.encode({**document, "format": 2, "cluster": {"nodes": 4}})
    )
    write_run(tmp_path, 2)
    before = everything(folder)
    runs = open_(tmp_path)
    runs.refresh()
    detail = runs.show("run 1")
    assert (detail.run.params, detail.run.metrics["acc"].last) == ({"lr": "0.1"}, 0.5)
    assert detail.warnings == (
        "E-FORMAT: run.json: a newer Strongroom wrote it (format 2); what is known of it is shown",
    )
    assert [(each.code, each.path) for each in runs.findings()] == [
        ("E-FORMAT", f"2023-11/{run_id(1)}/run.json")
    ]
    failed = runs.edits.tag([run_id(1)], "team", "red").failures
    assert [(each.error.code, each.error.title) for each in failed] == [
        ("E-FORMAT", "A newer Strongroom wrote this run; it is only read here")
    ]
    assert everything(folder) == before, "not sealed, not edited"
    assert runs.show("run 2").run.is_sealed
    runs.catalog.close()


def test_a_journal_of_tomorrow_is_named_and_the_rest_of_its_run_is_shown(tmp_path: Path) -> None:
    folder = write_run(tmp_path, 1, params={"lr": 0.1})
    (journal,) = folder.glob("w-*.srj")
    other = folder / "w-00000000.srj"
    header = unpack_header(journal.read_bytes()[:HEADER_BYTES])
    made = bytearray(pack_header(Header(
        run_id=header.run_id, writer="00" * 8, pid=1, created_us=header.created_us + 1,
    )))  # fmt: skip
    made[8] = 2
    made[60:64] = zlib.crc32(bytes(made[:60])).to_bytes(4, "little")
    other.write_bytes(bytes(made) + b"words of tomorrow" * 10)
    runs = open_(tmp_path)
    runs.refresh()
    detail = runs.show("run 1")
    assert detail.run.params == {"lr": "0.1"}
    (warning,) = detail.warnings
    assert "a newer Strongroom wrote it (version 2)" in warning
    assert other.exists(), "not sealed over"
    runs.catalog.close()


def test_a_sealed_run_of_tomorrow_is_shown_as_far_as_it_is_known(tmp_path: Path) -> None:
    folder = write_run(tmp_path, 1, params={"lr": 0.1}, metrics={"acc": [0.5, 0.9]})
    runs = open_(tmp_path)
    runs.refresh()
    sealed = folder / "sealed.json"
    document = json.loads(sealed.read_bytes())
    sealed.unlink()
    sealed.write_bytes(canonical.encode({**document, "format": 2, "schema": "of tomorrow"}))
    before = everything(folder)
    runs.refresh()
    detail = runs.show("run 1")
    assert (detail.run.params, detail.run.metrics["acc"].maximum) == ({"lr": "0.1"}, 0.9)
    assert list(runs.history("run 1", "acc").values) == [0.5, 0.9]
    (warning,) = detail.warnings
    assert warning.startswith("E-FORMAT: sealed.json: a newer Strongroom wrote it (format 2)")
    runs.refresh()
    assert everything(folder) == before
    runs.catalog.close()


@pytest.mark.parametrize("number", STORE_FORMATS)
def test_a_store_of_every_released_format_is_read_whole(tmp_path: Path, number: int) -> None:
    store = copy_store(number, tmp_path / "store")
    expected = json.loads((store / "expected.json").read_text(encoding="utf-8"))
    runs = open_(store)
    runs.refresh()
    found = {}
    for run in runs.search(limit=100).runs:
        detail = runs.show(run.run_id)
        found[run.name] = {
            "experiment": run.experiment, "status": run.status.value, "params": run.params,
            "tags": run.tags, "notes": list(detail.notes), "sealed": run.is_sealed,
            "artifacts": {each.path: each.sha256 for each in detail.artifacts},
            "inputs": [dict(each) for each in detail.inputs],
            "metrics": {
                key: [series.steps.tolist(), [repr(value) for value in series.values.tolist()]]
                for key in sorted(run.metrics)
                for series in [runs.history(run.run_id, key)]
            },
        }  # fmt: skip
    assert found == expected
    assert not list(runs.verify())
    runs.catalog.close()


@pytest.mark.parametrize("format_", [0, -1, True, "2", 1.5, None, [2]])
def test_a_number_no_version_writes_is_refused(tmp_path: Path, format_: object) -> None:
    (tmp_path / "store.json").write_text(
        json.dumps({"format": format_, "id": "0" * 32, "created": ""})
    )
    with pytest.raises(StrongroomError) as caught:
        open_(tmp_path)
    assert caught.value.code in {"E-FORMAT", "E-CANON"}
