# SPDX-License-Identifier: Apache-2.0
"""The content behind events: manifests, objects, and the run folders they make.

* An event without its content is admitted; its content is waited for and never guessed. Only what
  the remote itself shows is waited for there.
* A manifest counts only if the event's writer signed it and it tells of the event's own tree.
* A run appears when all of it is here.
"""

from dataclasses import dataclass, field

from strongroom.domain.bundle import Manifest
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.event import Event
from strongroom.domain.newer_format import NewerFormat
from strongroom.exchange.arrivals import Desk
from strongroom.exchange.bundles import Bundle
from strongroom.exchange.local import check_manifest, content_events, manifest_path, thing_name
from strongroom.exchange.object_fetch import ObjectFetch
from strongroom.exchange.outcome import Counts, Trouble, trouble
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.store.arrived_runs import is_placed, place_run
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope
from strongroom.trust.keys import from_hex


@dataclass(slots=True, kw_only=True)
class Fetched:
    """What fetching brought, and what was left where it was because nobody chose it."""

    bundles: list[Bundle] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    left_out: Counts = field(default_factory=Counts)
    conflicts: list[Trouble] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)
    titles: dict[str, str] = field(default_factory=dict)
    """What a person calls the files that were refused, by their paths on the remote."""


def fetch_content(desk: Desk, snapshot: Snapshot, selection: Selection = EVERYTHING) -> Fetched:
    """Brings what the events of a snapshot name, this store lacks, and a person chose.

    Raises:
        EnvironmentFault: ``E-SHARE``; ``E-FULL`` before anything is copied, or while it is.
        Cancelled: Between two pieces; what was copied stays.
    """
    if snapshot.trust.latest is None:
        return Fetched()
    return _Fetch(desk, snapshot, selection).run()


class _Fetch:
    """One fetching."""

    def __init__(self, desk: Desk, snapshot: Snapshot, selection: Selection) -> None:
        self._desk = desk
        self._here = desk.here
        self._snapshot = snapshot
        self._selection = selection
        self._found = Fetched()

    def run(self) -> Fetched:
        """Manifests first, then all objects they name, then run folders."""
        found = self._found
        events = content_events(self._snapshot)
        wanted = self._selection.among(events)
        for kind, name in self._selection.unmet(events):
            detail = f"No {kind} called {name} has arrived"
            self._desk.wait("E-MISSING", f"{kind}/{name}", detail)
        for number, event in enumerate(events):
            self._desk.progress.step(number, len(events), "Reading manifests")
            found.bundles.append(self._bundle(event, is_wanted=event.id in wanted))
        found.bundles.sort(key=lambda bundle: not bundle.is_offered)
        objects = ObjectFetch(self._desk, found.bundles)
        objects.run()
        found.counts += objects.counts
        found.left_out = objects.left_out
        found.titles |= objects.titles
        for bundle in found.bundles:
            self._conclude(bundle, objects)
        return found

    # ---------------------------------------------------------------- manifests

    def _bundle(self, event: Event, *, is_wanted: bool) -> Bundle:
        digest = str(event.body["manifest"])
        is_offered = (
            self._snapshot.raw[event.id] in self._desk.offered and digest not in self._desk.left_out
        )
        bundle = Bundle(event=event, is_offered=is_offered, is_wanted=is_wanted)
        files = self._here.ledger.files
        if files.has_manifest(digest):
            try:
                raw = files.read_manifest(digest)
                bundle.manifest = check_manifest(raw, event, self._is_signed)
            except Untrusted:
                pass  # damaged on this disk: what the remote has replaces it
            else:
                if is_offered:
                    self._desk.note_same(1, len(raw))
                return bundle
        self._read_manifest(bundle, digest)
        return bundle

    def _read_manifest(self, bundle: Bundle, digest: str) -> None:
        path = manifest_path(digest)
        raw = None
        try:
            raw = self._desk.remote.read_manifest(digest)
            bundle.manifest = check_manifest(raw, bundle.event, self._is_signed)
        except NewerFormat as error:
            self._wait_for_update(bundle, error, path)
            return
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

    def _wait_for_update(self, bundle: Bundle, error: NewerFormat, path: str) -> None:
        """Leaves content where it is whose description a newer Strongroom wrote."""
        what = error.title[0].lower() + error.title[1:]
        detail = f"{thing_name(bundle.event)}: {what}; update Strongroom here"
        self._desk.wait(error.code, path, detail)
        bundle.mark("waiting", error.code, detail)

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

    # ---------------------------------------------------------------- what became of it

    def _conclude(self, bundle: Bundle, objects: ObjectFetch) -> None:
        manifest = bundle.manifest
        if manifest is None:
            return
        lacking = 0
        for file in manifest.files:
            if file.sha256 not in bundle.lacks:
                continue
            if file.sha256 in objects.refused:
                code, why = objects.refused[file.sha256]
                bundle.mark("rejected", code, f"{file.path} {why}")
            elif file.sha256 in objects.arrived:
                bundle.mark("new")
            else:
                lacking += 1
        if lacking and not bundle.is_listed:
            return  # it is under way by another remote: here nothing is missing
        if lacking:
            files = "1 file" if lacking == 1 else f"{lacking:,} files"
            if bundle.is_wanted:
                has = "has" if lacking == 1 else "have"
                bundle.mark("waiting", "E-MISSING", f"{files} {has} not arrived")
            else:
                bundle.mark("waiting", "", f"Not chosen: {files} left where they are")
        is_whole = not lacking and bundle.result in {"same", "new"}
        if bundle.is_run and bundle.is_wanted and is_whole:
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
            found = trouble(error, f"run/{run}", size_bytes=manifest.total_bytes)
            self._found.conflicts.append(found)
            bundle.mark("conflict", error.code, error.title)
        except NewerFormat as error:
            self._wait_for_update(bundle, error, f"run/{run}")
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
