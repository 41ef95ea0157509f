# SPDX-License-Identifier: Apache-2.0
"""A small file that somebody named: a request, a draft, policies.

* What is read is bounded before it is parsed.
* What is written is written whole or not at all, and a new file never over something else.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.errors import BadInput, EnvironmentFault


def read_given(path: Path, max_bytes: int) -> bytes:
    """Returns the bytes of a file, one more than allowed if it is larger.

    Raises:
        BadInput: ``E-NAME`` if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        raise BadInput(
            "E-NAME", f"{path} cannot be read: {error.strerror}", "Check the path."
        ) from error


def write_given(path: Path, data: bytes, *, is_new: bool = True) -> None:
    """Writes a file where somebody wants it.

    Raises:
        BadInput: ``E-NAME`` if it is to be new and exists.
        EnvironmentFault: ``E-FULL`` or ``E-STORE`` if it cannot be written.
    """
    try:
        with written_there(path):
            write_whole(path, data, is_new=is_new)
    except FileExistsError as error:
        raise BadInput(
            "E-NAME", f"{path} exists already", "Name a file that does not exist."
        ) from error


@contextmanager
def written_there(path: Path) -> Iterator[None]:
    """Says what a person should hear if the block cannot write to a place he named.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-STORE``.
        FileExistsError: As it came.
    """
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise EnvironmentFault(
                "E-FULL",
                f"{path} cannot be written: no space is left",
                "Free some, or name another place.",
            ) from error
        raise EnvironmentFault(
            "E-STORE",
            f"{path} cannot be written: {error.strerror or error}",
            "Name a place that exists and that you may write to; a stick may have been taken out.",
        ) from error
