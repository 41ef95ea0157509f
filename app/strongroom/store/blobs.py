# SPDX-License-Identifier: Apache-2.0
"""Content pulled from remotes, kept by digest in ``<store>/blobs/<h2>/<sha256>``.

* A blob's name is its content; it is checked when written and again each time it is opened.
* Nothing is changed in place: a damaged blob steps aside when the right bytes arrive again.
"""

import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.parts import parts_of
from strongroom.domain.progress import Progress
from strongroom.store.faults import explained
from strongroom.store.plainfile import digest_of, is_plain, open_plain, wrong_hash
from strongroom.store.publish import Source, publish_file
from strongroom.store.publish_parts import PartOpener, publish_parts


class Blobs:
    """The blobs of a store.

    Args:
        folder: ``<store>/blobs``; made when the first blob arrives.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(
        self, sha256: str, source: Source, size_bytes: int, progress: Progress | None = None
    ) -> bool:
        """Keeps a blob; True if it was new.

        Raises:
            Untrusted: ``E-HASH`` if the source holds other bytes.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        relative = _relative(sha256)
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        return publish_file(self.folder, relative, source, size_bytes, sha256, progress=progress)

    def put_file(self, file: ArtifactFile, open_part: PartOpener) -> bool:
        """Keeps a file that may come in parts; True if it was new. Raises as `put`."""
        relative = _relative(file.sha256)
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        if file.parts:
            return publish_parts(self.folder, relative, file, open_part)
        (part,) = parts_of(file)
        with open_part(part) as source:
            return publish_file(self.folder, relative, source, file.size_bytes, file.sha256)

    def has(self, sha256: str) -> bool:
        """Whether a blob of this name is there; `open` and `verify` check its bytes."""
        with explained(self.folder):
            return is_plain(self.folder / _relative(sha256))

    def size(self, sha256: str) -> int:
        """Returns a blob's size in bytes.

        Raises:
            Untrusted: ``E-MISSING``.
        """
        with explained(self.folder):
            try:
                return os.lstat(self.folder / _relative(sha256)).st_size
            except FileNotFoundError as error:
                raise _missing(sha256) from error

    def open(self, sha256: str) -> FileIO:
        """Opens a blob whose bytes were just found right, at its beginning; it can be sought.

        Raises:
            Untrusted: ``E-MISSING``; ``E-HASH`` if it was changed; ``E-PATH`` for a link.
        """
        path = self.folder / _relative(sha256)
        with explained(self.folder):
            try:
                file = open_plain(path)
            except FileNotFoundError as error:
                raise _missing(sha256) from error
            try:
                is_right = digest_of(file) == sha256
                file.seek(0)
            except BaseException:
                file.close()
                raise
        if not is_right:
            file.close()
            raise wrong_hash(sha256)
        return file

    def path(self, sha256: str) -> Path:
        """Returns where a blob lies, or would.

        Raises:
            Untrusted: ``E-PATH`` if it is no digest.
        """
        return self.folder / _relative(sha256)

    def remove(self, sha256: str) -> None:
        """Removes a blob; one that is not there is removed already."""
        with explained(self.folder):
            self.path(sha256).unlink(missing_ok=True)

    def verify(self, sha256: str) -> None:
        """Reads a blob through and accepts it only if its bytes are those of its name.

        Raises:
            Untrusted: ``E-MISSING``, ``E-HASH`` or ``E-PATH``.
        """
        self.open(sha256).close()

    def all(self) -> Iterator[str]:
        """Yields the digest of every blob, in no order."""
        with explained(self.folder):
            for prefix in _entries(self.folder):
                if not prefix.is_dir(follow_symlinks=False):
                    continue
                for entry in _entries(prefix.path):
                    is_ours = is_digest(entry.name) and entry.name[:2] == prefix.name
                    if is_ours and entry.is_file(follow_symlinks=False):
                        yield entry.name


def _entries(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:  # nothing was ever kept
        return
    with entries:
        yield from entries


def _relative(sha256: str) -> str:
    if not is_digest(sha256):
        shown = sha256.encode("unicode_escape").decode()[:80]
        raise Untrusted("E-PATH", f"{shown} is not a digest", "Nothing was read or written.")
    return f"{sha256[:2]}/{sha256}"


def _missing(sha256: str) -> Untrusted:
    return Untrusted(
        "E-MISSING",
        f"The content {sha256[:16]}… is not on this workstation",
        "Pull from a remote that has it.",
    )
