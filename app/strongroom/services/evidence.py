# SPDX-License-Identifier: Apache-2.0
"""Evidence: audit packages that hold without Strongroom, and the check that an auditor makes.

* Window, command line and auditor get their answer from the same script, verify.py, as it was
  shipped; the copy inside a package is never run.
* A package is checked by that script before it gets its name. One that does not hold is never
  handed out, whichever of the two programs is wrong.
* Who exported what is itself a signed event.
"""

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.abc import SourceLoader
from pathlib import Path
from typing import Any, TypeVar

from strongroom.domain.access import denial
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import BadInput, EnvironmentFault, Refused, Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.progress import Progress
from strongroom.domain.registry import ModelVersion
from strongroom.domain.resources import resource
from strongroom.exchange.audit_package import Exporter, package_files, shipped_script
from strongroom.exchange.audit_report import summary
from strongroom.exchange.bag import (
    TAG_MANIFEST,
    ZIP_SUFFIX,
    BagFile,
    check_target,
    written_aside,
)
from strongroom.exchange.dossier import RUN_FILES, Dossier, collect
from strongroom.exchange.leaving import stop_at_secrets, suspicions
from strongroom.services.local_side import local_side
from strongroom.services.registry import Registry, find_version
from strongroom.services.vouching import met_here
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.signer import Ed25519Signer, P256Signer

EXPORT = "export.audit"
HOLDS = 0
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An audit package on the disk.

    ``decision`` says who approved what, or that nobody did; ``sentence`` is what the auditor's
    script says of the whole.
    """

    path: Path
    tagmanifest: str
    team: str
    verify_sha256: str
    decision: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFinding:
    """Something the auditor's script found: code, file of the package, one sentence."""

    code: str
    path: str
    detail: str

    def to_json(self) -> JsonValue:
        """Returns the object of formats.md F11."""
        return {"code": self.code, "path": self.path, "detail": self.detail}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageVerdict:
    """What the auditor's script says: exit code 0 it holds, 1 it does not, 2 it is no package."""

    exit_code: int
    sentence: str
    findings: tuple[PackageFinding, ...]
    notes: tuple[PackageFinding, ...]
    checked: JsonValue

    @property
    def is_ok(self) -> bool:
        """Whether the package holds."""
        return self.exit_code == HOLDS


class Evidence:
    """The verbs of ``strongroom audit export`` and ``strongroom audit verify``."""

    def __init__(self, workstation: Workstation, registry: Registry) -> None:
        self._at = workstation
        self._registry = registry

    def export(
        self,
        reference: str,
        target: Path,
        *,
        is_zip: bool = False,
        progress: Progress | None = None,
        ask: SecretsHandler | None = None,
    ) -> Package:
        """Writes the audit package of a version, checks it, and signs that it was exported.

        Args:
            reference: ``NAME/VERSION`` or ``NAME/VERSION+TREE8``.
            target: The folder that becomes the package, absent or empty. For a ZIP its path, to
                which ``.zip`` is added if it does not end so.
            is_zip: Write one ZIP file with stored entries.
            progress: Hears bytes done of all bytes; may cancel, which leaves nothing behind.
            ask: Asks for a passphrase.

        Raises:
            BadInput: ``E-VERSION``; ``E-PATH`` if the target is not free.
            Refused: ``E-TEAM``; ``E-CAP`` or ``E-CUT`` without the right ``export.audit``;
                ``E-SECRET`` if something that seems to be a secret would be in it.
            Untrusted: ``E-WITHHELD``, ``E-MISSING``, ``E-HASH`` and others if the evidence is not
                whole, or if the finished package does not hold. Nothing is left on the disk.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-SHARE``, ``E-STORE``.
        """
        snapshot = self._at.snapshot()
        self._at.runs.refresh()
        version = find_version(snapshot.state, reference)
        self._check_right(snapshot, version)
        final = _zip_path(target) if is_zip else target
        check_target(final, is_zip=is_zip)
        ledger_files = self._at.ledger().files
        content = self._registry.content()
        dossier = collect(snapshot, version, ledger_files, content, met_here(self._at))
        self._keep_secrets_here(dossier, final.name, progress)
        keys = self._at.keys(ask=ask)
        exporter = Exporter(
            writer=keys.writer,
            name=snapshot.latest.name_of(keys.writer),
            app=self._at.app,
            ed25519=Ed25519Signer(keys),
            p256=P256Signer(keys),
        )
        script = _explained(shipped_script)
        files = package_files(dossier, ledger_files, exporter, script)
        team = snapshot.trust.team
        aside = written_aside(
            final,
            files,
            top=_folder_name(version),
            is_zip=is_zip,
            progress=progress,
            random_bytes=self._at.random_bytes,
        )
        with aside as written:
            verdict = verify_package(written, team)
            if not verdict.is_ok:
                raise _does_not_hold(verdict)
            tagmanifest = _digest_of(files, TAG_MANIFEST)
            self._sign(version, tagmanifest, ask)  # before it has its name
        return Package(
            path=final,
            tagmanifest=tagmanifest,
            team=team,
            verify_sha256=script.sha256,
            decision=summary(dossier),
            sentence=verdict.sentence,
        )

    def verify(self, path: Path, team: str, *, everything: bool = False) -> PackageVerdict:
        """Checks a package; see `verify_package`."""
        verdict = verify_package(path, team, everything=everything)
        found = [(finding.code, f"{path.name}/{finding.path}") for finding in verdict.findings]
        self._at.note_found("audit package", found)
        return verdict

    def _check_right(self, snapshot: Snapshot, version: ModelVersion) -> None:
        writer = self._at.require_card().writer
        head = snapshot.chains.heads.get(writer, (0, ""))
        denied = denial(
            snapshot.latest,
            writer,
            head[0] + 1,
            EXPORT,
            kind="model",
            name=version.model,
            id_at=snapshot.chains.id_at,
        )
        if denied is not None:
            with self._at.attempt(EXPORT, f"{version.model}/{version.version}"):
                raise Refused(
                    denied.code,
                    f"You may not export audit packages of {version.model}:"
                    f" the right {EXPORT} is missing",
                    "Ask an admin for a role that has it: strongroom people grant PERSON auditor.",
                )

    def _keep_secrets_here(self, dossier: Dossier, where: str, progress: Progress | None) -> None:
        digests = {file.sha256 for file in dossier.manifest.files}
        if dossier.run is not None:
            listed = dossier.run.manifest.files
            digests |= {file.sha256 for file in listed if file.path in RUN_FILES}
        snapshot = dossier.snapshot
        events = snapshot.chains.events()
        found = suspicions(local_side(self._at), snapshot, digests, events, progress)
        stop_at_secrets(found, where)

    def _sign(self, version: ModelVersion, tagmanifest: str, ask: SecretsHandler | None) -> None:
        """Signs that the package is exported; without that it does not appear."""
        body = {
            "model": version.model,
            "version": version.version,
            "tree": version.tree,
            "tagmanifest": tagmanifest,
        }
        self._at.sign(EXPORT, body, ask=ask)


