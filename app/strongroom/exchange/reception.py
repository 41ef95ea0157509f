# SPDX-License-Identifier: Apache-2.0
"""Where content of others waits until it may be used.

* Without a scanner it goes straight to the blobs. With one it lies aside, checked by its digest,
  until the scanner has seen those very bytes; what lies on the stick may be others by then.
* What waits there after a crash or a Cancel is scanned the next time and not copied again; what
  the next time does not ask for is removed first, so that the scanner never meets it.
"""

from collections.abc import Mapping
from typing import Protocol

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.progress import Progress
from strongroom.exchange.local import LocalSide
from strongroom.exchange.scanner import Scanner
from strongroom.store.blobs import Blobs
from strongroom.store.publish_parts import PartOpener
from strongroom.store.waiting_room import WaitingRoom, sweep

FOLDER = "arrivals"


class Reception(Protocol):
    """Takes content in and says at the end what of it is not to be used."""

    def put(self, file: ArtifactFile, open_part: PartOpener) -> None:
        """Takes content in; raises as `Blobs.put_file`."""
        ...

    def settle(self, progress: Progress) -> Mapping[str, str]:
        """Returns the digests that are not to be used, with the reason; the rest are blobs now."""
        ...

    def close(self) -> None:
        """Lets go of what waits; what was not settled waits for the next time."""
        ...


def reception(here: LocalSide, place: str) -> Reception:
    """Returns where content of others goes on this workstation.

    Args:
        here: Our side.
        place: What it comes from, as that is called.
    """
    if here.scanner is None:
        return _Open(here.content.blobs)
    return _Guarded(here, place, here.scanner)


class _Open:
    """No scanner: content is what its digest says, and that is all there is to say."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def put(self, file: ArtifactFile, open_part: PartOpener) -> None:
        self._blobs.put_file(file, open_part)

    def settle(self, progress: Progress) -> Mapping[str, str]:
        progress.step(0, 0)
        return {}

    def close(self) -> None:
        """Nothing waits here."""


class _Guarded:
    """Content waits aside until the scanner has seen it."""

    def __init__(self, here: LocalSide, place: str, scanner: Scanner) -> None:
        self._here, self._place, self._scanner = here, place, scanner
        self._room: WaitingRoom | None = None
        self._sizes: dict[str, int] = {}

    def put(self, file: ArtifactFile, open_part: PartOpener) -> None:
        if self._room is None:
            parent = self._here.folder.cache / FOLDER
            sweep(parent, self._here.clock.now_us())
            self._room = WaitingRoom(parent, self._place, self._here.random_bytes)
        self._room.blobs.put_file(file, open_part)
        self._sizes[file.sha256] = file.size_bytes

    def settle(self, progress: Progress) -> Mapping[str, str]:
        room = self._room
        if room is None:
            return {}
        room.keep_only(self._sizes)
        files = {room.blobs.path(sha256): sha256 for sha256 in self._sizes}
        bad = self._scanner.bad_files(room.folder, [*files], progress)
        refused = {files[path]: said for path, said in bad.items()}
        for sha256, size_bytes in self._sizes.items():
            if sha256 not in refused:
                with room.blobs.open(sha256) as source:
                    self._here.content.blobs.put(sha256, source, size_bytes)
        room.leave(is_done=True)
        return refused

    def close(self) -> None:
        if self._room is not None:
            self._room.leave(is_done=False)
