# SPDX-License-Identifier: Apache-2.0
"""One shape for the points of a metric, sealed or still being written.

* Sealed Parquet first, then what journals added since: nobody asks where points lie.
* Only the asked metric is read from Parquet; its page checksums are verified on the way.
* Arrow is loaded when points are first read: most commands never ask for one.
"""

from pathlib import Path

from strongroom.domain.errors import Untrusted
from strongroom.journal.files import is_of_a_process
from strongroom.journal.reader import JournalTail, file_names, read_run
from strongroom.journal.series import Series, concat
from strongroom.store.run_state import METRICS_FILE, SEALED_FILE, journals_beside, read_sealed
from strongroom.store.steady_reading import steadily

__all__ = ["JournalTail", "Series", "is_live", "metric_keys", "read_sealed_series", "read_series"]


def read_series(folder: Path, key: str) -> Series:
    """Returns all points of a metric in the order they were written; empty if there are none.

    Raises:
        Untrusted: ``E-HASH`` if stored points do not hold.
        OSError: If the folder cannot be read.
    """
    return steadily(folder, lambda: _read_series(folder, key))


def _read_series(folder: Path, key: str) -> Series:
    parts = [read_sealed_series(folder, key)]
    if journals := _live_journals(folder):
        added = read_run(folder, journals).metrics.get(key)
        if added is not None:
            parts.append(added)
    return concat([part for part in parts if len(part)])


def read_sealed_series(folder: Path, key: str) -> Series:
    """Returns the sealed points of a metric; empty if there are none.

    Raises:
        Untrusted: ``E-HASH`` if the Parquet does not hold, ``E-MISSING`` if it is gone.
    """
    sealed = _sealed_metrics(folder)
    if sealed is None:
        return Series.empty()
    from strongroom.journal.compact import read_metric

    return read_metric(sealed, key)


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
        from strongroom.journal.compact import keys

        names |= set(keys(sealed))
    if journals := _live_journals(folder):
        names |= read_run(folder, journals).metrics.keys()
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
