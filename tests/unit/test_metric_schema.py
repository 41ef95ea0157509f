# SPDX-License-Identifier: Apache-2.0
"""What a metric's name tells, what a person states over it, and which runs break it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import BadInput
from strongroom.domain.metric import is_name
from strongroom.domain.metric_schema import Direction, MetricRule, MetricSchema, learned_rule
from strongroom.domain.run import MetricSummary

HIGHER, LOWER, NONE = Direction.HIGHER, Direction.LOWER, Direction.NONE


def summary(*values: float) -> MetricSummary:
    numbers = [value for value in values if not math.isnan(value)] or [math.nan]
    return MetricSummary(
        count=len(values),
        last=values[-1],
        last_step=len(values) - 1,
        minimum=min(numbers),
        maximum=max(numbers),
    )


@pytest.mark.parametrize(
    ("key", "unit", "direction", "low", "high"),
    [
        ("val/auc", "", HIGHER, 0, 1),
        ("ROC_AUC", "", HIGHER, 0, 1),
        ("valAccuracy", "", HIGHER, 0, 1),
        ("accuracy_pct", "%", HIGHER, 0, 100),
        ("f1-score", "", HIGHER, 0, 1),
        ("macroF1", "", HIGHER, 0, 1),
        ("recall@10", "", HIGHER, 0, 1),
        ("map50", "", HIGHER, 0, 1),
        ("eval.r2", "", HIGHER, None, 1),
        ("test_bleu", "", HIGHER, 0, 100),
        ("samples_per_second", "1/s", HIGHER, 0, None),
        ("images/s", "1/s", HIGHER, 0, None),
        ("throughput", "", HIGHER, 0, None),
        ("train/loss", "", LOWER, None, None),
        ("accuracy_loss", "", LOWER, None, None),
        ("val_RMSE", "", LOWER, 0, None),
        ("mae", "", LOWER, 0, None),
        ("latency_p95_ms", "ms", LOWER, 0, None),
        ("HTTPLatencyMs", "ms", LOWER, 0, None),
        ("epoch_seconds", "s", LOWER, 0, None),
        ("gpu0/memory_gb", "GB", LOWER, 0, None),
        ("neg_mean_squared_error", "", HIGHER, None, 0),
        ("system/cpu_util_pct", "%", NONE, None, None),
        ("loss_scale", "", NONE, None, None),
        ("lr", "", NONE, None, None),
        ("s", "", NONE, None, None),
        ("天気", "", NONE, None, None),
    ],
)
def test_a_name_tells_unit_direction_and_bounds(key, unit, direction, low, high):
    assert learned_rule(key) == MetricRule(
        key=key, unit=unit, direction=direction, low=low, high=high, is_learned=True
    )


@given(st.text(min_size=1, max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_name_gives_a_rule_and_its_own_key(key):
    if is_name(key):
        rule = learned_rule(key)
        assert rule.key == key
        assert rule.is_learned


def test_a_stated_rule_stands_in_place_of_the_learned_one():
    stated = MetricRule(key="val/auc", unit="%", direction=LOWER, high=100)
    schema = MetricSchema((stated,))
    assert schema.rule("val/auc") is stated
    assert schema.rule("train/auc") == learned_rule("train/auc")
    assert schema == MetricSchema((stated,))


def test_best_follows_the_direction():
    run = summary(0.2, 0.9, 0.5)
    assert learned_rule("acc").best(run) == 0.9
    assert learned_rule("loss").best(run) == 0.2
    assert learned_rule("thing").best(run) is None
    assert learned_rule("acc").best(summary(math.nan)) is None


@pytest.mark.parametrize(
    ("rule", "values", "sentence"),
    [
        (learned_rule("val/auc"), (0.5, 1.2, 0.9), "val/auc reached 1.2, above its bound of 1"),
        (learned_rule("val/auc"), (0.5, -0.1), "val/auc fell to -0.1, below its bound of 0"),
        (learned_rule("acc"), (97.5, 98.0), "acc reached 98, above its bound of 1"),
        (
            learned_rule("latency_ms"),
            (-3.0,),
            "latency_ms fell to -3 ms, below its bound of 0 ms",
        ),
        (
            MetricRule(key="x", high=1),
            (1.00000001,),
            "x reached 1.00000001, above its bound of 1",
        ),
        (learned_rule("auc"), (math.inf,), "auc reached inf, above its bound of 1"),
        (learned_rule("val/auc"), (0.0, 1.0), ""),
        (learned_rule("val/auc"), (math.nan,), ""),
        (learned_rule("thing"), (1e300,), ""),
    ],
)
def test_a_run_that_breaks_a_rule_is_told_in_one_sentence(rule, values, sentence):
    assert MetricSchema((rule,)).breach(rule.key, summary(*values)) == sentence


@given(
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_rule_is_broken_exactly_by_points_outside_it(values, one, other):
    low, high = sorted((one, other))
    rule = MetricRule(key="x", low=low, high=high)
    assert bool(rule.breach(summary(*values))) == any(not low <= each <= high for each in values)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"key": "x" * 2_000},
        {"key": "x", "unit": "u" * 25},
        {"key": "x", "unit": "a\nb"},
        {"key": "x", "unit": "\u202e"},
        {"key": "x", "low": 2.0, "high": 1.0},
        {"key": "x", "low": math.nan},
        {"key": "x", "high": math.inf},
    ],
)
def test_a_rule_that_cannot_hold_is_refused(wrong):
    with pytest.raises(BadInput):
        MetricRule(**wrong)
