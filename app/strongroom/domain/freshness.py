# SPDX-License-Identifier: Apache-2.0
"""Freshness: how long ago others were last heard of, and whether a witness vouches for a view.

* Nobody can prove offline that nothing new is held back. What can be known is what was seen, and
  the times its writers claim; a claim far in the future is left aside.
* A witness's snapshot names the heads of all logs (trust.md 3.3). Whoever has seen it has been
  shown at least what the witness was shown.
* A policy may ask that an approval has seen a snapshot of the last days, by claim. The claims are
  those of the approver and of the witness: the answer is the same on every peer, at any time.
* A snapshot that claims to be of long after the approval that has seen it is no fresh one: a clock
  set ahead once would vouch for years. The approver's own word vouches for nothing either.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from strongroom.domain.chains import Chains
from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.clock_doubts import FUTURE_SLACK_US, claimed_us
from strongroom.domain.event import Event

STALE = "W-STALE"
DAY_US = 24 * 3600 * MICROSECONDS
STALE_AFTER_US = 14 * DAY_US  # two weeks without a word are more than a holiday of one person


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """When somebody else, and a witness, was last heard of: writer and claimed time, or nothing."""

    heard_from: str = ""
    heard_us: int | None = None
    witness: str = ""
    witnessed_us: int | None = None

    def is_stale(self, now_us: int) -> bool:
        """Whether others have been heard of, and not for a long time."""
        return self.heard_us is not None and now_us - self.heard_us > STALE_AFTER_US


def freshness(chains: Chains, me: str, refusals: Mapping[str, str], now_us: int) -> Freshness:
    """Returns when others were last heard of, by the times they claim.

    Args:
        chains: The chains of all writers.
        me: This workstation's writer id, "" if there is none.
        refusals: Events without effect: a snapshot of somebody who is no witness is none.
        now_us: What the clock here says; claims a day ahead of it are left aside.
    """
    others = [
        (time, event)
        for event in chains.events()
        if event.writer != me
        and (time := claimed_us(event)) is not None
        and time <= now_us + FUTURE_SLACK_US
    ]
    heard = max(others, key=lambda each: each[0], default=None)
    shown = [
        each for each in others if each[1].type == "witness.snapshot" and each[1].id not in refusals
    ]
    seen = max(shown, key=lambda each: each[0], default=None)
    return Freshness(
        heard_from=heard[1].writer if heard else "",
        heard_us=heard[0] if heard else None,
        witness=seen[1].writer if seen else "",
        witnessed_us=seen[0] if seen else None,
    )


def has_fresh_snapshot(chains: Chains, snapshots: Iterable[Event], event: Event, days: int) -> bool:
    """Whether an event has seen a witness's snapshot that was at most so many days old.

    Args:
        chains: The chains of all writers.
        snapshots: The valid ``witness.snapshot`` events of other people.
        event: The event, such as an approval.
        days: How old the snapshot may be, by both claims.
    """
    mine = claimed_us(event)
    if mine is None:
        return False
    return any(
        (theirs := claimed_us(snapshot)) is not None
        and _is_fresh(mine - theirs, days)
        and chains.has_seen(event, snapshot)
        for snapshot in snapshots
    )


def is_vouched_for(
    chains: Chains, refusals: Mapping[str, str], mine: Collection[str], now_us: int, days: int
) -> bool:
    """Whether an approval signed now would have seen a fresh snapshot: all that is here is seen.

    Args:
        chains: The chains of all writers.
        refusals: Events without effect: a snapshot of somebody who is no witness is none.
        mine: The writers of the person who would approve.
        now_us: The time that the approval would claim.
        days: How old the snapshot may be.
    """
    return any(
        event.type == "witness.snapshot"
        and event.id not in refusals
        and event.writer not in mine
        and (time := claimed_us(event)) is not None
        and _is_fresh(now_us - time, days)
        for event in chains.events()
    )


def _is_fresh(age_us: int, days: int) -> bool:
    """Whether a snapshot is of the last days before an approval, or of a day after it at most."""
    return -FUTURE_SLACK_US <= age_us <= days * DAY_US
