# SPDX-License-Identifier: Apache-2.0
"""Doubts about clocks: claimed times that contradict the order in which things must have happened.

* The order comes from the chains and from what each event had seen; it needs no clock and is
  believed. A claimed time that contradicts it is shown with W-CLOCK, and decides nothing.
* A clock some minutes off is ordinary; what is flagged could mislead a reader.
"""

from collections.abc import Mapping
from enum import StrEnum

from strongroom.domain.chains import Chains
from strongroom.domain.clock import MICROSECONDS, from_iso
from strongroom.domain.event import Event

CAUSE_SLACK_US = 10 * 60 * MICROSECONDS  # workstations without a time server drift by minutes
FUTURE_SLACK_US = 24 * 3600 * MICROSECONDS  # a wrong time zone is not a wrong day


class ClockDoubt(StrEnum):
    """What is odd about the time an event claims."""

    REGRESSION = "clock-regression"
    BEFORE_CAUSE = "clock-before-cause"
    FUTURE = "clock-future"
    UNREADABLE = "clock-unreadable"

    @property
    def sentence(self) -> str:
        """The doubt as people read it."""
        return _SENTENCES[self]


_SENTENCES = {
    ClockDoubt.REGRESSION: "Its clock stood earlier than at the event before it in the same log.",
    ClockDoubt.BEFORE_CAUSE: "It claims an earlier time than something it had seen.",
    ClockDoubt.FUTURE: "It claims a time more than a day ahead of this workstation's clock.",
    ClockDoubt.UNREADABLE: "What it claims as its time is not a time.",
}


def clock_doubts(chains: Chains, now_us: int) -> Mapping[str, ClockDoubt]:
    """Returns, by event id, what is odd about the time claimed; most events have no entry.

    Args:
        chains: The chains of all writers.
        now_us: What this workstation's own clock says, in microseconds.
    """
    times = {event.id: claimed_us(event) for event in chains.events()}
    found = {}
    for event in chains.events():
        doubt = _doubt(chains, times, event, now_us)
        if doubt is not None:
            found[event.id] = doubt
    return found


def claimed_us(event: Event) -> int | None:
    """Returns the time an event claims in microseconds, None if the claim is not a time."""
    try:
        return from_iso(event.time)
    except (ValueError, OverflowError):
        return None


def _doubt(
    chains: Chains, times: Mapping[str, int | None], event: Event, now_us: int
) -> ClockDoubt | None:
    mine = times[event.id]
    if mine is None:
        return ClockDoubt.UNREADABLE
    before = times.get(event.prev)
    if before is not None and mine < before:
        return ClockDoubt.REGRESSION
    for writer, (seq, id_) in event.seen.items():
        cause = times.get(id_) if chains.id_at(writer, seq) == id_ else None
        if cause is not None and mine < cause - CAUSE_SLACK_US:
            return ClockDoubt.BEFORE_CAUSE
    return ClockDoubt.FUTURE if mine > now_us + FUTURE_SLACK_US else None
