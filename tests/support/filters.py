# SPDX-License-Identifier: Apache-2.0
"""Filters at random, and what they mean in plain Python: the oracle of the search."""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from strongroom.domain.number_text import as_number
from strongroom.domain.query import (
    Aggregate,
    AllOf,
    AnyOf,
    ArtifactFact,
    Attribute,
    Comparison,
    DatasetFact,
    Field,
    FieldKind,
    Filter,
    Membership,
    Not,
    Operator,
    Order,
    Presence,
)
from strongroom.store.run_state import RunState

KEYS = ["a", "b", "val loss", 'q"uo`te', "ß", "x.y/z-1", "AND"]
TEXTS = ["", "1", "1.0", "-2.5", "1e3", "adam", "ADAM", "Straße", "STRASSE", "É", "é", "it's",
         'a"b', "50%", "a_b", "%", "nan", "日本", "\U0001f600", "x' OR '1'='1"]  # fmt: skip
PATTERNS = [*TEXTS, "%a%", "a%", "_", "%_%", "%ß%", "É%", "%\U0001f600", "__"]
NUMBERS = [-2.5, 0.0, 0.5, 1.0, 2.0, 1000.0, 1e300, math.inf, -math.inf]
STATUSES = ["FINISHED", "FAILED", "RUNNING"]
TIMES = [0.0, 1e15, 1.7e15, 1.7e15 + 2e6]  # whole milliseconds, in microseconds

_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_EQUAL: operator.ge,
}


def fields(*kinds: FieldKind) -> st.SearchStrategy[Field]:
    """Fields of these kinds, of all if none is named; never ``best``, nor what contracts say."""
    named = {
        FieldKind.METRIC: st.builds(
            Field,
            kind=st.just(FieldKind.METRIC),
            key=st.sampled_from(KEYS),
            aggregate=st.sampled_from([each for each in Aggregate if each is not Aggregate.BEST]),
        ),
        FieldKind.DATASET: st.builds(
            Field,
            kind=st.just(FieldKind.DATASET),
            key=st.sampled_from([each.value for each in DatasetFact]),
        ),
        FieldKind.ARTIFACT: st.builds(
            Field,
            kind=st.just(FieldKind.ARTIFACT),
            key=st.sampled_from([each.value for each in ArtifactFact]),
        ),
        FieldKind.ATTRIBUTE: st.builds(
            Field,
            kind=st.just(FieldKind.ATTRIBUTE),
            key=st.sampled_from([each.value for each in Attribute]),
        ),
    }
    for kind in (FieldKind.PARAM, FieldKind.TAG):
        named[kind] = st.builds(Field, kind=st.just(kind), key=st.sampled_from(KEYS))
    return st.one_of(*(named[kind] for kind in kinds or tuple(named)))


def filters() -> st.SearchStrategy[Filter]:
    """Any filter, some levels deep."""
    return st.recursive(
        fields().flatmap(_tests),
        lambda parts: st.one_of(
            parts.map(lambda part: Not(part=part)),
            st.lists(parts, min_size=2, max_size=4).map(lambda some: AllOf(parts=tuple(some))),
            st.lists(parts, min_size=2, max_size=4).map(lambda some: AnyOf(parts=tuple(some))),
        ),
        max_leaves=6,
    )


def orders() -> st.SearchStrategy[tuple[Order, ...]]:
    """Any order of up to three columns."""
    kinds = [kind for kind in FieldKind if not kind.is_manifold]
    order = st.builds(Order, field=fields(*kinds), is_descending=st.booleans())
    return st.lists(order, max_size=3).map(tuple)


def _tests(field: Field) -> st.SearchStrategy[Filter]:
    values = _values(field)
    compared = st.builds(
        Comparison, field=st.just(field), operator=st.sampled_from(list(_COMPARE)), value=values
    )
    members = st.builds(
        Membership,
        field=st.just(field),
        values=st.lists(values, min_size=1, max_size=4).map(tuple),
    )
    present = st.just(Presence(field=field))
    if field.is_numeric:
        return st.one_of(compared, members, present)
    liked = st.builds(
        Comparison,
        field=st.just(field),
        operator=st.sampled_from([Operator.LIKE, Operator.ILIKE]),
        value=st.sampled_from(PATTERNS),
    )
    return st.one_of(compared, members, liked, present)


def _values(field: Field) -> st.SearchStrategy[str | float]:
    if field.kind is FieldKind.METRIC:
        return st.sampled_from(NUMBERS)
    if field.kind in {FieldKind.PARAM, FieldKind.TAG}:
        return st.sampled_from(NUMBERS) | st.sampled_from(TEXTS)
    if field.kind is FieldKind.ATTRIBUTE and field.is_numeric:
        return st.sampled_from(TIMES)
    if field.key == Attribute.STATUS.value:
        return st.sampled_from(STATUSES)
    return st.sampled_from(TEXTS)


