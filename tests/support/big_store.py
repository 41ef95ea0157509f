# SPDX-License-Identifier: Apache-2.0
"""Big stores, made fast: real sealed run folders, and the catalog rows discovery would write.

* A folder holds the bytes that sealing writes. Params, tags and points come from some thousand
  recipes, so that Parquet is encoded once a recipe; runs of one recipe share its file by a link.
* The catalog gets its rows through the same door as discovery, with the stamps of the folders: a
  look at the store afterwards finds nothing to do. `tests/store/test_big_store.py` compares.
* Without folders (a million runs) every run has values of its own, and nobody may look for
  new runs: discovery would forget what has no folder.
"""

import contextlib
import hashlib
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from strongroom.domain import canonical
from strongroom.domain.clock import MICROSECONDS, SystemClock, to_iso
from strongroom.domain.run import MetricSummary, RunStatus
from strongroom.journal.compact import encode_metrics
from strongroom.journal.series import Series, summarize
from strongroom.services.runs import Runs, open_runs
from strongroom.store import tables
from strongroom.store.catalog import Catalog
from strongroom.store.run_index import RunIndex
from strongroom.store.run_state import (
    METRICS_FILE,
    SEALED_FILE,
    SEALED_FORMAT,
    RunState,
    number_text,
)
from support.runs_on_disk import add_process

