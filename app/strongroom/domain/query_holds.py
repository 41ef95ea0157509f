# SPDX-License-Identifier: Apache-2.0
"""Whether a filter holds for one run, said without a catalog.

* The same answer as `store.query_compiler` gives for all runs at once; a property test compares.
* Logic is two-valued: what a run does not have is neither equal nor unequal to anything.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from strongroom.domain.number_text import as_number
from strongroom.domain.query import (
    Aggregate,
    AllOf,
    Among,
    AnyOf,
    ArtifactFact,
    Attribute,
    Comparison,
    Field,
    FieldKind,
    FieldTest,
    Filter,
    Membership,
    Misnamed,
    Not,
    Operator,
    Shaped,
    Unfit,
    Unsigned,
)
from strongroom.domain.run_facts import RunFacts
from strongroom.domain.shape import has_any_shape

Value = str | float

_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_EQUAL: operator.ge,
}


def holds(tree: Filter, run: RunFacts) -> bool:
    """Whether a filter holds for a run.

    Args:
        tree: The filter, without ``best``, without what contracts say, not answered in part.
        run: What is known of the run.
    """
    if isinstance(tree, AllOf):
        return all(holds(part, run) for part in tree.parts)
    if isinstance(tree, AnyOf):
        return any(holds(part, run) for part in tree.parts)
    if isinstance(tree, Not):
        return not holds(tree.part, run)
    assert not isinstance(tree, Among)  # noqa: S101 - ids are a catalog's
    if isinstance(tree, Misnamed):
        return any(True for _ in misnamed(tree, run))
    if isinstance(tree, Unsigned):
        return any(True for _ in unsigned(tree, run))
    return any(_passes(value, tree) for value in values_of(tree.field, run))


def unsigned(tree: Unsigned, run: RunFacts) -> Iterable[tuple[str, str]]:
    """Yields the path of each meant model that does not fit, and what its signature lacks."""
    for model in run.models:
        lack = model.lack(tree.inputs, tree.outputs)
        if lack and has_any_shape(model.file, tree.shapes):
            yield model.path, lack


def misnamed(tree: Misnamed, run: RunFacts) -> Iterable[str]:
    """Yields the names of a run that have none of the shapes and are not known."""
    named = {
        FieldKind.METRIC: run.metrics,
        FieldKind.PARAM: run.params,
        FieldKind.TAG: run.tags,
    }[tree.kind]
    for name in sorted(named):
        if name not in tree.known and not has_any_shape(name, tree.shapes):
            yield name


def values_of(field: Field, run: RunFacts) -> list[Value]:
    """Returns what a run has for a field: nothing, one value, or one of each thing it has."""
    if field.kind is FieldKind.METRIC:
        return _numbers(field, run)
    if field.kind in {FieldKind.PARAM, FieldKind.TAG}:
        named = run.params if field.kind is FieldKind.PARAM else run.tags
        return [named[field.key]] if field.key in named else []
    if field.kind is FieldKind.DATASET:
        return [text for each in run.inputs if (text := each.get(field.key, ""))]
    if field.kind is FieldKind.ARTIFACT:
        place = 0 if field.key == ArtifactFact.PATH else 1
        return [artifact[place] for artifact in run.artifacts]
    found = _attribute(Attribute(field.key), run)
    return [] if found is None else [found]


def meets(value: Value, how: Operator, wanted: Value) -> bool:
    """Whether one value compares so; a text compares with a number if it is one."""
    if how in {Operator.LIKE, Operator.ILIKE}:
        folded = how is Operator.ILIKE
        text, pattern = str(value), str(wanted)
        if folded:
            text, pattern = text.casefold(), pattern.casefold()
        return _like(pattern).fullmatch(text) is not None
    if isinstance(wanted, float) and isinstance(value, str):
        number = as_number(value)
        if number is None:
            return False
        value = number
    if isinstance(value, float) and math.isnan(value):
        return False
    return _COMPARE[how](value, wanted)


def _passes(value: Value, tree: FieldTest) -> bool:
    """Whether one value of a field passes a test of it."""
    if isinstance(tree, Comparison):
        return meets(value, tree.operator, tree.value)
    if isinstance(tree, Membership):
        return any(meets(value, Operator.EQUAL, wanted) for wanted in tree.values)
    if isinstance(tree, Shaped):
        return isinstance(value, str) and has_any_shape(value, tree.shapes)
    return not isinstance(tree, Unfit) or not _fits(str(value), tree)


def _fits(text: str, tree: Unfit) -> bool:
    """Whether a text has a shape, is a word and a number within the bounds, as far as asked."""
    if tree.shapes and not has_any_shape(text, tree.shapes):
        return False
    if tree.allowed and text not in tree.allowed:
        return False
    if tree.low is None and tree.high is None:
        return True
    number = as_number(text)
    low, high = (tree.low, tree.high)
    return (
        number is not None and (low is None or number >= low) and (high is None or number <= high)
    )


@lru_cache(maxsize=256)
def _like(pattern: str) -> "re.Pattern[str]":
    """Translates a pattern; each stretch up to a text that was found is never tried again."""
    parts = [re.escape(part).replace("_", ".") for part in pattern.split("%")]
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL)
    first, *middle, last = parts
    atoms = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{first}{atoms}.*{last}", re.DOTALL)


def _numbers(field: Field, run: RunFacts) -> list[Value]:
    summary = run.metrics.get(field.key)
    if summary is None:
        return []
    number = {
        Aggregate.LAST: summary.last,
        Aggregate.MIN: summary.minimum,
        Aggregate.MAX: summary.maximum,
        Aggregate.COUNT: summary.count,
    }[field.aggregate]
    return [float(number)]


def _attribute(attribute: Attribute, run: RunFacts) -> Value | None:
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