def renamed(tree: Filter, word: str, number: float) -> Filter:
    """Returns a filter of the same shape with other keys, texts and numbers."""
    if isinstance(tree, AllOf | AnyOf):
        return replace(tree, parts=tuple(renamed(part, word, number) for part in tree.parts))
    if isinstance(tree, Not):
        return replace(tree, part=renamed(tree.part, word, number))
    is_fixed = tree.field.kind is FieldKind.ATTRIBUTE or tree.field.kind.is_manifold
    named = tree.field if is_fixed else replace(tree.field, key=word)
    if isinstance(tree, Comparison):
        return replace(tree, field=named, value=_other(tree.value, word, number))
    if isinstance(tree, Membership):
        others = tuple(_other(value, word, number) for value in tree.values)
        return replace(tree, field=named, values=others)
    return replace(tree, field=named)


def _other(value: str | float, word: str, number: float) -> str | float:
    return word if isinstance(value, str) else number


def holds(tree: Filter, run: RunState) -> bool:
    """Whether a filter holds for a run, said without SQL."""
    if isinstance(tree, AllOf):
        return all(holds(part, run) for part in tree.parts)
    if isinstance(tree, AnyOf):
        return any(holds(part, run) for part in tree.parts)
    if isinstance(tree, Not):
        return not holds(tree.part, run)
    values = values_of(tree.field, run)
    if isinstance(tree, Presence):
        return bool(values)
    wanted = tree.values if isinstance(tree, Membership) else (tree.value,)
    how = Operator.EQUAL if isinstance(tree, Membership) else tree.operator
    return any(_meets(value, how, other) for value in values for other in wanted)


def _meets(value: str | float, how: Operator, wanted: str | float) -> bool:
    if how in {Operator.LIKE, Operator.ILIKE}:
        return _is_like(str(value), str(wanted), is_folded=how is Operator.ILIKE)
    if isinstance(wanted, float) and isinstance(value, str):
        number = as_number(value)
        if number is None:
            return False
        value = number
    if isinstance(value, float) and math.isnan(value):
        return False
    return _COMPARE[how](value, wanted)


def _is_like(text: str, pattern: str, *, is_folded: bool) -> bool:
    if is_folded:
        text, pattern = text.casefold(), pattern.casefold()
    spelled = {"%": ".*", "_": "."}
    expression = "".join(spelled.get(each, re.escape(each)) for each in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def values_of(field: Field, run: RunState) -> list[str | float]:
    """Returns what a run has for a field: nothing, one value, or one a dataset."""
    if field.kind is FieldKind.DATASET:
        return [text for each in run.inputs if (text := each.get(field.key, ""))]
    if field.kind is FieldKind.ARTIFACT:
        return [each.path if field.key == "path" else each.sha256 for each in run.artifacts]
    if field.kind is FieldKind.METRIC:
        summary = run.metrics.get(field.key)
        if summary is None:
            return []
        return [float({
            Aggregate.LAST: summary.last,
            Aggregate.MIN: summary.minimum,
            Aggregate.MAX: summary.maximum,
            Aggregate.COUNT: summary.count,
        }[field.aggregate])]  # fmt: skip
    if field.kind is FieldKind.ATTRIBUTE:
        found = _attribute(Attribute(field.key), run)
        return [] if found is None else [found]
    named = run.params if field.kind is FieldKind.PARAM else run.tags
    return [named[field.key]] if field.key in named else []


def _attribute(attribute: Attribute, run: RunState) -> str | float | None:
    if attribute is Attribute.DURATION:
        return None if run.ended_us is None else float(max(0, run.ended_us - run.started_us))
    return {
        Attribute.RUN_ID: run.run_id,
        Attribute.NAME: run.name,
        Attribute.STATUS: run.status.value,
        Attribute.EXPERIMENT: run.experiment,
        Attribute.START_TIME: float(run.started_us),
        Attribute.END_TIME: None if run.ended_us is None else float(run.ended_us),
        Attribute.HOST: run.host,
        Attribute.USER: run.user,
    }[attribute]


def sort_key(field: Field, run: RunState) -> tuple[bool, float, str] | None:
    """Returns what a run is ordered by: numbers before texts; None for runs without a value."""
    for value in values_of(field, run):
        if isinstance(value, float):
            return None if math.isnan(value) else (False, value, "")
        is_text = field.kind is FieldKind.ATTRIBUTE or as_number(value) is None
        return (True, 0.0, value) if is_text else (False, as_number(value) or 0.0, "")
    return None
