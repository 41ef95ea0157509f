# SPDX-License-Identifier: Apache-2.0
"""The bytes of one artifact as a file of its own that can be sought, inside what holds it.

* Nothing before its first or after its last byte can be reached.
* The bytes are not verified here. `mark` tells whether they are still those somebody verified.
"""

import io
import os
from typing import Any, BinaryIO

Mark = tuple[int, int, int, int, int]
"""Device, file, time of the last change in ns, size of the file, offset of the artifact in it."""


class ArtifactWindow(io.RawIOBase):
    """A read-only, seekable view of a slice of an open file; closing it closes the file."""

    def __init__(self, stream: BinaryIO, *, offset: int, size_bytes: int) -> None:
        super().__init__()
        self._stream, self._offset, self._at = stream, offset, 0
        self.size_bytes = size_bytes

    def mark(self) -> Mark:
        """Returns what changes when somebody writes to the file that holds the bytes."""
        state = os.fstat(self._stream.fileno())
        return (state.st_dev, state.st_ino, state.st_mtime_ns, state.st_size, self._offset)

    def readable(self) -> bool:
        """Returns True."""
        return True

    def seekable(self) -> bool:
        """Returns True."""
        return True

    def tell(self) -> int:
        """Returns the position in the artifact."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Moves inside the artifact and returns the position.

        Raises:
            ValueError: For a place before the first byte.
        """
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size_bytes}[whence]
        if base + offset < 0:
            raise ValueError("a place before the first byte")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - anything that can be written to
        """Fills a buffer with the next bytes; 0 at the end."""
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self.size_bytes - self._at))
        if not wanted:
            return 0
        self._stream.seek(self._offset + self._at)
        piece = self._stream.read(wanted)
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        """Closes the file below."""
        if not self.closed:
            self._stream.close()
        super().close()
