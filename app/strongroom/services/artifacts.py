# SPDX-License-Identifier: Apache-2.0
"""What people do with a run's artifacts: list, look inside, take out.

Every byte is verified against its digest before anybody sees it.
"""

import shutil
import tempfile
from pathlib import Path

from strongroom.domain.artifact import ArtifactFile, UnfinishedFile
from strongroom.domain.errors import BadInput, EnvironmentFault
from strongroom.domain.progress import Progress, Silent
from strongroom.journal.content import StoredArtifact
from strongroom.services.outgoing import Outgoing
from strongroom.services.runs import Runs
from strongroom.store import artifacts as stored
from strongroom.store.liveness import Observer
from strongroom.store.run_state import read_state
from strongroom.store.store_folder import fault
from strongroom.store.unfinished import unfinished_in

PREVIEW_BYTES = 4 << 20  # what a viewer shows before it asks for more


class Artifacts:
    """The artifacts of a store's runs.

    Args:
        runs: The runs of the store.
        outgoing: Looks for secrets in what is taken out; without one nothing is let through.
    """

    def __init__(self, runs: Runs, outgoing: Outgoing | None = None) -> None:
        self._runs = runs
        self._outgoing = outgoing or Outgoing(runs)

    def list(self, reference: str, path: str = "") -> tuple[ArtifactFile, ...]:
        """Returns the files of a run, or those at or below a path, sorted by path.

        Raises:
            BadInput: ``E-RUN``; ``E-ARTIFACT`` if nothing has this path.
        """
        _, found = self._find(reference, path)
        return tuple(
            ArtifactFile(path=each.path, size_bytes=each.size_bytes, sha256=each.sha256)
            for each in found
        )

    def unfinished(self, reference: str) -> tuple[UnfinishedFile, ...]:
        """Returns the large files of a run whose copying was interrupted.

        Raises:
            BadInput: ``E-RUN``.
        """
        return unfinished_in(self._runs.run_folder(reference))

    def read(self, reference: str, path: str, *, max_bytes: int = PREVIEW_BYTES) -> bytes:
        """Returns the head of one file; the whole of it is verified.

        Raises:
            BadInput: ``E-RUN``, ``E-ARTIFACT``.
            Untrusted: ``E-HASH`` or ``E-MISSING``.
        """
        folder, artifact = self.place(reference, path)
        return stored.read_artifact(folder, artifact, max_bytes=max_bytes, blobs=self.blobs)

    def get(
        self, reference: str, path: str, target: Path, progress: Progress | None = None
    ) -> tuple[ArtifactFile, ...]:
        """Writes files below a new or empty folder under their own paths; all or nothing.

        Raises:
            BadInput: ``E-RUN``, ``E-ARTIFACT``, ``E-USAGE``.
            SecretsFound: ``E-SECRET``; nothing is written.
            Untrusted: ``E-HASH``, ``E-PATH``, ``E-MISSING``.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        self._check(reference, path, target, progress)
        return self._write(reference, path, target, progress)

    def _check(self, reference: str, path: str, target: Path, progress: Progress | None) -> None:
        folder, found = self._find(reference, path)
        self._outgoing.check_artifacts(folder, found, str(target), progress)

    def _write(
        self, reference: str, path: str, target: Path, progress: Progress | None
    ) -> tuple[ArtifactFile, ...]:
        folder, found = self._find(reference, path)
        try:
            stored.write_artifacts(
                folder,
                found,
                target.absolute(),
                progress=progress or Silent(),
                random_bytes=self._runs.random_bytes,
                blobs=self._runs.folder.blobs,
            )
        except OSError as error:
            raise fault(error, target) from error
        return tuple(
            ArtifactFile(path=each.path, size_bytes=each.size_bytes, sha256=each.sha256)
            for each in found
        )

    def save(
        self, reference: str, path: str, target: Path, progress: Progress | None = None
    ) -> None:
        """Writes one file to ``target``, replacing what is there; all of it or nothing.

        Raises:
            BadInput: ``E-RUN``, ``E-ARTIFACT``.
            SecretsFound: ``E-SECRET``; nothing is written.
            Untrusted: ``E-HASH``, ``E-PATH``, ``E-MISSING``.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        self._check(reference, path, target, progress)
        try:
            aside = Path(tempfile.mkdtemp(prefix=".strongroom-", dir=target.parent))
        except OSError as error:
            raise EnvironmentFault(
                "E-STORE", f"{target.parent} cannot be written", "Name another folder."
            ) from error
        try:
            self._write(reference, path, aside / "out", progress)
            (aside / "out" / path.strip("/")).replace(target)
        except OSError as error:
            raise fault(error, target) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def place(self, reference: str, path: str) -> tuple[Path, StoredArtifact]:
        """Returns the run's folder and what it says of one file, for `services.viewing`.

        Raises:
            BadInput: ``E-RUN``, ``E-ARTIFACT``.
        """
        folder, found = self._find(reference, path)
        exact = [each for each in found if each.path == path.strip("/")]
        if not exact:
            raise _unknown(path)
        return folder, exact[0]

    @property
    def blobs(self) -> Path:
        """Where bytes lie that were pulled apart from their run."""
        return self._runs.folder.blobs

    def _find(self, reference: str, path: str) -> tuple[Path, tuple[StoredArtifact, ...]]:
        folder = self._runs.run_folder(reference)
        state = read_state(folder, Observer(now_us=0, boot_id=""))
        found = stored.below(state.artifacts, path)
        if path.strip("/") and not found:
            raise _unknown(path)
        return folder, tuple(sorted(found, key=lambda each: each.path))


def _unknown(path: str) -> BadInput:
    return BadInput(
        "E-ARTIFACT", f"The run has no artifact {path}", "strongroom artifacts list shows them."
    )
