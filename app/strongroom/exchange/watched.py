# SPDX-License-Identifier: Apache-2.0
"""A source that tells how far its reading is; between two pieces the reading may be cancelled."""

from strongroom.domain.progress import Progress
from strongroom.store.publish import Source


class Watched:
    """Reads a source and reports the bytes of all work that are done.

    Args:
        source: What is read.
        progress: Hears it.
        done: Bytes done before this source.
        total: Bytes of all sources.
        what: What is being done, as a person reads it.
    """

    def __init__(
        self, source: Source, progress: Progress, done: int, total: int, what: str
    ) -> None:
        self._source = source
        self._progress = progress
        self._done, self._total, self._what = done, total, what

    def read(self, size: int, /) -> bytes:
        """Returns the next bytes.

        Raises:
            Cancelled: If somebody asked to stop; and whatever the source raises.
        """
        piece = self._source.read(size)
        self._done += len(piece)
        self._progress.step(self._done, self._total, self._what)
        return piece
