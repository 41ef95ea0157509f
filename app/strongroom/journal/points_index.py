# SPDX-License-Identifier: Apache-2.0
"""The index in the footer of a ``metrics.parquet``: whose points lie in which row group.

* It has a checksum of its own and names the CRC-32 of each part's decoded arrays, so that a flipped
  byte anywhere, page headers and footer included, is refused and never read as another number.
* It is kept in columns: a run with 100,000 metrics is looked up in a moment.
* What it says is bounded before it is believed: a checksum is no signature.
"""

import json
import operator
import zlib
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from strongroom.journal.layout import MAX_STEP, MIN_STEP

FORMAT = 2
ONE_KEY_FORMAT = 1  # each row group held one metric, and no steps were told
MAX_INDEX_BYTES = 64 << 20  # footer and index of a run with 100,000 metrics
MAX_GROUP_POINTS = 1 << 23  # of the older format; what a reader holds at once

Ints = npt.NDArray[np.int64]


class BadIndex(ValueError):
    """The index does not say what an index says."""


class NewerIndex(BadIndex):
    """The index is of a format that this version does not know."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointsIndex:
    """The parts of a file in their order; a part is a stretch of one metric inside a row group.

    ``keys`` are the metrics, sorted; all arrays have one entry a part: place of its metric in
    ``keys``, row group, first row inside that group, number of points, CRC-32, and the lowest and
    highest step.
    """

    keys: tuple[str, ...]
    key: Ints
    group: Ints
    row: Ints
    count: Ints
    crc: Ints
    first: Ints
    last: Ints

    def parts_of(self, key: str) -> slice:
        """Returns which parts are of a metric: neighbours, for a file is sorted by metric."""
        place = bisect_left(self.keys, key)
        if place == len(self.keys) or self.keys[place] != key:
            return slice(0, 0)
        return slice(*np.searchsorted(self.key, [place, place + 1]).tolist())

    def group_rows(self) -> list[int]:
        """Returns how many points each row group has."""
        rows: list[int] = np.bincount(self.group, weights=self.count).astype(np.int64).tolist()
        return rows


def pack_index(keys: list[str], parts: list[tuple[int, int, int, int, int, int]]) -> bytes:
    """Returns the index as the footer holds it.

    Args:
        keys: The metrics, sorted.
        parts: Place of the metric, row group, count, CRC-32, lowest and highest step of each part.
    """
    names = ("key", "group", "count", "crc", "first", "last")
    columns = zip(*parts, strict=True) if parts else ([] for _ in names)
    document: dict[str, Any] = {"format": FORMAT, "keys": keys}
    document |= {name: list(column) for name, column in zip(names, columns, strict=True)}
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()
    return b"%08x" % zlib.crc32(text) + text


def unpack_index(data: bytes) -> PointsIndex:
    """Reads an index of any format there was.

    Raises:
        BadIndex: If it was changed, or says what no index says; `NewerIndex` if it is too new.
    """
    if len(data) < 9 or data[:8] != b"%08x" % zlib.crc32(data[8:]):
        raise BadIndex("its index is damaged or missing")
    try:
        document = json.loads(data[8:])
        if document["format"] == ONE_KEY_FORMAT:
            return _of_one_key_groups(document["groups"])
        if document["format"] != FORMAT:
            raise NewerIndex(f"it has format {str(document['format'])[:20]}")
        keys = tuple(document["keys"])
        names = ("key", "group", "count", "crc", "first", "last")
        key, group, count, crc, first, last = (_column(document[name]) for name in names)
    except BadIndex:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BadIndex("its index is not one") from error
    _check(keys, key, group, count)
    return PointsIndex(
        keys=keys, key=key, group=group, row=_rows(group, count), count=count, crc=crc,
        first=_as_long(first, count), last=_as_long(last, count),
    )  # fmt: skip


def _of_one_key_groups(groups: list[list[Any]]) -> PointsIndex:
    names = [str(key) for key, _, _ in groups]
    keys = tuple(sorted(set(names)))
    places = {key: place for place, key in enumerate(keys)}
    count = _column([number for _, number, _ in groups])
    group = np.arange(len(groups))
    key = _column([places[name] for name in names])
    _check(keys, key, group, count)
    return PointsIndex(
        keys=keys,
        key=key,
        group=group,
        row=np.zeros_like(count),
        count=count,
        crc=_column([crc for _, _, crc in groups]),
        first=np.full_like(count, MIN_STEP),
        last=np.full_like(count, MAX_STEP),
    )


def _column(numbers: list[int]) -> Ints:
    found = np.array(numbers, np.int64)
    if found.ndim != 1:
        raise BadIndex("its index is not one")
    return found


def _as_long(column: Ints, other: Ints) -> Ints:
    if len(column) != len(other):
        raise BadIndex("the columns of its index differ in length")
    return column


def _check(keys: tuple[str, ...], key: Ints, group: Ints, count: Ints) -> None:
    """Refuses parts that are empty, too long, out of order, or of no metric."""
    _as_long(key, group)
    _as_long(group, count)
    if not set(map(type, keys)) <= {str} or not all(map(operator.lt, keys, keys[1:])):
        raise BadIndex("its metrics are not in order")
    if not len(key):
        return
    steps = group[1:] - group[:-1]
    is_odd = bool(((steps < 0) | (steps > 1)).any())
    if group[0] != 0 or is_odd or (key[1:] < key[:-1]).any():
        raise BadIndex("its parts are not in order")
    if key[0] < 0 or key[-1] >= len(keys) or count.min() < 1 or count.max() > MAX_GROUP_POINTS:
        raise BadIndex("a part of it cannot be")
    if np.bincount(group, weights=count).max() > MAX_GROUP_POINTS:
        raise BadIndex("a row group of it is too large")


def _rows(group: Ints, count: Ints) -> Ints:
    """Returns where each part begins inside its row group."""
    if not len(group):
        return count
    ends = np.cumsum(count)
    starts = ends - count
    first = np.flatnonzero(np.diff(group, prepend=-1))
    found: Ints = starts - np.repeat(starts[first], np.diff(np.append(first, len(group))))
    return found
