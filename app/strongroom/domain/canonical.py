# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON, and the one strict loader for JSON that somebody else wrote.

* `encode` gives the only accepted bytes of a value: sorted keys, no spaces, UTF-8, no floats.
  Where all keys are ASCII (every signed document) this equals RFC 8785 (JCS).
* `decode` refuses duplicate keys, floats, NaN, big integers, deep nesting and lone surrogates,
  and refuses bytes that `encode` would not have produced. One document, one spelling: a flipped
  byte is either refused here or changes the digest.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, NoReturn

from strongroom.domain.errors import Untrusted

MAX_DEPTH = 32  # our deepest document has 8 levels; Python's parser recurses in C far beyond this
MAX_INTEGER = 2**53  # larger integers change value in readers that keep numbers as doubles

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_AT_ONCE = 1 << 20  # bytes; bounds the pieces that a document of 64 MiB falls into

_ENCODER = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,  # what was read is no circle, and `_check_shape` stops at one
)

JsonValue = Any
"""A JSON document: dict, list, str, int, bool or None, all the way down."""


def encode(value: JsonValue) -> bytes:
    """Returns the canonical bytes of a value.

    Raises:
        ValueError: If the value holds a float, a NaN or a key that is not a string.
    """
    _check_shape(value, MAX_DEPTH)
    return _ENCODER.encode(value).encode()


def digest(value: JsonValue) -> str:
    """Returns the SHA-256 of a value's canonical bytes, in hexadecimal."""
    return hashlib.sha256(encode(value)).hexdigest()


def decode(data: bytes, *, max_bytes: int) -> JsonValue:
    """Reads canonical JSON and refuses everything else.

    Raises:
        Untrusted: ``E-SIZE`` over the limit; ``E-CANON`` if the bytes are not canonical JSON.
    """
    value = _read(data, _read_compared, max_bytes=max_bytes)
    try:
        # What was read has the shape already: the reader refuses floats, big numbers and depth.
        same = _ENCODER.encode(value).encode() == data
    except (ValueError, UnicodeEncodeError) as error:
        raise _not_canonical(str(error)) from error
    if not same:
        raise _not_canonical("another spelling of the same value")
    return value


def decode_loose(data: bytes, *, max_bytes: int) -> JsonValue:
    """Reads bounded JSON from outside in any spelling: no duplicate keys, floats or NaN.

    Raises:
        Untrusted: ``E-SIZE`` or ``E-CANON``.
    """
    return _read(data, _LOOSE.decode, max_bytes=max_bytes)


def decode_compared(data: bytes, *, max_bytes: int) -> JsonValue:
    """Reads bounded JSON whose bytes the caller then compares with the one spelling of its value.

    Raises:
        Untrusted: ``E-SIZE`` or ``E-CANON``.
    """
    return _read(data, _read_compared, max_bytes=max_bytes)


def _read(data: bytes, reader: Callable[[str], JsonValue], *, max_bytes: int) -> JsonValue:
    if len(data) > max_bytes:
        raise Untrusted(
            "E-SIZE",
            f"A document has {len(data):,} bytes where {max_bytes:,} are allowed",
            "Ask the sender what this file is; it was not read.",
        )
    check_nesting(data)
    try:
        return reader(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _not_canonical(str(error)) from error


def check_nesting(data: bytes) -> None:
    """Counts brackets before parsing, so that depth never reaches the parser's own stack.

    Raises:
        Untrusted: ``E-CANON`` for over `MAX_DEPTH` levels.
    """
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for byte in _brackets(data):
        if byte in b"]}":
            depth -= 1
        else:
            depth += 1
            if depth > MAX_DEPTH:
                raise _not_canonical("nested too deeply")


def _brackets(data: bytes) -> bytes:
    """Returns the brackets outside of texts, found in C: a byte at a time would take seconds.

    A backslash stands in texts only; the parser stops at any other, so what lies behind it counts
    for nothing.
    """
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    found, is_inside = bytearray(), 0
    for at in range(0, len(data), _AT_ONCE):
        parts = data[at : at + _AT_ONCE].split(b'"')
        found += b"".join(parts[is_inside::2]).translate(None, _NO_BRACKETS)
        is_inside ^= (len(parts) - 1) & 1
    return bytes(found)


def _check_shape(value: JsonValue, depth: int) -> None:
    if depth < 0:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError("a key that is not text")
            _check_shape(item, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_shape(item, depth - 1)
    elif isinstance(value, float):
        raise ValueError("a number that is not an integer")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= MAX_INTEGER:
        raise ValueError("an integer beyond 2^53")


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:24]} is not an integer")


def _bounded_integer(text: str) -> int:
    if len(text) > 17:
        raise ValueError("an integer beyond 2^53")
    return int(text)


def _canonical_integer(text: str) -> int:
    # 15 digits are below 2^53 whatever they are; the bound on length keeps `int` cheap.
    if len(text) > 15 and (len(text) > 17 or abs(int(text)) >= MAX_INTEGER):
        raise ValueError("an integer beyond 2^53")
    return int(text)


def _read_compared(text: str) -> JsonValue:
    """Reads one value that fills the text: no spaces before or after it."""
    value, end = _COMPARED.raw_decode(text)
    if end != len(text):
        raise ValueError("something follows the value")
    return value


def _not_canonical(why: str) -> Untrusted:
    return Untrusted(
        "E-CANON",
        f"A document is not in canonical form ({why})",
        "It was changed on the way or written by another program; it was not taken in.",
    )


_LOOSE = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=_refuse_number,
    parse_constant=_refuse_number,
    parse_int=_bounded_integer,
)
# A key that stands twice is lost on the way back to bytes: the comparison refuses it.
_COMPARED = json.JSONDecoder(
    parse_float=_refuse_number, parse_constant=_refuse_number, parse_int=_canonical_integer
)
