# SPDX-License-Identifier: Apache-2.0
"""Push: what a remote lacks, by set difference; content first, events last.

* Trust documents, objects, manifests, then log segments: nobody who reads the remote meanwhile
  ever meets an event whose content did not come before it.
* The truth is listed anew each time. A repeat copies nothing, an interruption costs a repeat.
* A segment over there counts only if it holds our very envelopes: a planted name hides nothing.
* Everybody's events are relayed, byte for byte; two events under one number travel as the proof.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import Manifest, parse_manifest
from strongroom.domain.changes import Changes
from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.secret import SecretFinding
from strongroom.exchange.leaving import stop_at_secrets, suspicions
from strongroom.exchange.local import (
    Holdings,
    LocalSide,
    as_segment,
    content_events,
    own_name,
    segment_lines,
)
from strongroom.exchange.outcome import Counts, Outcome, Trouble, trouble
from strongroom.exchange.pull import check_team
from strongroom.exchange.remote import Remote
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


@dataclass(slots=True, kw_only=True)
class PushPlan:
    """What is to be copied, in the order in which it will be."""

    trust: list[TrustFile] = field(default_factory=list)
    objects: list[tuple[ArtifactFile, str]] = field(default_factory=list)
    """Files with the run they lie in, if they are no blobs."""
    manifests: list[bytes] = field(default_factory=list)
    logs: list[tuple[str, int, list[bytes]]] = field(default_factory=list)
    """Writer, first number, envelopes."""
    same: int = 0
    waiting: list[Trouble] = field(default_factory=list)

    @property
    def paths(self) -> frozenset[str]:
        """Where documents, objects and manifests will lie on the remote."""
        return frozenset(
            [
                *(file.path for file in self.trust),
                *(_object_path(file.sha256) for file, _ in self.objects),
                *(_manifest_path(hashlib.sha256(raw).hexdigest()) for raw in self.manifests),
            ]
        )

    @property
    def counts(self) -> Counts:
        """How much it is."""
        return Counts(
            trust=len(self.trust),
            events=sum(len(lines) for _, _, lines in self.logs),
            manifests=len(self.manifests),
            objects=len(self.objects),
            bytes=sum(file.size for file in self.trust)
            + sum(file.size_bytes for file, _ in self.objects)
            + sum(map(len, self.manifests))
            + sum(len(line) for _, _, lines in self.logs for line in lines),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A push's outcome, and which files of the remote stay damaged: nothing here replaces them."""

    outcome: Outcome
    damaged: tuple[str, ...]


def push(
    here: LocalSide,
    remote: Remote,
    *,
    origin: str,
    damaged: Collection[str] = (),
    is_dry: bool = False,
    progress: Progress | None = None,
) -> Pushed:
    """Copies to a remote what it lacks, then removes what this account left half written there.

    Args:
        here: Our side.
        remote: The other side.
        origin: The remote's name.
        damaged: Paths on the remote that are known not to hold; they are written again.
        is_dry: Only say how much it would be.
        progress: Hears bytes done of all; may cancel between two pieces.

    Raises:
        Untrusted: ``E-TEAM``.
        SecretsFound: ``E-SECRET`` before anything is copied.
        EnvironmentFault: ``E-SHARE`` if the remote is gone or write-protected, ``E-FULL`` before
            anything is copied, or while it is; what was finished stays.
        Cancelled: What was finished stays.
    """
    check_team(here, remote)
    if not is_dry and not remote.is_writable:
        raise EnvironmentFault(
            "E-SHARE",
            f"{remote.location} is write-protected",
            "Remove the write protection, or use it for pulling only.",
        )
    watched = progress or Silent()
    plan = plan_push(here, remote, damaged=frozenset(damaged), progress=watched)
    secrets = _secrets(here, plan, watched)
    if not is_dry:
        stop_at_secrets(secrets, origin)
    copied, rejected = plan.counts, list[Trouble]()
    if not is_dry:
        remote.check_free_space(plan.counts.bytes)
        copied, rejected = _carry_out(here, remote, plan, watched)
        with suppress(EnvironmentFault):  # all is pushed; housekeeping may wait for the next time
            remote.remove_leftovers(here.clock.now_us())
    outcome = Outcome(
        remote=origin,
        is_dry=is_dry,
        pushed=copied,
        same=plan.same,
        waiting=tuple(plan.waiting),
        rejected=tuple(rejected),
        secrets=secrets,
        changes=Changes(),
    )
    healed = plan.paths - {each.path for each in rejected}
    return Pushed(
        outcome=outcome, damaged=tuple(p for p in damaged if _is_content(p) and p not in healed)
    )


def plan_push(
    here: LocalSide,
    remote: Remote,
    *,
    damaged: frozenset[str] = frozenset(),
    progress: Progress | None = None,
) -> PushPlan:
    """Returns what a remote lacks; nothing is written.

    Raises:
        EnvironmentFault: ``E-SHARE``.
        Cancelled: Between two listings.
    """
    watched = progress or Silent()
    snapshot = here.ledger.refresh()
    plan = PushPlan()
    watched.step(0, 0, "Comparing")
    _plan_trust(here, remote, plan, damaged)
    if snapshot.trust.latest is not None:
        _plan_content(here, remote, snapshot, plan, damaged, watched)
    _plan_logs(here, remote, snapshot, plan, damaged)
    return plan


