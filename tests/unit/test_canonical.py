# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON: the same bytes as RFC 8785, and one spelling only."""

import json
import time

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain import canonical
from strongroom.domain.errors import Untrusted

LIMIT = 1 << 20
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ascii_keys = st.text(st.characters(max_codepoint=127), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ascii_keys, inner, max_size=4),
    max_leaves=20,
)


def refused(data: bytes, max_bytes: int = LIMIT) -> str:
    with pytest.raises(Untrusted) as caught:
        canonical.decode(data, max_bytes=max_bytes)
    return caught.value.code


@settings(max_examples=250, deadline=None)
@given(documents)
def test_any_document_with_ascii_keys_has_the_bytes_of_rfc_8785(document: object) -> None:
    assert canonical.encode(document) == rfc8785.dumps(document)


@settings(max_examples=200, deadline=None)
@given(documents)
def test_any_document_comes_back_and_other_spellings_do_not(document: object) -> None:
    data = canonical.encode(document)
    assert canonical.decode(data, max_bytes=LIMIT) == document
    for other in (json.dumps(document).encode(), json.dumps(document, indent=1).encode()):
        if other != data:
            assert refused(other) == "E-CANON"


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_canonical_or_refused(data: bytes) -> None:
    try:
        value = canonical.decode(data, max_bytes=LIMIT)
    except Untrusted as error:
        assert error.code == "E-CANON"  # noqa: PT017 - most bytes are refused, a few are numbers
    else:
        assert canonical.encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'[{"a":1,"\\u0061":1}]',
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1.0",
        b"1e400",
        b"-0",
        b"01",
        b"+1",
        b"9007199254740992",
        b"-9007199254740992",
        b"99999999999999999",
        b"1" * 5000,
        b"-" + b"9" * 100_000,
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'{"\\ud800":1}',
        b'"\xed\xa0\x80"',
        b'"\xff"',
        b'"\xc0\xaf"',
        b"\xef\xbb\xbf{}",
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":1,}',
        b"{'a':1}",
        b'"\\/"',
        b'"\\u0041"',
        b'"\\u001F"',
        b'"\x01"',
        b"null\x00",
        b"True",
        "{}".encode("utf-16"),
        "{}".encode("utf-32"),
    ],
)
def test_39_other_spellings_and_broken_json_are_refused(data: bytes) -> None:
    assert refused(data) == "E-CANON"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":', b'["",'])
def test_a_hundred_thousand_brackets_are_refused_at_once(opening: bytes) -> None:
    begun = time.thread_time()
    assert refused(opening * 100_000) == "E-CANON"
    assert time.thread_time() - begun < 1.0


def test_brackets_inside_text_are_not_nesting() -> None:
    value = {"a": '[{"\\' * 5000}
    assert canonical.decode(canonical.encode(value), max_bytes=LIMIT) == value


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_what_can_be_written_can_be_read_up_to_the_depth_limit() -> None:
    data = canonical.encode(nested(canonical.MAX_DEPTH))
    assert canonical.decode(data, max_bytes=LIMIT) == nested(canonical.MAX_DEPTH)
    with pytest.raises(ValueError, match="deep"):
        canonical.encode(nested(canonical.MAX_DEPTH + 1))
    assert refused(b"[" * 33 + b"1" + b"]" * 33) == "E-CANON"


def test_size_is_refused_before_anything_is_parsed() -> None:
    assert refused(b"[" * 50, max_bytes=49) == "E-SIZE"
    assert canonical.decode(b'"abc"', max_bytes=5) == "abc"


@pytest.mark.parametrize("value", [1.0, float("nan"), [0.5], {"a": float("inf")}, {1: 2}, 2**53])
def test_what_has_no_canonical_form_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical.encode(value)


def test_a_lone_surrogate_is_not_written() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        canonical.encode({"a": "\ud800"})


def deepest(data: bytes) -> tuple[int, bool]:
    """Returns how deep brackets nest, a byte at a time, and whether a backslash ended the look.

    Outside of a text the parser goes no further than to a backslash.
    """
    depth = most = 0
    in_text = is_escaped = False
    for byte in data.decode("latin-1"):
        if in_text:
            is_escaped, in_text = byte == "\\" and not is_escaped, byte != '"' or is_escaped
        elif byte == "\\":
            return most, True
        elif byte == '"':
            in_text = True
        elif byte in "[{":
            depth += 1
            most = max(most, depth)
        elif byte in "]}":
            depth -= 1
    return most, False


@settings(max_examples=300)
@given(st.text('[{]}"\\a\n', max_size=60), st.integers(0, 40), st.integers(1, 9))
def test_any_bytes_nest_as_deep_as_counting_them_one_by_one_says(
    text: str, more: int, at_once: int
) -> None:
    data = b"[" * more + text.encode() + b"{}" * 33  # enough brackets to be looked at
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "_AT_ONCE", at_once)
        with pytest.raises(Untrusted) as caught:
            canonical.decode(data, max_bytes=10_000)
    is_refused_for_depth = "nested too deeply" in caught.value.title
    depth, is_cut_short = deepest(data)
    assert is_refused_for_depth >= (depth > canonical.MAX_DEPTH)
    assert is_cut_short or is_refused_for_depth == (depth > canonical.MAX_DEPTH)
