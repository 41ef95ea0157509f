# SPDX-License-Identifier: Apache-2.0
"""A finished run becomes sealed files whose every byte is accounted for; a crash loses nothing."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from strongroom.domain.clock import FixedClock
from strongroom.services.artifacts import Artifacts
from strongroom.services.run_export import RunExport
from strongroom.services.runs import Runs, open_runs
from strongroom.store import sealing
from strongroom.store.liveness import observe
from strongroom.store.run_state import read_state
from strongroom.store.seal_check import verify_sealed
from strongroom.store.sealing import seal, sealed_digest
from strongroom.store.series import read_series
from support.runs_on_disk import START_US, add_process, random_bytes, write_run

NOW = observe(START_US + 5)
VALUES = [0.5, math.nan, -0.0, math.inf, 5e-324, 1e308]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(
        tmp_path,
        params={"lr": 0.1},
        metrics={"acc": VALUES, "loss": [1.0]},
        artifacts={"model/weights.bin": b"w" * 500, "readme.txt": b"hello"},
    )


def test_sealing_keeps_every_bit_and_removes_the_journals(folder: Path) -> None:
    assert seal(folder, NOW)
    assert not list(folder.glob("*.srj"))
    back = read_series(folder, "acc")
    assert back.values.tobytes() == np.array(VALUES).tobytes()
    assert verify_sealed(folder, sealed_digest(folder)) == ()
    state = read_state(folder, NOW)
    assert state.is_sealed
    assert state.params == {"lr": "0.1"}
    assert {each.path for each in state.artifacts} == {"model/weights.bin", "readme.txt"}
    assert not seal(folder, NOW), "a sealed run is not sealed again"


def test_a_live_run_is_not_sealed(tmp_path: Path) -> None:
    folder = write_run(tmp_path, status="", metrics={"acc": [1.0]})
    assert not seal(folder, NOW)
    assert not (folder / "sealed.json").exists()


def test_a_flipped_byte_is_named_in_every_kind_of_file(folder: Path) -> None:
    seal(folder, NOW)
    digest = sealed_digest(folder)
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        good = path.read_bytes()
        for at in range(0, len(good), max(1, len(good) // 23)):
            path.write_bytes(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :])
            found = verify_sealed(folder, digest)
            assert {each.path for each in found} == {path.name}, (path, at)
            assert {each.code for each in found} <= {"E-HASH", "E-CANON", "E-FORMAT"}
        path.write_bytes(good)
    assert verify_sealed(folder, digest) == ()


def test_51_a_missing_file_and_a_hostile_list_are_named(folder: Path) -> None:
    seal(folder, NOW)
    (folder / "metrics.parquet").unlink()
    assert [each.code for each in verify_sealed(folder)] == ["E-MISSING"]
    document = json.loads((folder / "sealed.json").read_bytes())
    del document["check"]  # whoever lists what he likes can count it anew as well
    document["files"] = [{"path": "../../etc/passwd", "size": 1, "sha256": "0" * 64}]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (folder / "sealed.json").write_text(text)
    assert [each.code for each in verify_sealed(folder)] == ["E-PATH"]


@pytest.mark.parametrize("stop_at", ["metrics", "sealed", "journals"])
def test_a_crash_while_sealing_loses_nothing_and_counts_nothing_twice(
    folder: Path, stop_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(Exception):
        pass

    def crash(*_arguments: object) -> None:
        raise Crash

    before = read_state(folder, NOW)
    with monkeypatch.context() as patch:
        if stop_at == "metrics":
            patch.setattr(sealing, "_write_durably", crash)
        elif stop_at == "sealed":
            real = Path.replace
            patch.setattr(
                Path,
                "replace",
                lambda self, to: crash() if to.name == "sealed.json" else real(self, to),
            )
        else:
            patch.setattr(sealing, "remove_taken_in", crash)
        with pytest.raises(Crash):
            seal(folder, NOW)
    sealing.finish_sealing(folder)
    seal(folder, NOW)
    after = read_state(folder, NOW)
    assert after.is_sealed
    assert after.metrics["acc"].count == before.metrics["acc"].count == len(VALUES)
    assert not list(folder.glob(".*.tmp"))
    assert not list(folder.glob("*.srj"))
    assert verify_sealed(folder) == ()


def test_a_resumed_run_is_read_whole_and_sealed_again(folder: Path) -> None:
    seal(folder, NOW)
    first = sealed_digest(folder)
    add_process(folder, metrics={"acc": [7.0]}, first_step=6, claims=True, status="FAILED")
    state = read_state(folder, NOW)
    assert (state.is_sealed, state.status, state.metrics["acc"].count) == (False, "FAILED", 7)
    assert seal(folder, NOW)
    assert sealed_digest(folder) != first
    series = read_series(folder, "acc")
    assert (len(series), series.values[-1]) == (7, 7.0)


@pytest.fixture
def runs(folder: Path, tmp_path: Path):
    opened = open_runs(tmp_path, FixedClock(START_US), random_bytes)
    opened.refresh()
    yield opened
    opened.catalog.close()


def test_29_verify_names_a_swapped_parquet_and_export_refuses_it(
    runs: Runs, folder: Path, tmp_path: Path
) -> None:
    assert list(runs.verify()) == []
    (copy,) = RunExport(runs).export(["run 1"], tmp_path / "stick")
    assert verify_sealed(copy) == ()
    data = bytearray((folder / "metrics.parquet").read_bytes())
    data[len(data) // 3] ^= 4
    (folder / "metrics.parquet").write_bytes(data)
    (found,) = runs.verify()
    assert (found.code, found.path.rpartition("/")[2]) == ("E-HASH", "metrics.parquet")
    with pytest.raises(Exception, match="E-HASH"):
        RunExport(runs).export(["run 1"], tmp_path / "other stick")
    assert list((tmp_path / "other stick").iterdir()) == []


def test_artifacts_come_out_verified_and_wrong_bytes_never_do(
    runs: Runs, folder: Path, tmp_path: Path
) -> None:
    artifacts = Artifacts(runs)
    assert [each.path for each in artifacts.list("run 1")] == ["model/weights.bin", "readme.txt"]
    assert artifacts.read("run 1", "readme.txt") == b"hello"
    artifacts.get("run 1", "model", tmp_path / "out")
    assert (tmp_path / "out/model/weights.bin").read_bytes() == b"w" * 500
    (pack,) = folder.glob("*.pack")
    data = bytearray(pack.read_bytes())
    data[20] ^= 1
    pack.write_bytes(data)
    with pytest.raises(Exception, match="E-HASH"):
        artifacts.read("run 1", "model/weights.bin", max_bytes=10)
    with pytest.raises(Exception, match="E-HASH"):
        artifacts.get("run 1", "model", tmp_path / "bad")
    assert not (tmp_path / "bad").exists()
    assert artifacts.read("run 1", "readme.txt") == b"hello"
