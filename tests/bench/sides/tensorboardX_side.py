# SPDX-License-Identifier: Apache-2.0
"""tensorboardX: event files; its queue is written by a thread, and it reads nothing back."""

import time
from pathlib import Path
from typing import Any

import tensorboardX  # type: ignore[import-not-found]

from bench.peer_runs import points, runs

Answer = dict[str, Any]
_place = [Path()]


def begin(place: str) -> None:
    _place[0] = Path(place)


def version() -> Answer:
    return {"version": tensorboardX.__version__}


def create(start: int, count: int) -> Answer:
    begun = time.perf_counter()
    for name, params, metrics in runs(start, count):
        with tensorboardX.SummaryWriter(str(_place[0] / name)) as writer:
            for key, value in params.items():
                writer.add_text(key, value, 0)
            for key, number in metrics.items():
                writer.add_scalar(key, number, 1)
    return {"seconds": time.perf_counter() - begun}


def log(count: int) -> Answer:
    times = []
    begun = time.perf_counter()
    with tensorboardX.SummaryWriter(str(_place[0] / f"points-{begun}")) as writer:
        for step, value in enumerate(points(count)):
            before = time.perf_counter()
            writer.add_scalar("loss", value, step)
            times.append(time.perf_counter() - before)
    return {"times": times, "seconds": time.perf_counter() - begun}
