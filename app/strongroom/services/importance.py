# SPDX-License-Identifier: Apache-2.0
"""How much each param tells of a metric over many runs: a small forest, and a plain correlation.

* It says what goes together in these runs, not what causes what: params that were changed together
  share what they tell, and a param that was hardly varied can tell nothing.
* The metric's ranks are told, not its values, so that one diverged run does not decide everything.
* Each figure has the range of `REFITS` forests on two thirds of the runs each. A column of random
  numbers goes in with the params: who does not beat it tells nothing.
* Too few runs give a reason instead of figures. The same runs give the same figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from strongroom.domain.progress import Progress
from strongroom.domain.query import Field
from strongroom.services.forest import judge
from strongroom.services.run_values import ValueColumn

LEAST_RUNS = 20  # with the metric; below, a forest repeats its noise
MOST_RUNS = 1_500  # drawn by a fixed seed from more; a forest of them takes some seconds
MOST_LEVELS = 64  # categories of a param; further ones count as one
REFITS = 8
LEAST_TREES, MOST_TREES, TREE_RUNS = 6, 32, 6_000  # of a refit: fewer runs need more trees
_SEED = 20_010_101

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamImportance:
    """What one param tells of the metric.

    Attributes:
        field: The param.
        share: The share of the variance of the metric's ranks it adds, mean of the refits.
        low: The least of the refits.
        high: The largest of the refits.
        correlation: Spearman's coefficient for numbers (-1 to 1), the correlation ratio for words
            (0 to 1); NaN where it is not defined.
        is_numeric: Whether its values are numbers.
        run_count: Runs among those used that have the param.
        value_count: Distinct values.
    """

    field: Field
    share: float
    low: float
    high: float
    correlation: float
    is_numeric: bool
    run_count: int
    value_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """What params tell of a metric, the most telling first.

    Attributes:
        params: The params.
        fit: The share of unseen runs' variance the forests tell, at most 1; about 0 is nothing.
        noise: What the column of random numbers reached at most.
        run_count: Runs used.
        total: Runs that have the metric and could have been used.
        why: Why there are no figures, "" if there are.
    """

    params: tuple[ParamImportance, ...] = ()
    fit: float = 0.0
    noise: float = 0.0
    run_count: int = 0
    total: int = 0
    why: str = ""


def importance_of(
    metric: ValueColumn, params: Sequence[ValueColumn], progress: Progress
) -> Importance:
    """Returns what params tell of a metric.

    Args:
        metric: The numbers that are told.
        params: Columns of the same runs.
        progress: Hears of each tree.

    Raises:
        Cancelled: Between two trees.
    """
    rng = np.random.default_rng(_SEED)
    there = np.flatnonzero(np.isfinite(metric.numbers))
    total = len(there)
    if total < LEAST_RUNS:
        why = f"{total:,} of at least {LEAST_RUNS} runs have this metric"
        return Importance(total=total, why=why)
    if total > MOST_RUNS:
        there = np.sort(rng.choice(there, MOST_RUNS, replace=False))
    y = _ranks(metric.numbers[there])
    if not y.var():
        return Importance(total=total, why="The metric is the same in all runs")
    kept = [column for column in params if _levels(column, there) > 1]
    if not kept:
        return Importance(total=total, why="No param differs between these runs")
    x = np.column_stack([*(_numbers(column, there) for column in kept), rng.random(len(there))])
    fits, rows = [], []
    trees = min(MOST_TREES, max(LEAST_TREES, TREE_RUNS // len(there)))
    done, every = 0, REFITS * trees

    def step() -> None:
        nonlocal done
        progress.step(done, every, "Growing trees")
        done += 1

    for _ in range(REFITS):
        part = rng.permutation(len(there))[: max(LEAST_RUNS * 2 // 3, len(there) * 2 // 3)]
        columns = np.column_stack(
            [
                values if column is None or column.is_numeric else _ordered(values, y, part)
                for values, column in zip(x.T, [*kept, None], strict=True)
            ]
        )
        judged = judge(columns[part], y[part], trees, rng, step)
        fits.append(judged.fit)
        rows.append(judged.importance)
    found = np.array(rows)
    listed = [_param(column, there, y, found[:, at]) for at, column in enumerate(kept)]
    listed.sort(key=lambda each: -each.share)
    return Importance(
        params=tuple(listed),
        fit=float(np.mean(fits)),
        noise=max(0.0, float(found[:, -1].max())),
        run_count=len(there),
        total=total,
    )


def _param(
    column: ValueColumn, there: npt.NDArray[np.intp], y: Floats, found: Floats
) -> ParamImportance:
    values = column.numbers[there] if column.is_numeric else column.codes[there]
    known = np.isfinite(values) if column.is_numeric else values >= 0
    correlation = (
        _pearson(_ranks(column.numbers[there][known]), y[known])
        if column.is_numeric
        else _ratio(column.codes[there][known], y[known])
    )
    return ParamImportance(
        field=column.field,
        share=max(0.0, float(found.mean())),
        low=max(0.0, float(found.min())),
        high=max(0.0, float(found.max())),
        correlation=correlation,
        is_numeric=column.is_numeric,
        run_count=int(known.sum()),
        value_count=len(np.unique(values[known])),
    )


def _levels(column: ValueColumn, there: npt.NDArray[np.intp]) -> int:
    """Returns how many values a param has among these runs, being absent one of them."""
    if column.is_numeric:
        values = column.numbers[there]
        known = values[~np.isnan(values)]
        return len(np.unique(known)) + (len(known) < len(values))
    return len(np.unique(column.codes[there]))


def _numbers(column: ValueColumn, there: npt.NDArray[np.intp]) -> Floats:
    """Returns a param as ranks, or as codes with the rare ones as one; what is missing is -1."""
    if column.is_numeric:
        values = column.numbers[there]
        missing = np.isnan(values)
        return np.where(missing, -1.0, _ranks(np.where(missing, 0.0, values)))
    codes = column.codes[there].astype(np.int64)
    levels, counts = np.unique(codes, return_counts=True)
    common = levels[np.argsort(-counts, kind="stable")[:MOST_LEVELS]]
    return np.where(np.isin(codes, common), codes, codes.max() + 1).astype(np.float64)


def _ordered(codes: Floats, y: Floats, part: npt.NDArray[np.intp]) -> Floats:
    """Returns categories as places in the order of their mean in ``part``: one bound parts them."""
    levels, inside = np.unique(codes, return_inverse=True)
    counts = np.bincount(inside[part], minlength=len(levels))
    sums = np.bincount(inside[part], weights=y[part], minlength=len(levels))
    means = np.divide(
        sums, counts, out=np.full(len(levels), float(y[part].mean())), where=counts > 0
    )
    places = np.argsort(np.argsort(means, kind="stable"), kind="stable")
    return places[inside].astype(np.float64)


def _ranks(values: Floats) -> Floats:
    """Returns ranks from 0 to 1; equal values share the middle of theirs."""
    _, inside, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middles = ends - (counts + 1) / 2
    return np.asarray(middles[inside] / max(1, len(values) - 1), np.float64)


def _pearson(one: Floats, other: Floats) -> float:
    if len(one) < 3 or not one.std() or not other.std():
        return float("nan")
    return float(np.clip(np.corrcoef(one, other)[0, 1], -1.0, 1.0))


def _ratio(codes: npt.NDArray[np.int32], y: Floats) -> float:
    """Returns the correlation ratio: how much of y's spread lies between the categories."""
    whole = float(((y - y.mean()) ** 2).sum()) if len(y) else 0.0
    if len(y) < 3 or not whole:
        return float("nan")
    _, inside, counts = np.unique(codes, return_inverse=True, return_counts=True)
    means = np.bincount(inside, weights=y) / counts
    between = float((counts * (means - y.mean()) ** 2).sum())
    return float(np.sqrt(min(1.0, between / whole)))
