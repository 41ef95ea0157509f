# SPDX-License-Identifier: Apache-2.0
"""Aim on a repository of its own, without the system metrics and logs it would add by itself.

Its queries find what was written only when its own server has indexed it (seen with 3.29.1: none of
a run that was closed, also in a new process), so nothing is read back here.
"""

import importlib.metadata
import time
from typing import Any

import aim  # type: ignore[import-not-found]

from bench.peer_runs import points, runs

Answer = dict[str, Any]
_place = [""]


def begin(place: str) -> None:
    aim.Repo.from_path(place, init=True)
    _place[0] = place


def version() -> Answer:
    return {"version": importlib.metadata.version("aim")}


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
