# SPDX-License-Identifier: Apache-2.0
"""The points of one metric of one run as people ask for them: in the order of their steps.

* A range of steps and a number of points are handed down to where points are read: what is not
  asked is not held, and mostly not even read.
* Points of one step stay in the order they were written; none is dropped or merged.
"""

from pathlib import Path

from strongroom.domain.errors import BadInput
from strongroom.journal.series import Series
from strongroom.store.run_places import RunPlace
from strongroom.store.series import EVERYWHERE, StepRange, metric_keys, read_series


def history_of(
    folder: Path, place: RunPlace, key: str, steps: StepRange = EVERYWHERE, most: int | None = None
) -> Series:
    """Returns the points of a metric ordered by step, then as written; see `Runs.history`.

    Raises:
        BadInput: ``E-METRIC`` for a metric the run does not have, ``E-SIZE`` for too many points,
            ``E-USAGE`` for a range or a number that says nothing.
        Untrusted: ``E-HASH`` if stored points do not hold.
    """
    if most is not None and most < 1:
        raise BadInput("E-USAGE", f"{most} points are none", "Ask for 1,000, for example.")
    if steps.first is not None and steps.last is not None and steps.first > steps.last:
        raise BadInput("E-USAGE", "The range of steps ends before it begins", "Swap its ends.")
    series = read_series(folder, key, steps, most)
    if not len(series) and key not in metric_keys(folder):
        raise BadInput(
            "E-METRIC",
            f"The run {place.name or place.run_id} has no metric {key}",
            "strongroom runs show lists its metrics.",
        )
    if (series.steps[1:] >= series.steps[:-1]).all():
        return series
    order = series.steps.argsort(kind="stable")
    return Series(series.steps[order], series.times_us[order], series.values[order])
