# SPDX-License-Identifier: Apache-2.0
"""Carrying one side of a fork over to the other: what contradicts nothing, never for the past."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import StrongroomError
from strongroom.domain.policy import Policy
from strongroom.domain.team import TrustDocument
from strongroom.domain.team_edits import (
    REASONS,
    end_rights,
    enrol,
    give_role,
    set_root,
    set_thresholds,
    succeed,
)
from strongroom.domain.team_merge import carry_over
from strongroom.trust.trust_rules import forbidden_change, impossible
from support.team_builder import Team, a_member, a_team, key_of, root_key

ROLES = ("viewer", "analyst", "reviewer", "release-approver", "auditor", "admin")


@pytest.fixture
def team() -> Team:
    return a_team()


def successor(before: TrustDocument, **more: object) -> TrustDocument:
    grown = replace(before, version=before.version + 1, prev=before.id)
    return replace(grown, **{"id": f"{before.id}+", **more})  # type: ignore[arg-type]  # fields by name


def with_policy(document: TrustDocument, pattern: str, **stages: Policy) -> TrustDocument:
    entry = {**document.policies.get(pattern, {}), **stages}
    return replace(document, policies={**document.policies, pattern: entry})


def test_what_only_the_other_side_changed_is_taken(team: Team):
    base = team.latest
    kept = successor(with_policy(base, "*", staging=Policy(need=2)))
    other = successor(with_policy(base, "fraud-*", production=Policy(need=3)))
    other = enrol(other, a_member(key_of("Dora"), "p-dora", ()), "Dora", "analyst")
    found = carry_over(base, successor(kept), replace(other, team_name="Fraud and more"))
    assert found.left_out == ()
    assert found.document.team_name == "Fraud and more"
    assert found.document.policies["*"]["staging"].need == 2
    assert found.document.policies["fraud-*"]["production"].need == 3
    assert key_of("Dora").writer in found.document.members
    assert found.document.people["p-dora"].name == "Dora"


def test_what_both_changed_stays_as_the_kept_side_has_it_and_is_told(team: Team):
    base = team.latest
    kept = successor(with_policy(base, "*", production=Policy(need=2)), team_name="One")
    other = successor(with_policy(base, "*", production=Policy(need=5)), team_name="Two")
    found = carry_over(base, successor(kept), other)
    assert found.document.policies["*"]["production"].need == 2
    assert found.document.team_name == "One"
    assert found.left_out == (
        "the name of the team, which both sides changed",
        "policy * production, which both sides changed",
    )


def test_what_both_changed_alike_is_no_contradiction(team: Team):
    alike = with_policy(team.latest, "*", production=Policy(need=2))
    found = carry_over(team.latest, successor(successor(alike)), successor(alike))
    assert found.left_out == ()


def test_a_pattern_that_one_side_dropped_is_gone(team: Team):
    base = with_policy(team.latest, "fraud-*", staging=Policy(need=2))
    dropped = replace(base, policies={"*": base.policies["*"]})
    found = carry_over(base, successor(successor(base)), successor(dropped))
    assert set(found.document.policies) == {"*"}


def test_a_right_of_the_other_side_begins_at_what_has_been_seen(team: Team):
    alice = team.enrol("Alice", "viewer")
    base = team.latest
    other = give_role(successor(base), [alice.id], "auditor")
    heads = {**base.heads, alice.id: (7, "a" * 64)}
    kept = successor(replace(successor(base), heads=heads))
    found = carry_over(base, kept, other)
    assert {grant.after_seq for grant in found.document.members[alice.id].grants} == {7}


def test_a_right_that_was_taken_as_compromised_is_taken_where_it_was(team: Team):
    alice = team.enrol("Alice", "analyst")
    base = replace(team.latest, heads={**team.latest.heads, alice.id: (9, "9" * 64)})
    other = end_rights(successor(base), [alice.id], "compromised", cuts={alice.id: (2, "2" * 64)})
    found = carry_over(base, successor(successor(base)), other)
    member = found.document.members[alice.id]
    assert {grant.cut for grant in member.grants} == {(2, "2" * 64)}
    assert (member.is_active, member.reason) == (False, "compromised")


def test_a_cut_made_in_peace_does_not_reach_back_because_the_kept_side_called_it_compromised(
    team: Team,
):
    """The other side had merely seen less when it ended the key; its cut believes less for that."""
    alice = team.enrol("Alice", "analyst")
    base = replace(team.latest, heads={**team.latest.heads, alice.id: (2, "2" * 64)})
    other = end_rights(successor(base), [alice.id], "left")
    opened = successor(base, heads={**base.heads, alice.id: (9, "9" * 64)})
    kept = end_rights(opened, [alice.id], "compromised", cuts={alice.id: (5, "5" * 64)})
    found = carry_over(base, successor(kept), other)
    member = found.document.members[alice.id]
    assert {grant.cut for grant in member.grants} == {(5, "5" * 64)}
    assert member.reason == "compromised"


def test_whom_one_side_revoked_gets_nothing_of_the_other(team: Team):
    alice = team.enrol("Alice", "analyst")
    base = team.latest
    kept = end_rights(successor(base), [alice.id], "left")
    other = give_role(successor(base), [alice.id], "release-approver")
    found = carry_over(base, successor(kept), other)
    assert not found.document.members[alice.id].is_active
    assert all(grant.cut for grant in found.document.members[alice.id].grants)
    assert found.left_out == ("rights of Alice, whom the kept side revoked",)


def test_the_stricter_number_of_signatures_stays(team: Team):
    admins = [team.enrol(name, "viewer").id for name in ("Ada", "Bea")]
    base = replace(team.latest, admin_writers=(*team.latest.admin_writers, *admins))
    kept, other = successor(base), set_thresholds(successor(base), admin=2)
    assert carry_over(base, successor(kept), other).document.admin_threshold == 2


def test_two_sides_that_took_each_others_admins_leave_one_who_can_change_the_team(team: Team):
    ada, bea = (team.enrol(name, "viewer").id for name in ("Ada", "Bea"))
    base = replace(team.latest, admin_writers=(ada, bea))
    kept = end_rights(successor(base), [bea], "left")
    other = end_rights(successor(base), [ada], "left")
    found = carry_over(base, successor(kept), other)
    assert found.document.admin_writers == (ada,)
    assert found.document.members[ada].is_active
    assert not found.document.members[bea].is_active
    assert found.left_out == ("the end of the last admins of the kept side",)


class Edits:
    """Random changes of a team, each one that an admin could make."""

    def __init__(self, random: Random, name: str) -> None:
        self.random, self.name, self.count = random, name, 0

    def some(self, document: TrustDocument) -> TrustDocument:
        for _ in range(self.random.randint(0, 4)):
            edit = self.random.choice(
                [self.enrols, self.gives, self.ends, self.succeeds, self.roots, self.rules]
            )
            try:
                changed = edit(document)
            except StrongroomError:
                continue
            if not impossible(changed):
                document = changed
        return document

    def someone(self, document: TrustDocument) -> str:
        active = sorted(w for w, member in document.members.items() if member.is_active)
        return self.random.choice(active)

    def fresh(self) -> str:
        self.count += 1
        return f"{self.name}{self.count}"

    def enrols(self, document: TrustDocument) -> TrustDocument:
        name = self.fresh()
        member = a_member(key_of(name), f"p-{name}", ())
        return enrol(document, member, name, self.random.choice(ROLES))

    def gives(self, document: TrustDocument) -> TrustDocument:
        return give_role(document, [self.someone(document)], self.random.choice(ROLES))

    def ends(self, document: TrustDocument) -> TrustDocument:
        writer, reason = self.someone(document), self.random.choice(REASONS)
        cuts = {writer: (0, "")} if reason == "compromised" else {}
        return end_rights(document, [writer], reason, cuts=cuts)

    def succeeds(self, document: TrustDocument) -> TrustDocument:
        heir = a_member(key_of(self.fresh()), "", ())
        return succeed(document, self.someone(document), heir, "rotated")

    def roots(self, document: TrustDocument) -> TrustDocument:
        key = root_key(key_of(self.fresh()))
        return set_root(document, [*document.root_keys.values(), key], self.random.randint(1, 2))

    def rules(self, document: TrustDocument) -> TrustDocument:
        policy = Policy(need=self.random.randint(0, 3))
        return with_policy(document, self.random.choice(["*", "a*", "b"]), staging=policy)


def seen_further(random: Random, *documents: TrustDocument) -> dict[str, tuple[int, str]]:
    heads: dict[str, tuple[int, str]] = {}
    for document in documents:
        for writer, head in document.heads.items():
            heads[writer] = max(heads.get(writer, (0, "")), head)
    for writer in documents[0].members:
        seq = heads.get(writer, (0, ""))[0] + random.randint(0, 2)
        if seq:
            heads[writer] = (seq, f"{seq:064x}")
    return heads


Check = Callable[[TrustDocument], str]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_any_two_sides_make_a_version_that_the_rules_allow(seed: int):
    random = Random(seed)
    base = Edits(random, "b").some(replace(a_team().latest, id="base"))
    base = replace(base, heads=seen_further(random, base))
    sides = []
    for name in ("k", "o"):
        opened = successor(base, heads=seen_further(random, base), id=name)
        changed = Edits(random, name).some(opened)
        assert forbidden_change(base, changed) == ""
        sides.append(changed)
    kept, other = sides
    opened = successor(kept, heads=seen_further(random, kept, other))
    found = carry_over(base, opened, other).document
    assert impossible(found) == ""
    assert forbidden_change(kept, found) == ""
    again = carry_over(base, found, other).document
    assert again == found  # carrying over twice is carrying over once
    revoked = {w for side in sides for w, m in side.members.items() if not m.is_active}
    revoked -= set(kept.admin_writers)  # unless nobody would be left to change the team
    assert not any(found.members[writer].is_active for writer in revoked)
