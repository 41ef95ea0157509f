# SPDX-License-Identifier: Apache-2.0
"""Reading a run folder that another program may be sealing at this very moment.

Sealing moves points from journals into Parquet. Who reads meanwhile might find a point in both
places or in none: he reads again, until the folder was the same before and after.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from strongroom.domain.errors import Untrusted

TRIES = 8  # a run is sealed when it ends and after an edit; each time takes milliseconds

Read = TypeVar("Read")


def steadily(folder: Path, read: Callable[[], Read]) -> Read:
    """Returns what reading a run folder gives while no file in it comes, goes or is replaced.

    A journal that grows is the same file.

    Raises:
        OSError, Untrusted: What reading raises in a folder that nobody changes.
    """
    for _ in range(TRIES):
        before = _files(folder)
        try:
            found = read()
        except (OSError, Untrusted):
            if _files(folder) == before:
                raise
            continue
        if _files(folder) == before:
            return found
    return read()


def _files(folder: Path) -> list[tuple[str, int]]:
    """Returns the names in a folder with the file that each means."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.inode()) for entry in entries)
    except OSError:
        return []
