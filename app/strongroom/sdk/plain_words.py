# SPDX-License-Identifier: Apache-2.0
"""What a shell script says to `strongroom log --batch`, a line at a time: words or JSON.

* ``metric loss 0.25 7``, ``param lr 0.1``, ``tag stage trial``, ``note words to the end``,
  ``artifact plots/roc.png``, ``end FINISHED``; quoted as in a shell where a name has spaces.
* A line that begins with a brace is one of the plain journal.
"""

import json
import math
import shlex
from collections.abc import Callable

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import BadInput
from strongroom.journal.plain_lines import BadLine, parse_line

_QUOTES = "\"'\\#"  # without them a line is split in a tenth of the time
Line = dict[str, JsonValue]
_INFINITE = {"inf": "Infinity", "+inf": "Infinity", "-inf": "-Infinity",
             "infinity": "Infinity", "+infinity": "Infinity", "-infinity": "-Infinity",
             "nan": "NaN", "+nan": "NaN", "-nan": "NaN"}  # fmt: skip


def line_of(text: str) -> Line:
    """Returns the members of the line that a text means; of an artifact those to be completed.

    Raises:
        BadInput: ``E-FORMAT`` with what is wrong with it.
    """
    if text.lstrip().startswith("{"):
        try:
            parse_line(text.encode("utf-8", "surrogateescape"))
        except BadLine as error:
            raise _bad(error.detail) from error
        found: Line = json.loads(text)
        found.pop("crc", None)
        return found
    try:
        is_quoted = any(mark in text for mark in _QUOTES)
        word, *rest = shlex.split(text, comments=True) if is_quoted else text.split()
    except ValueError as error:
        raise _bad(str(error)) from error
    spoken = _WORDS.get(word)
    if spoken is None:
        raise _bad(f"{word[:40]!r} is none of {', '.join(_WORDS)}")
    least, most, make = spoken
    if not least <= len(rest) <= most:
        raise _bad(f"{word} takes {least}" + (f" to {most}" if most != least else "") + " words")
    return make(rest)


def number_of(text: str) -> float | str:
    """Returns a value as a line holds it: a number, or the text of one that is not finite.

    Raises:
        BadInput: ``E-FORMAT`` if it is no number.
    """
    word = _INFINITE.get(text.lower())
    if word is not None:
        return word
    try:
        value = float(text)
    except ValueError as error:
        raise _bad(f"{text[:40]!r} is no number") from error
    if math.isinf(value):
        raise _bad(f"{text[:40]} is larger than any number; infinity is inf")
    return value


def step_of(text: str) -> int:
    """Returns a step.

    Raises:
        BadInput: ``E-FORMAT`` if it is no whole number.
    """
    try:
        return int(text)
    except ValueError as error:
        raise _bad(f"{text[:40]!r} is no step") from error


def _metric(rest: list[str]) -> Line:
    found: Line = {"metric": rest[0], "value": number_of(rest[1])}
    return found | ({"step": step_of(rest[2])} if len(rest) > 2 else {})


_WORDS: dict[str, tuple[int, int, Callable[[list[str]], Line]]] = {
    "metric": (2, 3, _metric),
    "param": (2, 2, lambda rest: {"param": rest[0], "value": rest[1]}),
    "tag": (2, 2, lambda rest: {"tag": rest[0], "value": rest[1]}),
    "untag": (1, 1, lambda rest: {"tag": rest[0], "value": None}),
    "note": (1, 1 << 20, lambda rest: {"note": " ".join(rest)}),
    "artifact": (1, 2, lambda rest: {"artifact": rest[-1], "file": rest[0]}),
    "heartbeat": (0, 0, lambda _rest: {"heartbeat": None}),
    "end": (0, 1, lambda rest: {"end": rest[0] if rest else "FINISHED"}),
}


def _bad(why: str) -> BadInput:
    return BadInput(
        "E-FORMAT", f"This cannot be logged: {why}", "strongroom log --help tells the words."
    )
