# SPDX-License-Identifier: Apache-2.0
"""Reads one journal file, whole or as it grows, into named points and decoded records.

* What cannot be read is skipped and said; what follows it is still read.
* A stretch without a good record at the end of a file is an unfinished write, not damage.
"""

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.journal.content import Finding
from strongroom.journal.layout import HEADER_BYTES, SLOT_BYTES, Header, Kind, unpack_header
from strongroom.journal.series import Series
from strongroom.journal.slots import Scan, Slots, scan

_KINDS = {kind.value: kind for kind in Kind}
MAX_JOURNAL_BYTES = 8 << 30  # 250 million points of one process; a reader holds a file in memory


@dataclass(slots=True, kw_only=True)
class Stretch:
    """What one read of a file gave: points by key, other records in order, findings."""

    series: dict[str, Series] = field(default_factory=dict)
    records: list[tuple[Kind, dict[str, JsonValue]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    last_time_us: int = 0


class JournalFile:
    """One journal file that is read from where the last read stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        self._offset = 0
        self._names: dict[int, str] = {}

    def read(self) -> Stretch:
        """Returns what was added since the last read; an unfinished end is left for the next.

        Raises:
            Untrusted: If the header cannot be read (``E-FORMAT``, ``E-HASH``) or the file is
                larger than `MAX_JOURNAL_BYTES` (``E-SIZE``).
            OSError: If the file cannot be read.
        """
        stretch = Stretch()
        with self.path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > MAX_JOURNAL_BYTES:
                raise Untrusted("E-SIZE", f"{self.path.name} has {size:,} bytes", "Split the run.")
            if self.header is None:
                if size < HEADER_BYTES:
                    self._torn(stretch, 0, size)
                    return stretch
                self.header = unpack_header(stream.read(HEADER_BYTES))
                self._offset = HEADER_BYTES
                stretch.last_time_us = self.header.created_us
            if size <= self._offset:
                return stretch
            stream.seek(self._offset)
            data = stream.read(size - self._offset)
        found = scan(data)
        self._collect(found, stretch)
        taken = found.tail_slot * SLOT_BYTES
        self._torn(stretch, self._offset + taken, len(data) - taken)
        self._offset += taken
        return stretch

    def _collect(self, found: Scan, stretch: Stretch) -> None:
        for first, end in found.bad:
            at = self._offset + first * SLOT_BYTES
            detail = f"{(end - first) * SLOT_BYTES} bytes were changed after they were written"
            stretch.findings.append(Finding("E-HASH", self.path.name, at, detail))
        for slot, number, data in found.others:
            kind = _KINDS.get(number)
            if kind is None:
                continue  # a later version's record; the format says to skip what is unknown
            body = _body(data)
            if body is None:
                at = self._offset + slot * SLOT_BYTES
                detail = "a body is no JSON"
                stretch.findings.append(Finding("E-FORMAT", self.path.name, at, detail))
            elif kind is Kind.KEY:
                self._learn(slot, body, stretch)
            else:
                stretch.records.append((kind, body))
        self._name_points(found, stretch)

    def _learn(self, slot: int, body: dict[str, JsonValue], stretch: Stretch) -> None:
        """Takes the name of a metric from its record."""
        number, name = body.get("id"), body.get("name")
        is_known = isinstance(number, int) and self._names.get(number, name) != name
        if not isinstance(number, int) or not isinstance(name, str) or is_known:
            at = self._offset + slot * SLOT_BYTES
            detail = "a metric's name is given twice or not at all"
            stretch.findings.append(Finding("E-FORMAT", self.path.name, at, detail))
            return
        self._names[number] = name

    def _name_points(self, found: Scan, stretch: Stretch) -> None:
        places = np.flatnonzero(found.is_metric)
        if not len(places):
            return
        stretch.last_time_us = max(stretch.last_time_us, int(found.slots["time_us"][places[-1]]))
        first, end = int(places[0]), int(places[-1]) + 1
        numbers = found.slots["key"][first:end]
        if end - first == len(places) and (numbers == numbers[0]).all():
            points = found.slots[first:end]  # a view: nothing copied
            self._name(stretch, int(numbers[0]), _series(points))
            return
        numbers = found.slots["key"][places]
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order]
        ordered = _series(found.slots[places[order]])
        cuts = [0, *(np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).tolist(), len(numbers)]
        for start, stop in itertools.pairwise(cuts):
            cut = slice(start, stop)
            part = Series(ordered.steps[cut], ordered.times_us[cut], ordered.values[cut])
            self._name(stretch, int(numbers[start]), part)

    def _name(self, stretch: Stretch, number: int, points: Series) -> None:
        name = self._names.get(number)
        if name is None:
            detail = f"{len(points)} points of a metric whose name was lost (id {number})"
            stretch.findings.append(Finding("E-MISSING", self.path.name, self._offset, detail))
            return
        stretch.series[name] = points

    def _torn(self, stretch: Stretch, offset: int, size: int) -> None:
        if size:
            detail = f"the last {size} bytes are an unfinished write and were left out"
            stretch.findings.append(Finding("W-TORN", self.path.name, offset, detail))


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


def _without_surrogates(value: JsonValue) -> JsonValue:
    """Replaces halves of characters, which no file name, database or screen can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value
