# SPDX-License-Identifier: Apache-2.0
"""Parquet and Arrow files as pages: some rows of some columns, never the whole file.

* Parquet is read by row group and batch, Arrow by record batch; what lies before the wanted rows
  in the same group is decoded and dropped, so a page costs at most one group.
* Values become bounded text, numbers, booleans or None. Nothing of a file is executed: extension
  types are read as what they are stored as.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from strongroom.domain.errors import Untrusted
from strongroom.domain.progress import Progress

BATCH_ROWS = 4_096
MAX_COLUMNS = 200  # read and shown at once; the others are named
MAX_TEXT = 301  # characters of a value: one more than a cell shows, so that the cut is seen
MAX_GROUP_BYTES = 1 << 30  # of the columns read; a larger group does not fit a small machine
MAX_BATCH_BYTES = 256 << 20
MAX_BATCHES = 100_000
MAX_PARTS = 6  # of a list or struct in a cell
MAX_DEPTH = 3  # of lists in lists in a cell
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """A column's name and type in Arrow's words."""

    name: str
    type: str
    is_number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrowPage:
    """Rows from ``start``; ``total`` None where counting would read the file."""

    columns: tuple[ColumnType, ...]
    columns_total: int
    start: int
    rows: tuple[tuple[Value, ...], ...]
    total: int | None


def parquet_page(source: BinaryIO, start: int, count: int, progress: Progress) -> ArrowPage:
    """Returns rows of a Parquet file.

    Raises:
        Untrusted: ``E-FORMAT`` if it cannot be read, ``E-SIZE`` if a row group is too large.
        Cancelled: Between two batches.
    """
    try:
        file = pq.ParquetFile(source, memory_map=False, pre_buffer=False)
        schema = file.schema_arrow
        chosen = schema.names[:MAX_COLUMNS]
        total = file.metadata.num_rows
        rows: list[tuple[Value, ...]] = []
        for batch in _parquet_batches(file, start, min(start + count, total), chosen, progress):
            rows += _rows(batch)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise _unreadable(error) from error
    return ArrowPage(
        columns=_columns(schema),
        columns_total=len(schema.names),
        start=start,
        rows=tuple(rows),
        total=total,
    )


def arrow_page(source: BinaryIO, start: int, count: int, progress: Progress) -> ArrowPage:
    """Returns rows of an Arrow (Feather 2) file.

    Raises:
        Untrusted: ``E-FORMAT`` if it cannot be read, ``E-SIZE`` if a batch is too large.
        Cancelled: Between two batches.
    """
    try:
        first = pa.ipc.open_file(source)
        schema = first.schema
        wanted = list(range(min(MAX_COLUMNS, len(schema.names))))
        source.seek(0)
        lean = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(included_fields=wanted[:1]))
        rows: list[tuple[Value, ...]] = []
        reader = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(included_fields=wanted))
        before = 0
        for at in range(min(lean.num_record_batches, MAX_BATCHES)):
            progress.step(at, lean.num_record_batches, "Reading rows")
            length = lean.get_batch(at).num_rows
            low, high = max(start, before), min(start + count, before + length)
            if low < high:
                batch = reader.get_batch(at)
                if batch.nbytes > MAX_BATCH_BYTES:
                    raise _too_large(batch.nbytes, MAX_BATCH_BYTES)
                rows += _rows(batch.slice(low - before, high - low))
            before += length
            if before >= start + count:
                break
        is_counted = at + 1 >= lean.num_record_batches if lean.num_record_batches else True
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise _unreadable(error) from error
    return ArrowPage(
        columns=_columns(schema),
        columns_total=len(schema.names),
        start=start,
        rows=tuple(rows),
        total=before if is_counted else None,
    )


def _parquet_batches(
    file: pq.ParquetFile, start: int, stop: int, chosen: Sequence[str], progress: Progress
) -> Iterator[pa.RecordBatch]:
    before = 0
    for group in range(file.num_row_groups):
        about = file.metadata.row_group(group)
        length = about.num_rows
        if before + length > start and before < stop:
            weight = sum(
                about.column(at).total_uncompressed_size
                for at in range(min(about.num_columns, MAX_COLUMNS))
            )
            if weight > MAX_GROUP_BYTES:
                raise _too_large(weight, MAX_GROUP_BYTES)
            at = before
            for batch in file.iter_batches(BATCH_ROWS, row_groups=[group], columns=list(chosen)):
                progress.step(at - before, length, "Reading rows")
                low, high = max(start, at), min(stop, at + batch.num_rows)
                if low < high:
                    yield batch.slice(low - at, high - low)
                at += batch.num_rows
                if at >= stop:
                    return
        before += length


def _columns(schema: pa.Schema) -> tuple[ColumnType, ...]:
    return tuple(
        ColumnType(
            name=field.name,
            type=str(field.type)[:120],
            is_number=pa.types.is_integer(field.type) or pa.types.is_floating(field.type),
        )
        for field in list(schema)[:MAX_COLUMNS]
    )


def _rows(batch: pa.RecordBatch) -> list[tuple[Value, ...]]:
    columns = [_values(batch.column(at)) for at in range(batch.num_columns)]
    return list(zip(*columns, strict=True)) if columns else []


def _values(column: Any) -> list[Value]:  # noqa: ANN401 - any Arrow array
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        found: list[Value] = pc.utf8_slice_codeunits(column, 0, MAX_TEXT).to_pylist()
        return found
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers: list[Value] = column.to_pylist()
        return numbers
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [_bytes(each) for each in column]
    return [_short(each) for each in column]


def _bytes(scalar: Any) -> str | None:  # noqa: ANN401 - any Arrow scalar
    if not scalar.is_valid:
        return None
    held = scalar.as_buffer()
    return f"{held.size:,} bytes: {held.slice(0, min(16, held.size)).to_pybytes().hex(' ')}"


def _short(scalar: Any, depth: int = 0) -> str | None:  # noqa: ANN401 - any Arrow scalar
    """Returns a bounded text of any value; of lists and structs only their first parts."""
    if isinstance(scalar, pa.ExtensionScalar):
        scalar = scalar.value
    if scalar is None or not scalar.is_valid:
        return None
    kind = scalar.type
    if pa.types.is_nested(kind):
        return _nested(scalar, depth) if depth < MAX_DEPTH else "…"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _bytes(scalar)
    return str(scalar)[:MAX_TEXT]


def _nested(scalar: Any, depth: int) -> str:  # noqa: ANN401 - any Arrow scalar
    kind = scalar.type
    if pa.types.is_struct(kind):
        names = [kind.field(at).name[:40] for at in range(min(MAX_PARTS, kind.num_fields))]
        parts = [f"{name}: {_short(scalar[at], depth + 1)}" for at, name in enumerate(names)]
        rest = ", …" if kind.num_fields > MAX_PARTS else ""
        return "{" + ", ".join(parts) + rest + "}"
    held = getattr(scalar, "values", None)
    if held is None:
        return str(kind)[:MAX_TEXT]
    parts = [str(_short(held[at], depth + 1)) for at in range(min(MAX_PARTS, len(held)))]
    rest = ", …" if len(held) > MAX_PARTS else ""
    return f"{len(held):,} values: [" + ", ".join(parts) + rest + "]"


def _unreadable(error: BaseException) -> Untrusted:
    words = str(error).split("\n", 1)[0].encode("unicode_escape").decode("ascii")[:160]
    return Untrusted(
        "E-FORMAT",
        f"The table cannot be read: {words or type(error).__name__}",
        "It is damaged, or written by something newer. Its bytes can still be looked at.",
    )


def _too_large(size_bytes: int, most: int) -> Untrusted:
    return Untrusted(
        "E-SIZE",
        f"One group of rows takes {size_bytes:,} bytes where {most:,} are allowed",
        "Write the table again with smaller row groups to look at it here.",
    )
