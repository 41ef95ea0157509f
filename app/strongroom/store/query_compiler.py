# SPDX-License-Identifier: Apache-2.0
"""Turns a filter's tree into SQLAlchemy Core conditions.

* Every text and number of the filter becomes a bound parameter; columns come from a closed table.
* Logic stays two-valued: no condition is ever NULL, so NOT means "the other runs".
* A part becomes ``run IN (covering index)``, which SQLite may drive the question from.
* The runs that several parts hold for are read from one part's index. A metric or a text of the
  others is looked up for each of these, other parts are lists; what is hidden is taken off last,
  and the rows of `tables.run` are looked at only where an attribute is asked for.
"""

import json
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeGuard

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)

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
    Presence,
    Shaped,
    Unfit,
    Unsigned,
)
from strongroom.domain.run import LOST, RunStatus
from strongroom.store import tables
from strongroom.store.key_names import NUMBER_OF, key_id
from strongroom.store.statement import OneAfterOther, listed

ESCAPE: Final = "\\"

_COMPARE: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_EQUAL: operator.ge,
}
_COLUMNS: dict[Attribute, ColumnElement[Any]] = {
    Attribute.RUN_ID: tables.run.c.run_id,
    Attribute.NAME: tables.run.c.name,
    Attribute.STATUS: tables.run.c.status,
    Attribute.START_TIME: tables.run.c.started_us,
    Attribute.END_TIME: tables.run.c.ended_us,
    Attribute.DURATION: case(
        (tables.run.c.ended_us < tables.run.c.started_us, 0),  # a clock was set back
        else_=tables.run.c.ended_us - tables.run.c.started_us,
    ),
    Attribute.HOST: tables.run.c.host,
    Attribute.USER: tables.run.c.user,
}
_NULLABLE = frozenset({Attribute.END_TIME, Attribute.DURATION})


def compile_filter(
    tree: Filter, of: ColumnElement[int] = tables.run.c.id, *, is_probed: bool = False
) -> ColumnElement[bool]:
    """Returns the condition that the filter means.

    Args:
        tree: The filter, without `Aggregate.BEST` and without what contracts say.
        of: The column with the run's id; attributes are those of `tables.run` in any case.
        is_probed: Look each run up instead of listing all that hold: for a walk that ends after
            the first runs.
    """
    if isinstance(tree, AllOf):
        parts = (compile_filter(part, of, is_probed=is_probed) for part in tree.parts)
        return and_(true(), *parts)
    if isinstance(tree, AnyOf):
        parts = (compile_filter(part, of, is_probed=is_probed) for part in tree.parts)
        return or_(false(), *parts)
    if isinstance(tree, Not):
        return not_(compile_filter(tree.part, of, is_probed=is_probed))
    assert not isinstance(tree, Unsigned)  # noqa: S101 - answered before
    if not isinstance(tree, Misnamed | Among) and tree.field.kind is FieldKind.ATTRIBUTE:
        return _attribute(tree)
    return _listed_or_probed(tree, of, is_probed=is_probed)


def _listed_or_probed(
    tree: FieldTest | Misnamed | Among, of: ColumnElement[int], *, is_probed: bool
) -> ColumnElement[bool]:
    """Returns the condition that a run is in the list of a part, or is found by looking it up."""
    if isinstance(tree, Among):
        return of.in_(listed(literal(tree.ids)))
    if not is_probed:
        return of.in_(_matching_runs(tree))
    question = _matching_runs(tree, "probed")
    return question.where(next(iter(question.selected_columns)) == of).exists()


def drivers(tree: Filter | None) -> tuple[Filter, ...]:
    """Returns the parts that all hold and whose index alone names every run of the answer."""
    return tuple(part for part in _parts(tree) if _drives(part))


def runs_of(driver: Filter) -> Select[tuple[int]]:
    """Returns the question for the runs of one of `drivers`, each once, hidden ones too."""
    return _matching_runs(driver)


def matching_ids(
    tree: Filter | None,
    hidden: Callable[[ColumnElement[int]], ColumnElement[bool]],
    driver: Filter | None = None,
) -> Select[tuple[int]]:
    """Returns the question for the ids of the runs a filter holds for, each once, in no order.

    Args:
        tree: The filter.
        hidden: Gives the condition that leaves runs out, for a column with a run's id.
        driver: The one of `drivers` to read first, best that with the fewest runs.
    """
    parts = _parts(tree)
    run = tables.run
    driver = driver or next(iter(drivers(tree)), None)
    if driver is None:
        conditions = [compile_filter(part) for part in parts]
        return select(run.c.id).where(*conditions, hidden(run.c.id))
    question = _matching_runs(driver, "driver")
    column: Any = next(iter(question.selected_columns))
    # Without the sum SQLite may look every id of a list up instead of reading the one range.
    id_: ColumnElement[int] = column + literal_column("0")
    read: FromClause = column.table
    conditions = []
    for number, part in enumerate(part for part in parts if part is not driver):
        found = _look_up(part, id_, f"also_{number}")
        if found is None:
            conditions.append(compile_filter(part, id_))
        else:
            read = OneAfterOther(read, *found)
    question = question.select_from(read)
    if any(_asks_attribute(part) for part in parts):
        question = question.join(run, run.c.id == column)
    return question.where(*conditions, hidden(id_))


