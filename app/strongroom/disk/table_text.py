# SPDX-License-Identifier: Apache-2.0
"""How a file holds a table: lines, delimiter, names of columns, the extents of an array.

* One reading for whoever logs data and whoever looks at it again: rows that are counted in two ways
  would be told as data that changed.
* Nothing is held but a line, and of that no more than `MAX_LINE`.
"""

import ast
import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, TextIO

MAX_LINE = 16 << 20  # characters; what is longer is no row of a table and goes on as another line
PROBED = 1 << 16  # characters at the beginning that tell delimiter and length of rows
MAX_HEADER_BYTES = 64 << 10  # of an array's file
DELIMITERS = ",\t;|"  # the first of those that stand equally often
_ARRAY = b"\x93NUMPY"


def opened_text(stream: BinaryIO, *, is_delimited: bool) -> io.TextIOWrapper:
    """Returns the text of a file; a byte that is no UTF-8 is replaced, a mark in front left out.

    Args:
        stream: The file at its beginning.
        is_delimited: Lines end as in CSV (the ends are kept, for cells may hold them), else only
            where a line feed is.
    """
    newline = "" if is_delimited else "\n"
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline=newline)


def lines_of(text: TextIO) -> Iterator[str]:
    """Yields the lines."""
    while line := text.readline(MAX_LINE):
        yield line


def delimiter_of(head: str) -> str:
    """Returns what stands between the cells of a table that begins like this."""
    return max(DELIMITERS, key=head.partition("\n")[0].count)


def names_of(header: Sequence[str]) -> list[str]:
    """Returns the names of columns; one without a name is called by its place."""
    return [name.strip() or f"column {place}" for place, name in enumerate(header)]


def array_header(head: bytes) -> tuple[Any, tuple[int, ...]]:
    """Returns type and extents of an array from the first bytes of an ``.npy`` file.

    Raises:
        ValueError, SyntaxError, RecursionError, MemoryError: If it is not one.
    """
    if not head.startswith(_ARRAY) or len(head) < 12:
        raise ValueError("no numpy file")
    start = 10 if head[6] == 1 else 12
    length = int.from_bytes(head[8:start], "little")
    if length > MAX_HEADER_BYTES:
        raise ValueError("no numpy file")
    described = ast.literal_eval(head[start : start + length].decode("latin-1").strip())
    if not isinstance(described, dict) or not isinstance(described.get("shape"), tuple):
        raise ValueError("no numpy file")
    shape = described["shape"]
    if not all(type(extent) is int for extent in shape):
        raise ValueError("no numpy file")
    return described.get("descr"), shape
