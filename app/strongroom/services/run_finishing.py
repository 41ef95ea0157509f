# SPDX-License-Identifier: Apache-2.0
"""Signing that a run has ended: its sealed digest and a manifest of its files, once.

* A run is signed when it is first registered, pushed by name, or taken in; `origin` says which.
* Who signs vouches for the bytes from then on, not for who logged them: a training host has no key.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from strongroom.disk.hashing import hash_file
from strongroom.domain.access import denial
from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import RUN, Manifest, by_path
from strongroom.domain.clock import to_iso
from strongroom.domain.errors import Refused
from strongroom.domain.event import Event, is_well_formed
from strongroom.domain.parts import cut
from strongroom.exchange.push_plan import Prospect
from strongroom.services.workstation import Workstation
from strongroom.store.artifacts import CHUNK, verified_pieces
from strongroom.store.liveness import observe
from strongroom.store.run_state import METRICS_FILE, SEALED_FILE, RunState, read_state
from strongroom.store.sealing import sealed_digest
from strongroom.trust import envelope
from strongroom.trust.signer import Ed25519Signer

LOCAL, IMPORTED = "local", "imported"
"""What ``origin`` says: logged into this store, or carried here in a run folder."""


class RunFinishing:
    """Signs runs."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def signed(self) -> Mapping[str, Event]:
        """Returns the event that counts for each run somebody signed, the smallest id first."""
        if not self._at.has_team():
            return {}
        snapshot = self._at.snapshot()
        refused = snapshot.state.refusals
        found: dict[str, Event] = {}
        for event in sorted(snapshot.chains.events(), key=lambda event: event.id):
            if event.type == "run.finish" and event.id not in refused and is_well_formed(event):
                found.setdefault(str(event.body["run"]), event)
        return found

    def may_sign(self, experiment: str) -> bool:
        """Whether the person here may sign runs of an experiment."""
        card = self._at.card()
        if card is None or not self._at.has_team():
            return False
        snapshot = self._at.snapshot()
        seq = len(snapshot.chains.by_writer.get(card.writer, ())) + 1
        refusal = denial(
            snapshot.latest, card.writer, seq, "log",
            kind="experiment", name=experiment, id_at=snapshot.chains.id_at,
        )  # fmt: skip
        return refusal is None

    def files(self, state: RunState, folder: Path) -> tuple[ArtifactFile, ...]:
        """Returns the files that a run's manifest lists, by path: its own three, its artifacts.

        Raises:
            Untrusted: ``E-HASH`` or ``E-MISSING`` if a large artifact does not hold.
        """
        found = []
        for each in state.artifacts:
            file = ArtifactFile(
                path=f"artifacts/{each.path}", size_bytes=each.size_bytes, sha256=each.sha256
            )
            pieces = verified_pieces(folder, each, blobs=self._at.folder.blobs)
            found.append(cut(file, pieces, self._at.part_bytes))
        for name in ("run.json", SEALED_FILE, METRICS_FILE):
            if (folder / name).is_file():
                sha256, size = hash_file(folder / name)
                own = ArtifactFile(path=name, size_bytes=size, sha256=sha256)
                with (folder / name).open("rb") as stream:
                    pieces = iter(partial(stream.read, CHUNK), b"")
                    found.append(cut(own, pieces, self._at.part_bytes))
        return by_path(found)

    def finish(self, run: str, *, origin: str = LOCAL) -> bool:
        """Signs that a sealed run has ended; False if somebody has signed it before.

        Raises:
            BadInput: ``E-RUN``.
            Refused: ``E-TEAM``, ``E-CAP``; ``E-RUN`` while it is not sealed.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        if run in self.signed():
            return False
        self._sign(run, origin)
        return True

    def finish_all(self, runs: Iterable[str], *, origin: str = LOCAL) -> int:
        """Signs what nobody has signed of some runs; their number. Raises as `finish`."""
        signed = self.signed()
        missing = [run for run in dict.fromkeys(runs) if run not in signed]
        for run in missing:
            self._sign(run, origin)
        return len(missing)

    def take_over(self, run: str) -> bool:
        """Signs for a run that was carried here, if the person here may; whether it was signed.

        The caller knows that nobody has signed it. Raises as `finish`, but never for a right.
        """
        if not self._at.has_team() or not self.may_sign(self._read(run)[0].experiment):
            return False
        self._sign(run, IMPORTED)
        return True

    def seal_manifest(self, manifest: Manifest) -> str:
        """Signs a manifest, keeps it in the ledger and returns its digest.

        Raises:
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
            Refused, Untrusted: If the event that is to name it could not be signed.
        """
        self._at.check_may_sign()
        signer = Ed25519Signer(self._at.keys())
        raw = envelope.seal(manifest.to_statement(), [signer])
        return self._at.ledger().files.put_manifest(raw)

    def prospect(self, run: str) -> Prospect:
        """Returns what signing a sealed run would list; nothing is signed. Raises as `finish`."""
        state, _, manifest = self._read(run)
        return Prospect(run=run, title=f"{state.experiment}: {state.name}", manifest=manifest)

    def _read(self, run: str) -> tuple[RunState, Path, Manifest]:
        folder = self._at.runs.run_folder(run)
        state = read_state(folder, observe(self._at.clock.now_us()))
        if not state.is_sealed:
            raise Refused(
                "E-RUN",
                f"The run {state.name} has not ended",
                "Sign for it when it has, or end it with: strongroom runs close RUN.",
            )
        manifest = Manifest(
            name=f"run/{state.run_id}",
            team=self._at.ledger().team,
            kind=RUN,
            files=self.files(state, folder),
            run=state.run_id,
            created=to_iso(self._at.clock.now_us()),
            format_risk="unknown",
            scan_result="",
        )
        return state, folder, manifest

    def _sign(self, run: str, origin: str) -> None:
        state, folder, manifest = self._read(run)
        self._at.sign(
            "run.finish",
            {
                "run": state.run_id,
                "experiment": state.experiment,
                "name": state.name,
                "status": state.status.value,
                "sealed": sealed_digest(folder),
                "manifest": self.seal_manifest(manifest),
                "tree": manifest.tree,
                "origin": origin,
            },
        )
