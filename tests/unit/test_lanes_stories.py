# SPDX-License-Identifier: Apache-2.0
"""Several moves at once: swaps, conflicts, the incumbent, and how a conflict ends."""

import time

import pytest

from strongroom.domain.policy import Policy
from strongroom.domain.registry import VersionKey
from support.team_builder import Team, Writer, a_team


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def alice(team: Team) -> Writer:
    return team.enrol("Alice", "analyst")


@pytest.fixture
def mara(team: Team) -> Writer:
    return team.enrol("Mara", "release-approver")


@pytest.fixture
def versions(alice: Writer) -> list[VersionKey]:
    return [alice.registers("churn", number) for number in (1, 2, 3)]


def promoted(key: VersionKey, asks: Writer, approves: Writer, to: str = "Production"):
    wish = asks.requests(key, to)
    approves.approves(wish)
    return wish


def two_promotions_at_once(team: Team, versions: list[VersionKey], alice: Writer, mara: Writer):
    """v1 is in Production; Alice and Mara promote v2, Bob and Nils v3, without each other."""
    v1, v2, v3 = versions
    promoted(v1, alice, mara)
    bob = team.enrol("Bob", "analyst").apart()
    nils = team.enrol("Nils", "release-approver").apart()
    first = promoted(v2, alice, mara)
    second = bob.requests(v3, "Production")
    nils.sees(bob)
    nils.approves(second)
    return first, second


def test_a_swap_is_one_event(team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]):
    v1, v2, _ = versions
    promoted(v1, alice, mara)
    wish = promoted(v2, alice, mara)
    state = team.state()
    assert (state.stage_of(v1), state.stage_of(v2)) == ("Archived", "Production")
    assert state.by(v1) == state.by(v2) == wish.id


