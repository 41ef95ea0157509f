# SPDX-License-Identifier: Apache-2.0
"""Reads filters and orders: recursive descent over bounded text.

    filter     := conjunct (OR conjunct)*
    conjunct   := term (AND term)*
    term       := NOT term | ( filter ) | field test
    test       := operator value | [NOT] LIKE|ILIKE text | [NOT] IN ( value, … ) | IS [NOT] NULL
    field      := [entity .] key | aggregate ( metrics . key )
    entity     := metrics, params, tags, attributes, dataset, artifact, contract; singular or plural
    aggregate  := last, min, max, best, count
    key        := letters, digits and _ . / : @ - after the first, or anything in " or `

* Any text gives a tree or a `FilterError` with the position; nothing else is ever raised.
* MLflow's filters mean what they mean there: numbers for times are milliseconds since 1970.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.query import (
    FACTS,
    Aggregate,
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    Field,
    FieldKind,
    Filter,
    FilterError,
    Membership,
    Not,
    Operator,
    Order,
    Presence,
)

MAX_CHARACTERS = 16_384  # longer than any filter a person writes; bounds the work of one question
MAX_DEPTH = 40  # far below the stack of Python and of SQLite's expression parser (1,000)
MAX_TERMS = 200  # SQLite binds at most 32,766 values and joins the terms of one question
MAX_VALUES = 2_000  # members of all IN lists together, for the same reason
MAX_PATTERN = 1_000  # LIKE patterns; SQLite refuses those over 50,000 bytes
MAX_NUMBER = 40  # characters; enough for every double, and no integer overflows a double
MAX_ORDERS = 8

_ENTITIES = {
    "metrics": FieldKind.METRIC,
    "metric": FieldKind.METRIC,
    "params": FieldKind.PARAM,
    "param": FieldKind.PARAM,
    "parameters": FieldKind.PARAM,
    "parameter": FieldKind.PARAM,
    "tags": FieldKind.TAG,
    "tag": FieldKind.TAG,
    "attributes": FieldKind.ATTRIBUTE,
    "attribute": FieldKind.ATTRIBUTE,
    "attr": FieldKind.ATTRIBUTE,
    "run": FieldKind.ATTRIBUTE,
    "dataset": FieldKind.DATASET,
    "datasets": FieldKind.DATASET,
    "artifact": FieldKind.ARTIFACT,
    "artifacts": FieldKind.ARTIFACT,
    "contract": FieldKind.CONTRACT,
    "contracts": FieldKind.CONTRACT,
}
_AGGREGATES = {item.value: item for item in Aggregate}
_ATTRIBUTES = {item.value: item for item in Attribute} | {
    "run_name": Attribute.NAME,
    "run name": Attribute.NAME,
    "experiment_name": Attribute.EXPERIMENT,
    "created": Attribute.START_TIME,
    "started": Attribute.START_TIME,
    "ended": Attribute.END_TIME,
    "user_id": Attribute.USER,
}
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<operator><=|>=|!=|<>|==|=|<|>)|(?P<mark>[(),])"
    r"|(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")"
    r"|(?P<field>[^\W\d][\w]*(?:\s*\.\s*(?:\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|[\w][\w./:@-]*))?"
    r"|`(?:[^`]|``)*`)",
    re.DOTALL,
)
_OPERATORS = {"<>": Operator.NOT_EQUAL, "==": Operator.EQUAL}
_FIELD = "metrics.NAME, params.NAME, tags.NAME, dataset.name or an attribute"
_SORTED = "metrics.NAME, params.NAME, tags.NAME or an attribute"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str
    text: str
    position: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "field" else self.text


def parse_filter(text: str) -> Filter | None:
    """Reads a filter; blank text is no filter (None).

    Raises:
        FilterError: With the position and what was expected.
    """
    reader = _Reader(text)
    if reader.next.kind == "end":
        return None
    tree = reader.disjunction(0)
    reader.expect_end("AND, OR or the end of the filter")
    return tree


def parse_order(text: str) -> tuple[Order, ...]:
    """Reads ``metrics.acc DESC, start_time``; blank text is no order.

    Raises:
        FilterError: With the position and what was expected.
    """
    reader = _Reader(text)
    orders: list[Order] = []
    while reader.next.kind != "end":
        if orders:
            reader.take_mark(",")
        if len(orders) == MAX_ORDERS:
            raise FilterError(reader.next.position, f"at most {MAX_ORDERS} columns", "more")
        start = reader.next
        field = reader.field()
        if field.kind.is_manifold:  # a run has several
            raise FilterError(start.position, _SORTED, start.text[:40])
        direction = reader.take_word("ASC", "DESC")
        orders.append(Order(field=field, is_descending=direction == "DESC"))
    return tuple(orders)


class _Reader:
    """The text from the next token on."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_CHARACTERS:
            raise FilterError(MAX_CHARACTERS, f"at most {MAX_CHARACTERS:,} characters", "more")
        if "\x00" in text:
            raise FilterError(text.index("\x00"), "text without NUL characters", "\x00")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise FilterError(error.start, "whole characters", "half of one") from error
        self._text = text
        self._at = 0
        self._terms = 0
        self._values = 0
        self.next = self._scan()

    def disjunction(self, depth: int) -> Filter:
        parts = [self._conjunction(depth)]
        while self.take_word("OR"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else AnyOf(parts=tuple(parts))

    def field(self) -> Field:
        token = self.next
        if token.kind not in {"field", "text"}:
            raise self._error(_FIELD)
        self._advance()
        aggregate = _AGGREGATES.get(token.text.lower())
        if aggregate is not None and self.next.kind == "mark" and self.next.text == "(":
            return self._aggregated(aggregate)
        return _as_field(token)

    def _aggregated(self, aggregate: Aggregate) -> Field:
        self.take_mark("(")
        token = self.next
        field = _as_field(token) if token.kind == "field" else None
        if field is None or field.kind is not FieldKind.METRIC:
            raise self._error(f"metrics.NAME inside {aggregate}(…)")
        self._advance()
        self.take_mark(")")
        return replace(field, aggregate=aggregate)

    def take_word(self, *words: str) -> str:
        if self.next.kind == "field" and self.next.word in words:
            return self._advance().word
        return ""

    def take_mark(self, mark: str) -> None:
        if self.next.kind != "mark" or self.next.text != mark:
            raise self._error(mark)
        self._advance()

    def expect_end(self, expected: str) -> None:
        if self.next.kind != "end":
            raise self._error(expected)

    def _conjunction(self, depth: int) -> Filter:
        parts = [self._term(depth)]
        while self.take_word("AND"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else AllOf(parts=tuple(parts))

    def _term(self, depth: int) -> Filter:
        if depth >= MAX_DEPTH:
            raise self._error(f"at most {MAX_DEPTH} nested parts")
        if self.take_word("NOT"):
            return Not(part=self._term(depth + 1))
        if self.next.kind == "mark" and self.next.text == "(":
            self._advance()
            inside = self.disjunction(depth + 1)
            self.take_mark(")")
            return inside
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise self._error(f"at most {MAX_TERMS} comparisons")
        return self._test(self.field())

    def _test(self, field: Field) -> Filter:
        if self.take_word("IS"):
            is_present = bool(self.take_word("NOT"))
            if not self.take_word("NULL"):
                raise self._error("NULL" if is_present else "NULL or NOT NULL")
            presence = Presence(field=field)
            return presence if is_present else Not(part=presence)
        is_negated = bool(self.take_word("NOT"))
        test = self._positive_test(field, is_negated=is_negated)
        # SQL's NOT LIKE and NOT IN speak of values that exist, as != does.
        return AllOf(parts=(Presence(field=field), Not(part=test))) if is_negated else test

    def _positive_test(self, field: Field, *, is_negated: bool) -> Filter:
        if self.take_word("IN"):
            return Membership(field=field, values=self._members(field))
        pattern = self.take_word("LIKE", "ILIKE")
        if pattern:
            return Comparison(field=field, operator=Operator(pattern), value=self._pattern(field))
        if is_negated:
            raise self._error("IN, LIKE or ILIKE")
        if self.next.kind != "operator":
            raise self._error("=, !=, <, <=, >, >=, LIKE, ILIKE, IN or IS")
        spelled = self._advance().text
        operator = _OPERATORS.get(spelled) or Operator(spelled)
        return Comparison(field=field, operator=operator, value=self._value(field))

    def _members(self, field: Field) -> tuple[str | float, ...]:
        self.take_mark("(")
        values = [self._value(field)]
        while self.next.kind == "mark" and self.next.text == ",":
            self._advance()
            values.append(self._value(field))
        self.take_mark(")")
        return tuple(values)

    def _pattern(self, field: Field) -> str:
        token = self.next
        if field.is_numeric:
            raise FilterError(token.position, f"a number comparison for {field.key}", "LIKE")
        if token.kind != "text":
            raise self._error("a text in quotes")
        if len(token.text) > MAX_PATTERN:
            raise self._error(f"a pattern of at most {MAX_PATTERN:,} characters")
        self._advance()
        return _unquote(token.text)

    def _value(self, field: Field) -> str | float:
        self._values += 1
        if self._values > MAX_VALUES:
            raise self._error(f"at most {MAX_VALUES:,} values")
        token = self.next
        if token.kind not in {"text", "number"}:
            raise self._error("a number" if field.is_numeric else "a text in quotes or a number")
        if token.kind == "number" and len(token.text) > MAX_NUMBER:
            raise self._error(f"a number of at most {MAX_NUMBER} characters")
        self._advance()
        if field.kind is FieldKind.ATTRIBUTE:
            return _attribute_value(Attribute(field.key), token)
        if token.kind == "number":
            return token.text if field.kind.is_manifold else float(token.text)
        if field.kind is FieldKind.METRIC:
            raise FilterError(token.position, "a number", token.text[:20])
        return _unquote(token.text)

    def _advance(self) -> _Token:
        token = self.next
        self.next = self._scan()
        return token

    def _scan(self) -> _Token:
        while self._at < len(self._text):
            match = _TOKEN.match(self._text, self._at)
            if match is None:
                found = self._text[self._at : self._at + 20]
                raise FilterError(self._at, _expected_instead_of(found), found)
            start, self._at = self._at, match.end()
            if match.lastgroup != "space":
                return _Token(kind=str(match.lastgroup), text=match.group(), position=start)
        return _Token(kind="end", text="", position=len(self._text))

    def _error(self, expected: str) -> FilterError:
        return FilterError(self.next.position, expected, self.next.text[:40])


def _as_field(token: _Token) -> Field:
    entity, dot, key = (part.strip() for part in token.text.partition("."))
    kind = _ENTITIES.get(entity.lower()) if token.kind == "field" else None
    if dot and kind is not None:
        name = _unquote(key) if key[0] in '"`' else key
    elif dot and token.kind == "field":
        raise FilterError(token.position, _FIELD, token.text[:40])
    else:
        kind, name = FieldKind.ATTRIBUTE, token.text.strip("\"'`")
    if kind in FACTS:
        facts = [fact.value for fact in FACTS[kind]]
        if name.lower() not in facts:
            *others, last = (f"{kind.value}.{fact}" for fact in facts)
            expected = f"{', '.join(others)} or {last}"
            raise FilterError(token.position, expected, token.text[:40])
        return Field(kind=kind, key=name.lower())
    if kind is not FieldKind.ATTRIBUTE:
        return Field(kind=kind, key=name)
    attribute = _ATTRIBUTES.get(name.lower())
    if attribute is None:
        raise FilterError(token.position, _FIELD, token.text[:40])
    return Field(kind=kind, key=attribute.value)


def _attribute_value(attribute: Attribute, token: _Token) -> str | float:
    if attribute is Attribute.DURATION:
        if token.kind != "number":
            raise FilterError(token.position, "a number of seconds", token.text[:20])
        return float(token.text) * MICROSECONDS
    if attribute.is_numeric:
        if token.kind == "number":
            return float(token.text) * 1_000
        return _moment(token)
    text = _unquote(token.text) if token.kind == "text" else token.text
    return text.upper() if attribute is Attribute.STATUS else text


def _moment(token: _Token) -> float:
    try:
        moment = datetime.fromisoformat(_unquote(token.text))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(aware.timestamp() * MICROSECONDS)
    except (ValueError, OverflowError) as error:
        expected = "milliseconds or a date such as '2026-11-23'"
        raise FilterError(token.position, expected, token.text[:40]) from error


def _unquote(text: str) -> str:
    quote, inside = text[0], text[1:-1]
    # Only the quote itself is escaped, doubled as in SQL; a backslash is a plain character.
    return inside.replace(quote * 2, quote)


def _expected_instead_of(found: str) -> str:
    if found[0] in "'\"`":
        return f"a closing {found[0]}"
    return f"{_FIELD}, an operator or a value"
