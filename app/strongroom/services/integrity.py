# SPDX-License-Identifier: Apache-2.0
"""Integrity: does everything in this store still hold, does this machine work, rebuild the index.

* `verify` trusts nothing it could read again: run folders, blobs, every signature, and the
  catalog's rows against a replay of the ledger.
* Events without effect are notes, not findings: refusing them is the system at work.
"""

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.chains import Alarm
from strongroom.domain.changes import Changes
from strongroom.domain.clock import to_iso
from strongroom.domain.clock_doubts import clock_doubts
from strongroom.domain.errors import StrongroomError, Untrusted
from strongroom.domain.freshness import STALE
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.registry import ModelVersion
from strongroom.services.registry import Registry
from strongroom.services.sealed_marks import DAMAGE
from strongroom.services.witness import Witness
from strongroom.services.workstation import Workstation
from strongroom.store.home_formats import sentence, what_waits
from strongroom.store.ledger import Ledger
from strongroom.store.projection import differences, write_projection
from strongroom.store.run_places import all_places
from strongroom.store.snapshot import Snapshot
from strongroom.trust.keychain import KeychainState
from strongroom.trust.seal import SealState

REMOTE_FILE = "strongroom.json"
MIN_FREE_BYTES = 1 << 30  # below that the next run may not fit
_MARKS = {
    SealState.CLOSED: "Marks against rollback were not checked: the keychain is not open.",
    SealState.NONE: "Marks against rollback were not checked: none were sealed yet.",
}
_LIBRARIES = ("sqlalchemy", "pyarrow", "numpy", "keyring", "cryptography", "click", "PyYAML")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that does not hold: code, path in the store, object, one sentence."""

    code: str
    path: str
    object: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome of `Integrity.verify`: what was read, what does not hold, what to know."""

    runs: int
    blobs: int
    events: int
    trust: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def is_ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing `doctor` looked at."""

    name: str
    is_ok: bool
    detail: str
    advice: str = ""


class Integrity:
    """The verbs ``verify``, ``rebuild`` and ``doctor``."""

    def __init__(self, workstation: Workstation, registry: Registry, witness: Witness) -> None:
        self._at = workstation
        self._registry = registry
        self._witness = witness

    def verify(self, progress: Progress | None = None) -> Verification:
        """Reads everything again and says what does not hold.

        Raises:
            EnvironmentFault: ``E-STORE`` if the store cannot be read at all.
            Cancelled: Between two files.
        """
        watched = progress or Silent()
        self._at.runs.refresh(watched)
        findings = [
            Finding(code=found.code, path=f"runs/{found.path}", object="run", detail=found.detail)
            for found in self._at.runs.verify(watched)
        ]
        if damage := self._at.runs.metric_schemas.damage():
            path = self._at.folder.metric_schema.name
            findings.append(
                Finding(code="E-FORMAT", path=path, object="metric rules", detail=damage)
            )
        blobs = self._registry.content().blobs
        blob_ids = sorted(blobs.all())
        for number, sha256 in enumerate(blob_ids):
            watched.step(number, len(blob_ids), "Checking blobs")
            findings += _blob_findings(blobs.verify, sha256)
        snapshot: Snapshot | None = None
        notes: list[str] = []
        if self._at.home.pinned_team():
            if self._at.has_team():
                self._at.project()  # rows that only lag behind the files are no drift
            # A ledger of its own: no cached answer of this process is believed.
            snapshot = Ledger(self._at.folder, self._at.home.pinned_team()).refresh()
            findings += self._ledger_findings(snapshot)
            notes += [
                f"{code}: event {id_[:16]} has no effect"
                for id_, code in (snapshot.state.refusals.items() if snapshot.trust.latest else ())
            ]
            stale = self._witness.stale_sentence()
            notes += [f"{STALE}: {stale}"] if stale else []
            notes += _clock_notes(snapshot, self._at.clock.now_us())
            state = self._at.marks.state()
            untold = self._at.marks.untold()
            if state is SealState.BROKEN or untold:
                which = f"; not told yet at a pull from {', '.join(untold)}" if untold else ""
                findings.append(
                    Finding(
                        code="E-DBDRIFT", path="marks.json", object="marks", detail=DAMAGE + which
                    )
                )
            notes += [_MARKS[state]] if state in _MARKS else []
        else:
            notes.append("This store belongs to no team; there is no ledger to check.")
        self._at.note_found("this store", ((found.code, found.path) for found in findings))
        with self._at.catalog.read() as connection:
            runs = connection.exec_driver_sql("SELECT count(*) FROM run").scalar_one()
        return Verification(
            runs=int(runs),
            blobs=len(blob_ids),
            events=sum(len(here) for here in snapshot.events.values()) if snapshot else 0,
            trust=len(snapshot.trust.versions) if snapshot else 0,
            findings=tuple(dict.fromkeys(findings)),
            notes=tuple(notes),
        )

    def rebuild(self, progress: Progress | None = None) -> Changes:
        """Builds the catalog again from run folders and ledger; returns all runs there are.

        The old one answers until the new one is whole, and stays if that fails.

        Raises:
            EnvironmentFault: ``E-STORE``, ``E-FULL``.
            Cancelled: Between two batches of runs; the old catalog stays.
        """
        with self._at.runs.rebuilding(progress) as fresh:
            if self._at.has_team():
                write_projection(fresh, self._at.snapshot())
        self._at.runs.refresh(progress)
        with self._at.catalog.read() as connection:
            return Changes(runs=frozenset(place.run_id for place in all_places(connection)))

    def doctor(self) -> tuple[Check, ...]:
        """Looks at libraries, keychain, clock, store, disk, chain and remotes."""
        return tuple(self._checks())

    # ---------------------------------------------------------------- inside

    def _checks(self) -> Iterator[Check]:
        versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
        yield Check(
            name="libraries", is_ok=True, detail=f"Python {platform.python_version()}, {versions}"
        )
        yield self._keychain_check()
        now = self._at.clock.now_us() // 1_000_000
        yield Check(
            name="clock",
            is_ok=now > 1_700_000_000,
            detail=to_iso(self._at.clock.now_us())[:19].replace("T", " ") + " UTC",
            advice=""
            if now > 1_700_000_000
            else "Set the clock; times in events are claims of it.",
        )
        free = shutil.disk_usage(self._at.folder.root).free
        yield Check(
            name="store",
            is_ok=free >= MIN_FREE_BYTES,
            detail=f"{self._at.folder.root}, {free / 1e9:.1f} GB free",
            advice="" if free >= MIN_FREE_BYTES else "Free some space on this disk.",
        )
        yield from self._home_check()
        yield self._chain_check()
        yield from self._own_log_check()
        for remote in self._at.home.remotes():
            is_there = _is_there(Path(remote.path))
            yield Check(
                name=f"remote {remote.name}",
                is_ok=is_there,
                detail=remote.path if is_there else f"{remote.path} cannot be reached",
                advice="" if is_there else "Mount the share or insert the stick; nothing is lost.",
            )

    def _keychain_check(self) -> Check:
        state = self._at.keychain.state()
        card = self._at.card()
        needs = card is not None and "keyring" in card.protection
        if state is KeychainState.UNLOCKED:
            return Check(name="keychain", is_ok=True, detail="unlocked")
        advice = {
            KeychainState.LOCKED: "Unlock it: strongroom identity unlock.",
            KeychainState.ABSENT: "Start the desktop's keyring, or use STRONGROOM_PASSPHRASE_FILE.",
        }[state]
        return Check(name="keychain", is_ok=not needs, detail=state.value, advice=advice)

    def _chain_check(self) -> Check:
        if not self._at.home.pinned_team():
            return Check(name="chain", is_ok=True, detail="no team")
        try:
            snapshot = self._at.snapshot_or_empty()
        except StrongroomError as error:
            return Check(name="chain", is_ok=False, detail=error.title, advice=error.advice)
        problems = [*snapshot.alarms, *snapshot.problems]
        count = sum(len(here) for here in snapshot.events.values())
        events = f"{count} event" if count == 1 else f"{count} events"
        return Check(
            name="chain",
            is_ok=not problems,
            detail=f"{events}, trust version {len(snapshot.trust.versions)}"
            + (f", {len(problems)} alarms" if problems else ""),
            advice="Look at the Audit page, or run: strongroom verify." if problems else "",
        )

    def _home_check(self) -> Iterator[Check]:
        if newer := self._at.home.newer():
            yield Check(name="home", is_ok=False, detail=sentence(newer), advice=what_waits(newer))

    def _own_log_check(self) -> Iterator[Check]:
        card = self._at.card()
        if card is None or not self._at.home.pinned_team():
            return
        found = self._at.own_log.trouble(self._at.snapshot_or_empty(), card.writer)
        yield Check(
            name="own log",
            is_ok=found is None,
            detail=found.title if found else "this key may sign here",
            advice=found.advice if found else "",
        )

    def _ledger_findings(self, snapshot: Snapshot) -> list[Finding]:
        findings = [
            Finding(code=p.code, path=f"ledger/{p.path}", object="file", detail=p.detail)
            for p in snapshot.problems
        ]
        findings += [_of_alarm(alarm, "ledger") for alarm in snapshot.alarms]
        findings += [
            Finding(
                code=waiting.code,
                path=f"ledger/log/{waiting.writer[:2]}/{waiting.writer}",
                object=f"event {waiting.seq}",
                detail=f"It waits: {waiting.reason}.",
            )
            for waiting in snapshot.waiting
        ]
        if snapshot.trust.latest is None:
            return findings
        findings += [
            _of_alarm(a, "catalog.sqlite3") for a in differences(self._at.catalog, snapshot)
        ]
        return findings + list(self._manifest_findings(snapshot))

    def _manifest_findings(self, snapshot: Snapshot) -> Iterator[Finding]:
        content = self._registry.content()
        files = self._at.ledger().files
        yield from self._run_manifest_findings(snapshot)
        for model in snapshot.state.models.values():
            for version in model.versions:
                name = f"{version.model}/{version.version}"
                path = f"ledger/man/{version.manifest[:2]}/{version.manifest}.json"
                if not files.has_manifest(version.manifest):
                    continue  # content that has not arrived yet
                try:
                    manifest = self._registry.manifest(version)
                except Untrusted as error:
                    yield Finding(code=error.code, path=path, object=name, detail=error.title)
                    continue
                if not self._was_here(version):
                    continue  # content that has not arrived yet, or was refused when it came
                for file in manifest.files if manifest else ():
                    if not content.has(file.sha256, run=version.run):
                        yield Finding(
                            code="E-MISSING",
                            path=path,
                            object=name,
                            detail=f"The content of {file.path} is gone.",
                        )

    def _was_here(self, version: ModelVersion) -> bool:
        """Whether this store must hold a version's content: its run is here, or it is our own."""
        card = self._at.card()
        is_own = card is not None and version.registrar == card.writer
        return is_own or self._at.folder.find_run(version.run) is not None

    def _run_manifest_findings(self, snapshot: Snapshot) -> Iterator[Finding]:
        files = self._at.ledger().files
        for event in snapshot.chains.events():
            manifest = str(event.body.get("manifest", ""))
            if event.type != "run.finish" or not files.has_manifest(manifest):
                continue
            try:
                files.read_manifest(manifest)
            except Untrusted as error:
                yield Finding(
                    code=error.code,
                    path=f"ledger/man/{manifest[:2]}/{manifest}.json",
                    object=f"run {event.body['run']}",
                    detail=error.title,
                )


def _is_there(remote: Path) -> bool:
    """Whether a remote answers: a folder with its description, or a ZIP that holds one."""
    return any(os.path.isfile(each) for each in (remote / REMOTE_FILE, remote))  # noqa: PTH113 - it never raises


def _clock_notes(snapshot: Snapshot, now_us: int) -> list[str]:
    doubts = clock_doubts(snapshot.chains, now_us)
    return [f"W-CLOCK: event {id_[:16]}: {doubt.sentence}" for id_, doubt in doubts.items()]


def _of_alarm(alarm: Alarm, path: str) -> Finding:
    return Finding(code=alarm.code, path=path, object=alarm.object, detail=alarm.detail)


def _blob_findings(check: Callable[[str], None], sha256: str) -> list[Finding]:
    try:
        check(sha256)
    except Untrusted as error:
        path = f"blobs/{sha256[:2]}/{sha256}"
        return [Finding(code=error.code, path=path, object="blob", detail=error.title)]
    return []
