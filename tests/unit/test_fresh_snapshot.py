# SPDX-License-Identifier: Apache-2.0
"""A policy that asks for a fresh snapshot: who approves has been shown what a witness was shown."""

import pytest

from strongroom.domain.clock import MICROSECONDS, to_iso
from strongroom.domain.event import Event
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
