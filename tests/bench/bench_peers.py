# SPDX-License-Identifier: Apache-2.0
"""MLflow beside ours, in turns and in one go: `bench --peers` brings it, nothing else does.

Both write the same runs, points and question through the interface they give their users; that
both find the same runs in the same order is checked before any time is told. Ours writes run
folders and takes them into the catalog (`discover`) within the time that counts; a call of
`log_metric` is in the file when it returns, with all three.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

import strongroom as sr
from bench.peer_runs import FILTER, ORDER, PAGE, points, runs
from strongroom.bootstrap import open_services
from strongroom.domain.progress import Silent
from strongroom.store.discovery import discover
from support.figures import Figure, report

FEW, MANY = 1_000, 10_000  # runs; MLflow writes some thirty a second
ROUNDS = 4
POINTS = 250  # single points a round
LONG = 10_000  # points of the metric whose history is read


class Ours:
    """What the sides do, done by this product."""

    name = "ours"

    def __init__(self, folder: Path) -> None:
        self._store = folder / "ours"
        self._services = open_services(self._store, folder / "home")

    def create(self, start: int, count: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for name, params, metrics in runs(start, count):
            with sr.start_run("Default", name=name, store=self._store):
                sr.log_params(params)
                sr.log_metrics(metrics, step=1)
        self._look()
        return {"seconds": time.perf_counter() - begin}

    def log(self, count: int) -> dict[str, Any]:
        times = []
        with sr.start_run("Default", name="points", store=self._store):
            for step, value in enumerate(points(count)):
                begin = time.perf_counter()
                sr.log_metric("loss", value, step=step)
                times.append(time.perf_counter() - begin)
        return {"times": times}

    def search(self) -> dict[str, Any]:
        begin = time.perf_counter()
        page = self._services.runs.search(FILTER, order_by=ORDER, limit=PAGE)
        return {
            "seconds": time.perf_counter() - begin,
            "names": [run.name for run in page.runs],
        }

    def write_long(self, count: int) -> dict[str, Any]:
        with sr.start_run("Default", name="long", store=self._store) as run:
            sr.log_batch({"long": points(count)})
        self._services.runs.refresh()  # sealed, as it is when somebody reads it later
        return {"run": run.run_id}

    def history(self, run: str) -> dict[str, Any]:
        begin = time.perf_counter()
        found = self._services.runs.history(run, "long")
        return {"seconds": time.perf_counter() - begin, "count": len(found)}

    def close(self) -> None:
        self._services.close()

    def _look(self) -> None:
        runs_ = self._services.runs
        discover(runs_.catalog, runs_.folder, self._services.clock, Silent())


class Theirs:
    """A process of MLflow on one of its stores."""

    def __init__(self, python: str, name: str, uri: str, folder: Path) -> None:
        self.name = name
        own = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        own["MLFLOW_ALLOW_FILE_STORE"] = "true"  # MLflow keeps it for those who ask
        own["PYTHONPATH"] = str(Path(__file__).parent.parent)  # for `peer_runs` alone
        self._process = subprocess.Popen(
            [python, str(Path(__file__).with_name("mlflow_side.py")), uri],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, cwd=folder, env={**os.environ, **own},
        )  # fmt: skip

    def __getattr__(self, deed: str) -> Any:
        return lambda *given: self._ask(deed, *given)

    def _ask(self, deed: str, *given: object) -> dict[str, Any]:
        names = {"create": ("start", "count"), "history": ("run",)}.get(deed, ("count",))
        asked = {"do": deed, **dict(zip(names, given, strict=False))}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)


@pytest.fixture
def sides(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Ours | Theirs]]:
    python = str(request.config.getoption("--peers"))
    if not python:
        pytest.skip("MLflow is installed and measured by: python3 packaging/run.py bench --peers")
    made: list[Ours | Theirs] = [Ours(tmp_path)]
    for kind in ("sqlite", "file"):
        uri = f"sqlite:///{tmp_path}/mlflow.db" if kind == "sqlite" else f"file:{tmp_path}/mlruns"
        side = Theirs(python, f"MLflow {kind}", uri, tmp_path)
        made.append(side)
        version = side.version()["version"]
        side.name = f"MLflow {version} {kind}"
    yield made
    for each in made:
        each.close()


def test_mlflow_beside_ours(sides: list[Ours | Theirs], is_big: bool) -> None:
    count = MANY if is_big else FEW
    sides = [side for side in sides if _works(side)]
    created: dict[str, list[float]] = {side.name: [] for side in sides}
    logged: dict[str, list[float]] = {side.name: [] for side in sides}
    found: dict[str, list[float]] = {side.name: [] for side in sides}
    read: dict[str, list[float]] = {side.name: [] for side in sides}
    part = count // ROUNDS
    for turn in range(ROUNDS):
        for side in sides:
            created[side.name].append(part / float(side.create(1 + turn * part, part)["seconds"]))
            logged[side.name] += [each * 1e6 for each in side.log(POINTS)["times"]]
    longs = {side.name: side.write_long(LONG)["run"] for side in sides}
    for _ in range(ROUNDS + 1):
        answers = [side.search() for side in sides]
        histories = [side.history(longs[side.name]) for side in sides]
        assert all(each["names"] == answers[0]["names"] for each in answers)
        assert answers[0]["names"]
        assert {each["count"] for each in histories} == {LONG}
        for side, answer, history in zip(sides, answers, histories, strict=True):
            found[side.name].append(float(answer["seconds"]) * 1000)
            read[side.name].append(float(history["seconds"]) * 1000)
    _tell("create and finish a run, 20 params + 10 metrics", created, "runs/s", is_rate=True)
    _tell("log_metric p50", logged, "µs", goals={"sqlite": "≥ 500 times", "file": "≥ 50 times"})
    _tell(f"search among {count:,} runs, first page whole", found, "ms")
    _tell(f"history of {LONG:,} points", read, "ms")


def _works(side: Ours | Theirs) -> bool:
    """Whether the store takes runs at all; MLflow gives its file store no further updates."""
    answer = side.create(0, 1)
    if "error" in answer:
        print(f"\n  {side.name} takes no runs: {answer['error'][:200]}")
    return "error" not in answer


def _tell(
    what: str,
    taken: dict[str, list[float]],
    unit: str,
    *,
    is_rate: bool = False,
    goals: dict[str, str] | None = None,
) -> None:
    """Reports what each took, and how many times as fast ours is, beside a goal for a store."""
    figures = {name: median(times) for name, times in taken.items()}
    ours = figures["ours"]
    report(*(Figure(f"{what}: {name}", each, unit, "") for name, each in figures.items()))
    report(
        *(
            Figure(f"{what}: ours beside {name}", ours / each if is_rate else each / ours,
                   "times as fast", (goals or {}).get(name.rpartition(" ")[2], ""))
            for name, each in figures.items() if name != "ours"
        )
    )  # fmt: skip
