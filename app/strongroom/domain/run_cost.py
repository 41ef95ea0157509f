# SPDX-License-Identifier: Apache-2.0
"""How long a run held graphics cards, and what that costs.

* Cards are counted as held from the start to the end, busy or not: that is what is paid for.
* Cards of one machine are known; where processes ran on several, each is taken to have as many.
"""

from dataclasses import dataclass

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.run import RunDetail

HOUR_US = 3600 * MICROSECONDS
MOST_CARDS = 64  # of one machine; what says more is not believed


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """What a run held: ``cards`` of ``machines`` for ``hours``; no ``cents`` without a rate."""

    cards: int
    machines: int
    hours: float
    cents: float | None

    @property
    def gpu_hours(self) -> float:
        """Hours of one card."""
        return self.cards * self.machines * self.hours


def run_cost(detail: RunDetail, *, now_us: int, cents_an_hour: int) -> RunCost | None:
    """Returns what a run cost so far, None for one without known cards.

    Args:
        detail: The run; one that lost contact counts until it was last heard of.
        now_us: What time it is, for a run that lasts.
        cents_an_hour: What a card costs in an hour, 0 if nobody said.
    """
    told = detail.source.get("gpus", "")
    if not (told.isascii() and told.isdecimal()) or not 0 < int(told[:4]) <= MOST_CARDS:
        return None
    run = detail.run
    until_us = run.ended_us
    if until_us is None:
        until_us = detail.last_seen_us if run.is_lost and detail.last_seen_us else now_us
    hours = max(0, until_us - run.started_us) / HOUR_US
    machines = len({process.host for process in detail.processes if process.host}) or 1
    cost = RunCost(cards=int(told), machines=machines, hours=hours, cents=None)
    if cents_an_hour <= 0:
        return cost
    return RunCost(
        cards=cost.cards, machines=machines, hours=hours, cents=cost.gpu_hours * cents_an_hour
    )
