# SPDX-License-Identifier: Apache-2.0
"""Whose word counts: four eyes, quorums, vetoes, policies and cuts, told as stories."""

from dataclasses import replace

import pytest

from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.policy import GateRule, Policy
from support.team_builder import Team, Writer, a_team, tree_of

FOUR_EYES = Policy(need=1, exclude=("requester",), veto=True)


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def alice(team: Team) -> Writer:
    return team.enrol("Alice", "analyst")


@pytest.fixture
def mara(team: Team) -> Writer:
    return team.enrol("Mara", "release-approver")


# -------------------------------------------------------------------- four eyes


def test_a_request_waits_until_somebody_else_approves(team: Team, alice: Writer, mara: Writer):
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    assert team.state().status(wish) == "pending"
    assert team.state().stage_of(v1) == "None"
    mara.approves(wish)
    assert team.state().status(wish) == "effective"
    assert team.state().stage_of(v1) == "Production"
    assert team.state().by(v1) == wish.id


def test_nobody_approves_his_own_request(team: Team, mara: Writer):
    v1 = team.founder.registers("churn", 1)
    wish = mara.requests(v1, "Production")
    own = mara.approves(wish)
    assert team.state().status(wish) == "pending"
    assert team.state().refusal(own) == "E-SELF"


def test_20_a_second_device_is_the_same_person(team: Team, alice: Writer, mara: Writer):
    v1 = alice.registers("churn", 1)
    laptop = team.enrol("Mara's laptop", "release-approver", person=mara.person)
    wish = mara.requests(v1, "Production")
    own = laptop.approves(wish)
    assert team.state().refusal(own) == "E-SELF"
    assert team.state().stage_of(v1) == "None"


def test_two_devices_of_one_approver_count_once(team: Team, alice: Writer, mara: Writer):
    team.policy("production", replace(FOUR_EYES, need=2))
    laptop = team.enrol("Mara's laptop", "release-approver", person=mara.person)
    wish = alice.requests(alice.registers("churn", 1), "Production")
    mara.approves(wish)
    laptop.approves(wish)
    assert team.state().status(wish) == "pending"
    team.enrol("Nils", "release-approver").approves(wish)
    assert team.state().status(wish) == "effective"


def test_the_author_of_the_run_does_not_approve_where_the_policy_says_so(
    team: Team, alice: Writer, mara: Writer
):
    team.policy("production", replace(FOUR_EYES, exclude=("requester", "run-author")))
    author = team.enrol("Rita", caps=["log", "approve:*"])
    author.finishes_run("r1")
    wish = alice.requests(alice.registers("churn", 1, run="r1"), "Production")
    own = author.approves(wish)
    assert team.state().refusal(own) == "E-SELF"
    assert team.state().status(wish) == "pending"
    mara.approves(wish)
    assert team.state().status(wish) == "effective"


def test_19_an_analyst_who_signs_an_approval_by_hand_is_ignored(team: Team, alice: Writer):
    bob = team.enrol("Bob", "analyst")
    wish = alice.requests(alice.registers("churn", 1), "Production")
    forged = bob.approves(wish)
    assert team.state().refusal(forged) == "E-CAP"
    assert team.state().status(wish) == "pending"


def test_a_reviewer_of_staging_has_no_word_on_production(team: Team, alice: Writer):
    rolf = team.enrol("Rolf", "reviewer")
    v1 = alice.registers("churn", 1)
    staging = alice.requests(v1, "Staging")
    rolf.approves(staging)
    assert team.state().stage_of(v1) == "Staging"
    wish = alice.requests(v1, "Production")
    word = rolf.approves(wish)
    assert team.state().refusal(word) == "E-CAP"
    assert team.state().stage_of(v1) == "Staging"


def test_a_right_on_one_model_gives_none_on_another(team: Team, alice: Writer):
    owner = team.enrol("Otto", caps=["approve:*"], scope="model:fraud-*")
    fraud = alice.requests(alice.registers("fraud-eu", 1), "Production")
    churn = alice.requests(alice.registers("churn", 1), "Production")
    owner.approves(fraud)
    word = owner.approves(churn)
    assert team.state().status(fraud) == "effective"
    assert team.state().refusal(word) == "E-CAP"


