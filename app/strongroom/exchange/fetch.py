# SPDX-License-Identifier: Apache-2.0
"""The content behind events: manifests, objects, and the run folders they make.

* An event without its content is admitted; its content is waited for and never guessed.
* A manifest counts only if the event's writer signed it and it tells of the event's own tree.
* Every byte is hashed on its way; a run appears when all of it is here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import Manifest
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.event import Event
from strongroom.exchange.arrivals import Desk
from strongroom.exchange.local import Holdings, check_manifest, content_events
from strongroom.exchange.outcome import Counts, Result, Trouble, trouble
from strongroom.store.arrived_runs import is_placed, place_run
from strongroom.store.publish import check_free_space
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope
from strongroom.trust.keys import from_hex


@dataclass(slots=True, kw_only=True)
class Bundle:
    """An event with its manifest (None if it is not here) and what became of its content."""

    event: Event
    manifest: Manifest | None
    result: Result = "same"
    code: str = ""
    detail: str = ""

    def mark(self, result: Result, code: str = "", detail: str = "") -> None:
        """Notes what became of it; the gravest stays."""
        order = ("same", "new", "waiting", "conflict", "rejected")
        if order.index(result) > order.index(self.result):
            self.result, self.code, self.detail = result, code, detail


@dataclass(slots=True, kw_only=True)
class Fetched:
    """What fetching brought."""

    bundles: list[Bundle] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    conflicts: list[Trouble] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)


def fetch_content(desk: Desk, snapshot: Snapshot) -> Fetched:
    """Brings what the events of a snapshot name and this store lacks.

    Raises:
        EnvironmentFault: ``E-SHARE``; ``E-FULL`` before anything is copied, or while it is.
        Cancelled: Between two files; what was copied stays.
    """
    if snapshot.trust.latest is None:
        return Fetched()
    return _Fetch(desk, snapshot).run()


class _Fetch:
    """One fetching."""

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        self._desk = desk
        self._here = desk.here
        self._snapshot = snapshot
        self._holdings = Holdings(desk.here)
        self._found = Fetched()
        self._arrived: set[str] = set()
        self._refused: dict[str, str] = {}

    def run(self) -> Fetched:
        """Manifests first, then all objects they name, then run folders."""
        events = content_events(self._snapshot)
        for number, event in enumerate(events):
            self._desk.progress.step(number, len(events), "Reading manifests")
            self._found.bundles.append(self._bundle(event))
        self._objects(list(self._missing()))
        for bundle in self._found.bundles:
            self._conclude(bundle)
        return self._found

    # ---------------------------------------------------------------- manifests

    def _bundle(self, event: Event) -> Bundle:
        digest = str(event.body["manifest"])
        bundle = Bundle(event=event, manifest=None)
        files = self._here.ledger.files
        if files.has_manifest(digest):
            try:
                raw = files.read_manifest(digest)
                bundle.manifest = check_manifest(raw, event, self._is_signed)
            except Untrusted:
                pass  # damaged on this disk: what the remote has replaces it
            else:
                self._desk.same += 1
                return bundle
        self._read_manifest(bundle, digest)
        return bundle

    def _read_manifest(self, bundle: Bundle, digest: str) -> None:
        path = f"man/{digest[:2]}/{digest}.json"
        raw = None
        try:
            raw = self._desk.remote.read_manifest(digest)
            bundle.manifest = check_manifest(raw, bundle.event, self._is_signed)
        except Untrusted as error:
            if error.code == "E-MISSING":
                detail = f"The manifest of {bundle.event.subject_name} has not arrived"
                self._desk.wait(error.code, path, detail)
                bundle.mark("waiting", error.code, detail)
            else:
                self._desk.refuse(error, path, raw)
                bundle.mark("rejected", error.code, error.title)
            return
        if not self._desk.is_dry:
            self._here.ledger.files.put_manifest(raw)
        self._found.counts += Counts(manifests=1, bytes=len(raw))
        bundle.mark("new")

    def _is_signed(self, writer: str, parsed: envelope.Envelope) -> bool:
        member = self._snapshot.latest.members.get(writer)
        signature = parsed.signatures[0]
        return (
            member is not None
            and signature.keyid == writer
            and from_hex(member.alg, member.pub).verify(signature.sig, parsed.signed_bytes)
        )

    # ---------------------------------------------------------------- objects

    def _missing(self) -> Iterator[tuple[ArtifactFile, str]]:
        """Yields each file that is not here, once, with the name of who needs it."""
        asked: set[str] = set()
        for bundle in self._found.bundles:
            if bundle.manifest is None:
                continue
            for file in bundle.manifest.files:
                if file.sha256 in asked:
                    continue
                asked.add(file.sha256)
                if self._holdings.has(file.sha256, bundle.manifest.run):
                    self._desk.same += 1
                elif self._is_offered(file, bundle.event.subject_name):
                    yield file, bundle.event.subject_name

    def _is_offered(self, file: ArtifactFile, needed_by: str) -> bool:
        path = _object_path(file)
        if not self._desk.remote.has_object(file.sha256):
            detail = f"{file.path} of {needed_by} has not arrived"
            self._desk.wait("E-MISSING", path, detail)
            return False
        size = self._desk.remote.object_size(file.sha256)
        if size == file.size_bytes:
            return True
        self._refuse(
            file,
            Untrusted(
                "E-SIZE",
                f"{file.path} of {needed_by} has {size:,} bytes instead of {file.size_bytes:,}",
                "Push again from a workstation that has the original.",
            ),
        )
        return False

    def _objects(self, missing: list[tuple[ArtifactFile, str]]) -> None:
        total = sum(file.size_bytes for file, _ in missing)
        if not self._desk.is_dry:
            check_free_space(self._here.folder.root, total)
        done = 0
        for file, needed_by in missing:
            self._desk.progress.step(done, total, f"Copying {needed_by}")
            done += file.size_bytes
            try:
                if not self._desk.is_dry:
                    self._copy(file)
            except Untrusted as error:
                self._refuse(file, error)
            else:
                self._arrived.add(file.sha256)
                self._found.counts += Counts(objects=1, bytes=file.size_bytes)

    def _copy(self, file: ArtifactFile) -> None:
        with self._desk.remote.open_object(file.sha256) as source:
            self._here.content.blobs.put(file.sha256, source, file.size_bytes)

    def _refuse(self, file: ArtifactFile, error: Untrusted) -> None:
        self._refused[file.sha256] = error.code
        self._desk.refuse(error, _object_path(file))

    # ---------------------------------------------------------------- what became of it

    def _conclude(self, bundle: Bundle) -> None:
        manifest = bundle.manifest
        if manifest is None:
            return
        lacking = 0
        for file in manifest.files:
            if file.sha256 in self._refused:
                bundle.mark("rejected", self._refused[file.sha256], f"{file.path} is damaged")
            elif file.sha256 in self._arrived:
                bundle.mark("new")
            elif not self._holdings.has(file.sha256, manifest.run):
                lacking += 1
        if lacking:
            bundle.mark("waiting", "E-MISSING", f"{lacking} files have not arrived")
        if bundle.event.type == "run.finish" and bundle.result in {"same", "new"}:
            self._place(bundle, manifest)

    def _place(self, bundle: Bundle, manifest: Manifest) -> None:
        run, sealed = manifest.run, str(bundle.event.body["sealed"])
        is_own = bundle.event.writer == self._here.writer
        if is_own and self._here.folder.find_run(run) is not None:
            return  # ours may have gone on since; that is no conflict
        try:
            if self._desk.is_dry:
                is_new = not is_placed(self._here.folder, run, sealed)
            else:
                is_new = place_run(
                    self._here.folder, manifest, sealed, self._here.content.blobs,
                    random_bytes=self._here.random_bytes,
                )  # fmt: skip
        except Refused as error:
            self._found.conflicts.append(trouble(error, f"run/{run}"))
            bundle.mark("conflict", error.code, error.title)
        except Untrusted as error:
            raw = self._here.ledger.files.read_manifest(str(bundle.event.body["manifest"]))
            self._desk.refuse(error, f"run/{run}", raw)
            bundle.mark("rejected", error.code, error.title)
        else:
            if is_new:
                self._found.runs.add(run)
                bundle.mark("new")


def _object_path(file: ArtifactFile) -> str:
    return f"obj/{file.sha256[:2]}/{file.sha256}"
