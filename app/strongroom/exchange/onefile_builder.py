# SPDX-License-Identifier: Apache-2.0
"""A one-file bundle under construction: a remote that a push writes to, once (ADR 17).

* The same push that fills a share fills a bundle: what it plans, checks and refuses holds here too.
* What the far side has is answered by `FarSide`; what is put goes straight into the file.
* Nothing stands under the bundle's name before its signed index does, and every byte was read back
  from the medium. A content that does not hold stops the bundle: it is whole, or it is not.
"""

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from strongroom.domain import canonical
from strongroom.domain.clock import to_iso
from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.exchange.far_side import FarSide
from strongroom.exchange.onefile_index import (
    DESCRIPTION,
    LEAST_ENTRY_BYTES,
    BundledFile,
    OneFileIndex,
    check_index_bounds,
)
from strongroom.exchange.onefile_layout import (
    INDEX,
    Entry,
    descriptor,
    directory,
    local_header,
    placed,
)
from strongroom.exchange.remote import describe
from strongroom.store import segments as names
from strongroom.store.growing_file import GrowingFile, WeighedFile
from strongroom.store.mounts import mount_of
from strongroom.store.plainfile import CHUNK_BYTES, CheckedReader, wrong_hash
from strongroom.store.publish import Source, check_free_space
from strongroom.store.segments import SegmentFile, TrustFile
from strongroom.trust import envelope
from strongroom.trust.sealed_stream import SealingWriter
from strongroom.trust.signer import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A finished bundle: its id, the digest and size of its file, what it holds."""

    id: str
    sha256: str
    size_bytes: int
    index: OneFileIndex


@dataclass(slots=True, kw_only=True)
class Facts:
    """What the index says beside its list of files."""

    team: str
    writer: str
    app: str
    created_us: int
    kind: str
    title: str
    to: tuple[str, ...] = ()
    keys: tuple[str, ...] = field(default=(), repr=False)
    """The P-256 keys of ``to``."""
    base: str = ""


class OneFileBuilder:
    """The bundle as the remote of one push; `finish` and `publish` end it, or `discard`.

    Args:
        file: Where it grows, or is weighed by a dry run.
        far: Who it is for.
        facts: What its index will say.

    Raises:
        EnvironmentFault: ``E-SHARE``, ``E-FULL``.
    """

    def __init__(self, file: GrowingFile | WeighedFile, far: FarSide, facts: Facts) -> None:
        self._file, self._far, self._facts = file, far, facts
        self._seal = SealingWriter(file.write, facts.keys) if facts.keys else None
        self._write: Callable[[bytes], object] = self._seal.write if self._seal else file.write
        self._files: list[BundledFile] = []
        self._paths: set[str] = set()
        self._broken: Untrusted | None = None
        self._put(DESCRIPTION, describe(facts.team, facts.created_us))

    def finish(self, signer: Signer) -> Built:
        """Signs the index and reads the file back from its medium; it has no name yet.

        Raises:
            Untrusted: ``E-HASH``, ``E-MISSING`` if a content did not hold; there is no bundle.
            Refused: ``E-SIZE`` if it lists more than a reader takes.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
        """
        if self._broken is not None:
            raise self._broken
        facts = self._facts
        index = OneFileIndex(
            team=facts.team,
            writer=facts.writer,
            app=facts.app,
            created=to_iso(facts.created_us),
            kind=facts.kind,
            title=facts.title,
            to=facts.to,
            base=facts.base,
            held=self._far.after(),
            files=tuple(self._files),
        )
        raw = envelope.seal(index.to_statement(), [signer])
        check_index_bounds(len(raw), len(index.held.lacks))
        crc = zlib.crc32(raw)
        self._write(local_header(INDEX) + raw + descriptor(len(raw), crc))
        listed = [(file.path, file.size_bytes, file.crc32) for file in self._files]
        entries: list[Entry] = list(placed([*listed, (INDEX, len(raw), crc)]))
        self._write(directory(entries))
        if self._seal is not None:
            self._seal.finish()
        sha256 = self._file.settle()
        id_ = hashlib.sha256(canonical.encode(index.to_statement())).hexdigest()
        return Built(id=id_, sha256=sha256, size_bytes=self._file.size_bytes, index=index)

    def publish(self) -> None:
        """Gives the finished bundle its name.

        Raises:
            EnvironmentFault: ``E-SHARE``, ``E-FULL``; nothing stands under the name.
            Refused: ``E-CONFLICT`` if somebody else's file has the name by now.
        """
        self._file.publish()

    def discard(self) -> None:
        """Leaves nothing behind."""
        self._file.discard()

    # ---------------------------------------------------------------- as a remote

    @property
    def location(self) -> str:
        """The file."""
        return str(self._file.final)

    @property
    def team(self) -> str:
        """Our team."""
        return self._facts.team

    @property
    def is_writable(self) -> bool:
        """Whether it can be written: once."""
        return True

    def trust_files(self) -> list[TrustFile]:
        """Lists what the far side has."""
        return self._far.trust_files()

    def read_trust(self, file: TrustFile) -> bytes:
        """Refuses: nobody reads there."""
        raise _out_of_reach(file.path)

    def put_trust(self, version: int, data: bytes) -> bool:
        """Adds a trust document."""
        return self._put(f"trust/{names.trust_name(version, data)}", data)

    def writers(self) -> list[str]:
        """Lists nobody: a push asks for each log by its writer."""
        return []

    def segments(self, writer: str) -> list[SegmentFile]:
        """Lists what the far side has of a log."""
        return self._far.segments(writer)

    def read_segment(self, file: SegmentFile) -> list[bytes]:
        """Refuses: nobody reads there."""
        raise _out_of_reach(file.path)

    def put_segment(self, writer: str, first: int, lines: Sequence[bytes]) -> list[SegmentFile]:
        """Adds events."""
        for name, data in names.pack_segments(first, lines):
            self._put(f"{names.log_folder(writer)}/{name}", data)
        return []

    def has_object(self, sha256: str) -> bool:
        """Whether it was added."""
        return f"obj/{sha256[:2]}/{sha256}" in self._paths

    def object_size(self, sha256: str) -> int:
        """Refuses: nobody reads there."""
        raise _out_of_reach(sha256)

    def open_object(self, sha256: str) -> CheckedReader:
        """Refuses: nobody reads there."""
        raise _out_of_reach(sha256)

    def put_object(
        self, sha256: str, source: Source, size: int, progress: Progress | None = None
    ) -> bool:
        """Adds an object, hashed on its way.

        Raises:
            Untrusted: ``E-HASH``, ``E-MISSING``; the bundle will not be finished.
        """
        path = f"obj/{sha256[:2]}/{sha256}"
        if path in self._paths:
            return False
        try:
            self._add(path, source, size, sha256, progress or Silent())
        except Untrusted as error:
            self._broken = self._broken or error
            raise
        return True

    def objects(self) -> Iterator[tuple[str, int]]:
        """Lists what the far side has."""
        return self._far.objects()

    def has_manifest(self, sha256: str) -> bool:
        """Whether it was added."""
        return f"man/{sha256[:2]}/{sha256}.json" in self._paths

    def read_manifest(self, sha256: str) -> bytes:
        """Refuses: nobody reads there."""
        raise _out_of_reach(sha256)

    def put_manifest(self, data: bytes) -> str:
        """Adds a manifest."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._put(f"man/{sha256[:2]}/{sha256}.json", data)
        return sha256

    def manifests(self) -> Iterator[tuple[str, int]]:
        """Lists what the far side has."""
        return self._far.manifests()

    def check_free_space(self, size_bytes: int) -> None:
        """Refuses a bundle that does not fit, or that no reader takes, before it grows.

        Raises:
            EnvironmentFault: ``E-FULL``, also where the file system takes no file so large.
            Refused: ``E-SIZE`` if its index would be too large.
        """
        files, lacks = self._far.coming()
        check_index_bounds(files * LEAST_ENTRY_BYTES * 4 // 3, lacks)
        folder = self._file.final.parent
        check_free_space(folder, size_bytes)
        mount = mount_of(folder)
        if mount is not None and mount.max_file_bytes and size_bytes > mount.max_file_bytes:
            raise EnvironmentFault(
                "E-FULL",
                f"{folder} takes no file over 4 GiB, and the bundle has {size_bytes:,} bytes",
                "Use a stick formatted as exFAT, or push to a folder on this one: a remote splits"
                " large files.",
            )

    def remove_leftovers(self, now_us: int) -> int:
        """Returns 0: there are none."""
        return 0 * now_us

    def refused(self, path: str) -> bytes:
        """Returns nothing: nothing is read from there."""
        return path.encode()[:0]

    def shows(self, path: str) -> bool:
        """Whether it was added."""
        return path in self._paths

    # ---------------------------------------------------------------- inside

    def _put(self, path: str, data: bytes) -> bool:
        if path in self._paths:
            return False
        sha256 = hashlib.sha256(data).hexdigest()
        self._add(path, io.BytesIO(data), len(data), sha256, Silent())
        return True

    def _add(self, path: str, source: Source, size: int, sha256: str, progress: Progress) -> None:
        self._write(local_header(path))
        running, crc, done = hashlib.sha256(), 0, 0
        while piece := source.read(CHUNK_BYTES):
            done += len(piece)
            if done > size:
                break
            running.update(piece)
            crc = zlib.crc32(piece, crc)
            self._write(piece)
            progress.step(done, size)
        if done != size or running.hexdigest() != sha256:
            raise wrong_hash(path)
        self._write(descriptor(size, crc))
        self._paths.add(path)
        self._files.append(BundledFile(path=path, size_bytes=size, sha256=sha256, crc32=crc))


def _out_of_reach(what: str) -> EnvironmentFault:
    return EnvironmentFault(
        "E-SHARE", f"{what[:80]} is out of reach", "A bundle is written to, never read from."
    )
