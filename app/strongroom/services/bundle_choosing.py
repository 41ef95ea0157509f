# SPDX-License-Identifier: Apache-2.0
"""What a bundle brings of all there is: named runs, experiments, versions and models.

* A version brings the run it came from, so that whoever judges it sees where it comes from.
* What is named and nobody has signed is signed first; a preview signs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.errors import Refused
from strongroom.exchange.local import content_events
from strongroom.exchange.push_plan import Prospect
from strongroom.exchange.selection import Selection
from strongroom.services.registry import find_version
from strongroom.services.run_finishing import RunFinishing
from strongroom.services.unsigned_runs import UnsignedRuns
from strongroom.services.workstation import Workstation
from strongroom.store.liveness import observe
from strongroom.store.run_state import RunState, read_state

MAX_NAMED = 3  # things a title names; it says how many more there are


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleOrder:
    """What shall travel in a bundle, and for whom; nothing named means everything.

    ``versions`` are ``NAME/VERSION``. ``since`` is a receipt or an earlier bundle: what its reader
    has does not travel again. ``to`` are people it is sealed for, () for whoever finds it.
    """

    runs: Sequence[str] = ()
    experiments: Sequence[str] = ()
    versions: Sequence[str] = ()
    models: Sequence[str] = ()
    since: Path | None = None
    to: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The manifests that travel, None for all there are, with a title and a kind for them.

    ``prospects`` are the runs that would be signed first, of a preview.
    """

    manifests: frozenset[str] | None = None
    title: str = ""
    kind: str = ""
    prospects: tuple[Prospect, ...] = ()


class BundleChoosing:
    """Finds what an order names."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation
        self._unsigned = UnsignedRuns(workstation, RunFinishing(workstation))

    def signed(self, order: BundleOrder) -> Chosen:
        """Returns what an order names, after signing what of it nobody had signed.

        Raises:
            BadInput: ``E-RUN``, ``E-VERSION``.
            Refused: ``E-RUN`` while a run has not ended; ``E-CAP``.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        selection, told = self._selection(order)
        if selection.is_all:
            return Chosen()
        self._unsigned.sign(selection)
        return self._chosen(order, selection, told)

    def unsigned(self, order: BundleOrder) -> Chosen:
        """Returns what an order names; what would be signed first is among its prospects.

        Raises:
            BadInput, Refused: As `signed`.
        """
        selection, told = self._selection(order)
        if selection.is_all:
            return Chosen()
        prospects = self._unsigned.prospects(selection)
        return self._chosen(order, selection, told, prospects)

    def _selection(self, order: BundleOrder) -> tuple[Selection, list[str]]:
        runs = [self._run(reference) for reference in order.runs]
        state = self._at.snapshot().state
        versions = [find_version(state, reference) for reference in order.versions]
        named = Selection(experiments=tuple(order.experiments), models=tuple(order.models))
        self._unsigned.check(named)
        told = [f"run {run.name} of {run.experiment}" for run in runs]
        told += [f"{each.model} v{each.version}" for each in versions]
        told += [f"all runs of {name}" for name in order.experiments]
        told += [f"all versions of {name}" for name in order.models]
        selection = Selection(
            runs=tuple(run.run_id for run in runs),
            experiments=named.experiments,
            models=named.models,
            events=tuple(each.register for each in versions),
        )
        return selection, told

    def _chosen(
        self,
        order: BundleOrder,
        selection: Selection,
        told: Sequence[str],
        prospects: tuple[Prospect, ...] = (),
    ) -> Chosen:
        events = content_events(self._at.snapshot())
        wanted = selection.among(events)
        has_runs = bool(order.runs or order.experiments)
        has_versions = bool(order.versions or order.models)
        more = f" and {len(told) - MAX_NAMED} more" if len(told) > MAX_NAMED else ""
        return Chosen(
            manifests=frozenset(str(e.body["manifest"]) for e in events if e.id in wanted),
            title=", ".join(told[:MAX_NAMED]) + more,
            kind="mixed" if has_runs and has_versions else "runs" if has_runs else "versions",
            prospects=prospects,
        )

    def _run(self, reference: str) -> RunState:
        folder = self._at.runs.run_folder(reference)
        state = read_state(folder, observe(self._at.clock.now_us()))
        if not state.is_sealed:
            raise Refused(
                "E-RUN",
                f"The run {state.name} has not ended",
                "Wait for it, or end it with: strongroom runs close RUN.",
            )
        return state
