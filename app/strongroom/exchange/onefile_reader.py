# SPDX-License-Identifier: Apache-2.0
"""A one-file bundle as a remote: pulled from like a share, never written to (ADR 17).

* The ZIP structures are not believed: every offset and header is computed from the signed index,
  and what lies there must be exactly that. A byte that is not accounted for is refused.
* A sealed bundle is read through the recipient's key, piece by piece; nothing is decrypted to disk.
* Damage of one file is that file's: the others still come in. A damaged index refuses the bundle.
"""

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from io import FileIO
from pathlib import Path
from typing import Self

from strongroom.domain.errors import BadInput, EnvironmentFault, Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.exchange.onefile_index import (
    ADVICE,
    DESCRIPTION,
    BundledFile,
    OneFileIndex,
    read_index,
)
from strongroom.exchange.onefile_layout import (
    DESCRIPTOR_BYTES,
    INDEX,
    TAIL_BYTES,
    Entry,
    descriptor,
    directory,
    find_index,
    local_header,
    placed,
)
from strongroom.exchange.remote import MAX_DESCRIPTION_BYTES, parse_description
from strongroom.store import segments as names
from strongroom.store.faults import explained
from strongroom.store.plainfile import (
    CHUNK_BYTES,
    CheckedReader,
    open_plain,
    too_large,
    wrong_hash,
)
from strongroom.store.publish import Source
from strongroom.store.segments import SegmentFile, TrustFile
from strongroom.trust.envelope import Envelope
from strongroom.trust.keys import KeyPair
from strongroom.trust.sealed_stream import MAGIC, SealedPages, is_sealed

SUFFIX = ".strongbundle"
MAX_REFUSED_BYTES = 1 << 20  # of a damaged file, for quarantine

Keys = Callable[[], KeyPair]


