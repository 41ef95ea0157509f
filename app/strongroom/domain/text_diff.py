# SPDX-License-Identifier: Apache-2.0
"""What changed between two texts: line beside line, and inside a changed line word by word.

* The left sides of all pairs are the left text, the right sides the right text: nothing is lost
  and nothing is added. `patched` leads from one to the other.
* Bounded: longer texts are cut and say so; words are compared only in lines a person would read.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from strongroom.domain.progress import Progress, Silent

MOST_CHARACTERS = 1_000_000  # of each text; a model card is thousands, a log belongs in a viewer
MOST_LINES = 10_000  # of each text: the comparison of lines grows faster than their number
LONGEST_LINE = 2_000  # characters in which words are compared
MOST_LINE_PAIRS = 2_000  # changed lines in which words are compared
_WORD = re.compile(r"\w+|\s+|[^\w\s]")

Span = tuple[int, int]
"""First character and the one behind the last."""


class Change(StrEnum):
    """What happened to a line."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePair:
    """A line of the left text beside one of the right; None where there is none.

    Numbers count from 1. Spans are the words that only one side has.
    """

    change: Change
    left: str | None
    right: str | None
    left_number: int = 0
    right_number: int = 0
    left_spans: tuple[Span, ...] = ()
    right_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDiff:
    """All lines of both texts; ``changes`` are the first pairs of each stretch that differs.

    ``cut`` says in one sentence what of the texts was left out, "" for nothing.
    """

    pairs: tuple[LinePair, ...]
    changes: tuple[int, ...]
    cut: str = ""

    @property
    def removed(self) -> int:
        """How many lines only the left text has."""
        return sum(pair.change in {Change.REMOVED, Change.CHANGED} for pair in self.pairs)

    @property
    def added(self) -> int:
        """How many lines only the right text has."""
        return sum(pair.change in {Change.ADDED, Change.CHANGED} for pair in self.pairs)


def diff_texts(left: str, right: str, progress: Progress | None = None) -> TextDiff:
    """Returns the difference of two texts.

    Raises:
        Cancelled: Between lines and words.
    """
    watched = progress or Silent()
    cut = _cut_words(left, right)
    before, after = lines_of(left), lines_of(right)
    watched.step(0, 2, "Comparing lines")
    pairs = _pair_lines(before, after)
    watched.step(1, 2, "Comparing words")
    pairs = _with_words(pairs, watched)
    return TextDiff(pairs=tuple(pairs), changes=_starts(pairs), cut=cut)


def lines_of(text: str) -> list[str]:
    """Returns the lines that are compared; a line ends at a line feed and nowhere else."""
    lines = text[:MOST_CHARACTERS].split("\n")
    return lines[:MOST_LINES]


def patched(left: Sequence[str], diff: TextDiff) -> list[str]:
    """Returns the right text's lines from the left's and what changed.

    Raises:
        ValueError: If the lines are not those the difference was made of.
    """
    found: list[str] = []
    at = 0
    for pair in diff.pairs:
        if pair.left is not None:
            if at >= len(left) or left[at] != pair.left:
                raise ValueError(f"line {at + 1} is another one")
            at += 1
        if pair.change is Change.SAME:
            found.append(left[at - 1])
        elif pair.right is not None:
            found.append(pair.right)
    if at != len(left):
        raise ValueError("lines are left over")
    return found


def unified(diff: TextDiff, before: str, after: str, context: int = 3) -> str:
    """Returns the difference in the form of ``diff -u``, for the clipboard."""
    left = [pair.left for pair in diff.pairs if pair.left is not None]
    right = [pair.right for pair in diff.pairs if pair.right is not None]
    return "\n".join(difflib.unified_diff(left, right, before, after, lineterm="", n=context))


def _pair_lines(left: list[str], right: list[str]) -> list[LinePair]:
    head = 0
    while head < min(len(left), len(right)) and left[head] == right[head]:
        head += 1
    tail = 0
    shortest = min(len(left), len(right)) - head
    while tail < shortest and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    pairs = [_same(left, at, at) for at in range(head)]
    middle_left, middle_right = left[head : len(left) - tail], right[head : len(right) - tail]
    matcher = difflib.SequenceMatcher(None, middle_left, middle_right, autojunk=True)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            pairs += [_same(left, head + i1 + by, head + j1 + by) for by in range(i2 - i1)]
            continue
        for by in range(max(i2 - i1, j2 - j1)):
            one = head + i1 + by if i1 + by < i2 else -1
            other = head + j1 + by if j1 + by < j2 else -1
            pairs.append(_changed(left, right, one, other))
    first, second = len(left) - tail, len(right) - tail
    pairs += [_same(left, first + by, second + by) for by in range(tail)]
    return pairs


def _same(left: list[str], at: int, other: int) -> LinePair:
    return LinePair(
        change=Change.SAME,
        left=left[at],
        right=left[at],
        left_number=at + 1,
        right_number=other + 1,
    )


def _changed(left: list[str], right: list[str], at: int, other: int) -> LinePair:
    change = Change.CHANGED
    if other < 0:
        change = Change.REMOVED
    elif at < 0:
        change = Change.ADDED
    return LinePair(
        change=change,
        left=left[at] if at >= 0 else None,
        right=right[other] if other >= 0 else None,
        left_number=at + 1,
        right_number=other + 1,
    )


def _with_words(pairs: list[LinePair], progress: Progress) -> list[LinePair]:
    found: list[LinePair] = []
    left_to_compare = MOST_LINE_PAIRS
    for at, pair in enumerate(pairs):
        if pair.change is not Change.CHANGED or pair.left is None or pair.right is None:
            found.append(pair)
            continue
        is_readable = max(len(pair.left), len(pair.right)) <= LONGEST_LINE
        if left_to_compare <= 0 or not is_readable:
            found.append(pair)
            continue
        left_to_compare -= 1
        if left_to_compare % 100 == 0:
            progress.step(at, len(pairs), "Comparing words")
        spans = word_spans(pair.left, pair.right)
        found.append(
            LinePair(
                change=pair.change,
                left=pair.left,
                right=pair.right,
                left_number=pair.left_number,
                right_number=pair.right_number,
                left_spans=spans[0],
                right_spans=spans[1],
            )
        )
    return found


def word_spans(left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Returns the stretches of words that only the left and only the right line has."""
    one, other = _WORD.findall(left), _WORD.findall(right)
    starts, ends = _places(one), _places(other)
    left_spans: list[Span] = []
    right_spans: list[Span] = []
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            continue
        if i2 > i1:
            left_spans.append((starts[i1], starts[i2]))
        if j2 > j1:
            right_spans.append((ends[j1], ends[j2]))
    return tuple(left_spans), tuple(right_spans)


def _places(words: list[str]) -> list[int]:
    places, at = [0], 0
    for word in words:
        at += len(word)
        places.append(at)
    return places


def _starts(pairs: Sequence[LinePair]) -> tuple[int, ...]:
    return tuple(
        at
        for at, pair in enumerate(pairs)
        if pair.change is not Change.SAME and (at == 0 or pairs[at - 1].change is Change.SAME)
    )


def _cut_words(left: str, right: str) -> str:
    parts = []
    for side, text in (("left", left), ("right", right)):
        lines = text.count("\n") + 1
        if len(text) > MOST_CHARACTERS:
            parts.append(f"the {side} text after its first {MOST_CHARACTERS:,} characters")
        elif lines > MOST_LINES:
            parts.append(f"the {side} text after line {MOST_LINES:,} of {lines:,}")
    return f"Not compared: {' and '.join(parts)}." if parts else ""
