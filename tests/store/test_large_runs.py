# SPDX-License-Identifier: Apache-2.0
"""Runs with very many points or metrics: sealed, listed and read in bounded memory."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from strongroom.domain.clock import FixedClock
from strongroom.domain.progress import Silent
from strongroom.journal import compacted
from strongroom.journal.layout import Kind, pack_metric
from strongroom.journal.reader import read_run
from strongroom.journal.series import Series
from strongroom.journal.writer import JournalWriter
from strongroom.services import curves, live_points
from strongroom.services.runs import Runs, open_runs
from strongroom.store import discovery, points_draft, sealing
from strongroom.store.liveness import observe
from strongroom.store.sealing import seal
from strongroom.store.series import read_series
from support.runs_on_disk import START_US, add_process, random_bytes, run_id, write_run

LATER_US = START_US + 3_600_000_000


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is large: points are sorted on the disk, and the Parquet is written aside."""
    monkeypatch.setattr(sealing, "HELD_BYTES", 100)
    monkeypatch.setattr(points_draft, "HELD_POINTS", 10)


def _runs(store: Path) -> Runs:
    return open_runs(store, FixedClock(LATER_US), os.urandom)


def _same(left: Series, right: Series) -> bool:
    return (
        left.steps.tobytes() == right.steps.tobytes()
        and left.times_us.tobytes() == right.times_us.tobytes()
        and left.values.tobytes() == right.values.tobytes()
    )


def _several(store: Path) -> Path:
    rng = np.random.default_rng(1)
    metrics = {f"m{number}": rng.normal(size=50 + number).tolist() for number in range(9)}
    folder = write_run(store, 1, metrics=metrics | {"odd": [float("nan"), -0.0, float("inf")]})
    add_process(folder, metrics={"m3": [1.0, 2.0], "late": [5e-324]}, now_us=START_US + 5)
    return folder


def test_points_sorted_on_the_disk_are_the_points_that_were_logged(
    tmp_path: Path, on_disk: None
) -> None:
    folder = _several(tmp_path)
    logged = read_run(folder).metrics
    runs = _runs(tmp_path)
    runs.refresh()
    assert sorted(path.name for path in folder.iterdir()) == [
        "metrics.parquet", "run.json", "sealed.json",
    ]  # fmt: skip
    for key, series in logged.items():
        found = runs.history(run_id(1), key)
        order = series.steps.argsort(kind="stable")
        assert _same(
            found, Series(series.steps[order], series.times_us[order], series.values[order])
        )
    assert list(runs.verify()) == []
    runs.catalog.close()


def test_both_ways_to_seal_write_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = _several(tmp_path / "a"), tmp_path / "b"
    copy = second / first.relative_to(tmp_path / "a")
    copy.mkdir(parents=True)
    for path in first.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert seal(first, observe(LATER_US))
    monkeypatch.setattr(sealing, "HELD_BYTES", 100)
    monkeypatch.setattr(points_draft, "HELD_POINTS", 10)
    assert seal(copy, observe(LATER_US))
    for name in ("metrics.parquet", "sealed.json"):
        assert (first / name).read_bytes() == (copy / name).read_bytes()


def test_a_large_run_that_is_resumed_is_sealed_again_with_every_point(
    tmp_path: Path, on_disk: None
) -> None:
    folder = _several(tmp_path)
    before = read_run(folder).metrics
    assert seal(folder, observe(LATER_US))
    add_process(folder, metrics={"m3": [7.0] * 40, "new": [1.0]}, now_us=START_US + 9, claims=True)
    added = read_run(folder).metrics
    assert seal(folder, observe(LATER_US))
    runs = _runs(tmp_path)
    runs.refresh()
    assert runs.show(run_id(1)).run.metrics["m3"].count == len(before["m3"]) + 40
    found = runs.history(run_id(1), "m3").values
    wanted = np.concatenate([before["m3"].values, added["m3"].values])
    assert sorted(found.tolist()) == sorted(wanted.tolist())
    assert len(runs.history(run_id(1), "new")) == 1
    runs.catalog.close()


