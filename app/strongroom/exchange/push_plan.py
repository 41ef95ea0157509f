# SPDX-License-Identifier: Apache-2.0
"""What a remote lacks, by set difference: found by listing, written nowhere.

* The truth is listed anew each time. Nothing is believed because it was copied once.
* A segment over there counts only if it holds our very envelopes: a planted name hides nothing.
* Everybody's events are relayed, byte for byte; two events under one number travel as the proof.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import Manifest, parse_manifest
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event
from strongroom.domain.parts import Part, parts_of
from strongroom.domain.progress import Progress, Silent
from strongroom.exchange.bundles import Bundle
from strongroom.exchange.local import (
    Holdings,
    LocalSide,
    as_segment,
    content_events,
    manifest_path,
    object_path,
    own_name,
    segment_lines,
)
from strongroom.exchange.outcome import Counts, Result, Trouble, trouble
from strongroom.exchange.remote import Remote
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.store.segments import (
    SegmentFile,
    TrustFile,
    gap_free_head,
    log_folder,
    pack_segments,
)
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope

MAX_MENDED = 100  # of a log, a push: a power cut leaves one or two, more is somebody's junk


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectToPush:
    """An object the remote lacks: a file, or a part of one, and the run it may lie in."""

    file: ArtifactFile
    part: Part
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A run that a push would sign first: what its manifest will list."""

    run: str
    title: str
    manifest: Manifest


@dataclass(slots=True, kw_only=True)
class PushPlan:
    """What is to be copied, in the order in which it will be."""

    trust: list[TrustFile] = field(default_factory=list)
    objects: list[ObjectToPush] = field(default_factory=list)
    manifests: list[bytes] = field(default_factory=list)
    logs: list[tuple[str, int, list[bytes]]] = field(default_factory=list)
    """Writer, first number, envelopes."""
    bundles: list[Bundle] = field(default_factory=list)
    """Versions and runs that were chosen, with what will become of their content."""
    prospects: Sequence[Prospect] = ()
    left_out: Counts = field(default_factory=Counts)
    same: int = 0
    same_bytes: int = 0
    waiting: list[Trouble] = field(default_factory=list)

    @property
    def paths(self) -> frozenset[str]:
        """Where documents, objects and manifests will lie on the remote."""
        return frozenset(
            [
                *(file.path for file in self.trust),
                *(object_path(each.part.sha256) for each in self.objects),
                *(manifest_path(hashlib.sha256(raw).hexdigest()) for raw in self.manifests),
            ]
        )

    @property
    def counts(self) -> Counts:
        """How much it is; the bytes of what is not signed yet cannot be known."""
        return Counts(
            trust=len(self.trust),
            events=sum(len(lines) for _, _, lines in self.logs) + len(self.prospects),
            manifests=len(self.manifests) + len(self.prospects),
            objects=len(self.objects),
            bytes=sum(file.size for file in self.trust)
            + sum(each.part.size_bytes for each in self.objects)
            + sum(map(len, self.manifests))
            + sum(len(line) for _, _, lines in self.logs for line in lines),
        )

    def note_same(self, count: int, size_bytes: int) -> None:
        """Counts what both sides have."""
        self.same += count
        self.same_bytes += size_bytes


def plan_push(
    here: LocalSide,
    remote: Remote,
    *,
    damaged: frozenset[str] = frozenset(),
    selection: Selection = EVERYTHING,
    prospects: Sequence[Prospect] = (),
    progress: Progress | None = None,
) -> PushPlan:
    """Returns what a remote lacks of what was chosen; nothing is written.

    Args:
        here: Our side.
        remote: The other side.
        damaged: Paths on the remote that are known not to hold.
        selection: Whose files are copied.
        prospects: Runs that would be signed first.
        progress: Hears that listing goes on; may cancel.

    Raises:
        EnvironmentFault: ``E-SHARE``.
        Cancelled: Between two listings.
    """
    watched = progress or Silent()
    snapshot = here.ledger.refresh()
    plan = PushPlan(prospects=prospects)
    watched.step(0, 0, "Comparing")
    _plan_trust(here, remote, plan, damaged)
    if snapshot.trust.latest is not None:
        _Content(here, remote, plan, damaged).add(snapshot, selection, watched)
    _plan_logs(here, remote, snapshot, plan, damaged)
    return plan


