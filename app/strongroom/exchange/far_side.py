# SPDX-License-Identifier: Apache-2.0
"""Another workstation as it is known here, when nobody can look: the far side of a one-way road.

* What it holds is what its receipt says, or what an earlier bundle gave it; of a stranger, nothing.
* It answers a push like a remote does, from our own ledger: what it has is among what we have.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from strongroom.domain.bundle import Manifest, parse_manifest
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event
from strongroom.domain.parts import Part, parts_of
from strongroom.exchange.local import Holdings, LocalSide, content_events, segment_lines
from strongroom.exchange.onefile_index import Held
from strongroom.store.segments import SegmentFile, TrustFile, pack_segments, parse_segment
from strongroom.trust import envelope


class FarSide:
    """What another store holds, as far as is known here.

    Args:
        here: Our side.
        held: What it has.
        wanted: Digests of the manifests that shall travel, None for all; of the others nothing
            is asked.
    """

    def __init__(self, here: LocalSide, held: Held, wanted: Collection[str] | None = None) -> None:
        self._here, self._held = here, held
        self._wanted = None if wanted is None else frozenset(wanted)
        self._snapshot = here.ledger.refresh()
        self._holdings = Holdings(here)

    def trust_files(self) -> list[TrustFile]:
        """Lists our trust documents it has."""
        listed = self._here.ledger.files.trust_files()
        return [file for file in listed if file.version <= self._held.trust]

    def segments(self, writer: str) -> list[SegmentFile]:
        """Lists what it has of a log, as segments that hold our very envelopes."""
        lines = segment_lines(self._snapshot, writer, 1, self._heads.get(writer, 0)) or []
        packed = ((name, len(data)) for name, data in pack_segments(1, lines))
        found = (parse_segment(writer, name, size) for name, size in packed)
        return [file for file in found if file is not None]

    def objects(self) -> Iterator[tuple[str, int]]:
        """Lists the content it has, and content nobody asked for here."""
        return iter(self._there.items())

    def manifests(self) -> Iterator[tuple[str, int]]:
        """Lists the manifests it has, and those nobody asked for here."""
        files = self._here.ledger.files
        for digest in self._manifests:
            if self._has(digest) or not self._travels(digest):
                yield digest, len(files.read_manifest(digest))

    def coming(self) -> tuple[int, int]:
        """Returns how many files travel at least, and how many manifests are left out for good."""
        travelling = [d for d in self._manifests if self._travels(d)]
        objects = {
            part.sha256
            for digest in travelling
            for file in self._manifests[digest].files
            if self._holdings.has(file.sha256, self._manifests[digest].run)
            for part in parts_of(file)
        }
        return len(travelling) + len(objects - self._there.keys()), len(self.after().lacks)

    def after(self) -> Held:
        """Returns what it holds once everything that travels has arrived."""
        chains = self._snapshot.chains.by_writer
        ours = {writer: (len(chain), chain[-1].id) for writer, chain in chains.items() if chain}
        named = {str(event.body["manifest"]) for event in self._events}
        lacks = {d for d in named if not self._has(d) and not self._is_whole(d)}
        return Held(trust=len(self._snapshot.trust.versions), heads=ours, lacks=frozenset(lacks))

    @cached_property
    def _events(self) -> tuple[Event, ...]:
        return content_events(self._snapshot)

    @cached_property
    def _heads(self) -> Mapping[str, int]:
        """Returns how far it has each log as we know it.

        Of a log that is another there, all of ours travels, and the gate there decides.
        """
        chains = self._snapshot.chains.by_writer
        found = {}
        for writer, (seq, id_) in self._held.heads.items():
            chain = chains.get(writer, ())
            known = min(seq, len(chain))  # it may be ahead of us
            if known and (seq > known or chain[seq - 1].id == id_):
                found[writer] = known
        return found

    @cached_property
    def _known(self) -> frozenset[str]:
        """Returns the manifests it has, by the heads of its logs."""
        listed = (e for e in self._events if e.seq <= self._heads.get(e.writer, 0))
        return frozenset(str(event.body["manifest"]) for event in listed) - self._held.lacks

    @cached_property
    def _there(self) -> Mapping[str, int]:
        asked = {
            part.sha256
            for digest, manifest in self._manifests.items()
            if self._travels(digest)
            for part in _objects(manifest)
        }
        return {
            part.sha256: part.size_bytes
            for digest, manifest in self._manifests.items()
            if self._has(digest) or not self._travels(digest)
            for part in _objects(manifest)
            if self._has(digest) or part.sha256 not in asked
        }

    @cached_property
    def _manifests(self) -> Mapping[str, Manifest]:
        found: dict[str, Manifest] = {}
        files = self._here.ledger.files
        for event in self._events:
            digest = str(event.body["manifest"])
            if digest in found:
                continue
            try:
                raw = files.read_manifest(digest)
                parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
                found[digest] = parse_manifest(parsed.document)
            except Untrusted:
                continue  # a push says so of every manifest that is not here
        return found

    def _is_whole(self, digest: str) -> bool:
        """Whether it travels with all of its files."""
        manifest = self._manifests.get(digest)
        return (
            manifest is not None
            and self._travels(digest)
            and all(self._holdings.has(file.sha256, manifest.run) for file in manifest.files)
        )

    def _has(self, digest: str) -> bool:
        return digest in self._known

    def _travels(self, digest: str) -> bool:
        if self._has(digest):
            return False
        return self._wanted is None or digest in self._wanted


def _objects(manifest: Manifest) -> Iterator[Part]:
    for file in manifest.files:
        yield from parts_of(file)


def held_here(here: LocalSide) -> Held:
    """Returns what this store has, as a receipt tells it: content counts when all of it is here."""
    snapshot, holdings = here.ledger.refresh(), Holdings(here)
    files, lacks = here.ledger.files, set[str]()
    for event in content_events(snapshot):
        digest = str(event.body["manifest"])
        try:
            raw = files.read_manifest(digest)
            parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
            manifest = parse_manifest(parsed.document)
            is_whole = all(holdings.has(f.sha256, manifest.run) for f in manifest.files)
        except Untrusted:
            is_whole = False
        if not is_whole:
            lacks.add(digest)
    chains = snapshot.chains.by_writer
    heads = {writer: (len(chain), chain[-1].id) for writer, chain in chains.items() if chain}
    return Held(trust=len(snapshot.trust.versions), heads=heads, lacks=frozenset(lacks))
