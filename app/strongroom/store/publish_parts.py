# SPDX-License-Identifier: Apache-2.0
"""Putting a file together from its parts, so that an interruption costs one part at most.

* What lies there unfinished is hashed and gone on with; what is not a whole part is cut off.
* Each part is synced before the next; the whole is hashed on the disk before it gets its name.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

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
    settle,
    sync_file,
)

UNFINISHED = ".unfinished"  # the end of its name until it is whole
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)

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
        if has_content(final, file.size_bytes, file.sha256):
            settle(final, is_ours=False)
            return False
        make_folders(root, final.parent)
        descriptor = os.open(aside, _FLAGS, 0o644)
        try:
            parts = parts_of(file)
            for part in parts[_sound_parts(descriptor, parts) :]:
                _append_part(descriptor, part, open_part)
        finally:
            os.close(descriptor)
        if not has_content(aside, file.size_bytes, file.sha256):
            aside.unlink()  # each part is right and the whole is not: the manifest lies
            raise wrong_hash(file.path)
        is_new = place(aside, final, file.size_bytes, file.sha256, write_once=False)
        with suppress(OSError):
            aside.unlink()  # link() leaves the second name
        settle(final, is_ours=True)
        return is_new


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
