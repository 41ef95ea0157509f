# SPDX-License-Identifier: Apache-2.0
"""Rights: capabilities, scopes, intervals and cuts."""

from dataclasses import replace

import pytest

from strongroom.domain.access import ROLES, covers, denial, in_scope, role_of
from strongroom.domain.team import Grant, TrustDocument
from support.team_builder import Team, Writer, a_team


@pytest.mark.parametrize(
    ("granted", "wanted", "does"),
    [
        ("approve:production", "approve:production", True),
        ("approve:*", "approve:production", True),
        ("approve:staging", "approve:production", False),
        ("request:*", "approve:production", False),
        ("approve:prod*", "approve:production", False),
        ("*", "approve:production", False),
        (":*", "log", False),
        ("log:*", "log", False),
        ("log", "log", True),
    ],
)
def test_a_capability_covers_itself_and_a_star_any_stage(granted: str, wanted: str, does: bool):
    assert covers(granted, wanted) is does


@pytest.mark.parametrize(
    ("scope", "kind", "name", "lies"),
    [
        ("*", "model", "churn", True),
        ("model:churn", "model", "churn", True),
        ("model:churn", "model", "churn-2", False),
        ("model:fraud-*", "model", "fraud-eu", True),
        ("model:fraud-*", "experiment", "fraud-eu", False),
        ("model:*", "model", "", True),
        ("model:f*d", "model", "fraud", False),
        ("model", "model", "model", False),
    ],
)
def test_only_a_trailing_star_is_special(scope: str, kind: str, name: str, lies: bool):
    assert in_scope(scope, kind, name) is lies


@pytest.fixture
def team() -> Team:
    return a_team()


def with_grant(document: TrustDocument, writer: Writer, **fields: object) -> TrustDocument:
    grant = replace(Grant(cap="log", scope="*", after_seq=0, cut=None), **fields)
    member = replace(document.members[writer.id], grants=(grant,))
    return replace(document, members={**document.members, writer.id: member})


def test_a_right_holds_after_its_start_and_up_to_its_cut(team: Team):
    bob = team.enrol("Bob", "viewer")
    document = with_grant(team.latest, bob, after_seq=2, cut=(4, "a" * 64))

    def code(seq: int, held: str | None) -> str:
        found = denial(document, bob.id, seq, "log", id_at=lambda _writer, _seq: held)
        return found.code if found else ""

    assert [code(seq, "a" * 64) for seq in (1, 2, 3, 4, 5)] == ["E-CAP", "E-CAP", "", "", "E-CUT"]
    assert code(3, None) == ""
    assert code(3, "b" * 64) == "E-CUT"


def test_a_stranger_has_no_right(team: Team):
    found = denial(team.latest, "0" * 64, 1, "log")
    assert found is not None
    assert found.code == "E-CAP"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_a_role_is_recognised_by_its_rights(team: Team, role: str):
    bob = team.enrol("Bob", role)
    assert role_of(team.latest, bob.id) == role


def test_roles_that_are_no_sets_of_ours_have_names_too(team: Team):
    assert role_of(team.latest, team.founder.id) == "founder"
    host, odd = team.enrol("Host", caps=["log"]), team.enrol("Odd", caps=["log", "witness"])
    assert role_of(team.latest, host.id) == "log-only"
    assert role_of(team.latest, odd.id) == "custom"
