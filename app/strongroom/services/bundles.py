# SPDX-License-Identifier: Apache-2.0
"""One-file bundles: runs, versions, what is new, or everything, carried one way as a signed file.

* Making one is a push whose remote is the file; taking one in is a pull from it (ADR 17). Both
  pass the gates everything else passes.
* What leaves is recorded by a signed event, and so is the receipt when it comes home.
* A bundle can be sealed for people: then their workstations open it, its maker's, and no others.
"""

from collections.abc import Sequence
from pathlib import Path

from strongroom.domain.progress import Progress
from strongroom.exchange.onefile_reader import SUFFIX
from strongroom.exchange.outcome import Outcome, Trouble, trouble
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.services.bundle_choosing import BundleOrder
from strongroom.services.bundle_facts import BundleFacts, facts_of
from strongroom.services.bundle_making import BundleMaking, Made
from strongroom.services.bundle_opening import BundleOpening
from strongroom.services.bundle_receipts import BundleReceipts, Confirmed
from strongroom.services.bundle_taking import BundleTaking
from strongroom.services.carriage import CarriageMemory, SentBundle, TakenBundle
from strongroom.services.rotation import Rotation
from strongroom.services.workstation import Workstation
from strongroom.trust.identity import SecretsHandler

__all__ = [
    "SUFFIX",
    "BundleFacts",
    "BundleOrder",
    "Bundles",
    "Confirmed",
    "Made",
    "SentBundle",
    "TakenBundle",
]


