# SPDX-License-Identifier: Apache-2.0
"""A remote that somebody packed as a ZIP: pulled from like a share, never written to.

* The folder may lie at the top of the ZIP or one level below, as programs pack it.
* Names that are none of ours are ignored, as on a share; forbidden ones refuse the file.
* Everything read is checked by name, size and signature as from anywhere else.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from strongroom.domain.errors import BadInput, EnvironmentFault, Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.progress import Progress
from strongroom.exchange.local import manifest_path, object_path
from strongroom.exchange.remote import (
    DESCRIPTION,
    MAX_DESCRIPTION_BYTES,
    RemoteDescription,
    parse_description,
)
from strongroom.exchange.zip_entries import Entry, EntryReader, read_entries
from strongroom.store import segments as names
from strongroom.store.faults import explained
from strongroom.store.plainfile import CheckedReader, too_large, wrong_hash
from strongroom.store.publish import Source
from strongroom.store.segments import SegmentFile, TrustFile

MAX_REFUSED_BYTES = 1 << 20  # of a damaged entry, for quarantine


class ZipRemote:
    """A remote in a ZIP; use `open_existing`.

    Args:
        path: The ZIP.
        entries: Its files, by their paths in the layout.
        description: What its ``strongroom.json`` says.
    """

    def __init__(
        self, path: Path, entries: Mapping[str, Entry], description: RemoteDescription
    ) -> None:
        self.path = path
        self.description = description
        self._entries = entries

    @classmethod
    def open_existing(cls, path: Path) -> "ZipRemote":
        """Opens a ZIP that holds a remote.

        Raises:
            BadInput: ``E-REMOTE`` if no remote is in it.
            Untrusted: ``E-FORMAT``, ``E-SIZE``, ``E-PATH``, ``E-BOMB``.
            EnvironmentFault: ``E-SHARE``.
        """
        with explained(path):
            entries = read_entries(path)
        prefix = _prefix(path, entries)
        ours = {
            name.removeprefix(prefix): entry
            for name, entry in entries.items()
            if name.startswith(prefix)
        }
        bare = cls(path, ours, RemoteDescription(team="", created_us=0, part_size_bytes=1))
        data = bare._read(DESCRIPTION, MAX_DESCRIPTION_BYTES)
        return cls(path, ours, parse_description(path, data))

    @property
    def location(self) -> str:
        """The file."""
        return str(self.path)

    @property
    def team(self) -> str:
        """The team the remote claims to belong to."""
        return self.description.team

    @property
    def is_writable(self) -> bool:
        """False: a ZIP is pulled from."""
        return False

    def trust_files(self) -> list[TrustFile]:
        """Returns the trust documents by version."""
        found = (names.parse_trust(name, entry.size_bytes) for name, entry in self._in("trust"))
        listed = [file for file in found if file is not None]
        return sorted(listed, key=lambda file: (file.version, file.path))

    def read_trust(self, file: TrustFile) -> bytes:
        """Returns a trust document's envelope; raises as `Repository.read_trust`."""
        data = self._read(file.path, names.MAX_TRUST_BYTES)
        if names.short_digest(data) != file.path.split(".")[1]:
            raise wrong_hash(file.path)
        return data

    def put_trust(self, version: int, data: bytes) -> bool:
        """Refuses."""
        raise self._is_read_only(version, data)

    def writers(self) -> list[str]:
        """Returns the writers that have a log here, sorted."""
        found = {name.split("/")[2] for name in self._entries if name.count("/") == 3}
        return sorted(writer for writer in found if is_digest(writer))

    def segments(self, writer: str) -> list[SegmentFile]:
        """Returns a writer's segments by range."""
        found = (
            names.parse_segment(writer, name, entry.size_bytes)
            for name, entry in self._in(names.log_folder(writer))
        )
        listed = [file for file in found if file is not None]
        return sorted(listed, key=lambda file: (file.first, file.last, file.name))

    def read_segment(self, file: SegmentFile) -> list[bytes]:
        """Returns a segment's envelopes; raises as `Repository.read_segment`."""
        names.check_size(file)
        return names.split_segment(file, self._read(file.path, names.MAX_SEGMENT_BYTES))

    def put_segment(self, writer: str, first: int, lines: Sequence[bytes]) -> list[SegmentFile]:
        """Refuses."""
        raise self._is_read_only(writer, first, lines)

    def has_object(self, sha256: str) -> bool:
        """Whether an object of this name is there."""
        return object_path(sha256) in self._entries

    def object_size(self, sha256: str) -> int:
        """Returns an object's size in bytes; raises as `Repository.object_size`."""
        return self._entry(object_path(sha256)).size_bytes

    def open_object(self, sha256: str) -> CheckedReader:
        """Opens an object for one pass; raises as `Repository.open_object`."""
        entry = self._entry(object_path(sha256))
        with explained(self.path):
            return CheckedReader(EntryReader(self.path, entry), sha256, self.path)

    def put_object(
        self, sha256: str, source: Source, size: int, progress: Progress | None = None
    ) -> bool:
        """Refuses."""
        raise self._is_read_only(sha256, source, size, progress)

    def objects(self) -> Iterator[tuple[str, int]]:
        """Yields digest and size of every object listed."""
        for name, entry in self._entries.items():
            digest = name.rpartition("/")[2]
            if is_digest(digest) and name == object_path(digest):
                yield digest, entry.size_bytes

    def has_manifest(self, sha256: str) -> bool:
        """Whether a manifest of this name is there."""
        return manifest_path(sha256) in self._entries

    def read_manifest(self, sha256: str) -> bytes:
        """Returns a manifest's envelope; raises as `Repository.read_manifest`."""
        data = self._read(manifest_path(sha256), names.MAX_MANIFEST_BYTES)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise wrong_hash(manifest_path(sha256))
        return data

    def put_manifest(self, data: bytes) -> str:
        """Refuses."""
        raise self._is_read_only(data)

    def manifests(self) -> Iterator[tuple[str, int]]:
        """Yields digest and size of every manifest listed."""
        for name, entry in self._entries.items():
            digest = name.rpartition("/")[2].removesuffix(".json")
            if is_digest(digest) and name == manifest_path(digest):
                yield digest, entry.size_bytes

    def shows(self, path: str) -> bool:
        """Whether something lies under a path."""
        return path in self._entries

    def refused(self, path: str) -> bytes:
        """Returns the beginning of an entry, as far as it can be read."""
        found = b""
        try:
            with explained(self.path):
                reader = EntryReader(self.path, self._entry(path))
                try:
                    while len(found) < MAX_REFUSED_BYTES and (piece := reader.read()):
                        found += piece
                finally:
                    reader.close()
        except Untrusted:
            pass  # what could be read until then is what there is
        return found[:MAX_REFUSED_BYTES]

    def check_free_space(self, size_bytes: int) -> None:
        """Refuses."""
        raise self._is_read_only(size_bytes)

    def remove_leftovers(self, now_us: int) -> int:
        """Removes nothing: nothing is left half written in a ZIP."""
        return 0 * now_us

    # ---------------------------------------------------------------- inside

    def _in(self, folder: str) -> Iterator[tuple[str, Entry]]:
        for path, entry in self._entries.items():
            parent, _, name = path.rpartition("/")
            if parent == folder:
                yield name, entry

    def _entry(self, path: str) -> Entry:
        try:
            return self._entries[path]
        except KeyError as error:
            raise Untrusted(
                "E-MISSING", f"{path} is not in {self.path.name}", "Ask for a newer ZIP."
            ) from error

    def _read(self, path: str, max_bytes: int) -> bytes:
        entry = self._entry(path)
        if entry.size_bytes > max_bytes:
            raise too_large(path, entry.size_bytes, max_bytes)
        with explained(self.path):
            reader = EntryReader(self.path, entry)
            try:
                return b"".join(iter(reader.read, b""))
            finally:
                reader.close()

    def _is_read_only(self, *_asked: object) -> EnvironmentFault:
        return EnvironmentFault(
            "E-SHARE",
            f"{self.path} is a ZIP and takes nothing",
            "Use it for pulling, or unpack it and push to the folder.",
        )


def _prefix(path: Path, entries: Mapping[str, Entry]) -> str:
    """Returns the folder of the remote inside the ZIP, with its slash; "" at the top."""
    if DESCRIPTION in entries:
        return ""
    found = [
        name.removesuffix(DESCRIPTION)
        for name in entries
        if name.count("/") == 1 and name.endswith(f"/{DESCRIPTION}")
    ]
    if len(found) == 1:
        return found[0]
    raise BadInput(
        "E-REMOTE",
        f"{path} holds " + ("several remotes" if found else "no remote"),
        "Pack the folder that holds strongroom.json.",
    )
