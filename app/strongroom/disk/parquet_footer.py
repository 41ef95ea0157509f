# SPDX-License-Identifier: Apache-2.0
"""Reads what a Parquet file says of itself, with the standard library: schema, rows, statistics.

* Only the footer is read, however large the file is. It is Thrift's compact protocol
  (https://github.com/apache/parquet-format).
* Sizes and depth are bounded, and what cannot be read is told, never guessed.
"""

import struct
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from strongroom.domain.data_profile import ColumnProfile, DataProfile

MAGIC = b"PAR1"
MAX_FOOTER_BYTES = 64 << 20
MAX_DEPTH = 24
_PHYSICAL = ("boolean", "int32", "int64", "int96", "float", "double", "byte_array", "fixed")
_KINDS = ("boolean", "integer", "integer", "time", "number", "number", "text", "other")
_NUMBERS = {1: struct.Struct("<i"), 2: struct.Struct("<q"), 4: struct.Struct("<f"), 5: struct.Struct("<d")}  # fmt: skip  # noqa: E501
_DATE, _MILLIS, _MICROS, _DECIMAL, _TEXT = 6, 9, 10, 5, 0  # of ConvertedType
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Column = dict[int, Any]


def footer_of(path: Path) -> Column:
    """Returns the file's own description: number of field to value, as Thrift has them.

    Raises:
        ValueError: If it is no Parquet file.
        OSError: If it cannot be read.
    """
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 8))
        tail = stream.read(8)
        length = int.from_bytes(tail[:4], "little") if len(tail) == 8 else 0
        if tail[4:] != MAGIC or not 0 < length <= min(size - 8, MAX_FOOTER_BYTES):
            raise ValueError(f"{path.name} is no Parquet file")
        stream.seek(size - 8 - length)
        data = stream.read(length)
    try:
        return _Reader(data).structure()
    except (IndexError, ValueError, struct.error, RecursionError, OverflowError) as error:
        raise ValueError(f"the footer of {path.name} cannot be read") from error


def footer_schema(footer: Column) -> list[dict[str, str]]:
    """Returns names and types of the columns.

    Raises:
        ValueError: If the footer lacks what a Parquet file has.
    """
    return [{"name": _name(leaf), "type": _PHYSICAL[int(leaf[1]) % 8]} for leaf in _leaves(footer)]


def footer_profile(footer: Column) -> DataProfile:
    """Returns what the statistics of the row groups say, column by column.

    Raises:
        ValueError: If the footer lacks what a Parquet file has.
    """
    try:
        rows = int(footer[3])
        groups = list(footer.get(4, ()))
        columns = tuple(
            _column(leaf, [group[1][place].get(3, {}) for group in groups], rows)
            for place, leaf in enumerate(_leaves(footer))
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise ValueError("the footer of the Parquet file lacks what it should have") from error
    return DataProfile(rows=rows, columns=columns)


def _leaves(footer: Column) -> Iterator[Column]:
    try:
        yield from (each for each in footer[2][1:] if 1 in each and not each.get(5))
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("the Parquet file has no schema") from error


def _column(leaf: Column, chunks: list[Column], rows: int) -> ColumnProfile:
    physical = int(leaf[1]) % 8
    kind = _KINDS[physical]
    ticks = _ticks_a_second(leaf)
    if ticks is not None:
        kind = "time"
    elif physical in {6, 7} and leaf.get(6) not in {None, _TEXT} and not _is_string(leaf):
        kind = "other"
    statistics = [chunk.get(12, {}) for chunk in chunks]
    nulls = [each.get(3) for each in statistics]
    lows = [low for each in statistics if (low := _value(physical, each.get(6))) is not None]
    highs = [high for each in statistics if (high := _value(physical, each.get(5))) is not None]
    has_ends = bool(lows) and len(lows) == len(highs) == len(statistics) and leaf.get(6) != _DECIMAL
    low, high = (min(lows), max(highs)) if has_ends else (None, None)
    is_told = bool(nulls) and all(type(each) is int for each in nulls)
    return ColumnProfile(
        name=_name(leaf),
        kind=kind,
        count=rows,
        missing=sum(nulls) if is_told else None,
        minimum=low if ticks is None or low is None else _iso(low, ticks),
        maximum=high if ticks is None or high is None else _iso(high, ticks),
    )


def _name(leaf: Column) -> str:
    name = leaf.get(4, b"")
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else ""


def _value(physical: int, data: object) -> float | None:
    form = _NUMBERS.get(physical)
    if form is None or not isinstance(data, bytes) or len(data) != form.size:
        return None
    return float(form.unpack(data)[0])


def _is_string(leaf: Column) -> bool:
    logical = leaf.get(10)
    return isinstance(logical, dict) and 1 in logical


def _ticks_a_second(leaf: Column) -> float | None:
    """Returns how many of the column's numbers make a second; None if they are no times."""
    logical = leaf.get(10)
    if isinstance(logical, dict):
        if 6 in logical:
            return 1 / 86_400
        if 8 in logical:
            unit = logical[8].get(2, {}) if isinstance(logical[8], dict) else {}
            return next((each for number, each in ((1, 1e3), (2, 1e6), (3, 1e9)) if number in unit), None)  # fmt: skip  # noqa: E501
    return {_DATE: 1 / 86_400, _MILLIS: 1e3, _MICROS: 1e6}.get(leaf.get(6, -1))


def _iso(value: float, ticks: float) -> str | None:
    try:
        found = _EPOCH + timedelta(seconds=value / ticks)
    except OverflowError:
        return None
    if ticks < 1:
        return date(found.year, found.month, found.day).isoformat()
    return found.replace(tzinfo=None).isoformat()


class _Reader:
    """Thrift's compact protocol, as far as footers use it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def structure(self, depth: int = 0) -> Column:
        """Reads a structure: number of field to value."""
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        found: Column = {}
        number = 0
        while head := self._byte():
            kind, step = head & 0x0F, head >> 4
            number = number + step if step else self._zigzag()
            found[number] = self._value(kind, depth, is_field=True)
        return found

    def _value(self, kind: int, depth: int, *, is_field: bool = False) -> Any:  # noqa: ANN401 - Thrift
        if kind in {1, 2}:
            return kind == 1 if is_field else self._byte() == 1
        readers: dict[int, Callable[[], Any]] = {
            3: self._byte,
            4: self._zigzag,
            5: self._zigzag,
            6: self._zigzag,
            7: lambda: struct.unpack("<d", self._take(8))[0],
            8: lambda: self._take(self._varint()),
            9: lambda: self._list(depth),
            10: lambda: self._list(depth),
            12: lambda: self.structure(depth + 1),
        }
        if kind not in readers:
            raise ValueError("no such type in a footer")
        return readers[kind]()

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        length = head >> 4
        if length == 15:
            length = self._varint()
        if length > len(self._data):
            raise ValueError("longer than the footer")
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        return [self._value(head & 0x0F, depth + 1) for _ in range(length)]

    def _varint(self) -> int:
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return found
            if shift > 63:
                raise ValueError("no number of 64 bits")

    def _zigzag(self) -> int:
        found = self._varint()
        return (found >> 1) ^ -(found & 1)

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _take(self, count: int) -> bytes:
        data = self._data[self._at : self._at + count]
        if len(data) != count:
            raise ValueError("cut off")
        self._at += count
        return data
