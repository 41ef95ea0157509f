# SPDX-License-Identifier: Apache-2.0
"""``strongroom.close_run``: what the window and the command line close, in a script."""

import os
from collections.abc import Sequence
from pathlib import Path

from strongroom.domain.clock import SystemClock
from strongroom.domain.errors import BadInput
from strongroom.domain.places import default_store
from strongroom.domain.run import RunStatus
from strongroom.services.runs import open_runs


def close_run(
    runs: str | Sequence[str],
    status: str = RunStatus.KILLED,
    *,
    reason: str = "",
    store: Path | str | None = None,
) -> tuple[str, ...]:
    """Ends runs whose process is gone without saying so, and seals them; their ids.

    Args:
        runs: A run's id, the start of it, or its name; or several of them.
        status: ``KILLED``, ``FAILED`` or ``FINISHED``.
        reason: Why; it stays as a note of each run.
        store: The store's folder; ``STRONGROOM_STORE`` or the user's data folder if None.

    Raises:
        Refused: ``E-LIVE`` if a process may still be writing.
        BadInput: ``E-RUN``; ``E-USAGE`` for a run that has ended or a status that is no end.
        EnvironmentFault: ``E-SHARE``, ``E-STORE``, ``E-FULL``.
    """
    if status not in set(RunStatus):
        raise BadInput(
            "E-USAGE", f"{str(status)[:40]!r} is not an end", "Use FINISHED, FAILED or KILLED."
        )
    root = Path(store) if store is not None else default_store(os.environ)
    opened = open_runs(root, SystemClock(), os.urandom)
    try:
        opened.refresh()
        named = [runs] if isinstance(runs, str) else list(runs)
        outcome = opened.closing.close(named, RunStatus(status), reason)
        outcome.whole()
        return outcome.done
    finally:
        opened.catalog.close()