def may_lack(field: Field) -> bool:
    """Whether a run may have no value for the field."""
    return field.kind is not FieldKind.ATTRIBUTE or Attribute(field.key) in _NULLABLE


def metric_number(aggregate: Aggregate, source: FromClause = tables.metric) -> ColumnElement[Any]:
    """Returns the column of a metric that an aggregate reads.

    Raises:
        KeyError: For `Aggregate.BEST`, which has no column: the service resolves it.
    """
    last: ColumnElement[Any] = source.c.last
    return {
        Aggregate.LAST: last,
        Aggregate.MIN: func.coalesce(source.c.low, last),
        Aggregate.MAX: func.coalesce(source.c.high, last),
        Aggregate.COUNT: source.c.count,
    }[aggregate]


def attribute_column(field: Field) -> ColumnElement[Any]:
    """Returns the column an attribute is ordered by."""
    attribute = Attribute(field.key)
    if attribute is Attribute.EXPERIMENT:
        return (
            select(tables.experiment.c.name)
            .where(tables.experiment.c.id == tables.run.c.experiment_id)
            .scalar_subquery()
        )
    return _COLUMNS[attribute]


def _parts(tree: Filter | None) -> tuple[Filter, ...]:
    """Returns the parts of a filter that all have to hold."""
    return () if tree is None else tree.parts if isinstance(tree, AllOf) else (tree,)


def _matching_runs(tree: Filter, alias: str = "") -> Select[tuple[int]]:
    """Returns the runs that have a metric, param, tag or dataset with the asked value.

    Args:
        tree: A test of a field, or of names.
        alias: What the table is called, where a part of the same question reads it too.
    """
    assert not isinstance(tree, AllOf | AnyOf | Not | Among | Unsigned)  # noqa: S101 - as above
    if isinstance(tree, Misnamed):
        return _misnamed_runs(tree, alias)
    field = tree.field
    if field.kind is FieldKind.METRIC:
        metric = tables.metric.alias(alias) if alias else tables.metric
        asked = _test(tree, metric_number(field.aggregate, metric))
        return select(metric.c.run).where(metric.c.key == key_id(field), asked)
    if field.kind is FieldKind.DATASET:
        fact = tables.dataset_value
        of_fact = select(fact.c.id).where(fact.c.fact == field.key, _test(tree, fact.c.text))
        run_dataset = tables.run_dataset.alias(alias) if alias else tables.run_dataset
        return select(run_dataset.c.run).where(run_dataset.c.value.in_(of_fact))
    if field.kind is FieldKind.ARTIFACT:
        artifact = tables.artifact.alias(alias) if alias else tables.artifact
        if field.key == ArtifactFact.DIGEST:
            return select(artifact.c.run).where(_test(tree, artifact.c.sha256))
        path = tables.artifact_path
        those = select(path.c.id).where(_test(tree, path.c.path))
        return select(artifact.c.run).where(artifact.c.path.in_(those))
    run_value = tables.run_value.alias(alias) if alias else tables.run_value
    value = tables.text_value
    chosen = select(value.c.id).where(value.c.key_id == key_id(field), _text_test(tree))
    return select(run_value.c.run).where(run_value.c.value.in_(chosen))


def _misnamed_runs(tree: Misnamed, alias: str) -> Select[tuple[int]]:
    """Returns the runs with a name of another shape: names are few, so they are judged first."""
    key, value = tables.key, tables.text_value
    is_named = func.has_shape(key.c.name, _shapes(tree.shapes)) == 1
    named = select(key.c.id).where(
        key.c.kind == NUMBER_OF[tree.kind], not_(is_named), key.c.name.not_in(tree.known)
    )
    if tree.kind is FieldKind.METRIC:
        metric = tables.metric.alias(alias) if alias else tables.metric
        return select(metric.c.run).where(metric.c.key.in_(named))
    run_value = tables.run_value.alias(alias) if alias else tables.run_value
    chosen = select(value.c.id).where(value.c.key_id.in_(named))
    return select(run_value.c.run).where(run_value.c.value.in_(chosen))


def _shapes(shapes: Sequence[str]) -> str:
    """Returns shapes as the one text that is bound for them (`Catalog` reads it)."""
    return json.dumps(shapes)


def _look_up(
    part: Filter, id_: ColumnElement[int], alias: str
) -> tuple[FromClause, ColumnElement[bool]] | None:
    """Returns the one row of a run that a part holds for: its table, and the condition on it.

    None for a part that is better, or only, put as a list of runs.
    """
    if not _drives(part):
        return None
    field = part.field
    if field.kind is FieldKind.METRIC:
        metric = tables.metric.alias(alias)
        is_asked = _test(part, metric_number(field.aggregate, metric))
        return metric, and_(metric.c.run == id_, metric.c.key == key_id(field), is_asked)
    if not (isinstance(part, Comparison) and part.operator is Operator.EQUAL):
        return None
    if not isinstance(part.value, str):  # several texts may be one number
        return None
    value, held = tables.text_value, tables.run_value.alias(alias)
    chosen = select(value.c.id).where(value.c.key_id == key_id(field), _text_test(part))
    # A range, because SQLite looks it up among the runs of the value, which lie side by side; an
    # equal run it looks up among all values of all runs, at twice the cost.
    return held, and_(held.c.value == chosen.scalar_subquery(), held.c.run.between(id_, id_))


