"""What looking costs at ten thousand runs: discovery, search, and the registry's fold."""

import random
import time
from pathlib import Path
from statistics import median

import pytest

import strongroom as sr
from strongroom.bootstrap import open_services
from support.figures import Figure, report

RUNS = 10_000
FILTER = "metrics.m0 > 0.9 AND params.p0 = 'v3'"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    chance = random.Random(7)
    start = time.perf_counter()
    for number in range(RUNS):
        with sr.start_run(f"experiment-{number % 10}", name=f"run-{number}", store=folder):
            sr.log_params({f"p{i}": f"v{chance.randrange(8)}" for i in range(20)})
            sr.log_metrics({f"m{i}": chance.random() for i in range(10)}, step=1)
    seconds = time.perf_counter() - start
    report(Figure("create and finish runs, 20 params + 10 metrics", RUNS / seconds, "runs/s", ""))
    return folder


def test_discovery_and_search(store: Path, tmp_path: Path) -> None:
    services = open_services(store, tmp_path / "home")
    start = time.perf_counter()
    services.runs.refresh()
    first = time.perf_counter() - start
    start = time.perf_counter()
    services.runs.refresh()
    second = (time.perf_counter() - start) * 1000
    found = []
    for _ in range(9):
        start = time.perf_counter()
        page = services.runs.search(FILTER, order_by="metrics.m1 DESC", limit=100)
        found.append((time.perf_counter() - start) * 1000)
    assert page.total > 0
    report(
        Figure("discover and seal 10,000 runs", RUNS / first, "runs/s", "≥ 1,500 runs/s"),
        Figure("look again, nothing new", second, "ms", ""),
        Figure("search at 10,000 runs, hydrated page of 100", median(found), "ms", "≤ 5 ms"),
        Figure("bytes a run in the catalog",
               (store / "catalog.sqlite3").stat().st_size / RUNS, "B", "≤ 1,500 B"),
    )  # fmt: skip
    services.close()
