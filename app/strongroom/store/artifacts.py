# SPDX-License-Identifier: Apache-2.0
"""Bytes of a run's artifacts: slices of packs and objects, checked against their digest.

* No byte leaves here unverified: reading hashes, and a difference is ``E-HASH``. The one door
  beside it is `open_window`, for files too large to read before their first page is shown; who
  uses it says so on the screen until the digest was found right.
* A sealed document names containers; only our own two kinds of name are ever opened, and links
  are not followed.
* A folder of artifacts appears whole or not at all: see `materialise`.
"""

import hashlib
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import RandomBytes
from strongroom.domain.progress import Progress
from strongroom.journal.content import StoredArtifact
from strongroom.store.artifact_window import ArtifactWindow
from strongroom.store.materialise import materialise
from strongroom.store.plainfile import open_plain

CHUNK = 1 << 20
_PACK = re.compile(r"w-[0-9a-f]{8}(-[0-9]{1,4})?\.pack")


def below(artifacts: Sequence[StoredArtifact], prefix: str) -> tuple[StoredArtifact, ...]:
    """Returns the artifact of this path, or those in the folder of this name ('' = all)."""
    wanted = prefix.strip("/")
    return tuple(
        each
        for each in artifacts
        if not wanted or each.path == wanted or each.path.startswith(wanted + "/")
    )


def read_artifact(
    folder: Path, artifact: StoredArtifact, *, max_bytes: int, blobs: Path | None = None
) -> bytes:
    """Returns at most the first ``max_bytes`` bytes; all of the artifact is verified.

    Raises:
        Untrusted: ``E-HASH``, ``E-MISSING`` or ``E-PATH``.
    """
    kept = bytearray()
    for piece in verified_pieces(folder, artifact, blobs=blobs):
        if len(kept) < max_bytes:
            kept += piece[: max_bytes - len(kept)]
    return bytes(kept)


def verified_pieces(
    folder: Path, artifact: StoredArtifact, *, blobs: Path | None = None
) -> Iterator[bytes]:
    """Yields the bytes in pieces; the last piece only after the digest was found right.

    Raises:
        Untrusted: ``E-HASH`` if the bytes differ from their digest, ``E-MISSING`` if they are
            gone, ``E-PATH`` if the container is none of ours.
    """
    running, left, waiting = hashlib.sha256(), artifact.size_bytes, b""
    with _open(folder, artifact, blobs) as stream:
        while left:
            piece = stream.read(min(CHUNK, left))
            if not piece:
                raise differs(artifact, "it is cut short")
            running.update(piece)
            left -= len(piece)
            if waiting:
                yield waiting
            waiting = piece
    if running.hexdigest() != artifact.sha256:
        raise differs(artifact, "its digest differs")
    if waiting:
        yield waiting


def open_window(
    folder: Path, artifact: StoredArtifact, *, blobs: Path | None = None
) -> ArtifactWindow:
    """Opens an artifact for seeking without reading it first; its digest is not checked.

    Raises:
        Untrusted: ``E-MISSING`` or ``E-PATH``.
    """
    stream = _open(folder, artifact, blobs)
    return ArtifactWindow(stream, offset=stream.tell(), size_bytes=artifact.size_bytes)


def verify_artifacts(
    folder: Path, artifacts: Sequence[StoredArtifact], *, blobs: Path | None = None
) -> Iterator[tuple[str, str, str]]:
    """Yields code, path and sentence for every artifact whose bytes do not hold."""
    for artifact in artifacts:
        try:
            for _ in verified_pieces(folder, artifact, blobs=blobs):
                pass
        except Untrusted as error:
            yield error.code, artifact.path, error.title
        except OSError as error:
            yield "E-MISSING", artifact.path, str(error.strerror or error)


def write_artifacts(
    folder: Path,
    artifacts: Sequence[StoredArtifact],
    target: Path,
    *,
    progress: Progress,
    random_bytes: RandomBytes,
    blobs: Path | None = None,
) -> None:
    """Writes artifacts as files below a folder that does not exist yet or is empty.

    Raises:
        BadInput, Untrusted, EnvironmentFault: As `store.materialise`; nothing appears then.
        Cancelled: Between two files; nothing appears then.
    """
    stored = {each.path: each for each in artifacts}
    files = [
        ArtifactFile(path=each.path, size_bytes=each.size_bytes, sha256=each.sha256)
        for each in artifacts
    ]
    target.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def opened(file: ArtifactFile) -> Iterator[_Slice]:
        with _open(folder, stored[file.path], blobs) as stream:
            yield _Slice(stream, file.size_bytes)

    materialise(target, files, opened, progress=progress, random_bytes=random_bytes)


class _Slice:
    """The bytes of one artifact inside the file that holds it."""

    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        self._stream = stream
        self._left = size_bytes

    def read(self, size: int = -1, /) -> bytes:
        """Returns the next bytes, none after the artifact's last."""
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


def _open(folder: Path, artifact: StoredArtifact, blobs: Path | None) -> BinaryIO:
    path, offset = folder / artifact.container, artifact.offset
    is_object = artifact.container == f"obj/{artifact.sha256}"
    if not is_object and not _PACK.fullmatch(artifact.container):
        raise Untrusted(
            "E-PATH",
            f"The artifact {artifact.path} says it lies in {artifact.container[:80]!r}",
            "No run folder of ours holds such a file; it was not opened.",
        )
    if (folder / "obj").is_symlink():
        raise Untrusted("E-PATH", "The run's folder of objects is a link", "It was not followed.")
    if not os.path.lexists(path) and blobs is not None:
        path, offset = blobs / artifact.sha256[:2] / artifact.sha256, 0
    try:
        stream = io.BufferedReader(open_plain(path))
    except FileNotFoundError as error:
        raise Untrusted(
            "E-MISSING",
            f"The bytes of {artifact.path} are gone",
            "Copy the run folder again, or pull it from a remote that has it.",
        ) from error
    stream.seek(offset)
    return stream


def differs(artifact: StoredArtifact, why: str) -> Untrusted:
    """Returns the refusal of an artifact whose bytes are not those that were logged."""
    return Untrusted(
        "E-HASH",
        f"The artifact {artifact.path} is not what was logged: {why}",
        "Its bytes were changed on disk. Copy the run folder again from a good place.",
    )
