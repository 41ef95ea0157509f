# SPDX-License-Identifier: Apache-2.0
"""The training sessions of the demo: the sweep, one run that fails, one that is stopped."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from strongroom.demo.plans import DIVERGING, Plan
from strongroom.demo.steps import Steps
from strongroom.demo.stopped import run_until_stopped
from strongroom.demo.training import Trained, train
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.run import RunStatus
from strongroom.services.runs import Runs


def train_all(
    store: Path, plans: Sequence[Plan], names: Iterator[str], *, owner: str, steps: Steps
) -> tuple[Trained, ...]:
    """Trains everything and returns what finished; the stopped run goes on beside the others.

    Raises:
        EnvironmentFault: If the store cannot be written, or a run ended otherwise than it should.
        Cancelled: Between two runs.
    """
    finished: list[Trained] = []
    with ThreadPoolExecutor(1) as beside:
        stopped = beside.submit(run_until_stopped, name=next(names), store=store, owner=owner)
        steps.next("Training one that diverges")
        _diverge(store, next(names), owner)
        for plan in plans:
            name = next(names)
            steps.next(f"Training {name} on {plan.dataset}")
            finished.append(train(plan, name=name, store=store, owner=owner))
        stopped.result()
    return tuple(finished)


def close_stopped(runs: Runs) -> None:
    """Ends runs whose process is gone without a word, as where there is no SIGTERM."""
    runs.refresh()
    for run in runs.search("attributes.status = 'RUNNING'").runs:
        runs.close(run.run_id, RunStatus.KILLED)


def _diverge(store: Path, name: str, owner: str) -> None:
    try:
        train(DIVERGING, name=name, store=store, owner=owner)
    except ValueError:
        return  # scikit-learn gave up on it; the run is FAILED and keeps the traceback
    raise EnvironmentFault(
        "E-STORE",
        "A training that should have diverged did not",
        "This scikit-learn trains otherwise than the demo expects; please report its version.",
    )