def _drives(part: Filter) -> TypeGuard[Comparison | Membership | Presence]:
    """Whether the part's index names each of its runs once; a run has several artifacts."""
    if not isinstance(part, Comparison | Membership | Presence):
        return False
    return part.field.kind is not FieldKind.ATTRIBUTE and not part.field.kind.is_manifold


def _asks_attribute(tree: Filter) -> bool:
    if isinstance(tree, AllOf | AnyOf):
        return any(_asks_attribute(part) for part in tree.parts)
    if isinstance(tree, Not):
        return _asks_attribute(tree.part)
    return (
        not isinstance(tree, Misnamed | Among | Unsigned) and tree.field.kind is FieldKind.ATTRIBUTE
    )


def _attribute(tree: FieldTest) -> ColumnElement[bool]:
    attribute = Attribute(tree.field.key)
    if attribute is Attribute.EXPERIMENT:
        named = select(tables.experiment.c.id).where(_test(tree, tables.experiment.c.name))
        return tables.run.c.experiment_id.in_(named)
    column = _COLUMNS[attribute]
    if attribute in _NULLABLE:
        return and_(column.is_not(None), func.coalesce(_test(tree, column), 0) == 1)
    if attribute is Attribute.STATUS:
        return _status(tree)
    return _test(tree, column)


def _status(tree: Filter) -> ColumnElement[bool]:
    """Compares the status; ``LOST`` is what the table shows of a running run nobody hears of."""
    column = tables.run.c.status
    is_lost = and_(column == RunStatus.RUNNING.value, tables.run.c.is_lost)
    if isinstance(tree, Membership) and LOST in tree.values:
        return or_(column.in_(tree.values), is_lost)
    if isinstance(tree, Comparison) and tree.value == LOST:
        if tree.operator is Operator.EQUAL:
            return is_lost
        if tree.operator is Operator.NOT_EQUAL:
            return not_(is_lost)
    return _test(tree, column)


def _text_test(tree: Filter) -> ColumnElement[bool]:
    """Compares as numbers with a number and as texts with a text."""
    value = tables.text_value
    if isinstance(tree, Comparison):
        return _test(tree, value.c.text if isinstance(tree.value, str) else value.c.number)
    if isinstance(tree, Membership):
        texts = [item for item in tree.values if isinstance(item, str)]
        numbers = [item for item in tree.values if not isinstance(item, str)]
        return or_(value.c.text.in_(texts), value.c.number.in_(numbers))
    if isinstance(tree, Shaped):
        return _shape_test(tree.shapes)
    if isinstance(tree, Unfit):
        return not_(_fit_test(tree))
    return true()


def _fit_test(tree: Unfit) -> ColumnElement[bool]:
    """Tests whether a text is all that is asked of it."""
    value = tables.text_value
    found: list[ColumnElement[bool]] = []
    if tree.shapes:
        found.append(_shape_test(tree.shapes))
    if tree.allowed:
        found.append(value.c.text.in_(tree.allowed))
    if tree.low is not None or tree.high is not None:
        found.append(value.c.number.is_not(None))
    if tree.low is not None:
        found.append(func.coalesce(value.c.number >= tree.low, 0) == 1)
    if tree.high is not None:
        found.append(func.coalesce(value.c.number <= tree.high, 0) == 1)
    return and_(true(), *found)


def _shape_test(shapes: Sequence[str]) -> ColumnElement[bool]:
    """Tests the shape of a text; numbers by the column, which asks no Python for each text."""
    value = tables.text_value
    found: list[ColumnElement[bool]] = []
    if "number" in shapes:
        found.append(value.c.number.is_not(None))
    if "integer" in shapes:
        found.append(func.coalesce(value.c.number == func.round(value.c.number), 0) == 1)
    others = [shape for shape in shapes if shape not in {"number", "integer"}]
    if others:
        found.append(func.has_shape(value.c.text, _shapes(others)) == 1)
    return or_(false(), *found)


def _test(tree: Filter, column: ColumnElement[Any]) -> ColumnElement[bool]:
    if isinstance(tree, Membership):
        return column.in_(tree.values)
    if isinstance(tree, Shaped):
        return func.has_shape(column, _shapes(tree.shapes)) == 1
    if not isinstance(tree, Comparison):
        return true()
    if tree.operator is Operator.LIKE:
        return column.like(tree.value)
    if tree.operator is Operator.ILIKE:
        return func.casefold(column).like(str(tree.value).casefold())
    result: ColumnElement[bool] = _COMPARE[tree.operator](column, tree.value)
    return result
