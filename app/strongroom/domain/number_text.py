# SPDX-License-Identifier: Apache-2.0
"""When a text is a number: the one answer of the catalog, of filters and of contracts."""

import math

MAX_CHARACTERS = 40  # enough for every double; a longer run of digits is a name


def as_number(text: str) -> float | None:
    """Returns the text as a finite number, or None if it is not one."""
    if not text or len(text) > MAX_CHARACTERS or not (text[0].isdecimal() or text[0] in "+-."):
        return None
    if "_" in text or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
