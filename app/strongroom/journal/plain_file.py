# SPDX-License-Identifier: Apache-2.0
"""Reads one plain journal, whole or as it grows, into the same shape as a binary one.

* Lines are read in pieces of a few MiB: neither a long file nor a long line is held at once.
* A bad line is told with its number and skipped; what follows it is still read. The rest of a
  file without a line feed is an unfinished write.
* What stands behind an end is void, and said: whoever goes on opens a file of his own.
"""

import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from strongroom.domain.errors import Untrusted
from strongroom.journal.content import Finding
from strongroom.journal.layout import Header, Kind
from strongroom.journal.plain_lines import (
    MAX_LINE_BYTES,
    MAX_PLAIN_BYTES,
    BadLine,
    Body,
    Point,
    Said,
    open_plain,
    parse_line,
    parse_plain_header,
)
from strongroom.journal.series import Series
from strongroom.journal.stream import Stretch, together

MOST_TOLD = 100  # bad lines of one read that are told one by one; the others are counted
LINES_TOGETHER = 1 << 19  # 12 MB of points, and their lines are gone
MAX_KEYS = 1 << 20  # names of metrics in one file, some 100 MB of memory


class PlainFile:
    """One plain journal that is read from where the last read stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        self._offset = 0
        self._line = 0
        self._time_us = 0
        self._has_ended = False

    def read(self) -> Stretch:
        """Returns what was added since the last read; an unfinished line is left for the next.

        Raises:
            Untrusted, OSError: As `stretches`.
        """
        return together(self.stretches())

    def stretches(self) -> Iterator[Stretch]:
        """Yields what was added since the last read, some thousand lines at a time.

        Raises:
            Untrusted: If the first line cannot be read (``E-FORMAT``, ``E-HASH``) or the file is
                larger than `MAX_PLAIN_BYTES` (``E-SIZE``).
            OSError: If the file cannot be read.
        """
        reading = _Reading(self.path.name)
        with open_plain(self.path) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > MAX_PLAIN_BYTES:
                raise Untrusted(
                    "E-SIZE",
                    f"{self.path.name} has {size:,} bytes where {MAX_PLAIN_BYTES:,} are read",
                    "Log so many points through the binary journal, or as several runs.",
                )
            stream.seek(self._offset)
            for number, line in enumerate(_lines(stream), start=1):
                self._take(line, reading)
                if number % LINES_TOGETHER == 0:
                    yield reading.stretch(self._time_us)
        if size > self._offset:
            reading.torn(self._offset, size - self._offset)
        reading.told_in_all()
        yield reading.stretch(self._time_us)

    def _take(self, line: "_Line", reading: "_Reading") -> None:
        at, self._offset = self._offset, self._offset + line.size
        self._line += 1
        if self.header is None:
            self.header = parse_plain_header(line.data)
            self._time_us = self.header.created_us
        elif self._has_ended:
            reading.void(at)
        else:
            self._read_line(line, at, reading)

    def _read_line(self, line: "_Line", at: int, reading: "_Reading") -> None:
        try:
            said = _said(line)
            if isinstance(said, Point):
                self._time_us = self._time_us if said.time_us is None else said.time_us
                reading.point(said, self._time_us)
        except BadLine as error:
            reading.bad(error, at, self._line)
            return
        if isinstance(said, Said):
            self._time_us = said.body.get("time", self._time_us)
            if said.kind is Kind.END:
                said.body["time"] = self._time_us
                self._has_ended = True
            reading.records.append((said.kind, said.body))


class _Reading:
    """What one read gathers."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._findings: list[Finding] = []
        self._bad_count = 0
        self._void: tuple[int, int] = (0, 0)
        self._columns: dict[str, tuple[array[int], array[int], array[float]]] = {}
        self._keys: set[str] = set()
        self.records: list[tuple[Kind, Body]] = []

    def point(self, point: Point, time_us: int) -> None:
        """Takes a point.

        Raises:
            BadLine: ``E-SIZE`` if there are too many metrics.
        """
        columns = self._columns.get(point.key)
        if columns is None:
            if len(self._keys) >= MAX_KEYS and point.key not in self._keys:
                raise BadLine("E-SIZE", f"it names one metric more than {MAX_KEYS:,}")
            self._keys.add(point.key)
            columns = self._columns[point.key] = array("q"), array("q"), array("d")
        columns[0].append(point.step)
        columns[1].append(time_us)
        columns[2].append(point.value)

    def bad(self, error: BadLine, at: int, line: int) -> None:
        """Tells a bad line by its number."""
        self._bad_count += 1
        if self._bad_count <= MOST_TOLD:
            detail = f"line {line}: {error.detail}"
            self._findings.append(Finding(error.code, self._name, at, detail))

    def void(self, at: int) -> None:
        """Counts a line behind the end."""
        first, count = self._void
        self._void = first if count else at, count + 1

    def torn(self, at: int, size: int) -> None:
        """Tells an unfinished line."""
        detail = f"the last {size} bytes are an unfinished write and were left out"
        self._findings.append(Finding("W-TORN", self._name, at, detail))

    def told_in_all(self) -> None:
        """Tells what was only counted."""
        if self._bad_count > MOST_TOLD:
            detail = f"{self._bad_count - MOST_TOLD:,} more lines are not as they should be"
            self._findings.append(Finding("E-FORMAT", self._name, 0, detail))
        first, count = self._void
        if count:
            detail = f"{count:,} lines behind the end of the file were left out"
            self._findings.append(Finding("W-TORN", self._name, first, detail))

    def stretch(self, time_us: int) -> Stretch:
        """Returns what was gathered since the last call in the shape that a binary journal has."""
        series = {
            key: Series(
                np.frombuffer(steps, np.int64),
                np.frombuffer(times, np.int64),
                np.frombuffer(values, np.float64),
            )
            for key, (steps, times, values) in self._columns.items()
        }
        found = Stretch(
            series=series, records=self.records, findings=self._findings, last_time_us=time_us
        )
        self._columns, self.records, self._findings = {}, [], []
        return found


def _said(line: "_Line") -> Point | Said | None:
    if line.size > MAX_LINE_BYTES:
        raise BadLine("E-SIZE", f"it is longer than {MAX_LINE_BYTES:,} bytes")
    return parse_line(line.data)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line with its line feed; nothing is kept of one that is too long but its size."""

    data: bytes
    size: int


def _lines(stream: BinaryIO) -> Iterator[_Line]:
    """Yields the lines that have their line feed."""
    while data := stream.readline(MAX_LINE_BYTES + 1):
        if data.endswith(b"\n"):
            yield _Line(data, len(data))
        elif len(data) > MAX_LINE_BYTES:
            size = len(data)
            while (more := stream.readline(MAX_LINE_BYTES)) and not more.endswith(b"\n"):
                size += len(more)
            if more:
                yield _Line(b"", size + len(more))
