# SPDX-License-Identifier: Apache-2.0
"""Content by digest, wherever in this store it lies: pulled blobs, or the files of a run.

* Whoever asks names a digest and gets those bytes or an error; nothing is trusted for its place.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from io import RawIOBase
from pathlib import Path
from typing import IO, BinaryIO, Self, cast

from sqlalchemy import bindparam, select

from strongroom.domain.errors import Untrusted
from strongroom.domain.parts import Part
from strongroom.journal.content import StoredArtifact
from strongroom.journal.layout import RUN_FILE
from strongroom.store import tables
from strongroom.store.artifact_window import ArtifactWindow
from strongroom.store.artifacts import CHUNK, open_window, verified_pieces
from strongroom.store.blobs import Blobs
from strongroom.store.catalog import Catalog
from strongroom.store.faults import explained
from strongroom.store.liveness import Observer
from strongroom.store.plainfile import open_plain
from strongroom.store.run_files import RunFiles
from strongroom.store.run_state import METRICS_FILE, SEALED_FILE
from strongroom.store.store_folder import StoreFolder

MOST_COPIES = 64  # runs asked for one digest; each keeps its own copy
SPOOL_BYTES = 16 << 20  # most files of a model; larger ones go through a temporary file

_PLACES = (
    select(tables.run.c.run_id, tables.artifact_path.c.path)
    .join_from(tables.artifact, tables.run, tables.run.c.id == tables.artifact.c.run)
    .join(tables.artifact_path, tables.artifact_path.c.id == tables.artifact.c.path)
    .where(tables.artifact.c.sha256 == bindparam("wanted"))
    .limit(bindparam("most"))
)


class Content:
    """All bytes of a store that a manifest may name."""

    def __init__(self, folder: StoreFolder, catalog: Catalog, observer: Observer) -> None:
        self._folder = folder
        self._catalog = catalog
        self.blobs = Blobs(folder.blobs)
        self._run_files = RunFiles(observer)

    def has(self, sha256: str, *, run: str = "") -> bool:
        """Whether bytes under this digest are here; they are checked when they are read."""
        return (
            self.blobs.has(sha256)
            or self._artifact(sha256) is not None
            or self._run_file(sha256, run) is not None
        )

    def pieces(self, sha256: str, *, run: str = "") -> Iterator[bytes]:
        """Yields the bytes of a digest in pieces, the last one only after the digest held.

        Args:
            sha256: The digest.
            run: A run whose own files (run.json, sealed.json, metrics.parquet) may be meant.

        Raises:
            Untrusted: ``E-MISSING`` or ``E-HASH``.
        """
        if self.blobs.has(sha256):
            with self.blobs.open(sha256) as stream:
                yield from _checked(stream.read, sha256)
            return
        placed = self._artifact(sha256)
        if placed is not None:
            folder, artifact = placed
            yield from verified_pieces(folder, artifact, blobs=self._folder.blobs)
            return
        path = self._run_file(sha256, run)
        if path is None:
            raise _not_here(sha256)
        with path.open("rb") as stream:
            yield from _checked(stream.read, sha256)

    def read(self, sha256: str, *, max_bytes: int, run: str = "") -> bytes:
        """Returns the whole bytes of a small file.

        Raises:
            Untrusted: ``E-MISSING``, ``E-HASH``, or ``E-SIZE`` over the limit.
        """
        found = bytearray()
        for piece in self.pieces(sha256, run=run):
            found += piece
            if len(found) > max_bytes:
                raise Untrusted(
                    "E-SIZE", f"The content {sha256[:8]} is too large to be read whole", ""
                )
        return bytes(found)

    def reader(self, sha256: str, *, run: str = "") -> "PieceReader":
        """Returns the bytes as a file-like object with `read`.

        Raises:
            Untrusted: While reading: ``E-MISSING`` or ``E-HASH``.
        """
        return PieceReader(self.pieces(sha256, run=run))

    def unchecked(self, sha256: str, part: Part, *, run: str = "") -> BinaryIO | RawIOBase:
        """Opens a stretch of a file for whoever checks its digest himself, as publishing does.

        Args:
            sha256: The digest of the whole file.
            part: Where the stretch begins, and how long it is.
            run: As for `pieces`.

        Raises:
            Untrusted: ``E-MISSING``, ``E-PATH``.
            EnvironmentFault: ``E-SHARE`` naming what it lies in.
        """
        if self.blobs.has(sha256):
            path = self.blobs.path(sha256)
        else:
            placed = self._artifact(sha256)
            if placed is not None:
                with explained(placed[0]):
                    window = open_window(*placed, blobs=self._folder.blobs)
                if part.offset == 0 and part.size_bytes == window.size_bytes:
                    return window
                return ArtifactWindow(
                    cast("BinaryIO", window), offset=part.offset, size_bytes=part.size_bytes
                )
            found = self._run_file(sha256, run)
            if found is None:
                raise _not_here(sha256)
            path = found
        with explained(path):
            file = open_plain(path)
        if part.offset == 0 and os.fstat(file.fileno()).st_size == part.size_bytes:
            return file
        return ArtifactWindow(
            cast("BinaryIO", file), offset=part.offset, size_bytes=part.size_bytes
        )

    def open(self, sha256: str, *, run: str = "") -> IO[bytes]:
        """Returns a file that can be sought, holding bytes that were all found right.

        Raises:
            Untrusted: ``E-MISSING`` or ``E-HASH``.
        """
        # The file is handed on open; whoever reads it closes it.
        file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115
        try:
            for piece in self.pieces(sha256, run=run):
                file.write(piece)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def run_folder(self, run: str) -> Path | None:
        """Returns the folder of a run, or None."""
        return self._folder.find_run(run)

    def _run_file(self, sha256: str, run: str) -> Path | None:
        folder = self._folder.find_run(run)
        if folder is None:
            return None
        for name in (RUN_FILE, SEALED_FILE, METRICS_FILE):
            path = folder / name
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as stream:
                    if hashlib.file_digest(stream, "sha256").hexdigest() == sha256:
                        return path
        return None

    def copies(
        self, sha256: str, most: int = MOST_COPIES
    ) -> Iterator[tuple[str, Path, StoredArtifact]]:
        """Yields run, folder and place of each artifact with a digest; its bytes are not read."""
        with self._catalog.read() as connection:
            rows = connection.execute(_PLACES, {"wanted": sha256, "most": most}).all()
        for run_id, path in rows:
            folder = self._folder.find_run(run_id)
            if folder is None:
                continue
            artifact = self._run_files.of(folder).get((path, sha256))
            if artifact is not None:
                yield run_id, folder, artifact

    def _artifact(self, sha256: str) -> tuple[Path, StoredArtifact] | None:
        for _, folder, artifact in self.copies(sha256, most=4):
            if (folder / artifact.container).is_file():
                return folder, artifact
        return None


class PieceReader:
    """Gives pieces out as a file does; the bytes are checked by whoever makes the pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1, /) -> bytes:
        """Returns up to ``size`` bytes, all that are left if it is negative."""
        if size < 0:
            found, self._left = self._left + b"".join(self._pieces), b""
            return found
        while len(self._left) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._left += piece
        found, self._left = self._left[:size], self._left[size:]
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pieces = iter(())


def _not_here(sha256: str) -> Untrusted:
    return Untrusted(
        "E-MISSING",
        f"The content {sha256[:8]} is not in this store",
        "Pull from a remote that holds it.",
    )


def _checked(read: Callable[[int], bytes], sha256: str) -> Iterator[bytes]:
    """Yields what a file holds, the last piece only after the digest was found right."""
    running, waiting = hashlib.sha256(), b""
    while piece := read(CHUNK):
        running.update(piece)
        if waiting:
            yield waiting
        waiting = piece
    if running.hexdigest() != sha256:
        raise Untrusted(
            "E-HASH",
            f"The content {sha256[:8]} was changed on this disk",
            "Pull it again from a remote; strongroom verify lists all damage.",
        )
    if waiting:
        yield waiting