def _secrets(here: LocalSide, plan: PushPlan, progress: Progress) -> tuple[SecretFinding, ...]:
    snapshot = here.ledger.snapshot
    if snapshot.trust.latest is None:
        return ()
    leaving = [
        admitted.event
        for writer, first, lines in plan.logs
        for seq in range(first, first + len(lines))
        for admitted in snapshot.events.get((writer, seq), ())
    ]
    digests = {file.sha256 for file, _ in plan.objects}
    return suspicions(here, snapshot, digests, leaving, progress)


def _plan_trust(here: LocalSide, remote: Remote, plan: PushPlan, damaged: frozenset[str]) -> None:
    there = {(file.path, file.size) for file in remote.trust_files()}
    for file in here.ledger.files.trust_files():
        if (file.path, file.size) in there and file.path not in damaged:
            plan.same += 1
        else:
            plan.trust.append(file)


# -------------------------------------------------------------------- content


def _plan_content(
    here: LocalSide,
    remote: Remote,
    snapshot: Snapshot,
    plan: PushPlan,
    damaged: frozenset[str],
    progress: Progress,
) -> None:
    held = _held_manifests(here, snapshot, plan)
    wanted: dict[str, tuple[ArtifactFile, list[str]]] = {}
    for _, manifest in held.values():
        for file in manifest.files:
            wanted.setdefault(file.sha256, (file, []))[1].append(manifest.run)
    there = {digest: size for digest, size in remote.objects() if digest in wanted}
    progress.step(0, 0, "Comparing content")
    holdings = Holdings(here)
    for digest, (file, runs) in wanted.items():
        path = _object_path(digest)
        if there.get(digest) == file.size_bytes and path not in damaged:
            plan.same += 1
            continue
        holder = next((run for run in runs if holdings.has(digest, run)), None)
        if holder is not None:
            plan.objects.append((file, holder))
        else:
            is_gone = digest not in there
            state = "neither here nor there" if is_gone else "damaged there and not here"
            detail = f"{file.path} is {state}"
            plan.waiting.append(Trouble(code="E-MISSING", path=path, detail=detail))
    listed = {digest: size for digest, size in remote.manifests() if digest in held}
    for digest, (raw, _) in held.items():
        is_damaged = _manifest_path(digest) in damaged
        if listed.get(digest) == len(raw) and not is_damaged:
            plan.same += 1
        else:
            plan.manifests.append(raw)


def _held_manifests(
    here: LocalSide, snapshot: Snapshot, plan: PushPlan
) -> Mapping[str, tuple[bytes, Manifest]]:
    """Returns the manifests that lie here, by digest, with what they list."""
    held: dict[str, tuple[bytes, Manifest]] = {}
    for event in content_events(snapshot):
        digest = str(event.body["manifest"])
        if digest in held:
            continue
        try:
            raw = here.ledger.files.read_manifest(digest)
            parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
            held[digest] = (raw, parse_manifest(parsed.document))
        except Untrusted as error:
            path = _manifest_path(digest)
            plan.waiting.append(trouble(error, path))
    return held


def _object_path(digest: str) -> str:
    return f"obj/{digest[:2]}/{digest}"


def _manifest_path(digest: str) -> str:
    return f"man/{digest[:2]}/{digest}.json"


def _is_content(path: str) -> bool:
    """Whether a file can be missed: logs and trust documents are passed over and written anew."""
    return path.startswith(("obj/", "man/"))


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
        plan.same += min(gap_free_head(counted), last)
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


# -------------------------------------------------------------------- doing it


def _carry_out(
    here: LocalSide, remote: Remote, plan: PushPlan, progress: Progress
) -> tuple[Counts, list[Trouble]]:
    total, done = plan.counts.bytes, Counts()
    rejected: list[Trouble] = []

    def step(what: str) -> None:
        progress.step(done.bytes, total, what)

    for file in plan.trust:
        step("Pushing trust documents")
        try:
            data = here.ledger.files.read_trust(file)
        except Untrusted as error:
            rejected.append(trouble(error, file.path))
            continue
        remote.put_trust(file.version, data)
        done += Counts(trust=1, bytes=len(data))
    for wanted, run in plan.objects:
        step(f"Pushing {wanted.path}")
        try:
            with here.content.reader(wanted.sha256, run=run) as source:
                remote.put_object(wanted.sha256, source, wanted.size_bytes)
        except Untrusted as error:  # damaged on this disk; others may still have it
            rejected.append(trouble(error, _object_path(wanted.sha256)))
        else:
            done += Counts(objects=1, bytes=wanted.size_bytes)
    for raw in plan.manifests:
        step("Pushing manifests")
        remote.put_manifest(raw)
        done += Counts(manifests=1, bytes=len(raw))
    for writer, first, lines in plan.logs:
        step("Pushing events")
        remote.put_segment(writer, first, lines)
        done += Counts(events=len(lines), bytes=sum(map(len, lines)))
    progress.step(total, total, "Pushed")
    return done, rejected
