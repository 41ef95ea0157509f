# SPDX-License-Identifier: Apache-2.0
"""``strongroom.search_runs``: what the window and the command line find, in a script."""

import os
from pathlib import Path

from strongroom.domain.clock import SystemClock
from strongroom.domain.places import default_store
from strongroom.domain.run import Run
from strongroom.services.runs import open_runs


def search_runs(
    filter: str = "",  # noqa: A002 - the word users know from MLflow's search_runs
    *,
    experiment: str = "",
    order_by: str = "",
    limit: int = 1_000,
    offset: int = 0,
    is_deleted: bool = False,
    is_archived: bool = False,
    store: Path | str | None = None,
) -> tuple[Run, ...]:
    """Returns the runs a filter holds for, after taking in what programs have logged.

    Args:
        filter: In the language of docs/reference/search.md; blank for every run.
        experiment: Of one experiment, "" for all.
        order_by: For example ``"best(metrics.accuracy) DESC"``; newest first if blank.
        limit: At most so many.
        offset: Leave out so many first.
        is_deleted: Deleted runs instead of the others.
        is_archived: Archived runs instead of the others.
        store: The store's folder; ``STRONGROOM_STORE`` or the user's data folder if None.

    Raises:
        FilterError: With the position of what cannot be read.
        EnvironmentFault: ``E-SHARE``, ``E-STORE``, ``E-FULL``.
    """
    root = Path(store) if store is not None else default_store(os.environ)
    runs = open_runs(root, SystemClock(), os.urandom)
    try:
        runs.refresh()
        return runs.search(
            filter,
            experiment=experiment,
            order_by=order_by,
            limit=limit,
            offset=offset,
            is_deleted=is_deleted,
            is_archived=is_archived,
        ).runs
    finally:
        runs.catalog.close()
