# SPDX-License-Identifier: Apache-2.0
"""What a remote's logs and trust documents hold that is not here yet.

* Logs are listed first, trust documents after them: what a listed event cites was there before it.
* A segment whose name is the one our own envelopes give is not read again.
* A damaged file is refused as a file; everything else still comes in.
* What one pull reads is bounded, the oldest events of every writer first, so that nobody's flood
  holds up the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.domain.errors import Untrusted
from strongroom.domain.progress import Progress
from strongroom.exchange.local import LocalSide, as_segment, segment_lines
from strongroom.exchange.outcome import Trouble, trouble
from strongroom.exchange.remote import Remote
from strongroom.store.segments import SegmentFile, TrustFile, log_folder, segment_name
from strongroom.store.snapshot import Snapshot

MAX_LOG_BYTES = 256 << 20  # some 250,000 events: a team's whole history; the rest comes next time
DAMAGE = frozenset({"E-HASH", "E-SIZE", "E-FORMAT", "E-PATH"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The names on a remote: segments by writer, trust documents.

    ``flooded`` are the writers whose folder lists too much; theirs is not known.
    """

    logs: Mapping[str, Sequence[SegmentFile]]
    trust: Sequence[TrustFile]
    flooded: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where everything that arrives is sorted: refused, waiting, or here already.

    Args:
        here: Our side.
        remote: The other side.
        origin: The remote's name, noted beside what is refused.
        is_dry: Nothing is kept; only said.
        progress: Hears how far the work is; may cancel it.
        is_reading: A dry run reads every object that would be copied, instead of measuring it.
        suspects: Paths that did not hold when they were last read.
        left_out: Digests of manifests whose content the source does not bring, on purpose.
    """

    here: LocalSide
    remote: Remote
    origin: str
    is_dry: bool
    progress: Progress
    is_reading: bool = False
    suspects: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    rejected: list[Trouble] = field(default_factory=list)
    waiting: list[Trouble] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    sound: set[str] = field(default_factory=set)
    """Suspects that were read and hold now, or are gone."""
    offered: set[bytes] = field(default_factory=set)
    """Every envelope the remote shows."""
    same: int = 0
    same_bytes: int = 0

    def note_same(self, count: int, size_bytes: int) -> None:
        """Counts what both sides have."""
        self.same += count
        self.same_bytes += size_bytes

    def refuse(
        self, error: Untrusted, path: str, content: bytes | None = None, *, size_bytes: int = 0
    ) -> None:
        """Puts something into quarantine: bytes at hand, or the file at a path of the remote."""
        size = size_bytes or len(content or b"")
        if content is None and error.code in DAMAGE:
            self.damaged.append(path)
        if self.is_dry:
            self.rejected.append(trouble(error, path, size_bytes=size))
            return
        kept = content if content is not None else self.remote.refused(path)
        refused = self.here.reject(
            error, origin=self.origin, path=path, content=kept, size_bytes=size
        )
        self.rejected.append(refused)

    def note_sound(self, path: str) -> None:
        """Notes that a file was read and holds."""
        if path in self.suspects:
            self.sound.add(path)

    def note_gone(self) -> None:
        """Notes which suspects somebody has taken away since."""
        self.sound.update(path for path in self.suspects if not self.remote.shows(path))

    def wait(self, code: str, path: str, detail: str, size_bytes: int = 0) -> None:
        """Notes something that may still arrive."""
        self.waiting.append(Trouble(code=code, path=path, detail=detail, size_bytes=size_bytes))


@dataclass(slots=True, kw_only=True)
class Arrived:
    """Bytes that were read: trust documents, envelopes in order, and where each was found."""

    trust: list[bytes] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    paths: dict[bytes, str] = field(default_factory=dict)
    size_bytes: int = 0


def list_remote(desk: Desk) -> Listing:
    """Lists a remote's logs, then its trust documents.

    Who fills a folder with names of ours hides what lies in it, and nothing else: of logs those
    of writers known here are looked up by themselves, of trust documents those that lie here.

    Raises:
        EnvironmentFault: ``E-SHARE``.
    """
    logs: dict[str, Sequence[SegmentFile]] = {}
    flooded = set()
    for writer in _writers(desk):
        try:
            logs[writer] = desk.remote.segments(writer)
        except Untrusted as error:
            flooded.add(writer)
            desk.rejected.append(trouble(error, log_folder(writer)))
    return Listing(logs=logs, trust=_trust_files(desk), flooded=frozenset(flooded))


def _writers(desk: Desk) -> Sequence[str]:
    try:
        return desk.remote.writers()
    except Untrusted as error:
        desk.rejected.append(trouble(error, "log"))
    snapshot = desk.here.ledger.snapshot
    members = snapshot.trust.latest.members if snapshot.trust.latest is not None else {}
    return sorted({*members, *(writer for writer, _ in snapshot.events)})


def _trust_files(desk: Desk) -> Sequence[TrustFile]:
    try:
        return desk.remote.trust_files()
    except Untrusted as error:
        desk.rejected.append(trouble(error, "trust"))
    held = desk.here.ledger.files.trust_files()
    return [file for file in held if desk.remote.shows(file.path)]


def read_arrivals(desk: Desk, listing: Listing, snapshot: Snapshot) -> Arrived:
    """Reads what a listing names and the snapshot does not hold.

    Raises:
        EnvironmentFault: ``E-SHARE``.
        Cancelled: Between two files.
    """
    arrived = Arrived()
    _read_trust(desk, listing, arrived)
    _read_logs(desk, listing, snapshot, arrived)
    return arrived


def _read_trust(desk: Desk, listing: Listing, arrived: Arrived) -> None:
    held = {file.path for file in desk.here.ledger.files.trust_files()}
    for file in listing.trust:
        if file.path in held:
            desk.note_same(1, file.size)
            continue
        if arrived.size_bytes > MAX_LOG_BYTES:
            desk.wait("E-SIZE", file.path, "There is more to read: pull again", file.size)
            break
        try:
            data = desk.remote.read_trust(file)
        except Untrusted as error:
            _refuse_or_wait(desk, error, file)
        else:
            desk.note_sound(file.path)
            arrived.trust.append(data)
            arrived.paths[data] = file.path
            arrived.size_bytes += len(data)


def _read_logs(desk: Desk, listing: Listing, snapshot: Snapshot, arrived: Arrived) -> None:
    known = set(snapshot.raw.values())
    same: dict[tuple[str, int], int] = {}
    files = sorted(
        (file for log in listing.logs.values() for file in log),
        key=lambda file: (file.first, file.writer, file.last, file.name),
    )
    total = sum(file.size for file in files)
    seen_bytes = 0
    for file in files:
        desk.progress.step(seen_bytes, total, "Reading logs")
        seen_bytes += file.size
        held = _held_lines(file, snapshot)
        if held:
            desk.offered.update(held)
            same.update(
                ((file.writer, seq), len(raw)) for seq, raw in enumerate(held, start=file.first)
            )
            continue
        if arrived.size_bytes > MAX_LOG_BYTES:
            desk.wait("E-SIZE", file.path, "There is more to read: pull again")
            break
        try:
            lines = desk.remote.read_segment(file)
        except Untrusted as error:
            _refuse_or_wait(desk, error, file)
            continue
        desk.note_sound(file.path)
        desk.offered.update(lines)
        for seq, raw in enumerate(lines, start=file.first):
            if raw in known:
                same[file.writer, seq] = len(raw)
            elif raw not in arrived.paths:
                arrived.paths[raw] = file.path
                arrived.lines.append(raw)
                arrived.size_bytes += len(raw)
    desk.note_same(len(same), sum(same.values()))


def _held_lines(file: SegmentFile, snapshot: Snapshot) -> Sequence[bytes]:
    """Returns our own envelopes if a segment's name promises exactly these, else none."""
    if not file.is_plausible:
        return ()
    lines = segment_lines(snapshot, file.writer, file.first, file.last)
    if lines is None or segment_name(file.first, len(lines), as_segment(lines)) != file.name:
        return ()
    return lines


def _refuse_or_wait(desk: Desk, error: Untrusted, file: SegmentFile | TrustFile) -> None:
    if error.code == "E-MISSING":  # a listing that was older than the folder
        desk.wait(error.code, file.path, error.title)
    else:
        desk.refuse(error, file.path, size_bytes=file.size)