def _plan_trust(here: LocalSide, remote: Remote, plan: PushPlan, damaged: frozenset[str]) -> None:
    ours = here.ledger.files.trust_files()
    try:
        there = {(file.path, file.size) for file in remote.trust_files()}
    except Untrusted as error:  # somebody flooded this folder; ours are looked up by themselves
        plan.waiting.append(trouble(error, "trust"))
        there = {(file.path, file.size) for file in ours if remote.shows(file.path)}
    for file in ours:
        if (file.path, file.size) in there and file.path not in damaged:
            plan.note_same(1, file.size)
        else:
            plan.trust.append(file)


# -------------------------------------------------------------------- content


class _Content:
    """Adds to a plan the manifests and objects that a remote lacks."""

    def __init__(
        self, here: LocalSide, remote: Remote, plan: PushPlan, damaged: frozenset[str]
    ) -> None:
        self._here, self._remote = here, remote
        self._plan, self._damaged = plan, damaged
        self._holdings = Holdings(here)
        self._there: Mapping[str, int] = {}
        self._decided: dict[str, bool | None] = {}
        """Whether an object is copied, is the same, or (None) cannot be had."""

    def add(self, snapshot: Snapshot, selection: Selection, progress: Progress) -> None:
        """Compares every manifest that lies here with what the remote lists."""
        events = content_events(snapshot)
        held = self._held(events)
        wanted = selection.among(events)
        manifests = [manifest for _, manifest in held.values()]
        manifests += [prospect.manifest for prospect in self._plan.prospects]
        names = {
            part.sha256
            for manifest in manifests
            for file in manifest.files
            for part in parts_of(file)
        }
        self._there = {digest: size for digest, size in self._remote.objects() if digest in names}
        progress.step(0, 0, "Comparing content")
        runs = _runs_of(manifests)
        for event in events:
            found = held.get(str(event.body["manifest"]))
            if event.id not in wanted or found is None:
                continue
            bundle = Bundle(event=event, manifest=found[1])
            self._plan.bundles.append(bundle)
            for file in found[1].files:
                bundle.mark(*self._file(file, runs[file.sha256]))
        for prospect in self._plan.prospects:
            for file in prospect.manifest.files:
                self._file(file, runs[file.sha256])
        self._count_left_out(held)
        self._manifests(held)

    def _file(self, file: ArtifactFile, runs: list[str]) -> tuple[Result, str, str]:
        """Adds what is lacking of a file and returns what will become of it, code and detail."""
        result: Result = "same"
        for part in parts_of(file):
            if part.sha256 not in self._decided:
                self._decided[part.sha256] = self._decide(file, part, runs)
            is_copied = self._decided[part.sha256]
            if is_copied is None:
                return "waiting", "E-MISSING", f"{file.path} is not here"
            if is_copied:
                result = "new"
        return result, "", ""

    def _decide(self, file: ArtifactFile, part: Part, runs: list[str]) -> bool | None:
        path = object_path(part.sha256)
        if self._there.get(part.sha256) == part.size_bytes and path not in self._damaged:
            self._plan.note_same(1, part.size_bytes)
            return False
        holder = next((run for run in runs if self._holdings.has(file.sha256, run)), None)
        if holder is not None:
            self._plan.objects.append(ObjectToPush(file=file, part=part, run=holder))
            return True
        is_gone = part.sha256 not in self._there
        state = "neither here nor there" if is_gone else "damaged there and not here"
        self._plan.waiting.append(
            Trouble(
                code="E-MISSING", path=path, detail=f"{file.path} is {state}",
                size_bytes=part.size_bytes,
            )
        )  # fmt: skip
        return None

    def _count_left_out(self, held: Mapping[str, tuple[bytes, Manifest]]) -> None:
        left = {
            part.sha256: part.size_bytes
            for _, manifest in held.values()
            for file in manifest.files
            for part in parts_of(file)
            if part.sha256 not in self._decided
            and self._there.get(part.sha256) != part.size_bytes
            and self._holdings.has(file.sha256, manifest.run)
        }
        self._plan.left_out = Counts(objects=len(left), bytes=sum(left.values()))

    def _manifests(self, held: Mapping[str, tuple[bytes, Manifest]]) -> None:
        listed = {digest: size for digest, size in self._remote.manifests() if digest in held}
        for digest, (raw, _) in held.items():
            is_damaged = manifest_path(digest) in self._damaged
            if listed.get(digest) == len(raw) and not is_damaged:
                self._plan.note_same(1, len(raw))
            else:
                self._plan.manifests.append(raw)

    def _held(self, events: Collection[Event]) -> Mapping[str, tuple[bytes, Manifest]]:
        """Returns the manifests that lie here, by digest, with what they list."""
        held: dict[str, tuple[bytes, Manifest]] = {}
        for event in events:
            digest = str(event.body["manifest"])
            if digest in held:
                continue
            try:
                raw = self._here.ledger.files.read_manifest(digest)
                parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
                held[digest] = (raw, parse_manifest(parsed.document))
            except Untrusted as error:
                self._plan.waiting.append(trouble(error, manifest_path(digest)))
        return held


