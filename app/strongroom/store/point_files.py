# SPDX-License-Identifier: Apache-2.0
"""Points as a Parquet file that other tools read; columns in the order given.

* Written beside its place first, so a failed export leaves the old file.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from strongroom.disk.whole_file import written_whole
from strongroom.journal.series import Series

ROWS_A_GROUP = 262_144  # 6 MB of three columns: a reader need not hold a whole run

Floats = npt.NDArray[np.float64]
_HISTORIES = pa.schema(
    [
        pa.field("run_id", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("step", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
)
Words = tuple[tuple[str, int], ...]  # (value, how many rows it fills), row after row


def write_points(path: Path, columns: Mapping[str, Words | Floats]) -> None:
    """Writes columns of one length; words go into a dictionary, numbers as float64 with NaN kept.

    Raises:
        OSError: If the file cannot be written.
    """
    arrays = {name: _array(column) for name, column in columns.items()}
    with written_whole(path) as aside:
        pq.write_table(
            pa.table(arrays),
            aside,
            compression="zstd",
            row_group_size=ROWS_A_GROUP,
            write_page_checksum=True,
        )


def write_histories(path: Path, runs: Iterable[tuple[str, str, Series]]) -> None:
    """Writes one row a point: run_id, name, step, time, value; one run is held at a time.

    Args:
        path: Where the file shall be.
        runs: Id, name and points of each run.

    Raises:
        OSError: If the file cannot be written.
    """
    with (
        written_whole(path) as aside,
        pq.ParquetWriter(aside, _HISTORIES, compression="zstd", write_page_checksum=True) as writer,
    ):
        for run_id, name, points in runs:
            count = len(points)
            columns = [
                pa.repeat(run_id, count),
                pa.repeat(name, count),
                pa.array(points.steps),
                pa.array(points.times_us).cast(_HISTORIES.field("time").type),
                pa.array(points.values, from_pandas=False),
            ]
            table = pa.Table.from_arrays(columns, schema=_HISTORIES)
            writer.write_table(table, row_group_size=ROWS_A_GROUP)


def _array(column: Words | Floats) -> pa.Array:
    if isinstance(column, np.ndarray):
        return pa.array(column, pa.float64(), from_pandas=False)
    values = list(dict.fromkeys(value for value, _ in column))
    place = {value: index for index, value in enumerate(values)}
    indices = np.repeat(
        np.array([place[value] for value, _ in column], np.int32),
        np.array([count for _, count in column], np.int64),
    )
    return pa.DictionaryArray.from_arrays(pa.array(indices), pa.array(values, pa.string()))
