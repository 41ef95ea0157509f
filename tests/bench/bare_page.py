# SPDX-License-Identifier: Apache-2.0
"""The least that a page of runs costs: its rows fetched by Python's sqlite3, and nothing made."""

import json
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

WHY_SEARCH = (
    "Finding the runs costs half a microsecond for each run of the rarer part, a look into an"
    " index; the rest hands thirty values of each of a hundred runs to Python, a microsecond a row."
)
_OF = "WHERE run IN (SELECT value FROM json_each(?))"
_QUESTIONS = (
    "SELECT * FROM run WHERE id IN (SELECT value FROM json_each(?))",
    f"SELECT run, group_concat(value) FROM run_value {_OF} GROUP BY run",
    f"SELECT run, key, count, last, last_step, low, high FROM metric_latest {_OF}",
)


def bare_page_ms(catalog: Path, run_ids: Iterable[str]) -> float:
    """Returns how long fetching the rows of these runs takes, milliseconds, the best of nine."""
    connection = sqlite3.connect(f"file:{catalog}?mode=ro", uri=True)
    try:
        named = (
            "SELECT json_group_array(id) FROM run WHERE run_id IN (SELECT value FROM json_each(?))"
        )
        ((ids,),) = connection.execute(named, (json.dumps(list(run_ids)),))
        times = []
        for _ in range(9):
            start = time.perf_counter()
            for question in _QUESTIONS:
                connection.execute(question, (ids,)).fetchall()
            times.append((time.perf_counter() - start) * 1000)
    finally:
        connection.close()
    return min(times)
