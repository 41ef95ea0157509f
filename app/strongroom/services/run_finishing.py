# SPDX-License-Identifier: Apache-2.0
"""Signing that a run has ended: its sealed digest and the manifest of its files, once.

* Nobody needs a key to log (D6): a run is signed when it is first registered or leaves this store.
"""

from pathlib import Path

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import RUN, Manifest, by_path
from strongroom.domain.clock import to_iso
from strongroom.domain.event import Event
from strongroom.services.workstation import Workstation
from strongroom.store.run_state import METRICS_FILE, SEALED_FILE, RunState
from strongroom.store.sealing import hash_file, sealed_digest
from strongroom.trust import envelope
from strongroom.trust.signer import Ed25519Signer


class RunFinishing:
    """Signs runs and manifests for whoever works here."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def finish(self, state: RunState, folder: Path) -> Event:
        """Returns the event that says the run has ended, signing it if nobody did.

        Raises:
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
            Refused: ``E-TEAM`` or ``E-CAP``.
        """
        for event in self._at.snapshot().chains.events():
            if event.type == "run.finish" and event.body.get("run") == state.run_id:
                return event
        files = [
            ArtifactFile(
                path=f"artifacts/{each.path}", size_bytes=each.size_bytes, sha256=each.sha256
            )
            for each in state.artifacts
        ]
        for name in ("run.json", SEALED_FILE, METRICS_FILE):
            if (folder / name).is_file():
                sha256, size = hash_file(folder / name)
                files.append(ArtifactFile(path=name, size_bytes=size, sha256=sha256))
        manifest = Manifest(
            name=f"run/{state.run_id}",
            team=self._at.ledger().team,
            kind=RUN,
            files=by_path(files),
            run=state.run_id,
            created=to_iso(self._at.clock.now_us()),
            format_risk="unknown",
            scan_result="",
        )
        return self._at.sign(
            "run.finish",
            {
                "run": state.run_id,
                "experiment": state.experiment,
                "name": state.name,
                "status": state.status.value,
                "sealed": sealed_digest(folder),
                "manifest": self.seal_manifest(manifest),
                "tree": manifest.tree,
                "origin": "local",
            },
        )

    def seal_manifest(self, manifest: Manifest) -> str:
        """Signs a manifest, keeps it in the ledger and returns its digest.

        Raises:
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``.
        """
        signer = Ed25519Signer(self._at.keys())
        raw = envelope.seal(manifest.to_statement(), [signer])
        return self._at.ledger().files.put_manifest(raw)
