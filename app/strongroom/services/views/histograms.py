# SPDX-License-Identifier: Apache-2.0
"""Recognises histograms: counts between edges, as `log_histogram` and ``numpy.histogram`` say them.

Known shapes: a mapping with ``counts`` (or ``hist``, ``values``) and ``edges`` (or ``bins``,
``bin_edges``); a list of those two lists, counts first. There is one more edge than counts.
"""

import json
import math

from strongroom.services.views.shapes import HistogramView, NoView
from strongroom.services.views.visible import visible_cell

MAX_HISTOGRAM_BYTES = 1 << 20
MAX_BINS = 4_096
_COUNTS = ("counts", "hist", "values")
_EDGES = ("edges", "bins", "bin_edges")


def histogram(data: bytes) -> HistogramView | NoView:
    """Returns the histogram a JSON file holds, or why it is none we know."""
    if len(data) > MAX_HISTOGRAM_BYTES:
        return NoView(why="A histogram of more than 1 MiB is not drawn.")
    try:
        return _made(json.loads(data.decode("utf-8", errors="replace").removeprefix("\ufeff")))
    except (ValueError, TypeError, RecursionError) as error:
        return NoView(why=f"It is no histogram we know: {visible_cell(str(error))}.")


def _made(value: object) -> HistogramView:
    missing = 0
    if isinstance(value, dict):
        counts = next((value[name] for name in _COUNTS if isinstance(value.get(name), list)), None)
        edges = next((value[name] for name in _EDGES if isinstance(value.get(name), list)), None)
        left_out = value.get("left_out", 0)
        missing = left_out if isinstance(left_out, int) and left_out > 0 else 0
    elif isinstance(value, list) and len(value) == 2:
        counts, edges = value
    else:
        raise TypeError("it is neither a mapping nor two lists")
    if not isinstance(counts, list) or not isinstance(edges, list):
        raise ValueError("it has no counts and edges")
    if not 1 <= len(counts) <= MAX_BINS or len(edges) != len(counts) + 1:
        raise ValueError(f"it has {len(counts):,} counts and {len(edges):,} edges")
    found = HistogramView(
        edges=tuple(_number(each) for each in edges),
        counts=tuple(_number(each) for each in counts),
        left_out=missing,
    )
    if any(low >= high for low, high in zip(found.edges, found.edges[1:], strict=False)):
        raise ValueError("its edges do not rise")
    if min(found.counts) < 0:
        raise ValueError("a count is negative")
    return found


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a count or an edge is no number")
    number = float(value)
    if not math.isfinite(number) or abs(number) > 1e300:
        raise ValueError("a count or an edge is not finite")
    return number