def _runs_of(manifests: Sequence[Manifest]) -> Mapping[str, list[str]]:
    """Returns for each file the runs in whose folders it may lie, if it is no blob."""
    found: dict[str, list[str]] = {}
    for manifest in manifests:
        for file in manifest.files:
            found.setdefault(file.sha256, []).append(manifest.run)
    return found


# -------------------------------------------------------------------- logs


def _plan_logs(
    here: LocalSide,
    remote: Remote,
    snapshot: Snapshot,
    plan: PushPlan,
    damaged: frozenset[str],
) -> None:
    """Others' events before our own, which may have seen them."""
    writers = sorted({writer for writer, _ in snapshot.events})
    for writer in sorted(writers, key=lambda writer: writer == here.writer):
        try:
            there = remote.segments(writer)
        except Untrusted as error:  # somebody flooded this folder; the others go on
            plan.waiting.append(trouble(error, log_folder(writer)))
            continue
        last = len(snapshot.chains.by_writer.get(writer, ()))
        counted = [file for file in there if _counts(remote, snapshot, file, damaged)]
        held = {file.name for file in counted}
        mended = list(_mended(snapshot, [f for f in there if f.name not in held], last))
        plan.logs += [(writer, file.first, lines) for file, lines in mended]
        head = min(gap_free_head([*counted, *(file for file, _ in mended)]), last)
        known = min(gap_free_head(counted), last)
        plan.note_same(known, _bytes_of(snapshot, writer, known))
        if head < last:
            lines = segment_lines(snapshot, writer, head + 1, last)
            plan.logs.append((writer, head + 1, lines or []))
        names = {file.name for file in there if file.path not in damaged}
        plan.logs += _proof(snapshot, writer, last + 1, names)


def _counts(remote: Remote, snapshot: Snapshot, file: SegmentFile, damaged: frozenset[str]) -> bool:
    """Whether a segment of the remote holds our very envelopes, as far as we have them."""
    if not file.is_plausible or file.path in damaged:
        return False
    last = len(snapshot.chains.by_writer.get(file.writer, ()))
    if file.first > last:
        return False
    if file.last <= last:
        lines = segment_lines(snapshot, file.writer, file.first, file.last)
        if lines is None or sum(len(line) + 1 for line in lines) != file.size:
            return False
        if own_name(snapshot, file.writer, file.first, file.last) == file.name:
            return True
    ours = segment_lines(snapshot, file.writer, file.first, min(file.last, last))
    try:
        theirs = remote.read_segment(file)
    except Untrusted:
        return False
    return ours is not None and theirs[: len(ours)] == ours


def _mended(
    snapshot: Snapshot, files: Sequence[SegmentFile], last: int
) -> Iterator[tuple[SegmentFile, list[bytes]]]:
    """Yields segments that do not hold but are to hold our very envelopes, with these.

    What a power cut left empty would otherwise be refused by every reader for ever.
    """
    for file in files[:MAX_MENDED]:
        lines = None
        if file.last <= last:
            lines = segment_lines(snapshot, file.writer, file.first, file.last)
        if lines and own_name(snapshot, file.writer, file.first, file.last) == file.name:
            yield replace(file, size=len(as_segment(lines))), lines


def _proof(
    snapshot: Snapshot, writer: str, seq: int, names: Collection[str]
) -> Iterator[tuple[str, int, list[bytes]]]:
    """Yields both events of an equivocation that the remote does not have, each by itself."""
    here = snapshot.events.get((writer, seq), ())
    if len(here) < 2:
        return
    for admitted in here:
        ((name, _),) = pack_segments(seq, [admitted.raw])
        if name not in names:
            yield writer, seq, [admitted.raw]


def _bytes_of(snapshot: Snapshot, writer: str, head: int) -> int:
    lines = (snapshot.events.get((writer, seq), ()) for seq in range(1, head + 1))
    return sum(len(admitted.raw) for here in lines for admitted in here)
