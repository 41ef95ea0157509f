# SPDX-License-Identifier: Apache-2.0
"""The active runs of this process and what happens to them when it ends.

* Runs nest: the last one started is the one that is logged into.
* The process's end ends them: FINISHED when it runs out, KILLED by SIGTERM or Ctrl-C, FAILED by
  an exception nobody caught.
* A forked child goes on logging into the same run, in a file of its own.
"""

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, TracebackType

from strongroom.domain.errors import BadInput
from strongroom.domain.ids import RandomBytes, new_id
from strongroom.domain.metric import is_name
from strongroom.domain.places import default_store
from strongroom.domain.run import RunStatus
from strongroom.journal.writer import JournalWriter
from strongroom.sdk.active_run import ActiveRun
from strongroom.sdk.folder import clean_run_id, open_run, store_fault
from strongroom.sdk.leading import may_lead
from strongroom.sdk.losses import Losses
from strongroom.sdk.source import WorkTree, capture, clean, host_name, user_name

DEFAULT_EXPERIMENT = "Default"


class Session:
    """All runs of one process."""

    def __init__(self, environ: Mapping[str, str], random_bytes: RandomBytes) -> None:
        self._environ = environ
        self._random_bytes = random_bytes
        self._runs: list[ActiveRun] = []
        self.active: ActiveRun | None = None  # a plain attribute: each logged point reads it
        self._is_watching = False
        self._final = RunStatus.FINISHED
        self._tree = WorkTree()
        self.orphans = Losses(is_strict=self._is_strict())
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def start(
        self,
        experiment: str | None,
        *,
        name: str | None,
        run_id: str | None,
        parent: str | None,
        store: str | os.PathLike[str] | None,
    ) -> ActiveRun:
        """Starts a run, or resumes the one with this id.

        Raises:
            BadInput: ``E-FORMAT`` for a run id, parent or experiment that cannot be one.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE`` if the store cannot be written.
        """
        root = Path(store) if store is not None else default_store(self._environ)
        wanted = run_id
        if wanted is None and not self._runs:  # a nested run is not the one the scheduler named
            wanted = self._env("STRONGROOM_RUN_ID", "MLFLOW_RUN_ID")
        identity = clean_run_id(wanted) if wanted else new_id(self._random_bytes)
        place = open_run(root, identity, self._facts(experiment, name, parent, identity))
        leads = place.is_new or may_lead(place.folder)
        try:
            writer = JournalWriter(place.folder, identity, random_bytes=self._random_bytes)
            if leads:
                writer.claim()
        except OSError as error:
            raise store_fault(root, error) from error
        run = ActiveRun(
            writer,
            place.facts,
            is_strict=self._is_strict(),
            random_bytes=self._random_bytes,
            on_end=self._ended,
            leads=leads,
        )
        self._watch()
        self._runs.append(run)
        self.active = run
        return run

    def end_all(self) -> None:
        """Ends every run that is still active, the last one first."""
        while self._runs:
            self._runs[-1].end(self._final)

    def _facts(
        self, experiment: str | None, name: str | None, parent: str | None, run_id: str
    ) -> dict[str, object]:
        named = experiment or self._env("STRONGROOM_EXPERIMENT", "MLFLOW_EXPERIMENT_NAME")
        chosen = named or DEFAULT_EXPERIMENT
        if not is_name(chosen):
            raise BadInput(
                "E-FORMAT",
                f"{str(chosen)[:60]!r} cannot name an experiment",
                "Use a short text.",
            )
        above = clean_run_id(parent) if parent else ""
        if parent is None and self._runs:
            above = self._runs[-1].run_id
        return {
            "experiment": chosen,
            "name": clean(name or f"run-{run_id[:8]}")[:1024],
            "parent": above,
            "started": time.time_ns() // 1000,
            "host": host_name(),
            "user": user_name(),
            "source": capture(self._environ, sys.argv, self._tree),
        }

    def _env(self, *names: str) -> str | None:
        return next((self._environ[name] for name in names if self._environ.get(name)), None)

    def _is_strict(self) -> bool:
        return self._environ.get("STRONGROOM_STRICT", "") not in {"", "0"}

    def _ended(self, run: ActiveRun) -> None:
        if run in self._runs:
            self._runs.remove(run)
            self.active = self._runs[-1] if self._runs else None

    def _after_fork(self) -> None:
        for run in self._runs:
            run.after_fork()

    def _watch(self) -> None:
        """Arranges that the end of the process ends its runs; once a process."""
        if self._is_watching:
            return
        self._is_watching = True
        atexit.register(self.end_all)
        before = sys.excepthook

        def note_exception(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            interrupted = issubclass(kind, KeyboardInterrupt)
            self._final = RunStatus.KILLED if interrupted else RunStatus.FAILED
            before(kind, error, trace)

        sys.excepthook = note_exception
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        """Ends the runs as KILLED, then lets the signal do what it would have done."""
        del frame
        self._final = RunStatus.KILLED
        self.end_all()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


SESSION = Session(os.environ, os.urandom)
"""The session of this process; the fluent functions speak to it."""
