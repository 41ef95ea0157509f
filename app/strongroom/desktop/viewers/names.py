# SPDX-License-Identifier: Apache-2.0
"""Names of files on one line: nothing in them hides or turns the reading direction."""

from functools import lru_cache

from strongroom.services.views.visible import visible_line

LONGEST = 300  # characters; no line is wider


@lru_cache(maxsize=4096)
def line_of(name: str) -> str:
    """Returns a file's path as one visible line."""
    return visible_line(name, LONGEST)
