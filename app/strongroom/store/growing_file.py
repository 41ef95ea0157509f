# SPDX-License-Identifier: Apache-2.0
"""A file that is written front to back, at a path a person chose, and appears whole at its end.

* Until `publish` nothing stands under its name; afterwards all of it does, read back from the
  medium and synced like everything on shares and sticks (`store.publish`).
* Nothing that was there is ever overwritten.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from strongroom.domain.errors import BadInput
from strongroom.domain.ids import RandomBytes
from strongroom.store.faults import explained
from strongroom.store.publish import open_beside, publish_written, sync_file, write_all


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
        if os.path.lexists(final):
            raise BadInput("E-NAME", f"{final} exists already", "Name a file that does not exist.")
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

    def publish(self) -> str:
        """Gives the file its name once the medium gave back every byte; returns its digest.

        Raises:
            EnvironmentFault: ``E-SHARE``, ``E-FULL``; nothing stands under the name.
            Refused: ``E-CONFLICT`` if somebody else's file stands there by now.
        """
        sha256 = self._running.hexdigest()
        with explained(self.final.parent):
            try:
                sync_file(self._descriptor)
            except OSError:
                self.discard()
                raise
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)
        publish_written(self._temporary, self.final, self.size_bytes, sha256, read_back=True)
        return sha256

    def discard(self) -> None:
        """Removes what was written so far; after `publish` there is nothing to remove."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1
        with suppress(OSError):
            self._temporary.unlink()
