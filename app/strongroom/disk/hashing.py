# SPDX-License-Identifier: Apache-2.0
"""SHA-256 beside other work: a large file is hashed while its next piece is read and written.

* The interpreter lets go of its lock while it hashes, so that a second core can be used.
* A few pieces wait at most; memory does not grow with the file.
"""

import hashlib
from collections import deque
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

CHUNK = 1 << 20
BESIDE_BYTES = 8 << 20  # below this a thread costs more than it saves
MAX_WAITING = 8  # pieces of a MiB


class Hashing:
    """The running digest of one file; use it in a ``with`` block.

    Args:
        size_bytes: How large the file is to be.
    """

    def __init__(self, size_bytes: int) -> None:
        self._running = hashlib.sha256()
        self._pool = None
        if size_bytes >= BESIDE_BYTES:
            from concurrent.futures import ThreadPoolExecutor  # not where a script is imported

            self._pool = ThreadPoolExecutor(1, "strongroom-hash")
        self._waiting: deque[Future[None]] = deque()

    def update(self, piece: bytes) -> None:
        """Adds a piece, which must not change afterwards."""
        if self._pool is None:
            self._running.update(piece)
            return
        self._waiting.append(self._pool.submit(self._running.update, piece))
        if len(self._waiting) > MAX_WAITING:
            self._waiting.popleft().result()

    def hexdigest(self) -> str:
        """Returns the digest of all pieces."""
        while self._waiting:
            self._waiting.popleft().result()
        return self._running.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def hash_file(path: "Path") -> tuple[str, int]:
    """Returns the SHA-256 and size in bytes of a file, read in pieces."""
    running, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            running.update(piece)
            size += len(piece)
    return running.hexdigest(), size
