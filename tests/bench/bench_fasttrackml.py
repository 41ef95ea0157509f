# SPDX-License-Identifier: Apache-2.0
"""The shape of fasttrackml#860: 50 experiments × 1,500 runs × 1,500 metrics, 150 params a run.

``--fasttrackml SHARE`` says how much of its 75,000 runs is built (1 = all: hours, and gigabytes of
catalog). Three stores, a quarter of the next each, show what grows with the runs: the figures of
one experiment should not grow with the others.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from support.big_store import build_store, fasttrackml, metric_name, param_name
from support.figures import Figure, report
from support.runs_page import services_of

PAGE = 100


def _ms(act: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return median(times)


@pytest.mark.parametrize("part", [1 / 16, 1 / 4, 1])
def test_fifteen_hundred_metrics_a_run(
    tmp_path: Path, request: pytest.FixtureRequest, part: float
) -> None:
    shape = fasttrackml(float(request.config.getoption("--fasttrackml")) * part)
    start = time.perf_counter()
    build_store(tmp_path / "store", shape, has_folders=False)
    built = time.perf_counter() - start
    services = services_of(tmp_path / "store")
    runs = services.runs
    experiment = runs.search(limit=1).runs[0].experiment
    asked = f"metrics.`{metric_name(3)}` > 0.5 AND params.`{param_name(7)}` != 'v3'"
    order = f"metrics.`{metric_name(1)}` DESC"
    found = runs.search(asked, experiment=experiment, order_by=order, limit=PAGE)
    size = sum(path.stat().st_size for path in (tmp_path / "store").glob("catalog.sqlite3*"))
    name = f"{shape.runs:,} runs × {shape.metrics:,} metrics in {shape.experiments} experiments"
    why = "A whole page is a hundred runs of 1,650 values each, made into objects one by one."
    report(
        Figure(f"{name}: search in one experiment, its {len(found.runs)} runs whole",
               _ms(lambda: runs.search(asked, experiment=experiment, order_by=order, limit=PAGE)),
               "ms wall", "", "", why),
        Figure(f"{name}: the same in all, page of {PAGE}",
               _ms(lambda: runs.search(asked, order_by=order, limit=PAGE)), "ms wall", "", "", why),
        Figure(f"{name}: names of all columns", _ms(runs.columns), "ms wall", ""),
        Figure(f"{name}: order of one experiment's rows for the table",
               _ms(lambda: services.run_table.order(experiment=experiment)),
               "ms wall", ""),
        Figure(f"{name}: bytes a value in the catalog",
               size / (shape.runs * (shape.metrics + shape.params)), "B", ""),
        Figure(f"{name}: catalog made by the generator", shape.runs / built, "runs/s", ""),
    )  # fmt: skip
    runs.catalog.close()
