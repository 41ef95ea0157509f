# SPDX-License-Identifier: Apache-2.0
"""A request as words, as a code and as a QR code: what comes out is the file, byte for byte."""

import base64
import binascii
import hashlib
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Untrusted
from strongroom.domain.qr_code import MAX_CHARACTERS, qr_code
from strongroom.trust.enrolment import MAX_NAME, read_request, write_request
from strongroom.trust.fingerprint import WORD_COUNT, fingerprint
from strongroom.trust.keys import KeyPair
from strongroom.trust.request_code import (
    MAX_CODE_CHARACTERS,
    PREFIX,
    read_code,
    request_in,
    write_code,
)
from support.team_builder import key_of

TEXT = st.characters(exclude_categories=["Cs"])


def written(
    name: str = "Mara Lindqvist", host: str = "ws-12", pair: KeyPair | None = None
) -> bytes:
    return write_request(
        pair or key_of("Mara"), name=name, host=host, app="strongroom/0.1.0", is_log_only=False,
        random_bytes=os.urandom,
    )  # fmt: skip


@given(
    st.text(TEXT, min_size=1, max_size=MAX_NAME).filter(lambda text: bool(text.strip())),
    st.text(TEXT, max_size=60),
    st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_any_request_comes_out_of_its_code_byte_for_byte(
    name: str, host: str, is_log_only: bool
) -> None:
    raw = write_request(
        KeyPair.generate(os.urandom), name=name, host=host, app="strongroom/0.1.0",
        is_log_only=is_log_only, random_bytes=os.urandom,
    )  # fmt: skip
    assert read_code(write_code(raw)) == raw


def test_a_usual_request_fits_a_code_that_an_office_scanner_reads() -> None:
    code = write_code(written())
    assert len(code) < 520 <= MAX_CHARACTERS < MAX_CODE_CHARACTERS
    assert len(qr_code(code)) <= 73  # version 14


def test_blanks_line_ends_and_small_letters_mean_nothing() -> None:
    raw = written()
    code = write_code(raw)
    broken = "\r\n  ".join(code[at : at + 40].lower() for at in range(0, len(code), 40)) + "\n"
    assert read_code(broken) == raw
    assert request_in(broken.encode()) == raw
    assert request_in(raw) == raw


def test_no_changed_letter_and_no_missing_part_passes() -> None:
    code = write_code(written())
    draw = random.Random(7)
    for at in range(len(PREFIX) + 1, len(code)):
        other = draw.choice(
            [sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if sign != code[at]]
        )
        with pytest.raises(Untrusted):
            read_code(code[:at] + other + code[at + 1 :])
    for length in range(len(code)):
        with pytest.raises(Untrusted):
            read_code(code[:length])


@pytest.mark.parametrize(
    "text", ["", "SR1", "SR1:", "SR2:AAAA", "SR1:1111", "SR1:" + "A" * 2_000, "{}", "SR1:MFRGG"]
)
def test_what_is_no_code_is_refused_with_advice(text: str) -> None:
    with pytest.raises(Untrusted) as told:
        read_code(text)
    assert told.value.code in {"E-FORMAT", "E-SIZE"}
    assert "file" in told.value.advice


def test_a_code_proves_nothing_by_itself() -> None:
    """A code that was put together around another key's signature reads, and does not verify."""
    packed = base64.b32decode(_padded(write_code(written()).removeprefix("SR1:")))
    body = bytearray(packed[:-4])
    body[1] ^= 1  # the nonce, which both keys signed
    forged = base64.b32encode(bytes(body) + binascii.crc32(body).to_bytes(4)).decode().rstrip("=")
    with pytest.raises(Untrusted) as told:
        read_request(read_code(f"SR1:{forged}"))
    assert told.value.code == "E-SIG"


def _padded(letters: str) -> str:
    return letters + "=" * (-len(letters) % 8)


def test_words_are_the_first_132_bits_of_the_digest() -> None:
    raw = written()
    told = fingerprint(raw)
    bits = f"{int.from_bytes(hashlib.sha256(raw).digest()):0256b}"
    listed = sorted(told.words)
    assert len(told.words) == WORD_COUNT == len(listed)
    assert told.digits.replace(" ", "") == hashlib.sha256(raw).hexdigest()[:32]
    # Oracle: the list is in alphabetical order, so words sort as their eleven bits do.
    places = [int(bits[at : at + 11], 2) for at in range(0, 132, 11)]
    by_place = [word for _, word in sorted(zip(places, told.words, strict=True))]
    assert by_place == listed


def test_what_was_read_out_matches_in_words_in_short_words_and_in_digits() -> None:
    told = fingerprint(b"a request")
    assert told.matches(" ".join(told.words))
    assert told.matches(", ".join(word[:4].upper() for word in told.words))
    assert told.matches(told.digits)
    assert told.matches(told.digits.replace(" ", "").upper())
    assert not told.matches("")
    assert not told.matches(" ".join(told.words[:-1]))
    assert not told.matches(" ".join((*told.words[:-1], "zebra")))
    assert not told.matches(told.digits[:-5])
