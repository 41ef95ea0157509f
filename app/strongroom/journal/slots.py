# SPDX-License-Identifier: Apache-2.0
"""Finds the good records in a stretch of journal bytes, a million slots at a time.

* CRC-32 is linear: the checksum of a slot is the XOR of one table entry for each 16-bit word of
  it and of the checksum of zeros. So numpy checks all slots at once.
* A slot that fails is skipped alone. Bytes inside the body of a good record are never read as
  records of their own.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from strongroom.journal.layout import (
    CHECKSUM,
    KIND_BASE,
    MAX_BODY_BYTES,
    OTHER_TAIL,
    PREFIX_BYTES,
    SLOT_BYTES,
    other_bytes,
)

SLOT = np.dtype(
    [("crc", "<u4"), ("key", "<u4"), ("step", "<i8"), ("time_us", "<i8"), ("value", "<f8")]
)
_HEADS = np.dtype(
    [("crc", "<u4"), ("key", "<u4"), ("length", "<u4"), ("reserved", "<u4"), ("rest", "V16")]
)
Slots = npt.NDArray[np.void]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
_PREFIX = struct.Struct(CHECKSUM.format + OTHER_TAIL.format[1:])
_HEAD = struct.Struct(f"{_PREFIX.format}{SLOT_BYTES - PREFIX_BYTES}x")  # a whole slot
_WORDS = (SLOT_BYTES - 4) // 2
_BLOCK = 1 << 15  # slots checked at once: one block and its sums stay in the processor's cache

_FEW = 256  # slots that are summed faster one by one than by looking up tables
_PATIENCE = 64  # how often the whole stretch may be summed in vain for records made to look long


class Other(NamedTuple):
    """A good record that is not a metric: its first slot, its kind and the bytes of its body."""

    slot: int
    kind: int
    body: bytes


_new_other = partial(tuple.__new__, Other)  # as `_make`, for thousands: half the time


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a stretch holds: all slots, which are good metrics, the others, and bad ranges."""

    slots: Slots
    metrics: Places
    others: tuple[Other, ...]
    bad: tuple[tuple[int, int], ...]
    tail_slot: int
    """The first slot after the last good record; everything from here on is torn."""


def scan(data: bytes | bytearray | memoryview) -> Scan:
    """Sorts the slots of a stretch that begins on a record boundary into good and bad."""
    count = len(data) // SLOT_BYTES
    slots: Slots = np.frombuffer(data, SLOT, count)
    if count <= _FEW:
        return _scan_few(bytes(data), slots)
    is_good = slots["crc"] == slot_checksums(slots)
    keys = slots["key"]
    is_metric = is_good & (keys < KIND_BASE) & (keys > 0)
    is_taken = is_metric.copy()
    others = []
    view = memoryview(data)
    free_from = 0
    patience = _PATIENCE * len(data) + MAX_BODY_BYTES
    for slot in np.flatnonzero(keys >= KIND_BASE).tolist():
        if slot < free_from or patience < 0:
            continue
        other = _other(view, slot)
        if other is None:
            patience -= min(MAX_BODY_BYTES, len(data) - slot * SLOT_BYTES)
            continue
        free_from = slot + other_bytes(len(other.body)) // SLOT_BYTES
        is_metric[slot:free_from] = False
        is_taken[slot:free_from] = True
        others.append(other)
    taken = np.flatnonzero(is_taken)
    tail = int(taken[-1]) + 1 if len(taken) else 0
    return Scan(
        slots=slots,
        metrics=np.flatnonzero(is_metric),
        others=tuple(others),
        bad=tuple(_ranges(~is_taken[:tail])),
        tail_slot=tail,
    )