BATCH = 5_000  # runs a transaction
RECIPE_METRICS = 5_000  # metrics encoded for all recipes together: half a second
SPAN_US = 300 * 86_400 * MICROSECONDS  # the runs began within so long before the end
STATUSES = (RunStatus.FINISHED,) * 17 + (RunStatus.FAILED,) * 2 + (RunStatus.KILLED,)
METRICS = (
    "val/auc", "val/loss", "val/accuracy", "val/f1", "train/loss", "train/accuracy",
    "train/grad_norm", "test/auc", "latency_ms", "system/memory_gb",
)  # fmt: skip
PARAMS = (
    "optimizer", "lr", "batch_size", "depth", "width", "dropout", "seed", "augment",
    "weight_decay", "schedule", "warmup", "patience", "loss", "features", "scaler", "folds",
)  # fmt: skip
CHOICES = (
    ("adam", "sgd", "lion", "adamw"), ("0.1", "0.03", "0.01", "0.003", "0.001"),
    ("16", "32", "64", "128", "256"), ("2", "4", "8", "16"), ("64", "128", "256", "512"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a big store holds.

    Attributes:
        runs: Finished runs.
        experiments: Among which they are spread evenly.
        params: Params of each run.
        metrics: Metrics of each run.
        points: Points of each metric, where there are folders.
        long_runs: Further runs with one curve each of ``long_points`` points.
        live_runs: Further runs of this process that never end.
    """

    runs: int
    experiments: int = 10
    params: int = 20
    metrics: int = 10
    points: int = 12
    long_runs: int = 0
    long_points: int = 100_000
    live_runs: int = 0


THOUSAND = Shape(runs=1_000, long_runs=20, live_runs=1)
TEN_THOUSAND = Shape(runs=10_000, long_runs=20, live_runs=1)
HUNDRED_THOUSAND = Shape(runs=100_000, long_runs=20, live_runs=1)
MILLION = Shape(runs=1_000_000, params=15, metrics=15)


def fasttrackml(factor: float) -> Shape:
    """Returns fasttrackml#860 with fewer runs an experiment: 50 of 1,500 runs at 1.0.

    Every run keeps its 1,500 metrics and 150 params; that is what made the tool there give up.
    """
    return Shape(
        runs=50 * max(1, round(1_500 * factor)), experiments=50, params=150, metrics=1_500, points=2
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    """What many runs have in common; the two documents have places to be filled in."""

    state: RunState
    parquet: bytes
    header: bytes
    sealed: bytes


def build_store(
    root: Path,
    shape: Shape,
    *,
    has_folders: bool = True,
    end_us: int | None = None,
    told: Callable[[int], None] = lambda _done: None,
) -> None:
    """Makes a store of this shape.

    Args:
        root: Where; must not hold runs yet.
        shape: What it holds.
        has_folders: Whether runs lie on the disk; without, only the catalog knows them.
        end_us: When the last run began, microseconds UTC; the present if None.
        told: Hears how many runs are made.
    """
    now_us = SystemClock().now_us() if end_us is None else end_us
    runs = open_runs(root, SystemClock(), os.urandom)
    try:
        with _indexes_at_the_end(runs.catalog):
            for done, states in _batches(root, shape, now_us, has_folders=has_folders):
                with runs.catalog.begin() as connection:
                    RunIndex(connection).put(states)
                told(done)
        _add_long_and_live(runs, shape, now_us)
    finally:
        runs.catalog.close()


def run_id_of(number: int) -> str:
    """Returns the id of the run of a number, the same in every store."""
    return hashlib.blake2b(b"big store %d" % number, digest_size=16).hexdigest()


def metric_name(index: int) -> str:
    """Returns the name of the metric of an index: known ones first, then layers of a net."""
    return METRICS[index] if index < len(METRICS) else f"layer_{index // 10}/norm_{index % 10}"


def param_name(index: int) -> str:
    """Returns the name of the param of an index."""
    return PARAMS[index] if index < len(PARAMS) else f"option_{index}"


# -------------------------------------------------------------------- inside


@contextlib.contextmanager
def _indexes_at_the_end(catalog: Catalog) -> Iterator[None]:
    """Leaves the indexes out while rows come in: sorting them once is a third of the work."""
    indexes = [each for table in tables.metadata.sorted_tables for each in table.indexes]
    with catalog.begin() as connection:
        for each in indexes:
            each.drop(connection)
    yield
    with catalog.begin() as connection:
        for each in indexes:
            each.create(connection)


def _batches(
    root: Path, shape: Shape, end_us: int, *, has_folders: bool
) -> Iterator[tuple[int, list[RunState]]]:
    count = min(shape.runs, max(8, RECIPE_METRICS // shape.metrics))
    recipes = [_recipe(number, shape, has_parquet=has_folders) for number in range(count)]
    firsts: dict[int, str] = {}
    months: set[str] = set()
    chance = random.Random(11)
    step_us = SPAN_US // max(shape.runs, 1)
    for start in range(0, shape.runs, BATCH):
        states = []
        for number in range(start, min(start + BATCH, shape.runs)):
            began = end_us - (shape.runs - 1 - number) * step_us - 60 * MICROSECONDS
            which = chance.randrange(count)
            state = _state(recipes[which].state, number, shape, began, chance)
            if has_folders:
                if state.month not in months:
                    months.add(state.month)
                    (root / "runs" / state.month).mkdir(parents=True, exist_ok=True)
                state = _write_folder(root, state, recipes[which], which, firsts)
            else:
                state = replace(state, metrics=_own_values(state.metrics, chance))
            states.append(state)
        yield start + len(states), states


def _state(
    recipe: RunState, number: int, shape: Shape, began_us: int, chance: random.Random
) -> RunState:
    return replace(
        recipe,
        run_id=run_id_of(number),
        experiment=f"experiment-{number % shape.experiments:02}",
        name=f"run-{number:07}",
        started_us=began_us,
        ended_us=began_us + chance.randrange(5, 50_000) * MICROSECONDS // 1_000,
        month=to_iso(began_us)[:7],
        sealed_sha256="0" * 64,
        file_stamp=_NO_JOURNALS,
    )


def _own_values(
    metrics: dict[str, MetricSummary], chance: random.Random
) -> dict[str, MetricSummary]:
    found = {}
    for key, like in metrics.items():
        last = chance.random()
        found[key] = MetricSummary(
            count=like.count, last=last, last_step=like.last_step, minimum=0.0, maximum=1.0
        )
    return found


def _recipe(number: int, shape: Shape, *, has_parquet: bool) -> _Recipe:
    chance = random.Random(number)
    params = {
        param_name(index): (
            chance.choice(CHOICES[index]) if index < len(CHOICES) else f"v{chance.randrange(8)}"
        )
        for index in range(shape.params)
    }
    wave = np.random.default_rng(number)
    steps = np.arange(shape.points, dtype=np.int64)
    falls = np.exp(-steps / max(1.0, shape.points / 3))
    series = {}
    for index in range(shape.metrics):
        rough = wave.normal(0, 0.02, shape.points)
        start, goal = wave.random(2)
        values = np.abs(goal + (start - goal) * falls + rough)
        times = 1_700_000_000 * MICROSECONDS + steps * MICROSECONDS
        series[metric_name(index)] = Series(steps, times, values)
    parquet = bytes(encode_metrics(series)) if has_parquet else b""
    status = STATUSES[number % len(STATUSES)]
    state = RunState(
        run_id="", experiment="", name="", parent="", status=status, started_us=0, ended_us=0,
        host=f"node-{number % 40:02}", user=("ada", "ben", "chi")[number % 3],
        source={"entry": "train.py"}, is_deleted=False, is_archived=False, is_lost=False,
        is_sealed=True, is_live=False, sealed_sha256="", params=params,
        tags={"team": ("blue", "green")[number % 2]},
        metrics={key: summarize(each) for key, each in sorted(series.items())},
        artifacts=(), inputs=(), notes=(), lost={}, findings=(),
    )  # fmt: skip
    return _Recipe(
        state=state,
        parquet=parquet,
        header=_header_form(state.host, state.user),
        sealed=_sealed_form(state, parquet),
    )


# What the documents say until they are filled in; none of it is found elsewhere in them.
_RUN_ID, _RUN_DIGEST, _NAME, _EXPERIMENT = "r" * 32, "d" * 64, "n" * 16, "e" * 16
_TIME = 1_111_111_111_111_111


def _header_form(host: str, user: str) -> bytes:
    """Returns ``run.json`` with four places to be filled in (`sdk.folder` writes it)."""
    return canonical.encode(
        {
            "format": 1, "run_id": _RUN_ID, "experiment": _EXPERIMENT, "name": _NAME,
            "parent": "", "started": _TIME, "host": host, "user": user,
            "source": {"entry": "train.py"},
        }
    )  # fmt: skip


def _filled(form: bytes, places: Mapping[str | int, str | int]) -> bytes:
    for place, value in places.items():
        form = form.replace(str(place).encode(), str(value).encode(), 1)
    return form


def _sealed_form(state: RunState, parquet: bytes) -> bytes:
    """Returns ``sealed.json`` with three places to be filled in (`sealing.prepare` writes it)."""
    document: dict[str, Any] = {
        "format": SEALED_FORMAT,
        "run_id": _RUN_ID,
        "run": _RUN_DIGEST,
        "status": state.status.value,
        "ended": _TIME,
        "params": state.params,
        "tags": state.tags,
        "inputs": [],
        "metrics": {
            key: {
                "count": each.count,
                "min": number_text(each.minimum),
                "max": number_text(each.maximum),
                "last": number_text(each.last),
                "last_step": each.last_step,
            }
            for key, each in state.metrics.items()
        },
        "artifacts": [],
        "files": [
            {
                "path": METRICS_FILE,
                "size": len(parquet),
                "sha256": hashlib.sha256(parquet).hexdigest(),
            }
        ],
        "notes": [],
        "lost": {},
        "journals": [],
    }
    return canonical.encode(document)


def _write_folder(
    root: Path, state: RunState, recipe: _Recipe, which: int, firsts: dict[int, str]
) -> RunState:
    """Writes one sealed run and returns its state with the stamps of what was written."""
    folder = f"{root}/runs/{state.month}/{state.run_id}"
    header = _filled(
        recipe.header,
        {
            _RUN_ID: state.run_id,
            _EXPERIMENT: state.experiment,
            _NAME: state.name,
            _TIME: state.started_us,
        },
    )
    run_digest = hashlib.sha256(header).hexdigest()
    sealed = _filled(
        recipe.sealed,
        {_RUN_ID: state.run_id, _RUN_DIGEST: run_digest, _TIME: state.ended_us or 0},
    )
    os.mkdir(folder)  # noqa: PTH102 - a hundred thousand times
    _write(f"{folder}/run.json", header)
    _write(f"{folder}/{SEALED_FILE}", sealed)
    parquet = f"{folder}/{METRICS_FILE}"
    if which in firsts:
        os.link(firsts[which], parquet)
    else:
        _write(parquet, recipe.parquet)
        firsts[which] = parquet
    return replace(
        state,
        folder_stamp=os.stat(folder).st_mtime_ns,  # noqa: PTH116 - as above
        sealed_sha256=hashlib.sha256(sealed).hexdigest(),
    )


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(descriptor, data)
    os.close(descriptor)


def _add_long_and_live(runs: Runs, shape: Shape, now_us: int) -> None:
    """Writes runs with long curves and live ones as programs do, and lets the store take them."""
    for number in range(shape.long_runs):
        values = _wander(number, shape.long_points)
        _write_journals(runs, shape.runs + number, f"long-{number:02}", values, now_us, "FINISHED")
    if shape.long_runs:
        runs.refresh()
    for number in range(shape.live_runs):
        at = shape.runs + shape.long_runs + number
        _write_journals(runs, at, f"live-{number:02}", _wander(at, 400), now_us, "")
    if shape.live_runs:
        runs.refresh()


def _wander(seed: int, count: int) -> Sequence[float]:
    wave = np.random.default_rng(seed)
    noise = wave.normal(0, 0.05, count)
    falls: np.ndarray[Any, Any] = 2.0 * np.exp(-np.arange(count) / (count / 4)) + 0.3
    return list(np.abs(falls + noise).tolist())


def _write_journals(
    runs: Runs, number: int, name: str, values: Sequence[float], now_us: int, status: str
) -> None:
    run_id = run_id_of(number)
    folder = runs.folder.run(to_iso(now_us)[:7], run_id)
    folder.mkdir(parents=True)
    header: dict[str | int, str | int] = {
        _RUN_ID: run_id, _EXPERIMENT: "long-curves", _NAME: name, _TIME: now_us + number,
    }  # fmt: skip
    (folder / "run.json").write_bytes(_filled(_header_form("node-00", "ada"), header))
    add_process(
        folder,
        params={"lr": "0.01", "optimizer": "adam"},
        metrics={"train/loss": values, "val/auc": values[:400]},
        status=status,
        now_us=now_us,
    )


_NO_JOURNALS = hashlib.blake2b(digest_size=8).hexdigest()
