# SPDX-License-Identifier: Apache-2.0
"""Infers a model's signature from an example and writes the example down, in MLflow's words.

* Inputs and outputs are JSON texts inside the MLmodel file (ColSpec or TensorSpec lists).
* numpy and pandas are never imported: an object is asked what it can say.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.domain.model import column_type
from strongroom.journal.layout import plain
from strongroom.sdk.losses import Lost

MAX_EXAMPLE_ROWS = 100  # an example shows the form; a dataset is logged as an input


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An input example: its signature, what MLmodel says of it, and its two files."""

    spec: str
    info: dict[str, str]
    files: dict[str, bytes]


def spec_of(value: Any) -> str:  # noqa: ANN401 - array, DataFrame, dict or list
    """Returns the specification of a value as JSON text.

    Raises:
        Lost: If the value has no columns and no shape.
    """
    columns = _columns(value)
    if columns is not None:
        found = [{"type": _kind(c), "name": name, "required": True} for name, c in columns.items()]
        return json.dumps(found)
    kind, shape = _tensor(value)
    return json.dumps([{"type": "tensor", "tensor-spec": {"dtype": kind, "shape": shape}}])


def example_of(value: Any) -> Example:  # noqa: ANN401 - array, DataFrame, dict or list
    """Returns an example's signature and files.

    Raises:
        Lost: If the value has no columns and no shape.
    """
    info = {
        "artifact_path": "input_example.json",
        "serving_input_path": "serving_input_example.json",
    }
    columns = _columns(value)
    if columns is None:
        document: Any = {"inputs": _plain_rows(value)}
        serving = document
        info |= {"type": "ndarray", "format": "tf-serving"}
    else:
        lists = [_listed(column)[:MAX_EXAMPLE_ROWS] for column in columns.values()]
        rows = [list(row) for row in zip(*lists, strict=True)]
        document = {"columns": list(columns), "data": rows}
        serving = {"dataframe_split": document}
        info |= {"type": "dataframe", "pandas_orient": "split"}
    files = {info["artifact_path"]: _json(document), info["serving_input_path"]: _json(serving)}
    return Example(spec=spec_of(value), info=info, files=files)


def _columns(value: Any) -> dict[str, Any] | None:  # noqa: ANN401 - as above
    if hasattr(value, "columns") and hasattr(value, "dtypes"):
        return {str(name): value[name] for name in value.columns}
    if isinstance(value, Mapping) and value:
        return {str(name): _as_column(column) for name, column in value.items()}
    if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        names = dict.fromkeys(name for row in value for name in row)
        return {str(name): [row.get(name) for row in value] for name in names}
    return None


def _as_column(column: Any) -> Any:  # noqa: ANN401 - a column or one value of it
    is_many = isinstance(column, list | tuple) or hasattr(column, "dtype")
    return column if is_many else [column]


def _kind(column: Any) -> str:  # noqa: ANN401 - a series, an array or a list
    kind = str(getattr(column, "dtype", ""))
    if kind and kind != "object":
        return column_type(kind)
    first = next((item for item in _listed(column) if item is not None), "")
    return column_type("bool" if isinstance(first, bool) else type(first).__name__)


def _tensor(value: Any) -> tuple[str, list[int]]:  # noqa: ANN401 - an array or nested lists
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return str(value.dtype), [-1, *map(int, value.shape[1:])]
    if not isinstance(value, list) or not value:
        raise Lost("type", f"{type(value).__name__} has no signature")
    shape = [-1]
    first: Any = value[0]
    while isinstance(first, list) and first:
        shape.append(len(first))
        first = first[0]
    kinds: dict[type, str] = {bool: "bool", int: "int64", float: "float64", str: "str"}
    return kinds.get(type(first), "object"), shape


def _plain_rows(value: Any) -> list[Any]:  # noqa: ANN401 - an array or nested lists
    return _listed(value[:MAX_EXAMPLE_ROWS])


def _listed(values: Any) -> list[Any]:  # noqa: ANN401 - any column
    to_list = getattr(values, "tolist", None)
    return list(to_list() if callable(to_list) else values)


def _json(document: Any) -> bytes:  # noqa: ANN401 - a JSON document
    return json.dumps(plain(document), ensure_ascii=False, default=str).encode("utf-8", "replace")
