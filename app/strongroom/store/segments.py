# SPDX-License-Identifier: Apache-2.0
"""Names of trust files and log segments, and what a segment must hold to deserve its name.

* A name tells version or range and the digest of the content; a listing of names is the head.
* Only exact names count. Everything else in a folder is somebody else's and is not looked at.
* A file that disagrees with its name is refused as a file; its writer is not blamed for it.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from strongroom.domain.errors import BadInput, Untrusted
from strongroom.store.plainfile import too_large, wrong_hash

MAX_EVENT_BYTES = 256 * 1024  # a request with its gates and evidence has about 4 KiB
MAX_TRUST_BYTES = 4 * 1024 * 1024  # hundreds of people with their grants have under 1 MiB
MAX_MANIFEST_BYTES = 64 * 1024 * 1024  # 100,000 files of a tree, base64 in an envelope
MAX_SEGMENT_BYTES = 16 * 1024 * 1024  # read whole into memory; hashed in 20 ms
MAX_SEGMENT_LINES = 10_000  # what is verified in some 2.5 s between two reports of progress

_SEGMENT = re.compile(r"([0-9]{10})-([0-9]{10})\.([0-9a-f]{16})\.seg")
_TRUST = re.compile(r"([0-9]{8})\.([0-9a-f]{16})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFile:
    """A segment as listed: events ``first`` to ``last`` of a writer, by name; size in bytes.

    Nothing about its content is known before `Repository.read_segment` accepted it.
    """

    writer: str
    first: int
    last: int
    name: str
    size: int

    @property
    def path(self) -> str:
        """Where it lies in a repository."""
        return f"{log_folder(self.writer)}/{self.name}"

    @property
    def is_plausible(self) -> bool:
        """Whether size and range are within the limits, so that it may be read at all."""
        lines = self.last - self.first + 1
        return self.size <= MAX_SEGMENT_BYTES and lines <= MAX_SEGMENT_LINES and lines < self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFile:
    """A trust document as listed: version by name, path in the repository, size in bytes."""

    version: int
    path: str
    size: int


def log_folder(writer: str) -> str:
    """Returns the folder of a writer's segments."""
    return f"log/{writer[:2]}/{writer}"


def trust_name(version: int, data: bytes) -> str:
    """Returns the name of a trust document's file."""
    return f"{version:08d}.{short_digest(data)}.json"


def segment_name(first: int, lines: int, data: bytes) -> str:
    """Returns the name of a segment with so many lines."""
    return f"{first:010d}-{first + lines - 1:010d}.{short_digest(data)}.seg"


def short_digest(data: bytes) -> str:
    """Returns the first 16 hexadecimal digits of the SHA-256: what names carry."""
    return hashlib.sha256(data).hexdigest()[:16]


def parse_segment(writer: str, name: str, size: int) -> SegmentFile | None:
    """Reads a segment's name; None for a name that is not one."""
    match = _SEGMENT.fullmatch(name)
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    if not 1 <= first <= last:
        return None
    return SegmentFile(writer=writer, first=first, last=last, name=name, size=size)


def parse_trust(name: str, size: int) -> TrustFile | None:
    """Reads the name of a trust document's file; None for a name that is not one."""
    match = _TRUST.fullmatch(name)
    if match is None or int(match[1]) < 1:
        return None
    return TrustFile(version=int(match[1]), path=f"trust/{name}", size=size)


def check_size(file: SegmentFile) -> None:
    """Refuses a segment by its listing alone, before a byte of it is read.

    Raises:
        Untrusted: ``E-SIZE``.
    """
    if file.size > MAX_SEGMENT_BYTES:
        raise too_large(file.name, file.size, MAX_SEGMENT_BYTES)
    if not file.is_plausible:
        raise Untrusted(
            "E-SIZE",
            f"{file.name} claims {file.last - file.first + 1:,} events in {file.size:,} bytes",
            "It was not read. Ask whoever wrote it there what it is.",
        )


def split_segment(file: SegmentFile, data: bytes) -> list[bytes]:
    r"""Returns the lines of a segment, without their ends, if it is what its name says.

    Raises:
        Untrusted: ``E-HASH`` if digest or range disagree, ``E-FORMAT`` if lines do not end in
            one ``\n`` or one is empty, ``E-SIZE`` for a line over the limit of an event.
    """
    if short_digest(data) != file.name.split(".")[1]:
        raise wrong_hash(file.name)
    lines = data.split(b"\n")
    if lines.pop() or not all(lines):
        raise Untrusted(
            "E-FORMAT",
            f"{file.name} has an unfinished or an empty line",
            "It was written by another program; it was not taken in.",
        )
    if len(lines) != file.last - file.first + 1:
        raise wrong_hash(file.name)
    longest = max(map(len, lines))
    if longest > MAX_EVENT_BYTES:
        raise too_large(f"An event in {file.name}", longest, MAX_EVENT_BYTES)
    return lines


def pack_segments(first: int, lines: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Packs events ``first``, ``first`` + 1, … into as few segments as the limits allow.

    Yields:
        Name and content.

    Raises:
        BadInput: ``E-SIZE`` for an event over its limit, ``E-FORMAT`` for one that is no line.
    """
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if len(line) > MAX_EVENT_BYTES:
            raise BadInput(
                "E-SIZE",
                f"An event has {len(line):,} bytes where {MAX_EVENT_BYTES:,} are allowed",
                "Shorten its texts.",
            )
        if not line or b"\n" in line:
            raise BadInput("E-FORMAT", "An event is not one line", "It was not published.")
        if len(batch) == MAX_SEGMENT_LINES or size + len(line) + 1 > MAX_SEGMENT_BYTES:
            yield _pack(first, batch)
            first += len(batch)
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield _pack(first, batch)


def gap_free_head(files: Iterable[SegmentFile], refused: Collection[str] = ()) -> int:
    """Returns the last event up to which a writer's log lies there without a gap; 0 for none.

    Args:
        files: Segments of one writer; implausible ones do not count.
        refused: Names of segments whose content was refused: they hold nothing.
    """
    head = 0
    usable = (file for file in files if file.is_plausible and file.name not in refused)
    for file in sorted(usable, key=lambda file: file.first):
        if file.first > head + 1:
            break
        head = max(head, file.last)
    return head


def _pack(first: int, lines: Sequence[bytes]) -> tuple[str, bytes]:
    data = b"\n".join(lines) + b"\n"
    return segment_name(first, len(lines), data), data
