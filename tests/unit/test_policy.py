# SPDX-License-Identifier: Apache-2.0
"""Policies: the digest they are bound by, who makes a quorum, and which one speaks for a model."""

from typing import Any

import pytest

from strongroom.domain import canonical
from strongroom.domain.policy import OPEN, GateRule, Policy, find_policy, parse_policy

OPEN_JSON = {
    "need": 0, "groups": [], "exclude": [], "veto": False, "require": [], "gates": [],
    "require_fresh_snapshot_days": 0,
}  # fmt: skip


def test_the_open_policy_is_spelled_out_and_has_a_digest():
    assert OPEN.to_json() == OPEN_JSON
    assert OPEN.digest == canonical.digest(OPEN_JSON)


def test_a_policy_survives_its_own_spelling():
    gate = GateRule(name="auc", metric="val/auc", op=">=", value="incumbent+0.01")
    policy = Policy(need=2, groups=("a", "b"), exclude=("requester",), veto=True, gates=(gate,))
    assert parse_policy(policy.to_json()) == policy


@pytest.mark.parametrize(
    "change",
    [
        {"need": -1}, {"need": True}, {"need": "1"}, {"need": 1001}, {"veto": 1}, {"groups": "a"},
        {"groups": [1]}, {"exclude": ["everybody"]}, {"gates": [{"name": "x"}]},
        {"gates": [{"name": "x", "metric": "y", "op": "==", "value": "1"}]}, {"extra": 1},
        {"require_fresh_snapshot_days": None},
    ],
)  # fmt: skip
def test_another_shape_is_no_policy(change: dict[str, Any]):
    with pytest.raises(ValueError, match=r"."):
        parse_policy({**OPEN_JSON, **change})
    with pytest.raises(ValueError, match="exactly the keys"):
        parse_policy({key: value for key, value in OPEN_JSON.items() if key != "veto"})


@pytest.mark.parametrize(
    ("need", "groups", "persons", "enough"),
    [
        (0, (), {}, True),
        (1, (), {}, False),
        (2, (), {"a": (), "b": ()}, True),
        (1, ("risk",), {"a": ("ml",)}, False),
        (2, ("risk", "ml"), {"a": ("risk", "ml"), "b": ()}, False),
        (2, ("risk", "ml"), {"a": ("risk", "ml"), "b": ("risk",)}, True),
        (2, ("risk", "ml"), {"a": ("risk",), "b": ("risk",)}, False),
        (0, ("risk", "ml"), {"a": ("risk", "ml")}, False),
        (1, ("a", "b", "c"), {"x": ("a", "b"), "y": ("b", "c"), "z": ("a",)}, True),
        (1, ("risk", "risk"), {"a": ("risk",), "b": ("risk",)}, True),
        (1, ("risk", "risk"), {"a": ("risk",), "b": ()}, False),
    ],
)
def test_a_quorum_needs_persons_and_fills_each_group_with_another_one(
    need: int, groups: tuple[str, ...], persons: dict[str, tuple[str, ...]], enough: bool
):
    assert Policy(need=need, groups=groups).has_quorum(persons) is enough


def test_the_exact_name_speaks_before_the_longest_prefix_and_that_before_the_star():
    policies = {
        name: {"production": Policy(need=number)}
        for number, name in enumerate(["*", "fraud-*", "fraud-eu*", "fraud-eu-1"])
    }
    for model, need in (("churn", 0), ("fraud-us", 1), ("fraud-eu-2", 2), ("fraud-eu-1", 3)):
        assert find_policy(policies, model, "production").need == need
    assert find_policy(policies, "fraud-us", "archived") == OPEN
    assert find_policy({}, "churn", "production") == OPEN
