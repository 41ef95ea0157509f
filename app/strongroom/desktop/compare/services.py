# SPDX-License-Identifier: Apache-2.0
"""What the Compare page asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from strongroom.domain.clock import Clock
from strongroom.domain.registry import RegisteredModel
from strongroom.services.curves import Curves
from strongroom.services.datasets import Datasets
from strongroom.services.metric_schema import MetricSchemas
from strongroom.services.outgoing import Outgoing
from strongroom.services.run_comparison import RunComparison
from strongroom.services.run_texts import RunTexts
from strongroom.services.run_values import RunValues
from strongroom.services.runs import Runs
from strongroom.services.viewing import Viewing


def _not_charted(_run_id: str) -> int | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareServices:
    """Runs, their comparison, curves, values, files, texts, metric rules, time; and run colours.

    ``colour_of`` returns the palette place a charted run has on the Runs page, None for others;
    ``charted`` returns the runs that are charted there; ``models`` reads what is registered;
    ``outgoing`` looks for secrets in what is saved as a file.
    """

    runs: Runs
    comparison: RunComparison
    curves: Curves
    run_values: RunValues
    viewing: Viewing
    outgoing: Outgoing
    texts: RunTexts
    metric_schemas: MetricSchemas
    datasets: Datasets
    clock: Clock
    colour_of: Callable[[str], int | None] = _not_charted
    charted: Callable[[], tuple[str, ...]] = tuple
    models: Callable[[], Sequence[RegisteredModel]] = tuple
