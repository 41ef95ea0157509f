# SPDX-License-Identifier: Apache-2.0
"""Reading what is on a medium, not what the system still remembers of it; whose medium it is."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from strongroom.store.mounts import is_removable, mount_of
from strongroom.store.plainfile import open_plain

_OWN_DISKS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay"})


def forget_cached(path: Path) -> None:
    """Asks the system to drop what it remembers of a synced file; some cannot, none complains.

    Raises:
        OSError: If the file cannot be opened.
        Untrusted: ``E-PATH`` if it is no plain file.
    """
    if hasattr(os, "posix_fadvise"):
        with open_plain(path) as file, suppress(OSError):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def begin_writing(descriptor: int) -> None:
    """Asks the system to write what it holds of a file without waiting for it; none complains.

    A final sync has little left to do then, and a stick does not stand idle while we read.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def digest_on_medium(path: Path) -> str:
    """Returns the SHA-256 of a plain file as the medium gives it back.

    Raises:
        OSError: If it cannot be read.
        Untrusted: ``E-PATH`` if it is no plain file.
    """
    forget_cached(path)
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_own_disk(path: Path) -> bool:
    """Whether a folder lies on a disk of this machine that nobody pulls out.

    What is written anywhere else is read back: a stick or a share may have lost it. Where the
    system does not tell, it counts as elsewhere.
    """
    mount = mount_of(path)
    return mount is not None and mount.filesystem in _OWN_DISKS and not is_removable(mount)