def test_a_version_that_nobody_may_register_does_not_exist(team: Team, mara: Writer):
    mara.registers("churn", 1)
    assert team.state().registry.models == {}


def test_a_request_without_the_right_is_no_request(team: Team, alice: Writer):
    host = team.enrol("Training host", caps=["log"])
    v1 = alice.registers("churn", 1)
    wish = host.requests(v1, "Archived")
    assert wish.id not in team.state().registry.requests
    assert team.state().refusal(wish) == "E-CAP"


# -------------------------------------------------------------------- what an approval is bound to


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tree", tree_of("another model")),
        ("version", 2),
        ("from", "Staging"),
        ("to", "Staging"),
        ("model", "fraud"),
        ("gates", tree_of("other gates")),
        ("evidence_seen", [tree_of("other evidence")]),
    ],
)
def test_21_an_approval_of_anything_else_does_not_count(
    team: Team, alice: Writer, mara: Writer, field: str, value: object
):
    wish = alice.requests(alice.registers("churn", 1), "Production")
    word = mara.approves(wish, **{field: value})
    assert team.state().refusal(word) == "E-BIND"
    assert team.state().status(wish) == "pending"


def test_an_approval_under_another_policy_does_not_count(team: Team, alice: Writer, mara: Writer):
    wish = alice.requests(alice.registers("churn", 1), "Production")
    word = mara.approves(wish, policy=tree_of("another policy"))
    assert team.state().refusal(word) == "E-POLICY"
    assert team.state().status(wish) == "pending"


def test_a_request_must_name_the_policy_in_force(team: Team, alice: Writer, mara: Writer):
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production", policy=Policy().digest)
    mara.approves(wish)
    assert team.state().status(wish) == "needs-reconfirm"
    assert team.state().stage_of(v1) == "None"


# -------------------------------------------------------------------- quorums and groups


def test_groups_are_filled_by_different_persons(team: Team, alice: Writer):
    team.policy("production", replace(FOUR_EYES, need=2, groups=("risk", "ml")))
    both = team.enrol("Berta", "release-approver", groups=["risk", "ml"])
    neither = team.enrol("Nils", "release-approver")
    risk = team.enrol("Rosa", "release-approver", groups=["risk"])
    wish = alice.requests(alice.registers("churn", 1), "Production")
    both.approves(wish)
    neither.approves(wish)
    assert team.state().status(wish) == "pending"
    risk.approves(wish)
    assert team.state().status(wish) == "effective"


def test_gates_must_be_there_and_passed_or_waived(team: Team, alice: Writer, mara: Writer):
    rule = GateRule(name="auc", metric="auc", op=">=", value="0.9")
    team.policy("production", replace(FOUR_EYES, gates=(rule,), require=("report:eval",)))
    v1 = alice.registers("churn", 1)
    evidence = [{"kind": "report:eval", "sha256": tree_of("report")}]

    def gate(verdict: str) -> list[dict[str, str]]:
        words = {"name": "auc", "measured": "0.91", "needed": "0.9", "reason": ""}
        return [{**words, "verdict": verdict}]

    for gates, status in (([], "pending"), (gate("fail"), "pending"), (gate("pass"), "effective")):
        wish = alice.requests(v1, "Production", evidence=evidence, gates=gates)
        mara.approves(wish)
        assert team.state().status(wish) == status
    with pytest.raises(Refused, match="report:eval"):
        alice.requests(v1, "Staging") and alice.requests(alice.registers("churn", 2), "Production")


def test_archiving_needs_nobody_by_default(team: Team, alice: Writer):
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Archived")
    assert team.state().stage_of(v1) == "Archived"
    assert team.state().status(wish) == "effective"


# -------------------------------------------------------------------- ends of a request


def test_a_rejection_ends_a_request_where_the_policy_gives_a_veto(
    team: Team, alice: Writer, mara: Writer
):
    nils = team.enrol("Nils", "release-approver")
    wish = alice.requests(alice.registers("churn", 1), "Production")
    nils.rejects(wish)
    mara.approves(wish)
    assert team.state().status(wish) == "rejected"


