# SPDX-License-Identifier: Apache-2.0
"""Run folders copied out of this store, verified; a copy of the folder is the run.

* All of them are looked through for secrets before the first is copied (`services.outgoing`).
* A copy appears whole or not at all.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.services.outgoing import Outgoing
from strongroom.services.runs import Runs
from strongroom.store.arrived_runs import complete_copy
from strongroom.store.blobs import Blobs
from strongroom.store.run_places import RunPlace
from strongroom.store.seal_check import verify_sealed
from strongroom.store.sealing import run_lock
from strongroom.store.store_folder import fault


class RunExport:
    """The verb of ``strongroom runs export``.

    Args:
        runs: The runs of the store.
        outgoing: Looks for secrets; without one nothing is let through.
    """

    def __init__(self, runs: Runs, outgoing: Outgoing | None = None) -> None:
        self._runs = runs
        self._outgoing = outgoing or Outgoing(runs)

    def export(
        self, references: Sequence[str], target: Path, progress: Progress | None = None
    ) -> tuple[Path, ...]:
        """Copies run folders below a folder, each verified.

        Args:
            references: The runs.
            target: The folder that the copies lie in; it is made if it is not there.
            progress: Hears how far it is; may cancel between two runs.

        Raises:
            BadInput: ``E-RUN``, or ``E-USAGE`` if a copy is there already.
            SecretsFound: ``E-SECRET``; nothing is copied.
            Untrusted: If a sealed run does not hold; nothing of it is copied.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
            Cancelled: What was finished stays.
        """
        watched = progress or Silent()
        places = [self._runs.place(reference) for reference in references]
        self._outgoing.check_runs([place.run_id for place in places], str(target), watched)
        copies = []
        try:
            for number, place in enumerate(places):
                watched.step(number, len(places), "Exporting runs")
                copies.append(self._export(place, target))
        except OSError as error:
            raise fault(error, target) from error
        return tuple(copies)

    def _export(self, place: RunPlace, target: Path) -> Path:
        folder = self._runs.folder
        source, copy = folder.run(place.month, place.run_id), target / place.run_id
        if copy.exists():
            raise BadInput("E-USAGE", f"{copy} is there already", "Name another folder.")
        aside = target / f".{place.run_id}.{self._runs.random_bytes(4).hex()}.tmp"
        target.mkdir(parents=True, exist_ok=True)
        try:
            with run_lock(source):
                shutil.copytree(source, aside, symlinks=True, ignore=_temporary)
            complete_copy(aside, Blobs(folder.blobs))
            for found in verify_sealed(aside, place.sealed_sha256):
                raise Untrusted(
                    found.code,
                    f"The run {place.run_id} does not hold: {found.path}: {found.detail}",
                    "It was not exported. strongroom verify lists all damage.",
                )
            aside.rename(copy)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return copy


def _temporary(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.startswith(".")}
