# SPDX-License-Identifier: Apache-2.0
"""A sealed stream: whoever it is for reads any place of it, nobody else a byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Refused, Untrusted
from strongroom.trust.keys import KeyPair
from strongroom.trust.sealed_stream import PIECE_BYTES, SealedPages, SealingWriter, is_sealed

BEN, CEM = KeyPair.generate(), KeyPair.generate()
EDGES = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 7]


def sealed(content: bytes, *recipients: KeyPair) -> bytes:
    out = bytearray()
    writer = SealingWriter(out.extend, [pair.p256_spki for pair in recipients])
    for start in range(0, len(content), 10_007):
        writer.write(content[start : start + 10_007])
    writer.finish()
    return bytes(out)


def pages(data: bytes, pair: KeyPair) -> SealedPages:
    return SealedPages(lambda offset, size: data[offset : offset + size], len(data), pair)


def read(data: bytes, pair: KeyPair) -> bytes:
    opened = pages(data, pair)
    return opened.read_at(0, opened.size_bytes)


@pytest.mark.parametrize("size", EDGES)
def test_every_recipient_reads_what_was_written(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    data = sealed(content, BEN, CEM)
    assert is_sealed(data)
    assert read(data, BEN) == read(data, CEM) == content


@settings(max_examples=60, deadline=None)
@given(
    size=st.sampled_from(EDGES),
    offset=st.integers(0, 3 * PIECE_BYTES + 20),
    length=st.integers(0, 2 * PIECE_BYTES + 5),
)
def test_any_place_is_read_as_if_nothing_were_sealed(size: int, offset: int, length: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    opened = pages(_cached(content), BEN)
    assert opened.read_at(offset, length) == content[offset : offset + length]


def test_somebody_else_is_refused_and_told_nothing() -> None:
    data = sealed(b"weights of churn", BEN)
    with pytest.raises(Refused) as caught:
        pages(data, CEM)
    assert caught.value.code == "E-SEALED"
    assert b"churn" not in data
    assert BEN.writer.encode() not in data
    assert BEN.p256_pub.raw not in data


def test_two_seals_of_one_content_have_nothing_in_common() -> None:
    first, second = sealed(b"x" * 100, BEN), sealed(b"x" * 100, BEN)
    assert first[-116:] != second[-116:]


@pytest.mark.parametrize("size", [0, 40, PIECE_BYTES + 40])
def test_no_byte_can_be_changed(size: int) -> None:
    data = sealed(b"a" * size, BEN, CEM)
    places = range(len(data)) if size < 100 else [*range(0, len(data), 1331), len(data) - 1]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 0x40
        with pytest.raises((Untrusted, Refused)):
            read(bytes(changed), BEN)


def test_pieces_cannot_be_swapped_left_out_or_repeated() -> None:
    content = b"a" * PIECE_BYTES + b"b" * PIECE_BYTES + b"c" * 10
    data = sealed(content, BEN)
    step = PIECE_BYTES + 16
    start = len(data) - 2 * step - 26
    head, one, two, three = (
        data[:start], data[start : start + step], data[start + step : start + 2 * step],
        data[start + 2 * step :],
    )  # fmt: skip
    for wrong in ([two, one, three], [one, three], [one, one, two, three], [one, two], [one], []):
        with pytest.raises(Untrusted):
            read(head + b"".join(wrong), BEN)


def test_the_end_is_asked_for_at_once_so_that_a_cut_is_known_before_anything_is_used() -> None:
    data = sealed(b"a" * (3 * PIECE_BYTES), BEN)
    with pytest.raises(Untrusted):
        pages(data[: -PIECE_BYTES - 16], BEN)


def test_a_header_over_its_limit_is_not_read() -> None:
    asked: list[int] = []

    def read_at(offset: int, size: int) -> bytes:
        asked.append(size)
        return (b"SRSEAL1\n" + (1 << 30).to_bytes(4) + b"{" * 100)[offset : offset + size]

    with pytest.raises(Untrusted):
        SealedPages(read_at, 2 << 30, BEN)
    assert max(asked) < 100


def test_a_seal_of_a_newer_version_is_told_as_such() -> None:
    newer = sealed(b"a", BEN).replace(b'"format":1', b'"format":2', 1)
    with pytest.raises(Untrusted) as caught:
        pages(newer, BEN)
    assert caught.value.code == "E-FORMAT"


def test_nobody_can_be_sealed_for_or_too_many() -> None:
    with pytest.raises(ValueError, match="recipients"):
        SealingWriter(bytearray().extend, [])
    with pytest.raises(ValueError, match="recipients"):
        SealingWriter(bytearray().extend, [BEN.p256_spki] * 257)


_KEPT: dict[bytes, bytes] = {}


def _cached(content: bytes) -> bytes:
    if content not in _KEPT:
        _KEPT[content] = sealed(content, BEN)
    return _KEPT[content]
