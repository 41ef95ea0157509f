# SPDX-License-Identifier: Apache-2.0
"""Trains one model with scikit-learn, epoch by epoch, and logs it as any training script would.

* Everything logged is measured here; nothing is made up.
* A model is kept only where it is worth looking at again (`KEEP_ABOVE`).
* Training speaks through what it logs: scikit-learn's warnings do not reach the terminal.
"""

import functools
import importlib.metadata
import math
import os
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # ships no types

from strongroom.demo.datasets import LabelledData, load
from strongroom.demo.picture import confusion_picture, mistakes_picture
from strongroom.demo.plans import LINEAR, Plan
from strongroom.demo.scores import accuracy, confusion_counts, log_loss, mean_f1, recall
from strongroom.domain.ids import new_id
from strongroom.sdk.active_run import ActiveRun
from strongroom.sdk.fluent import start_run

KEEP_ABOVE = {"digits": 0.93, "breast-cancer": 0.93, "wine": 0.95}
EXAMPLE_ROWS = 3
MODEL_PATH = "model"
EPOCH_TIME = "training_ms"

EpochHeard = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A finished run: what it reached, and whether it kept its model."""

    run_id: str
    name: str
    plan: Plan
    accuracy: float
    recall: float
    has_model: bool


def train(
    plan: Plan, *, name: str, store: Path, owner: str, on_epoch: EpochHeard | None = None
) -> Trained:
    """Trains what a plan says and logs it into a store.

    Raises:
        ValueError: If scikit-learn finds that the training diverged; the run is FAILED then.
        EnvironmentFault: If the store cannot be written.
    """
    data = load(plan.dataset)
    with start_run(
        plan.dataset, name=name, run_id=new_id(os.urandom), parent="", store=store
    ) as run:
        run.log_params(plan.params())
        run.set_tags({"owner": owner, "purpose": plan.purpose})
        for part in ("training", "validation"):
            run.log_input(
                data.table(part), name=f"{data.name}-{part}", context=part, source=data.source
            )
        # Small matrices: threads would wait for each other, checks would take longer than work.
        is_quick = config_context(assume_finite=True, skip_parameter_validation=True)
        with threadpool_limits(1), is_quick, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return _fit(run, plan, data, on_epoch)
            except ValueError:
                run.log_text(traceback.format_exc(), "logs/traceback.txt")
                raise


def _fit(run: ActiveRun, plan: Plan, data: LabelledData, on_epoch: EpochHeard | None) -> Trained:
    model = _estimator(plan)
    order = np.random.default_rng(plan.seed)
    history: dict[str, list[float]] = {}
    counts = np.zeros((len(data.class_names), len(data.class_names)), dtype=np.int64)
    for epoch in range(1, plan.epochs + 1):
        started = perf_counter()
        loss = _one_epoch(model, plan, data, order)
        seconds = perf_counter() - started
        probabilities = model.predict_proba(data.validation_features)
        truth = data.validation_labels
        counts = confusion_counts(truth, probabilities.argmax(axis=1), len(data.class_names))
        measured = {
            "train/loss": loss,
            "val/loss": log_loss(truth, probabilities),
            "accuracy": accuracy(counts),
            "f1": mean_f1(counts),
            "recall": recall(counts, data.positive),
            EPOCH_TIME: seconds * 1000,
        }
        run.log_metrics(measured, step=epoch)
        for key, value in measured.items():
            history.setdefault(key, []).append(value)
        if on_epoch:
            on_epoch(epoch)
    return _keep(run, plan, data, model, history, counts)


def _estimator(plan: Plan) -> Any:  # noqa: ANN401 - scikit-learn ships no types
    if plan.model == LINEAR:
        return SGDClassifier(
            loss="log_loss",
            learning_rate="constant",
            eta0=plan.learning_rate,
            alpha=plan.alpha,
            random_state=plan.seed,
        )
    return MLPClassifier(
        plan.hidden,
        solver="sgd" if plan.learning_rate > 1 else "adam",
        learning_rate_init=plan.learning_rate,
        alpha=plan.alpha,
        batch_size=plan.batch_size,
        random_state=plan.seed,
    )


def _one_epoch(
    model: Any,  # noqa: ANN401 - scikit-learn ships no types
    plan: Plan,
    data: LabelledData,
    order: np.random.Generator,
) -> float:
    """Shows the model every row once, in a new order, and returns the training loss."""
    rows = order.permutation(len(data.train_labels))
    features, labels = data.train_features[rows], data.train_labels[rows]
    model.partial_fit(features, labels, classes=data.classes)
    if plan.model == LINEAR:
        return log_loss(labels, model.predict_proba(features))
    return float(model.loss_)


def _keep(
    run: ActiveRun,
    plan: Plan,
    data: LabelledData,
    model: Any,  # noqa: ANN401 - scikit-learn ships no types
    history: dict[str, list[float]],
    counts: np.ndarray[Any, np.dtype[np.int64]],
) -> Trained:
    """Logs what is looked at afterwards: pictures, tables, a note, and a model worth keeping."""
    steps = list(range(1, plan.epochs + 1))
    run.log_table({"epoch": steps, **history}, "tables/history.csv")
    names = list(data.class_names)
    columns = {f"predicted {name}": counts[:, at].tolist() for at, name in enumerate(names)}
    run.log_table({"true": names, **columns}, "tables/confusion.csv")
    run.log_image(confusion_picture(counts), "pictures/confusion.png")
    if data.is_image:
        side = math.isqrt(data.validation_features.shape[1])
        images = data.validation_features.reshape(-1, side, side)
        answers = model.predict(data.validation_features)
        picture = mistakes_picture(images, data.validation_labels, answers)
        run.log_image(picture, "pictures/mistakes.png")
    reached = {key: values[-1] for key, values in history.items()}
    run.log_text(_note(run.name, plan, data, reached, counts), "notes.md")
    is_kept = reached["accuracy"] >= KEEP_ABOVE[data.name]
    if is_kept:
        example = data.validation_features[:EXAMPLE_ROWS]
        run.log_model(model, MODEL_PATH, input_example=example, requirements=_pins())
    return Trained(
        run_id=run.run_id,
        name=run.name,
        plan=plan,
        accuracy=reached["accuracy"],
        recall=reached["recall"],
        has_model=is_kept,
    )


@functools.cache
def _pins() -> tuple[str, ...]:
    """Returns the exact versions these models need; looked up once, as it reads all packages."""
    names = ("joblib", "numpy", "scikit-learn", "scipy", "skops")
    return tuple(f"{name}=={importlib.metadata.version(name)}" for name in names)


def _note(
    name: str,
    plan: Plan,
    data: LabelledData,
    reached: dict[str, float],
    counts: np.ndarray[Any, np.dtype[np.int64]],
) -> str:
    wrong = int(counts.sum() - np.trace(counts))
    settings = "".join(f"| {key} | {value} |\n" for key, value in plan.params().items())
    measured = "".join(
        f"| {key} | {value:.4f} |\n" for key, value in reached.items() if key != EPOCH_TIME
    )
    return (
        f"# {name}\n\n"
        f"A {plan.model} model on *{data.name}*, {plan.epochs} epochs. It answered "
        f"**{wrong} of {counts.sum()}** validation rows wrongly.\n\n"
        f"| Setting | Value |\n|---|---|\n{settings}\n"
        f"| Metric, last epoch | Value |\n|---|---|\n{measured}"
    )
