# SPDX-License-Identifier: Apache-2.0
"""Where content of others waits until it may be used.

* Without a scanner it goes straight to the blobs. With one it lies aside, checked by its digest,
  until the scanner has seen those very bytes; what lies on the stick may be others by then.
* What waits there after a crash or a Cancel is scanned the next time and not copied again.
"""

from collections.abc import Mapping
from typing import Protocol

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.progress import Progress
from strongroom.exchange.local import LocalSide
from strongroom.exchange.scanner import Scanner
from strongroom.store.blobs import Blobs
from strongroom.store.publish_parts import PartOpener

FOLDER = "arrivals"


class Reception(Protocol):
    """Takes content in and says at the end what of it is not to be used."""

    def put(self, file: ArtifactFile, open_part: PartOpener) -> None:
        """Takes content in; raises as `Blobs.put_file`."""
        ...

    def settle(self, progress: Progress) -> Mapping[str, str]:
        """Returns the digests that are not to be used, with the reason; the rest are blobs now."""
        ...


def reception(here: LocalSide) -> Reception:
    """Returns where content of others goes on this workstation."""
    if here.scanner is None:
        return _Open(here.content.blobs)
    return _Guarded(here.content.blobs, Blobs(here.folder.cache / FOLDER), here.scanner)


class _Open:
    """No scanner: content is what its digest says, and that is all there is to say."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def put(self, file: ArtifactFile, open_part: PartOpener) -> None:
        self._blobs.put_file(file, open_part)

    def settle(self, progress: Progress) -> Mapping[str, str]:
        progress.step(0, 0)
        return {}


class _Guarded:
    """Content waits aside until the scanner has seen it."""

    def __init__(self, blobs: Blobs, aside: Blobs, scanner: Scanner) -> None:
        self._blobs, self._aside, self._scanner = blobs, aside, scanner
        self._sizes: dict[str, int] = {}

    def put(self, file: ArtifactFile, open_part: PartOpener) -> None:
        self._aside.folder.mkdir(parents=True, exist_ok=True)
        self._aside.put_file(file, open_part)
        self._sizes[file.sha256] = file.size_bytes

    def settle(self, progress: Progress) -> Mapping[str, str]:
        files = {self._aside.path(sha256): sha256 for sha256 in self._sizes}
        is_all = set(self._aside.all()) == set(self._sizes)  # else leftovers of another pull
        folder = self._aside.folder if is_all else None
        bad = self._scanner.bad_files(folder, [*files], progress)
        refused = {files[path]: said for path, said in bad.items()}
        for sha256, size_bytes in self._sizes.items():
            if sha256 not in refused:
                with self._aside.open(sha256) as source:
                    self._blobs.put(sha256, source, size_bytes)
            self._aside.remove(sha256)
        return refused
