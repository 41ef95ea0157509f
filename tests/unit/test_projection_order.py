# SPDX-License-Identifier: Apache-2.0
"""No order of arrival, repeat or detour can be read off the state."""

import random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from support.histories import History
from support.team_builder import Station

QUICK = settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate])


@QUICK
@given(st.integers(0, 2**32))
def test_any_shuffle_with_repeats_gives_the_identical_state(seed: int):
    history = History(seed)
    history.steps(25)
    whole = history.whole()
    order = random.Random(seed)
    envelopes = whole.everything() * 2
    order.shuffle(envelopes)
    trust = list(whole.trust)
    order.shuffle(trust)
    other = Station(whole.team)
    for start in range(0, len(envelopes), 7):
        other.takes(envelopes[start : start + 7], trust=trust[:1])
        trust = trust[1:]
    other.takes(trust=trust)
    assert other.state().digest == whole.state().digest
    assert other.snapshot.chains.alarms == whole.snapshot.chains.alarms


@QUICK
@given(st.integers(0, 2**32))
def test_two_halves_that_join_are_the_whole(seed: int):
    history = History(seed)
    history.steps(25)
    whole = history.whole()
    order = random.Random(seed)
    halves = [Station(whole.team), Station(whole.team)]
    for half in halves:
        half.takes(trust=whole.trust)
    for raw in whole.everything():
        order.choice(halves).takes([raw])
    for half in halves:
        half.takes_all_of(halves[1 - halves.index(half)])
    assert [half.state().digest for half in halves] == [whole.state().digest] * 2


@QUICK
@given(st.integers(0, 2**32))
def test_workstations_that_hold_the_same_events_agree_and_production_has_one_holder(seed: int):
    history = History(seed)
    history.steps(40)
    for writer in history.writers:
        held = [v.stage for v in writer.state().registry.models["churn"].versions]
        assert held.count("Production") <= 1
    for _ in range(2):
        for writer in history.writers:
            writer.station.takes(trust=history.team.documents)
            writer.sees(*history.writers)
    assert len({writer.state().digest for writer in history.writers}) == 1