def test_a_run_that_grows_while_it_is_sorted_is_left_as_it_is(
    tmp_path: Path, on_disk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _several(tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    journal = max(folder.glob("w-*.srj"), key=lambda path: path.stat().st_size)
    whole = read_run

    def and_more_is_logged(*given: object) -> object:
        with journal.open("ab") as stream:
            stream.write(pack_metric(1, 999, START_US, 3.0))
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(points_draft, "read_run", and_more_is_logged)
    assert not seal(folder, observe(LATER_US))
    assert sorted(path.name for path in folder.iterdir()) == names
    monkeypatch.undo()
    assert seal(folder, observe(LATER_US)), "the next look takes in what was added"
    assert 3.0 in read_series(folder, "m0").values.tolist()


def test_a_full_disk_while_points_are_sorted_leaves_the_journals_alone(
    tmp_path: Path, on_disk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _several(tmp_path)
    names = sorted(path.name for path in folder.iterdir())

    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(points_draft, "_check", full)
    with pytest.raises(OSError, match="No space"):
        seal(folder, observe(LATER_US))
    assert sorted(path.name for path in folder.iterdir()) == names
    monkeypatch.undo()
    assert seal(folder, observe(LATER_US))


def test_history_gives_a_range_and_as_few_points_as_are_asked(tmp_path: Path) -> None:
    values = np.sin(np.arange(5_000) / 50)
    values[1234] = 99.0
    folder = write_run(tmp_path, 1, metrics={"loss": values.tolist(), "other": [1.0]})
    write_run(tmp_path, 2, metrics={"loss": [5.0, 6.0, 7.0]})
    write_run(tmp_path, 3, metrics={"acc": [5.0]})
    runs = _runs(tmp_path)
    for _ in range(2):  # from journals, then sealed
        if any(folder.glob("w-*.srj")):
            discovery.discover(runs.catalog, runs.folder, FixedClock(LATER_US), Silent())
        found = runs.history(run_id(1), "loss", first=1_200, last=1_300)
        assert found.steps.tolist() == list(range(1_200, 1_301))
        few = runs.history(run_id(1), "loss", points=100)
        assert len(few) <= 100
        assert 99.0 in few.values.tolist()
        assert few.values.tobytes() == values[few.steps].tobytes()
        inside = runs.history(run_id(1), "loss", first=4_000, points=50)
        assert inside.steps.min() == 4_000
        assert inside.steps.max() == 4_999
        assert len(runs.history(run_id(1), "loss", first=90_000)) == 0
        many = dict(runs.histories([run_id(1), run_id(2), run_id(3)], "loss", points=10))
        assert list(many) == [run_id(1), run_id(2)]
        assert many[run_id(2)].values.tolist() == [5.0, 6.0, 7.0]
        runs.refresh()
    assert not any(folder.glob("w-*.srj"))
    runs.catalog.close()


def test_34_a_curve_of_very_many_points_keeps_its_extremes_and_says_how_many_lie_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.sin(np.arange(5_000) / 50)
    values[1234] = 99.0
    write_run(tmp_path, 1, metrics={"loss": values.tolist(), "few": [1.0, 2.0]})
    runs = _runs(tmp_path)
    runs.refresh()
    monkeypatch.setattr(curves, "MOST_HELD", 1_000)
    loss, few = curves.Curves(runs).curves([run_id(1)], ["loss", "few"])
    assert len(loss.raw) <= 1_000
    assert len(loss.raw) + loss.between == 5_000
    assert loss.raw.tobytes() == values[loss.x.astype(int)].tobytes()
    assert (loss.raw.max(), loss.x[-1]) == (99.0, 4_999)
    assert (few.raw.tolist(), few.between) == ([1.0, 2.0], 0)
    runs.catalog.close()


def test_34_many_metrics_of_a_run_are_read_with_one_opening_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = {f"m{number:03}": [float(number), 2.0] for number in range(200)}
    write_run(tmp_path, 1, metrics=metrics)
    runs = _runs(tmp_path)
    runs.refresh()
    opened: list[object] = []
    whole = compacted.open_points

    def counted(*given: object) -> object:
        opened.append(given)
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(compacted, "open_points", counted)
    asked = curves.Curves(runs)
    found = asked.curves([run_id(1)], [*metrics, "unknown"])
    assert {curve.key: curve.raw.tolist() for curve in found} == metrics
    assert len(opened) == 1
    asked.curves([run_id(1)], list(metrics))
    assert len(opened) == 1
    runs.catalog.close()


def test_34_a_live_run_of_many_points_is_followed_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_points, "MOST_OF_A_RUN", 3_000)
    folder = write_run(tmp_path, 1, status="")
    for journal in folder.glob("w-*.srj"):
        journal.unlink()
    writer = JournalWriter(folder, folder.name, random_bytes=random_bytes)
    runs = _runs(tmp_path)
    asked, values = curves.Curves(runs), np.sin(np.arange(20_000) / 50)
    values[7_777] = 99.0
    for first in range(0, 20_000, 2_000):
        steps = range(first, first + 2_000)
        writer.series("loss", values[first : first + 2_000].tolist(), steps,
                      range(START_US + first, START_US + first + 2_000))  # fmt: skip
        writer.series("few", [1.0 * first], [first], [START_US + first])
        runs.refresh()
        loss, few = asked.curves([run_id(1)], ["loss", "few"])
        (followed,) = asked._followed.values()
        assert sum(each.held for each in followed.points._of.values()) <= 3_000 + 2_001
    assert loss.is_live
    assert loss.raw.tobytes() == values[loss.x.astype(int)].tobytes()
    assert (loss.raw.max(), loss.x[0], loss.x[-1]) == (99.0, 0.0, 19_999.0)
    assert len(loss.raw) + loss.between == 20_000
    assert few.raw.tolist() == [1.0 * first for first in range(0, 20_000, 2_000)]
    writer.close("FINISHED")
    runs.catalog.close()


LARGE = """
import os, resource, sys, time
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from strongroom.domain.clock import FixedClock
from strongroom.services import curves, live_points
from strongroom.services.runs import open_runs
from strongroom.services.smoothing import OFF, ema
from support.runs_on_disk import START_US, run_id
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
runs = open_runs(Path(sys.argv[1]), FixedClock(START_US + 3_600_000_000), os.urandom)
import pyarrow.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
runs.refresh()
runs.history(run_id(1), "loss", points=2000)
asked = curves.Curves(runs)
for smoothing in (OFF, ema(0.7)):
    for within in (None, (5_000, 6_000)):
        (curve,) = asked.curves([run_id(1)], ["loss"], smoothing=smoothing, within=within)
        assert len(curve.x), "it is drawn"
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(base // 1024, before // 1024, after // 1024)
runs.catalog.close()
"""


def _logged(store: Path, keys: int, points: int, piece: int = 100_000) -> Path:
    """Writes a run of so many points, metric after metric within each stretch."""
    folder = write_run(store, 1, status="")
    (path,) = folder.glob("w-*.srj")
    path.unlink()
    writer = JournalWriter(folder, folder.name, random_bytes=random_bytes)
    rng = np.random.default_rng(2)
    names = ["loss", *(f"m{number:06}" for number in range(1, keys))]
    done = 0
    while done < points:
        count = min(piece, points - done)
        each = max(1, count // keys)
        for name in names[: -(-count // each)]:
            steps = range(done, done + each)
            writer.series(name, rng.normal(size=each).tolist(), steps,
                          range(START_US + done, START_US + done + each))  # fmt: skip
        done += count
    writer.record(Kind.NOTE, {"text": "done"})
    writer.close("FINISHED")
    return folder


def _measured(store: Path) -> list[int]:
    told = subprocess.run(
        [sys.executable, "-c", LARGE, str(store), *sys.path],
        check=True, capture_output=True, text=True, timeout=900,
    ).stdout  # fmt: skip
    return [int(word) for word in told.split()]


@pytest.mark.slow
def test_34_ten_million_points_are_sealed_and_read_in_300_megabytes(tmp_path: Path) -> None:
    folder = _logged(tmp_path, keys=4, points=10_000_000)
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert size > 320_000_000
    _, before, after = _measured(tmp_path)
    assert after - before < 300
    assert (folder / "metrics.parquet").exists()


@pytest.mark.slow
def test_34_fifty_million_points_of_one_metric_are_sealed_and_drawn_in_500_megabytes(
    tmp_path: Path,
) -> None:
    folder = _logged(tmp_path, keys=1, points=50_000_000, piece=1_000_000)
    assert sum(path.stat().st_size for path in folder.iterdir()) > 1_600_000_000
    _, before, after = _measured(tmp_path)
    assert after - before < 500
    kept = [path.stat().st_size for path in (tmp_path / "cache" / "curves").glob("*.srpyr")]
    assert len(kept) == 2, "what was logged, and what smoothing made of it"
    assert sum(kept) < 100_000_000


@pytest.mark.slow
def test_34_a_hundred_thousand_metrics_are_sealed_and_read_in_500_megabytes(
    tmp_path: Path,
) -> None:
    folder = _logged(tmp_path, keys=100_000, points=1_000_000)
    _, before, after = _measured(tmp_path)
    assert after - before < 500
    assert (folder / "metrics.parquet").stat().st_size < 40_000_000
