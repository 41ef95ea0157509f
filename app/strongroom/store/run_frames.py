# SPDX-License-Identifier: Apache-2.0
"""Runs and points as Arrow tables with typed columns, for notebooks and other programs.

* A param is a number or a truth value only if every run that has it says so; else it is text.
* A column nobody has is not there; a value a run does not have is null, never NaN.
"""

import importlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from strongroom.domain.run import MetricSummary, Run
from strongroom.journal.series import Series

_TIME = pa.timestamp("us", tz="UTC")
_HEAD: tuple[tuple[str, pa.DataType, Callable[[Run], object]], ...] = (
    ("run_id", pa.string(), lambda run: run.run_id),
    ("name", pa.string(), lambda run: run.name),
    ("experiment", pa.string(), lambda run: run.experiment),
    ("status", pa.string(), lambda run: run.status.value),
    ("started", _TIME, lambda run: run.started_us),
    ("ended", _TIME, lambda run: run.ended_us),
    ("host", pa.string(), lambda run: run.host),
    ("user", pa.string(), lambda run: run.user),
)
_PLAIN_NUMBER = re.compile(r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TRUTHS = {"True": True, "False": False, "true": True, "false": False}


def runs_table(runs: Sequence[Run], number: Callable[[MetricSummary], float]) -> pa.Table:
    """Returns one row a run: who and when, then ``params.…``, ``metrics.…`` and ``tags.…``.

    Args:
        runs: The rows, in their order.
        number: Which number of a metric's summary stands in its column.
    """
    columns = {name: pa.array([read(run) for run in runs], type=kind) for name, kind, read in _HEAD}
    for key in _keys(run.params for run in runs):
        columns[f"params.{key}"] = _typed([run.params.get(key) for run in runs])
    for key in _keys(run.metrics for run in runs):
        found = [run.metrics.get(key) for run in runs]
        numbers = [None if each is None else number(each) for each in found]
        columns[f"metrics.{key}"] = pa.array(numbers, type=pa.float64(), from_pandas=False)
    for key in _keys(run.tags for run in runs):
        columns[f"tags.{key}"] = pa.array([run.tags.get(key) for run in runs], type=pa.string())
    return pa.table(columns)


def points_table(points: Mapping[str, Series]) -> pa.Table:
    """Returns one row a point: key, step, time, value; the points of a key as they are given."""
    parts = list(points.values())
    return pa.table({"key": _repeated(list(points), parts), **_numbers_of(parts)})


def histories_table(points: Mapping[str, Series], names: Mapping[str, str]) -> pa.Table:
    """Returns one row a point: run_id, name, step, time, value; run after run as they are given.

    Args:
        points: Points by run id.
        names: What people call each run.
    """
    parts = list(points.values())
    return pa.table(
        {
            "run_id": _repeated(list(points), parts),
            "name": _repeated([names[run_id] for run_id in points], parts),
            **_numbers_of(parts),
        }
    )


def as_pandas(table: pa.Table) -> Any:  # noqa: ANN401 - pandas is no part of what we need
    """Returns a table as a DataFrame; whole numbers and truth values stay so where one is missing.

    Raises:
        ImportError: If pandas is not installed.
    """
    pandas = importlib.import_module("pandas")
    kept = {pa.int64(): pandas.Int64Dtype(), pa.bool_(): pandas.BooleanDtype()}
    return table.to_pandas(types_mapper=kept.get)


def _repeated(words: Sequence[str], parts: Sequence[Series]) -> pa.Array:
    """Returns each word as often as its part has points, as a dictionary."""
    at = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return pa.array(words, pa.string()).dictionary_encode().take(pa.array(at))


def _numbers_of(parts: Sequence[Series]) -> dict[str, pa.ChunkedArray]:
    return {
        "step": _joined([part.steps for part in parts], pa.int64()),
        "time": _joined([part.times_us for part in parts], pa.int64()).cast(_TIME),
        "value": _joined([part.values for part in parts], pa.float64()),
    }


def _joined(parts: Sequence[object], kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(part, type=kind, from_pandas=False) for part in parts], kind)


def _keys(given: Iterable[Mapping[str, object]]) -> list[str]:
    return sorted({key for each in given for key in each})


def _typed(texts: Sequence[str | None]) -> pa.Array:
    for read, kind in (
        (_TRUTHS.__getitem__, pa.bool_()),
        (_whole, pa.int64()),
        (_number, pa.float64()),
    ):
        try:
            values = [None if text is None else read(text) for text in texts]
        except (KeyError, ValueError):
            continue
        return pa.array(values, type=kind, from_pandas=False)
    return pa.array(texts, type=pa.string())


def _whole(text: str) -> int:
    number = int(text)
    if str(number) != text or not -(2**63) <= number < 2**63:  # "007" and " 7" are texts
        raise ValueError(text)
    return number


def _number(text: str) -> float:
    if not _PLAIN_NUMBER.fullmatch(text):  # "007" is a text
        raise ValueError(text)
    number = float(text)
    if math.isinf(number):  # too large to be what it says
        raise ValueError(text)
    return number
