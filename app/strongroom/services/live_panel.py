# SPDX-License-Identifier: Apache-2.0
"""What a small panel shows of a run that is being written: state, and each metric in one line.

* Files are read on from where they were left; of each metric a bounded curve is kept.
* Reading never disturbs whoever writes.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

from strongroom.journal.reader import JournalTail
from strongroom.journal.series import Series
from strongroom.services.run_html import bars, number_text, table

MOST_KEPT = 2_048  # points of a curve; then every second one goes
MOST_METRICS = 40


@dataclass(slots=True)
class _Line:
    """One metric so far."""

    count: int = 0
    step: int = 0
    last: float = math.nan
    low: float = math.inf
    high: float = -math.inf
    every: int = 1
    kept: list[float] = field(default_factory=list)

    def add(self, series: Series) -> None:
        """Adds points in the order they were written."""
        values: list[float] = series.values.tolist()
        self.kept += values[-self.count % self.every :: self.every]
        self.count += len(values)
        while len(self.kept) > MOST_KEPT:
            self.kept = self.kept[::2]
            self.every *= 2
        self.last, self.step = values[-1], int(series.steps[-1])
        finite = [value for value in values if math.isfinite(value)]
        self.low = min(self.low, min(finite, default=math.inf))
        self.high = max(self.high, max(finite, default=-math.inf))


class LivePanel:
    """Follows one run folder.

    Args:
        folder: The run folder.
        title: What stands above the panel.
    """

    def __init__(self, folder: Path, title: str) -> None:
        self._tail = JournalTail(folder)
        self._title = title
        self._lines: dict[str, _Line] = {}

    def read(self) -> bool:
        """Takes in what was written since the last time; returns whether there was anything."""
        before = sum(line.count for line in self._lines.values())
        self._tail.poll(self)
        return sum(line.count for line in self._lines.values()) > before

    def add(self, key: str, series: Series) -> None:
        """Takes the next points of a metric."""
        if len(series):
            self._lines.setdefault(key, _Line()).add(series)

    def html(self, state: str) -> str:
        """Returns the panel as a table without script or network."""
        lines = sorted(self._lines.items())
        rows = [
            [
                key,
                bars(line.kept),
                number_text(line.last),
                number_text(line.low) if line.low <= line.high else "–",
                number_text(line.high) if line.low <= line.high else "–",
                str(line.step),
                f"{line.count:,}",
            ]
            for key, line in lines[:MOST_METRICS]
        ]
        hidden = len(lines) - len(rows)
        note = f"{hidden:,} more metrics." if hidden else ""
        header = ["Metric", "Curve", "Last", "Lowest", "Highest", "Step", "Points"]
        return table(f"{self._title} · {state}", header, rows, note)

    def text(self, state: str) -> str:
        """Returns the panel for a terminal: one line a metric."""
        lines = [
            f"{key:24}  {bars(line.kept):24}  {number_text(line.last)}"
            for key, line in sorted(self._lines.items())[:MOST_METRICS]
        ]
        return "\n".join([f"{self._title} · {state}", *lines])
