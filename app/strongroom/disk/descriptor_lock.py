# SPDX-License-Identifier: Apache-2.0
"""A lock on an open file: one process at a time may change what it holds.

* It belongs to the file and not to its name, and ends with the descriptor: a crash leaves none.
* For files that are locked as long as they have no final name. What lasts beside a folder has a
  lock file of its own (`filelock`).
"""

import errno
import os
import sys

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
