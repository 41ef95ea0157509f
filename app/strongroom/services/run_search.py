# SPDX-License-Identifier: Apache-2.0
"""``strongroom.search_runs`` and its kin: what the window and the command line find, in a script.

* Each call opens the store, takes in what programs have logged, answers and lets the store go.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from strongroom.domain.clock import SystemClock
from strongroom.domain.places import default_store
from strongroom.services.found_runs import FoundRuns, Histories, History, RunsCompared, StoredRun
from strongroom.services.run_comparison import RunComparison
from strongroom.services.runs import Runs, open_runs


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
) -> FoundRuns:
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
    with _opened(store) as runs:
        page = runs.search(
            filter,
            experiment=experiment,
            order_by=order_by,
            limit=limit,
            offset=offset,
            is_deleted=is_deleted,
            is_archived=is_archived,
        )
        return FoundRuns(page.runs, page.total)


def get_run(run: object, *, store: Path | str | None = None) -> StoredRun:
    """Returns one run with everything a run's page shows.

    Args:
        run: Its id, the start of its id, its name where that is unique, or a run.
        store: As for `search_runs`.

    Raises:
        BadInput: ``E-RUN`` if that names no run or several.
        Untrusted: If the folder cannot be trusted.
        EnvironmentFault: As `search_runs`.
    """
    with _opened(store) as runs:
        return StoredRun(runs.show(_reference(run)))


def get_history(
    run: object,
    *keys: str,
    first: int | None = None,
    last: int | None = None,
    points: int | None = None,
    store: Path | str | None = None,
) -> History:
    """Returns the points of metrics of a run, ordered by step, then as they were written.

    Args:
        run: As for `get_run`.
        keys: The metrics; all of them if none is named.
        first: The lowest step that is asked, None for the beginning.
        last: The highest step that is asked, None for the end.
        points: About how many points of each metric are enough. With more, the lowest and the
            highest of every so many stay: points that were logged, and no extreme is lost.
        store: As for `search_runs`.

    Raises:
        BadInput: ``E-RUN`` for an unknown run, ``E-METRIC`` for a metric it does not have,
            ``E-SIZE`` for more points than memory may be asked for, ``E-USAGE`` for a range or a
            number of points that says nothing.
        Untrusted: ``E-HASH`` if stored points do not hold.
        EnvironmentFault: As `search_runs`.
    """
    with _opened(store) as runs:
        reference = _reference(run)
        wanted = keys or tuple(sorted(runs.show(reference).run.metrics))
        return History(
            {
                key: runs.history(reference, key, first=first, last=last, points=points)
                for key in wanted
            }
        )


def get_histories(
    runs: Iterable[object],
    key: str,
    *,
    first: int | None = None,
    last: int | None = None,
    points: int | None = None,
    store: Path | str | None = None,
) -> Histories:
    """Returns the points of one metric of many runs: the store is opened once for all of them.

    Args:
        runs: What `search_runs` found, or anything `get_run` takes, in the order of the answer.
        key: The metric. Runs that do not have it are named in `Histories.without`.
        first: As for `get_history`.
        last: As for `get_history`.
        points: As for `get_history`, for each run.
        store: As for `search_runs`.

    Raises:
        BadInput: As `get_history`, but for a metric that runs do not have.
        Untrusted: ``E-HASH`` if stored points do not hold.
        EnvironmentFault: As `search_runs`.
    """
    given = [runs] if isinstance(runs, str) else list(runs)
    with _opened(store) as opened:
        places = opened.places([_reference(each) for each in given])
        names = {place.run_id: place.name for place in places}
        found = opened.histories(list(names), key, first=first, last=last, points=points)
        return Histories(key, dict(found), names)


def compare_runs(*runs: object, store: Path | str | None = None) -> RunsCompared:
    """Returns runs side by side, the first one as the baseline: what differs, and what is the same.

    Args:
        runs: As for `get_run`, or one list of them.
        store: As for `search_runs`.

    Raises:
        BadInput: ``E-RUN`` for an unknown run, ``E-USAGE`` for more than can be compared.
        EnvironmentFault: As `search_runs`.
    """
    is_list = len(runs) == 1 and not isinstance(runs[0], str) and hasattr(runs[0], "__iter__")
    given = list(runs[0]) if is_list else list(runs)  # type: ignore[call-overload]  # asked above
    with _opened(store) as opened:
        ids = [opened.place(_reference(each)).run_id for each in given]
        return RunsCompared(RunComparison(opened).compare(ids))


@contextmanager
def _opened(store: Path | str | None) -> Iterator[Runs]:
    root = Path(store) if store is not None else default_store(os.environ)
    runs = open_runs(root, SystemClock(), os.urandom)
    try:
        runs.refresh()
        yield runs
    finally:
        runs.catalog.close()


def _reference(run: object) -> str:
    found = getattr(run, "run_id", run)
    return found if isinstance(found, str) else str(found)