def test_without_a_veto_a_rejection_only_takes_that_persons_own_approval(
    team: Team, alice: Writer, mara: Writer
):
    team.policy("production", replace(FOUR_EYES, veto=False))
    nils = team.enrol("Nils", "release-approver")
    wish = alice.requests(alice.registers("churn", 1), "Production")
    nils.rejects(wish)
    nils.approves(wish)
    assert team.state().status(wish) == "pending"
    mara.approves(wish)
    assert team.state().status(wish) == "effective"


def test_a_rejection_that_has_seen_the_quorum_is_too_late(team: Team, alice: Writer, mara: Writer):
    nils = team.enrol("Nils", "release-approver")
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    mara.approves(wish)
    nils.rejects(wish)
    assert team.state().stage_of(v1) == "Production"


def test_a_rejection_signed_without_having_seen_the_quorum_counts(
    team: Team, alice: Writer, mara: Writer
):
    nils = team.enrol("Nils", "release-approver")
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    nils.apart()
    mara.approves(wish)
    nils.rejects(wish)
    assert alice.state().stage_of(v1) == "Production"
    assert team.joins().status(wish) == "rejected"
    assert team.state().stage_of(v1) == "None"


def test_a_request_is_withdrawn_by_its_own_person_only(team: Team, alice: Writer, mara: Writer):
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    mara.withdraws(wish)
    assert team.state().status(wish) == "pending"
    laptop = team.enrol("Alice's laptop", "analyst", person=alice.person)
    laptop.withdraws(wish)
    mara.approves(wish)
    assert team.state().status(wish) == "withdrawn"
    assert team.state().stage_of(v1) == "None"


def test_changes_are_asked_for_and_the_request_is_closed(team: Team, alice: Writer, mara: Writer):
    wish = alice.requests(alice.registers("churn", 1), "Production")
    mara.asks_for_changes(wish)
    team.enrol("Nils", "release-approver").approves(wish)
    assert team.state().status(wish) == "changes-asked"


def test_a_request_expires_only_by_a_signed_event_after_its_time(team: Team, alice: Writer):
    v1 = alice.registers("churn", 1)
    never = alice.requests(v1, "Production")
    later = alice.requests(v1, "Production", expires="2999-01-01T00:00:00.000000Z")
    past = alice.requests(v1, "Production", expires="2001-01-01T00:00:00.000000Z")
    assert team.state().status(past) == "pending"
    host = team.enrol("Training host", caps=["log"])
    for wish in (never, later, past):
        host.expires(wish)
    assert [team.state().status(w) for w in (never, later, past)] == [
        "pending", "pending", "expired"]  # fmt: skip


# -------------------------------------------------------------------- policy in force


def test_a_new_policy_does_not_undo_what_passed_under_the_old_one(
    team: Team, alice: Writer, mara: Writer
):
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    mara.approves(wish)
    team.policy("production", replace(FOUR_EYES, need=3))
    assert team.state().stage_of(v1) == "Production"
    team.policy("production", replace(FOUR_EYES, need=5))
    assert team.state().status(wish) == "effective"


def test_a_request_still_open_when_the_policy_changes_needs_reconfirming(
    team: Team, alice: Writer, mara: Writer
):
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    team.policy("production", replace(FOUR_EYES, need=2))
    mara.approves(wish)
    assert team.state().status(wish) == "needs-reconfirm"
    assert team.state().stage_of(v1) == "None"


def test_an_approval_the_admins_had_not_seen_comes_after_the_new_policy(
    team: Team, alice: Writer, mara: Writer
):
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    mara.apart()
    mara.approves(wish)
    team.policy("production", replace(FOUR_EYES, need=2))
    assert team.joins().status(wish) == "needs-reconfirm"


# -------------------------------------------------------------------- cuts


def test_what_was_approved_before_the_cut_still_counts(team: Team, alice: Writer, mara: Writer):
    v1 = alice.registers("churn", 1)
    mara.approves(alice.requests(v1, "Production"))
    team.revokes(mara)
    assert team.state().stage_of(v1) == "Production"


