# SPDX-License-Identifier: Apache-2.0
"""The shape of a text: number, whole number, yes or no, a style of names, or a pattern.

* A pattern is plain text with ``*`` for any text, ``?`` for one character and ``[a-z]`` for one of
  several. No regular expression comes from outside, so none can hang whoever asks it.
* Text longer than `MAX_TEXT` has no pattern; it is data and no value.
"""

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

from strongroom.domain.number_text import as_number

MAX_PATTERN = 200  # characters; longer than any name a team agrees on
MAX_TEXT = 4_096  # characters that are held against a pattern; bounds the work of one comparison

_STYLES = {
    "text": r"(?s:.*\S.*)",
    "boolean": r"True|False|true|false",
    "date": r"\d{4}-\d{2}-\d{2}",
    "snake_case": r"[a-z0-9]+(?:_[a-z0-9]+)*",
    "kebab-case": r"[a-z0-9]+(?:-[a-z0-9]+)*",
    "lower/path": r"[a-z0-9_.\-]+(?:/[a-z0-9_.\-]+)*",
    "hex": r"[0-9a-f]+",
}
WORDS = ("number", "integer", *_STYLES)
"""The shapes that have a name; every other text is a pattern."""

_SAID = {
    "number": "a number",
    "integer": "a whole number",
    "text": "some text",
    "boolean": "true or false",
    "date": "a date such as 2026-11-23",
    "snake_case": "words_joined_by_underscores",
    "kebab-case": "words-joined-by-dashes",
    "lower/path": "lower case, parted by /",
    "hex": "hexadecimal digits",
}


def is_shape(text: object) -> bool:
    """Whether a text can be a shape: a word of `WORDS`, or a pattern of whole characters."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_PATTERN or not text.isprintable():
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def has_shape(text: str, shape: str) -> bool:
    """Whether a text has a shape."""
    if shape in {"number", "integer"}:
        number = as_number(text)
        return number is not None and (shape == "number" or number.is_integer())
    return len(text) <= MAX_TEXT and _pattern(shape).match(text) is not None


def has_any_shape(text: str, shapes: Iterable[str]) -> bool:
    """Whether a text has one of several shapes."""
    return any(has_shape(text, shape) for shape in shapes)


def in_words(shapes: Iterable[str]) -> str:
    """Returns what the shapes ask for: ``a number``, ``like run-* or like test-*``."""
    return " or ".join(_SAID.get(shape) or f"like {shape}" for shape in shapes)


@lru_cache(maxsize=512)
def _pattern(shape: str) -> "re.Pattern[str]":
    style = _STYLES.get(shape)
    return re.compile(rf"(?:{style})\Z" if style else translate(shape))
