# SPDX-License-Identifier: Apache-2.0
"""Handing over: a version's or a run's files, checked, to a folder that did not exist before.

* Only bytes that still match their digests, and only with the approval that was asked for.
* ``receipt.json`` lies beside the files; anything else is an error before a file appears.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import to_iso
from strongroom.domain.errors import Untrusted
from strongroom.domain.registry import ModelVersion
from strongroom.exchange.leaving import LeavingFile
from strongroom.services.outgoing import Outgoing, on_record
from strongroom.services.registering import artifact_files
from strongroom.services.registry import Registry, find_version
from strongroom.services.resolving import ModelUri, parse_uri
from strongroom.services.workstation import Workstation
from strongroom.store.liveness import observe
from strongroom.store.materialise import materialise
from strongroom.store.run_state import read_state

RECEIPT = "receipt.json"


class Handover:
    """The verb of ``strongroom models get``.

    Args:
        workstation: This side.
        registry: What is registered.
        outgoing: Looks for secrets in what is handed out.
    """

    def __init__(
        self, workstation: Workstation, registry: Registry, outgoing: Outgoing | None = None
    ) -> None:
        self._at = workstation
        self._registry = registry
        self._outgoing = outgoing or Outgoing(workstation.runs, on_record(workstation))

    def get(self, uri: str, target: Path, *, require: str = "") -> JsonValue:
        """Writes a version's or a run's files to a new folder, with ``receipt.json`` beside them.

        Args:
            uri: ``models:/NAME/VERSION``, ``models:/NAME@ALIAS``, ``models:/NAME/STAGE`` or
                ``runs:/RUN/PATH``.
            target: The folder to make.
            require: The stage the version must be in.

        Raises:
            BadInput: ``E-VERSION``, ``E-RUN``, ``E-USAGE``.
            Untrusted: ``E-QUORUM`` if the version is not in the required stage; ``E-HASH``,
                ``E-MISSING``, ``E-BIND`` if its bytes do not hold. No file appears.
            SecretsFound: ``E-SECRET``; no file appears.
        """
        asked = parse_uri(uri)
        if asked.run:
            return self._get_run(asked, target, require)
        version = self._resolve(asked)
        wanted = require or asked.stage
        if wanted and version.stage.casefold() != wanted.casefold():
            raise Untrusted(
                "E-QUORUM",
                f"{version.model}/{version.version} is in {version.stage}, not in {wanted}",
                f"Request it: strongroom transition request {version.model}/{version.version}"
                f" {wanted} --reason TEXT.",
            )
        manifest = self._registry.manifest(version)
        if manifest is None:
            raise _not_here(version)
        with self._at.attempt("models get", f"{version.model}/{version.version}"):
            name = f"{version.model} v{version.version}"
            self._materialise(target, manifest.files, version.run, name)
        return self._receipt(target, uri, version, manifest.files)

    def _resolve(self, asked: ModelUri) -> ModelVersion:
        state = self._registry.state()
        if asked.version:
            return find_version(state, f"{asked.model}/{asked.version}")
        model = self._registry.model(asked.model)
        found = None
        if asked.alias:
            key = model.aliases.get(asked.alias)
            found = state.version(key) if key else None
        else:
            stage = next(
                (s.name for s in self._at.snapshot().latest.stages if s.key == asked.stage.lower()),
                asked.stage,
            )
            found = model.holder(stage)
        if found is None:
            raise Untrusted(
                "E-QUORUM",
                f"No version of {asked.model} is {asked.alias or asked.stage}",
                f"strongroom models show {asked.model} lists its versions and stages.",
            )
        return found

    def _get_run(self, asked: ModelUri, target: Path, require: str) -> JsonValue:
        if require:
            raise Untrusted(
                "E-QUORUM",
                "A run's files have no stage",
                "Register the model and ask for models:/NAME/VERSION.",
            )
        folder = self._at.runs.run_folder(asked.run)
        state = read_state(folder, observe(self._at.clock.now_us()))
        files = artifact_files(state, asked.path)
        name = f"run {state.name} of {state.experiment}"
        self._materialise(target, files, state.run_id, name)
        receipt = {
            "format": 1,
            "uri": f"runs:/{state.run_id}/{asked.path}",
            "run": state.run_id,
            "tree": tree_digest(files),
            "approved": False,
            "files": _files_json(files),
        }
        _write_receipt(target, receipt)
        return receipt

    def _materialise(
        self, target: Path, files: Sequence[ArtifactFile], run: str, owner: str
    ) -> None:
        content = self._registry.content()
        leaving = [
            LeavingFile(owner=owner, path=file.path, sha256=file.sha256, run=run) for file in files
        ]
        self._outgoing.check_content(leaving, content, str(target))
        materialise(
            target,
            files,
            lambda file: content.reader(file.sha256, run=run),
            random_bytes=self._at.random_bytes,
        )

    def _receipt(
        self, target: Path, uri: str, version: ModelVersion, files: Sequence[ArtifactFile]
    ) -> JsonValue:
        snapshot = self._at.snapshot()
        request = snapshot.state.requests.get(version.by)
        receipt = {
            "format": 1,
            "uri": uri,
            "team": snapshot.trust.team,
            "model": version.model,
            "version": version.version,
            "tree": version.tree,
            "stage": version.stage,
            "request": version.by,
            "approved": request is not None,
            "approvals": [
                {
                    "event": vote.event,
                    "person": vote.person,
                    "name": snapshot.latest.name_of(vote.writer),
                }
                for vote in (request.approvals if request else ())
            ],
            "state": snapshot.state.digest,
            "time": to_iso(self._at.clock.now_us()),
            "files": _files_json(files),
        }
        _write_receipt(target, receipt)
        return receipt


def _files_json(files: Sequence[ArtifactFile]) -> JsonValue:
    return [{"path": file.path, "size": file.size_bytes, "sha256": file.sha256} for file in files]


def _write_receipt(target: Path, receipt: JsonValue) -> None:
    (target / RECEIPT).write_text(json.dumps(receipt, indent=2, sort_keys=True) + "\n")


def _not_here(version: ModelVersion) -> Untrusted:
    return Untrusted(
        "E-MISSING",
        f"The content of {version.model}/{version.version} is not in this store",
        "Pull from a remote that holds it.",
    )
