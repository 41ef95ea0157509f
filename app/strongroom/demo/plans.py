# SPDX-License-Identifier: Apache-2.0
"""What is trained: a sweep over three data sets, as somebody looking for good models would do it.

* Plans hold no result: which of them are good, the training finds out.
"""

from dataclasses import dataclass, replace
from itertools import islice, product

LINEAR, PERCEPTRON = "linear", "perceptron"
BASELINE, SWEEP, RETRAIN = "baseline", "sweep", "retrain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run to be: its data set, model family, settings and purpose."""

    dataset: str
    model: str
    learning_rate: float
    alpha: float
    batch_size: int
    epochs: int
    seed: int
    hidden: tuple[int, ...] = ()
    purpose: str = SWEEP

    def params(self) -> dict[str, object]:
        """Returns what is logged as params."""
        shared: dict[str, object] = {
            "dataset": self.dataset,
            "model": self.model,
            "learning_rate": self.learning_rate,
            "alpha": self.alpha,
            "epochs": self.epochs,
            "seed": self.seed,
        }
        if self.model == LINEAR:  # learns row by row: it has neither batches nor hidden layers
            return shared
        return shared | {"batch_size": self.batch_size, "hidden": list(self.hidden)}


_DIGITS = Plan(
    dataset="digits", model=PERCEPTRON, learning_rate=0.001, alpha=1e-4, batch_size=64,
    epochs=24, seed=1, hidden=(32,),
)  # fmt: skip
_CANCER = replace(_DIGITS, dataset="breast-cancer", batch_size=32, epochs=30, hidden=(16,))
_WINE = replace(_DIGITS, dataset="wine", batch_size=16, epochs=40, hidden=(8,))

DIVERGING = replace(
    _DIGITS, learning_rate=1e5, epochs=60, hidden=(64,), seed=13, purpose=SWEEP, model=PERCEPTRON
)
"""Somebody's slip: 1e5 for 1e-5. After some epochs scikit-learn gives up with a ValueError."""

ENDLESS = replace(_DIGITS, hidden=(128, 64), epochs=5_000, seed=29, purpose=RETRAIN)
"""A training that is stopped from outside long before its last epoch."""


def sweep(scale: float = 1.0) -> tuple[Plan, ...]:
    """Returns the plans in the order they are run: 45 at full scale, never fewer than 9.

    Args:
        scale: Share of the runs of each data set, for a smaller store.
    """
    parts = (_wine(), _cancer(), _digits())  # the most telling curves come last: newest on top
    return tuple(plan for part in parts for plan in islice(part, max(3, round(len(part) * scale))))


def retrains() -> tuple[Plan, Plan, Plan]:
    """Returns the runs of the second workstation: a hasty one on cancer, and two on wine."""
    return (
        replace(_linear(_CANCER, 0.001, 0.1, 47), epochs=3, purpose=RETRAIN),
        replace(_WINE, learning_rate=0.01, epochs=60, seed=41, purpose=RETRAIN),
        replace(_WINE, learning_rate=0.02, hidden=(12,), epochs=60, seed=43, purpose=RETRAIN),
    )


def _linear(plan: Plan, learning_rate: float, alpha: float, seed: int) -> Plan:
    return replace(
        plan, model=LINEAR, hidden=(), learning_rate=learning_rate, alpha=alpha, seed=seed
    )


def _digits() -> list[Plan]:
    first = [
        replace(_linear(_DIGITS, 0.01, 1e-4, 1), purpose=BASELINE, epochs=20),
        replace(_DIGITS, hidden=(64, 32), learning_rate=0.005, epochs=36),
        replace(_DIGITS, hidden=(64,), learning_rate=0.002),
    ]
    linear = [
        _linear(_DIGITS, rate, alpha, 2) for rate, alpha in product((0.003, 0.03), (1e-4, 1e-2))
    ]
    perceptrons = [
        replace(_DIGITS, hidden=hidden, learning_rate=rate, seed=seed)
        for hidden, rate, seed in product(((32,), (64,)), (0.0005, 0.002, 0.01), (3, 5))
    ]
    return [*first, *linear, *perceptrons]


def _cancer() -> list[Plan]:
    first = [
        replace(_linear(_CANCER, 0.01, 1e-4, 1), purpose=BASELINE, epochs=20),
        replace(_CANCER, hidden=(16,), learning_rate=0.002),
        _linear(_CANCER, 0.001, 0.1, 2),
    ]
    linear = [_linear(_CANCER, rate, alpha, 2) for rate, alpha in product((0.01, 0.1), (1e-3, 0.3))]
    perceptrons = [
        replace(_CANCER, hidden=hidden, learning_rate=rate, seed=seed)
        for hidden, rate, seed in product(((8,), (16, 8)), (0.001, 0.01), (3, 5))
    ]
    return [*first, *linear, *perceptrons]


def _wine() -> list[Plan]:
    first = [
        replace(_linear(_WINE, 0.01, 1e-4, 1), purpose=BASELINE, epochs=20),
        replace(_WINE, learning_rate=0.005),
        _linear(_WINE, 0.001, 1e-2, 2),
    ]
    perceptrons = [
        replace(_WINE, hidden=hidden, learning_rate=rate, seed=seed)
        for hidden, rate, seed in product(((8,), (12,)), (0.003, 0.02), (3, 5))
    ]
    return [*first, *perceptrons]
