# SPDX-License-Identifier: Apache-2.0
"""A filter as it is being typed: what its words are, which clauses are complete, what may follow.

* Nothing here decides what a filter means; `domain.query_parser` does.
* Any text gives an answer; half a filter is the usual case.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from strongroom.desktop.runs.columns import NameCount, order_text
from strongroom.domain.errors import BadInput
from strongroom.domain.query import FACTS, Attribute, Field, FieldKind
from strongroom.domain.query_parser import parse_filter

Colour = Literal["key", "operator", "text", "number", "word"]
MOST_CHARACTERS = 16_384  # as the parser's bound
MOST_OFFERED = 200  # names in the completion; typing narrows them

_TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*'?|(?<![.\w])\"(?:[^\"]|\"\")*\"?)"
    r"|(?P<number>(?<![\w.])[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))"
    r"|(?P<operator><=|>=|!=|<>|==|=|<|>|[(),])"
    r"|(?P<field>[^\W\d]\w*(?:\.(?:\"[^\"]*\"?|`[^`]*`?|[\w./:@-]*))?)",
    re.DOTALL,
)
_WORDS = frozenset({"AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE"})
_JOINS = frozenset({"AND", "OR"})
_BARE = re.compile(r"\w[\w./:@-]*")
_UNFINISHED = re.compile(r"(?:(?P<kind>[A-Za-z]+)\s*\.\s*)?[\"`]?(?P<begun>[\w./:@-]*)$")
_KINDS = {
    "metrics": FieldKind.METRIC,
    "metric": FieldKind.METRIC,
    "params": FieldKind.PARAM,
    "param": FieldKind.PARAM,
    "parameters": FieldKind.PARAM,
    "tags": FieldKind.TAG,
    "tag": FieldKind.TAG,
    "attributes": FieldKind.ATTRIBUTE,
    "attribute": FieldKind.ATTRIBUTE,
    **{plural: kind for kind in FACTS for plural in (kind.value, f"{kind.value}s")},
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters ``start`` to before ``end``, and what they are."""

    start: int
    end: int
    colour: Colour


@dataclass(frozen=True, slots=True)
class Offer:
    """What a completion inserts in place of the characters from ``start`` on."""

    start: int
    field: Field
    insert: str
    run_count: int | None
    begun: str

    @property
    def label(self) -> str:
        """What the list shows; a fact by itself says nothing, ``contract.breaks`` does."""
        return self.insert if self.field.kind in FACTS else self.field.key


def pieces(text: str) -> tuple[Piece, ...]:
    """Returns the words of a filter with the role each is coloured in."""
    found = []
    for match in _TOKEN.finditer(text[:MOST_CHARACTERS]):
        kind = match.lastgroup
        colour: Colour = "text" if kind == "text" else "number" if kind == "number" else "operator"
        if kind == "field":
            colour = "word" if match.group().upper() in _WORDS else "key"
        found.append(Piece(match.start(), match.end(), colour))
    return tuple(found)


def coloured(text: str) -> tuple[Piece, ...]:
    """Returns the same words with the entity before a dot set back from its name."""
    found: list[Piece] = []
    for piece in pieces(text):
        dot = text.find(".", piece.start, piece.end)
        if piece.colour == "key" and dot >= 0:
            found.append(Piece(piece.start, dot + 1, "word"))
            piece = Piece(dot + 1, piece.end, "key")  # noqa: PLW2901 - the rest of the same word
        found.append(piece)
    return tuple(found)


def complete_clauses(text: str) -> tuple[tuple[int, int], ...]:
    """Returns where clauses stand that can be read on their own."""
    found: list[tuple[int, int]] = []
    start, end = -1, -1
    for piece in (*pieces(text), Piece(len(text), len(text), "word")):
        word = text[piece.start : piece.end]
        is_join = piece.start == len(text) or word.upper() in _JOINS
        if not is_join:
            start = piece.start if start < 0 else start
            end = piece.end
            continue
        if start >= 0 and _reads(text[start:end]):
            found.append((start, end))
        start = -1
    return tuple(found)


def offers(text: str, caret: int, names: Sequence[NameCount]) -> tuple[Offer, ...]:
    """Returns the names that may stand at the caret, those most runs have first."""
    before = text[:caret]
    if any(
        piece.start < caret <= piece.end and piece.colour in {"text", "number"}
        for piece in pieces(before)
    ):
        return ()
    match = _UNFINISHED.search(before)
    if match is None:
        return ()
    begun, word = match.group("begun"), match.group("kind")
    kind = _KINDS.get((word or "").lower())
    if (word and kind is None) or not _expects_field(before[: match.start()]):
        return ()
    needle = begun.lower()
    starting, holding = [], []
    for each in (*names, *_attributes(), *_facts()):
        if kind is not None and each.field.kind is not kind:
            continue
        key = each.field.key.lower()
        if kind is None and each.field.kind in FACTS:
            key = f"{each.field.kind}.{key}"
        if key.startswith(needle):
            starting.append(each)
        elif needle in key:
            holding.append(each)
    found = []
    for each in (*_ranked(starting), *_ranked(holding)):
        insert = _spelled(each.field)
        if insert:
            is_word = each.field.kind is FieldKind.ATTRIBUTE or each.field.kind in FACTS
            typed = before[match.start() :] if each.field.kind in FACTS else begun
            count = None if is_word else each.run_count
            found.append(Offer(match.start(), each.field, insert, count, typed))
    return tuple(found[:MOST_OFFERED])


def _ranked(names: list[NameCount]) -> list[NameCount]:
    return sorted(names, key=lambda each: (-each.run_count, each.field.key))


def _attributes() -> list[NameCount]:
    return [
        NameCount(Field(kind=FieldKind.ATTRIBUTE, key=attribute.value), 0)
        for attribute in Attribute
    ]


def _facts() -> list[NameCount]:
    return [
        NameCount(Field(kind=kind, key=fact.value), 0) for kind, facts in FACTS.items()
        for fact in facts
    ]  # fmt: skip


def _spelled(field: Field) -> str:
    if field.kind is FieldKind.ATTRIBUTE:
        return field.key
    if _BARE.fullmatch(field.key):
        return f"{field.kind}.{field.key}"
    return order_text(field)


def _expects_field(before: str) -> bool:
    """Whether a field may stand after these words: at the start, after AND, OR, NOT and (."""
    words = pieces(before)
    if not words:
        return True
    last = before[words[-1].start : words[-1].end].upper()
    return last in {"AND", "OR", "NOT", "("}


def _reads(text: str) -> bool:
    try:
        return parse_filter(text) is not None
    except BadInput:
        return False
