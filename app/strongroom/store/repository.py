# SPDX-License-Identifier: Apache-2.0
"""The layout of trust.md 2.1, the same for the local ledger, a network share and a stick.

* Names are content: what is there under a name is either right or refused on reading.
* Names that are not ours are ignored; folders are listed as streams; what is over its limit is
  refused by its size before a byte is read.
* Nothing is ever changed or removed here. Absence in a listing means "not arrived yet".
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.progress import Progress
from strongroom.store import segments as names
from strongroom.store.faults import explained
from strongroom.store.plainfile import (
    CheckedReader,
    is_plain,
    open_plain,
    read_bounded,
    too_large,
    wrong_hash,
)
from strongroom.store.publish import (
    Source,
    check_free_space,
    publish,
    publish_file,
    remove_leftovers,
)
from strongroom.store.segments import SegmentFile, TrustFile

MAX_OBJECT_BYTES = 1 << 30  # one part; every file system we meet takes it
MAX_LISTED = 100_000  # names of ours in one listing: bounds memory against a flooded share

Found = TypeVar("Found")


class Repository:
    """Trust documents, logs, manifests and objects below one existing folder.

    Args:
        root: The folder.
        read_back: Read everything written again from the medium (removable and network targets).
    """

    def __init__(self, root: Path, *, read_back: bool = False) -> None:
        self.root = root
        self._read_back = read_back

    def trust_files(self) -> list[TrustFile]:
        """Returns the trust documents by version; two of one version are a fork to be shown.

        Raises:
            EnvironmentFault: ``E-SHARE`` if the folder is gone.
        """
        found = (names.parse_trust(name, size) for name, size in self._plain_files("trust"))
        return sorted(
            _bounded("trust", (file for file in found if file is not None)),
            key=lambda file: (file.version, file.path),
        )

    def read_trust(self, file: TrustFile) -> bytes:
        """Returns a trust document's envelope.

        Raises:
            Untrusted: ``E-SIZE``, ``E-HASH``, ``E-PATH`` for a link, ``E-MISSING``.
            EnvironmentFault: ``E-SHARE``.
        """
        if file.size > names.MAX_TRUST_BYTES:
            raise too_large(file.path, file.size, names.MAX_TRUST_BYTES)
        data = self._read(file.path, names.MAX_TRUST_BYTES)
        if names.short_digest(data) != file.path.split(".")[1]:
            raise wrong_hash(file.path)
        return data

    def put_trust(self, version: int, data: bytes) -> bool:
        """Publishes a trust document; True if it was new.

        Raises:
            BadInput: ``E-SIZE``.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        _check_own_size("A trust document", len(data), names.MAX_TRUST_BYTES)
        return self._put(f"trust/{names.trust_name(version, data)}", data)

    def writers(self) -> list[str]:
        """Returns the writers that have a log here, sorted."""
        found = (
            name
            for prefix in self._folders("log")
            for name in self._folders(f"log/{prefix}")
            if is_digest(name) and name[:2] == prefix
        )
        return sorted(_bounded("log", found))

    def segments(self, writer: str) -> list[SegmentFile]:
        """Returns a writer's segments by range, with those that reading will refuse."""
        _check_digest(writer)
        folder = names.log_folder(writer)
        listed = self._plain_files(folder)
        found = (names.parse_segment(writer, name, size) for name, size in listed)
        return sorted(
            _bounded(folder, (file for file in found if file is not None)),
            key=lambda file: (file.first, file.last, file.name),
        )

    def read_segment(self, file: SegmentFile) -> list[bytes]:
        """Returns a segment's envelopes, one a line.

        Raises:
            Untrusted: ``E-SIZE`` before reading; ``E-HASH`` if digest or range disagree with the
                name; ``E-FORMAT``; ``E-PATH`` for a link; ``E-MISSING``.
            EnvironmentFault: ``E-SHARE``.
        """
        names.check_size(file)
        return names.split_segment(file, self._read(file.path, names.MAX_SEGMENT_BYTES))

    def put_segment(self, writer: str, first: int, lines: Sequence[bytes]) -> list[SegmentFile]:
        """Publishes events ``first``, ``first`` + 1, … of a writer, in as few files as allowed.

        Raises:
            BadInput: ``E-SIZE`` or ``E-FORMAT`` for an event that cannot be one.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        _check_digest(writer)
        written: list[SegmentFile] = []
        for name, data in list(names.pack_segments(first, lines)):
            self._put(f"{names.log_folder(writer)}/{name}", data)
            file = names.parse_segment(writer, name, len(data))
            if file is not None:
                written.append(file)
        return written

    def has_object(self, sha256: str) -> bool:
        """Whether an object of this name is there; its bytes are checked when it is read."""
        return self._has(_object_path(sha256))

    def object_size(self, sha256: str) -> int:
        """Returns an object's size in bytes.

        Raises:
            Untrusted: ``E-MISSING``.
        """
        relative = _object_path(sha256)
        if not self._has(relative):
            raise _missing(relative)
        with explained(self.root):
            return os.lstat(self.root / relative).st_size

    def open_object(self, sha256: str) -> CheckedReader:
        """Opens an object for one pass; its end is refused if the bytes are others.

        Raises:
            Untrusted: ``E-MISSING``, ``E-PATH``; ``E-HASH`` while reading.
        """
        relative = _object_path(sha256)
        with explained(self.root):
            try:
                return CheckedReader(open_plain(self.root / relative), sha256, self.root)
            except FileNotFoundError as error:
                self._check_root()
                raise _missing(relative) from error

    def put_object(
        self, sha256: str, source: Source, size: int, progress: Progress | None = None
    ) -> bool:
        """Publishes an object; True if it was new.

        Raises:
            BadInput: ``E-SIZE`` over 1 GiB.
            Untrusted: ``E-HASH`` if the source holds other bytes.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        relative = _object_path(sha256)
        _check_own_size("A file", size, MAX_OBJECT_BYTES)
        self._check_root()
        is_new = publish_file(
            self.root, relative, source, size, sha256, read_back=self._read_back, progress=progress
        )
        self._check_root()  # pulled out while it was written: it is not there
        return is_new

    def objects(self) -> Iterator[tuple[str, int]]:
        """Yields digest and size of every object listed, in no order."""
        for prefix in self._folders("obj"):
            for name, size in self._plain_files(f"obj/{prefix}"):
                if is_digest(name) and name[:2] == prefix:
                    yield name, size

    def has_manifest(self, sha256: str) -> bool:
        """Whether a manifest of this name is there; its bytes are checked when it is read."""
        return self._has(_manifest_path(sha256))

    def read_manifest(self, sha256: str) -> bytes:
        """Returns a manifest's envelope.

        Raises:
            Untrusted: ``E-SIZE``, ``E-HASH``, ``E-PATH`` for a link, ``E-MISSING``.
        """
        relative = _manifest_path(sha256)
        data = self._read(relative, names.MAX_MANIFEST_BYTES)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise wrong_hash(relative)
        return data

    def put_manifest(self, data: bytes) -> str:
        """Publishes a manifest's envelope and returns its digest.

        Raises:
            BadInput: ``E-SIZE``.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        _check_own_size("A manifest", len(data), names.MAX_MANIFEST_BYTES)
        sha256 = hashlib.sha256(data).hexdigest()
        self._put(_manifest_path(sha256), data)
        return sha256

    def manifests(self) -> Iterator[tuple[str, int]]:
        """Yields digest and size of every manifest listed, in no order."""
        for prefix in self._folders("man"):
            for name, size in self._plain_files(f"man/{prefix}"):
                stem, dot, suffix = name.partition(".")
                if dot and suffix == "json" and is_digest(stem) and stem[:2] == prefix:
                    yield stem, size

    def check_free_space(self, size_bytes: int) -> None:
        """Refuses a push that cannot fit, before it begins; see `publish.check_free_space`."""
        check_free_space(self.root, size_bytes)

    def remove_leftovers(self, now_us: int) -> int:
        """Removes this account's own unfinished files of over a week ago; their number."""
        folders = [self.root, self.root / "trust"]
        folders += [self.root / kind / two for kind in ("obj", "man") for two in self._two(kind)]
        folders += [self.root / names.log_folder(writer) for writer in self.writers()]
        return sum(remove_leftovers(folder, now_us) for folder in folders)

    def _put(self, relative: str, data: bytes) -> bool:
        self._check_root()
        is_new = publish(self.root, relative, data, read_back=self._read_back)
        self._check_root()  # pulled out while it was written: it is not there
        return is_new

    def _read(self, relative: str, max_bytes: int) -> bytes:
        with explained(self.root):
            try:
                return read_bounded(self.root / relative, max_bytes)
            except FileNotFoundError as error:
                self._check_root()
                raise _missing(relative) from error

    def _has(self, relative: str) -> bool:
        with explained(self.root):
            if is_plain(self.root / relative):
                return True
            self._check_root()  # "not there" of a share that is gone would be a lie
            return False

    def _check_root(self) -> None:
        with explained(self.root):
            self.root.stat()

    def _two(self, kind: str) -> list[str]:
        return [name for name in self._folders(kind) if len(name) == 2]

    def _folders(self, relative: str) -> Iterator[str]:
        with explained(self.root):  # not every file system says in a listing what is a folder
            for entry in self._entries(relative):
                if entry.is_dir(follow_symlinks=False):
                    yield entry.name

    def _plain_files(self, relative: str) -> Iterator[tuple[str, int]]:
        with explained(self.root):
            for entry in self._entries(relative):
                with suppress(FileNotFoundError):  # a temporary file that was renamed meanwhile
                    if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                        yield entry.name, entry.stat(follow_symlinks=False).st_size

    def _entries(self, relative: str) -> Iterator[os.DirEntry[str]]:
        """Streams a folder; one that is missing, or a link in its place, is empty."""
        folder = self.root / relative
        with explained(self.root):
            self._check_root()
            if folder.is_symlink():
                return
            try:
                entries = os.scandir(folder)
            except (FileNotFoundError, NotADirectoryError):
                return
            with entries:
                yield from entries


