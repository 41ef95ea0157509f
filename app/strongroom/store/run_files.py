# SPDX-License-Identifier: Apache-2.0
"""Where the files of runs lie, remembered as long as their folders are as they were.

* Who asks for every file of a run, as a push does, would else read the list of all of them each
  time. A look at the folder tells whether what is remembered still holds.
* What is remembered only tells where to read; bytes are checked by whoever reads them.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from strongroom.journal.content import StoredArtifact
from strongroom.store.liveness import Observer
from strongroom.store.run_state import SEALED_FILE, list_folder, read_state

MAX_REMEMBERED = 300_000  # files, some 100 MB; one run may have 100,000

Files = Mapping[tuple[str, str], StoredArtifact]
"""The files of a run by path and digest."""


class RunFiles:
    """The lists of files of the runs that were asked for last.

    Args:
        observer: Who looks, and when.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._known: OrderedDict[Path, tuple[object, Files]] = OrderedDict()
        self._count = 0
        self._guard = threading.Lock()

    def of(self, folder: Path) -> Files:
        """Returns the files of a run.

        Raises:
            Untrusted: If ``run.json`` or ``sealed.json`` cannot be trusted.
            OSError: If the folder cannot be read.
        """
        names, stamp = list_folder(folder)
        look = (names, stamp, _seal(folder))
        with self._guard:
            known = self._known.get(folder)
            if known is not None and known[0] == look:
                self._known.move_to_end(folder)
                return known[1]
        artifacts = read_state(folder, self._observer, names).artifacts
        files = {(each.path, each.sha256): each for each in artifacts}
        self._remember(folder, look, files)
        return files

    def _remember(self, folder: Path, look: object, files: Files) -> None:
        with self._guard:
            _, before = self._known.pop(folder, (None, {}))
            self._known[folder] = look, files
            self._count += len(files) - len(before)
            while self._count > MAX_REMEMBERED and len(self._known) > 1:
                _, (_, oldest) = self._known.popitem(last=False)
                self._count -= len(oldest)


def _seal(folder: Path) -> tuple[int, ...]:
    """Returns what changes when a run is sealed anew, () if it is not sealed."""
    try:
        status = (folder / SEALED_FILE).lstat()
    except FileNotFoundError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
