# SPDX-License-Identifier: Apache-2.0
"""The scan of content: however long its lines, in whatever pieces and letters it comes."""

import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Untrusted
from strongroom.domain.secret import MAX_SEEN, OVERLAP
from strongroom.store import secret_scan
from strongroom.store.secret_scan import AROUND, SecretScan

DIGEST = "5f" * 32
BLOCK = 1 << 16  # small, so that edges are met often
KEY = b"AKIA" + b"IOSFODNN7EXAMPLE"
NPM = b"npm_" + b"a1B2c3D4e5" * 3 + b"f6G7h8"


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_scan, "BLOCK", BLOCK)


class Pieces:
    """Content that comes as it is told to, or breaks after its last piece."""

    def __init__(self, *pieces: bytes, error: Untrusted | None = None) -> None:
        self._pieces, self._error, self.reads = pieces, error, 0

    def pieces(self, _sha256: str, *, run: str = "") -> Iterator[bytes]:
        self.reads += 1
        yield from self._pieces
        if self._error is not None:
            raise self._error


def places(tmp_path: Path, *pieces: bytes) -> list[tuple[str, str]]:
    found = SecretScan(Pieces(*pieces), tmp_path).of(DIGEST)
    return [(hit.place, hit.rule.id) for hit in found]


@pytest.mark.parametrize(
    "gap", [0, 1, 40, AROUND - 30, AROUND - 20, AROUND - 1, AROUND, 2 * AROUND]
)
def test_two_keys_of_one_kind_in_one_line_are_both_found_at_any_distance(tmp_path, gap):
    line = b"x " * AROUND + KEY + b" " + b"." * gap + b" " + KEY + b" y" * AROUND
    assert places(tmp_path, line) == [("line 1, 2 times", "aws-access-key")]


@pytest.mark.parametrize("shift", range(0, AROUND + 40, 257))
def test_a_key_at_the_edge_of_what_another_anchor_shows_is_not_torn(tmp_path, shift):
    # "token=" draws a window; the key begins just before that window ends.
    line = b"token=" + b"-" * (AROUND - 30 + shift % 31) + b" " + KEY + b" " + b"z " * AROUND
    assert ("line 1", "aws-access-key") in places(tmp_path, b"pad " * 9_000 + line)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cuts=st.lists(st.integers(1, 3 * BLOCK), max_size=6),
    at=st.sampled_from([0, BLOCK - 12, BLOCK - OVERLAP - 5, BLOCK - OVERLAP, 2 * BLOCK - 7]),
    with_lines=st.booleans(),
)
def test_no_place_and_no_count_depends_on_the_pieces_content_comes_in(
    tmp_path_factory, cuts, at, with_lines
):
    filling = b"loss 0.125\n" if with_lines else "lösö 0.125 ".encode()
    head = (filling * (at // len(filling) + 1))[:at]
    whole = head + b" " + KEY + b" " + KEY + b" " + filling * (BLOCK // len(filling)) + b" " + NPM
    ends = sorted({cut for cut in cuts if cut < len(whole)})
    pieces = [whole[a:b] for a, b in zip([0, *ends], [*ends, len(whole)], strict=True)]
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    found = places(one, whole)
    assert found == places(other, *pieces)
    number = 1 + head.count(b"\n")
    assert found[0] == (f"line {number}, 2 times", "aws-access-key")
    assert [rule for _, rule in found] == ["aws-access-key", "npm-token"]


def test_more_than_can_be_shown_is_told_and_stays_told_from_memory(tmp_path):
    text = b"\n".join([b"harmless", KEY] * (MAX_SEEN + 1))
    for _ in range(2):
        scan = SecretScan(Pieces(text), tmp_path)
        found = scan.of(DIGEST)
        scan.remember()
        assert len(found) == MAX_SEEN + 1
        assert found[-1].rule.id == "too-many"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_wide_text_is_read_whatever_its_byte_order_and_pieces(tmp_path, encoding, piece):
    bom = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    data = bom + f"første linje\n{KEY.decode()} 🦉\nlast".encode(encoding)
    pieces = [data[at : at + piece] for at in range(0, len(data), piece)]
    assert places(tmp_path, *pieces) == [("line 2", "aws-access-key")]


def test_a_large_wide_text_is_never_held_as_a_whole(tmp_path):
    piece = ("loss 0.125 at step 7\n" * 1_000).encode("utf-16-le")
    large = Pieces(b"\xff\xfe" + piece, *[piece] * 400, KEY.decode().encode("utf-16-le"))
    tracemalloc.start()
    try:
        (hit,) = SecretScan(large, tmp_path).of(DIGEST)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert hit.place == f"line {401 * 1_000 + 1}"
    assert peak < 24 * BLOCK < 401 * len(piece) / 4


def test_what_a_damaged_file_shows_is_not_remembered_of_the_whole_one(tmp_path):
    damaged: Sequence[Pieces] = (
        Pieces(b"\0" * 100, error=Untrusted("E-HASH", "damaged", "")),
        Pieces(KEY + b"\n" * 60, error=Untrusted("E-HASH", "damaged", "")),
    )
    for content in damaged:
        scan = SecretScan(content, tmp_path)
        assert scan.of(DIGEST) == ()
        scan.remember()
    assert places(tmp_path, b"a\n" + KEY) == [("line 2", "aws-access-key")]


def test_other_logic_looks_at_everything_again(tmp_path, monkeypatch):
    content = Pieces(KEY)
    for _ in range(2):
        scan = SecretScan(content, tmp_path)
        scan.of(DIGEST)
        scan.remember()
    assert content.reads == 1
    monkeypatch.setattr(secret_scan, "LOGIC", secret_scan.LOGIC + 1)
    secret_scan._rules_digest.cache_clear()
    SecretScan(content, tmp_path).of(DIGEST)
    secret_scan._rules_digest.cache_clear()
    assert content.reads == 2
