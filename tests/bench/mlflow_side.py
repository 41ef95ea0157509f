# SPDX-License-Identifier: Apache-2.0
"""MLflow's side of the bench: does what a line of JSON asks for and answers with another.

Called by `bench_peers` with the interpreter of the peers' environment and a tracking URI. Nothing
of ours is imported; everything goes through the interface MLflow gives its users.
"""

import json
import sys
import time
from typing import Any

import mlflow  # type: ignore[import-not-found]
from mlflow.entities import Metric  # type: ignore[import-not-found]

from bench.peer_runs import FILTER, ORDER, PAGE, points, runs

Answer = dict[str, Any]


def version() -> Answer:
    return {"version": mlflow.__version__}


def create(start: int, count: int) -> Answer:
    begin = time.perf_counter()
    for name, params, metrics in runs(start, count):
        with mlflow.start_run(run_name=name):
            mlflow.log_params(params)
            mlflow.log_metrics(metrics, step=1)
    return {"seconds": time.perf_counter() - begin}


def log(count: int) -> Answer:
    times = []
    with mlflow.start_run(run_name="points"):
        for step, value in enumerate(points(count)):
            begin = time.perf_counter()
            mlflow.log_metric("loss", value, step=step)
            times.append(time.perf_counter() - begin)
    return {"times": times}


def search() -> Answer:
    client = mlflow.MlflowClient()
    begin = time.perf_counter()
    page = client.search_runs(["0"], FILTER, max_results=PAGE, order_by=[ORDER])
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "names": [run.info.run_name for run in page]}


def write_long(count: int) -> Answer:
    client = mlflow.MlflowClient()
    with mlflow.start_run(run_name="long") as run:
        now = int(time.time() * 1000)
        made = [Metric("long", value, now, step) for step, value in enumerate(points(count))]
        for start in range(0, count, 1_000):
            client.log_batch(run.info.run_id, metrics=made[start : start + 1_000])
    return {"run": run.info.run_id}


def history(run: str) -> Answer:
    begin = time.perf_counter()
    found = mlflow.MlflowClient().get_metric_history(run, "long")
    return {"seconds": time.perf_counter() - begin, "count": len(found)}


DEEDS = {each.__name__: each for each in (version, create, log, search, write_long, history)}


def main() -> None:
    mlflow.set_tracking_uri(sys.argv[1])
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = DEEDS[asked.pop("do")](**asked)
        except mlflow.exceptions.MlflowException as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
