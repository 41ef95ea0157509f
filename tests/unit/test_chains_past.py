# SPDX-License-Identifier: Apache-2.0
"""Chains: what lies in the past of an event, and what the evidence lacks."""

import random

import pytest

from strongroom.domain.chains import assemble
from strongroom.domain.event import Event
from support.team_builder import Team, Writer, a_team


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def three(team: Team) -> list[Writer]:
    return [team.enrol(name, "analyst").apart() for name in ("Alice", "Bob", "Carl")]


def everything(team: Team) -> list[Event]:
    team.joins()
    snapshot = team.station.snapshot
    return [a.event for here in snapshot.events.values() for a in here]


def test_the_past_goes_through_prev_and_seen(team: Team, three: list[Writer]):
    alice, bob, carl = three
    first = alice.says_hello()
    bob.sees(alice)
    second = bob.says_hello()
    unseen = alice.says_hello()
    carl.sees(bob)
    third = carl.says_hello()
    later = carl.says_hello()
    chains = assemble(everything(team))
    for event in (third, later):
        assert chains.has_seen(event, first)
        assert chains.has_seen(event, second)
        assert not chains.has_seen(event, unseen)
    assert chains.has_seen(later, third)
    assert not chains.has_seen(third, third)


def test_the_past_of_a_chain_of_thousands_is_found_without_recursion(team: Team):
    alice = team.enrol("Alice", "analyst")
    event = alice.says_hello()
    events = [event]
    from dataclasses import replace

    for seq in range(2, 5001):
        event = replace(event, id=f"{seq:064x}", seq=seq, prev=event.id)
        events.append(event)
    chains = assemble(events)
    assert chains.has_seen(events[-1], events[0])


def test_assembly_does_not_know_any_order(team: Team, three: list[Writer]):
    alice, bob, _ = three
    for _ in range(3):
        alice.says_hello()
        bob.sees(alice)
        bob.says_hello()
    events = everything(team)
    whole = assemble(events)
    for seed in range(5):
        mixed = events * 2
        random.Random(seed).shuffle(mixed)
        again = assemble(mixed)
        assert (again.by_writer, again.alarms) == (whole.by_writer, whole.alarms)


def test_a_hole_freezes_a_log_before_it(team: Team, three: list[Writer]):
    alice = three[0]
    for _ in range(4):
        alice.says_hello()
    events = [e for e in everything(team) if e.writer == alice.id and e.seq != 3]
    chains = assemble(events)
    assert [event.seq for event in chains.by_writer[alice.id]] == [1, 2]
    assert [(a.code, a.object) for a in chains.alarms] == [("E-GAP", f"{alice.id}/3")]
    assert chains.heads == {alice.id: (2, events[1].id)}


def test_of_two_branches_neither_is_believed(team: Team, three: list[Writer]):
    from dataclasses import replace

    alice = three[0]
    for _ in range(3):
        alice.says_hello()
    events = everything(team)
    other = replace(events[1], id="f" * 64)
    chains = assemble([*events, other])
    assert len(chains.by_writer[alice.id]) == 1
    assert [alarm.code for alarm in chains.alarms] == ["E-EQUIV"]