def verify_package(path: Path, team: str, *, everything: bool = False) -> PackageVerdict:
    """Checks a package, a folder or a ZIP, as an auditor does with verify.py; needs no store.

    Args:
        path: The package; nothing of it is executed or extracted.
        team: The team id that was told out of band; blanks and case do not matter.
        everything: Check every signature, not only those that matter.

    Raises:
        BadInput: ``E-USAGE`` if the team id is not 64 hexadecimal digits.
        EnvironmentFault: ``E-STORE`` if the script is missing from this installation.
    """
    plain = re.sub("[^0-9a-z]", "", team.lower())
    if not is_digest(plain):
        raise BadInput(
            "E-USAGE",
            "A team id has 64 hexadecimal digits",
            "Take it from the team itself, never from the package.",
        )
    result = _load_script().verify(str(path), plain, everything)
    return PackageVerdict(
        exit_code=result["exit"],
        sentence=result["sentence"],
        findings=_findings(result["findings"]),
        notes=_findings(result["notes"]),
        checked=result["checked"],
    )


class _ShippedScript(SourceLoader):
    """Loads verify.py from its source each time: no byte code is read or left beside it."""

    def get_filename(self, _name: str = "") -> str:
        return str(_explained(lambda: resource("audit", "verify.py")))

    def get_data(self, path: str | bytes) -> bytes:
        return Path(path if isinstance(path, str) else path.decode()).read_bytes()


def _load_script() -> Any:  # noqa: ANN401 - the script is another program, without types
    loader = _ShippedScript()
    spec = importlib.util.spec_from_loader("strongroom_verify", loader)
    if spec is None:
        raise _no_script()
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _explained(find: Callable[[], Value]) -> Value:
    try:
        return find()
    except FileNotFoundError as error:
        raise _no_script() from error


def _no_script() -> EnvironmentFault:
    return EnvironmentFault(
        "E-STORE",
        "The auditor's script is missing from this installation",
        "Install Strongroom again; strongroom doctor says what else is missing.",
    )


def _findings(rows: list[tuple[str, str, str]]) -> tuple[PackageFinding, ...]:
    return tuple(PackageFinding(code=c, path=p, detail=d) for c, p, d in rows)


def _does_not_hold(verdict: PackageVerdict) -> Untrusted:
    first = verdict.findings[0] if verdict.findings else None
    return Untrusted(
        first.code if first else "E-FORMAT",
        f"The package would not hold: {verdict.sentence.rstrip('.')}",
        "It was removed. Run strongroom verify, which names what is wrong in this store.",
    )


def _digest_of(files: list[BagFile], path: str) -> str:
    return next(each.file.sha256 for each in files if each.file.path == path)


def _zip_path(target: Path) -> Path:
    if target.suffix.lower() == ZIP_SUFFIX:
        return target
    return target.with_name(target.name + ZIP_SUFFIX)


def _folder_name(version: ModelVersion) -> str:
    """Returns the one folder inside a ZIP; a model may bear a name that no folder can."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", f"audit-{version.model[:100]}-v{version.version}")
