# SPDX-License-Identifier: Apache-2.0
"""Turns what a training script hands over into plain numbers, names and JSON, or says why not.

* numpy scalars and tensors are asked for their number; they are never imported.
"""

import json
import operator
import time
from array import array
from collections.abc import Iterable
from typing import Any

from strongroom.domain.canonical import JsonValue
from strongroom.domain.metric import MAX_STEP, MIN_STEP, is_name
from strongroom.journal.layout import plain
from strongroom.sdk.losses import Lost, shown


def now_us() -> int:
    """Returns the machine's time in microseconds UTC."""
    return time.time_ns() // 1000


def number(value: object) -> float:
    """Returns a value as a float.

    Raises:
        TypeError: If it is no number: text, None, an array with several elements.
    """
    if isinstance(value, str | bytes | bytearray) or not hasattr(value, "__float__"):
        if hasattr(value, "__index__"):
            return float(operator.index(value))
        raise TypeError(f"{type(value).__name__} is no number")
    try:
        return float(value)
    except (ValueError, TypeError, OverflowError, RuntimeError) as error:
        raise TypeError(f"{type(value).__name__} is not one number ({error})") from error


def doubles(values: Iterable[Any]) -> "array[float] | None":
    """Returns values as one column of floats, None if one of them is no number."""
    try:
        return array("d", values)
    except Exception:  # noqa: BLE001 - a value of any type may be what is broken
        return None


def whole(value: object) -> int:
    """Returns a step or time as an integer of 64 bits.

    Raises:
        TypeError: If it is not a whole number of that size.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = operator.index(value)  # type: ignore[arg-type]  # raises TypeError itself
    if not MIN_STEP <= found <= MAX_STEP:
        raise TypeError("a step must fit 64 bits")
    return found


def whole_column(values: list[Any]) -> list[int]:
    """Returns steps or times as integers of 64 bits.

    Raises:
        TypeError: If one of them is not a whole number of that size.
    """
    if set(map(type, values)) <= {int}:  # the usual case, told without a call for each
        if values and not MIN_STEP <= min(values) <= max(values) <= MAX_STEP:
            raise TypeError("a step must fit 64 bits")
        return values
    return [whole(value) for value in values]


def column(values: Iterable[Any]) -> list[Any]:
    """Returns a column as a list of plain numbers; arrays and tensors know how."""
    to_list = getattr(values, "tolist", None)
    found = to_list() if callable(to_list) else list(values)
    return found if isinstance(found, list) else [found]


def check_name(key: object) -> None:
    """Accepts a name of a metric, param or tag.

    Raises:
        Lost: If it is empty, too long or no text.
    """
    if not is_name(key):
        raise Lost("key", shown(key))


def whole_text(text: str) -> str:
    """Returns the text with halves of characters replaced, which no file can hold."""
    if not isinstance(text, str):
        raise Lost("type", f"{type(text).__name__} is no text")
    return text.encode("utf-8", "replace").decode("utf-8")


def as_json(value: object) -> JsonValue:
    """Returns a param's value as JSON; what JSON cannot say becomes its text."""
    if value is None or isinstance(value, bool | int | float):
        return plain(value)
    if isinstance(value, str):
        return whole_text(value)
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        return as_json(item())
    if isinstance(value, dict | list | tuple):
        try:
            return json.loads(json.dumps(plain(value), ensure_ascii=True))
        except (TypeError, ValueError, RecursionError):
            return whole_text(str(value))
    return whole_text(str(value))


def json_text(document: object) -> str:
    """Returns a document as indented JSON; what JSON cannot say becomes its text.

    Raises:
        Lost: If it holds itself.
    """
    try:
        return whole_text(json.dumps(plain(document), indent=2, ensure_ascii=False, default=str))
    except (ValueError, RecursionError) as error:
        raise Lost("type", str(error)) from error
