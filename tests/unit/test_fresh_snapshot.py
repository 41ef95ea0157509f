# SPDX-License-Identifier: Apache-2.0
"""A policy that asks for a fresh snapshot: who approves has been shown what a witness was shown."""

import pytest

from strongroom.domain.clock import MICROSECONDS, to_iso
from strongroom.domain.event import Event
from strongroom.domain.freshness import is_vouched_for
from strongroom.domain.policy import Policy
from strongroom.domain.registry import VersionKey
from strongroom.domain.requests import approval_body
from support.team_builder import Team, Writer, a_team

DAY_US = 24 * 3600 * MICROSECONDS
START_US = 1_700_000_000 * MICROSECONDS
FRESH = Policy(need=1, exclude=("requester",), veto=True, require_fresh_snapshot_days=14)


@pytest.fixture
def team() -> Team:
    made = a_team()
    made.enrol("Alice", "analyst")
    made.enrol("Mara", "release-approver")
    made.enrol("Wim", caps=["witness"])
    made.policy("production", FRESH)
    return made


@pytest.fixture
def key(team: Team) -> VersionKey:
    return team.writers["Alice"].registers("churn", 1)


def vouches(writer: Writer, day: int) -> Event:
    heads = {w: list(head) for w, head in writer.station.snapshot.chains.heads.items()}
    return writer.signs("witness.snapshot", {"heads": heads}, time=to_iso(START_US + day * DAY_US))


def approved(team: Team, wish: Event, day: int) -> Event:
    mara = team.writers["Mara"]
    body = approval_body(mara.state().registry.requests[wish.id], comment="")
    return mara.signs("stage.approve", body, time=to_iso(START_US + day * DAY_US))


@pytest.mark.parametrize(("snapshot_day", "stage"), [(1, "Production"), (6, "Production"),
                                                     (0, "None")])  # fmt: skip
def test_17_an_approval_counts_only_after_a_snapshot_of_the_last_days(
    team: Team, key: VersionKey, snapshot_day: int, stage: str
) -> None:
    wish = team.writers["Alice"].requests(key, "Production")
    vouches(team.writers["Wim"], snapshot_day)
    approval = approved(team, wish, 15)
    assert team.state().stage_of(key) == stage
    assert team.state().refusal(approval) == ("" if stage == "Production" else "E-POLICY")


def test_17_a_snapshot_by_the_approver_s_own_hand_vouches_for_nothing(
    team: Team, key: VersionKey
) -> None:
    mara = team.writers["Mara"]
    team.grants(mara, "witness")
    second = team.enrol("Mara at home", caps=["witness"], person=mara.person)
    wish = team.writers["Alice"].requests(key, "Production")
    vouches(mara, 1)
    vouches(second, 1)
    assert not is_vouched_by_others(team, 1)
    approval = approved(team, wish, 1)
    assert team.state().refusal(approval) == "E-POLICY"
    vouches(team.writers["Wim"], 1)
    assert is_vouched_by_others(team, 1)
    again = approved(team, wish, 1)
    assert team.state().refusal(again) == ""


def is_vouched_by_others(team: Team, day: int) -> bool:
    mara = team.writers["Mara"]
    mine = {w for w, member in team.latest.members.items() if member.person == mara.person}
    chains = mara.station.snapshot.chains
    refusals = mara.state().registry.refusals
    return is_vouched_for(chains, refusals, mine, START_US + day * DAY_US, 14)


@pytest.mark.parametrize(
    ("age_us", "is_fresh"),
    [
        (14 * DAY_US, True), (14 * DAY_US + 1, False),
        (-DAY_US, True), (-DAY_US - 1, False), (-4000 * DAY_US, False),
    ],
)  # fmt: skip
def test_17_a_snapshot_is_fresh_between_its_two_edges_and_not_a_moment_beyond(
    team: Team, key: VersionKey, age_us: int, is_fresh: bool
) -> None:
    """One that is dated years ahead would vouch for years."""
    wish = team.writers["Alice"].requests(key, "Production")
    wim = team.writers["Wim"]
    at_us = START_US + 5000 * DAY_US
    heads = {w: list(head) for w, head in wim.station.snapshot.chains.heads.items()}
    wim.signs("witness.snapshot", {"heads": heads}, time=to_iso(at_us - age_us))
    assert is_vouched_by_others(team, 5000) is is_fresh
    approval = approved(team, wish, 5000)
    assert team.state().refusal(approval) == ("" if is_fresh else "E-POLICY")


def test_17_an_approver_who_was_shown_no_snapshot_approves_nothing(
    team: Team, key: VersionKey
) -> None:
    wish = team.writers["Alice"].requests(key, "Production")
    mara, wim = team.writers["Mara"].apart(), team.writers["Wim"].apart()
    vouches(wim, 1)
    early = approved(team, wish, 1)
    team.joins()
    assert team.state().refusal(early) == "E-POLICY"
    assert team.state().status(wish) == "pending"
    again = approved(team, wish, 1)
    assert mara.state().refusal(again) == ""
    assert team.state().stage_of(key) == "Production"


def test_17_a_snapshot_of_somebody_who_is_no_witness_is_none(team: Team, key: VersionKey) -> None:
    wish = team.writers["Alice"].requests(key, "Production")
    vouches(team.writers["Alice"], 1)
    approval = approved(team, wish, 1)
    assert team.state().refusal(approval) == "E-POLICY"


def test_a_rejection_needs_no_snapshot(team: Team, key: VersionKey) -> None:
    wish = team.writers["Alice"].requests(key, "Production")
    team.writers["Mara"].rejects(wish)
    assert team.state().status(wish) == "rejected"
