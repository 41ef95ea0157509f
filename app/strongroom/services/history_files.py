# SPDX-License-Identifier: Apache-2.0
"""The points of one metric of many runs as a file others can read: CSV or Parquet.

* One row a point, run after run; one run is held at a time, however many there are.
* Text cells of CSV never start a formula; numbers are written so that they read back exactly.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import written_whole
from strongroom.domain.clock import to_iso
from strongroom.domain.errors import BadInput
from strongroom.journal.series import Series
from strongroom.services.chart_data import CHUNK, safe_cell

Found = Iterable[tuple[str, str, Series]]  # id, name and points of each run


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenHistories:
    """How many runs and points a file holds."""

    runs: int
    points: int


def write_histories(path: Path, runs: Found) -> WrittenHistories:
    """Writes a file; its ending says of which kind.

    Args:
        path: Where it shall be: ``.csv`` or ``.parquet``.
        runs: Id, name and points of each run.

    Raises:
        BadInput: ``E-USAGE`` for another ending.
        OSError: If the file cannot be written; the one that was there stays.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise BadInput(
            "E-USAGE",
            f"No file of points ends in {path.suffix[:20]!r}",
            "Name it .csv or .parquet.",
        )
    counts: list[int] = []

    def counted() -> Iterator[tuple[str, str, Series]]:
        for run_id, name, points in runs:
            counts.append(len(points))
            yield run_id, name, points

    write(path, counted())
    return WrittenHistories(runs=len(counts), points=sum(counts))


def _write_csv(path: Path, runs: Found) -> None:
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(_rows(runs))


def _rows(runs: Found) -> Iterator[tuple[object, ...]]:
    yield "run_id", "name", "step", "time", "value"
    for run_id, name, points in runs:
        words = run_id, safe_cell(name)
        for start in range(0, len(points), CHUNK):
            part = points.cut(slice(start, start + CHUNK))
            for step, time_us, value in zip(
                part.steps.tolist(), part.times_us.tolist(), part.values.tolist(), strict=True
            ):
                yield *words, step, to_iso(time_us), repr(value)


def _write_parquet(path: Path, runs: Found) -> None:
    from strongroom.store import point_files

    point_files.write_histories(path, runs)


_WRITERS: dict[str, Callable[[Path, Found], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
