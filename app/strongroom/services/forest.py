# SPDX-License-Identifier: Apache-2.0
"""A small forest of regression trees, with numpy alone: what of y can be told from which column.

* Trees are grown on bootstrap samples and judged on the rows they have not seen (Breiman, 2001).
* The importance of a column is half of how much worse a tree tells unseen rows when that column is
  shuffled among them, as a share of the variance of y: its total effect (Sobol', 1993), from 0 to
  about 1. Shares may add up to more than 1 where columns act together.
* Columns are numbers; a value that is missing is the smallest of its column. The seed decides all.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

LEAST_LEAF = 3  # rows
DEEPEST = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """A tree as arrays: at each node a column and a bound, or (column -1) a value."""

    column: npt.NDArray[np.int64]
    bound: Floats
    low: npt.NDArray[np.int64]
    value: Floats

    def tell(self, x: Floats) -> Floats:
        """Returns the value of each row of ``x``."""
        at = np.zeros(len(x), np.int64)
        rows = np.arange(len(x))
        for _ in range(DEEPEST + 1):
            column = self.column[at]
            inner = column >= 0
            if not inner.any():
                break
            right = x[rows, np.maximum(column, 0)] > self.bound[at]
            at = np.where(inner, self.low[at] + right, at)
        return self.value[at]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What a forest can tell: the share of unseen variance, and what each column adds."""

    fit: float
    importance: Floats


def grow(x: Floats, y: Floats, rng: np.random.Generator) -> Tree:
    """Returns one tree over all rows; half of the columns are looked at in each node."""
    tried = math.ceil(x.shape[1] / 2)
    nodes: list[tuple[int, float, int, float]] = []
    waiting: list[tuple[Rows, int]] = [(np.arange(len(y)), 0)]
    nodes.append((-1, 0.0, 0, float(y.mean())))
    place = 0
    while place < len(waiting):
        rows, depth = waiting[place]
        split = None
        if len(rows) >= 2 * LEAST_LEAF and depth < DEEPEST:
            split = _split(x, y, rows, rng.permutation(x.shape[1])[:tried])
        if split is not None:
            column, bound = split
            right = x[rows, column] > bound
            nodes[place] = (column, bound, len(nodes), 0.0)
            for part in (rows[~right], rows[right]):
                waiting.append((part, depth + 1))
                nodes.append((-1, 0.0, 0, float(y[part].mean())))
        place += 1
    columns, bounds, lows, values = zip(*nodes, strict=True)
    return Tree(
        column=np.array(columns, np.int64),
        bound=np.array(bounds, np.float64),
        low=np.array(lows, np.int64),
        value=np.array(values, np.float64),
    )


def judge(
    x: Floats, y: Floats, trees: int, rng: np.random.Generator, step: Callable[[], None]
) -> Judged:
    """Returns what a forest of so many trees can tell; ``step`` is called before each tree."""
    many, columns = x.shape
    told, seen = np.zeros(many), np.zeros(many)
    worse = np.zeros(columns)
    variance = float(y.var()) or 1.0
    for _ in range(trees):
        step()
        inside = rng.integers(0, many, many)
        tree = grow(x[inside], y[inside], rng)
        out = np.setdiff1d(np.arange(many), inside)
        if len(out) < LEAST_LEAF:
            continue
        unseen, truth = x[out], y[out]
        said = tree.tell(unseen)
        told[out] += said
        seen[out] += 1
        error = float(np.mean((said - truth) ** 2))
        for column in np.unique(tree.column[tree.column >= 0]).tolist():
            shuffled = unseen.copy()
            shuffled[:, column] = rng.permutation(shuffled[:, column])
            worse[column] += float(np.mean((tree.tell(shuffled) - truth) ** 2)) - error
    known = seen > 0
    left = float(np.mean((told[known] / seen[known] - y[known]) ** 2)) if known.any() else variance
    return Judged(fit=1.0 - left / variance, importance=worse / max(1, trees) / (2 * variance))


def _split(x: Floats, y: Floats, rows: Rows, tried: Rows) -> tuple[int, float] | None:
    """Returns the column and bound that leave the least variance, None if none helps."""
    values = x[np.ix_(rows, tried)]
    order = np.argsort(values, axis=0, kind="stable")
    sorted_x = np.take_along_axis(values, order, axis=0)
    sums = np.cumsum(y[rows][order], axis=0)
    many = len(rows)
    left = np.arange(1, many, dtype=np.float64)[:, None]
    gain = sums[:-1] ** 2 / left + (sums[-1] - sums[:-1]) ** 2 / (many - left)
    allowed = sorted_x[1:] > sorted_x[:-1]
    allowed[: LEAST_LEAF - 1] = False
    allowed[many - LEAST_LEAF :] = False
    gain = np.where(allowed, gain, -np.inf)
    best = int(np.argmax(gain))
    at, column = divmod(best, len(tried))
    base = float(sums[-1, column]) ** 2 / many
    if not gain[at, column] > base * (1 + 1e-12) + 1e-12:
        return None
    low, high = float(sorted_x[at, column]), float(sorted_x[at + 1, column])
    middle = low + (high - low) / 2
    return int(tried[column]), low if not low <= middle < high else middle