class OneFile:
    """An open one-file bundle; close it, or use it in a ``with`` block.

    Args:
        path: The file.
        keys: Gives the keys of whoever reads, if it is sealed; asked only then.

    Raises:
        BadInput: ``E-REMOTE`` if it is no bundle.
        Refused: ``E-SEALED`` if it is sealed for others.
        Untrusted: ``E-CANON``, ``E-HASH``, ``E-FORMAT``, ``E-SIZE``, ``E-PATH``.
        EnvironmentFault: ``E-SHARE``; ``E-LOCKED`` if the keys cannot be opened.
    """

    def __init__(self, path: Path, keys: Keys) -> None:
        self.path = path
        self._file = _opened(path)
        try:
            with explained(path):
                size = os.fstat(self._file.fileno()).st_size
            self.is_sealed = is_sealed(self._raw_at(0, len(MAGIC)))
            self._read_at, self._size = self._raw_at, size
            if self.is_sealed:
                pages = SealedPages(self._raw_at, size, keys())
                self._read_at, self._size = pages.read_at, pages.size_bytes
            self.index, self.envelope, index_bytes = self._read_index()
            self._entries = self._check_frame(index_bytes)
            self._files = {file.path: file for file in self.index.files}
            self._check_team()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def id(self) -> str:
        """What the bundle is called by: the digest of its index's payload."""
        return self.envelope.payload_id

    def check_all(self, progress: Progress | None = None) -> tuple[Untrusted, ...]:
        """Reads everything and returns what does not hold, with the path in front of the reason.

        Raises:
            Cancelled: Between two pieces.
            EnvironmentFault: ``E-SHARE``.
        """
        watched, found = progress or Silent(), []
        done, total = 0, self.index.content_bytes
        for file in self.index.files:
            try:
                with self._open(file.path) as source:
                    while piece := source.read():
                        done += len(piece)
                        watched.step(done, total, "Reading the bundle")
            except Untrusted as error:
                found.append(Untrusted(error.code, f"{file.path}: {error.title}", error.advice))
        return tuple(found)

    # ---------------------------------------------------------------- as a remote

    @property
    def location(self) -> str:
        """The file."""
        return str(self.path)

    @property
    def team(self) -> str:
        """The team the bundle claims to belong to."""
        return self.index.team

    @property
    def is_writable(self) -> bool:
        """Never: a bundle travels one way."""
        return False

    def trust_files(self) -> list[TrustFile]:
        """Lists trust documents."""
        found = (
            names.parse_trust(file.path.removeprefix("trust/"), file.size_bytes)
            for file in self._under("trust/")
        )
        return sorted((file for file in found if file), key=lambda file: (file.version, file.path))

    def read_trust(self, file: TrustFile) -> bytes:
        """Reads a trust document; raises as `Repository.read_trust`."""
        return self._whole(file.path, names.MAX_TRUST_BYTES)

    def put_trust(self, version: int, data: bytes) -> bool:
        """Refuses: a bundle is written once."""
        raise self._is_written(version, data)

    def writers(self) -> list[str]:
        """Lists writers."""
        return sorted({file.path.split("/")[2] for file in self._under("log/")})

    def segments(self, writer: str) -> list[SegmentFile]:
        """Lists a writer's segments."""
        folder = names.log_folder(writer) + "/"
        found = (
            names.parse_segment(writer, file.path.removeprefix(folder), file.size_bytes)
            for file in self._under(folder)
        )
        return sorted(
            (file for file in found if file), key=lambda file: (file.first, file.last, file.name)
        )

    def read_segment(self, file: SegmentFile) -> list[bytes]:
        """Reads a segment; raises as `Repository.read_segment`."""
        names.check_size(file)
        return names.split_segment(file, self._whole(file.path, names.MAX_SEGMENT_BYTES))

    def put_segment(self, writer: str, first: int, lines: Sequence[bytes]) -> list[SegmentFile]:
        """Refuses: a bundle is written once."""
        raise self._is_written(writer, first, lines)

    def has_object(self, sha256: str) -> bool:
        """Asks for an object."""
        return _object(sha256) in self._files

    def object_size(self, sha256: str) -> int:
        """Asks for an object's size."""
        return self._listed(_object(sha256)).size_bytes

    def open_object(self, sha256: str) -> CheckedReader:
        """Opens an object for one pass; its end is refused if the bytes are others."""
        return self._open(_object(sha256))

    def put_object(
        self, sha256: str, source: Source, size: int, progress: Progress | None = None
    ) -> bool:
        """Refuses: a bundle is written once."""
        raise self._is_written(sha256, source, size, progress)

    def objects(self) -> Iterator[tuple[str, int]]:
        """Lists objects."""
        return ((file.sha256, file.size_bytes) for file in self._under("obj/"))

    def has_manifest(self, sha256: str) -> bool:
        """Asks for a manifest."""
        return _manifest(sha256) in self._files

    def read_manifest(self, sha256: str) -> bytes:
        """Reads a manifest."""
        return self._whole(_manifest(sha256), names.MAX_MANIFEST_BYTES)

    def put_manifest(self, data: bytes) -> str:
        """Refuses: a bundle is written once."""
        raise self._is_written(data)

    def manifests(self) -> Iterator[tuple[str, int]]:
        """Lists manifests."""
        return ((file.sha256, file.size_bytes) for file in self._under("man/"))

    def check_free_space(self, size_bytes: int) -> None:
        """Refuses: a bundle is written once."""
        raise self._is_written(size_bytes)

    def remove_leftovers(self, now_us: int) -> int:
        """Returns 0: there are none."""
        return 0 * now_us

    def refused(self, path: str) -> bytes:
        """Returns the beginning of a file that was refused, for quarantine."""
        entry = self._entries.get(path)
        if entry is None:
            return b""
        size = min(entry.size_bytes, MAX_REFUSED_BYTES)
        with suppress(Untrusted):
            return self._read_at(entry.content_offset, size)
        return b""

    def shows(self, path: str) -> bool:
        """Whether something lies under a path."""
        return path in self._files

    # ---------------------------------------------------------------- inside

    @cached_property
    def _sorted(self) -> tuple[BundledFile, ...]:
        return tuple(sorted(self.index.files, key=lambda file: file.path))

    def _under(self, prefix: str) -> Iterator[BundledFile]:
        return (file for file in self._sorted if file.path.startswith(prefix))

    def _raw_at(self, offset: int, size: int) -> bytes:
        """Returns bytes of the file as it lies there, fewer only at its end."""
        found = bytearray()
        with explained(self.path):
            self._file.seek(offset)
            while len(found) < size and (piece := self._file.read(size - len(found))):
                found += piece
        return bytes(found)

    def _read_index(self) -> tuple[OneFileIndex, Envelope, bytes]:
        tail_bytes = min(TAIL_BYTES, self._size)
        hint = find_index(self._read_at(self._size - tail_bytes, tail_bytes))
        if hint is None:
            raise _not_a_bundle(self.path)
        offset, size = hint
        if size > names.MAX_MANIFEST_BYTES:
            raise too_large(INDEX, size, names.MAX_MANIFEST_BYTES)
        if offset + size > self._size:
            raise _changed("its index lies outside of it")
        raw = self._read_at(offset + len(local_header(INDEX)), size)
        index, parsed = read_index(raw)
        return index, parsed, raw

    def _check_frame(self, index_bytes: bytes) -> dict[str, Entry]:
        """Compares the end of the archive with what the index makes of it.

        Raises:
            Untrusted: ``E-CANON`` if a byte is another.
        """
        crc = zlib.crc32(index_bytes)
        listed = [(file.path, file.size_bytes, file.crc32) for file in self.index.files]
        entries = list(placed([*listed, (INDEX, len(index_bytes), crc)]))
        index = entries[-1]
        end = descriptor(len(index_bytes), crc) + directory(entries)
        start = index.content_offset + len(index_bytes)
        is_right = (
            start + len(end) == self._size
            and self._read_at(start, len(end)) == end
            and self._read_at(index.offset, index.content_offset - index.offset)
            == local_header(INDEX)
        )
        if not is_right:
            raise _changed("its parts do not lie where its index says")
        return {entry.path: entry for entry in entries}

    def _check_team(self) -> None:
        raw = self._whole(DESCRIPTION, MAX_DESCRIPTION_BYTES)
        if parse_description(self.path, raw).team != self.index.team:
            raise _changed("it names two teams")

    def _listed(self, path: str) -> BundledFile:
        file = self._files.get(path)
        if file is None:
            raise Untrusted("E-MISSING", f"{path} is not in the bundle", ADVICE)
        return file

    def _open(self, path: str) -> CheckedReader:
        file, entry = self._listed(path), self._entries[path]
        header = self._read_at(entry.offset, entry.content_offset - entry.offset)
        behind = self._read_at(entry.content_offset + entry.size_bytes, DESCRIPTOR_BYTES)
        if header != local_header(path) or behind != descriptor(file.size_bytes, file.crc32):
            raise wrong_hash(path)
        return CheckedReader(_Slice(self._read_at, entry), file.sha256, self.path)

    def _whole(self, path: str, max_bytes: int) -> bytes:
        size = self._listed(path).size_bytes
        if size > max_bytes:
            raise too_large(path, size, max_bytes)
        with self._open(path) as source:
            return b"".join(iter(lambda: source.read(CHUNK_BYTES), b""))

    def _is_written(self, *_asked: object) -> EnvironmentFault:
        return EnvironmentFault(
            "E-SHARE",
            f"{self.path} is a bundle, which is written once",
            "Make a new bundle, or push to a remote.",
        )


