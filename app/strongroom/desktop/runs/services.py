# SPDX-License-Identifier: Apache-2.0
"""What the Runs page needs of the services, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from strongroom.domain.clock import Clock
from strongroom.services.artifact_repair import ArtifactRepair
from strongroom.services.artifacts import Artifacts
from strongroom.services.curves import Curves
from strongroom.services.datasets import Datasets
from strongroom.services.experiments import Experiments
from strongroom.services.metric_schema import MetricSchemas
from strongroom.services.outgoing import Outgoing
from strongroom.services.run_export import RunExport
from strongroom.services.run_story import RunStories
from strongroom.services.run_table import RunTable
from strongroom.services.run_values import RunValues
from strongroom.services.runs import Runs
from strongroom.services.viewing import Viewing


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsServices:
    """Runs of one store, what is known of them as values, curves, files; the time; and ways out.

    ``outgoing`` looks for secrets in what is saved as a file; ``repair`` is None where nobody
    works who knows remotes and backups.
    """

    runs: Runs
    run_table: RunTable
    experiments: Experiments
    metric_schemas: MetricSchemas
    run_values: RunValues
    curves: Curves
    artifacts: Artifacts
    viewing: Viewing
    run_export: RunExport
    outgoing: Outgoing
    stories: RunStories
    datasets: Datasets
    clock: Clock
    repair: ArtifactRepair | None = None
    gpu_hour_cents: Callable[[], int] = lambda: 0
    """What a graphics card costs in an hour, as the settings say now."""
