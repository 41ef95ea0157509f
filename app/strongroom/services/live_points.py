# SPDX-License-Identifier: Apache-2.0
"""The points of a run that is still logging, as many as memory may be asked for.

* A run of few points is held whole. Of one that logs more and more, the extremes stay, and longer
  metrics give way first: none has more points than the limit that fits them all.
"""

from strongroom.journal.series import Series
from strongroom.journal.thinning import LEAST, Thinned

MOST_OF_A_RUN = 1 << 23  # points: 200 MB


class LivePoints:
    """Takes points as they are read.

    Args:
        most: About how many are held, of all metrics together.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = MOST_OF_A_RUN if most is None else most
        self._most_of_one = self._most
        self._of: dict[str, Thinned] = {}
        self._taken = 0  # points since they were last counted

    def add(self, key: str, series: Series) -> None:
        """Takes the next points of a metric."""
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = Thinned(self._most_of_one)
        found.add(series)
        self._taken += len(series)
        if self._taken > self._most:
            self._taken = self._fit()

    def series(self, key: str) -> tuple[Series, int]:
        """Returns the points of a metric that are held, and how many others there were."""
        found = self._of.get(key)
        if found is None:
            return Series.empty(), 0
        return found.series(), found.left

    def _fit(self) -> int:
        """Lets points go until all fit; returns how many are held."""
        held = sum(each.held for each in self._of.values())
        while held > self._most and self._most_of_one > LEAST:
            longest = max(each.held for each in self._of.values())
            self._most_of_one = max(LEAST, min(self._most_of_one, longest) // 2)
            for each in self._of.values():
                each.narrow(self._most_of_one)
            held = sum(each.held for each in self._of.values())
        return held
