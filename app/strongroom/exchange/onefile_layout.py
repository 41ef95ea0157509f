# SPDX-License-Identifier: Apache-2.0
"""A one-file bundle on disk: a plain ZIP whose every byte follows from its signed index (ADR 17).

* Anybody's archive tool opens it and anybody's scanner looks inside: stored entries, fixed dates,
  names of the layout. `OneFileReader` never believes its ZIP structures: it computes them.
* Entries lie in the order of the index, the index itself (``bundle.json``) last. Sizes and check
  sums follow each entry, so that it is written in one pass, also into an encrypted stream.
* ZIP64 fields stand only where a number does not fit; there is one spelling of every bundle.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

INDEX = "bundle.json"
LOCAL_BYTES = 30
DESCRIPTOR_BYTES = 16
END_BYTES = 22
_CENTRAL_BYTES = 46
_ZIP64_EXTRA_BYTES = 12
_ZIP64_END_BYTES, _ZIP64_LOCATOR_BYTES = 56, 20
_FLAGS = 0x0008  # size and check sum follow the content
_DATE = 0x0021  # 1 January 1980, the earliest a ZIP can say: nothing depends on a clock
_MADE_BY = 0x0314  # Unix, so that the mode below counts
_MODE = 0o100644 << 16
_BIG32, _BIG16 = 0xFFFFFFFF, 0xFFFF
_VERSION, _VERSION64 = 20, 45


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file in the archive: where its local header begins, its content's size and check sum."""

    path: str
    size_bytes: int
    crc32: int
    offset: int

    @property
    def content_offset(self) -> int:
        """Where its content begins."""
        return self.offset + LOCAL_BYTES + len(self.path)

    @property
    def end(self) -> int:
        """Where the next entry begins."""
        return self.content_offset + self.size_bytes + DESCRIPTOR_BYTES


def placed(files: Iterable[tuple[str, int, int]]) -> Iterator[Entry]:
    """Yields entries one after the other from path, size and check sum of each."""
    offset = 0
    for path, size_bytes, crc32 in files:
        entry = Entry(path=path, size_bytes=size_bytes, crc32=crc32, offset=offset)
        yield entry
        offset = entry.end


def local_header(path: str) -> bytes:
    """Returns what stands before an entry's content."""
    name = path.encode("ascii")
    return (
        struct.pack(
            "<4sHHHHHIIIHH", b"PK\x03\x04", _VERSION, _FLAGS, 0, 0, _DATE, 0, 0, 0, len(name), 0
        )
        + name
    )


def descriptor(size_bytes: int, crc32: int) -> bytes:
    """Returns what stands behind an entry's content."""
    return struct.pack("<4sIII", b"PK\x07\x08", crc32, size_bytes, size_bytes)


def directory(entries: Iterable[Entry]) -> bytes:
    """Returns the end of the archive: the central directory and what points to it."""
    listed = list(entries)
    start = listed[-1].end
    central = b"".join(map(_central, listed))
    end = bytearray(central)
    is_big = start >= _BIG32 or len(central) >= _BIG32 or len(listed) >= _BIG16
    if is_big:
        end += struct.pack(
            "<4sQHHIIQQQQ", b"PK\x06\x06", _ZIP64_END_BYTES - 12, _VERSION64, _VERSION64, 0, 0,
            len(listed), len(listed), len(central), start,
        )  # fmt: skip
        end += struct.pack("<4sIQI", b"PK\x06\x07", 0, start + len(central), 1)
    count = min(len(listed), _BIG16)
    end += struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count,
        min(len(central), _BIG32), min(start, _BIG32), 0,
    )  # fmt: skip
    return bytes(end)


def find_index(tail: bytes) -> tuple[int, int] | None:
    """Returns offset and size of the index from the last bytes of a file, None if it is no bundle.

    Only a hint: whoever reads computes the whole structure from the index and compares.

    Args:
        tail: The last `TAIL_BYTES` of the file, or all of it.
    """
    end = tail[-END_BYTES:]
    if len(end) < END_BYTES or end[:4] != b"PK\x05\x06":
        return None
    rest = tail[:-END_BYTES]
    if rest[-_ZIP64_LOCATOR_BYTES:][:4] == b"PK\x06\x07":
        rest = rest[: -_ZIP64_LOCATOR_BYTES - _ZIP64_END_BYTES]
    name = INDEX.encode()
    for extra in (0, _ZIP64_EXTRA_BYTES):
        record = rest[-(_CENTRAL_BYTES + len(name) + extra) :]
        is_last = record[:4] == b"PK\x01\x02"
        if is_last and record[_CENTRAL_BYTES : _CENTRAL_BYTES + len(name)] == name:
            size, offset = (
                struct.unpack_from("<I", record, 24)[0],
                struct.unpack_from("<I", record, 42)[0],
            )
            if extra:
                offset = struct.unpack_from("<Q", record, len(record) - 8)[0]
            return int(offset), int(size)
    return None


TAIL_BYTES = (
    END_BYTES
    + _ZIP64_LOCATOR_BYTES
    + _ZIP64_END_BYTES
    + _CENTRAL_BYTES
    + len(INDEX)
    + _ZIP64_EXTRA_BYTES
)


def _central(entry: Entry) -> bytes:
    name = entry.path.encode("ascii")
    is_far = entry.offset >= _BIG32
    extra = struct.pack("<HHQ", 1, 8, entry.offset) if is_far else b""
    return (
        struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", _MADE_BY, _VERSION64 if is_far else _VERSION,
            _FLAGS, 0, 0, _DATE, entry.crc32, entry.size_bytes, entry.size_bytes,
            len(name), len(extra), 0, 0, 0, _MODE, min(entry.offset, _BIG32),
        )
        + name
        + extra
    )  # fmt: skip
