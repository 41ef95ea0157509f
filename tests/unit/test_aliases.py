# SPDX-License-Identifier: Apache-2.0
"""Aliases: one lane each, with conflicts that stay visible until somebody names both sides."""

import pytest

from strongroom.domain.errors import BadInput
from strongroom.domain.registry import VersionKey
from support.team_builder import Team, Writer, a_team, tree_of


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def alice(team: Team) -> Writer:
    return team.enrol("Alice", "analyst")


@pytest.fixture
def versions(alice: Writer) -> list[VersionKey]:
    return [alice.registers("churn", number) for number in (1, 2, 3)]


def test_an_alias_points_moves_and_goes(team: Team, alice: Writer, versions: list[VersionKey]):
    for key in (versions[0], versions[1], None, versions[2]):
        alice.points("churn", "champion", key)
        assert team.state().alias("churn", "champion") == key
    [model] = team.state().registry.to_json()["models"]
    assert model["aliases"] == {"champion": f"3+{versions[2][2][:8]}"}


def test_two_settings_at_once_leave_the_alias_where_it_was(
    team: Team, alice: Writer, versions: list[VersionKey]
):
    alice.points("churn", "champion", versions[0])
    bob = team.enrol("Bob", "analyst").apart()
    ours = alice.points("churn", "champion", versions[1])
    theirs = bob.points("churn", "champion", versions[2])
    state = team.joins()
    assert state.alias("churn", "champion") == versions[0]
    assert state.conflicts("churn") == [sorted([ours.id, theirs.id])]
    solving = alice.points("churn", "champion", versions[2])
    assert solving.body["parents"] == sorted([ours.id, theirs.id])
    assert team.state().alias("churn", "champion") == versions[2]
    assert team.state().conflicts("churn") == []


def test_a_setting_made_in_knowledge_of_another_must_follow_it(
    team: Team, alice: Writer, versions: list[VersionKey]
):
    alice.points("churn", "champion", versions[0])
    alice.points("churn", "champion", versions[1], parents=[])
    assert team.state().alias("churn", "champion") == versions[0]
    assert team.state().conflicts("churn") == []


def test_nobody_points_at_what_is_not_registered(
    team: Team, alice: Writer, versions: list[VersionKey]
):
    with pytest.raises(BadInput, match="E-VERSION"):
        alice.points("churn", "champion", ("churn", 9, tree_of("x")))
    with pytest.raises(BadInput, match="E-VERSION"):
        alice.points("fraud", "champion", versions[0])
    alice.points("churn", "champion", versions[0], version=9)
    assert team.state().alias("churn", "champion") is None


def test_who_may_not_register_sets_no_alias(team: Team, versions: list[VersionKey]):
    mara = team.enrol("Mara", "release-approver")
    setting = mara.points("churn", "champion", versions[0])
    assert team.state().refusal(setting) == "E-CAP"
    assert team.state().alias("churn", "champion") is None


def test_two_aliases_of_one_model_do_not_meet(
    team: Team, alice: Writer, versions: list[VersionKey]
):
    bob = team.enrol("Bob", "analyst").apart()
    alice.points("churn", "champion", versions[0])
    bob.points("churn", "challenger", versions[1])
    state = team.joins()
    assert state.alias("churn", "champion") == versions[0]
    assert state.alias("churn", "challenger") == versions[1]
    assert state.conflicts("churn") == []