def _scan_few(data: bytes, slots: Slots) -> Scan:
    """Does the same one slot after the other: no slot inside a good record is summed."""
    count, slot, tail = len(slots), 0, 0
    metrics: list[int] = []
    bad: list[int] = []
    others: list[Other] = []
    checked, base, most = zlib.crc32, KIND_BASE, MAX_BODY_BYTES
    heads = list(_HEAD.iter_unpack(data[: count * SLOT_BYTES]))
    while slot < count:
        crc, key, length, reserved = heads[slot]
        start, taken = slot * SLOT_BYTES, 0
        if key < base:
            if key and checked(data[start + 4 : start + SLOT_BYTES]) == crc:
                metrics.append(slot)
                taken = 1
        elif length <= most and not reserved:
            size = other_bytes(length)
            is_whole = start + size <= count * SLOT_BYTES
            if is_whole and checked(data[start + 4 : start + size]) == crc:
                body = data[start + PREFIX_BYTES : start + PREFIX_BYTES + length]
                others.append(_new_other((slot, key - base, body)))
                taken = size // SLOT_BYTES
        if taken:
            slot = tail = slot + taken
        else:
            bad.append(slot)
            slot += 1
    is_bad: Mask = np.zeros(tail if bad else 0, np.bool_)
    is_bad[[each for each in bad if each < tail]] = True
    return Scan(
        slots=slots,
        metrics=np.array(metrics, np.intp),
        others=tuple(others),
        bad=tuple(_ranges(is_bad)) if bad else (),
        tail_slot=tail,
    )


def unfinished_slot(data: bytes) -> int:
    """Returns where a stretch that goes on behind its end is to be cut.

    That is the first of its last slots that may begin a record longer than what is here, else the
    number of whole slots.
    """
    count = len(data) // SLOT_BYTES
    first = max(0, count - other_bytes(MAX_BODY_BYTES) // SLOT_BYTES)
    last = np.frombuffer(data, _HEADS, count - first, first * SLOT_BYTES)
    is_long = (last["key"] >= KIND_BASE) & (last["length"] <= MAX_BODY_BYTES)
    for place in np.flatnonzero(is_long & (last["reserved"] == 0)).tolist():
        slot = first + int(place)
        if slot * SLOT_BYTES + other_bytes(int(last["length"][place])) > len(data):
            return slot
    return count


def slot_checksums(slots: Slots) -> npt.NDArray[np.uint32]:
    """Returns the CRC-32 of the last 28 bytes of each slot."""
    if len(slots) <= _FEW:
        return np.fromiter(_sums(slots.tobytes()), np.uint32, len(slots))
    tables, zeros = _tables()
    words = slots.view("<u2").reshape(len(slots), SLOT_BYTES // 2)
    sums = np.full(len(slots), zeros, np.uint32)
    for start in range(0, len(slots), _BLOCK):
        block = words[start : start + _BLOCK]
        target = sums[start : start + _BLOCK]
        for position in range(_WORDS):
            column = block[:, position + 2]
            if (column == column[0]).all():
                target ^= tables[position][column[0]]
            else:
                target ^= tables[position].take(column)
    return sums


def _sums(data: bytes) -> Iterator[int]:
    for start in range(0, len(data), SLOT_BYTES):
        yield zlib.crc32(data[start + 4 : start + SLOT_BYTES])


@cache
def _tables() -> tuple[npt.NDArray[np.uint32], int]:
    """Returns 14 tables of 65,536 entries (3.5 MiB) and the checksum of 28 zero bytes."""
    size = SLOT_BYTES - 4
    zeros = zlib.crc32(bytes(size))
    tables = np.zeros((_WORDS, 1 << 16), np.uint32)
    for position in range(_WORDS):
        for bit in range(16):
            message = bytearray(size)
            message[2 * position + bit // 8] = 1 << (bit % 8)
            basis = np.uint32(zlib.crc32(message) ^ zeros)
            half = 1 << bit
            tables[position, half : 2 * half] = tables[position, :half] ^ basis
    return tables, zeros


def _other(data: memoryview, slot: int) -> Other | None:
    start = slot * SLOT_BYTES
    crc, kind, length, reserved = _PREFIX.unpack_from(data, start)
    end = start + other_bytes(length)
    if length > MAX_BODY_BYTES or reserved or end > len(data):
        return None
    if zlib.crc32(data[start + 4 : end]) != crc:
        return None
    body = bytes(data[start + PREFIX_BYTES : start + PREFIX_BYTES + length])
    return Other(slot, kind - KIND_BASE, body)


def _ranges(is_bad: Mask) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_bad, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
