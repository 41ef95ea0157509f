# SPDX-License-Identifier: Apache-2.0
"""Trackio on a folder of its own; what it logs waits in memory until it is sent to its writer."""

import os
import time
from typing import Any

_place = [""]


def begin(place: str) -> None:
    os.environ["TRACKIO_DIR"] = place
    _place[0] = place


Answer = dict[str, Any]


def _trackio() -> Any:
    import trackio  # type: ignore[import-not-found]  # reads its folder when it is imported

    return trackio


def version() -> Answer:
    return {"version": _trackio().__version__}


def create(start: int, count: int) -> Answer:
    from bench.peer_runs import runs

    trackio = _trackio()
    begun = time.perf_counter()
    for name, params, metrics in runs(start, count):
        trackio.init(project="bench", name=name, config=params, embed=False)
        trackio.log(metrics, step=1)
        trackio.finish()
    return {"seconds": time.perf_counter() - begun}


def log(count: int) -> Answer:
    from bench.peer_runs import points

    trackio = _trackio()
    times = []
    begun = time.perf_counter()
    trackio.init(project="bench", name=f"points-{begun}", embed=False)
    for step, value in enumerate(points(count)):
        before = time.perf_counter()
        trackio.log({"loss": value}, step=step)
        times.append(time.perf_counter() - before)
    trackio.finish()
    return {"times": times, "seconds": time.perf_counter() - begun}
