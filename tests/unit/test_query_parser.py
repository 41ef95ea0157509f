# SPDX-License-Identifier: Apache-2.0
"""The filter language: MLflow's filters read as they do there, and no text crashes the reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.query import (
    AllOf,
    AnyOf,
    Comparison,
    Field,
    FieldKind,
    FilterError,
    Membership,
    Not,
    Operator,
    Order,
    Presence,
)
from strongroom.domain.query_parser import MAX_CHARACTERS, MAX_DEPTH, parse_filter, parse_order


def compared(field: Field, operator: Operator, value: str | float) -> Comparison:
    return Comparison(field=field, operator=operator, value=value)


def metric(key: str) -> Field:
    return Field(kind=FieldKind.METRIC, key=key)


def param(key: str) -> Field:
    return Field(kind=FieldKind.PARAM, key=key)


def attribute(key: str) -> Field:
    return Field(kind=FieldKind.ATTRIBUTE, key=key)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (
            "metrics.acc > 0.9",
            compared(metric("acc"), Operator.GREATER, 0.9),
        ),
        (
            "metric.acc<=-1e-3",
            compared(metric("acc"), Operator.LESS_EQUAL, -0.001),
        ),
        ("params.lr = '0.1'", compared(param("lr"), Operator.EQUAL, "0.1")),
        (
            'parameters.lr = "a""b"',
            compared(param("lr"), Operator.EQUAL, 'a"b'),
        ),
        (
            "params.path = 'C:\\'",
            compared(param("path"), Operator.EQUAL, "C:\\"),
        ),
        (
            "params.lr >= 3",
            compared(param("lr"), Operator.GREATER_EQUAL, 3.0),
        ),
        (
            'metrics."val loss" < 1',
            compared(metric("val loss"), Operator.LESS, 1.0),
        ),
        (
            "metrics.`val/loss (%)` != 1",
            compared(metric("val/loss (%)"), Operator.NOT_EQUAL, 1.0),
        ),
        (
            "metrics.a.b/c-d = 1",
            compared(metric("a.b/c-d"), Operator.EQUAL, 1.0),
        ),
        (
            "attributes.status = 'finished'",
            compared(attribute("status"), Operator.EQUAL, "FINISHED"),
        ),
        (
            "run_name LIKE 'a%'",
            compared(attribute("name"), Operator.LIKE, "a%"),
        ),
        (
            "start_time >= 1664067852747",
            Comparison(
                field=attribute("start_time"),
                operator=Operator.GREATER_EQUAL,
                value=1664067852747000.0,
            ),
        ),
        (
            "duration > 1.5",
            compared(attribute("duration"), Operator.GREATER, 1_500_000.0),
        ),
        (
            "attributes.run_id IN ('a', 'b')",
            Membership(field=attribute("run_id"), values=("a", "b")),
        ),
        ("metrics.a IS NOT NULL", Presence(field=metric("a"))),
        ("metrics.a is null", Not(part=Presence(field=metric("a")))),
    ],
)
def test_a_comparison_reads_as_it_does_in_mlflow(text: str, tree: object) -> None:
    assert parse_filter(text) == tree


def test_and_binds_tighter_than_or_and_parentheses_tighter_than_both() -> None:
    a, b, c = (Presence(field=metric(key)) for key in "abc")
    spelled = [f"metrics.{key} IS NOT NULL" for key in "abc"]
    assert parse_filter(" or ".join([spelled[0], " and ".join(spelled[1:])])) == AnyOf(
        parts=(a, AllOf(parts=(b, c)))
    )
    assert parse_filter(f"({spelled[0]} OR {spelled[1]}) AND NOT {spelled[2]}") == AllOf(
        parts=(AnyOf(parts=(a, b)), Not(part=c))
    )


def test_blank_text_is_no_filter_and_no_order() -> None:
    assert parse_filter(" \n") is None
    assert parse_order("") == ()


def test_an_order_has_columns_and_directions() -> None:
    assert parse_order("metrics.acc DESC, start_time asc, params.`a b`") == (
        Order(field=metric("acc"), is_descending=True),
        Order(field=attribute("start_time")),
        Order(field=param("a b")),
    )


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("metrics.acc >", 13),
        ("metrics.acc > 'x'", 14),
        ("metrics.acc = 0.9 garbage", 18),
        ("metrics.acc LIKE 'x'", 17),
        ("colour = 'red'", 0),
        ("things.x = 1", 0),
        ("params.a = 'open", 11),
        ("status = 'FINISHED' and (", 25),
        ("params.a IN ()", 13),
        ("params.a NOT 3", 13),
        ("; DROP TABLE run", 0),
        ("start_time > 'yesterday'", 13),
        ("a\x00b", 1),
    ],
)
def test_an_error_names_its_position(text: str, position: int) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert caught.value.code == "E-FILTER"
    assert caught.value.position == position
    assert caught.value.expected


def test_filters_are_bounded_in_length_and_depth() -> None:
    for text in (
        "x" * (MAX_CHARACTERS + 1),
        "(" * 5_000 + "metrics.a = 1" + ")" * 5_000,
        "NOT " * (MAX_DEPTH + 1) + "metrics.a = 1",
        " and ".join(["metrics.a = 1"] * 500),
        f"params.a IN ({','.join(['1'] * 3_000)})",
        f"metrics.a = {'9' * 400}",
    ):
        with pytest.raises(FilterError):
            parse_filter(text)


TEXT = (
    "metrics. params. tags. attributes. a `b c` \"d\" 'e' ( ) , = != < <= > LIKE ILIKE IN IS NOT"
    " NULL AND OR 1 -2.5 1e400 . status name duration start_time % _ \\ ; -- é \u2028"
)
WORDS = st.sampled_from(TEXT.split(" "))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map(" ".join)))
def test_no_text_crashes_the_reader(text: str) -> None:
    for read in (parse_filter, parse_order):
        try:
            read(text)
        except FilterError as error:
            position = error.position
        else:
            position = 0
        assert 0 <= position <= len(text)
