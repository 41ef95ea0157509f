# SPDX-License-Identifier: Apache-2.0
"""Where a ZIP from outside says that its directory lies, if it says one thing only.

* Sizes are looked at before anything is read.
* The end record, the locator and the record of ZIP64 must agree, lie behind each other, and end
  with the file: some programs look for the last end, some for the first that fits.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO

from strongroom.domain.artifact import MAX_FILES
from strongroom.domain.errors import Untrusted

MAX_ENTRIES = MAX_FILES  # files and folders; some 100 MiB of memory while they are checked
MAX_DIRECTORY_BYTES = 64 << 20  # 600 bytes an entry; ours need 180
_END, _END_64, _LOCATOR = b"PK\5\6", b"PK\6\6", b"PK\6\7"
_END_BYTES, _END_64_BYTES, _LOCATOR_BYTES = 22, 56, 20
_TAIL_BYTES = _END_64_BYTES + _LOCATOR_BYTES + _END_BYTES + 65_535  # with the longest comment
_BIG16, _BIG32 = 0xFFFF, 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where the directory lies, and how many entries it lists."""

    entries: int
    size_bytes: int
    offset: int


def find_end(file: FileIO, name: str) -> End:
    """Returns what the end of a ZIP says of its directory, which lies whole inside it.

    Args:
        file: The open ZIP.
        name: What it is called in a refusal.

    Raises:
        Untrusted: ``E-FORMAT`` if it is no ZIP or has two directories; ``E-SIZE`` if it lists too
            much.
        OSError: If it cannot be read.
    """
    size = os.fstat(file.fileno()).st_size
    start = max(0, size - _TAIL_BYTES)
    tail = read_at(file, start, size - start)
    at = tail.rfind(_END)
    ends = [place for place in _places(tail, _END) if _is_end(tail, place)]
    if ends != [at]:  # some look for the last one, some for one whose comment fits
        raise unreadable(name, "it has two ends" if ends else "it is no ZIP")
    disk, first_disk, here, entries, directory, offset = struct.unpack_from("<4H2I", tail, at + 4)
    end = End(entries=entries, size_bytes=directory, offset=offset)
    ends_at = start + at
    locator = tail[max(0, at - _LOCATOR_BYTES) : at]
    if locator[:4] == _LOCATOR:
        ends_at -= _LOCATOR_BYTES + _END_64_BYTES
        end = _end_64(tail[: at - _LOCATOR_BYTES], locator, ends_at, end, name)
    elif disk or first_disk:
        raise unreadable(name, "it is one of several volumes")
    if here != entries:
        raise unreadable(name, "it is one of several volumes")
    if end.entries > MAX_ENTRIES or end.size_bytes > MAX_DIRECTORY_BYTES:
        raise Untrusted(
            "E-SIZE",
            f"{name} lists {end.entries:,} entries in {end.size_bytes:,} bytes",
            f"Unpack it and pull from the folder; a ZIP may list {MAX_ENTRIES:,}.",
        )
    if end.offset + end.size_bytes != ends_at:
        raise unreadable(name, "its directory does not lie where its end says")
    return end


def unreadable(name: str, why: str) -> Untrusted:
    """Returns the refusal of a ZIP that is damaged or uses what we do not read."""
    return Untrusted(
        "E-FORMAT", f"{name} cannot be read: {why}", "Pack the folder again, or pull from it."
    )


def read_at(file: FileIO, offset: int, size: int) -> bytes:
    """Returns bytes of the file, fewer only at its end."""
    file.seek(offset)
    pieces = bytearray()
    while len(pieces) < size and (piece := file.read(size - len(pieces))):
        pieces += piece
    return bytes(pieces)


def _end_64(before: bytes, locator: bytes, place: int, short: End, name: str) -> End:
    """Returns what the ZIP64 record says, which must be the one that everybody finds."""
    record = before[-_END_64_BYTES:]
    disk, at, disks = struct.unpack("<IQI", locator[4:])
    if len(record) != _END_64_BYTES or record[:4] != _END_64 or (disk, at) != (0, place):
        raise unreadable(name, "it has two directories")
    size, _, _, disk, first_disk, here, entries, directory, offset = struct.unpack(
        "<Q2H2I4Q", record[4:]
    )
    if (disk, first_disk) != (0, 0) or disks > 1 or here != entries or size != _END_64_BYTES - 12:
        raise unreadable(name, "it is one of several volumes, or packed in a later way")
    found = End(entries=entries, size_bytes=directory, offset=offset)
    is_agreed = (
        short.entries in {entries, _BIG16}
        and short.size_bytes in {directory, _BIG32}
        and short.offset in {offset, _BIG32}
    )
    if not is_agreed:
        raise unreadable(name, "it has two directories")
    return found


def _places(data: bytes, wanted: bytes) -> Iterator[int]:
    at = data.find(wanted)
    while at >= 0:
        yield at
        at = data.find(wanted, at + 1)


def _is_end(tail: bytes, at: int) -> bool:
    """Whether an end record stands there, whose comment is the rest of the file."""
    if len(tail) - at < _END_BYTES:
        return False
    (comment,) = struct.unpack_from("<H", tail, at + 20)
    return bool(at + _END_BYTES + comment == len(tail))