def test_24_an_approval_past_the_cut_counts_for_nothing_whatever_time_it_claims(
    team: Team, alice: Writer, mara: Writer
):
    mara.says_hello()
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    mara.apart()
    team.revokes(mara)
    backdated = mara.answers("stage.approve", wish)
    assert team.joins().status(wish) == "lapsed"
    assert team.state().stage_of(v1) == "None"
    assert team.state().refusal(backdated) == "E-CUT"


def test_a_compromised_key_is_cut_in_the_past_and_its_moves_lapse(
    team: Team, alice: Writer, mara: Writer
):
    first = mara.says_hello()
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    mara.approves(wish)
    team.revokes(mara, reason="compromised", cut=(first.seq, first.id))
    assert team.state().status(wish) == "lapsed"
    assert team.state().stage_of(v1) == "None"
    team.enrol("Nils", "release-approver").approves(wish)
    assert team.state().status(wish) == "effective"


def test_a_right_given_later_does_not_reach_back(team: Team, alice: Writer):
    bob = team.enrol("Bob", "analyst")
    wish = alice.requests(alice.registers("churn", 1), "Production")
    early = bob.approves(wish)
    team.grants(bob, "approve:*")
    assert team.state().refusal(early) == "E-CAP"
    assert team.state().status(wish) == "pending"
    bob.approves(wish)
    assert team.state().status(wish) == "effective"


# -------------------------------------------------------------------- emergency


def test_an_emergency_returns_to_a_version_that_was_there_before_on_one_word(
    team: Team, alice: Writer, mara: Writer
):
    v1, v2 = alice.registers("churn", 1), alice.registers("churn", 2)
    mara.approves(alice.requests(v1, "Production"))
    mara.approves(alice.requests(v2, "Production"))
    rush = mara.rushes(v1, "Production")
    assert team.state().stage_of(v1) == "Production"
    assert team.state().stage_of(v2) == "Archived"
    assert team.state().registry.requests[rush.id].is_emergency
    team.founder.approves(rush)
    assert team.state().stage_of(v1) == "Production"


def test_an_emergency_to_a_stage_never_held_is_invalid(team: Team, alice: Writer, mara: Writer):
    v1 = alice.registers("churn", 1)
    with pytest.raises(Refused, match="never was"):
        mara.rushes(v1, "Production")
    body = {
        "model": "churn", "version": 1, "tree": v1[2], "from": "None", "to": "Production",
        "retires": [], "parents": [], "reason": "fire",
    }  # fmt: skip
    rush = mara.signs("stage.emergency", body)
    assert team.state().status(rush) == "invalid"
    assert team.state().stage_of(v1) == "None"


def test_an_analyst_declares_no_emergency(team: Team, alice: Writer, mara: Writer):
    v1, v2 = alice.registers("churn", 1), alice.registers("churn", 2)
    mara.approves(alice.requests(v1, "Production"))
    mara.approves(alice.requests(v2, "Production"))
    rush = alice.rushes(v1, "Production")
    assert team.state().refusal(rush) == "E-CAP"
    assert team.state().stage_of(v2) == "Production"


# -------------------------------------------------------------------- what an honest client refuses


def test_an_honest_client_does_not_sign_what_cannot_take_effect(
    team: Team, alice: Writer, mara: Writer
):
    v1 = alice.registers("churn", 1)
    with pytest.raises(BadInput, match="E-VERSION"):
        alice.requests(("churn", 9, tree_of("nothing")), "Production")
    with pytest.raises(BadInput, match="E-STAGE"):
        alice.requests(v1, "Canary")
    with pytest.raises(BadInput, match="E-STAGE"):
        alice.requests(v1, "none")
    wish = alice.requests(v1, "production")
    assert wish.body["to"] == "Production"
    mara.rejects(wish)
    from strongroom.domain.requests import approval_body

    closed = team.state().registry.requests[wish.id]
    with pytest.raises(Refused, match="E-LATE"):
        approval_body(closed, comment="")
    with pytest.raises(BadInput, match="E-REASON"):
        approval_body(closed, comment=" ", kind="stage.reject")
