# SPDX-License-Identifier: Apache-2.0
"""Reads one journal file, whole or as it grows, into named points and decoded records.

* What cannot be read is skipped and said; what follows it is still read.
* A stretch without a good record at the end of a file is an unfinished write, not damage.
* A file is read in blocks: memory does not grow with it, and what is found does not depend on
  where the blocks end.
"""

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import NoReturn

import numpy as np

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.journal.content import Finding
from strongroom.journal.layout import (
    HEADER_BYTES,
    MAX_BODY_BYTES,
    SLOT_BYTES,
    Header,
    Kind,
    other_bytes,
    unpack_header,
)
from strongroom.journal.series import Series, SideBySide, concat
from strongroom.journal.slots import Places, Scan, Slots, scan, unfinished_slot

_KINDS = {kind.value: kind for kind in Kind}
MAX_JOURNAL_BYTES = 8 << 30  # 250 million points of one process
BLOCK_BYTES = 16 << 20  # half a million points: some 60 MB while they are sorted by metric
MAX_TOLD = 1_000  # findings a file; a file of nothing but damage has millions
SHORT_BYTES = 96  # of a body that is kept: names of metrics, params with few values
FEW_POINTS = 256  # where each may be of a metric of its own
MOST_SHORT = 8_192  # bodies that are kept, some 5 MB
_MAX_RECORD = other_bytes(MAX_BODY_BYTES)