def _bounded(relative: str, found: Iterable[Found]) -> list[Found]:
    listed = list(islice(found, MAX_LISTED + 1))
    if len(listed) > MAX_LISTED:
        raise Untrusted(
            "E-SIZE",
            f"{relative} lists more than {MAX_LISTED:,} files",
            "Somebody floods the share: ask whoever looks after it to clear that folder.",
        )
    return listed


def _object_path(sha256: str) -> str:
    _check_digest(sha256)
    return f"obj/{sha256[:2]}/{sha256}"


def _manifest_path(sha256: str) -> str:
    _check_digest(sha256)
    return f"man/{sha256[:2]}/{sha256}.json"


def _check_digest(text: str) -> None:
    """Refuses a digest or writer id from outside that would be a path of its own."""
    if not is_digest(text):
        shown = text.encode("unicode_escape").decode()[:80]
        raise Untrusted("E-PATH", f"{shown} is not a digest", "Nothing was read or written.")


def _check_own_size(what: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise BadInput(
            "E-SIZE",
            f"{what} has {size:,} bytes where {max_bytes:,} are allowed",
            "Split it into smaller files and register again.",
        )


def _missing(relative: str) -> Untrusted:
    return Untrusted(
        "E-MISSING",
        f"{relative} is not here",
        "It may not have arrived yet: pull again, or ask its writer to push again.",
    )
