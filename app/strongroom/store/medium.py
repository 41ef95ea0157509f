# SPDX-License-Identifier: Apache-2.0
"""Reading what is on a medium, not what the system still remembers of it."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from strongroom.store.plainfile import open_plain

_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)


def forget_cached(path: Path) -> None:
    """Asks the system to drop what it remembers of a synced file; some cannot, none complains.

    Raises:
        OSError: If the file cannot be opened.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    descriptor = os.open(path, os.O_RDONLY | _NOFOLLOW)
    try:
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def digest_on_medium(path: Path) -> str:
    """Returns the SHA-256 of a plain file as the medium gives it back.

    Raises:
        OSError: If it cannot be read.
        Untrusted: ``E-PATH`` if it is no plain file.
    """
    forget_cached(path)
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
