# SPDX-License-Identifier: Apache-2.0
"""The registry as people browse it: models, versions, stages, aliases, history.

* Everything here is read from the folded state; nothing keeps a stage of its own.
"""

import re
from dataclasses import dataclass

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import (
    MODEL_VERSION,
    Manifest,
    parse_manifest,
)
from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput, Refused, Untrusted
from strongroom.domain.event import Event
from strongroom.domain.registry import ModelVersion, RegisteredModel, RegistryState
from strongroom.domain.requests import alias_body
from strongroom.models.inspection import Inspection, inspect
from strongroom.services.workstation import Workstation
from strongroom.store.content import Content
from strongroom.store.liveness import observe
from strongroom.store.run_state import RunState, read_state
from strongroom.trust import envelope

_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDetail:
    """A version with what its page shows; ``files`` is empty while its content is not here."""

    version: ModelVersion
    files: tuple[ArtifactFile, ...]
    is_content_here: bool
    inspection: Inspection | None
    metrics: dict[str, float]
    params: dict[str, str]
    registrar: str
    run_name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """One effective move of a version, for the history of a model."""

    time: str
    version: int
    tree: str
    from_stage: str
    to_stage: str
    requester: str
    approvers: tuple[str, ...]
    request: str
    is_emergency: bool


