# SPDX-License-Identifier: Apache-2.0
"""Pictures of what a classifier gets wrong, drawn with numpy alone.

* The confusion matrix carries its counts in the cells, true class downwards, predicted class
  across; the deeper the blue, the larger the share of its row.
* The mistakes are the images themselves, with the true and the predicted class under each.
"""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_GLYPHS = {
    "0": "111101101101111", "1": "010110010010111", "2": "111001111100111",
    "3": "111001111001111", "4": "101101111001001", "5": "111100111001111",
    "6": "111100111101111", "7": "111001010010010", "8": "111101111101111",
    "9": "111101111001111", ">": "100010001010100",
}  # fmt: skip
_GLYPH_ROWS, _GLYPH_COLUMNS = 5, 3
_PAPER, _INK, _BLUE = (255, 255, 255), (31, 41, 55), (37, 99, 235)
_RED = (220, 38, 38)
MAX_MISTAKES = 24


def confusion_picture(counts: NDArray[np.int64], *, cell: int = 44) -> Pixels:
    """Returns a picture of confusion counts.

    Args:
        counts: Shape (true class, predicted class).
        cell: Pixels along the side of a cell.

    Returns:
        Shape (rows, columns, 3), RGB.
    """
    size = len(counts)
    margin = cell // 2
    side = margin + size * cell + 1
    picture = np.full((side, side, 3), _PAPER, dtype=np.uint8)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row in range(size):
        middle = margin + row * cell + cell // 2
        write(picture, str(row), middle, margin // 2, _INK)
        write(picture, str(row), margin // 2, middle, _INK)
        for column in range(size):
            top, left = margin + row * cell, margin + column * cell
            share = float(shares[row, column])
            is_wrong = row != column and counts[row, column] > 0
            strength = max(0.12, share) if counts[row, column] else 0.0
            colour = _mixed(_RED if is_wrong else _BLUE, strength)
            picture[top + 1 : top + cell, left + 1 : left + cell] = colour
            if counts[row, column]:
                ink = _PAPER if share > 0.5 else _INK
                centre = (top + cell // 2, left + cell // 2)
                write(picture, str(counts[row, column]), *centre, ink)
    picture[margin::cell, margin:] = _mixed(_INK, 0.15)
    picture[margin:, margin::cell] = _mixed(_INK, 0.15)
    return picture


def mistakes_picture(
    images: NDArray[np.float64],
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    *,
    columns: int = 8,
    zoom: int = 8,
) -> Pixels:
    """Returns the first wrongly answered images, each with ``true>predicted`` under it.

    Args:
        images: Shape (count, rows, columns), 0 white to 1 black.
        truth: The true class of each.
        predicted: The answer for each.
        columns: Images side by side.
        zoom: Pixels a pixel becomes.
    """
    wrong = np.flatnonzero(truth != predicted)[:MAX_MISTAKES]
    side = images.shape[1] * zoom
    pitch, line = side + 8, side + 24
    rows = max(1, -(-len(wrong) // columns))
    picture = np.full((rows * line + 8, columns * pitch + 8, 3), _PAPER, dtype=np.uint8)
    for place, index in enumerate(wrong):
        top, left = 8 + (place // columns) * line, 8 + (place % columns) * pitch
        grey = (255 * (1 - images[index])).astype(np.uint8)
        large = grey.repeat(zoom, axis=0).repeat(zoom, axis=1)
        picture[top : top + side, left : left + side] = large[:, :, np.newaxis]
        words = f"{truth[index]}>{predicted[index]}"
        write(picture, words, top + side + 8, left + side // 2, _RED)
    return picture


def write(
    picture: Pixels, text: str, row: int, column: int, colour: tuple[int, int, int], zoom: int = 2
) -> None:
    """Writes digits into a picture, centred at a place; other characters are left out."""
    glyphs = [_GLYPHS[letter] for letter in text if letter in _GLYPHS]
    pitch = (_GLYPH_COLUMNS + 1) * zoom
    top = row - _GLYPH_ROWS * zoom // 2
    left = column - (len(glyphs) * pitch - zoom) // 2
    for number, glyph in enumerate(glyphs):
        bits = np.array([bit == "1" for bit in glyph]).reshape(_GLYPH_ROWS, _GLYPH_COLUMNS)
        mask = bits.repeat(zoom, axis=0).repeat(zoom, axis=1)
        start = max(0, left + number * pitch)
        area = picture[max(0, top) :, start:][: mask.shape[0], : mask.shape[1]]
        area[mask[: area.shape[0], : area.shape[1]]] = colour


def _mixed(colour: tuple[int, int, int], strength: float) -> tuple[int, int, int]:
    red, green, blue = (round(255 + (part - 255) * strength) for part in colour)
    return red, green, blue
