# SPDX-License-Identifier: Apache-2.0
"""Clocks in 1970 and 2099: nothing depends on them, and a reader is told."""

import itertools

import pytest

from strongroom.domain.clock import MICROSECONDS, from_iso, to_iso
from strongroom.domain.clock_doubts import ClockDoubt, clock_doubts
from strongroom.domain.requests import approval_body
from support.team_builder import Team, Writer, a_team

NOW = "2026-11-23T12:00:00.000000Z"
NOW_US = from_iso(NOW)
FLAGGED = (  # of a version, of the wish after it, by a right clock, and of the approval
    {"1970": {}, "2026": {"wish": "clock-regression"},
     "2099": {"version": "clock-future", "wish": "clock-regression"}},
    {"1970": {"approval": "clock-before-cause"}, "2026": {}, "2099": {"approval": "clock-future"}},
)  # fmt: skip
HELLO = {"host": "ws", "app": "x"}


@pytest.fixture
def team() -> Team:
    return a_team()


def doubts(team: Team) -> dict[str, str]:
    found = clock_doubts(team.station.snapshot.chains, NOW_US)
    return {id_: doubt.value for id_, doubt in found.items()}


def after(minutes: float) -> str:
    return to_iso(NOW_US + round(minutes * 60 * MICROSECONDS))


def test_45_clocks_of_1970_and_2099_change_nothing_and_are_flagged() -> None:
    states = []
    for years in itertools.product(("1970", "2026", "2099"), repeat=2):
        team = a_team()
        alice = team.enrol("Alice", "analyst")
        mara = team.enrol("Mara", "release-approver")
        first, second = (f"{year}-06-01T00:00:00.000000Z" for year in years)
        v1 = alice.signs(
            "version.register",
            {"model": "churn", "version": 1, "tree": "ab" * 32, "manifest": "", "run": "",
             "artifact": "m", "format_risk": "data-only", "flavors": [], "replaces": ""},
            time=first,
        )  # fmt: skip
        key = ("churn", 1, "ab" * 32)
        wish = alice.requests(key, "Production")
        approval = mara.signs(
            "stage.approve",
            approval_body(mara.state().registry.requests[wish.id], comment=""),
            time=second,
        )
        states.append(team.state().stage_of(key))
        names = {v1.id: "version", wish.id: "wish", approval.id: "approval"}
        found = {names[id_]: doubt for id_, doubt in doubts(team).items()}
        assert found == FLAGGED[0][years[0]] | FLAGGED[1][years[1]], years
    assert set(states) == {"Production"}


def test_an_earlier_time_than_the_event_before_is_a_regression(team: Team) -> None:
    team.founder.signs("writer.hello", HELLO, time=after(0))
    back = team.founder.signs("writer.hello", HELLO, time=after(-0.1))
    assert doubts(team) == {back.id: "clock-regression"}


@pytest.mark.parametrize(("minutes", "is_odd"), [(-9, False), (-11, True)])
def test_a_workstation_may_drift_ten_minutes_behind_what_it_saw(
    team: Team, minutes: float, is_odd: bool
) -> None:
    bob: Writer = team.enrol("Bob", "analyst")
    team.founder.signs("writer.hello", HELLO, time=after(0))
    late = bob.signs("writer.hello", HELLO, time=after(minutes))
    assert late.seen, "Bob has seen the founder's event"
    assert doubts(team) == ({late.id: "clock-before-cause"} if is_odd else {})


def test_another_day_ahead_is_the_future_and_a_time_zone_is_not(team: Team) -> None:
    team.founder.signs("writer.hello", HELLO, time=after(23 * 60))
    assert doubts(team) == {}
    ahead = team.founder.signs("writer.hello", HELLO, time=after(25 * 60))
    assert doubts(team) == {ahead.id: "clock-future"}


@pytest.mark.parametrize("time", ["", "yesterday", "2026-13-40T99:00:00.000000Z", "9" * 40])
def test_a_time_that_is_none_is_told(team: Team, time: str) -> None:
    odd = team.founder.signs("writer.hello", HELLO, time=time)
    assert doubts(team) == {odd.id: "clock-unreadable"}
    assert all(doubt.sentence.endswith(".") for doubt in ClockDoubt)
