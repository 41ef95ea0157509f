# SPDX-License-Identifier: Apache-2.0
"""What params tell of a metric: found where it is, nowhere else, and the same each time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Cancelled
from strongroom.domain.progress import Silent
from strongroom.domain.query import Field, FieldKind
from strongroom.services.forest import grow, judge
from strongroom.services.importance import LEAST_RUNS, MOST_RUNS, Importance, importance_of
from strongroom.services.run_values import ValueColumn

METRIC = Field(kind=FieldKind.METRIC, key="m")


def numbers(key: str, values: object) -> ValueColumn:
    return ValueColumn(
        field=Field(kind=FieldKind.PARAM, key=key), numbers=np.asarray(values, np.float64),
        codes=np.empty(0, np.int32), texts=(),
    )  # fmt: skip


def words(key: str, codes: object, texts: tuple[str, ...]) -> ValueColumn:
    chosen = np.asarray(codes, np.int32)
    return ValueColumn(
        field=Field(kind=FieldKind.PARAM, key=key), numbers=np.full(len(chosen), np.nan),
        codes=chosen, texts=texts,
    )  # fmt: skip


def made(many: int = 240, seed: int = 3) -> tuple[ValueColumn, list[ValueColumn]]:
    """Returns a metric that is best at lr = 0.003 and with one optimiser; depth does nothing."""
    rng = np.random.default_rng(seed)
    lr, opt = 10 ** rng.uniform(-4, -1, many), rng.integers(0, 3, many)
    score = -np.abs(np.log10(lr) + 2.5) + 0.6 * (opt == 1) + 0.05 * rng.normal(size=many)
    params = [
        numbers("lr", lr),
        numbers("depth", rng.integers(1, 9, many)),
        words("opt", opt, ("adam", "sgd", "rms")),
    ]
    return numbers("m", score), params


def by_key(found: Importance) -> dict[str, float]:
    return {each.field.key: each.share for each in found.params}


def test_what_decides_stands_first_though_it_correlates_with_nothing() -> None:
    metric, params = made()
    found = importance_of(metric, params, Silent())
    assert [each.field.key for each in found.params][:2] == ["lr", "opt"]
    lr, opt, depth = (each for each in found.params)
    assert abs(lr.correlation) < 0.2  # a valley: no rank correlation, and still it decides
    assert lr.share > 0.2 > depth.share
    assert opt.share > found.noise >= 0
    assert depth.low <= found.noise + 0.02
    assert 0.4 < found.fit <= 1
    assert not opt.is_numeric
    assert 0 < opt.correlation <= 1
    assert all(each.low <= each.share <= each.high for each in found.params)
    assert importance_of(metric, params, Silent()) == found


def test_nothing_is_found_where_nothing_is() -> None:
    rng = np.random.default_rng(5)
    found = importance_of(
        numbers("m", rng.normal(size=200)),
        [numbers(f"p{at}", rng.normal(size=200)) for at in range(4)], Silent(),
    )  # fmt: skip
    assert found.fit < 0.1
    assert max(by_key(found).values()) < 0.1


@pytest.mark.parametrize(
    ("metric", "params", "why"),
    [
        (range(LEAST_RUNS - 1), range(LEAST_RUNS - 1), f"19 of at least {LEAST_RUNS} runs"),
        ([1.0] * 40, range(40), "the same in all runs"),
        (range(40), [7] * 40, "No param differs"),
        ([math.nan] * 40, range(40), "0 of at least"),
    ],
)
def test_too_little_gives_a_reason_instead_of_figures(
    metric: object, params: object, why: str
) -> None:
    found = importance_of(numbers("m", metric), [numbers("p", params)], Silent())
    assert why in found.why
    assert found.params == ()


def test_more_runs_than_it_takes_are_drawn_and_counted() -> None:
    metric, params = made(MOST_RUNS + 400)
    found = importance_of(metric, params, Silent())
    assert (found.run_count, found.total) == (MOST_RUNS, MOST_RUNS + 400)
    assert by_key(found)["lr"] > by_key(found)["depth"]


def test_runs_that_diverged_or_lack_a_param_do_not_break_it() -> None:
    metric, params = made()
    metric.numbers[:5] = [math.inf, -math.inf, math.nan, 1e300, -1e300]
    params[0].numbers[::7] = math.nan
    params[2].codes[::5] = -1
    found = importance_of(metric, params, Silent())
    assert found.params[0].field.key == "lr"
    assert found.run_count == 237
    assert all(math.isfinite(each.share) for each in found.params)


def test_it_stops_between_two_trees() -> None:
    class Impatient:
        steps = 0

        def step(self, done: int, total: int, what: str = "") -> None:
            self.steps += 1
            if self.steps == 4:
                raise Cancelled

    watched = Impatient()
    with pytest.raises(Cancelled):
        importance_of(*made(), watched)
    assert watched.steps == 4


@settings(max_examples=40, deadline=None)
@given(
    y=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40),
    columns=st.integers(1, 4),
    seed=st.integers(0, 1_000),
)
def test_a_tree_tells_only_what_it_has_seen(y: list[float], columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.array(y)
    x = rng.integers(0, 5, (len(y), columns)).astype(np.float64)
    tree = grow(x, truth, rng)
    told = tree.tell(x)
    slack = 1e-6 * max(1.0, float(np.abs(truth).max()))
    assert truth.min() - slack <= told.min() <= told.max() <= truth.max() + slack
    assert told.mean() == pytest.approx(truth.mean(), abs=slack)
    judged = judge(x, truth, 3, rng, lambda: None)
    assert judged.fit <= 1.0 + 1e-9
    assert np.isfinite(judged.importance).all()
