# SPDX-License-Identifier: Apache-2.0
"""The active runs of this process: how one begins, is resumed, is joined, and is found again.

* Runs nest. Which one a line of code logs into is `sdk.contexts`; what the end of the process
  makes of them is `sdk.endings`.
* A forked child goes on logging into the same run, in a file of its own. A process that was given
  a run (pickled, or by its id) joins it; the end of the run stays that of the process that leads.
"""

import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import BadInput
from strongroom.domain.ids import RandomBytes, new_id
from strongroom.domain.metric import is_name
from strongroom.domain.places import default_store
from strongroom.domain.run import RunStatus
from strongroom.journal.layout import JOURNAL_SUFFIX
from strongroom.journal.writer import JournalWriter
from strongroom.sdk.active_run import JOINS, ActiveRun
from strongroom.sdk.capturing import NOTHING, Capture, Choice, begin, choose
from strongroom.sdk.contexts import Contexts
from strongroom.sdk.endings import Endings
from strongroom.sdk.folder import RunPlace, clean_run_id, open_run, store_fault, take_back
from strongroom.sdk.held_to import HeldTo, held_to
from strongroom.sdk.leading import Living, living, may_lead, newest_us
from strongroom.sdk.losses import LOG, Losses
from strongroom.sdk.ranks import OF_THE_JOB, Rank, job_run_id, rank_of
from strongroom.sdk.source import clean, facts_of, host_name, user_name
from strongroom.sdk.work_tree import WorkTree

DEFAULT_EXPERIMENT = "Default"


