# SPDX-License-Identifier: Apache-2.0
"""Puts bytes of artifacts back that were damaged or lost, found right by their digest.

* Nothing is believed: bytes from elsewhere count if they have the digest that was logged.
* A file appears whole or not at all; what was damaged gives way only to bytes that are right.
* A pack is written anew with the right bytes in the old places. A pack that is gone is put
  together again if all of it is at hand and its sealed digest says so; otherwise the artifacts go
  to the store's blobs, where reading finds them.
"""

import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from filelock import Timeout

from strongroom.disk.whole_file import written_whole
from strongroom.domain.errors import EnvironmentFault, Refused, Untrusted
from strongroom.domain.progress import Progress
from strongroom.journal.content import StoredArtifact
from strongroom.journal.layout import PACK_MAGIC
from strongroom.store.artifacts import verified_pieces
from strongroom.store.blobs import Blobs
from strongroom.store.plainfile import is_plain
from strongroom.store.publish import Source, publish_file, set_aside
from strongroom.store.run_state import read_sealed
from strongroom.store.sealing import run_lock

MAX_SLICE_BYTES = 16 << 20  # of one artifact in a pack; the SDK puts up to 1 MiB there


def damage_of(
    folder: Path, artifact: StoredArtifact, blobs: Path, progress: Progress
) -> Untrusted | None:
    """Reads an artifact through and returns what does not hold, None if all does.

    Raises:
        Cancelled: Between two pieces.
    """
    done = 0
    try:
        for piece in verified_pieces(folder, artifact, blobs=blobs):
            done += len(piece)
            progress.step(done, artifact.size_bytes, f"Reading {artifact.path}")
    except Untrusted as error:
        return error
    except OSError as error:
        why = str(error.strerror or error)
        return Untrusted("E-MISSING", f"{artifact.path} cannot be read: {why}", "")
    return None


def is_packed(artifact: StoredArtifact) -> bool:
    """Whether an artifact lies in a pack beside others."""
    return not artifact.container.startswith("obj/")


def mend_whole(
    folder: Path, artifact: StoredArtifact, blobs: Path, source: Source, progress: Progress
) -> None:
    """Writes an artifact that has a file of its own again, where reading looks for it.

    Raises:
        Untrusted: ``E-HASH`` if the source holds other bytes; nothing changes then.
        EnvironmentFault: ``E-FULL``, ``E-STORE``, ``E-SHARE``.
    """
    size, sha256 = artifact.size_bytes, artifact.sha256
    blob = Blobs(blobs)
    if not os.path.lexists(folder / artifact.container) and os.path.lexists(blob.path(sha256)):
        blob.put(sha256, source, size, progress)  # a run that was pulled keeps its bytes there
        return
    publish_file(folder, f"obj/{sha256}", source, size, sha256, progress=progress)


def mend_pack(
    folder: Path,
    container: str,
    artifacts: Sequence[StoredArtifact],
    right: Mapping[str, bytes],
    blobs: Path,
) -> None:
    """Puts right bytes of artifacts into a pack, or into blobs where the pack is gone.

    Args:
        folder: The run folder; nobody may be logging into it.
        container: The pack's name.
        artifacts: All artifacts that lie in the pack.
        right: Bytes by digest, of those that are to be put right.
        blobs: The store's blobs.

    Raises:
        Refused: ``E-LIVE`` if another program is changing the run.
        EnvironmentFault: ``E-FULL``, ``E-STORE``.
    """
    path = folder / container
    try:
        with run_lock(folder):
            if os.path.lexists(path) and not is_plain(path):
                set_aside(path)
            if path.exists():
                _rewrite(path, artifacts, right)
            elif not _assembled(folder, container, artifacts, right, blobs):
                for sha256, data in right.items():
                    Blobs(blobs).put(sha256, io.BytesIO(data), len(data))
    except Timeout as error:
        raise Refused(
            "E-LIVE", "Another program is changing this run", "Repeat when it is done."
        ) from error


def slice_of(source: Source, artifact: StoredArtifact) -> bytes:
    """Returns the bytes of a packed artifact from a source that stands at its first byte.

    Raises:
        Untrusted: ``E-HASH`` for other bytes, ``E-SIZE`` for an artifact no pack holds.
    """
    if artifact.size_bytes > MAX_SLICE_BYTES:
        raise Untrusted("E-SIZE", f"{artifact.path} is too large for a pack", "")
    data = bytearray()
    while len(data) < artifact.size_bytes:
        piece = source.read(artifact.size_bytes - len(data))
        if not piece:
            break
        data += piece
    if hashlib.sha256(data).hexdigest() != artifact.sha256:
        raise Untrusted("E-HASH", f"The copy of {artifact.path} is damaged too", "")
    return bytes(data)


def _rewrite(path: Path, artifacts: Sequence[StoredArtifact], right: Mapping[str, bytes]) -> None:
    """Writes a pack anew, with right bytes where others stood."""
    try:
        with written_whole(path) as aside:
            shutil.copyfile(path, aside)
            with aside.open("r+b") as stream:
                stream.write(PACK_MAGIC)
                for artifact in artifacts:
                    if (data := right.get(artifact.sha256)) is not None:
                        stream.seek(artifact.offset)
                        stream.write(data)
    except OSError as error:
        raise EnvironmentFault(
            "E-STORE", f"{path.name} cannot be written ({error.strerror})", "Nothing was changed."
        ) from error


def _assembled(
    folder: Path,
    container: str,
    artifacts: Sequence[StoredArtifact],
    right: Mapping[str, bytes],
    blobs: Path,
) -> bool:
    """Puts a pack together from all its artifacts if the sealed digest says it is the same."""
    found = read_sealed(folder)
    files = found[0]["files"] if found else ()
    sealed = next((item for item in files if item["path"] == container), None)
    if sealed is None:
        return False
    running, size = hashlib.sha256(), 0
    for piece in _laid_out(artifacts, right, Blobs(blobs)):
        running.update(piece)
        size += len(piece)
    if (running.hexdigest(), size) != (sealed["sha256"], sealed["size"]):
        return False
    with written_whole(folder / container) as aside, aside.open("wb") as stream:
        for piece in _laid_out(artifacts, right, Blobs(blobs)):
            stream.write(piece)
    return True


def _laid_out(
    artifacts: Sequence[StoredArtifact], right: Mapping[str, bytes], blobs: Blobs
) -> Iterator[bytes]:
    """Yields a pack from its beginning; ends at the first place nobody knows the bytes of."""
    yield PACK_MAGIC
    at = len(PACK_MAGIC)
    for artifact in sorted(artifacts, key=lambda each: each.offset):
        if artifact.offset < at:  # two artifacts of the same bytes share a place
            continue
        data = right.get(artifact.sha256)
        if data is None and blobs.has(artifact.sha256):
            with blobs.open(artifact.sha256) as stream:
                data = stream.read(MAX_SLICE_BYTES)
        if artifact.offset > at or data is None:
            return
        yield data
        at += len(data)
