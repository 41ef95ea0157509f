# SPDX-License-Identifier: Apache-2.0
"""The directory of a ZIP from outside, walked once, by us: one archive for whoever reads it.

* Every record is counted, also those of folders; there are as many as its end says, and nothing
  behind them.
* Whatever stands there twice must agree. Programs settle a disagreement each in its own way, and
  the site's scanner would see another archive than we do.
* No two entries share a byte.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import FileIO

from strongroom.domain.errors import Untrusted
from strongroom.exchange.zip_end import find_end, read_at, unreadable

IS_UTF8 = 0x800
LOCAL_BYTES = 30
_CENTRAL, _CENTRAL_BYTES = b"PK\1\2", 46
_BIG16, _BIG32 = 0xFFFF, 0xFFFF_FFFF
_ZIP64, _UNICODE_NAME = 0x0001, 0x7075


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the directory says of one entry; ``offset`` is where its own header begins."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    mode: int
    size_bytes: int
    packed_bytes: int
    offset: int

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, which every program tells by the slash."""
        return self.name.endswith("/")


def read_directory(file: FileIO, name: str) -> list[Record]:
    """Returns everything a ZIP lists, folders too, in the order of its directory.

    Args:
        file: The open ZIP.
        name: What it is called in a refusal.

    Raises:
        Untrusted: ``E-FORMAT`` if it is no ZIP, is damaged or disagrees with itself; ``E-SIZE`` if
            it lists too much; ``E-BOMB`` if entries share bytes.
        OSError: If it cannot be read.
    """
    end = find_end(file, name)
    directory = read_at(file, end.offset, end.size_bytes)
    try:
        records = list(_walk(directory, end.entries))
    except (struct.error, ValueError) as error:
        raise unreadable(name, "its directory is damaged") from error
    _check_places(records, end.offset, name)
    return records


def _walk(directory: bytes, entries: int) -> Iterator[Record]:
    """Yields the records of a directory, which must be so many and fill it.

    Raises:
        ValueError, struct.error: If they do not, or one is damaged.
    """
    at = 0
    for _ in range(entries):
        if directory[at : at + 4] != _CENTRAL:
            raise ValueError("a record is missing")
        flags, method, packed, size, name_size, extra_size, comment_size, disk, mode, offset = (
            struct.unpack_from("<4x4x2H8x2I3HH2x2I", directory, at)
        )
        start = at + _CENTRAL_BYTES
        at = start + name_size + extra_size + comment_size
        if at > len(directory):
            raise ValueError("a record is cut off")
        raw_name = directory[start : start + name_size]
        extras = _extras(directory[start + name_size : start + name_size + extra_size])
        size, packed, offset, disk = _long(extras.get(_ZIP64), size, packed, offset, disk)
        if disk:
            raise ValueError("it lies in another volume")
        yield Record(
            raw_name=raw_name,
            name=_name(raw_name, flags, extras.get(_UNICODE_NAME)),
            flags=flags,
            method=method,
            mode=mode >> 16,
            size_bytes=size,
            packed_bytes=packed,
            offset=offset,
        )
    if at != len(directory):
        raise ValueError("there is more than it lists")


def _extras(data: bytes) -> dict[int, bytes]:
    """Returns the additional fields of a record by their kind; those we read stand once."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):  # some programs fill up with a few zeros
        kind, size = struct.unpack_from("<2H", data, at)
        at += 4 + size
        if at > len(data):
            raise ValueError("an additional field is cut off")
        if kind in found and kind in {_ZIP64, _UNICODE_NAME}:
            raise ValueError("an additional field is there twice")
        found[kind] = data[at - size : at]
    return found


def _long(
    extra: bytes | None, size: int, packed: int, offset: int, disk: int
) -> tuple[int, int, int, int]:
    """Returns sizes, place and volume with those that stand in the ZIP64 field."""
    values, at = [], 0
    limits = ((size, _BIG32, "<Q"), (packed, _BIG32, "<Q"), (offset, _BIG32, "<Q"))
    for value, limit, form in (*limits, (disk, _BIG16, "<I")):
        if value == limit and extra is not None:
            (value,) = struct.unpack_from(form, extra, at)  # noqa: PLW2901 - the long form of it
            at += struct.calcsize(form)
        elif value == limit and limit == _BIG32:
            raise ValueError("a number does not fit and stands nowhere else")
        values.append(value)
    return values[0], values[1], values[2], values[3]


def _name(raw: bytes, flags: int, unicode_name: bytes | None) -> str:
    """Returns what an entry is called, by whichever of its names somebody reads it."""
    name = raw.decode("utf-8" if flags & IS_UTF8 else "cp437")
    if unicode_name is None or len(unicode_name) < 5:
        return name
    other = unicode_name[5:].decode("utf-8")
    is_of_this_name = struct.unpack_from("<I", unicode_name, 1)[0] == zlib.crc32(raw)
    if is_of_this_name and other != name and (raw.isascii() or other.isascii()):
        raise ValueError("it has two names")
    return name


def _check_places(records: Sequence[Record], end: int, name: str) -> None:
    """Refuses entries that share bytes with each other or with the directory."""
    before = 0
    for record in sorted(records, key=lambda record: record.offset):
        if record.offset < before:
            raise Untrusted(
                "E-BOMB",
                f"{name} holds entries that lie over each other",
                "Nothing was unpacked. Ask whoever made the ZIP what it is.",
            )
        before = record.offset + LOCAL_BYTES + len(record.raw_name) + record.packed_bytes
    if before > end:
        raise unreadable(name, "an entry reaches into its directory")
