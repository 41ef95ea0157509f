# SPDX-License-Identifier: Apache-2.0
"""One shape for the points of a metric, sealed or still being written.

* Sealed Parquet first, then what journals added since: nobody asks where points lie.
* Only the row groups that hold what is asked are read; their checksums are verified on the way.
* Points pass through in pieces; no more is held than what is returned.
* Arrow is loaded when points are first read: most commands never ask for one.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from strongroom.domain.errors import BadInput, Untrusted
from strongroom.journal.files import is_of_a_process
from strongroom.journal.gathering import Chosen, Summed
from strongroom.journal.reader import JournalTail, file_names, read_run
from strongroom.journal.series import EVERYWHERE, Series, StepRange, concat
from strongroom.journal.thinning import Thinned
from strongroom.store.run_state import METRICS_FILE, SEALED_FILE, journals_beside, read_sealed
from strongroom.store.steady_reading import steadily

MAX_HELD = 1 << 25  # points of one metric handed out at once, 800 MB

__all__ = [
    "EVERYWHERE",
    "JournalTail",
    "Series",
    "StepRange",
    "is_live",
    "metric_keys",
    "read_sealed_series",
    "read_series",
]


def read_series(
    folder: Path, key: str, steps: StepRange = EVERYWHERE, most: int | None = None
) -> Series:
    """Returns the points of a metric in the order they were written; empty if there are none.

    Args:
        folder: The run folder.
        key: The metric.
        steps: Only these steps.
        most: About how many points are enough: with more, the extremes stay (`thinning`).

    Raises:
        Untrusted: ``E-HASH`` if stored points do not hold.
        BadInput: ``E-SIZE`` for more than `MAX_HELD` points, if all are asked.
        OSError: If the folder cannot be read.
    """
    return steadily(folder, lambda: _read_series(folder, key, steps, most))


def _read_series(folder: Path, key: str, steps: StepRange, most: int | None) -> Series:
    taken = _Held() if most is None else Thinned(most)
    _each_sealed(folder, key, steps, taken.add)
    if journals := _live_journals(folder):
        read_run(folder, journals, Chosen(key, steps, taken.add))
    return taken.series()


Held = tuple[Series, int]
"""Points of a metric, and how many more there are."""


def read_sealed_series(
    folder: Path, keys: Sequence[str], most: int, unless_more: int | None = None
) -> dict[str, Held | None]:
    """Returns about so many of the sealed points of each metric.

    All of them with one opening: the index of a run of 100,000 metrics takes a quarter of a second.

    Args:
        folder: The run folder.
        keys: The metrics.
        most: About how many points of each.
        unless_more: Nothing is read of a metric that has more points; it is None then.

    Raises:
        Untrusted: ``E-HASH`` if the Parquet does not hold, ``E-MISSING`` if it is gone.
    """
    return steadily(folder, lambda: _read_sealed(folder, keys, most, unless_more))


def _read_sealed(
    folder: Path, keys: Sequence[str], most: int, unless_more: int | None
) -> dict[str, Held | None]:
    sealed = _sealed_metrics(folder)
    if sealed is None:
        return {key: (Series.empty(), 0) for key in keys}
    from strongroom.journal.compacted import open_points

    found: dict[str, Held | None] = {}
    with open_points(sealed) as points:
        for key in keys:
            if unless_more is not None and points.count(key) > unless_more:
                found[key] = None
                continue
            taken = Thinned(most)
            for piece in points.pieces(key):
                taken.add(piece)
            found[key] = taken.series(), taken.left
    return found


def metric_keys(folder: Path) -> tuple[str, ...]:
    """Returns the names of the run's metrics, sorted.

    Raises:
        Untrusted: ``E-HASH`` if the Parquet's own description does not hold.
    """
    return steadily(folder, lambda: _metric_keys(folder))


def _metric_keys(folder: Path) -> tuple[str, ...]:
    sealed = _sealed_metrics(folder)
    names: set[str] = set()
    if sealed is not None:
        from strongroom.journal.compacted import keys

        names |= set(keys(sealed))
    if journals := _live_journals(folder):
        summed = Summed()
        read_run(folder, journals, summed)
        names |= summed.counts().keys()
    return tuple(sorted(names))


def is_live(folder: Path) -> bool:
    """Whether processes' journals lie in the folder: the run is not, or no longer, sealed."""
    return bool(_live_journals(folder))


def _live_journals(folder: Path) -> list[str]:
    """Returns the journals that a ``sealed.json`` has not taken in; none without a process's."""
    names = file_names(folder)
    if not any(is_of_a_process(name) for name in names):
        return []
    sealed = read_sealed(folder) if SEALED_FILE in names else None
    if sealed is None:
        return names
    beside = journals_beside(folder, names, sealed[0])
    return beside if any(map(is_of_a_process, beside)) else []


class _Held:
    """Holds the points of one metric, as many as memory may be asked for."""

    def __init__(self) -> None:
        self._parts: list[Series] = []
        self._count = 0

    def add(self, piece: Series) -> None:
        self._parts.append(piece)
        self._count += len(piece)
        if self._count > MAX_HELD:
            raise BadInput(
                "E-SIZE",
                f"More than {MAX_HELD:,} points of one metric are too many at once",
                "Ask for a range of steps, or for fewer points: --points 100000.",
            )

    def series(self) -> Series:
        return concat([part for part in self._parts if len(part)])


def _each_sealed(folder: Path, key: str, steps: StepRange, take: Callable[[Series], None]) -> None:
    sealed = _sealed_metrics(folder)
    if sealed is None:
        return
    from strongroom.journal.compacted import open_points

    with open_points(sealed) as points:
        for piece in points.pieces(key, steps):
            take(piece)


def _sealed_metrics(folder: Path) -> Path | None:
    if not (folder / SEALED_FILE).exists():
        return None
    path = folder / METRICS_FILE
    if path.exists():
        return path
    if b'"metrics":{}' in (folder / SEALED_FILE).read_bytes():
        return None
    raise Untrusted(
        "E-MISSING",
        f"{folder.name}/{METRICS_FILE} is gone",
        "Copy the run folder again from where it was sealed, or repair it from a remote.",
    )
