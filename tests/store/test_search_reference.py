# SPDX-License-Identifier: Apache-2.0
"""The page about searching: each example is read and answered, each refusal is one.

And whatever else is typed: an answer, or an error that says where.
"""

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strongroom
from strongroom.cli import output
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import BadInput
from strongroom.domain.metric_schema import Direction, MetricRule
from strongroom.domain.query import Aggregate, Attribute, DatasetFact
from strongroom.domain.query_parser import parse_filter
from strongroom.journal.layout import Kind
from strongroom.journal.writer import JournalWriter
from strongroom.services.runs import Runs, open_runs
from support.checkout import DOCS, text
from support.command_reference import tree
from support.runs_on_disk import START_US, random_bytes, write_run

PAGE = text(DOCS / "reference" / "search.md")


def examples(kind: str) -> list[str]:
    blocks = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def log_inputs(folder: Path, *inputs: dict[str, str]) -> None:
    writer = JournalWriter(
        folder, folder.name, random_bytes=random_bytes, clock=FixedClock(START_US)
    )
    writer.records([(Kind.INPUT, each) for each in inputs])
    writer.close("")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("reference")
    train = {"name": "churn", "digest": "aa11", "context": "train"}
    test = {"name": "churn-late", "digest": "bb22", "context": "test"}
    first = write_run(
        root, 1, name="Straße",
        metrics={"accuracy": [0.7, 0.97, 0.9], "loss": [4.0, 0.2, 0.9], "thing": [1.0]},
        params={"lr": 0.1}, status="",
    )  # fmt: skip
    log_inputs(first, train, test)
    second = write_run(root, 2, name="two", metrics={"accuracy": [0.96], "loss": [0.1, math.nan]})
    log_inputs(second, test)
    write_run(root, 3, name="three", metrics={"accuracy": [0.1]}, params={"lr": "1e-1"})
    return root


@pytest.fixture(scope="module")
def runs(root: Path) -> Iterator[Runs]:
    opened = open_runs(root, FixedClock(START_US), os.urandom)
    opened.refresh()
    yield opened
    opened.catalog.close()


def names(runs: Runs, filter_: str, order: str = "start_time") -> list[str]:
    return [run.name for run in runs.search(filter_, order_by=order).runs]


def test_the_page_has_examples_of_every_kind():
    assert len(examples("filter")) > 20
    assert len(examples("order")) > 2
    assert len(examples("refused")) > 5


@pytest.mark.parametrize("example", examples("filter"))
def test_an_example_is_read_and_answered(runs, example):
    assert parse_filter(example) is not None
    assert 0 <= runs.search(example).total <= 3


@pytest.mark.parametrize("example", examples("order"))
def test_an_example_of_an_order_puts_all_runs_in_order(runs, example):
    assert len(runs.search(order_by=example).runs) == 3


@pytest.mark.parametrize("example", examples("refused"))
def test_an_example_of_an_error_is_refused(runs, example):
    with pytest.raises(BadInput) as caught:
        runs.search(example)
    assert caught.value.code == "E-FILTER"
    assert caught.value.advice


def test_the_page_names_every_attribute_aggregate_and_fact():
    for word in (*Attribute, *Aggregate, *DatasetFact):
        assert word.value in PAGE, word


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ("max(metrics.accuracy) > 0.95", ["Straße", "two"]),
        ("metrics.accuracy > 0.95", ["two"]),
        ("last(metrics.accuracy) > 0.95", ["two"]),
        ("min(metrics.loss) < 0.15", ["two"]),
        ("metrics.loss < 0.15", []),
        ("count(metrics.loss) = 3", ["Straße"]),
        ("count(metrics.loss) < 3", ["two"]),
        ("best(metrics.accuracy) >= 0.96", ["Straße", "two"]),
        ("best(metrics.loss) <= 0.1", ["two"]),
        ("NOT max(metrics.loss) > 1", ["two", "three"]),
        ("MAX( metrics.accuracy ) IN (0.1)", ["three"]),
        ("best(metrics.loss) IS NULL", ["three"]),
        ("dataset.name = 'churn'", ["Straße"]),
        ("datasets.context = 'test'", ["Straße", "two"]),
        ("dataset.name LIKE 'CHURN%'", []),
        ("dataset.name ILIKE 'CHURN%'", ["Straße", "two"]),
        ("dataset.digest IN ('bb22', 'cc33') AND NOT dataset.name = 'churn'", ["two"]),
        ("dataset.name IS NULL", ["three"]),
        ("params.lr = 0.1", ["Straße", "three"]),
        ("name ILIKE '%STRASSE%'", ["Straße"]),
    ],
)
def test_aggregates_and_datasets_find_what_they_say(runs, filter_, expected):
    assert names(runs, filter_) == expected


def test_an_order_by_an_aggregate_is_by_that(runs):
    assert names(runs, "", "best(metrics.accuracy) DESC") == ["Straße", "two", "three"]
    assert names(runs, "", "metrics.accuracy DESC") == ["two", "Straße", "three"]
    assert names(runs, "", "best(metrics.loss)") == ["two", "Straße", "three"]
    assert names(runs, "", "max(metrics.loss)") == ["two", "Straße", "three"]
    assert names(runs, "", "count(metrics.accuracy) DESC, name DESC")[0] == "Straße"


def test_best_follows_a_stated_direction_at_once(runs):
    with pytest.raises(BadInput) as caught:
        runs.search(order_by="best(metrics.thing)")
    assert "metrics schema set" in caught.value.advice
    runs.metric_schemas.set(MetricRule(key="thing", direction=Direction.HIGHER))
    assert names(runs, "best(metrics.thing) >= 1") == ["Straße"]
    runs.metric_schemas.forget("thing")


def test_the_command_line_takes_the_same(root, capsys):
    filter_ = "max(metrics.accuracy) > 0.95 AND dataset.context = 'test'"
    asked = ["runs", "search", filter_, "--order-by", "best(metrics.loss)", "--json"]
    assert output.run(tree(), [*asked, "--store", str(root)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in found["runs"]] == ["two", "Straße"]


def test_the_library_takes_the_same(root):
    found = strongroom.search_runs(
        "max(metrics.accuracy) > 0.95", order_by="best(metrics.loss)", store=root
    )
    assert [run.name for run in found] == ["two", "Straße"]


def test_names_and_values_for_completion_come_from_indexes(runs):
    counted = {each.field.key: each.run_count for each in runs.columns()}
    assert counted == {"accuracy": 3, "loss": 2, "lr": 2, "thing": 1}
    (lr,) = (each.field for each in runs.columns() if each.field.key == "lr")
    assert runs.values(lr) == ("0.1", "1e-1")
    assert runs.values(lr, start="1e") == ("1e-1",)
    dataset = parse_filter("dataset.name = ''").field
    assert runs.values(dataset) == ("churn", "churn-late")


WORDS = (
    "metrics. params. tags. dataset.name datasets.context max( min( best( count( last( a `b c`"
    " \"d\" 'e' ) ( , = != < <= > LIKE ILIKE NOT IN IS NULL AND OR 1 -2.5 1e999 % '' '\ud800' -- ;"
    " status name duration start_time end_time '2026-11-23' experiment DESC best"
)
TYPED = st.text(max_size=40) | st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=TYPED)
def test_whatever_is_typed_gives_an_answer_or_an_error_that_says_where(runs, typed):
    for ask in ({"filter": typed}, {"order_by": typed}):
        try:
            found, position = runs.search(**ask, limit=3).total, 0
        except BadInput as error:
            found, position = 0, getattr(error, "position", 0)
        assert 0 <= found <= 3
        assert 0 <= position <= len(typed)
