# SPDX-License-Identifier: Apache-2.0
"""A metric: a name, and points of value, step and time.

* A name is text and stays text: markup in it is shown, never obeyed.
* Values are IEEE doubles, NaN and infinities included. Steps are signed 64-bit integers.
"""

from dataclasses import dataclass

MAX_NAME_BYTES = 1_024  # of a metric, param or tag in UTF-8; MLflow allows 250 characters
MAX_STEP = (1 << 63) - 1
MIN_STEP = -(1 << 63)
_HELD_OUT = frozenset({"val", "valid", "validation", "test", "eval"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """One point of a metric; ``time_us`` in microseconds UTC."""

    key: str
    value: float
    step: int
    time_us: int


def is_name(text: object) -> bool:
    """Whether the text may name a metric, a param or a tag: not empty, bounded, whole characters.

    A lone surrogate is refused because no file and no database can hold it.
    """
    if not isinstance(text, str) or not text:
        return False
    try:
        return len(text.encode("utf-8")) <= MAX_NAME_BYTES
    except UnicodeEncodeError:
        return False


def metric_rank(key: str) -> int:
    """Returns what decides the order of metrics: held-out data first, the machine last."""
    prefix = key.partition("/")[0].partition("_")[0].lower()
    if prefix in _HELD_OUT:
        return 0
    return 2 if prefix == "system" else 1
