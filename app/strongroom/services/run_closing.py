# SPDX-License-Identifier: Apache-2.0
"""Ending runs whose process is gone without saying so, one or many, with a reason.

* A run ended when its processes were last heard of, not when somebody tidied up.
* The reason is a note of the run: it stays, and the seal covers it.
* A run that a process may still be writing is refused; the others are closed.
* Closing is not undone: the run is sealed by it. It can be resumed like any other run.
"""

from collections.abc import Sequence

from filelock import Timeout

from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.domain.errors import BadInput, Cancelled, EnvironmentFault, Refused, StrongroomError
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.run import RunStatus
from strongroom.services.run_edits import EditOutcome, RunEdits, RunFailure
from strongroom.store import discovery, edits
from strongroom.store.catalog import Catalog
from strongroom.store.liveness import observe
from strongroom.store.run_places import RunPlace, place_of
from strongroom.store.run_state import RunState, read_state
from strongroom.store.sealing import seal
from strongroom.store.store_folder import StoreFolder, fault

WORDS = {
    RunStatus.KILLED: "killed",
    RunStatus.FAILED: "failed",
    RunStatus.FINISHED: "finished",
}
"""How people say each end."""


class RunClosing:
    """Closes runs in their folders, with the catalog brought after them.

    Args:
        catalog: The store's index.
        folder: Where the store lies.
        clock: What time it is.
        edits: Writes into a run's folder.
    """

    def __init__(
        self, catalog: Catalog, folder: StoreFolder, clock: Clock, edits: RunEdits
    ) -> None:
        self._catalog, self._folder, self._clock, self._edits = catalog, folder, clock, edits

    def close(
        self,
        references: Sequence[str],
        status: RunStatus = RunStatus.KILLED,
        reason: str = "",
        progress: Progress | None = None,
    ) -> EditOutcome:
        """Ends runs and seals them.

        A run fails by itself with ``E-LIVE`` if a process may still be writing, ``E-USAGE`` if it
        has ended already, ``E-RUN`` if the name means none or several.

        Raises:
            BadInput: ``E-USAGE`` for a status that is no end, ``E-SIZE`` for an overlong reason.
        """
        self._folder.require_writable()
        words = f"Closed as {WORDS.get(status, status.value)}"
        told = edits.note(f"{words}: {reason.strip()}" if reason.strip() else f"{words}.")
        edits.closing(status, now_us=0)
        watched = progress or Silent()
        named = list(dict.fromkeys(references))
        done: list[str] = []
        failures: list[RunFailure] = []
        left: list[str] = []
        for number, reference in enumerate(named):
            try:
                watched.step(number, len(named), "Closing runs")
                done.append(self._close(reference, status, told))
            except Cancelled:
                left = named[number:]
                break
            except StrongroomError as error:
                failures.append(RunFailure(reference=reference, error=error))
        return EditOutcome(
            changes=Changes(runs=frozenset(done)),
            done=tuple(done),
            failures=tuple(failures),
            left=tuple(left),
        )

    def _close(self, reference: str, status: RunStatus, told: edits.Record) -> str:
        with self._catalog.read() as connection:
            place = place_of(connection, reference)
        path = self._folder.run(place.month, place.run_id)
        try:
            state = read_state(path, observe(self._clock.now_us()))
            _refuse(state)
            ended_us = state.last_seen_us or self._clock.now_us()
            self._edits.append(place, [told, edits.closing(status, now_us=ended_us)])
            seal(path, observe(self._clock.now_us()))
        except Timeout as error:
            raise EnvironmentFault(
                "E-STORE", "Another program is changing this run", "Try again in a moment."
            ) from error
        except OSError as error:
            raise fault(error, path) from error
        self._reread(place)
        return place.run_id

    def _reread(self, place: RunPlace) -> None:
        observer = observe(self._clock.now_us())
        state = discovery.read_for_catalog(self._folder, place.month, place.run_id, observer)
        discovery.put_states(self._catalog, [state])


def _refuse(state: RunState) -> None:
    if state.status.is_terminal:
        raise BadInput("E-USAGE", f"The run has ended: {state.status}", "Nothing to close.")
    if state.is_live:
        raise Refused(
            "E-LIVE",
            "A process is still logging into this run",
            "Stop it, or wait ten minutes after its last sign of life.",
        )
