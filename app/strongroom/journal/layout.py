# SPDX-License-Identifier: Apache-2.0
"""The bytes of a journal file (formats.md F1): one place that packs and unpacks them.

* Little-endian. A 64-byte header, then records that start on 32-byte boundaries.
* Each record carries the CRC-32 of everything in it but the checksum itself.
* A metric is exactly one 32-byte slot; its eight value bytes are kept as they are, NaN payloads
  included. Everything else is a length-prefixed JSON body padded with zeros.
"""

import json
import math
import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import starmap
from typing import Any

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted

MAGIC = b"SRJOURN1"
VERSION = 1
HEADER_BYTES = 64
SLOT_BYTES = 32
PREFIX_BYTES = 16  # checksum, kind, length and reserved word of a record that is not a metric
MAX_KEY_ID = 0xEFFF_FFFF
KIND_BASE = 0xF000_0000
MAX_BODY_BYTES = 1 << 20  # a longer text is an artifact; also what a reader will hold for one body
MAX_STEP = (1 << 63) - 1
MIN_STEP = -(1 << 63)

JOURNAL_SUFFIX = ".srj"
PACK_SUFFIX = ".pack"
PACK_MAGIC = b"SRPACK01" + bytes(8)
OBJECT_FOLDER = "obj"
UNFINISHED_SUFFIX = ".unfinished"  # of a large artifact that a program is copying
WANTED_SUFFIX = ".wanted"  # beside it: which artifact it is to become
RUN_FILE = "run.json"
RUN_FORMAT = 1

