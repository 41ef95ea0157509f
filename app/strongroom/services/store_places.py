# SPDX-License-Identifier: Apache-2.0
"""What a folder is to somebody who wants to open it as a store; nothing is written to find out."""

import os
from enum import StrEnum
from pathlib import Path

from strongroom.domain.errors import BadInput, EnvironmentFault

OURS = frozenset({"store.json", "runs", "ledger", "blobs", "cache", "catalog.sqlite3"})


class StoreKind(StrEnum):
    """What lies in a folder."""

    STORE = "store"
    NEW = "new"


def look_at(folder: Path) -> StoreKind:
    """Returns whether a folder is a store, or one can be made there.

    Raises:
        BadInput: ``E-STORE`` if the folder holds something else.
        EnvironmentFault: ``E-STORE`` if it cannot be read.
    """
    try:
        if not folder.exists():
            return StoreKind.NEW
        with os.scandir(folder) as entries:
            names = {entry.name for _, entry in zip(range(1_000), entries, strict=False)}
    except OSError as error:
        raise EnvironmentFault(
            "E-STORE",
            f"{folder} cannot be opened: {error.strerror or error}",
            "Look at the rights of the folder, or mount the disk it lies on.",
        ) from error
    if "store.json" in names or (names and names <= OURS):
        return StoreKind.STORE
    if not names:
        return StoreKind.NEW
    raise BadInput(
        "E-STORE",
        f"{folder.name or folder} is not a store and not empty",
        "Choose a store (it holds store.json), or an empty folder to make one in.",
    )