class Bundles:
    """The verbs of ``strongroom bundle``.

    Args:
        workstation: This side.
        rotation: Replaces our own key if a bundle shows that it signed elsewhere; None to tell
            only.
    """

    def __init__(self, workstation: Workstation, rotation: Rotation | None = None) -> None:
        self._memory = CarriageMemory(workstation.home, workstation.clock)
        self._opening = BundleOpening(workstation)
        self._making = BundleMaking(workstation, self._memory, self._opening)
        self._taking = BundleTaking(workstation, self._memory, self._opening, rotation)
        self._receipts = BundleReceipts(workstation, self._memory, self._opening)

    def create(
        self,
        path: Path,
        *,
        runs: Sequence[str] = (),
        experiments: Sequence[str] = (),
        versions: Sequence[str] = (),
        models: Sequence[str] = (),
        since: Path | None = None,
        to: Sequence[str] = (),
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> Made:
        """Writes a bundle: of what is named, if anything is, else of everything.

        Args:
            path: The file, which does not exist yet; ``.strongbundle`` is added if it is missing.
            runs: Runs whose content travels.
            experiments: Experiments whose finished runs travel.
            versions: ``NAME/VERSION`` whose content travels, with the run it came from.
            models: Models all of whose versions travel, with their runs.
            since: A receipt, or an earlier bundle: what its reader has does not travel again.
            to: People the bundle is sealed for; () leaves it open to whoever finds it.
            ask: Asks for a passphrase.
            progress: Hears bytes done of all; may cancel, which leaves nothing behind.

        Raises:
            BadInput: ``E-NAME``, ``E-RUN``, ``E-VERSION``, ``E-REMOTE``.
            Refused: ``E-TEAM``, ``E-CAP``; ``E-RUN`` while a run has not ended; ``E-SECRET``;
                ``E-SIZE`` if it lists more than a reader takes.
            Untrusted: ``E-MISSING``, ``E-HASH``, ``E-PATH`` if something that should travel does
                not hold; ``E-ROLLBACK``, ``E-TRUST-FORK`` if this key must not sign now.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-SHARE``, ``E-STORE``.
            Cancelled: Nothing is left on the medium.
        """
        order = BundleOrder(
            runs=runs, experiments=experiments, versions=versions, models=models, since=since,
            to=to,
        )  # fmt: skip
        return self._making.create(path, order, ask, progress)

    def preview(
        self,
        path: Path,
        order: BundleOrder,
        *,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Says what a bundle would hold and weigh, and which secrets would stop it.

        Nothing is written, and nothing is signed. A sealed earlier bundle is opened with our key.

        Args:
            path: Where it would lie: what its medium does not take is among what waits.
            order: What it shall bring, and for whom.
            ask: Asks for a passphrase, for a sealed ``since``.
            progress: Hears how far it is; may cancel.

        Raises:
            StrongroomError: As `create`, for what is known before.
        """
        return self._making.preview(path, order, ask, progress)

    def look(self, path: Path, *, ask: SecretsHandler | None = None) -> BundleFacts:
        """Returns what a bundle says of itself; its content is not read.

        Raises:
            BadInput: ``E-REMOTE`` if it is no bundle.
            Refused: ``E-SEALED`` if it is sealed for others; ``E-TEAM`` without a team.
            Untrusted: ``E-TEAM``, ``E-SIG``, ``E-CUT``; ``E-CANON`` and others if it was changed.
            EnvironmentFault: ``E-SHARE``, ``E-LOCKED``.
        """
        with self._opening.bundle(path, ask) as bundle:
            trust = self._opening.judged(bundle)
            return facts_of(bundle, trust)

    def verify(
        self,
        path: Path,
        *,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> tuple[BundleFacts, tuple[Trouble, ...]]:
        """Reads all of a bundle; returns what it is and what does not hold. Raises as `look`."""
        with self._opening.bundle(path, ask) as bundle:
            trust = self._opening.judged(bundle)
            found = bundle.check_all(progress)
            return facts_of(bundle, trust), tuple(trouble(error, path.name) for error in found)

    def take(
        self,
        path: Path,
        *,
        is_dry: bool = False,
        selection: Selection = EVERYTHING,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Takes in everything admissible of a bundle, or says what would be; raises as `look`.

        Raises:
            EnvironmentFault: ``E-FULL``, ``E-STORE`` as well.
            Cancelled: What was finished stays.
        """
        return self._taking.take(
            path, is_dry=is_dry, selection=selection, ask=ask, progress=progress
        )

    def take_all(
        self,
        paths: Sequence[Path],
        *,
        is_dry: bool = False,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> tuple[Outcome, ...]:
        """Takes in several bundles in whatever order they build on each other.

        Args:
            paths: Bundles, and folders into which a one-way road drops them.
            is_dry: Only say what would be taken in, of each by itself.
            ask: Asks for a passphrase.
            progress: Hears how far it is; may cancel.

        Returns:
            What became of each that could be opened, in the order given.

        Raises:
            StrongroomError: The first refusal as `take` raises it, after all had their turn.
        """
        return self._taking.take_all(paths, is_dry=is_dry, ask=ask, progress=progress)

    def write_receipt(
        self, bundle: Path | str, target: Path, *, ask: SecretsHandler | None = None
    ) -> TakenBundle:
        """Writes the receipt for a bundle that was taken in here, to travel home.

        Args:
            bundle: The bundle's file, or its id.
            target: The receipt's file, which does not exist yet.
            ask: Asks for a passphrase.

        Raises:
            BadInput: ``E-NAME`` if the target exists; ``E-MISSING`` if it was not taken in here.
            Refused: ``E-TEAM``, ``E-CAP``, ``E-SEALED``.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-SHARE``.
        """
        return self._receipts.write(bundle, target, ask=ask)

    def confirm(self, path: Path, *, ask: SecretsHandler | None = None) -> Confirmed:
        """Takes note of a receipt that came home, and records it by a signed event.

        Raises:
            BadInput: ``E-NAME`` if the file cannot be read.
            Untrusted: ``E-SIG``, ``E-TEAM``, ``E-CANON``, ``E-FORMAT``, ``E-SIZE``.
            Refused: ``E-TEAM``, ``E-CAP``.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        return self._receipts.confirm(path, ask=ask)

    def sent(self) -> tuple[SentBundle, ...]:
        """Returns the bundles made here, newest first, with their receipts."""
        return self._memory.sent()

    def taken(self) -> tuple[TakenBundle, ...]:
        """Returns the bundles taken in here, newest first."""
        return self._memory.taken()
