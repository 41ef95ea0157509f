# SPDX-License-Identifier: Apache-2.0
"""Fills a store with a team at work: training, registering, reviewing, carrying, evidence.

* A repeat changes nothing and returns at once. A filling that was cut off starts over.
* Somebody's own store is never touched (`marker`), and runs a visitor logged into the demo are
  not taken away with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from strongroom.demo import marker
from strongroom.demo.people import FOLDER, TEAM_NAME, DemoPerson, people_of
from strongroom.domain.clock import MICROSECONDS, Clock, SystemClock
from strongroom.domain.errors import EnvironmentFault, Refused
from strongroom.domain.progress import Progress, Silent
from strongroom.store.store_folder import fault

NAMES_SEED = 2026
LOCK_TIMEOUT_S = 300  # a slow machine fills a store in two minutes
OWNER = "Jonas Feld"
OTHER_STEPS = 7  # steps that are not one run of the sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What a demo store holds and where; ``is_new`` says whether this call filled it."""

    store: Path
    team: str
    people: tuple[DemoPerson, ...]
    run_count: int
    models: tuple[str, ...]
    waiting: str
    rejected: str
    share: Path
    stick: Path
    audit: Path
    seconds: int
    is_new: bool


def fill(
    store: Path,
    *,
    progress: Progress | None = None,
    clock: Clock | None = None,
    scale: float = 1.0,
) -> DemoReport:
    """Fills a store with the demo, unless it is full already.

    Args:
        store: An empty or absent folder, or a demo store.
        progress: Hears how far it is; may stop it.
        clock: What time it is.
        scale: Share of the sweep that is trained, for tests.

    Raises:
        Refused: ``E-DEMO`` if the folder holds something else.
        EnvironmentFault: ``E-STORE``, ``E-FULL``, ``E-SHARE``.
        Cancelled: The next call starts over.
    """
    store = store.absolute()
    before = marker.finished(store)
    if before is not None:
        return _report(store, before, is_new=False)
    marker.check_free(store)
    with _alone(store):
        before = marker.finished(store)  # another program may have been filling it meanwhile
        if before is not None:
            return _report(store, before, is_new=False)
        marker.check_free(store)
        marker.begin(store)
        marker.clear(store)
        made = _fill(store, progress or Silent(), clock or SystemClock(), scale)
        marker.finish(store, made)
    return _report(store, made, is_new=True)


def remove(store: Path) -> bool:
    """Takes a demo store away, and returns whether there was one.

    Raises:
        Refused: ``E-DEMO`` if the folder is not a demo store, or holds runs somebody logged.
        EnvironmentFault: ``E-STORE`` if something cannot be removed.
    """
    store = store.absolute()
    if not store.exists():
        return False
    if not marker.is_begun(store):
        raise Refused(
            "E-DEMO",
            f"{store} is not a demo store",
            "Nothing was removed. Name the folder of the demo: strongroom demo --store FOLDER "
            "--remove.",
        )
    with _alone(store):
        _check_no_other_runs(store)
        marker.clear(store)
    marker.forget(store)
    return True


def _fill(store: Path, progress: Progress, clock: Clock, scale: float) -> marker.Finished:
    """Does everything there is to do in an empty demo store."""
    from strongroom.demo.plans import sweep
    from strongroom.demo.steps import Steps

    started_us = clock.now_us()
    plans = sweep(scale)
    steps = Steps(progress, total=len(plans) + OTHER_STEPS)
    steps.next("Loading scikit-learn")
    from strongroom.demo.carriage import share_everything, share_team, work_elsewhere
    from strongroom.demo.naming import run_names
    from strongroom.demo.people import ANALYST, AUDITOR
    from strongroom.demo.reviews import review
    from strongroom.demo.sessions import close_stopped, train_all
    from strongroom.demo.team import gathered

    names = run_names(NAMES_SEED)
    steps.next("Bringing the team together")
    with gathered(store, clock) as team:
        share_team(store, team)
        steps.next("Working on a second workstation")
        elsewhere = work_elsewhere(store, team, [next(names) for _ in range(3)], clock)
        trained = train_all(store, plans, names, owner=OWNER, steps=steps)
        steps.next("Registering and reviewing models")
        jonas = team[ANALYST]
        close_stopped(jonas.runs)
        reviewed = review(team, trained, elsewhere.shared)
        steps.next("Collecting evidence")
        audit = store / FOLDER / ("audit-" + reviewed.in_production.replace("/", "-"))
        team[AUDITOR].evidence.export(reviewed.in_production, audit)
        steps.next("Sharing it")
        share_everything(team)
        models = tuple(model.name for model in jonas.registry.models())
    steps.finish()
    own = _run_ids(store)
    return marker.Finished(
        runs=(*own, *elsewhere.runs),
        run_count=len(own),
        models=models,
        waiting=reviewed.waiting,
        rejected=reviewed.rejected,
        audit=audit.name,
        seconds=round((clock.now_us() - started_us) / MICROSECONDS),
    )


def _report(store: Path, made: marker.Finished, *, is_new: bool) -> DemoReport:
    inside = store / FOLDER
    return DemoReport(
        store=store,
        team=TEAM_NAME,
        people=people_of(store),
        run_count=made.run_count,
        models=made.models,
        waiting=made.waiting,
        rejected=made.rejected,
        share=inside / "share",
        stick=inside / "stick",
        audit=inside / made.audit,
        seconds=made.seconds,
        is_new=is_new,
    )


def _check_no_other_runs(store: Path) -> None:
    """Refuses while runs are here that the demo did not make."""
    made = marker.finished(store)
    others = sorted(set(_run_ids(store)) - set(made.runs)) if made else []
    if others:
        listed = " ".join(run[:8] for run in others[:3]) + (" …" if len(others) > 3 else "")
        raise Refused(
            "E-DEMO",
            f"Somebody logged {len(others)} runs of his own into the demo: {listed}",
            "Nothing was removed. Keep them with: strongroom runs export, or delete the folder "
            "by hand.",
        )


def _run_ids(store: Path) -> list[str]:
    return sorted(path.name for path in (store / "runs").glob("*/*") if path.is_dir())


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Holds the lock of a demo store, so that two programs do not fill or remove it at once."""
    path = marker.lock_path(store)
    lock = FileLock(path, timeout=LOCK_TIMEOUT_S)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise EnvironmentFault(
            "E-STORE",
            "Another program is busy with this demo store",
            "Wait until it has finished, then try again.",
        ) from error
    except OSError as error:
        raise fault(error, store) from error
    try:
        yield
    finally:
        lock.release()
