# SPDX-License-Identifier: Apache-2.0
"""A small file that somebody named: a request, a draft, policies. Bounded before it is parsed."""

from pathlib import Path

from strongroom.domain.errors import BadInput


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
