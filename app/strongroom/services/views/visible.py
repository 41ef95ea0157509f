# SPDX-License-Identifier: Apache-2.0
"""Makes every character of a text visible, one for one where possible.

* Control characters become their names (``⟨ESC⟩``, ``⟨CR⟩``); characters that turn the reading
  direction, join, hide or belong to no script become their code point (``⟨U+202E⟩``).
* A line longer than a screen can lay out is cut, and says how much is missing.
"""

from functools import lru_cache

MAX_LINE = 4_000  # characters; QPlainTextEdit lays out a line as a whole
MAX_CELL = 300  # characters of a table's cell
_KEPT = "\t"
_NAMES = [
    "NUL",
    "SOH",
    "STX",
    "ETX",
    "EOT",
    "ENQ",
    "ACK",
    "BEL",
    "BS",
    "HT",
    "LF",
    "VT",
    "FF",
    "CR",
    "SO",
    "SI",
    "DLE",
    "DC1",
    "DC2",
    "DC3",
    "DC4",
    "NAK",
    "SYN",
    "ETB",
    "CAN",
    "EM",
    "SUB",
    "ESC",
    "FS",
    "GS",
    "RS",
    "US",
]


def visible_line(text: str, most: int = MAX_LINE) -> str:
    """Returns a line in which nothing hides, cut to ``most`` characters."""
    head = text if len(text) <= most else text[:most]
    if not head.isprintable():
        head = "".join(map(_visible, head))
    if len(text) > most:
        head += f" … {len(text) - most:,} more characters"
    return head


def visible_cell(text: str) -> str:
    """Returns what a table's cell shows of a text: one line, bounded."""
    head = text[:MAX_CELL]
    if not head.isprintable():
        head = "".join(map(_visible, head))
    return head if len(text) <= MAX_CELL else head + "…"


def visible_lines(data: bytes) -> tuple[str, ...]:
    """Returns the lines of some bytes of UTF-8; what is none is shown as U+FFFD."""
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return tuple(visible_line(line.removesuffix("\r")) for line in lines)


@lru_cache(maxsize=2048)
def _visible(character: str) -> str:
    if character in _KEPT:
        return character
    if character.isprintable():
        return character
    point = ord(character)
    if point < len(_NAMES):
        return f"⟨{_NAMES[point]}⟩"
    return f"⟨U+{point:04X}⟩"
