# SPDX-License-Identifier: Apache-2.0
"""What a draft changes is told by what it comes to; nothing that loosens looks like nothing."""

from dataclasses import replace

import pytest

from strongroom.domain.policy import GateRule, Policy
from strongroom.domain.team_changes import TeamChange, Weight, team_changes
from support.team_builder import Team, a_team

STRICT = Policy(
    need=2,
    groups=("risk",),
    exclude=("requester", "run-author"),
    veto=True,
    require=("report:eval",),
    gates=(GateRule(name="auc", metric="auc", op=">=", value="0.9"),),
    require_fresh_snapshot_days=14,
)


@pytest.fixture
def team() -> Team:
    made = a_team()
    rules = {"*": {"staging": Policy(need=1), "production": STRICT}}
    made.changes(lambda document: replace(document, policies=rules))
    return made


def told(team: Team, policies: dict[str, dict[str, Policy]]) -> dict[str, TeamChange]:
    after = replace(team.latest, policies=policies)
    return {change.subject: change for change in team_changes(team.latest, after)}


@pytest.mark.parametrize(
    "less",
    [
        {"need": 1},
        {"groups": ()},
        {"exclude": ("requester",)},
        {"veto": False},
        {"require": ()},
        {"gates": ()},
        {"require_fresh_snapshot_days": 0},
        {"require_fresh_snapshot_days": 30},
        {"need": 3, "veto": False},
    ],
)
def test_a_policy_that_asks_for_less_anywhere_allows_more(team: Team, less: dict[str, object]):
    weaker = replace(STRICT, **less)  # type: ignore[arg-type]  # fields by name
    rules = team.latest.policies["*"]
    found = told(team, {"*": {**rules, "production": weaker}})
    assert found["Policy *, production"].weight is Weight.MORE
    back = {"*": {**rules, "production": replace(STRICT, need=3)}}
    assert told(team, back)["Policy *, production"].weight is Weight.LESS


def test_a_pattern_that_says_nothing_of_a_stage_opens_it_and_says_so(team: Team):
    found = told(team, {**team.latest.policies, "fraud-*": {"staging": Policy(need=1)}})
    assert set(found) == {"Policy fraud-*, production"}
    opened = found["Policy fraud-*, production"]
    assert opened.weight is Weight.MORE
    assert opened.text.startswith("nothing (before: 2 approvals")


def test_a_pattern_of_the_same_effect_is_told_all_the_same(team: Team):
    found = told(team, {**team.latest.policies, "fraud-*": dict(team.latest.policies["*"])})
    assert {key: change.weight for key, change in found.items()} == {"Policy fraud-*": Weight.OTHER}


def test_joining_a_group_gives_more(team: Team):
    key, person = next(iter(team.latest.people.items()))
    after = replace(team.latest, people={key: replace(person, groups=("risk",))})
    (change,) = team_changes(team.latest, after)
    assert (change.weight, change.text) == (Weight.MORE, "belongs to the groups: risk")
