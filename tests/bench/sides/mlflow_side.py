# SPDX-License-Identifier: Apache-2.0
"""MLflow on one of its stores, a tracking URI."""

import time
from typing import Any

import mlflow  # type: ignore[import-not-found]
from mlflow.entities import Metric  # type: ignore[import-not-found]

from bench.peer_runs import FILTER, ORDER, PAGE, points, runs

Answer = dict[str, Any]


def begin(place: str) -> None:
    mlflow.set_tracking_uri(place)


def version() -> Answer:
    return {"version": mlflow.__version__}


def create(start: int, count: int) -> Answer:
    begun = time.perf_counter()
    for name, params, metrics in runs(start, count):
        with mlflow.start_run(run_name=name):
            mlflow.log_params(params)
            mlflow.log_metrics(metrics, step=1)
    return {"seconds": time.perf_counter() - begun}


def log(count: int) -> Answer:
    times = []
    begun = time.perf_counter()
    with mlflow.start_run(run_name="points"):
        for step, value in enumerate(points(count)):
            before = time.perf_counter()
            mlflow.log_metric("loss", value, step=step)
            times.append(time.perf_counter() - before)
    return {"times": times, "seconds": time.perf_counter() - begun}


def search() -> Answer:
    client = mlflow.MlflowClient()
    begun = time.perf_counter()
    page = client.search_runs(["0"], FILTER, max_results=PAGE, order_by=[ORDER])
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "names": [run.info.run_name for run in page]}


def write_long(count: int) -> Answer:
    client = mlflow.MlflowClient()
    begun = time.perf_counter()
    with mlflow.start_run(run_name="long") as run:
        now = int(time.time() * 1000)
        made = [Metric("long", value, now, step) for step, value in enumerate(points(count))]
        for start in range(0, count, 1_000):
            client.log_batch(run.info.run_id, metrics=made[start : start + 1_000])
    return {"run": run.info.run_id, "seconds": time.perf_counter() - begun}


def history(run: str) -> Answer:
    begun = time.perf_counter()
    found = mlflow.MlflowClient().get_metric_history(run, "long")
    return {"seconds": time.perf_counter() - begun, "count": len(found)}
