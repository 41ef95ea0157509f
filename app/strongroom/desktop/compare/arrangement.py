# SPDX-License-Identifier: Apache-2.0
"""Which runs are compared, in which order, and against which: a value the place carries.

* A run stands there once; the baseline is always one of the runs, the first unless chosen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from strongroom.desktop.kit.place import Place
from strongroom.domain.comparison import MOST_COMPARED


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Runs from left to right and the baseline, "" for the first."""

    run_ids: tuple[str, ...] = ()
    chosen: str = ""

    @classmethod
    def of(cls, run_ids: Iterable[str], chosen: str = "") -> "Arrangement":
        """Returns an arrangement of different runs, as many as are compared at once."""
        return cls(tuple(dict.fromkeys(filter(None, run_ids)))[:MOST_COMPARED], chosen)

    @classmethod
    def from_place(cls, place: Place) -> "Arrangement":
        """Returns what a place names."""
        return cls.of(place.argument("runs").split(","), place.argument("baseline"))

    @property
    def baseline(self) -> str:
        """The run every delta is told against, "" without runs."""
        if self.chosen in self.run_ids:
            return self.chosen
        return self.run_ids[0] if self.run_ids else ""

    def arguments(self) -> dict[str, str]:
        """Returns the arguments of a place."""
        if not self.run_ids:
            return {}
        found = {"runs": ",".join(self.run_ids)}
        return found if self.baseline == self.run_ids[0] else {**found, "baseline": self.baseline}

    def with_baseline(self, run_id: str) -> "Arrangement":
        """Returns the same runs told against another one."""
        return replace(self, chosen=run_id)

    def with_runs(self, run_ids: Iterable[str]) -> "Arrangement":
        """Returns the arrangement with more runs at its end."""
        return Arrangement.of((*self.run_ids, *run_ids), self.chosen)

    def without(self, run_id: str) -> "Arrangement":
        """Returns the arrangement without a run; the next one becomes the baseline if it was."""
        at = self.run_ids.index(run_id)
        rest = self.run_ids[:at] + self.run_ids[at + 1 :]
        chosen = self.chosen
        if self.baseline == run_id:
            chosen = rest[min(at, len(rest) - 1)] if rest else ""
        return Arrangement(rest, chosen)

    def moved(self, run_id: str, by: int) -> "Arrangement":
        """Returns the arrangement with a run moved to the left (-1) or right (1)."""
        ids = list(self.run_ids)
        at = ids.index(run_id)
        ids.insert(min(max(0, at + by), len(ids) - 1), ids.pop(at))
        return Arrangement(tuple(ids), self.baseline)

    def in_order(self, run_ids: Iterable[str]) -> "Arrangement":
        """Returns the same runs in another order, with the same baseline."""
        asked = [run_id for run_id in run_ids if run_id in self.run_ids]
        return Arrangement.of((*asked, *self.run_ids), self.baseline)
