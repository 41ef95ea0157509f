# SPDX-License-Identifier: Apache-2.0
"""Names from data on one line: what a name holds is visible, and what it is not stays invisible.

* Markup stays markup. Line breaks and characters that turn the reading direction are shown as
  their escapes, so that a name cannot pretend to be another one.
"""

import unicodedata
from functools import lru_cache

LONGEST_SHOWN = 300  # characters; no cell is wider, and elision of a megabyte would stall a frame
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@lru_cache(maxsize=8192)
def shown(name: str) -> str:
    """Returns ``name`` as one visible line."""
    head = name[:LONGEST_SHOWN]
    if not head.isprintable():
        head = "".join(_visible(character) for character in head)
    return head if len(name) <= LONGEST_SHOWN else head + "…"


def _visible(character: str) -> str:
    if unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character
