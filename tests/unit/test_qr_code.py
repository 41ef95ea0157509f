# SPDX-License-Identifier: Apache-2.0
"""QR codes read back: by another program, in every size, after damage."""

import random

import numpy as np
import pytest
import zxingcpp

from strongroom.domain.qr_code import ALPHABET, MAX_CHARACTERS, QUIET, Modules, qr_code

SCALE = 4


def picture(modules: Modules) -> np.ndarray:
    """Returns the code as a scanner sees it: dark on light with its quiet ground."""
    light = ~np.pad(np.array(modules), QUIET)
    return np.kron(light.astype(np.uint8) * 255, np.ones((SCALE, SCALE), np.uint8))


def scanned(modules: Modules) -> str:
    found = zxingcpp.read_barcodes(picture(modules))
    assert [one.format for one in found] == [zxingcpp.BarcodeFormat.QRCode]
    return found[0].text


# How many characters each version holds at most (ISO/IEC 18004, table 7, level M).
FULL = (20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734, 816, 909,
        970)  # fmt: skip


@pytest.mark.parametrize("version", range(1, 21))
def test_every_size_holds_what_the_standard_says_and_is_read_by_another_program(
    version: int,
) -> None:
    draw = random.Random(version)
    text = "".join(draw.choices(ALPHABET.replace(" ", ""), k=FULL[version - 1]))
    modules = qr_code(text)
    assert len(modules) == 17 + 4 * version
    assert scanned(modules) == text
    if version < 20:
        assert len(qr_code(text + "A")) == 17 + 4 * (version + 1)


def test_a_code_with_a_crease_across_it_is_still_read() -> None:
    text = "SR1:" + "QRCODESTAYREADABLE" * 18
    rows = [list(row) for row in qr_code(text)]
    for down in range(30, 34):
        rows[down] = [False] * len(rows)
    assert scanned(tuple(map(tuple, rows))) == text


@pytest.mark.parametrize("text", ["", "lower", "Ä", "A" * (MAX_CHARACTERS + 1)])
def test_what_a_code_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a code holds"):
        qr_code(text)
