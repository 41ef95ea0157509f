# SPDX-License-Identifier: Apache-2.0
"""Taking in one-file bundles: a pull whose remote is the file, or those of a folder (ADR 17).

* Several are taken in whatever order they build on each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from strongroom.domain.errors import BadInput, StrongroomError
from strongroom.domain.progress import Progress
from strongroom.exchange.marks import Marks
from strongroom.exchange.onefile_reader import SUFFIX
from strongroom.exchange.outcome import Outcome
from strongroom.exchange.pull import pull
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.services.bundle_opening import BundleOpening
from strongroom.services.carriage import CarriageMemory
from strongroom.services.local_side import local_side, settle
from strongroom.services.own_key import replaced_if_copied
from strongroom.services.rotation import Rotation
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.home_formats import CARRIAGE
from strongroom.trust.identity import SecretsHandler

_GAPS = frozenset({"E-TRUST-GAP", "E-GAP"})


class BundleTaking:
    """Takes bundles into a store."""

    def __init__(
        self,
        workstation: Workstation,
        memory: CarriageMemory,
        opening: BundleOpening,
        rotation: Rotation | None,
    ) -> None:
        self._at, self._memory, self._opening = workstation, memory, opening
        self._rotation = rotation

    def take(
        self,
        path: Path,
        *,
        is_dry: bool = False,
        selection: Selection = EVERYTHING,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Takes in what is admissible of a bundle; as `Bundles.take`."""
        here = local_side(self._at)
        if not is_dry:
            self._at.folder.require_writable()
            self._at.home.require_writable(CARRIAGE)
        with self._opening.bundle(path, ask) as bundle:
            self._opening.judged(bundle)
            found = pull(
                here, bundle, origin=path.name, marks=Marks(), is_dry=is_dry, is_reading=is_dry,
                left_out=bundle.index.held.lacks, selection=selection, progress=progress,
            ).outcome  # fmt: skip
            if is_dry:
                return found
            refused = ((each.code, each.path) for each in found.rejected)
            self._at.note_found(f"bundle {path.name}", refused)
            self._memory.note_taken(bundle.id, bundle.index.title, bundle.index.writer, found)
        outcome = replace(found, changes=settle(self._at, found.changes))
        return replaced_if_copied(self._at, self._rotation, outcome)

    def take_all(
        self,
        paths: Sequence[Path],
        *,
        is_dry: bool = False,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> tuple[Outcome, ...]:
        """Takes in several in whatever order they build on each other; as `Bundles.take_all`."""
        files = [file for path in paths for file in _bundles_at(path)]
        outcomes: dict[Path, Outcome] = {}
        faults: dict[Path, StrongroomError] = {}
        pending = files
        while pending:
            for file in pending:
                try:
                    outcomes[file] = self.take(file, is_dry=is_dry, ask=ask, progress=progress)
                    faults.pop(file, None)
                except StrongroomError as error:
                    faults[file] = error
            # What waits for another bundle is tried again while others still come in.
            waits = [f for f in pending if _waits(outcomes.get(f), faults.get(f))]
            pending = waits if not is_dry and len(waits) < len(pending) else []
        if faults:
            raise next(faults[file] for file in files if file in faults)
        return tuple(outcomes[file] for file in files)


def _bundles_at(path: Path) -> list[Path]:
    """Returns a bundle, or those of a folder by name.

    Raises:
        BadInput: ``E-REMOTE`` for a folder without any.
        EnvironmentFault: ``E-SHARE``.
    """
    with explained(path):
        if not path.is_dir():
            return [path]
        found = sorted(each for each in path.iterdir() if each.suffix == SUFFIX)
    if not found:
        title = f"There is no bundle in {path}"
        raise BadInput("E-REMOTE", title, "Name the folder into which bundles are dropped.")
    return found


def _waits(outcome: Outcome | None, fault: StrongroomError | None) -> bool:
    """Whether a bundle may say more once another one was taken in."""
    if fault is not None:
        return fault.code in _GAPS
    return outcome is not None and any(each.code in _GAPS for each in outcome.waiting)
