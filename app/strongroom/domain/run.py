# SPDX-License-Identifier: Apache-2.0
"""A run: one execution that logs params, metrics, tags, inputs and artifacts.

Values only; how a run is written is `journal`, where it is found is `store`.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from strongroom.domain.artifact import ArtifactFile


class RunStatus(StrEnum):
    """MLflow's five words for the state of a run."""

    RUNNING = "RUNNING"
    SCHEDULED = "SCHEDULED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"

    @property
    def is_terminal(self) -> bool:
        """Whether a run in this state has ended."""
        return self in {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED}


LOST = "LOST"
"""What a filter asks for to find running runs whose process is gone or silent; no status of a run
itself, which still says RUNNING."""


class MetricSummary(NamedTuple):
    """What tables show of one metric; NaN never wins min, max or best but may be last.

    A tuple, because a page of a table makes a thousand of them and this halves what they cost.
    """

    count: int  # type: ignore[assignment] # nobody counts the members of a summary
    last: float
    last_step: int
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProcess:
    """A process that logged into a run of several; ``rank`` counts from 0, None if nobody told.

    ``status`` is what it ended with, None if it did not say; ``is_child`` marks a forked one.
    """

    host: str
    pid: int
    rank: int | None = None
    world: int | None = None
    local_rank: int | None = None
    launcher: str = ""
    is_child: bool = False
    status: RunStatus | None = None

    @property
    def words(self) -> str:
        """What a person reads of it: rank, host, number of the process, end."""
        which = "" if self.rank is None else f"rank {self.rank} of {self.world}"
        where = f"on {self.host}" if self.host else ""
        ended = "" if self.status is None else self.status.value
        place = " ".join(filter(None, (which, where)))
        return ", ".join(filter(None, (place, f"process {self.pid}", ended)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as the catalog knows it; times in microseconds UTC, ``ended_us`` None while it runs."""

    run_id: str
    experiment: str
    name: str
    status: RunStatus
    started_us: int
    ended_us: int | None
    host: str
    user: str
    is_deleted: bool = False
    is_archived: bool = False
    is_lost: bool = False
    is_sealed: bool = False
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, MetricSummary] = field(default_factory=dict)

    @property
    def duration_us(self) -> int | None:
        """How long the run took, in microseconds; None while it runs."""
        return None if self.ended_us is None else max(0, self.ended_us - self.started_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """A run with everything a detail page shows."""

    run: Run
    parent: str
    source: dict[str, str]
    artifacts: tuple[ArtifactFile, ...]
    inputs: tuple[dict[str, str], ...]
    notes: tuple[str, ...]
    lost: dict[str, int]
    warnings: tuple[str, ...]
    violations: tuple[str, ...] = ()
    """What the run breaks of its contracts, a sentence each, those that were waived aside."""
    processes: tuple[RunProcess, ...] = ()
    """Empty for a run of one process that was never resumed."""
    last_seen_us: int = 0
    """When its processes last wrote anything, microseconds UTC; 0 if the run is sealed."""
