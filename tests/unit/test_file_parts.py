# SPDX-License-Identifier: Apache-2.0
"""Files in parts: one size of part follows from size and count, and ``cat`` gives the file back."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import MODEL_VERSION, Manifest, parse_manifest
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.parts import LEAST_PART_BYTES, PART_BYTES, cut, part_bytes, parts_of

STEP = LEAST_PART_BYTES


def file_of(data: bytes) -> ArtifactFile:
    return ArtifactFile(
        path="weights.bin", size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )


@given(
    st.integers(min_value=16, max_value=30),
    st.integers(min_value=2, max_value=16_384),
    st.integers(min_value=0, max_value=1 << 40),
)
def test_the_size_of_parts_follows_from_size_and_count(power: int, count: int, less: int) -> None:
    step = 1 << power
    size = count * step - less % step
    assert part_bytes(size, count) == step


@given(st.integers(min_value=0, max_value=1 << 45), st.integers(min_value=-1, max_value=20_000))
def test_any_other_count_is_refused_and_never_misread(size: int, count: int) -> None:
    try:
        step = part_bytes(size, count)
    except ValueError:
        return
    assert STEP <= step <= PART_BYTES
    assert -(-size // step) == count


@settings(deadline=None, max_examples=50)
@given(
    st.integers(min_value=0, max_value=3 * STEP + 5), st.integers(min_value=997, max_value=99_991)
)
def test_parts_put_together_are_the_file(size: int, piece: int) -> None:
    data = bytes(range(251)) * (size // 251) + bytes(size % 251)
    pieces = (data[start : start + piece] for start in range(0, len(data), piece))
    file = cut(file_of(data), pieces, STEP)
    assert bool(file.parts) == (size > STEP)
    assert parts_of(file)[-1].offset + parts_of(file)[-1].size_bytes == size
    for part in parts_of(file):
        stretch = data[part.offset : part.offset + part.size_bytes]
        assert hashlib.sha256(stretch).hexdigest() == part.sha256


def test_a_file_that_changed_while_it_was_cut_is_noticed() -> None:
    with pytest.raises(ValueError, match="size"):
        cut(file_of(bytes(STEP + 1)), [bytes(STEP)], STEP)


def statement(file: ArtifactFile) -> dict[str, JsonValue]:
    manifest = Manifest(
        name="big/1", team="ab" * 32, kind=MODEL_VERSION, files=(file,), run="",
        created="2026-11-23T00:00:00.000000Z", format_risk="data-only", scan_result="",
    )  # fmt: skip
    made: dict[str, JsonValue] = manifest.to_statement()
    return made


def test_a_manifest_names_parts_beside_the_whole() -> None:
    data = bytes(2 * STEP + 1)
    file = cut(file_of(data), [data], STEP)
    assert len(file.parts) == 3
    assert file.parts[0] == file.parts[1]
    assert parse_manifest(statement(file)).files == (file,)
    whole = parse_manifest(statement(replace(file, parts=())))
    assert whole.tree == parse_manifest(statement(file)).tree, "parts change no digest of the tree"


@pytest.mark.parametrize(
    "parts",
    [
        ["ab" * 32],  # one part is no part
        ["ab" * 32] * 4,
        ["ab" * 32] * 5,
        ["ab" * 32] * 20_000,
        ["AB" * 32] * 3,
        "ab" * 32,
        [7, 7, 7],
        {"0": "ab"},
        None,
    ],
)
def test_a_manifest_with_parts_that_cannot_be_is_refused(parts: object) -> None:
    made = statement(file_of(bytes(2 * STEP + 1)))
    made["predicate"]["files"][0]["parts"] = parts
    with pytest.raises(Untrusted) as refusal:
        parse_manifest(made)
    assert refusal.value.code == "E-FORMAT"
