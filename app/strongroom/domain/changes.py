# SPDX-License-Identifier: Apache-2.0
"""What a change touched: frozen sets of ids, so that nobody refreshes everything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Ids touched by one change, local or arrived; pages redraw what they show of it."""

    runs: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    quarantined: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()
    """Names of metrics whose rule changed."""
    contracts: frozenset[str] = frozenset()
    """Names of contracts that were stated anew."""
    is_team: bool = False

    def __or__(self, other: "Changes") -> "Changes":
        return Changes(
            runs=self.runs | other.runs,
            models=self.models | other.models,
            requests=self.requests | other.requests,
            events=self.events | other.events,
            quarantined=self.quarantined | other.quarantined,
            metrics=self.metrics | other.metrics,
            contracts=self.contracts | other.contracts,
            is_team=self.is_team or other.is_team,
        )

    def __bool__(self) -> bool:
        return bool(
            self.runs
            or self.models
            or self.requests
            or self.events
            or self.quarantined
            or self.metrics
            or self.contracts
            or self.is_team
        )
