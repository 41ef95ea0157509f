# SPDX-License-Identifier: Apache-2.0
"""Profiles data that lie in memory: numbers by arrays at memory's speed, the rest value by value.

* numpy is used where the data have brought it; it is never imported.
* A long column of texts or objects is looked at evenly, and the profile says so.
"""

import sys
from collections.abc import Iterable
from typing import Any

from strongroom.domain.column_tally import ColumnTally
from strongroom.domain.data_profile import (
    MOST_COLUMNS,
    QUANTILES,
    ColumnProfile,
    DataProfile,
    most_named,
)
from strongroom.sdk.tables import TableColumn, array_of, columns_of, listed

MOST_WALKED = 200_000  # values that are looked at one by one: a fifth of a second a column
MOST_SORTED = 1_000_000  # numbers that quantiles are taken of
WIDEST_COUNTED = 1_000  # whole numbers that span no more are counted one by one


def profile_of(data: Any) -> DataProfile:  # noqa: ANN401 - any table, array or tensor
    """Returns the profile of a table, an array or a tensor."""
    columns = columns_of(data)
    if columns is None:
        return _array_profile(array_of(data))
    profiles: list[ColumnProfile] = []
    rows: int | None = None
    left_out = 0
    is_sampled = False
    for column in columns:
        if len(profiles) >= MOST_COLUMNS:
            left_out += 1
            continue
        profile, length = _column_profile(column)
        rows = length if rows is None else rows
        is_sampled |= profile.count < length
        profiles.append(profile)
    return DataProfile(rows=rows, columns=tuple(profiles), left_out=left_out, is_sampled=is_sampled)


def tallied(columns: Iterable[ColumnTally], rows: int | None, *, is_sampled: bool) -> DataProfile:
    """Returns the profile of columns that were added up one row after the other."""
    profiles = tuple(column.profile() for column in columns)
    return DataProfile(
        rows=rows,
        columns=profiles[:MOST_COLUMNS],
        left_out=max(0, len(profiles) - MOST_COLUMNS),
        is_sampled=is_sampled,
    )


def _array_profile(array: Any) -> DataProfile:  # noqa: ANN401 - an array, not imported
    shape = tuple(getattr(array, "shape", ()) or ())
    rows = int(shape[0]) if shape else 1
    if len(shape) == 2 and shape[1] <= MOST_COLUMNS:
        parts = [(f"column {place}", array[:, place]) for place in range(shape[1])]
    else:
        parts = [("values", array)]
    found = [_column_profile(TableColumn(name, "", part)) for name, part in parts]
    return DataProfile(
        rows=rows,
        columns=tuple(profile for profile, _ in found),
        is_sampled=any(profile.count < length for profile, length in found),
    )


def _column_profile(column: TableColumn) -> tuple[ColumnProfile, int]:
    """Returns the profile of a column and its length."""
    numpy: Any = sys.modules.get("numpy")
    values = array_of(column.values)
    if numpy is not None and isinstance(values, numpy.ndarray):
        flat = values.reshape(-1)
        if flat.dtype.kind in "biuf":
            return _number_profile(numpy, column.name, flat), len(flat)
        if flat.dtype.kind == "M":
            return _time_profile(numpy, column.name, flat), len(flat)
        values = flat
    length = len(values) if hasattr(values, "__len__") else None
    if length is None:
        values = list(values)
        length = len(values)
    every = max(1, -(-length // MOST_WALKED))
    tally = ColumnTally(column.name)
    tally.add_all(listed(values[::every]) if every > 1 else listed(values))
    return tally.profile(), length


def _number_profile(numpy: Any, name: str, flat: Any) -> ColumnProfile:  # noqa: ANN401 - as above
    kind = {"b": "boolean", "f": "number"}.get(flat.dtype.kind, "integer")
    known = flat
    if kind == "number":
        if flat.dtype.itemsize < 4:  # sums of half floats overflow at once
            flat = flat.astype(numpy.float32)
        known = flat[numpy.isfinite(flat)]
    missing = int(numpy.isnan(flat).sum()) if kind == "number" else 0
    if not len(known):
        return ColumnProfile(name=name, kind=kind, count=len(flat), missing=missing)
    distinct, top = _counted(numpy, known, kind)
    if kind == "boolean":
        return ColumnProfile(
            name=name, kind=kind, count=len(flat), missing=0, distinct=distinct, top=top
        )
    with numpy.errstate(all="ignore"):  # a spread beyond a double is left out of the profile
        sample = known[:: max(1, -(-len(known) // MOST_SORTED))]
        quantiles = numpy.quantile(sample.astype(float), (0.05, 0.25, 0.5, 0.75, 0.95))
        deviation = float(known.std(ddof=1, dtype=float)) if len(known) > 1 else None
        return ColumnProfile(
            name=name,
            kind=kind,
            count=len(flat),
            missing=missing,
            distinct=distinct,
            minimum=float(known.min()),
            maximum=float(known.max()),
            mean=float(known.mean(dtype=float)),
            deviation=deviation,
            quantiles=tuple(zip(QUANTILES, quantiles.tolist(), strict=True)),
            top=top,
        )


def _counted(
    numpy: Any,  # noqa: ANN401 - a module that is not imported
    known: Any,  # noqa: ANN401 - an array
    kind: str,
) -> tuple[int | None, tuple[tuple[str, int], ...]]:
    """Returns how many different values there are and the most frequent, where they are few."""
    if kind == "number":
        return None, ()
    low, high = int(known.min()), int(known.max())
    if high - low > WIDEST_COUNTED:
        return None, ()
    values, counts = numpy.unique(known, return_counts=True)
    names = [str(value).lower() if kind == "boolean" else str(value) for value in values.tolist()]
    return len(names), most_named(dict(zip(names, counts.tolist(), strict=True)))


def _time_profile(numpy: Any, name: str, flat: Any) -> ColumnProfile:  # noqa: ANN401 - as above
    is_missing = numpy.isnat(flat)
    known = flat[~is_missing]
    ends = (str(known.min()), str(known.max())) if len(known) else (None, None)
    return ColumnProfile(
        name=name,
        kind="time",
        count=len(flat),
        missing=int(is_missing.sum()),
        minimum=ends[0],
        maximum=ends[1],
    )