HEADER = struct.Struct("<8sHHI16s8sq12sI")
METRIC_TAIL = struct.Struct("<Iqqd")
OTHER_TAIL = struct.Struct("<III")
CHECKSUM = struct.Struct("<I")
_FEW = 8  # points that are packed faster one by one than column after column
_SUMMED = struct.Struct("4x28s")  # what a slot's checksum covers
_TEXT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Kind(IntEnum):
    """What a record that is not a metric says."""

    KEY = 1
    PARAM = 2
    TAG = 3
    INPUT = 4
    ARTIFACT = 5
    STATUS = 6
    HEARTBEAT = 7
    END = 8
    NOTE = 9
    MOVE = 10
    PROCESS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first 64 bytes: who writes, into which run, since when (microseconds UTC)."""

    run_id: str
    writer: str
    pid: int
    created_us: int
    boot_id: str = ""
    says_alive: bool = True
    """Whether its silence says that it is gone: it writes heartbeats, or nobody can ask for it."""


def pack_header(header: Header) -> bytes:
    """Returns the 64 bytes of a header; the boot id keeps its first 12 ASCII characters."""
    boot = header.boot_id.encode("ascii", "ignore")[:12]
    body = HEADER.pack(
        MAGIC,
        VERSION,
        0,
        header.pid & 0xFFFF_FFFF,
        bytes.fromhex(header.run_id),
        bytes.fromhex(header.writer),
        header.created_us,
        boot,
        0,
    )[:-4]
    return body + CHECKSUM.pack(zlib.crc32(body))


def unpack_header(data: bytes) -> Header:
    """Reads a header.

    Raises:
        Untrusted: ``E-HASH`` if the bytes were changed, ``E-FORMAT`` for an unknown version.
    """
    if len(data) < HEADER_BYTES or not data.startswith(MAGIC):
        raise _unreadable("E-FORMAT", "it does not begin like a journal")
    _, version, flags, pid, run, writer, created, boot, crc = HEADER.unpack(data[:HEADER_BYTES])
    if zlib.crc32(data[: HEADER_BYTES - 4]) != crc:
        raise _unreadable("E-HASH", "the checksum of its header differs")
    if version > VERSION:
        raise _unreadable("E-FORMAT", f"a newer Strongroom wrote it (version {version})")
    if version != VERSION or flags:
        raise _unreadable("E-FORMAT", f"it has version {version} and flags {flags}")
    return Header(
        run_id=run.hex(),
        writer=writer.hex(),
        pid=pid,
        created_us=created,
        boot_id=boot.rstrip(b"\0").decode("ascii", "replace"),
    )


def pack_metric(key_id: int, step: int, time_us: int, value: float) -> bytes:
    """Returns the 32 bytes of one metric point.

    Raises:
        struct.error: If a number does not fit its field.
    """
    tail = METRIC_TAIL.pack(key_id, step, time_us, value)
    return CHECKSUM.pack(zlib.crc32(tail)) + tail


def pack_metrics(
    key_ids: Iterable[int], steps: Iterable[int], times_us: Iterable[int], values: Sequence[float]
) -> bytearray:
    """Returns the slots of many metric points, a column at a time: no loop runs in Python.

    Raises:
        TypeError, OverflowError: If a number does not fit its field.
        ValueError: If the columns differ in length.
    """
    data = bytearray(len(values) * SLOT_BYTES)
    if data:
        slots = memoryview(data)
        slots.cast("I")[1::8] = _column("I", key_ids)
        slots.cast("q")[1::4] = _column("q", steps)
        slots.cast("q")[2::4] = _column("q", times_us)
        slots.cast("d")[3::4] = _column("d", values)
        sums = starmap(zlib.crc32, _SUMMED.iter_unpack(data))
        slots.cast("I")[0::8] = _column("I", sums)
    return data


def pack_row(
    key_ids: Sequence[int], step: int, time_us: int, values: Sequence[float]
) -> bytes | bytearray:
    """Returns the slots of one point of each of several metrics, of one step and time.

    Raises:
        struct.error, TypeError, OverflowError: If a number does not fit its field.
        ValueError: If the columns differ in length.
    """
    count = len(key_ids)
    if count > _FEW:
        steps, times = array("q", (step,)) * count, array("q", (time_us,)) * count
        return pack_metrics(key_ids, steps, times, values)
    pack, summed, sealed = METRIC_TAIL.pack, zlib.crc32, CHECKSUM.pack
    slots: list[bytes] = []
    for key_id, value in zip(key_ids, values, strict=True):
        tail = pack(key_id, step, time_us, value)
        slots += (sealed(summed(tail)), tail)
    return b"".join(slots)


def _column(kind: str, numbers: Iterable[Any]) -> memoryview:
    is_there = isinstance(numbers, array) and numbers.typecode == kind
    if sys.byteorder == "big":
        column = array(kind, numbers)
        column.byteswap()
        return memoryview(column)
    return memoryview(numbers if is_there else array(kind, numbers))  # type: ignore[arg-type]


def pack_other(kind: int, body: JsonValue) -> bytes:
    """Returns a record that is not a metric, padded to whole slots.

    Raises:
        ValueError: If the body is longer than `MAX_BODY_BYTES` or is no JSON.
    """
    data = _TEXT.encode(plain(body)).encode("utf-8", "replace")
    if len(data) > MAX_BODY_BYTES:
        raise ValueError(f"a record of {len(data):,} bytes where {MAX_BODY_BYTES:,} are allowed")
    tail = OTHER_TAIL.pack(KIND_BASE + kind, len(data), 0) + data
    tail += bytes(-(len(tail) + 4) % SLOT_BYTES)
    return CHECKSUM.pack(zlib.crc32(tail)) + tail


def other_bytes(length: int) -> int:
    """Returns how many bytes a record with a body of this length takes on disk."""
    return PREFIX_BYTES + length + -(PREFIX_BYTES + length) % SLOT_BYTES


def plain(value: JsonValue) -> JsonValue:
    """Returns the value with numbers that JSON cannot say written as NaN, Infinity, -Infinity."""
    if type(value) is str or type(value) is int:  # most of what is logged
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {  # a look at the type here spares most members a call
            str(key): item if type(item) is str or type(item) is int else plain(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _unreadable(code: str, why: str) -> Untrusted:
    return Untrusted(
        code,
        f"A journal file cannot be read: {why}",
        "Copy the run folder again from where it was written; other files of the run were read.",
    )
