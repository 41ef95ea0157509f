# SPDX-License-Identifier: Apache-2.0
"""Where content of one place waits to be let in: a folder that one pull has to itself.

* The next pull of the same place finds what an interrupted one left; a pull beside it has a folder
  of its own. Which of them are in use, locks tell.
* A folder is gone once all of it was let in; what nobody came back for goes after a week.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from strongroom.disk.descriptor_lock import hold_now
from strongroom.domain.ids import RandomBytes
from strongroom.store.blobs import Blobs
from strongroom.store.faults import explained
from strongroom.store.publish import LEFTOVER_AGE_S

_LOCK = ".lock"


class WaitingRoom:
    """A folder of content that waits; give it back with `leave`.

    Args:
        parent: ``cache/arrivals`` of a store; made here.
        place: What the content comes from, as that is called.
        random_bytes: Names the folder if somebody else is busy with this place.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
    """

    def __init__(self, parent: Path, place: str, random_bytes: RandomBytes) -> None:
        name = hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        with explained(parent):
            parent.mkdir(parents=True, exist_ok=True)
            self._lock = hold_now(parent / f"{name}{_LOCK}")
            if self._lock is None:
                name = f"{name}-{random_bytes(4).hex()}"
                self._lock = hold_now(parent / f"{name}{_LOCK}")
            self.folder = parent / name
            self.folder.mkdir(exist_ok=True)
            for path in (self.folder, self._lock_file):
                with suppress(OSError):
                    os.utime(path)  # `sweep` leaves alone what was used lately
        self.blobs = Blobs(self.folder)

    def keep_only(self, wanted: Collection[str]) -> None:
        """Removes what an earlier pull left and this one did not ask for."""
        paths = {self.blobs.path(sha256) for sha256 in wanted}
        with explained(self.folder):
            for path in _files(self.folder):
                if path not in paths:
                    path.unlink()

    def leave(self, *, is_done: bool) -> None:
        """Gives the folder back; with everything in it that was not let in, if not done."""
        if is_done:
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(OSError):  # Windows removes no open file; it is swept
                self._lock_file.unlink()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def _lock_file(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}{_LOCK}")


def sweep(parent: Path, now_us: int) -> None:
    """Removes what has waited for a week; errors are ignored, it is housekeeping."""
    oldest = now_us / 1_000_000 - LEFTOVER_AGE_S
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if status.st_mtime >= oldest:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    Path(entry.path).unlink()


def _files(folder: Path) -> Iterator[Path]:
    for here, _, names in os.walk(folder):
        for name in names:
            yield Path(here, name)
