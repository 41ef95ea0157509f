# SPDX-License-Identifier: Apache-2.0
"""The late rule: governance that was signed apart from a change of its writer's rights."""

from dataclasses import replace

import pytest

from strongroom.domain.errors import Refused
from strongroom.domain.policy import Policy
from strongroom.domain.requests import approval_body
from strongroom.domain.team import Grant
from support.team_builder import Team, Writer, a_team


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def alice(team: Team) -> Writer:
    return team.enrol("Alice", caps=["register", "log", "request:*"])


@pytest.fixture
def mara(team: Team) -> Writer:
    return team.enrol("Mara", "release-approver")


def give(team: Team, writer: Writer, cap: str, *, keep: bool = True) -> None:
    """Gives a right from what the admins have seen on; takes the writer's others if not kept."""
    team.changes(lambda document: _given(document, writer, cap, keep=keep))


def _given(document, writer, cap, *, keep):
    member = document.members[writer.id]
    head = document.heads.get(writer.id, (0, ""))
    grants = member.grants
    if not keep:
        grants = tuple(g if g.cut else replace(g, cut=head) for g in grants)
    fresh = Grant(cap=cap, scope="*", after_seq=head[0], cut=None)
    more = replace(member, grants=(*grants, fresh))
    return replace(document, members={**document.members, writer.id: more})


def test_an_approval_by_a_right_that_was_given_unseen_waits_to_be_confirmed(
    team: Team, alice: Writer
):
    ben = team.enrol("Ben", "viewer")
    wish = alice.requests(alice.registers("churn", 1), "Production")
    ben.apart()
    early = ben.approves(wish)  # he had no right, and signed all the same
    assert ben.state().status(wish) == "pending"
    give(team, ben, "approve:*")
    state = team.joins()
    assert state.status(wish) == "needs-reconfirm"
    assert state.refusal(early) == "E-LATE"
    ben.approves(wish)
    assert team.state().status(wish) == "effective"


def test_an_approval_by_a_right_that_was_taken_and_given_anew_waits_to_be_confirmed(
    team: Team, alice: Writer, mara: Writer
):
    wish = alice.requests(alice.registers("churn", 1), "Production")
    mara.apart()
    mara.approves(wish)
    give(team, mara, "approve:production", keep=False)
    assert team.joins().status(wish) == "needs-reconfirm"


def test_an_approval_by_a_right_that_stayed_counts_whatever_else_was_given(
    team: Team, alice: Writer, mara: Writer
):
    wish = alice.requests(alice.registers("churn", 1), "Production")
    mara.apart()
    mara.approves(wish)
    give(team, mara, "approve:production")
    give(team, mara, "witness")
    assert team.joins().status(wish) == "effective"


def test_a_request_by_a_right_that_was_given_unseen_has_to_be_made_again(team: Team, mara: Writer):
    alice = team.enrol("Alice", caps=["register"])
    version = alice.registers("churn", 1)
    alice.apart()
    wish = alice.requests(version, "Production")
    give(team, alice, "request:*")
    mara.sees(alice)
    mara.station.takes_all_of(alice.station)
    mara.approves(wish)
    state = team.joins()
    assert state.status(wish) == "needs-reconfirm"
    assert state.stage_of(version) == "None"
    with pytest.raises(Refused, match="E-LATE"):
        approval_body(state.registry.requests[wish.id], comment="again")
    again = alice.requests(version, "Production")
    mara.approves(again)
    assert team.state().stage_of(version) == "Production"


def test_a_late_rejection_is_neither_lost_nor_obeyed_unseen(
    team: Team, alice: Writer, mara: Writer
):
    nils = team.enrol("Nils", "release-approver")
    version = alice.registers("churn", 1)
    wish = alice.requests(version, "Production")
    nils.apart()
    nils.rejects(wish)
    give(team, nils, "approve:production", keep=False)
    mara.approves(wish)
    assert mara.state().status(wish) == "effective"
    state = team.joins()
    assert state.status(wish) == "needs-reconfirm"
    assert state.stage_of(version) == "None"
    with pytest.raises(Refused, match="somebody rejected it"):
        approval_body(state.registry.requests[wish.id], comment="again")
    again = alice.requests(version, "Production")
    nils.rejects(again)
    assert team.state().status(again) == "rejected"


def test_a_late_answer_that_decides_nothing_stops_nothing(team: Team, alice: Writer, mara: Writer):
    ben = team.enrol("Ben", "viewer")
    wish = alice.requests(alice.registers("churn", 1), "Production")
    ben.apart()
    ben.approves(wish)
    give(team, ben, "approve:*")
    mara.approves(wish)
    assert team.joins().status(wish) == "effective"


def test_a_request_kept_open_by_late_answers_alone_can_be_answered_again(team: Team, alice: Writer):
    ben = team.enrol("Ben", "viewer")
    wish = alice.requests(alice.registers("churn", 1), "Production")
    ben.apart()
    ben.approves(wish)
    give(team, ben, "approve:*")
    request = team.joins().registry.requests[wish.id]
    assert request.is_vote_late
    assert approval_body(request, comment="again")["request"] == wish.id


def test_a_late_alias_and_a_late_emergency_have_no_effect(team: Team, alice: Writer, mara: Writer):
    ben = team.enrol("Ben", "viewer")
    first, second = alice.registers("churn", 1), alice.registers("churn", 2)
    for version in (first, second):
        mara.approves(alice.requests(version, "Production"))
    ben.apart()
    alias, rush = ben.points("churn", "champion", first), ben.rushes(first, "Production")
    for cap in ("register", "approve:*"):
        give(team, ben, cap)
    state = team.joins()
    assert state.refusal(alias) == state.refusal(rush) == "E-LATE"
    assert state.alias("churn", "champion") is None
    assert state.stage_of(second) == "Production"


def test_ordinary_events_are_taken_however_late(team: Team):
    ben = team.enrol("Ben", "viewer").apart()
    run = ben.finishes_run("r1")
    version = ben.registers("churn", 1)
    for cap in ("log", "register"):
        give(team, ben, cap)
    state = team.joins()
    assert state.refusal(run) == ""
    assert state.registry.version(version) is not None


def test_what_the_admins_had_seen_is_never_late(team: Team, alice: Writer, mara: Writer):
    version = alice.registers("churn", 1)
    wish = alice.requests(version, "Production")
    mara.approves(wish)
    give(team, mara, "approve:production", keep=False)
    team.policy("archived", Policy(need=1))
    assert team.state().stage_of(version) == "Production"
