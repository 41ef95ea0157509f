# SPDX-License-Identifier: Apache-2.0
"""The Parquet of a run that is about to be sealed: written, and read back, before it counts.

* A small one is made in memory and written once; a large one is written aside as it is made, and
  its points are sorted on the disk, so that memory does not grow with the run.
* Every part of it is decoded again and held against what the journals said.
"""

import contextlib
import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from strongroom.disk.hashing import hash_file
from strongroom.domain.errors import Untrusted
from strongroom.journal.compact import PointsWriter
from strongroom.journal.compacted import open_points
from strongroom.journal.gathering import Gathered, Summed
from strongroom.journal.reader import read_run
from strongroom.journal.series import Series
from strongroom.journal.spilled import Spilled
from strongroom.store.run_state import METRICS_FILE

NEW_METRICS = ".metrics.parquet.tmp"
HELD_POINTS = 1 << 20  # 25 MB of points and 8 MB of Parquet; beyond, the disk holds them


class PointSource(Protocol):
    """Gives points back metric by metric."""

    def names(self) -> tuple[str, ...]:
        """Returns the metrics, sorted."""

    def pieces(self, key: str) -> Iterator[Series]:
        """Yields the points of a metric in the order they were written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsDraft:
    """A Parquet that was found right: its digest and size, and its bytes if they are in memory.

    If not, it lies in the run folder under `NEW_METRICS`.
    """

    sha256: str
    size_bytes: int
    data: memoryview | None


def draft_points(
    folder: Path,
    journals: Sequence[str],
    counts: Mapping[str, int],
    *,
    held: Gathered | None,
    before: Path | None,
) -> PointsDraft | None:
    """Makes the Parquet of a run; None if the run grew meanwhile.

    Args:
        folder: The run folder.
        journals: The files that are to be sealed.
        counts: How many points each metric has, with those sealed before.
        held: The points of the journals, if they have been read and held.
        before: The Parquet of a run that was sealed and resumed.

    Raises:
        Untrusted: ``E-HASH`` if what was written does not read back as it was, or what had been
            sealed before does not hold.
        OSError: If the folder cannot be written.
    """
    with contextlib.ExitStack() as open_files:
        sources: list[PointSource] = []
        if before is not None and before.exists():
            sources.append(open_files.enter_context(open_points(before)))
        if held is not None:
            sources.append(held)
        else:
            spilled = _spilled(folder, journals, None if sources else counts)
            if spilled is None:
                return None
            sources.append(open_files.enter_context(spilled))
        return _written(folder, sources, counts)


def _spilled(
    folder: Path, journals: Sequence[str], counts: Mapping[str, int] | None
) -> Spilled | None:
    """Returns the points of journals, sorted on the disk; they are counted first if need be."""
    if counts is None:
        summed = Summed()
        read_run(folder, journals, summed)
        counts = summed.counts()
    spilled = Spilled(folder, counts)
    try:
        read_run(folder, journals, spilled)
        if spilled.is_whole():
            return spilled
    except ValueError:
        pass  # a process goes on writing; the next look seals
    except BaseException:
        spilled.close()
        raise
    spilled.close()
    return None


def _written(
    folder: Path, sources: Sequence[PointSource], counts: Mapping[str, int]
) -> PointsDraft:
    points = sum(counts.values())
    if points <= HELD_POINTS:
        buffer = pa.BufferOutputStream()
        _write(buffer, sources, points)
        data = memoryview(buffer.getvalue())
        _check(data, counts)
        return PointsDraft(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data), data=data)
    aside = folder / NEW_METRICS
    try:
        with pa.OSFile(str(aside), "wb") as sink:
            _write(sink, sources, points)
        _check(aside, counts)
        sha256, size = hash_file(aside)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return PointsDraft(sha256=sha256, size_bytes=size, data=None)


def _write(sink: pa.NativeFile, sources: Sequence[PointSource], points: int) -> None:
    with PointsWriter(sink, points) as writer:
        for key in sorted({key for source in sources for key in source.names()}):
            writer.add(key, itertools.chain.from_iterable(each.pieces(key) for each in sources))


def _check(written: Path | memoryview, counts: Mapping[str, int]) -> None:
    """Decodes every part: its checksum was taken from the points before they were encoded."""
    found: dict[str, int] = {}
    with open_points(written, METRICS_FILE) as points:
        for key, part in points.all():
            found[key] = found.get(key, 0) + len(part)
    if found != dict(counts):
        raise Untrusted(
            "E-HASH",
            "Metrics did not read back as they were written",
            "The disk or the memory of this machine is unreliable; the journals were kept.",
        )