@dataclass(slots=True, kw_only=True)
class Stretch:
    """What one read of a file gave: points by key, other records in order, findings."""

    series: Mapping[str, Series] = field(default_factory=dict)
    records: list[tuple[Kind, dict[str, JsonValue]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    last_time_us: int = 0


def together(stretches: Iterable[Stretch]) -> Stretch:
    """Returns stretches of one file as one."""
    whole = Stretch()
    parts: dict[str, list[Series]] = {}
    for stretch in stretches:
        whole.records += stretch.records
        whole.findings += stretch.findings
        whole.last_time_us = max(whole.last_time_us, stretch.last_time_us)
        for key, series in stretch.series.items():
            parts.setdefault(key, []).append(series)
    whole.series = {key: concat(some) for key, some in parts.items()}
    return whole


class JournalFile:
    """One journal file that is read from where the last read stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        self._offset = 0
        self._names: dict[int, str] = {}
        self._nameless: dict[int, tuple[int, int]] = {}
        self._told = 0

    def read(self) -> Stretch:
        """Returns what was added since the last read; an unfinished end is left for the next.

        Raises:
            Untrusted, OSError: As `stretches`.
        """
        return together(self.stretches())

    def stretches(self, block_bytes: int = BLOCK_BYTES) -> Iterator[Stretch]:
        """Yields what was added since the last read, block after block.

        Args:
            block_bytes: About how much of the file is held at once.

        Raises:
            Untrusted: If the header cannot be read (``E-FORMAT``, ``E-HASH``) or the file is
                larger than `MAX_JOURNAL_BYTES` (``E-SIZE``).
            OSError: If the file cannot be read.
        """
        with open(self.path, "rb", buffering=0) as stream:  # noqa: PTH123 - Path has none of it
            size = os.fstat(stream.fileno()).st_size
            if size > MAX_JOURNAL_BYTES:
                raise Untrusted("E-SIZE", f"{self.path.name} has {size:,} bytes", "Split the run.")
            if self.header is None and size >= HEADER_BYTES:
                self.header = unpack_header(read_fully(stream, HEADER_BYTES))
                self._offset = HEADER_BYTES
            if self.header is None:
                stretch = Stretch()
                self._torn(stretch, 0, size)
                yield stretch
                return
            stream.seek(self._offset)
            yield from self._blocks(stream, size, block_bytes)

    def _blocks(self, stream: FileIO, size: int, block_bytes: int) -> Iterator[Stretch]:
        """Yields the stretches up to ``size``; the offset follows the last good record."""
        data, at = b"", self._offset  # what is not decided yet, and where it lies
        while True:
            left = max(0, size - at - len(data))
            piece = stream.read(min(block_bytes, left))
            data = data + piece if data else piece
            is_last = len(piece) == left or not piece
            end = len(data) if is_last else unfinished_slot(data) * SLOT_BYTES
            found = scan(data if end == len(data) else memoryview(data)[:end])
            stretch = Stretch()
            self._collect(found, at, stretch)
            taken = found.tail_slot * SLOT_BYTES
            if taken:
                self._offset = at + taken
            if is_last:
                self._tell_nameless(stretch)
                self._torn(stretch, self._offset, at + len(data) - self._offset)
                yield stretch
                return
            yield stretch
            # Of what was not good, only the end may still be the beginning of a record.
            keep = max(taken, (end - _MAX_RECORD) // SLOT_BYTES * SLOT_BYTES)
            data, at = data[keep:], at + keep

    def _collect(self, found: Scan, at: int, stretch: Stretch) -> None:
        for place, (first, end) in enumerate(found.bad):
            start = at + first * SLOT_BYTES
            if place == 0 and first == 0:
                start = self._offset  # it began in a block before this one
            self._tell_bad(stretch, start, at + end * SLOT_BYTES)
        if found.tail_slot and self._offset < at and not (found.bad and found.bad[0][0] == 0):
            self._tell_bad(stretch, self._offset, at)
        key, records = Kind.KEY, stretch.records
        for slot, number, data in found.others:
            kind = _KINDS.get(number)
            if kind is None:
                continue  # a later version's record; the format says to skip what is unknown
            # Nobody changes a body: runs of one script say much alike, so short ones are kept.
            body = _short_body(data) if len(data) <= SHORT_BYTES else _body(data)
            if body is None:
                self._tell(stretch, "E-FORMAT", at + slot * SLOT_BYTES, "a body is no JSON")
            elif kind is key:
                self._learn(at + slot * SLOT_BYTES, body, stretch)
            else:
                records.append((kind, body))
        self._name_points(found, at, stretch)

    def _tell_bad(self, stretch: Stretch, start: int, end: int) -> None:
        self._tell(
            stretch, "E-HASH", start, f"{end - start} bytes were changed after they were written"
        )

    def _tell(self, stretch: Stretch, code: str, offset: int, detail: str) -> None:
        """Reports what is wrong, as long as somebody would read it."""
        self._told += 1
        if self._told == MAX_TOLD:
            detail = "more than is told one by one was changed after it was written"
        if self._told <= MAX_TOLD:
            stretch.findings.append(Finding(code, self.path.name, offset, detail))

    def _learn(self, offset: int, body: dict[str, JsonValue], stretch: Stretch) -> None:
        """Takes the name of a metric from its record."""
        number, name = body.get("id"), body.get("name")
        is_known = isinstance(number, int) and self._names.get(number, name) != name
        if not isinstance(number, int) or not isinstance(name, str) or is_known:
            detail = "a metric's name is given twice or not at all"
            self._tell(stretch, "E-FORMAT", offset, detail)
            return
        self._names[number] = name

    def _name_points(self, found: Scan, at: int, stretch: Stretch) -> None:
        places = found.metrics
        if not len(places):
            return
        stretch.last_time_us = max(stretch.last_time_us, int(found.slots["time_us"][places[-1]]))
        first, end = int(places[0]), int(places[-1]) + 1
        numbers = found.slots["key"][first:end]
        if end - first == len(places) and (numbers == numbers[0]).all():
            points = found.slots[first:end]  # a view: nothing copied
            self._name(stretch, found, at, places, [0, len(points)], _series(points))
            return
        numbers = found.slots["key"][places]
        if len(places) <= FEW_POINTS and len(set(numbers.tolist())) == len(
            places
        ):  # a result of each, in order
            cuts = list(range(len(places) + 1))
            self._name(stretch, found, at, places, cuts, _series(found.slots[places]))
            return
        order = np.argsort(numbers, kind="stable")
        numbers, places = numbers[order], places[order]
        cuts = [0, *(np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).tolist(), len(numbers)]
        self._name(stretch, found, at, places, cuts, _series(found.slots[places]))

    def _name(
        self,
        stretch: Stretch,
        found: Scan,
        at: int,
        places: Places,
        cuts: list[int],
        points: Series,
    ) -> None:
        """Names the points of each metric, which lie side by side between two cuts."""
        firsts = places[cuts[:-1]]
        numbers, slots = found.slots["key"][firsts].tolist(), firsts.tolist()
        parts: dict[str, tuple[int, int]] = {}
        for number, slot, part in zip(numbers, slots, itertools.pairwise(cuts), strict=True):
            name = self._names.get(number)
            if name is not None:
                parts[name] = part
                continue
            known, offset = self._nameless.get(number, (0, at + slot * SLOT_BYTES))
            self._nameless[number] = known + part[1] - part[0], offset
        stretch.series = SideBySide(points, parts)

    def _tell_nameless(self, stretch: Stretch) -> None:
        for number, (count, offset) in self._nameless.items():
            detail = f"{count} points of a metric whose name was lost (id {number})"
            self._tell(stretch, "E-MISSING", offset, detail)
        self._nameless = {}

    def _torn(self, stretch: Stretch, offset: int, size: int) -> None:
        if size:
            detail = f"the last {size} bytes are an unfinished write and were left out"
            stretch.findings.append(Finding("W-TORN", self.path.name, offset, detail))


def read_fully(stream: FileIO, count: int) -> bytes:
    """Returns the next bytes of an unbuffered file, fewer only where it ends."""
    data = stream.read(count)
    while len(data) < count and (piece := stream.read(count - len(data))):
        data += piece
    return data


def _series(points: Slots) -> Series:
    return Series(
        np.ascontiguousarray(points["step"]),
        np.ascontiguousarray(points["time_us"]),
        np.ascontiguousarray(points["value"]),
    )


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


_JSON = json.JSONDecoder(parse_constant=_refuse)
# What `raw_decode` calls; a run has dozens of bodies.
_read_value: Callable[[str, int], tuple[JsonValue, int]] = _JSON.scan_once  # type: ignore[attr-defined]


def _body(data: bytes) -> dict[str, JsonValue] | None:
    try:
        text = data.decode("utf-8")
        value, end = _read_value(text, 0) if text[:1] == "{" else (None, -1)
        if end != len(text):  # white space around it, or no object at all
            value = _JSON.decode(text)
    except (ValueError, RecursionError, StopIteration):
        return None
    if b"\\u" in data and b"\\ud" in data.lower():
        value = _without_surrogates(value)
    return value if isinstance(value, dict) else None


_short_body = lru_cache(MOST_SHORT)(_body)


def _without_surrogates(value: JsonValue) -> JsonValue:
    """Replaces halves of characters, which no file name, database or screen can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value
