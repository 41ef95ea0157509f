# SPDX-License-Identifier: Apache-2.0
"""What a team should tighten next, rule by rule; nothing of it for a team that has."""

from dataclasses import replace

import pytest

from strongroom.domain.duties import cannot_be_met, duty_findings
from strongroom.domain.policy import Policy
from strongroom.domain.team import TrustDocument
from support.team_builder import Team, a_team, key_of, root_key

FOUR_EYES = Policy(need=1, exclude=("requester",), veto=True)
SIX_EYES = replace(FOUR_EYES, need=2)


@pytest.fixture
def team() -> Team:
    return a_team()


def rules(document: TrustDocument) -> set[str]:
    return {finding.rule for finding in duty_findings(document)}


def tightened(team: Team) -> TrustDocument:
    """A team of five with nothing left to tighten."""
    ada = team.enrol("Ada", "analyst")
    for name in ("Mara", "Nils", "Olga"):
        team.enrol(name, "release-approver")
    bea, cy = team.enrol("Bea", "viewer"), team.enrol("Cy", "auditor")
    roots = [key_of(name) for name in ("a", "b", "c")]
    document = team.latest
    founder = document.members[team.founder.id]
    members = {
        **document.members,
        founder.writer: replace(founder, grants=()),
    }
    return replace(
        document,
        members=members,
        admin_writers=(bea.id, founder.writer),
        admin_threshold=2,
        root_keys={key.writer: root_key(key) for key in roots},
        root_threshold=2,
        policies={"*": {"staging": FOUR_EYES, "production": SIX_EYES}},
        limits={"of": ada.id + cy.id},
    )


def test_a_team_of_one_is_told_nothing_but_what_it_cannot_do(team: Team):
    assert rules(team.latest) == {"policy-cannot-be-met"}


def test_a_team_that_has_tightened_everything_is_told_nothing(team: Team):
    assert duty_findings(tightened(team)) == ()


LOOSER = {
    "every-right-in-one-hand": lambda d: replace(d, admin_writers=(*d.admin_writers, *(
        w for w, m in d.members.items() if any(g.cap == "approve:*" for g in m.grants)))),
    "one-admin-decides": lambda d: replace(d, admin_threshold=1),
    "one-admin": lambda d: replace(d, admin_threshold=1, admin_writers=d.admin_writers[:1]),
    "one-root-key": lambda d: replace(
        d, root_threshold=1, root_keys=dict(list(d.root_keys.items())[:1])),
    "one-root-key-decides": lambda d: replace(d, root_threshold=1),
    "no-spare-root-key": lambda d: replace(d, root_threshold=3),
    "stage-left-open": lambda d: replace(
        d, policies={**d.policies, "fraud-*": {"staging": FOUR_EYES}}),
    "own-approval-counts": lambda d: replace(
        d, policies={"*": {"staging": Policy(need=1), "production": SIX_EYES}}),
    "policy-cannot-be-met": lambda d: replace(
        d, policies={"*": {"staging": FOUR_EYES, "production": replace(SIX_EYES, need=4)}}),
    "auditor-approves": lambda d: replace(d, members={
        w: replace(m, grants=(*m.grants, replace(m.grants[0], cap="export.audit")))
        if any(g.cap == "approve:*" for g in m.grants) else m
        for w, m in d.members.items()}),
}  # fmt: skip


@pytest.mark.parametrize("rule", LOOSER)
def test_each_loosening_is_told_by_its_rule(team: Team, rule: str):
    assert rules(LOOSER[rule](tightened(team))) >= {rule}


def test_four_approvers_are_enough_to_ask_two_of_them(team: Team):
    tight = tightened(team)
    pia = team.enrol("Pia", "release-approver")
    more = {**tight.members, pia.id: team.latest.members[pia.id]}
    people = {**tight.people, **team.latest.people}
    policies = {"*": {"staging": FOUR_EYES, "production": FOUR_EYES}}
    loose = replace(tight, members=more, people=people, policies=policies)
    assert "one-approval-of-many" in rules(loose)
    assert "one-approval-of-many" not in rules(replace(loose, policies=tight.policies))


def test_three_keys_of_one_approver_are_told(team: Team):
    mara = team.enrol("Mara", "release-approver")
    for host in ("Mara's laptop", "Mara's old laptop"):
        assert "many-approving-keys" not in rules(team.latest)
        team.enrol(host, "release-approver", person=mara.person)
    assert "many-approving-keys" in rules(team.latest)


def test_a_policy_counts_people_groups_and_scopes(team: Team):
    team.enrol("Ada", "analyst")
    team.enrol("Mara", "release-approver", scope="model:fraud-*", groups=["risk"])
    policies = {
        "*": {"production": Policy()},
        "fraud-*": {"production": replace(FOUR_EYES, groups=("risk",))},
        "fraud-eu": {"production": replace(FOUR_EYES, groups=("ml",))},
        "churn": {"production": replace(FOUR_EYES, need=2)},
    }
    document = replace(team.latest, policies=policies)
    assert cannot_be_met(document) == (("churn", "production"), ("fraud-eu", "production"))
