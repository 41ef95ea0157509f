# SPDX-License-Identifier: Apache-2.0
"""Runs that nobody has signed yet: they stay on this workstation until somebody does.

* A plain push sends what was signed. A push that names runs or experiments signs them first.
* Deleted runs and runs that have not ended are never signed on the way.
"""

from strongroom.domain.errors import BadInput, Refused
from strongroom.exchange.local import content_events
from strongroom.exchange.push_plan import Prospect
from strongroom.exchange.selection import Selection
from strongroom.services.run_finishing import RunFinishing
from strongroom.services.workstation import Workstation
from strongroom.store.sealed_runs import count_unsigned, sealed_runs


class UnsignedRuns:
    """The runs of a store that no event is about."""

    def __init__(self, workstation: Workstation, finishing: RunFinishing) -> None:
        self._at = workstation
        self._finishing = finishing

    def count(self) -> int:
        """Returns how many finished runs here nobody has signed."""
        with self._at.catalog.read() as connection:
            return count_unsigned(connection, self._finishing.signed().keys())

    def chosen(self, selection: Selection) -> tuple[str, ...]:
        """Returns the ids of those that a selection names, oldest first."""
        if not selection.names_runs:
            return ()
        signed = self._finishing.signed()
        with self._at.catalog.read() as connection:
            runs = sealed_runs(connection)
        return tuple(
            run.run_id
            for run in runs
            if run.run_id not in signed
            and selection.wants_run(run.run_id, run.name, run.experiment)
        )

    def sign(self, selection: Selection) -> int:
        """Signs what a selection names and nobody has signed; their number.

        Raises:
            Refused: ``E-TEAM``, ``E-CAP``.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        return self._finishing.finish_all(self.chosen(selection))

    def prospects(self, selection: Selection) -> tuple[Prospect, ...]:
        """Returns what signing them would list; nothing is signed."""
        return tuple(self._finishing.prospect(run) for run in self.chosen(selection))

    def check(self, selection: Selection) -> None:
        """Refuses a selection of something that is not here.

        Raises:
            BadInput: ``E-RUN``, ``E-VERSION``.
            Refused: ``E-RUN`` for a run that has not ended.
        """
        unsigned = set(self.chosen(selection))
        with self._at.catalog.read() as connection:
            runs = [run for run in sealed_runs(connection) if run.run_id in unsigned]
        events = content_events(self._at.snapshot()) if self._at.has_team() else ()
        for kind, name in selection.unmet(events):
            if kind == "model":
                raise BadInput(
                    "E-VERSION", f"No model is called {name}", "strongroom models list shows them."
                )
            one = Selection(**{f"{kind}s": (name,)})
            if any(one.wants_run(run.run_id, run.name, run.experiment) for run in runs):
                continue
            if kind == "experiment":
                raise BadInput(
                    "E-RUN",
                    f"The experiment {name} has no finished run here",
                    "strongroom experiments list shows them.",
                )
            place = self._at.runs.place(name)
            if not place.sealed_sha256:
                raise Refused(
                    "E-RUN",
                    f"The run {place.name} has not ended",
                    "Push it when it has, or end it with: strongroom runs close RUN.",
                )
