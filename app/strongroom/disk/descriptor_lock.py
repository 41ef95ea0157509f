# SPDX-License-Identifier: Apache-2.0
"""A lock on an open file: one process at a time may change what it holds.

* It belongs to the file and not to its name, and ends with the descriptor: a crash leaves none.
* For files that are locked as long as they have no final name. What lasts beside a folder has a
  lock file of its own (`filelock`).
"""

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

_TRIES = 5  # others may finish it meanwhile; a share may lie about inode numbers for ever
_PLAIN: int = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)

_TAKEN = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK})
_NO_LOCKS = frozenset(
    {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EIO}
)

if sys.platform == "win32":  # pragma: no cover - the other systems' tests
    import msvcrt

    _FAR = 1 << 60  # Windows keeps others from locked bytes: one that no file has

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_now(descriptor: int) -> bool:
    """Takes the lock of an open file, which may be written, without waiting; True if it is ours.

    False also where a file system has no locks: whoever asks must do without the file then.
    """
    try:
        _lock(descriptor)
    except OSError as error:
        if error.errno in _TAKEN | _NO_LOCKS:
            return False
        raise
    return True


def hold_now(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int | None:
    """Opens a file and takes its lock without waiting; None if that cannot be had.

    Between opening and locking, whoever had it may have given it another name or removed it: what
    is returned is what the name shows now. Closing the descriptor gives it back.

    Raises:
        OSError: If it cannot be opened.
    """
    for _ in range(_TRIES):
        descriptor = os.open(path, flags | _PLAIN, 0o644)
        is_ours, is_still_there = lock_now(descriptor), False
        with suppress(FileNotFoundError):
            is_still_there = os.path.samestat(os.fstat(descriptor), os.lstat(path))
        if is_ours and is_still_there:
            return descriptor
        os.close(descriptor)
        if not is_ours:
            break
    return None
