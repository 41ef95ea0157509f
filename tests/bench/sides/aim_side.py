# SPDX-License-Identifier: Apache-2.0
"""Aim on a repository of its own, without the system metrics and logs it would add by itself."""

import time
from typing import Any

import aim  # type: ignore[import-not-found]
from aim.sdk.types import QueryReportMode  # type: ignore[import-not-found]

from bench.peer_runs import points, runs

Answer = dict[str, Any]
_place = [""]


def begin(place: str) -> None:
    aim.Repo.from_path(place, init=True)
    _place[0] = place


def version() -> Answer:
    return {"version": aim.__version__}


def _run(name: str) -> Any:
    run = aim.Run(
        repo=_place[0], experiment="Default", system_tracking_interval=None,
        log_system_params=False, capture_terminal_logs=False,
    )  # fmt: skip
    run.name = name
    return run


def create(start: int, count: int) -> Answer:
    begun = time.perf_counter()
    for name, params, metrics in runs(start, count):
        run = _run(name)
        run["params"] = params
        for key, value in metrics.items():
            run.track(value, name=key, step=1)
        run.close()
    return {"seconds": time.perf_counter() - begun}


def log(count: int) -> Answer:
    times = []
    begun = time.perf_counter()
    run = _run("points")
    for step, value in enumerate(points(count)):
        before = time.perf_counter()
        run.track(value, name="loss", step=step)
        times.append(time.perf_counter() - before)
    run.close()
    return {"times": times, "seconds": time.perf_counter() - begun}


def write_long(count: int) -> Answer:
    begun = time.perf_counter()
    run = _run("long")
    for step, value in enumerate(points(count)):
        run.track(value, name="long", step=step)
    run.close()
    return {"run": run.hash, "seconds": time.perf_counter() - begun}


def history(run: str) -> Answer:
    repo = aim.Repo.from_path(_place[0])
    begun = time.perf_counter()
    found = repo.query_metrics(
        f"metric.name == 'long' and run.hash == '{run}'", report_mode=QueryReportMode.DISABLED
    )
    count = 0
    for each in found.iter_runs():
        for metric in each:
            count += len(metric.values.values_numpy())
    return {"seconds": time.perf_counter() - begun, "count": count}
