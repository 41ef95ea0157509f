# SPDX-License-Identifier: Apache-2.0
"""A file that is written front to back, at a path a person chose, and appears whole at its end.

* Until `publish` nothing stands under its name; afterwards all of it does, read back from the
  medium and synced like everything on shares and sticks (`store.publish`).
* `settle` lies between: all of it holds, and whoever must record what is about to appear does so.
* Nothing that was there is ever overwritten.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from strongroom.domain.errors import BadInput
from strongroom.domain.ids import RandomBytes
from strongroom.store.faults import explained
from strongroom.store.publish import (
    check_written,
    open_beside,
    publish_written,
    sync_file,
    write_all,
)


class GrowingFile:
    """One file being written.

    Args:
        final: Where it shall be; its folder exists.
        random_bytes: Names the unfinished file.

    Raises:
        BadInput: ``E-NAME`` if something is there already.
        EnvironmentFault: ``E-SHARE``, ``E-FULL``.
    """

    def __init__(self, final: Path, *, random_bytes: RandomBytes = os.urandom) -> None:
        check_absent(final)
        self.final = final
        self.size_bytes = 0
        self._running = hashlib.sha256()
        self._temporary, self._descriptor = open_beside(final, random_bytes)

    def write(self, data: bytes) -> int:
        """Appends bytes.

        Raises:
            EnvironmentFault: ``E-SHARE``, ``E-FULL``; `discard` is then due.
        """
        with explained(self.final.parent):
            write_all(self._descriptor, data)
        self._running.update(data)
        self.size_bytes += len(data)
        return len(data)

    def settle(self) -> str:
        """Ends the writing: the medium has every byte, and gave it back; returns the digest.

        Nothing stands under the name yet.

        Raises:
            EnvironmentFault: ``E-SHARE``, ``E-FULL``; `discard` is then due.
        """
        sha256 = self._running.hexdigest()
        if self._descriptor >= 0:
            with explained(self.final.parent):
                sync_file(self._descriptor)
                descriptor, self._descriptor = self._descriptor, -1
                os.close(descriptor)
            check_written(self._temporary, self.size_bytes, sha256)
        return sha256

    def publish(self) -> str:
        """Gives the settled file its name; returns its digest.

        Raises:
            EnvironmentFault: ``E-SHARE``, ``E-FULL``; nothing stands under the name.
            Refused: ``E-CONFLICT`` if somebody else's file stands there by now.
        """
        sha256 = self.settle()
        publish_written(self._temporary, self.final, self.size_bytes, sha256)
        return sha256

    def discard(self) -> None:
        """Removes what was written so far; after `publish` there is nothing to remove."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1
        with suppress(OSError):
            self._temporary.unlink()


class WeighedFile:
    """Takes what a `GrowingFile` takes and keeps its size only: what would be written is weighed.

    Args:
        final: Where the file would be.

    Raises:
        BadInput: ``E-NAME`` if something is there already.
    """

    def __init__(self, final: Path) -> None:
        check_absent(final)
        self.final = final
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        """Counts bytes."""
        self.size_bytes += len(data)
        return len(data)

    def settle(self) -> str:
        """Returns "": nothing lies anywhere."""
        return ""

    def publish(self) -> str:
        """Returns "": nothing appears."""
        return ""

    def discard(self) -> None:
        """Leaves all as it is."""


def check_absent(final: Path) -> None:
    """Refuses a name that is taken: nothing that was there is ever overwritten.

    Raises:
        BadInput: ``E-NAME``.
    """
    if os.path.lexists(final):
        raise BadInput("E-NAME", f"{final} exists already", "Name a file that does not exist.")