class Session:
    """All runs of one process."""

    def __init__(self, environ: Mapping[str, str], random_bytes: RandomBytes) -> None:
        self._environ = environ
        self._random_bytes = random_bytes
        self._contexts = Contexts[ActiveRun]("strongroom_run")
        self.current = self._contexts.current  # each logged point asks; one call less
        self._endings = Endings(self.end_all, self._end_thread)
        self._tree = WorkTree()
        self.orphans = Losses(is_strict=self._is_strict())
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    @property
    def is_divided(self) -> bool:
        """Whether several runs are active and none of them is the one of this code."""
        return self._contexts.is_divided

    def start(
        self,
        experiment: str | None,
        *,
        name: str | None,
        run_id: str | None,
        parent: str | None,
        store: str | os.PathLike[str] | None,
        capture: Choice = None,
        reason: str = "",
    ) -> ActiveRun:
        """Starts a run, or resumes the one with this id.

        Raises:
            BadInput: ``E-FORMAT`` for a run id, parent or experiment that cannot be one,
                ``E-USAGE`` for something there is not to capture.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE`` if the store cannot be written.
        """
        kept = choose(capture, self._environ)
        # Whole from here on: a script may change its folder while it logs.
        root = (Path(store) if store is not None else default_store(self._environ)).absolute()
        wanted, is_named_outside = run_id, False
        if wanted is None and not self._contexts.runs:  # a nested run is not the scheduler's
            wanted = self._env("STRONGROOM_RUN_ID", "MLFLOW_RUN_ID")
            is_named_outside = wanted is not None
        if wanted is not None and wanted.strip().lower() == OF_THE_JOB:
            wanted = job_run_id(self._environ)
        identity = clean_run_id(wanted) if wanted else new_id(self._random_bytes)
        held = held_to(root, self._environ)
        facts = self._facts(experiment, name, parent, identity, reason)
        facts["source"] |= held.fact(facts["experiment"])
        place = open_run(root, identity, facts)
        return self._open(root, place, kept, held, is_named_outside=is_named_outside)

    def join(self, store: Path, run_id: str) -> ActiveRun:
        """Returns the active run of this id, or joins it as one process more.

        Raises:
            BadInput: ``E-FORMAT`` for a run id that cannot be one.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE`` if the store cannot be written.
        """
        identity = clean_run_id(run_id)
        for run in self._contexts.runs:
            if run.run_id == identity and run.store == store:
                return run
        place = open_run(store, identity, self._facts(None, None, None, identity, ""))
        held = held_to(store, self._environ)
        return self._open(store, place, NOTHING, held, is_named_outside=False)

    def end_all(self, status: RunStatus = RunStatus.FINISHED) -> None:
        """Ends every run that is still active, the last one first."""
        for run in reversed(self._contexts.runs):
            run.end(status)

    # ------------------------------------------------------------------ inside

    def _open(
        self, root: Path, place: RunPlace, kept: Capture, held: HeldTo, *, is_named_outside: bool
    ) -> ActiveRun:
        rank = rank_of(self._environ)
        others = () if place.is_new else living(place.folder)
        leads = place.is_new or may_lead(others, rank)
        if others and is_named_outside and rank is None and not self._environ.get(JOINS):
            _warn_of_company(place, others)
        journal = ""
        try:
            writer = JournalWriter(
                place.folder,
                place.facts["run_id"],
                random_bytes=self._random_bytes,
                after_us=0 if place.is_new else newest_us(place.folder),
                process=_process(rank, is_first=place.is_new),
            )
            journal = writer.stem + JOURNAL_SUFFIX
            if leads:
                writer.claim()
        except OSError as error:
            if place.is_new:
                take_back(place.folder, journal)
            raise store_fault(root, error) from error
        run = ActiveRun(
            writer,
            place.facts,
            is_strict=self._is_strict(),
            random_bytes=self._random_bytes,
            on_end=self._contexts.end,
            leads=leads,
            rejoin=joined,
            outer=self._contexts.outer(),
            is_resumed=not place.is_new,
        )
        is_whole = place.is_new and rank is None
        run.watch = held.watch(run.experiment, run.name, is_whole=is_whole)
        self._endings.watch()
        self._contexts.begin(run)
        begin(run, place, kept, self._tree, root=root)
        return run

    def _facts(
        self,
        experiment: str | None,
        name: str | None,
        parent: str | None,
        run_id: str,
        reason: str,
    ) -> dict[str, JsonValue]:
        named = experiment or self._env("STRONGROOM_EXPERIMENT", "MLFLOW_EXPERIMENT_NAME")
        chosen = named or DEFAULT_EXPERIMENT
        if not is_name(chosen):
            raise BadInput(
                "E-FORMAT",
                f"{str(chosen)[:60]!r} cannot name an experiment",
                "Use a short text.",
            )
        above = clean_run_id(parent) if parent else ""
        outer = self._contexts.outer()
        if parent is None and outer is not None:
            above = outer.run_id
        return {
            "experiment": chosen,
            "name": clean(name or f"run-{run_id[:8]}")[:1024],
            "parent": above,
            "started": time.time_ns() // 1000,
            "host": host_name(),
            "user": user_name(),
            "source": facts_of(self._environ, sys.argv, self._tree, reason),
        }

    def _env(self, *names: str) -> str | None:
        return next((self._environ[name] for name in names if self._environ.get(name)), None)

    def _is_strict(self) -> bool:
        return self._environ.get("STRONGROOM_STRICT", "") not in {"", "0"}

    def _end_thread(self, thread: threading.Thread, status: RunStatus) -> None:
        for run in reversed(self._contexts.runs):
            if run.thread is thread:
                run.end(status)

    def _after_fork(self) -> None:
        self._contexts.after_fork()
        self._endings.after_fork()
        for run in self._contexts.runs:
            run.after_fork()


def _process(rank: Rank | None, *, is_first: bool) -> dict[str, JsonValue] | None:
    """Returns what a journal says of its process; nothing for a run of one process."""
    if rank is None:
        return None if is_first else {"host": host_name()}
    return {
        "host": host_name(),
        "rank": rank.rank,
        "world": rank.world,
        "local_rank": rank.local_rank,
        "launcher": rank.launcher,
    }


def _warn_of_company(place: RunPlace, others: tuple[Living, ...]) -> None:
    LOG.warning(
        "The run %s is being logged by process %d already; this one joins it. If a scheduler "
        "started the job twice, points of both are kept: stop one of them.",
        place.facts["run_id"],
        others[0].pid,
    )


SESSION = Session(os.environ, os.urandom)
"""The session of this process; the fluent functions speak to it."""


def joined(store: str, run_id: str) -> ActiveRun:
    """Returns the run that was handed to this process, as `pickle` finds it (`ActiveRun`).

    Raises:
        BadInput: ``E-FORMAT`` for a run id that cannot be one.
        EnvironmentFault: ``E-FULL`` or ``E-SHARE`` if the store cannot be written.
    """
    return SESSION.join(Path(store), run_id)
