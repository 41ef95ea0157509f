# SPDX-License-Identifier: Apache-2.0
"""Other trackers beside ours, in turns and in one go: `bench --peers` brings them, nothing else.

All write the same runs, points and question through the interface they give their users; that
those who can answer find the same is checked before any time is told. Ours writes run folders and
takes them into the catalog (`discover`) within the time that counts. A call of `log_metric` is in
the file when it returns, with ours and MLflow; trackio and tensorboardX keep it in memory for a
while, so the time until a run is written and closed stands beside it.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
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
from support.no_internet import MAY_REACH, SEALED

FEW, MANY = 1_000, 10_000  # runs; MLflow writes some thirty a second
ROUNDS = 4
POINTS = 250  # single points a round
LONG = 10_000  # points of the metric whose history is read
GOALS = {"mlflow sqlite": "≥ 500 times", "mlflow file": "≥ 50 times"}
SERVED = {"aim", "trackio"}  # they open sockets on this machine: locks, a server of their own


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
        begin = time.perf_counter()
        with sr.start_run("Default", name="points", store=self._store):
            for step, value in enumerate(points(count)):
                before = time.perf_counter()
                sr.log_metric("loss", value, step=step)
                times.append(time.perf_counter() - before)
        return {"times": times, "seconds": time.perf_counter() - begin}

    def search(self) -> dict[str, Any]:
        begin = time.perf_counter()
        page = self._services.runs.search(FILTER, order_by=ORDER, limit=PAGE)
        seconds = time.perf_counter() - begin
        return {"seconds": seconds, "names": [run.name for run in page.runs]}

    def write_long(self, count: int) -> dict[str, Any]:
        begin = time.perf_counter()
        with sr.start_run("Default", name="long", store=self._store) as run:
            sr.log_batch({"long": points(count)})
        seconds = time.perf_counter() - begin
        self._services.runs.refresh()  # sealed, as it is when somebody reads it later
        return {"run": run.run_id, "seconds": seconds}

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
    """A process of another program on a store of its own."""

    def __init__(self, python: str, program: str, kind: str, place: str, folder: Path) -> None:
        self.name = f"{program} {kind}".strip()
        own = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        own["MLFLOW_ALLOW_FILE_STORE"] = "true"  # MLflow keeps it for those who ask
        own |= {"AIM_UI_TELEMETRY_ENABLED": "0", "GRADIO_ANALYTICS_ENABLED": "False"}
        own |= {"HF_HUB_OFFLINE": "1", "TRACKIO_DIR": place}
        own["PYTHONPATH"] = os.pathsep.join([SEALED, str(Path(__file__).parent.parent)])
        if program in SERVED:
            own[MAY_REACH] = "1"
        self._said = (folder / f"{self.name}.txt").open("w+")
        self._process = subprocess.Popen(
            [python, str(Path(__file__).with_name("peer_side.py")), program, place],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
            text=True, cwd=folder, env={**os.environ, **own},
        )  # fmt: skip

    def __getattr__(self, deed: str) -> Callable[..., dict[str, Any]]:
        return lambda *given: self._ask(deed, *given)

    def _ask(self, deed: str, *given: object) -> dict[str, Any]:
        names = {"create": ("start", "count"), "history": ("run",)}.get(deed, ("count",))
        asked = {"do": deed, **dict(zip(names, given, strict=False))}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return {"error": self._last_words()}
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"error": self._last_words()}

    def _last_words(self) -> str:
        self._process.wait(30)
        self._said.seek(0)
        lines = self._said.read().strip().splitlines()
        return lines[-1] if lines else f"it ended with {self._process.returncode}"

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()


Side = Ours | Theirs


def _places(folder: Path) -> list[tuple[str, str, str]]:
    """Returns each program with its kinds of store and where that lies."""
    return [
        ("mlflow", "sqlite", f"sqlite:///{folder}/mlflow.db"),
        ("mlflow", "file", f"file:{folder}/mlruns"),
        *((name, "", str(folder / name)) for name in ("aim", "trackio", "tensorboardX")),
    ]


@pytest.fixture
def sides(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Side]]:
    listed = str(request.config.getoption("--peers"))
    if not listed:
        pytest.skip("others are installed and measured by: python3 packaging/run.py bench --peers")
    known = json.loads(Path(listed).read_text("utf-8"))
    made: list[Side] = [Ours(tmp_path)]
    for program, kind, place in _places(tmp_path):
        if not known.get(program, {}).get("python"):
            _leave_out(program, known.get(program, {}).get("reason", "it is not installed"))
            continue
        side = Theirs(known[program]["python"], program, kind, place, tmp_path)
        told = side.version()
        if "error" in told or "error" in (told := side.create(0, 1) | told):
            _leave_out(side.name, told["error"])
            side.close()
            continue
        side.name = f"{program} {told['version']} {kind}".strip()
        made.append(side)
    made[0].create(0, 1)
    yield made
    for each in made:
        each.close()


def _leave_out(name: str, reason: str) -> None:
    report(Figure(f"{name} is left out", 0, "runs", "", reason[:200]))


def test_others_beside_ours(sides: list[Side], is_big: bool, sized: Callable[[int], int]) -> None:
    count, rounds = sized(MANY if is_big else FEW), ROUNDS
    part = max(1, count // rounds)
    taken: dict[str, dict[str, list[float]]] = {}

    def note(what: str, side: Side, value: float) -> None:
        taken.setdefault(what, {}).setdefault(side.name, []).append(value)

    for turn in range(rounds):
        for side in sides:
            note("created", side, part / _seconds(side.create(1 + turn * part, part)))
            logged = side.log(sized(POINTS))
            _seconds(logged)
            for each in logged["times"]:
                note("logged", side, each * 1e6)
            note("closed", side, logged["seconds"] / sized(POINTS) * 1e6)
    points_ = sized(LONG)
    longs = {side.name: side.write_long(points_) for side in sides}
    answers: dict[str, dict[str, Any]] = {}
    readers = [side for side in sides if "absent" not in longs[side.name]]
    for _ in range(rounds + 1):
        answers = {side.name: side.search() for side in readers}
        for side in readers:
            answer = answers[side.name]
            if "absent" not in answer:
                note("searched", side, _seconds(answer) * 1000)
                assert answer["names"] == answers["ours"]["names"]
            read = side.history(longs[side.name]["run"])
            note("read", side, _seconds(read) * 1000)
            assert read["count"] == points_, side.name
    assert answers["ours"]["names"]
    for side in readers:
        note("written", side, points_ / _seconds(longs[side.name]))
    size = f"{points_:,} points"
    _tell("create and finish a run, 20 params + 10 metrics", taken["created"], "runs/s", True)
    _tell("log_metric p50", taken["logged"], "µs", goals=GOALS)
    _tell("a point until its run is written and closed", taken["closed"], "µs")
    _tell(f"write {size} in the widest way there is", taken["written"], "points/s", True)
    _tell(f"search among {count:,} runs, first page whole", taken["searched"], "ms")
    _tell(f"history of {size}", taken["read"], "ms")


def _seconds(answer: dict[str, Any]) -> float:
    assert "error" not in answer, answer["error"]
    return float(answer["seconds"])


def _tell(
    what: str,
    taken: dict[str, list[float]],
    unit: str,
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
                   "times as fast", _goal(name, goals or {}))
            for name, each in figures.items() if name != "ours"
        )
    )  # fmt: skip


def _goal(name: str, goals: dict[str, str]) -> str:
    """Returns the goal beside a program and kind of store, whatever its version."""
    program, *_, kind = f"{name} ".split(" ") if name.count(" ") < 2 else name.split(" ")
    return goals.get(f"{program} {kind}".strip(), "")
