# SPDX-License-Identifier: Apache-2.0
"""Registering: a finished run's model becomes an immutable, numbered version.

* A version is bound to the tree digest of its files, which are read again and recomputed here.
* The run is signed first, once; the version's event comes last and is the commit.
"""

import re
from dataclasses import dataclass

from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.bundle import MODEL_VERSION, Manifest, by_path
from strongroom.domain.clock import to_iso
from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.parts import cut
from strongroom.domain.registry import ModelVersion, RegistryState
from strongroom.models.inspection import inspect
from strongroom.services.contract_check import ContractCheck
from strongroom.services.registry import Registry, no_right
from strongroom.services.run_finishing import RunFinishing
from strongroom.services.workstation import Workstation
from strongroom.store.content import Content
from strongroom.store.liveness import observe
from strongroom.store.run_state import RunState, read_state

MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What registering made: the version, and the id of the event that says so."""

    version: ModelVersion
    event: str


class Registering:
    """The verb of ``strongroom models register``."""

    def __init__(self, workstation: Workstation, registry: Registry) -> None:
        self._at = workstation
        self._registry = registry
        self._finishing = RunFinishing(workstation)
        self._contracts = ContractCheck(workstation.runs)

    def register(self, run: str, artifact: str, name: str) -> Registered:
        """Registers a model that a finished run logged, as the next version of a name.

        Raises:
            BadInput: ``E-RUN``, ``E-NAME``; ``E-VERSION`` if these files are a version already.
            Refused: ``E-TEAM``, ``E-CAP``; ``E-RUN`` while the run has not ended; ``E-CONTRACT``
                with what it breaks.
            Untrusted: ``E-HASH`` or ``E-PATH`` if the logged files do not hold.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        if not MODEL_NAME.fullmatch(name):
            raise BadInput(
                "E-NAME",
                "A model's name has letters, digits, dot, dash and underscore, at most 100",
                "Give another name.",
            )
        self._at.runs.refresh()
        place = self._at.runs.place(run)
        folder = self._at.runs.run_folder(place.run_id)
        state = read_state(folder, observe(self._at.clock.now_us()))
        if not state.is_sealed:
            raise Refused(
                "E-RUN",
                f"The run {state.name} has not ended",
                "Register its model when it has, or end it with: strongroom runs close RUN.",
            )
        self._contracts.gate(state)
        files = artifact_files(state, artifact)
        tree = tree_digest(files)
        registry = self._registry.state()
        _check_new(registry, name, tree)
        content = self._registry.content()
        files = tuple(self._read(file, content, state.run_id) for file in files)
        model = registry.models.get(name)
        number = 1 + max((v.version for v in model.versions), default=0) if model else 1
        inspection = inspect(files, lambda file: content.open(file.sha256, run=state.run_id))
        self._finishing.finish(state.run_id)
        manifest = self._finishing.seal_manifest(
            Manifest(
                name=f"{name}/{number}",
                team=self._at.ledger().team,
                kind=MODEL_VERSION,
                files=by_path(files),
                run=state.run_id,
                created=to_iso(self._at.clock.now_us()),
                format_risk=inspection.format_risk,
                scan_result=inspection.scan_result,
            )
        )
        event = self._at.sign(
            "version.register",
            {
                "model": name,
                "version": number,
                "tree": tree,
                "manifest": manifest,
                "run": state.run_id,
                "artifact": artifact.strip("/"),
                "format_risk": inspection.format_risk,
                "flavors": list(inspection.flavors),
                "replaces": "",
            },
        )
        found = self._registry.state().version((name, number, tree))
        if found is None:
            raise no_right(self._registry.state(), event, "register")
        return Registered(version=found, event=event.id)

    def _read(self, file: ArtifactFile, content: Content, run: str) -> ArtifactFile:
        """Reads a file to its end, which checks its digest, and names its parts if it is large."""
        pieces = content.pieces(file.sha256, run=run)
        if file.size_bytes > self._at.part_bytes:
            return cut(file, pieces, self._at.part_bytes)
        for _ in pieces:
            pass
        return file


def artifact_files(state: RunState, artifact: str) -> tuple[ArtifactFile, ...]:
    """Returns the files of a logged model, by paths below its own folder."""
    root = artifact.strip("/")
    prefix = f"{root}/" if root else ""
    found = tuple(
        ArtifactFile(
            path=each.path[len(prefix) :] if each.path != root else each.path.rpartition("/")[2],
            size_bytes=each.size_bytes,
            sha256=each.sha256,
        )
        for each in state.artifacts
        if each.path == root or each.path.startswith(prefix)
    )
    if not found:
        raise BadInput(
            "E-RUN",
            f"The run {state.name} has no artifact {artifact}",
            f"strongroom artifacts list {state.run_id[:8]} shows them.",
        )
    return by_path(found)


def _check_new(registry: RegistryState, name: str, tree: str) -> None:
    model = registry.models.get(name)
    same = next((v for v in model.versions if v.tree == tree), None) if model else None
    if same is not None:
        raise BadInput(
            "E-VERSION",
            f"These files are {name}/{same.version} already",
            "Register another artifact, or use the version that is there.",
        )
