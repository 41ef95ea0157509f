# SPDX-License-Identifier: Apache-2.0
"""QR codes of capital letters and digits: which modules are dark (ISO/IEC 18004, level M).

* Pure and complete within its bounds: versions 1 to 20, 970 characters. No picture is made here.
* Level M mends 15 % of a code: a crease in paper or a reflection on a screen.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
MAX_CHARACTERS = 970  # of version 20; larger codes need better cameras than offices have
QUIET = 4  # modules of light ground that have to stay around a code

_CHECKS = (10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26)
_BLOCKS = (1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16)
_LEVEL = 0  # the two bits that say M
_POLYNOMIAL = 0x11D
_FORMAT_POLYNOMIAL, _FORMAT_MASK = 0x537, 0x5412
_VERSION_POLYNOMIAL = 0x1F25

Modules = tuple[tuple[bool, ...], ...]
"""Rows of modules from the top, True is dark; the quiet ground around them is not in it."""

_MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda x, y: (x + y) % 2 == 0,
    lambda _, y: y % 2 == 0,
    lambda x, _: x % 3 == 0,
    lambda x, y: (x + y) % 3 == 0,
    lambda x, y: (x // 3 + y // 2) % 2 == 0,
    lambda x, y: x * y % 2 + x * y % 3 == 0,
    lambda x, y: (x * y % 2 + x * y % 3) % 2 == 0,
    lambda x, y: ((x + y) % 2 + x * y % 3) % 2 == 0,
)


def qr_code(text: str) -> Modules:
    """Returns the smallest QR code that holds a text.

    Raises:
        ValueError: If the text is empty, too long, or has signs outside `ALPHABET`.
    """
    if not text or any(sign not in ALPHABET for sign in text):
        raise ValueError("a code holds capital letters, digits and a few signs, and at least one")
    for version in range(1, len(_CHECKS) + 1):
        bits = _bits(text, version)
        if len(bits) <= 8 * _data_bytes(version):
            break
    else:
        raise ValueError(f"a code holds at most {MAX_CHARACTERS} characters")
    words = _with_checks(_padded(bits, _data_bytes(version)), version)
    drawing = _Drawing(version, words)
    return min((drawing.masked(mask) for mask in range(len(_MASKS))), key=_penalty)


# ---------------------------------------------------------------- bits and bytes


def _bits(text: str, version: int) -> list[int]:
    """Returns mode, count and characters: two characters take 11 bits, a last one 6."""
    found = [*_spelled(0b0010, 4), *_spelled(len(text), 9 if version < 10 else 11)]
    for at in range(0, len(text) - 1, 2):
        found += _spelled(45 * ALPHABET.index(text[at]) + ALPHABET.index(text[at + 1]), 11)
    if len(text) % 2:
        found += _spelled(ALPHABET.index(text[-1]), 6)
    return found


def _spelled(value: int, count: int) -> Iterator[int]:
    return (value >> place & 1 for place in reversed(range(count)))


def _padded(bits: list[int], room: int) -> bytes:
    ended = bits + [0] * min(4, 8 * room - len(bits))
    ended += [0] * (-len(ended) % 8)
    data = bytes(int("".join(map(str, ended[at : at + 8])), 2) for at in range(0, len(ended), 8))
    return data + bytes((0xEC, 0x11) * room)[: room - len(data)]


def _raw_bytes(version: int) -> int:
    """Returns how many bytes the modules hold that are not part of a pattern."""
    found = (16 * version + 128) * version + 64
    if version >= 2:
        aligned = version // 7 + 2
        found -= (25 * aligned - 10) * aligned - 55
        found -= 36 if version >= 7 else 0
    return found // 8


def _data_bytes(version: int) -> int:
    return _raw_bytes(version) - _CHECKS[version - 1] * _BLOCKS[version - 1]


def _with_checks(data: bytes, version: int) -> bytes:
    """Returns data and check bytes, the bytes of all blocks by turns."""
    count, checks = _BLOCKS[version - 1], _CHECKS[version - 1]
    short, longer = divmod(len(data), count)
    blocks, at = [], 0
    for number in range(count):
        size = short + (number >= count - longer)
        blocks.append(data[at : at + size])
        at += size
    divisor = _divisor(checks)
    remainders = [_remainder(block, divisor) for block in blocks]
    woven = [block[at] for at in range(short + 1) for block in blocks if at < len(block)]
    return bytes(woven + [rest[at] for at in range(checks) for rest in remainders])


@cache
def _divisor(degree: int) -> bytes:
    """Returns the Reed-Solomon generator of a degree, highest power first, the 1 left out."""
    found, root = bytearray(degree - 1) + b"\1", 1
    for _ in range(degree):
        for at in range(degree):
            found[at] = _times(found[at], root)
            if at + 1 < degree:
                found[at] ^= found[at + 1]
        root = _times(root, 2)
    return bytes(found)


def _remainder(data: bytes, divisor: bytes) -> bytes:
    rest = bytearray(len(divisor))
    for value in data:
        factor = value ^ rest[0]
        rest = rest[1:] + b"\0"
        for at, term in enumerate(divisor):
            rest[at] ^= _times(term, factor)
    return bytes(rest)


def _times(one: int, other: int) -> int:
    powers, logs = _powers()
    return powers[logs[one] + logs[other]] if one and other else 0


@cache
def _powers() -> tuple[bytes, dict[int, int]]:
    """Returns the powers of 2 in the field of 256 elements, twice round, and their logarithms."""
    found, value = bytearray(), 1
    for _ in range(255):
        found.append(value)
        value = value << 1 ^ (value >> 7) * _POLYNOMIAL
    return bytes(found * 2), {value: at for at, value in enumerate(found)}


def _coded(value: int, length: int, polynomial: int) -> int:
    """Returns a value with the rest of its division by a polynomial behind it (BCH)."""
    rest = value
    for _ in range(length):
        rest = rest << 1 ^ (rest >> length - 1) * polynomial
    return value << length | rest


# ---------------------------------------------------------------- the picture


class _Drawing:
    """One code: patterns first, then the bytes around them, then a mask over the bytes."""

    def __init__(self, version: int, words: bytes) -> None:
        self._size = 17 + 4 * version
        self._dark = [[False] * self._size for _ in range(self._size)]
        self._is_fixed = [[False] * self._size for _ in range(self._size)]
        self._patterns(version)
        self._format(0)
        if version >= 7:
            self._version(version)
        self._data(words)

    def masked(self, mask: int) -> Modules:
        """Returns the modules under a mask."""
        self._format(mask)
        flips = _MASKS[mask]
        return tuple(
            tuple(
                dark if fixed else dark != flips(x, y)
                for x, (dark, fixed) in enumerate(zip(row, fixes, strict=True))
            )
            for y, (row, fixes) in enumerate(zip(self._dark, self._is_fixed, strict=True))
        )

    def _set(self, x: int, y: int, dark: bool) -> None:
        self._dark[y][x], self._is_fixed[y][x] = dark, True

    def _patterns(self, version: int) -> None:
        last = self._size - 1
        for at in range(self._size):
            self._set(6, at, at % 2 == 0)
            self._set(at, 6, at % 2 == 0)
        for x, y in ((3, 3), (last - 3, 3), (3, last - 3)):
            self._rings(x, y, reach=4, light=(2, 4))
        places = _aligned(version)
        corners = {(6, 6), (6, last - 6), (last - 6, 6)}
        for x in places:
            for y in places:
                if (x, y) not in corners:
                    self._rings(x, y, reach=2, light=(1,))

    def _rings(self, x: int, y: int, *, reach: int, light: tuple[int, ...]) -> None:
        for down in range(-reach, reach + 1):
            for across in range(-reach, reach + 1):
                if 0 <= x + across < self._size and 0 <= y + down < self._size:
                    self._set(x + across, y + down, max(abs(across), abs(down)) not in light)

    def _format(self, mask: int) -> None:
        bits = _coded(_LEVEL << 3 | mask, 10, _FORMAT_POLYNOMIAL) ^ _FORMAT_MASK
        beside = [(8, at) for at in (0, 1, 2, 3, 4, 5, 7, 8)]
        beside += [(at, 8) for at in (7, 5, 4, 3, 2, 1, 0)]
        last = self._size - 1
        again = [(last - at, 8) for at in range(8)] + [(8, last - at) for at in range(6, -1, -1)]
        for places in (beside, again):
            for number, (x, y) in enumerate(places):
                self._set(x, y, bits >> number & 1 == 1)
        self._set(8, self._size - 8, True)

    def _version(self, version: int) -> None:
        bits = _coded(version, 12, _VERSION_POLYNOMIAL)
        for number in range(18):
            far, near = self._size - 11 + number % 3, number // 3
            self._set(far, near, bits >> number & 1 == 1)
            self._set(near, far, bits >> number & 1 == 1)

    def _data(self, words: bytes) -> None:
        """Fills pairs of columns from the right, upwards and downwards by turns."""
        bits = (word >> place & 1 for word in words for place in reversed(range(8)))
        for right in (*range(self._size - 1, 6, -2), 5, 3, 1):
            upward = (right + 1) & 2 == 0
            for step in range(self._size):
                y = self._size - 1 - step if upward else step
                for x in (right, right - 1):
                    if not self._is_fixed[y][x]:
                        self._dark[y][x] = bool(next(bits, 0))


def _aligned(version: int) -> tuple[int, ...]:
    """Returns where the small squares stand, across and down."""
    if version == 1:
        return ()
    count, last = version // 7 + 2, 10 + 4 * version
    step = (last - 6 + 2 * (count - 1) - 1) // (2 * (count - 1)) * 2  # even, as near as it goes
    return (6, *sorted(last - step * at for at in range(count - 1)))


def _penalty(rows: Modules) -> int:
    """Returns how hard a code is to read: runs, squares, false finders, too much of one shade."""
    size = len(rows)
    columns = tuple(zip(*rows, strict=True))
    found = sum(_line_penalty(line) for line in (*rows, *columns))
    for upper, lower in itertools.pairwise(rows):
        found += 3 * sum(
            upper[x] == upper[x + 1] == lower[x] == lower[x + 1] for x in range(size - 1)
        )
    dark = sum(map(sum, rows))
    return found + 10 * (abs(20 * dark - 10 * size * size) // (size * size))


def _line_penalty(line: tuple[bool, ...]) -> int:
    spelled = "".join("#" if dark else "." for dark in line)
    found, at = 0, 0
    while at < len(line):
        end = at
        while end < len(line) and line[end] == line[at]:
            end += 1
        found += end - at - 2 if end - at >= 5 else 0
        at = end
    for shape in ("#.###.#....", "....#.###.#"):
        found += 40 * sum(spelled.startswith(shape, at) for at in range(len(line) - 10))
    return found
