# SPDX-License-Identifier: Apache-2.0
"""Which runs are charted, and the palette place each keeps while it is.

* A run keeps its colour for as long as it is charted; a new one takes the lowest free place.
"""

from collections.abc import Iterable

MOST_CHARTED = 100  # runs; more lines than that on one chart tell nobody anything


class Charted:
    """The runs whose boxes are ticked, in the order they were ticked."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._places

    def __len__(self) -> int:
        return len(self._places)

    def ids(self) -> tuple[str, ...]:
        """Returns the charted runs, the one ticked first in front."""
        return tuple(self._places)

    def place(self, run_id: str) -> int | None:
        """Returns the palette place of a run, None if it is not charted."""
        return self._places.get(run_id)

    def add(self, run_ids: Iterable[str]) -> bool:
        """Charts runs as far as there is room; returns whether all found room."""
        for run_id in run_ids:
            if run_id in self._places:
                continue
            if len(self._places) >= MOST_CHARTED:
                return False
            taken = set(self._places.values())
            self._places[run_id] = next(
                place for place in range(MOST_CHARTED) if place not in taken
            )
        return True

    def remove(self, run_ids: Iterable[str]) -> None:
        """Takes runs off the charts."""
        for run_id in run_ids:
            self._places.pop(run_id, None)

    def clear(self) -> None:
        """Takes all runs off the charts."""
        self._places.clear()
