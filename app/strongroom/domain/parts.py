# SPDX-License-Identifier: Apache-2.0
"""Files too large for one object: cut into parts that ``cat`` puts together again.

* All parts but the last have one size, a power of two; which one follows from the file's size and
  the number of its parts, so that a manifest need not say it.
* The file keeps its own digest: ``cat parts | sha256sum`` gives it, with no program of ours.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from strongroom.domain.artifact import ArtifactFile

PART_BYTES = 1 << 30  # every file system we meet takes it; FAT32 ends below 4 GiB
LEAST_PART_BYTES = 1 << 16  # below it the names cost more than the parts
MAX_PARTS = 16_384  # a name of each stands in the manifest
MAX_FILE_BYTES = MAX_PARTS * PART_BYTES  # 16 TiB: a larger file could never be carried


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a file that is one object: its digest, where it begins, its size in bytes."""

    sha256: str
    offset: int
    size_bytes: int


def parts_of(file: ArtifactFile) -> tuple[Part, ...]:
    """Returns the objects a file consists of, in order; the file itself if it is not cut.

    Raises:
        ValueError: If so many parts cannot make a file of this size.
    """
    if not file.parts:
        return (Part(sha256=file.sha256, offset=0, size_bytes=file.size_bytes),)
    step = part_bytes(file.size_bytes, len(file.parts))
    return tuple(
        Part(
            sha256=sha256,
            offset=number * step,
            size_bytes=min(step, file.size_bytes - number * step),
        )
        for number, sha256 in enumerate(file.parts)
    )


def part_bytes(size_bytes: int, count: int) -> int:
    """Returns the size of all parts but the last: the one power of two that makes this many.

    Half of it would make more parts, twice as much fewer: there is never a second answer.

    Raises:
        ValueError: If there is none, or it is out of bounds.
    """
    if not 2 <= count <= MAX_PARTS:
        raise ValueError("a file is cut into two parts or more, within reason")
    found = 1 << (-(-size_bytes // count) - 1).bit_length()
    if -(-size_bytes // found) != count or not LEAST_PART_BYTES <= found <= PART_BYTES:
        raise ValueError("parts of no size make this file")
    return found


def cut(file: ArtifactFile, pieces: Iterable[bytes], step: int = PART_BYTES) -> ArtifactFile:
    """Returns the file with its parts named if it is larger than one.

    Args:
        file: The file; its size decides, and its pieces are not read if it is small.
        pieces: Its bytes, front to back.
        step: The size of a part: a power of two.

    Raises:
        ValueError: If the pieces are not as long as the file.
    """
    if file.size_bytes <= step:
        return file
    names: list[str] = []
    running, left, total = hashlib.sha256(), step, 0
    for piece in pieces:
        view = memoryview(piece)
        total += len(view)
        while view:
            running.update(view[:left])
            done = min(left, len(view))
            view, left = view[done:], left - done
            if not left:
                names.append(running.hexdigest())
                running, left = hashlib.sha256(), step
    if left != step:
        names.append(running.hexdigest())
    if total != file.size_bytes:
        raise ValueError("it has another size")
    return replace(file, parts=tuple(names))
