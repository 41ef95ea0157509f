# SPDX-License-Identifier: Apache-2.0
"""NumPy's .npy files as pages of a table: numbers are read as numbers, objects are refused.

A one-dimensional array has one column, any other one column for each value of its first axis,
row by row as it lies in the file.
"""

import math
import tokenize
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from strongroom.services.views.shapes import Body, NoView, TableColumn, TableValue, TableView

MAX_HEADER_BYTES = 64 * 1024
MAX_COLUMNS = 200
MAX_ROW_BYTES = 16 << 20


def array_page(file: BinaryIO, size: int, start: int, count: int) -> Body:
    """Returns rows of an array from number ``start``, or why there are none."""
    try:
        shape, is_fortran, dtype, offset = _header(file)
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError, RecursionError) as error:
        return NoView(why=f"The header of the array is damaged: {str(error)[:80]}.")
    if dtype.hasobject:
        return NoView(why="An array of Python objects is a pickle behind a header: never loaded.")
    if is_fortran and len(shape) > 1:
        return NoView(why="The array lies column by column; only its bytes can be shown.")
    rows = shape[0] if shape else 1
    width = math.prod(shape[1:]) if len(shape) > 1 else 1
    row_bytes = width * dtype.itemsize
    if not rows or not row_bytes:
        return NoView(why=f"The array is empty: {_words(shape, dtype)}.")
    if offset + rows * row_bytes > size or row_bytes > MAX_ROW_BYTES:
        return NoView(why=f"Header and size disagree: {_words(shape, dtype)}.")
    columns = min(width, MAX_COLUMNS)
    taken = max(0, min(count, rows - start, (64 << 20) // row_bytes))
    values: list[tuple[TableValue, ...]] = []
    file.seek(offset + start * row_bytes)
    for _ in range(taken):
        row = np.frombuffer(file.read(row_bytes), dtype=dtype, count=columns)
        values.append(tuple(_value(each) for each in row.tolist()))
    kind = str(dtype)[:40]
    is_number = dtype.kind in "iuf"
    names = ["value"] if width == 1 else [str(at) for at in range(columns)]
    note = f"An array of {_words(shape, dtype)}."
    if width > columns:
        note += f" Of {width:,} values of a row the first {columns:,} are shown."
    return TableView(
        columns=tuple(TableColumn(name=name, type=kind, is_number=is_number) for name in names),
        start=start,
        rows=tuple(values),
        rows_total=rows,
        note=note,
    )


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, "np.dtype[Any]", int]:
    head = file.read(12)
    wide = 2 if head[6:7] == b"\x01" else 4
    length = int.from_bytes(head[8 : 8 + wide], "little")
    if length > MAX_HEADER_BYTES:
        raise ValueError("longer than any honest one")
    file.seek(0)
    held = BytesIO(file.read(8 + wide + length))
    version = np.lib.format.read_magic(held)
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, is_fortran, dtype = read(held, max_header_size=MAX_HEADER_BYTES)
    if any(each < 0 for each in shape) or len(shape) > 32:
        raise ValueError("a shape no array has")
    return shape, is_fortran, dtype, 8 + wide + length


def _words(shape: tuple[int, ...], dtype: "np.dtype[Any]") -> str:
    return f"{' × '.join(f'{each:,}' for each in shape) or 'one value'}, {str(dtype)[:40]}"


def _value(value: object) -> TableValue:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)[:300]
