# SPDX-License-Identifier: Apache-2.0
"""How SQLite goes about a question: by the index that is there for it, reading no table whole."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from strongroom.domain.clock import FixedClock
from strongroom.domain.query_parser import parse_filter
from strongroom.services.runs import Runs, open_runs
from strongroom.store import tables
from strongroom.store.query_compiler import compile_filter, runs_of
from strongroom.store.run_index import RunIndex
from strongroom.store.statement import Statement
from support.random_runs import some_runs


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    opened = open_runs(tmp_path_factory.mktemp("plans"), FixedClock(1), os.urandom)
    with opened.catalog.begin() as connection:
        RunIndex(connection).put(some_runs(60, seed=3))
    yield opened
    opened.catalog.close()


def plan(runs: Runs, statement: Statement) -> list[str]:
    """Returns what SQLite says it will do, a line a table."""
    with runs.catalog.read() as connection:
        explained = Statement(
            text=f"EXPLAIN QUERY PLAN {statement.text}",
            names=statement.names,
            known=statement.known,
        )
        return [row[-1] for row in explained.rows(connection)]


@pytest.mark.parametrize(
    "text",
    [
        "artifact.path = 'model/MLmodel'",
        "artifact.path LIKE '%/MLmodel'",
        "artifact.path IN ('a', 'b')",
        "artifact.path IS NOT NULL",
    ],
)
def test_a_path_leads_to_its_runs_and_no_list_of_files_is_read(runs: Runs, text: str) -> None:
    tree = parse_filter(text)
    assert tree is not None
    lines = plan(runs, Statement.of(select(tables.run.c.id).where(compile_filter(tree))))
    assert any("artifact_by_path" in line for line in lines), lines
    assert not any(line.startswith("SCAN artifact ") for line in lines), lines


@pytest.mark.parametrize("text", ["metrics.auc > 0.9", "params.net = 'a'", "tags.team != 'b'"])
def test_who_has_a_value_is_read_from_the_index_of_its_name(runs: Runs, text: str) -> None:
    tree = parse_filter(text)
    assert tree is not None
    lines = plan(runs, Statement.of(runs_of(tree)))
    assert any("_by_value" in line and "COVERING" in line for line in lines), lines
    assert not any(line.startswith("SCAN") for line in lines), lines
