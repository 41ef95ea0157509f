# SPDX-License-Identifier: Apache-2.0
"""Putting a file together from its parts, so that an interruption costs one part at most.

* What lies there unfinished is hashed and gone on with; what is not a whole part is cut off.
* One process at a time has the unfinished file; another one meanwhile makes its own, from nothing.
* Each part is synced before the next; the whole is hashed on the disk before it gets its name.
"""

import hashlib
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path

from strongroom.disk.descriptor_lock import hold_now
from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.parts import Part, parts_of
from strongroom.domain.progress import Silent
from strongroom.store.faults import explained
from strongroom.store.plainfile import CHUNK_BYTES, has_content, wrong_hash
from strongroom.store.publish import (
    Source,
    checked_path,
    copy_source,
    make_folders,
    place,
    publish_file,
    settle,
    sync_file,
)

UNFINISHED = ".unfinished"  # the end of its name until it is whole
_TRIES = 5  # somebody may finish it between two looks

PartOpener = Callable[[Part], AbstractContextManager[Source]]
"""Opens one part of a file for one pass."""


def publish_parts(root: Path, relative: str, file: ArtifactFile, open_part: PartOpener) -> bool:
    """Puts a file together from its parts; True if it is new. It appears whole or not at all.

    What was put together before an interruption is hashed and gone on with: it costs one part.

    Args:
        root: An existing folder.
        relative: Path below it, as for `publish_file`.
        file: The file, cut into parts.
        open_part: Opens a part for one pass; it is not believed.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``; whole parts are kept for the next time.
        Untrusted: ``E-HASH`` if a part or the whole is not what was promised; ``E-PATH``.
    """
    final = checked_path(root, relative)
    aside = final.with_name(f"{final.name}{UNFINISHED}")
    with explained(root):
        for _ in range(_TRIES):
            if has_content(final, file.size_bytes, file.sha256):
                _remove_leftover(aside)
                settle(final, is_ours=False)
                return False
            make_folders(root, final.parent)
            if (descriptor := hold_now(aside)) is None:
                break  # never waited for: whoever has it may have been stopped
            is_new: bool | None = None
            try:
                is_finished = _has_its_name(descriptor, final) or has_content(
                    final, file.size_bytes, file.sha256
                )
                if not is_finished:
                    is_new = _put_together(descriptor, aside, final, file, open_part)
            finally:
                os.close(descriptor)
            _remove_leftover(aside)
            if is_finished:  # by somebody else, who may have been stopped before unlink()
                continue
            if is_new is None:
                raise wrong_hash(file.path)
            settle(final, is_ours=True)
            return is_new
    with closing(_pieces(file, open_part)) as pieces:
        return publish_file(root, relative, _Joined(pieces), file.size_bytes, file.sha256)


def _put_together(
    descriptor: int, aside: Path, final: Path, file: ArtifactFile, open_part: PartOpener
) -> bool | None:
    """Appends what is missing to a file that nobody else has, and gives it its name.

    Returns whether it is new; None if each part is right and the whole is not: the manifest lies.
    """
    parts = parts_of(file)
    for part in parts[_sound_parts(descriptor, parts) :]:
        _append_part(descriptor, part, open_part)
    if not has_content(aside, file.size_bytes, file.sha256):
        return None
    return place(aside, final, file.size_bytes, file.sha256, write_once=False)


def _has_its_name(descriptor: int, final: Path) -> bool:
    """Whether a file is a blob already: what is written to it then is written to the blob."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(final))
    except FileNotFoundError:
        return False


def _remove_leftover(aside: Path) -> None:
    """Removes what lies aside of a file that needs it no more, unless somebody has it."""
    with suppress(OSError):
        if (descriptor := hold_now(aside, os.O_RDWR)) is not None:
            os.close(descriptor)  # Windows removes no open file
            aside.unlink()


def _sound_parts(descriptor: int, parts: Sequence[Part]) -> int:
    """Returns how many parts an unfinished file holds, from its beginning."""
    for number, part in enumerate(parts):
        running, left = hashlib.sha256(), part.size_bytes
        os.lseek(descriptor, part.offset, os.SEEK_SET)
        while left and (piece := os.read(descriptor, min(CHUNK_BYTES, left))):
            running.update(piece)
            left -= len(piece)
        if left or running.hexdigest() != part.sha256:
            return number
    return len(parts)


def _append_part(descriptor: int, part: Part, open_part: PartOpener) -> None:
    """Writes one part where it belongs and syncs it; what is not the part is cut off again."""
    os.ftruncate(descriptor, part.offset)
    os.lseek(descriptor, part.offset, os.SEEK_SET)
    try:
        with open_part(part) as source:
            copy_source(descriptor, source, part.size_bytes, part.sha256, Silent())
    except BaseException:
        with suppress(OSError):
            os.ftruncate(descriptor, part.offset)
        raise
    sync_file(descriptor)


def _pieces(file: ArtifactFile, open_part: PartOpener) -> Generator[bytes, None, None]:
    """Yields what the parts of a file hold, one part after the other."""
    for part in parts_of(file):
        with open_part(part) as source:
            while piece := source.read(CHUNK_BYTES):
                yield piece


class _Joined:
    """The parts of a file as one source."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int, /) -> bytes:
        piece = next(self._pieces, b"")
        assert len(piece) <= size  # noqa: S101 - both sides read pieces of CHUNK_BYTES
        return piece