class _Slice:
    """The content of one entry, front to back."""

    def __init__(self, read_at: Callable[[int, int], bytes], entry: Entry) -> None:
        self._read_at, self._at = read_at, entry.content_offset
        self._end = entry.content_offset + entry.size_bytes

    def read(self, size: int, /) -> bytes:
        piece = self._read_at(self._at, min(size, self._end - self._at))
        self._at += len(piece)
        return piece

    def close(self) -> None:
        """Leaves the bundle open: others read it too."""


def _opened(path: Path) -> FileIO:
    with explained(path):
        try:
            return open_plain(path)
        except FileNotFoundError as error:
            raise BadInput(
                "E-REMOTE", f"There is no file {path}", "Check the name, or put the stick in."
            ) from error


def _object(sha256: str) -> str:
    return f"obj/{sha256[:2]}/{sha256}"


def _manifest(sha256: str) -> str:
    return f"man/{sha256[:2]}/{sha256}.json"


def _not_a_bundle(path: Path) -> BadInput:
    return BadInput(
        "E-REMOTE",
        f"{path.name} is not a bundle, or the copy of one is not whole",
        "Copy it again from the original medium, or ask its sender for another one.",
    )


def _changed(why: str) -> Untrusted:
    return Untrusted("E-CANON", f"The bundle was changed on the way ({why})", ADVICE)
