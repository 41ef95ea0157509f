# SPDX-License-Identifier: Apache-2.0
"""What a chart shows, as a file others can read: CSV or Parquet, one row a point.

* Text cells of CSV never start a formula, numbers are written as they are; Parquet keeps names as
  they are, for no program takes them for formulas there.
* A file is written beside its place first, so a failed export leaves the old one.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from strongroom.disk.whole_file import written_whole
from strongroom.services.smoothing import Floats
from strongroom.store.point_files import write_points

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
CHUNK = 65_536  # rows turned into text at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartLine:
    """One line of a chart: ``value`` over ``x``, what was logged (``raw``), a band's edges.

    ``run`` is the name of the run, or of the group of a band, which has no ``run_id``.
    """

    run_id: str
    run: str
    metric: str
    x: Floats
    value: Floats
    raw: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None


def safe_cell(text: str) -> str:
    """Returns ``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_rows(lines: Sequence[ChartLine], x_name: str) -> Iterator[tuple[str, ...]]:
    """Yields a heading and one row a point; columns nobody has are left out."""
    names = _numbers(lines)
    yield "run_id", "run", "metric", safe_cell(x_name), "value", *names
    for line in lines:
        words = safe_cell(line.run_id), safe_cell(line.run), safe_cell(line.metric)
        columns = [line.x, line.value, *(getattr(line, name) for name in names)]
        for start in range(0, len(line.x), CHUNK):
            parts = [_texts(column, start, len(line.x)) for column in columns]
            for numbers in zip(*parts, strict=True):
                yield *words, *numbers


def write_csv(lines: Sequence[ChartLine], x_name: str, path: Path) -> None:
    """Writes ``csv_rows`` as UTF-8, every cell quoted.

    Raises:
        OSError: If the file cannot be written.
    """
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(csv_rows(lines, x_name))


def write_parquet(lines: Sequence[ChartLine], x_name: str, path: Path) -> None:
    """Writes the points as columns: run_id, run, metric, x, value and what else there is.

    Raises:
        OSError: If the file cannot be written.
    """
    counts = [len(line.x) for line in lines]

    def words(name: str) -> tuple[tuple[str, int], ...]:
        return tuple((getattr(line, name), n) for line, n in zip(lines, counts, strict=True))

    def numbers(name: str) -> Floats:
        nothing = np.empty(0)
        parts = []
        for line in lines:
            column = getattr(line, name)
            parts.append(np.full(len(line.x), np.nan) if column is None else column)
        return np.concatenate(parts) if parts else nothing

    taken = {"run_id", "run", "metric", "value", *_numbers(lines)}
    write_points(
        path,
        {
            "run_id": words("run_id"),
            "run": words("run"),
            "metric": words("metric"),
            x_name if x_name not in taken else "x": numbers("x"),
            "value": numbers("value"),
            **{name: numbers(name) for name in _numbers(lines)},
        },
    )


WRITERS: dict[str, Callable[[Sequence[ChartLine], str, Path], None]] = {
    "csv": write_csv,
    "parquet": write_parquet,
}


def _numbers(lines: Sequence[ChartLine]) -> tuple[str, ...]:
    return tuple(
        name
        for name in ("raw", "low", "high")
        if any(getattr(line, name) is not None for line in lines)
    )


def _texts(column: Floats | None, start: int, length: int) -> list[str]:
    if column is None:
        return [""] * (min(start + CHUNK, length) - start)
    return [repr(value) for value in column[start : start + CHUNK].tolist()]
