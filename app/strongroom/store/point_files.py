# SPDX-License-Identifier: Apache-2.0
"""Points as a Parquet file that other tools read; columns in the order given.

* Written beside its place first, so a failed export leaves the old file.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from strongroom.disk.whole_file import written_whole

ROWS_A_GROUP = 262_144  # 6 MB of three columns: a reader need not hold a whole run

Floats = npt.NDArray[np.float64]
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
