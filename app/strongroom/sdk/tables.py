# SPDX-License-Identifier: Apache-2.0
"""Takes tables of any make apart into named columns: pandas, polars, Arrow, numpy, dicts, tensors.

* None of them is imported: an object is asked what it can say.
* A column comes as an array where its maker has arrays, else as what can be walked through.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class TableColumn(NamedTuple):
    """A column: its title, the name its maker has for the type, and its values."""

    name: str
    type: str
    values: Any


def columns_of(data: Any) -> Iterator[TableColumn] | None:  # noqa: ANN401 - any table
    """Returns the columns of a table one by one, None if the data have none."""
    if hasattr(data, "columns") and hasattr(data, "dtypes") and hasattr(data, "iloc"):
        return _pandas(data)
    if hasattr(data, "get_column") and hasattr(data, "dtypes"):
        return _polars(data)
    if hasattr(data, "column_names") and hasattr(data, "schema") and hasattr(data, "column"):
        return _arrow(data)
    if isinstance(data, Mapping):
        return _mapping(data)
    return None


def array_of(values: Any) -> Any:  # noqa: ANN401 - any column or tensor
    """Returns values as an array where they can be one, else as they are."""
    if hasattr(values, "tobytes") and hasattr(values, "dtype"):
        return values
    if hasattr(values, "detach") and hasattr(values, "numpy"):  # a tensor of torch
        return values.detach().cpu().numpy()
    for name in ("to_numpy", "__array__"):
        convert = getattr(values, name, None)
        if not callable(convert):
            continue
        try:
            return convert()
        except ImportError:  # polars and Arrow do without numpy
            break
        except (TypeError, ValueError):  # an Arrow array copies only if it is asked to
            try:
                return convert(zero_copy_only=False)
            except (TypeError, ValueError, ImportError):
                break
    return values


def listed(values: Any) -> list[Any]:  # noqa: ANN401 - any column
    """Returns a column as a list of plain values."""
    for name in ("tolist", "to_list", "to_pylist"):
        convert = getattr(values, name, None)
        if callable(convert):
            found = convert()
            return found if isinstance(found, list) else [found]
    return list(values)


def _pandas(data: Any) -> Iterator[TableColumn]:  # noqa: ANN401 - as above
    for place, (title, kind) in enumerate(zip(data.columns, data.dtypes, strict=True)):
        yield TableColumn(str(title), str(kind), data.iloc[:, place])


def _polars(data: Any) -> Iterator[TableColumn]:  # noqa: ANN401 - as above
    for title, kind in zip(data.columns, data.dtypes, strict=True):
        yield TableColumn(str(title), str(kind), data.get_column(title))


def _arrow(data: Any) -> Iterator[TableColumn]:  # noqa: ANN401 - as above
    for place, title in enumerate(data.column_names):
        column = data.column(place)
        yield TableColumn(str(title), str(column.type), column)


def _mapping(data: Mapping[Any, Any]) -> Iterator[TableColumn]:
    for title, values in data.items():
        yield TableColumn(str(title), type(values).__name__, values)
