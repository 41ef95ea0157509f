# SPDX-License-Identifier: Apache-2.0
"""The difference of two texts: nothing lost, nothing added, and words marked where they differ."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.text_diff import (
    MOST_LINES,
    Change,
    diff_texts,
    lines_of,
    patched,
    unified,
    word_spans,
)

texts = st.lists(
    st.sampled_from(["a", "b", "", "x = 1", "x = 2", "\r", "ä\u2028c"]), max_size=14
).map("\n".join)


@given(texts, texts)
@settings(max_examples=200, deadline=None)
def test_applying_the_difference_to_one_text_gives_the_other(left: str, right: str) -> None:
    diff = diff_texts(left, right)
    assert patched(lines_of(left), diff) == lines_of(right)
    assert [pair.left for pair in diff.pairs if pair.left is not None] == lines_of(left)
    numbers = [pair.right_number for pair in diff.pairs if pair.right is not None]
    assert numbers == list(range(1, len(lines_of(right)) + 1))
    assert bool(diff.changes) == (left != right)


@given(texts)
@settings(max_examples=50, deadline=None)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    diff = diff_texts(text, text)
    assert {pair.change for pair in diff.pairs} == {Change.SAME}
    assert (diff.added, diff.removed) == (0, 0)


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_what_is_not_marked_reads_the_same_on_both_sides(left: str, right: str) -> None:
    def unmarked(line: str, spans: tuple[tuple[int, int], ...]) -> str:
        kept, at = "", 0
        for start, end in spans:
            kept += line[at:start]
            at = end
        return kept + line[at:]

    left_spans, right_spans = word_spans(left, right)
    assert unmarked(left, left_spans) == unmarked(right, right_spans)


def test_changed_words_are_marked_and_lines_numbered() -> None:
    diff = diff_texts("lr: 0.1\nseed: 7\nkind: tree", "lr: 0.2\nseed: 7\nkind: tree\nnew: 1")
    first, _, _, last = diff.pairs
    assert first.change is Change.CHANGED
    assert [first.left[start:end] for start, end in first.left_spans] == ["1"]
    assert (last.change, last.left, last.right_number) == (Change.ADDED, None, 4)
    assert diff.changes == (0, 3)
    assert "-lr: 0.1" in unified(diff, "a", "b")


def test_long_texts_are_cut_and_say_so() -> None:
    long = "\n".join(str(number) for number in range(MOST_LINES + 5))
    diff = diff_texts(long, "0")
    assert f"line {MOST_LINES:,} of {MOST_LINES + 5:,}" in diff.cut
    with pytest.raises(ValueError, match="another"):
        patched(["no"], diff)