def test_retires_must_be_exactly_the_holder(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1, v2, v3 = versions
    promoted(v1, alice, mara)

    def retiring(key: VersionKey, to: str) -> dict[str, object]:
        return {"version": key[1], "tree": key[2], "to": to}

    for retires in (
        [],
        [retiring(v3, "Archived")],
        [retiring(v1, "Archived"), retiring(v3, "Archived")],
        [retiring(v1, "Production")],
        [retiring(v1, "Nowhere")],
        [retiring(v2, "Archived")],
    ):
        wish = alice.requests(v2, "Production", retires=retires)
        mara.approves(wish)
        assert team.state().status(wish) == "invalid", retires
    assert team.state().stage_of(v1) == "Production"


def test_a_staging_quorum_cannot_take_production_down(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1, v2, _ = versions
    promoted(v1, alice, mara)
    rolf = team.enrol("Rolf", "reviewer")
    retires = [{"version": 1, "tree": v1[2], "to": "Archived"}]
    parents = [team.state().by(v1)]
    wish = alice.requests(v2, "Staging", retires=retires, parents=parents)
    rolf.approves(wish)
    assert team.state().status(wish) == "invalid"
    assert team.state().stage_of(v1) == "Production"


def test_a_move_from_a_stage_the_version_is_not_in_is_invalid(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    wish = alice.requests(versions[0], "Production", **{"from": "Staging"})
    mara.approves(wish)
    assert team.state().status(wish) == "invalid"


def test_parents_must_be_requests_of_the_same_model(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    other = promoted(alice.registers("fraud", 1), alice, mara)
    hello = alice.says_hello()
    for parent in (other, hello):
        wish = alice.requests(versions[0], "Staging", parents=[parent.id])
        mara.approves(wish)
        assert team.state().status(wish) == "invalid"


def test_two_concurrent_promotions_leave_the_incumbent_and_a_visible_conflict(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    first, second = two_promotions_at_once(team, versions, alice, mara)
    assert alice.state().stage_of(versions[1]) == "Production"
    state = team.joins()
    assert [state.stage_of(key) for key in versions] == ["Production", "None", "None"]
    assert state.status(first) == state.status(second) == "conflict"
    assert state.conflicts("churn") == [sorted([first.id, second.id])]


def test_a_request_naming_both_sides_ends_the_conflict(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    first, second = two_promotions_at_once(team, versions, alice, mara)
    team.joins()
    solving = alice.requests(versions[2], "Production")
    assert solving.body["parents"] == sorted([first.id, second.id])
    assert team.state().status(solving) == "pending"
    mara.approves(solving)
    state = team.state()
    assert [state.stage_of(key) for key in versions] == ["Archived", "None", "Production"]
    assert state.conflicts("churn") == []
    assert state.status(first) == state.status(second) == "superseded"
    after = promoted(versions[1], alice, mara)
    assert team.state().status(after) == "effective"
    assert team.state().stage_of(versions[1]) == "Production"


def test_a_request_naming_one_side_only_does_not_end_a_conflict(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    first, _ = two_promotions_at_once(team, versions, alice, mara)
    team.joins()
    wish = alice.requests(versions[2], "Production", parents=[first.id], retires=[
        {"version": 2, "tree": versions[1][2], "to": "Archived"}])  # fmt: skip
    mara.approves(wish)
    assert team.state().status(wish) == "conflict"
    assert team.state().stage_of(versions[0]) == "Production"


def test_a_promotion_made_in_knowledge_of_another_is_stale(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1, v2, _ = versions
    slow = alice.requests(v2, "Production")
    promoted(v1, alice, mara)
    mara.approves(slow)
    state = team.state()
    assert state.status(slow) == "stale"
    assert (state.stage_of(v1), state.stage_of(v2)) == ("Production", "None")


def test_a_version_whose_promotion_came_too_late_is_promoted_by_a_new_request(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1, v2, _ = versions
    slow = alice.requests(v2, "Production")
    promoted(v1, alice, mara)
    mara.approves(slow)
    renewed = promoted(v2, alice, mara)
    assert team.state().status(renewed) == "effective"
    assert (team.state().stage_of(v1), team.state().stage_of(v2)) == ("Archived", "Production")


def test_what_was_built_on_a_lost_move_stands_in_nobodys_way(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    _, v2, v3 = versions
    first, second = two_promotions_at_once(team, versions, alice, mara)
    built_on_it = promoted(v2, team.writers["Bob"], _nils(team))
    team.joins()
    assert team.state().conflicts("churn") == [sorted([first.id, second.id])]
    solving = promoted(v2, alice, mara)
    state = team.state()
    assert state.status(solving) == "effective"
    assert state.status(built_on_it) == "conflict"
    later = promoted(v3, alice, mara)
    assert team.state().status(later) == "effective"
    assert team.state().stage_of(v3) == "Production"


def _nils(team: Team) -> Writer:
    """Nils, who has seen whatever Bob holds."""
    nils, bob = team.writers["Nils"], team.writers["Bob"]

    class Seeing:
        def approves(self, wish):
            nils.sees(bob)
            event = nils.approves(wish)
            bob.sees(nils)
            return event

    bob.sees(nils)
    return Seeing()


def test_an_open_request_whose_ground_has_moved_says_so(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    slow = alice.requests(versions[1], "Production")
    promoted(versions[0], alice, mara)
    assert team.state().status(slow) == "stale"


def test_27_a_concurrent_move_to_lower_risk_wins(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1, v2, _ = versions
    promoted(v1, alice, mara)
    bob = team.enrol("Bob", "analyst").apart()
    promotion = promoted(v2, alice, mara)
    demotion = bob.requests(v1, "Archived")
    state = team.joins()
    assert state.status(demotion) == "effective"
    assert state.status(promotion) == "stale"
    assert (state.stage_of(v1), state.stage_of(v2)) == ("Archived", "None")
    assert state.conflicts("churn") == []
    again = promoted(v2, alice, mara)
    assert team.state().status(again) == "effective"


def test_a_rollback_names_heads_that_lie_in_one_anothers_past(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1, v2, v3 = versions
    for key in (v1, v2, v3):
        promoted(key, alice, mara)
    back = alice.requests(v1, "Production")
    assert len(back.body["parents"]) == 2
    mara.approves(back)
    state = team.state()
    assert state.status(back) == "effective"
    assert [state.stage_of(key) for key in versions] == ["Production", "Archived", "Archived"]


def test_an_old_demotion_that_is_replayed_is_the_same_event(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1 = versions[0]
    promoted(v1, alice, mara)
    alice.requests(v1, "Archived")
    promoted(v1, alice, mara)
    before = team.state()
    team.station.takes(team.station.everything())
    assert team.state().digest == before.digest
    assert team.state().stage_of(v1) == "Production"


def test_26_an_old_demotion_signed_anew_has_the_wrong_parents(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1 = versions[0]
    promoted(v1, alice, mara)
    old = alice.requests(v1, "Archived")
    promoted(v1, alice, mara)
    replayed = alice.signs("stage.request", old.body)
    assert team.state().status(replayed) == "stale"
    assert team.state().stage_of(v1) == "Production"


def test_both_versions_of_one_number_are_kept_and_stages_follow_the_tree(
    team: Team, alice: Writer, mara: Writer
):
    one = alice.registers("churn", 2, tree="a" * 64)
    other = alice.registers("churn", 2, tree="b" * 64)
    promoted(other, alice, mara)
    assert team.state().stage_of(one) == "None"
    assert team.state().stage_of(other) == "Production"


def test_registering_twice_is_once(team: Team, alice: Writer):
    bob = team.enrol("Bob", "analyst")
    key = alice.registers("churn", 1, tree="a" * 64)
    bob.registers("churn", 1, tree="a" * 64)
    [version] = team.state().registry.models["churn"].versions
    ids = [e.id for e in team.station.snapshot.chains.events() if e.type == "version.register"]
    assert version.key == key
    assert version.register == min(ids)


def test_three_sides_of_a_conflict_across_lanes_are_all_named(
    team: Team, alice: Writer, mara: Writer, versions: list[VersionKey]
):
    v1, v2, _ = versions
    bob = team.enrol("Bob", "analyst").apart()
    carl = team.enrol("Carl", "analyst").apart()
    nils, nora = (team.enrol(n, "release-approver").apart() for n in ("Nils", "Nora"))
    first = promoted(v1, alice, mara)
    second = bob.requests(v2, "Production")
    nils.sees(bob)
    nils.approves(second)
    third = carl.requests(v2, "Production", reason="also")
    nora.sees(carl)
    nora.approves(third)
    state = team.joins()
    assert state.conflicts("churn") == [sorted([first.id, second.id, third.id])]
    solving = promoted(v2, alice, mara)
    state = team.state()
    assert state.status(solving) == "effective"
    assert state.stage_of(v2) == "Production"
    assert state.conflicts("churn") == []


def test_five_hundred_moves_fold_quickly_and_without_deep_recursion(
    team: Team, alice: Writer, versions: list[VersionKey]
):
    team.policy("production", Policy())
    stages = ("Staging", "Production", "Archived", "None")
    parents: list[str] = []
    bodies = []
    bob = team.enrol("Bob", "analyst")
    before = "None"
    for number in range(500):
        to = stages[number % 3]
        body = alice.request_body(versions[0], "Staging") if number == 0 else dict(bodies[-1])
        body.update({"from": before, "to": to, "parents": parents, "policy": Policy().digest})
        if to == "Staging":
            body["policy"] = team.latest.policy("churn", "staging").digest
        bodies.append(body)
        signer = (alice, bob)[number % 2]
        parents = [signer.signs("stage.request", body).id]
        before = to
    team.policy("staging", Policy())
    started = time.thread_time()
    state = team.station.snapshot
    statuses = [r.status.value for r in state.state.requests.values()]
    assert time.thread_time() - started < 3
    assert len(statuses) == 500


def test_a_long_history_of_swaps_ends_where_it_should(
    team: Team, alice: Writer, versions: list[VersionKey]
):
    team.policy("production", Policy())
    key, holder, heads = versions[0], None, []
    for number in range(300):
        key = versions[number % 2]
        retires = [] if holder is None else [
            {"version": holder[1], "tree": holder[2], "to": "Archived"}]  # fmt: skip
        body = {
            "model": "churn", "version": key[1], "tree": key[2],
            "from": "None" if number < 2 else "Archived", "to": "Production", "retires": retires,
            "policy": Policy().digest, "parents": heads, "evidence": [], "gates": [],
            "reason": "", "expires": "",
        }  # fmt: skip
        heads = [alice.signs("stage.request", body).id]
        holder = key
    started = time.thread_time()
    state = team.state()
    assert state.stage_of(key) == "Production"
    assert state.by(key) == heads[0]
    assert time.thread_time() - started < 5