class Registry:
    """The verbs of ``strongroom models`` and ``strongroom registry``."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    # ---------------------------------------------------------------- reading

    def state(self) -> RegistryState:
        """Returns the folded registry.

        Raises:
            Refused: ``E-TEAM`` if there is no team.
        """
        return self._at.snapshot().state

    def models(self) -> tuple[RegisteredModel, ...]:
        """Returns every registered model by name; none while there is no team."""
        if not self._at.has_team():
            return ()
        return tuple(self.state().models.values())

    def model(self, name: str) -> RegisteredModel:
        """Returns one registered model.

        Raises:
            BadInput: ``E-VERSION`` if there is none of that name.
        """
        found = self.state().models.get(name)
        if found is None:
            raise BadInput(
                "E-VERSION", f"No model is called {name}", "strongroom models list shows them."
            )
        return found

    def version(self, reference: str) -> ModelVersion:
        """Returns the version that ``NAME/VERSION`` or ``NAME/VERSION+TREE8`` names.

        Raises:
            BadInput: ``E-VERSION``.
            Refused: ``E-CONFLICT`` if two workstations registered different files under it.
        """
        return find_version(self.state(), reference)

    def show(self, reference: str) -> VersionDetail:
        """Returns everything a version's page shows.

        Raises:
            BadInput: ``E-VERSION``.
            Untrusted: If its manifest does not hold.
        """
        state = self.state()
        version = find_version(state, reference)
        content = self.content()
        manifest = self.manifest(version)
        here = manifest is not None and all(
            content.has(file.sha256, run=version.run) for file in manifest.files
        )
        inspection = self._inspect(manifest, content) if manifest and here else None
        run = self._run_state(version.run)
        model = state.models[version.model]
        return VersionDetail(
            version=version,
            files=manifest.files if manifest else (),
            is_content_here=here,
            inspection=inspection,
            metrics={key: each.last for key, each in run.metrics.items()} if run else {},
            params=dict(run.params) if run else {},
            registrar=self._at.snapshot().latest.name_of(version.registrar),
            run_name=run.name if run else "",
            aliases=tuple(sorted(a for a, key in model.aliases.items() if key == version.key)),
        )

    def history(self, name: str, *, at: str = "") -> tuple[StageChange, ...]:
        """Returns the effective moves of a model, oldest first, up to a claimed time."""
        snapshot = self._at.snapshot()
        state, document = snapshot.state, snapshot.latest
        self.model(name)
        changes = []
        for request in state.requests.values():
            if request.key[0] != name or request.status.value not in {"effective", "superseded"}:
                continue
            times = [vote.time for vote in request.approvals] or [request.event.time]
            changes.append(
                StageChange(
                    time=max(times),
                    version=request.key[1],
                    tree=request.key[2],
                    from_stage=request.from_stage,
                    to_stage=request.to_stage,
                    requester=document.name_of(request.event.writer),
                    approvers=tuple(document.name_of(v.writer) for v in request.approvals),
                    request=request.id,
                    is_emergency=request.is_emergency,
                )
            )
        return tuple(
            sorted(
                (c for c in changes if not at or c.time <= at), key=lambda c: (c.time, c.request)
            )
        )

    def manifest(self, version: ModelVersion) -> Manifest | None:
        """Returns the manifest a version was registered with, or None if it is not here yet.

        Raises:
            Untrusted: If the manifest does not hold or names another tree than the version.
        """
        files = self._at.ledger().files
        if not version.manifest or not files.has_manifest(version.manifest):
            return None
        raw = files.read_manifest(version.manifest)
        parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
        manifest = parse_manifest(parsed.document)
        if manifest.tree != version.tree or manifest.kind != MODEL_VERSION:
            raise Untrusted(
                "E-BIND",
                f"The manifest of {version.model}/{version.version} names other files",
                "Ask the one who registered it to register again.",
            )
        return manifest

    def content(self) -> Content:
        """Returns the bytes of this store by digest."""
        return Content(self._at.folder, self._at.catalog, observe(self._at.clock.now_us()))

    # ---------------------------------------------------------------- aliases

    def set_alias(self, name: str, alias: str, version: str) -> Changes:
        """Points an alias at a version; the version ``0`` removes it.

        Raises:
            BadInput: ``E-VERSION`` or ``E-NAME``.
            Refused: ``E-CAP``.
        """
        if not _ALIAS.fullmatch(alias):
            raise BadInput("E-NAME", f"{alias} cannot be an alias", "Use letters and digits.")
        self.model(name)
        target = None if version == "0" else self.version(f"{name}/{version}")
        key = target.key if target else None
        body = alias_body(self.state(), name, alias, key)
        event = self._at.sign("alias.set", body)
        if event.id in self.state().refusals:
            raise no_right(self.state(), event, "register")
        return self._at.changes_of(event)

    # ---------------------------------------------------------------- inside

    def _run_state(self, run: str) -> RunState | None:
        folder = self._at.folder.find_run(run)
        if folder is None:
            return None
        try:
            return read_state(folder, observe(self._at.clock.now_us()))
        except Untrusted:
            return None

    def _inspect(self, manifest: Manifest, content: Content) -> Inspection | None:
        try:
            return inspect(manifest.files, lambda file: content.open(file.sha256, run=manifest.run))
        except Untrusted:
            return None


def find_version(state: RegistryState, reference: str) -> ModelVersion:
    """Returns the version that ``NAME/VERSION`` or ``NAME/VERSION+TREE8`` names.

    Raises:
        BadInput: ``E-VERSION``.
        Refused: ``E-CONFLICT`` if the number alone means several versions.
    """
    name, _, rest = reference.rpartition("/")
    number, _, tree = rest.partition("+")
    model = state.models.get(name)
    found = [
        version
        for version in (model.versions if model else ())
        if number.isdecimal() and version.version == int(number) and version.tree.startswith(tree)
    ]
    if not found:
        raise BadInput(
            "E-VERSION", f"There is no version {reference}", "strongroom models list shows them."
        )
    if len(found) > 1:
        choices = ", ".join(f"{name}/{v.version}+{v.tree[:8]}" for v in found)
        raise Refused(
            "E-CONFLICT",
            f"Two workstations registered different files as {reference}",
            f"Name the one you mean: {choices}.",
        )
    return found[0]


def no_right(state: RegistryState, event: Event, cap: str) -> Refused:
    """Returns the refusal of an own event that had no effect, with what to ask for."""
    code = state.refusals.get(event.id, "E-CAP")
    return Refused(
        code,
        f"You may not do this: the right {cap} is missing",
        "Ask an admin for a role that has it: strongroom people grant PERSON analyst.",
    )
