# SPDX-License-Identifier: Apache-2.0
"""Four homes, random acts, random partial syncs through three sticks: in the end all agree.

On the way sticks are pulled out at any call and programs die before any change of a disk.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from strongroom.exchange.selection import EVERYTHING, Selection
from support.faulty_remote import RemoteFault, full, gone
from support.peers import MODEL
from support.wanderers import ANSWERS, STAGES, STICKS, Wanderers

WHO = st.integers(0, 3)
WHICH = st.integers(0, 50)
STICK = st.sampled_from(STICKS)
CHOSEN = st.just(EVERYTHING) | st.sampled_from(
    [Selection(models=(f"{MODEL}/1",)), Selection(runs=("run-2",)), Selection(models=("none*",))]
)
WAY = st.sampled_from(["push", "pull"])
NO_FAULT = st.builds(RemoteFault, st.just(0))
FAULT = st.builds(
    RemoteFault,
    st.integers(1, 40),
    st.sampled_from([gone, full]),
    after=st.booleans(),
    stays=st.booleans(),
)


class Wandering(RuleBasedStateMachine):
    """What may happen, in any order."""

    wanderers: Wanderers

    @initialize()
    def a_team_is_founded(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="strongroom-sticks-")
        self.wanderers = Wanderers(Path(self.folder.name))

    @rule(who=WHO, nth=st.just(0) | st.integers(1, 25))
    def someone_signs(self, who: int, nth: int) -> None:
        self.wanderers.say(who, nth)

    @rule(who=WHO)
    def someone_registers(self, who: int) -> None:
        self.wanderers.register(who)

    @rule(who=WHO, which=WHICH, stage=st.sampled_from(STAGES))
    def someone_asks(self, who: int, which: int, stage: str) -> None:
        self.wanderers.ask(who, which, stage)

    @rule(who=WHO, which=WHICH, kind=st.sampled_from(ANSWERS))
    def someone_answers(self, who: int, which: int, kind: str) -> None:
        self.wanderers.answer(who, which, kind)

    @rule(who=WHO, which=WHICH)
    def someone_names_a_champion(self, who: int, which: int) -> None:
        self.wanderers.alias(who, which)

    @rule(who=st.integers(1, 3), is_leaving=st.booleans())
    def the_founder_changes_the_team(self, who: int, is_leaving: bool) -> None:
        self.wanderers.change_team(who, is_leaving)

    @rule(who=WHO, stick=STICK, way=WAY, fault=NO_FAULT | FAULT, chosen=CHOSEN)
    def someone_syncs(
        self, who: int, stick: str, way: str, fault: RemoteFault, chosen: Selection
    ) -> None:
        self.wanderers.sync(who, stick, way, fault, chosen)

    @rule(who=WHO, whom=WHO, nth=st.just(0) | st.integers(1, 60))
    def someone_hands_a_file_over(self, who: int, whom: int, nth: int) -> None:
        self.wanderers.hand_over(who, whom, nth)

    @rule(who=WHO, stick=STICK, way=WAY, nth=st.integers(1, 120))
    def someone_is_cut_off(self, who: int, stick: str, way: str, nth: int) -> None:
        self.wanderers.sync_until_killed(who, stick, way, nth)

    @invariant()
    def nothing_is_invalid(self) -> None:
        if hasattr(self, "wanderers"):
            self.wanderers.check()

    def teardown(self) -> None:
        if not hasattr(self, "wanderers"):
            return
        try:
            self.wanderers.meet()
            self.wanderers.check()
            self.wanderers.check_agreement()
        finally:
            self.wanderers.close()
            self.folder.cleanup()


def wander(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Wandering,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_four_homes_that_meet_by_sticks_agree_in_the_end() -> None:
    wander(examples=2, steps=12)


@pytest.mark.slow
def test_four_homes_agree_after_any_of_many_histories() -> None:
    wander(examples=150, steps=40)
