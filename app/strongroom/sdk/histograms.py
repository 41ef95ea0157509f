# SPDX-License-Identifier: Apache-2.0
"""Counts values between even edges, with the standard library; numpy does it where it is loaded.

* numpy is never imported: who hands over an array has imported it already.
* Values that are not finite lie in no bin and are counted beside them.
"""

import math
import sys
from itertools import pairwise
from typing import Any

from strongroom.domain.canonical import JsonValue
from strongroom.sdk.losses import Lost

MOST_BINS = 4_096  # what a window draws


def histogram_of(values: Any, bins: int) -> JsonValue:  # noqa: ANN401 - an array, or numbers
    """Returns counts, edges and what was left out, as a document.

    Raises:
        Lost: If there are no numbers, or no finite one, or too many bins.
    """
    if not 1 <= bins <= MOST_BINS:
        raise Lost("type", f"a histogram has 1 to {MOST_BINS} bins")
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(values, numpy.ndarray):
        flat = values.ravel().astype(float)
        finite = flat[numpy.isfinite(flat)]
        left_out = int(flat.size - finite.size)
        if not finite.size:
            raise Lost("type", "no value is finite")
        low, high = _room(float(finite.min()), float(finite.max()))
        counts, edges = numpy.histogram(finite, bins=bins, range=(low, high))
        return _document(counts.tolist(), edges.tolist(), left_out)
    every = _numbers(values)
    known = [value for value in every if math.isfinite(value)]
    if not known:
        raise Lost("type", "no value is finite")
    low, high = _room(min(known), max(known))
    counted = [0] * bins
    for value in known:
        counted[min(bins - 1, int((value - low) / (high - low) * bins))] += 1
    edges = [low + (high - low) * at / bins for at in range(bins)] + [high]
    return _document(counted, edges, len(every) - len(known))


def _numbers(values: Any) -> list[float]:  # noqa: ANN401 - whatever a script hands over
    flat = values.tolist() if hasattr(values, "tolist") else values
    found: list[float] = []
    waiting = [flat]
    while waiting:
        for each in waiting.pop():
            if isinstance(each, list | tuple):
                waiting.append(each)
            else:
                found.append(float(each))
    return found


def _room(low: float, high: float) -> tuple[float, float]:
    """Returns edges that lie apart, also around values that are all the same."""
    if low < high and math.isfinite(high - low):
        return low, high
    if low < high:
        raise Lost("type", "the values span more than a number holds")
    around = max(abs(low) * 1e-6, 0.5)
    return low - around, high + around


def _document(counts: list[int], edges: list[float], left_out: int) -> JsonValue:
    if any(one >= other for one, other in pairwise(edges)):
        raise Lost("type", "the values lie too near each other for so many bins")
    return {"counts": counts, "edges": edges, "left_out": left_out}
