# SPDX-License-Identifier: Apache-2.0
"""Removes the journals that a sealed document took in.

* A journal goes if it is, byte by byte, what was taken in; one that has grown since stays.
* Behind its end a plain journal says nothing: such lines do not keep it, for kept it would count
  twice.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from strongroom.journal.plain_lines import MAX_LINE_BYTES, PLAIN_SUFFIX, ends_the_file

CHUNK = 1 << 20


def remove_taken_in(document: Mapping[str, Any], journals: Mapping[str, Path]) -> None:
    """Removes what a sealed document lists of the journals of its folder, by name.

    Raises:
        OSError: If one cannot be read or removed.
    """
    for item in document.get("journals", ()):
        path = journals.get(str(item.get("path")))
        if path is not None and _is_taken_in(path, item):
            path.unlink(missing_ok=True)


def _is_taken_in(path: Path, item: Mapping[str, Any]) -> bool:
    size = item.get("size")
    if type(size) is not int:
        return False
    running, left, last = hashlib.sha256(), size, b""
    with path.open("rb") as stream:
        while left and (piece := stream.read(min(CHUNK, left))):
            running.update(piece)
            left -= len(piece)
            last = (last + piece)[-MAX_LINE_BYTES:]
        has_grown = bool(stream.read(1))
    if left or running.hexdigest() != item.get("sha256"):
        return False
    return not has_grown or (path.name.endswith(PLAIN_SUFFIX) and ends_the_file(last))
