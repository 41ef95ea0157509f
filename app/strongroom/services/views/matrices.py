# SPDX-License-Identifier: Apache-2.0
"""Recognises confusion matrices: true classes down, predicted classes across.

Known shapes: a square list of lists; a mapping with ``matrix`` (or ``confusion_matrix``,
``counts``, ``data``) and perhaps ``labels`` (or ``classes``, ``columns``); a mapping of mappings;
a CSV of a class and its counts on each line, with a header or without.
"""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence

from strongroom.services.views.shapes import MatrixView, NoView
from strongroom.services.views.visible import visible_cell

MAX_MATRIX_BYTES = 1 << 20
MAX_CLASSES = 100
_COUNTS = ("matrix", "confusion_matrix", "counts", "data", "values")
_LABELS = ("labels", "classes", "class_names", "index", "columns")


def matrix(data: bytes, *, is_json: bool) -> MatrixView | NoView:
    """Returns the matrix a file holds, or why it is none we know."""
    if len(data) > MAX_MATRIX_BYTES:
        return NoView(why="A confusion matrix of more than 1 MiB is not drawn.")
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    try:
        return _from_json(json.loads(text)) if is_json else _from_csv(text)
    except (ValueError, TypeError, RecursionError, csv.Error) as error:
        return NoView(why=f"It is no confusion matrix we know: {visible_cell(str(error))}.")


def _from_json(value: object) -> MatrixView:
    if isinstance(value, list):
        return _made(value, [])
    if not isinstance(value, dict):
        raise TypeError("it is neither a list nor a mapping")
    for name in _COUNTS:
        if isinstance(value.get(name), list):
            named = [value[key] for key in _LABELS if isinstance(value.get(key), list)]
            return _made(value[name], named[0] if named else [])
    if value and all(isinstance(inner, Mapping) for inner in value.values()):
        labels = list(value)
        rows = [[value[true].get(said, 0) for said in labels] for true in labels]
        return _made(rows, labels)
    raise ValueError("it has no matrix")


def _from_csv(text: str) -> MatrixView:
    records = [record for record in csv.reader(io.StringIO(text)) if record]
    if not records or len(records) > MAX_CLASSES + 1:
        raise ValueError("it is empty or too large")
    if all(_is_number(cell) for cell in records[0]):
        return _made(records, [])
    body = records[1:]
    if all(len(record) == len(body) + 1 for record in records):
        return _made([record[1:] for record in body], [record[0] for record in body])
    return _made(body, records[0])


def _made(rows: Sequence[object], labels: Sequence[object]) -> MatrixView:
    size = len(rows)
    if not 1 < size <= MAX_CLASSES:
        raise ValueError(f"it has {size:,} classes, and 2 to {MAX_CLASSES} are drawn")
    counts = []
    for row in rows:
        if not isinstance(row, (list, tuple)) or len(row) != size:
            raise ValueError("it is not square")
        counts.append(tuple(_count(cell) for cell in row))
    names = [visible_cell(str(label)) for label in labels]
    if len(names) != size:
        names = [str(number) for number in range(size)]
    return MatrixView(labels=tuple(names), counts=tuple(counts))


def _count(cell: object) -> float:
    if not isinstance(cell, (int, float, str)) or isinstance(cell, bool):
        raise TypeError("a cell is no number")
    number = float(cell)
    if not math.isfinite(number) or number < 0:
        raise ValueError("a count is negative or not finite")
    return number


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
