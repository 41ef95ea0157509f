# SPDX-License-Identifier: Apache-2.0
"""Names of what a run keeps by itself: files nobody logged, and metrics of the machine.

* A person's own artifacts never lie in this folder, so nothing of theirs is written over.
"""

from collections.abc import Iterable

FOLDER = "captured"
DIFFERENCE = f"{FOLDER}/changes.diff"
PACKAGES = f"{FOLDER}/requirements.txt"
SYSTEM_PREFIXES = ("system/", "system.")
"""How metrics of the machine begin; MLflow writes the first."""

_PACKAGE_LISTS = ("requirements.txt", "pip-freeze.txt", "pip_freeze.txt", "requirements.lock")


def is_system_metric(key: str) -> bool:
    """Whether a metric tells of the machine and not of the model."""
    return key.startswith(SYSTEM_PREFIXES)


def package_list(paths: Iterable[str], names: Iterable[str] = _PACKAGE_LISTS) -> str:
    """Returns which of a run's artifacts lists its packages, "" if none does.

    What was captured counts first: it is what was there. Then the file nearest to the root.
    """
    wanted = set(names)
    found = [path for path in paths if path.rpartition("/")[2].casefold() in wanted]
    if PACKAGES in found:
        return PACKAGES
    return min(found, key=lambda path: (path.count("/"), path), default="")
