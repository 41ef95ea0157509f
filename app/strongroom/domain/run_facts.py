# SPDX-License-Identifier: Apache-2.0
"""What a question about one run can be answered from, wherever the run is: catalog, folder, memory.

* A run that is being logged has them in memory, a run in a store in its folder; the same question
  gets the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.domain.model_signature import LoggedModel
from strongroom.domain.run import MetricSummary, RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A run's values; ``inputs`` as the journal has them, ``artifacts`` as path and digest.

    ``models`` are read from their files only where a contract asks for signatures.
    """

    run_id: str = ""
    name: str = ""
    experiment: str = ""
    status: RunStatus = RunStatus.RUNNING
    started_us: int = 0
    ended_us: int | None = None
    host: str = ""
    user: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, MetricSummary] = field(default_factory=dict)
    inputs: Sequence[Mapping[str, str]] = ()
    artifacts: Sequence[tuple[str, str]] = ()
    models: Sequence[LoggedModel] = ()
