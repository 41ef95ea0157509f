# SPDX-License-Identifier: Apache-2.0
"""What the terminal says of run folders that cannot be read, below every list of runs."""

from collections.abc import Iterator, Sequence
from typing import Any

from strongroom.domain.unreadable import UnreadableRun

MOST_TOLD = 20  # strongroom verify names each of them


def unreadable_documents(runs: Sequence[UnreadableRun]) -> list[dict[str, Any]]:
    """Returns them as ``--json`` prints them."""
    return [
        {
            "run_id": run.run_id,
            "path": f"runs/{run.path}",
            "name": run.name,
            "experiment": run.experiment,
            "code": run.code,
            "reason": run.reason,
            "advice": run.advice,
        }
        for run in runs
    ]


def unreadable_lines(runs: Sequence[UnreadableRun]) -> Iterator[str]:
    """Yields a line for each with its reason, and what can be done below it."""
    if not runs:
        return
    count = "1 run folder" if len(runs) == 1 else f"{len(runs):,} run folders"
    yield f"{count} cannot be read and {'is' if len(runs) == 1 else 'are'} not among them:"
    for run in runs[:MOST_TOLD]:
        named = f" ({run.name})" if run.name else ""
        yield f"  {run.run_id[:8]}{named}  {run.code}: {run.reason}"
        yield f"            {run.advice}"
    if len(runs) > MOST_TOLD:
        yield f"  and {len(runs) - MOST_TOLD:,} more; strongroom verify names each of them."
