"""What taking runs in costs: creating, discovery, sealing, looking again and search (goals C, D).

Thousands are written by a generator in the library's own bytes (`many_runs`), because each run of
the library waits for the disk three times. What the library itself takes to create runs, and the
store to seal them, is measured on fewer and told for each second. Every figure is told at three
sizes.
"""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

import strongroom as sr
from bench.bare_page import WHY_SEARCH, bare_page_ms
from bench.many_runs import write_runs
from strongroom.bootstrap import open_services
from strongroom.domain.progress import Silent
from strongroom.store.discovery import discover
from support.big_store import Shape, build_store
from support.figures import Figure, report

RUNS = 10_000
FEWER = (100, 500, 2_000)
WAITS = 3  # how often a run that captures its script and packages waits for the disk
WHY_DISCOVERY = (
    "Two thirds of it check and parse a journal's 33 records in Python, a third writes 31 rows into"
    " two indexes each. Both are of one processor: a second process would have to be begun inside"
    " whatever program asks, a training script or a notebook, and cannot be there safely."
)
FILTER = "metrics.m0 > 0.9 AND params.p0 = 'v3'"


@pytest.mark.parametrize("count", FEWER)
def test_create_and_finish_runs(tmp_path: Path, count: int, sized: Callable[[int], int]) -> None:
    chance, made = random.Random(7), sized(count)
    start, start_cpu = time.perf_counter(), time.process_time()
    for number in range(made):
        with sr.start_run(f"experiment-{number % 10}", name=f"run-{number}", store=tmp_path):
            sr.log_params({f"p{i}": f"v{chance.randrange(8)}" for i in range(20)})
            sr.log_metrics({f"m{i}": chance.random() for i in range(10)}, step=1)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    assert len(list(tmp_path.glob("runs/*/*/run.json"))) == made
    waiting = median(_timed(lambda: _write_durably(tmp_path / "bare")) for _ in range(50))
    waits = f"{WAITS} fsyncs: of run.json, of what a run keeps by itself, of its end"
    report(
        Figure(f"create and finish {made:,} runs, 20 params + 10 metrics", made / seconds,
               "runs/s", "", f"{1 / (WAITS * waiting):,.0f} runs/s, {waits}"),
        Figure(f"of it processor time, the rest waits for {WAITS} fsyncs", cpu / made * 1000,
               "ms a run", ""),
    )  # fmt: skip


@pytest.mark.parametrize("count", FEWER)
def test_seal(tmp_path: Path, count: int, sized: Callable[[int], int]) -> None:
    made = sized(count)
    write_runs(tmp_path / "store", made)
    waiting = median(_timed(lambda: _write_durably(tmp_path / "bare")) for _ in range(50))
    services = open_services(tmp_path / "store", tmp_path / "home")
    start = time.perf_counter()
    services.runs.refresh()
    seconds = time.perf_counter() - start
    assert len(list(tmp_path.glob("store/runs/*/*/sealed.json"))) == made
    least = f"{1 / (3 * waiting):,.0f} runs/s, three fsyncs one after the other"
    report(Figure(f"discover and seal {made:,} runs", made / seconds, "runs/s", "", least))
    services.close()


@pytest.mark.parametrize("count", [1_000, RUNS, 100_000])
def test_discovery_and_search(
    tmp_path: Path, count: int, is_big: bool, sized: Callable[[int], int]
) -> None:
    if count > RUNS and not is_big:
        pytest.skip("a hundred thousand run folders take minutes to make here: --big")
    store, made = tmp_path / "store", sized(count)
    write_runs(store, made)
    services = open_services(store, tmp_path / "home")
    runs = services.runs

    def look() -> None:
        discover(runs.catalog, runs.folder, services.clock, Silent())

    bare = _timed(lambda: _read_bare(store))
    first = _timed(look)
    second = _timed(look) * 1000
    page = runs.search(FILTER, order_by="metrics.m1 DESC", limit=100)
    assert page.total > 0 or made < 1_000
    bare_page = bare_page_ms(store / "catalog.sqlite3", [run.run_id for run in page.runs])
    least = f"{bare_page:.2f} ms, fetching the page's rows with sqlite3 alone"
    found = [
        _timed(lambda: runs.search(FILTER, order_by="metrics.m1 DESC", limit=100)) * 1000
        for _ in range(9)
    ]
    newest = [_timed(lambda: runs.search(limit=100)) * 1000 for _ in range(9)]
    columns = [_timed(runs.columns) * 1000 for _ in range(5)]
    services.close()  # what the write-ahead log held is in the catalog now
    report(
        Figure(f"discover {made:,} finished runs", made / first, "runs/s", "≥ 1,500 runs/s",
               f"{made / bare:,.0f} runs/s, reading the files alone",
               WHY_DISCOVERY),
        Figure(f"look again at {made:,} that are not sealed yet", second, "ms", ""),
        Figure(f"search at {made:,} runs, hydrated page of 100", median(found), "ms",
               {RUNS: "≤ 5 ms", 100_000: "≤ 15 ms"}.get(made, ""), least, WHY_SEARCH),
        Figure(f"newest 100 of {made:,} runs", median(newest), "ms", ""),
        Figure(f"columns of {made:,} runs", median(columns), "ms", ""),
        Figure(f"bytes a run in the catalog, of {made:,}",
               (store / "catalog.sqlite3").stat().st_size / made, "B",
               "≤ 1,500 B" if made >= 1_000 else ""),
    )  # fmt: skip


def test_looking_again_at_sealed_runs(
    tmp_path: Path, is_big: bool, sized: Callable[[int], int]
) -> None:
    sizes = (1_000, RUNS, 100_000) if is_big else (1_000, RUNS)
    for count in map(sized, sizes):
        folder = tmp_path / str(count)
        build_store(folder, Shape(runs=count))
        services = open_services(folder, tmp_path / f"home-{count}")
        runs, clock = services.runs, services.clock
        changes = discover(runs.catalog, runs.folder, clock, Silent())
        assert not changes.runs, "the store was built as discovery leaves it"
        found = [
            _timed(lambda: discover(runs.catalog, runs.folder, clock, Silent())) * 1000  # noqa: B023
            for _ in range(5)
        ]
        goal = {RUNS: "≤ 100 ms", 100_000: "≤ 1,000 ms"}.get(count, "")
        bare = min(_timed(lambda: _stat_bare(folder)) for _ in range(5)) * 1000  # noqa: B023
        least = f"{bare:.0f} ms, a stat of each folder"
        report(Figure(f"look again at {count:,} sealed runs", median(found), "ms", goal, least))
        services.close()


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _write_durably(path: Path) -> None:
    with path.open("wb") as stream:
        stream.write(bytes(64))
        stream.flush()
        os.fsync(stream.fileno())


def _read_bare(store: Path) -> None:
    for path in (store / "runs").glob("*/*/*"):
        path.read_bytes()


def _stat_bare(store: Path) -> None:
    for month in os.scandir(store / "runs"):
        for entry in os.scandir(month):
            entry.stat(follow_symlinks=False)
