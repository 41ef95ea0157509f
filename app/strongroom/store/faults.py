# SPDX-License-Identifier: Apache-2.0
"""What the operating system reports about a disk or a share, said so that a person can act on it.

* Every `OSError` of a disk becomes an `EnvironmentFault`: ``E-FULL`` or ``E-SHARE``.
* The original error stays attached as the cause, for the log.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strongroom.domain.errors import EnvironmentFault

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


@contextmanager
def explained(root: Path) -> Iterator[None]:
    """Turns every `OSError` of the block into the `EnvironmentFault` of `fault`."""
    try:
        yield
    except OSError as error:
        raise fault(root, error) from error


def fault(root: Path, error: OSError) -> EnvironmentFault:
    """Returns what a person is told: ``E-FULL`` for lack of space, ``E-SHARE`` for the rest.

    Args:
        root: The folder or share that was in use; named in the title.
        error: What the operating system said.
    """
    if error.errno in _FULL:
        return EnvironmentFault(
            "E-FULL",
            f"There is no space left in {root}",
            "Free some space and repeat the command; what was already copied is kept.",
        )
    if error.errno == errno.EFBIG:
        return EnvironmentFault(
            "E-FULL",
            f"{root} does not take files as large as this one",
            "Use a medium formatted as exFAT or a share with larger limits, then repeat.",
        )
    if error.errno == errno.EROFS:
        return EnvironmentFault(
            "E-SHARE",
            f"{root} is write-protected",
            "Remove the write protection, or use it for pulling only.",
        )
    if error.errno in _FORBIDDEN:
        return EnvironmentFault(
            "E-SHARE",
            f"This account may not do that in {root}",
            "Ask whoever looks after the folder for the right to read and write there.",
        )
    return EnvironmentFault(
        "E-SHARE",
        f"{root} cannot be reached ({error.strerror or error})",
        "Check the cable, the stick or the mount and repeat; what was already copied is kept.",
    )
