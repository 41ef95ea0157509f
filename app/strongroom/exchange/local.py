# SPDX-License-Identifier: Apache-2.0
"""This store as an exchange sees it: its ledger, its content, its quarantine.

* What lies here is asked of the files, never of what somebody remembers to have copied.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.hashing import hash_file
from strongroom.domain.bundle import Manifest, parse_manifest
from strongroom.domain.clock import Clock
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event, is_well_formed
from strongroom.domain.ids import RandomBytes
from strongroom.exchange.outcome import Trouble
from strongroom.exchange.outcome import trouble as as_trouble
from strongroom.exchange.scanner import Scanner
from strongroom.store.content import Content
from strongroom.store.ledger import Ledger
from strongroom.store.quarantine import Quarantine
from strongroom.store.run_state import METRICS_FILE, read_sealed
from strongroom.store.segments import segment_name
from strongroom.store.snapshot import Snapshot
from strongroom.store.store_folder import StoreFolder
from strongroom.trust import envelope

CONTENT_TYPES = ("run.finish", "version.register")


@dataclass(frozen=True, kw_only=True)
class LocalSide:
    """One side of every exchange: us."""

    ledger: Ledger
    content: Content
    folder: StoreFolder
    quarantine: Quarantine
    clock: Clock
    random_bytes: RandomBytes
    writer: str
    """Our own writer id, "" without an identity."""
    scanner: Scanner | None = None
    """What looks at content of others before it is used, None if the site has none."""

    def reject(
        self,
        error: Untrusted,
        *,
        origin: str,
        path: str,
        content: bytes | Path,
        size_bytes: int = 0,
    ) -> Trouble:
        """Keeps refused bytes in quarantine and says so."""
        item = self.quarantine.keep(
            content,
            code=error.code,
            origin=origin,
            path=path,
            reason=error.title,
            now_us=self.clock.now_us(),
        )
        return as_trouble(error, path, item=item, size_bytes=size_bytes)


class Holdings:
    """Which content lies here, asked cheaply: one reading a run, one look a blob."""

    def __init__(self, here: LocalSide) -> None:
        self._here = here
        self._of_run = functools.lru_cache(maxsize=None)(self._read_run)

    def has(self, sha256: str, run: str) -> bool:
        """Whether the bytes are here: as a blob, or in the folder of that run."""
        return self._here.content.blobs.has(sha256) or sha256 in self._of_run(run)

    def _read_run(self, run: str) -> frozenset[str]:
        folder = self._here.folder.find_run(run)
        if folder is None:
            return frozenset()
        try:
            return frozenset(_digests(folder))
        except (Untrusted, OSError, KeyError, TypeError):
            return frozenset()  # a damaged run holds nothing to be relied on


def _digests(folder: Path) -> Iterator[str]:
    found = read_sealed(folder)
    if found is None:
        return
    document, digest = found
    yield digest
    yield hash_file(folder / "run.json")[0]
    for item in document["files"]:
        if item["path"] == METRICS_FILE and (folder / METRICS_FILE).is_file():
            yield str(item["sha256"])
    for item in document["artifacts"]:
        container = str(item["at"]).partition(":")[0]
        if ".." not in container and (folder / container).is_file():
            yield str(item["sha256"])


def object_path(digest: str) -> str:
    """Returns where an object lies on a remote."""
    return f"obj/{digest[:2]}/{digest}"


def manifest_path(digest: str) -> str:
    """Returns where a manifest lies on a remote."""
    return f"man/{digest[:2]}/{digest}.json"


def content_events(snapshot: Snapshot) -> tuple[Event, ...]:
    """Returns the events whose manifest names content, without those that have no effect.

    An enrolled writer without the right to register cannot make others copy his files.
    """
    if snapshot.trust.latest is None:
        return ()
    refused = snapshot.state.refusals
    return tuple(
        event
        for event in snapshot.chains.events()
        if event.type in CONTENT_TYPES
        and event.id not in refused
        and is_well_formed(event)
        and event.body["manifest"]
    )


def thing_name(event: Event) -> str:
    """Returns what a person calls the content of an event: ``churn v2``, ``run calm-owl of churn``.

    Args:
        event: A ``run.finish`` or ``version.register``.
    """
    body = event.body
    if event.type == "run.finish":
        return f"run {body['name']} of {body['experiment']}"
    return f"{body['model']} v{body['version']}"


def check_manifest(
    raw: bytes, event: Event, verify: Callable[[str, envelope.Envelope], bool]
) -> Manifest:
    """Returns the manifest an event names, if it is that and its writer signed it.

    Args:
        raw: Its envelope; that its digest is the one in the event was checked on reading.
        event: The ``run.finish`` or ``version.register``.
        verify: Answers whether a writer's key made the one signature of an envelope.

    Raises:
        Untrusted: ``E-CANON``, ``E-SIZE``, ``E-FORMAT``, ``E-PATH``, ``E-HASH``; ``E-SIG`` for
            another signer; ``E-BIND`` if it tells of something else than the event.
    """
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
    if len(parsed.signatures) != 1 or not verify(event.writer, parsed):
        raise Untrusted(
            "E-SIG",
            f"The manifest of {event.subject_name} is not signed by who signed its event",
            "Ask its writer to push it again.",
        )
    manifest = parse_manifest(parsed.document)
    told = (manifest.team, manifest.name, manifest.tree)
    if told != (event.team, event.subject_name, event.body["tree"]):
        raise Untrusted(
            "E-BIND",
            f"The manifest of {event.subject_name} tells of other files than its event",
            "Ask its writer to register again.",
        )
    return manifest


def segment_lines(snapshot: Snapshot, writer: str, first: int, last: int) -> list[bytes] | None:
    """Returns our own envelopes for a range of a log; None unless each is here exactly once."""
    lines = []
    for seq in range(first, last + 1):
        here = snapshot.events.get((writer, seq), ())
        if len(here) != 1:
            return None
        lines.append(here[0].raw)
    return lines


def own_name(snapshot: Snapshot, writer: str, first: int, last: int) -> str:
    """Returns the name a segment of that range has if it holds our very envelopes, else ""."""
    lines = segment_lines(snapshot, writer, first, last)
    if lines is None:
        return ""
    return segment_name(first, len(lines), as_segment(lines))


def as_segment(lines: Sequence[bytes]) -> bytes:
    """Returns the bytes of a segment that holds these envelopes."""
    return b"\n".join(lines) + b"\n"
