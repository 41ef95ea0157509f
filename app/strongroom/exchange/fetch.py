# SPDX-License-Identifier: Apache-2.0
"""The content behind events: manifests, objects, and the run folders they make.

* An event without its content is admitted; its content is waited for and never guessed. Only what
  the remote itself shows is waited for there.
* A manifest counts only if the event's writer signed it and it tells of the event's own tree.
* Every byte is hashed on its way; a run appears when all of it is here.
* What is refused is named by the version or run it belongs to.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import Manifest
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.event import Event
from strongroom.exchange.arrivals import Desk
from strongroom.exchange.local import Holdings, check_manifest, content_events, thing_name
from strongroom.exchange.outcome import Counts, Result, Trouble, trouble
from strongroom.exchange.reception import reception
from strongroom.exchange.scanner import TELL
from strongroom.store.arrived_runs import is_placed, place_run
from strongroom.store.plainfile import wrong_hash
from strongroom.store.publish import check_free_space
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope
from strongroom.trust.keys import from_hex

MAX_SUSPECT_BYTES = 64 << 20  # read again at a look: half a second on a share; the rest is believed


@dataclass(slots=True, kw_only=True)
class Bundle:
    """An event with its manifest (None if it is not here) and what became of its content.

    ``is_offered`` tells that the remote shows the event; ``lacks`` are the digests of the files
    that were not here before.
    """

    event: Event
    manifest: Manifest | None
    is_offered: bool = True
    lacks: set[str] = field(default_factory=set)
    result: Result = "same"
    code: str = ""
    detail: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether the remote holds something of it."""
        return self.is_offered or self.result != "same"

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
    titles: dict[str, str] = field(default_factory=dict)
    """What a person calls the files that were refused, by their paths on the remote."""


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
        self._refused: dict[str, tuple[str, str]] = {}
        """Code and reason by digest."""
        self._suspect_bytes = 0
        self._reception = reception(desk.here)

    def run(self) -> Fetched:
        """Manifests first, then all objects they name, then run folders."""
        events = content_events(self._snapshot)
        for number, event in enumerate(events):
            self._desk.progress.step(number, len(events), "Reading manifests")
            self._found.bundles.append(self._bundle(event))
        self._found.bundles.sort(key=lambda bundle: not bundle.is_offered)
        self._objects(list(self._missing()))
        for bundle in self._found.bundles:
            self._conclude(bundle)
        return self._found

    # ---------------------------------------------------------------- manifests

    def _bundle(self, event: Event) -> Bundle:
        digest = str(event.body["manifest"])
        is_offered = (
            self._snapshot.raw[event.id] in self._desk.offered and digest not in self._desk.left_out
        )
        bundle = Bundle(event=event, manifest=None, is_offered=is_offered)
        files = self._here.ledger.files
        if files.has_manifest(digest):
            try:
                raw = files.read_manifest(digest)
                bundle.manifest = check_manifest(raw, event, self._is_signed)
            except Untrusted:
                pass  # damaged on this disk: what the remote has replaces it
            else:
                self._desk.same += is_offered
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
            if error.code != "E-MISSING":
                self._refuse_manifest(bundle, error, path, raw)
            elif bundle.is_offered:
                detail = f"The manifest of {thing_name(bundle.event)} has not arrived"
                self._desk.wait(error.code, path, detail)
                bundle.mark("waiting", error.code, detail)
            return
        self._desk.note_sound(path)
        if not self._desk.is_dry:
            self._here.ledger.files.put_manifest(raw)
        self._found.counts += Counts(manifests=1, bytes=len(raw))
        bundle.mark("new")

    def _refuse_manifest(
        self, bundle: Bundle, error: Untrusted, path: str, raw: bytes | None
    ) -> None:
        name, why = thing_name(bundle.event), error.title
        if raw is None:  # it could not even be read, so the reason does not name it yet
            why = "The manifest has another digest than its event"
            if error.code != "E-HASH":
                why = f"The manifest cannot be used: {error.title}"
            error = Untrusted(error.code, f"{name}: {why[0].lower()}{why[1:]}", error.advice)
        self._found.titles[path] = f"{name}: manifest"
        self._desk.refuse(error, path, raw)
        bundle.mark("rejected", error.code, why)

    def _is_signed(self, writer: str, parsed: envelope.Envelope) -> bool:
        member = self._snapshot.latest.members.get(writer)
        signature = parsed.signatures[0]
        return (
            member is not None
            and signature.keyid == writer
            and from_hex(member.alg, member.pub).verify(signature.sig, parsed.signed_bytes)
        )

    # ---------------------------------------------------------------- objects

    def _missing(self) -> Iterator[tuple[ArtifactFile, Bundle]]:
        """Yields each file that some bundle lacks, once, with the first bundle that needs it.

        What lies in the folder of one run is not at hand for another version: that one needs a
        copy of its own.
        """
        asked: set[str] = set()
        same: set[str] = set()
        for bundle in self._found.bundles:
            if bundle.manifest is None:
                continue
            for file in bundle.manifest.files:
                if self._holdings.has(file.sha256, bundle.manifest.run):
                    same |= {file.sha256} if bundle.is_offered else set()
                    continue
                bundle.lacks.add(file.sha256)
                if file.sha256 not in asked:
                    asked.add(file.sha256)
                    if self._is_offered(file, bundle):
                        yield file, bundle
        self._desk.same += len(same - asked)

    def _is_offered(self, file: ArtifactFile, bundle: Bundle) -> bool:
        if not self._desk.remote.has_object(file.sha256):
            if bundle.is_offered:
                detail = f"{file.path} of {thing_name(bundle.event)} has not arrived"
                self._desk.wait("E-MISSING", _object_path(file), detail)
            return False
        size = self._desk.remote.object_size(file.sha256)
        if size == file.size_bytes:
            return True
        advice = "Push again from a workstation that has the original."
        why = f"has {size:,} bytes instead of {file.size_bytes:,}"
        self._refuse(file, Untrusted("E-SIZE", why, advice), why)
        return False

    def _objects(self, missing: list[tuple[ArtifactFile, Bundle]]) -> None:
        total = sum(file.size_bytes for file, _ in missing)
        if not self._desk.is_dry:
            check_free_space(self._here.folder.root, total)
        done = 0
        for file, bundle in missing:
            name = thing_name(bundle.event)
            try:
                if not self._desk.is_dry:
                    self._desk.progress.step(done, total, f"Copying {name}")
                    self._copy(file)
                elif self._desk.is_reading or self._is_suspect(file):
                    self._read_through(file, done, total, f"Reading {name}")
            except Untrusted as error:
                self._refuse(file, error, _why(error))
            else:
                self._arrived.add(file.sha256)
                self._desk.note_sound(_object_path(file))
                self._found.counts += Counts(objects=1, bytes=file.size_bytes)
            done += file.size_bytes
        if not self._desk.is_dry:
            self._scan()

    def _copy(self, file: ArtifactFile) -> None:
        with self._desk.remote.open_object(file.sha256) as source:
            self._reception.put(file.sha256, source, file.size_bytes)

    def _scan(self) -> None:
        """Lets the site's scanner look at what arrived, before anything of it is used.

        Raises:
            EnvironmentFault: ``E-SCAN`` if the scanner did not say that all is well or not.
            Cancelled: What was copied waits for the next time.
        """
        for digest, said in self._reception.settle(self._desk.progress).items():
            bundle, path = self._owners[digest]
            self._arrived.discard(digest)
            found = bundle.manifest.files if bundle.manifest else ()
            size = next(file.size_bytes for file in found if file.sha256 == digest)
            lost = Counts(objects=-1, bytes=-size)
            self._found.counts += lost
            why = f"was found bad by the scanner of this site ({said})"
            file = ArtifactFile(path=path, size_bytes=size, sha256=digest)
            self._refuse(file, Untrusted("E-SCAN", why, TELL), why, kept=said.encode())

    def _read_through(self, file: ArtifactFile, done: int, total: int, what: str) -> None:
        """Hashes an object where it lies.

        Raises:
            Untrusted: ``E-HASH``, ``E-PATH``, ``E-MISSING``.
            Cancelled: Between two pieces.
        """
        self._desk.progress.step(done, total, what)
        with self._desk.remote.open_object(file.sha256) as source:
            while piece := source.read():
                done += len(piece)
                self._desk.progress.step(done, total, what)

    def _is_suspect(self, file: ArtifactFile) -> bool:
        """Whether it was damaged when it was last read, and is to be read again.

        Raises:
            Untrusted: ``E-HASH`` if there are too many to read: then the last reading counts.
        """
        path = _object_path(file)
        if path not in self._desk.suspects:
            return False
        self._suspect_bytes += file.size_bytes
        if self._suspect_bytes > MAX_SUSPECT_BYTES:
            raise wrong_hash(path)
        return True

    def _refuse(
        self, file: ArtifactFile, error: Untrusted, why: str, kept: bytes | None = None
    ) -> None:
        self._refused[file.sha256] = (error.code, why)
        bundle, path = self._owners[file.sha256]
        title = f"{thing_name(bundle.event)}: {path}"
        self._found.titles[_object_path(file)] = title
        named = Untrusted(error.code, f"{title} {why}", error.advice)
        self._desk.refuse(named, _object_path(file), kept)

    @functools.cached_property
    def _owners(self) -> dict[str, tuple[Bundle, str]]:
        """A bundle that lists each file, and its path there; a version before a run.

        Made at the first refusal: a share may hold nothing but damage.
        """
        found: dict[str, tuple[Bundle, str]] = {}
        ranked = sorted(
            self._found.bundles,
            key=lambda bundle: (not bundle.is_offered, bundle.event.type == "run.finish"),
        )
        for bundle in ranked:
            for file in bundle.manifest.files if bundle.manifest else ():
                found.setdefault(file.sha256, (bundle, file.path))
        return found

    # ---------------------------------------------------------------- what became of it

    def _conclude(self, bundle: Bundle) -> None:
        manifest = bundle.manifest
        if manifest is None:
            return
        lacking = 0
        for file in manifest.files:
            if file.sha256 not in bundle.lacks:
                continue
            if file.sha256 in self._refused:
                code, why = self._refused[file.sha256]
                bundle.mark("rejected", code, f"{file.path} {why}")
            elif file.sha256 in self._arrived:
                bundle.mark("new")
            else:
                lacking += 1
        if lacking and bundle.is_listed:
            files = "1 file has" if lacking == 1 else f"{lacking:,} files have"
            bundle.mark("waiting", "E-MISSING", f"{files} not arrived")
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
            name = thing_name(bundle.event)
            named = Untrusted(error.code, f"{name}: {error.title}", error.advice)
            self._desk.refuse(named, f"run/{run}", raw)
            bundle.mark("rejected", error.code, error.title)
        else:
            if is_new:
                self._found.runs.add(run)
                bundle.mark("new")


def _object_path(file: ArtifactFile) -> str:
    return f"obj/{file.sha256[:2]}/{file.sha256}"


def _why(error: Untrusted) -> str:
    """Returns what is wrong with a file, as it follows the file's name."""
    if error.code == "E-HASH":
        return "has another digest than its manifest"
    return f"cannot be used: {error.title}"
