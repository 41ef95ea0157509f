# SPDX-License-Identifier: Apache-2.0
"""Any filter finds the runs that plain Python finds, in the order that plain Python gives."""

import os
from collections.abc import Iterator, Sequence
from functools import cmp_to_key

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from strongroom.domain.clock import FixedClock
from strongroom.domain.query import Filter, Order
from strongroom.domain.query_parser import parse_filter, parse_order
from strongroom.domain.query_writer import filter_text, order_text
from strongroom.services.runs import Runs, open_runs
from strongroom.store import search
from strongroom.store.query_compiler import compile_filter, matching_ids
from strongroom.store.run_index import RunIndex
from strongroom.store.run_state import RunState
from strongroom.store.statement import Statement
from strongroom.store.tables import run as run_table
from support.filters import (
    filters,
    holds,
    orders,
    renamed,
    sort_key,
)
from support.random_runs import some_runs

STATES = some_runs(80, seed=7)
BY_ID = {state.run_id: (at, state) for at, state in enumerate(STATES)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    opened = open_runs(tmp_path_factory.mktemp("oracle"), FixedClock(1), os.urandom)
    with opened.catalog.begin() as connection:
        RunIndex(connection).put(STATES)
    yield opened
    opened.catalog.close()


@pytest.fixture(params=[25_000, 0], ids=["ordered by themselves", "walked"])
def road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large answer goes another way than a small one; both must say the same."""
    monkeypatch.setattr(search, "FEW", request.param)
    search._few_question.cache_clear()
    search._few_in_order.cache_clear()


def visible(tree: Filter | None, *, is_deleted: bool, is_archived: bool) -> set[str]:
    return {
        state.run_id
        for state in STATES
        if state.is_deleted == is_deleted
        and (is_deleted or state.is_archived == is_archived)
        and (tree is None or holds(tree, state))
    }


SAME_ROAD = [HealthCheck.function_scoped_fixture]  # each test goes one road throughout


@settings(max_examples=60, deadline=None, suppress_health_check=SAME_ROAD)
@given(tree=filters())
def test_any_filter_finds_the_runs_it_says(runs, road, tree):
    text = filter_text(tree)
    assert parse_filter(text) == tree
    with runs.catalog.read() as connection:
        for scope in ({}, {"is_deleted": True}, {"is_archived": True}):
            expected = visible(tree, **{"is_deleted": False, "is_archived": False, **scope})
            page = search.search(connection, tree=tree, limit=1, **scope)
            assert page.total == len(expected), text
            where = search.condition(tree=tree, **scope)
            rows = connection.execute(select(run_table.c.run_id).where(where)).scalars()
            assert set(rows) == expected, text


@settings(max_examples=40, deadline=None, suppress_health_check=SAME_ROAD)
@given(tree=filters(), order=orders())
def test_any_order_is_the_one_it_says(runs, road, tree, order):
    text = order_text(order)
    assert parse_order(text) == order
    for asked, chosen in (("", None), (filter_text(tree), tree)):
        expected = in_order(visible(chosen, is_deleted=False, is_archived=False), order)
        with runs.catalog.read() as connection:
            all_of_them = search.search(connection, tree=chosen, orders=order)
        assert [run.run_id for run in all_of_them.runs] == expected, text
        middle = runs.search(asked, order_by=text, limit=7, offset=5)
        assert [run.run_id for run in middle.runs] == expected[5:12], text


def in_order(found: set[str], order: Sequence[Order]) -> list[str]:
    def compare(one: str, other: str) -> int:
        for each in order:
            first, second = (sort_key(each.field, BY_ID[id_][1]) for id_ in (one, other))
            if first == second:
                continue
            if first is None or second is None:
                return 1 if first is None else -1
            return (1 if first > second else -1) * (-1 if each.is_descending else 1)
        (at, state), (where, rival) = BY_ID[one], BY_ID[other]
        if state.started_us != rival.started_us and _is_newest_first(order, state, rival):
            return -1 if state.started_us > rival.started_us else 1
        return -1 if at > where else 1

    return sorted(found, key=cmp_to_key(compare))


def _is_newest_first(order: Sequence[Order], one: RunState, other: RunState) -> bool:
    """Ties of a whole order fall to the later row; without an order the start decides."""
    if not order:
        return True
    is_missing = all(sort_key(order[0].field, each) is None for each in (one, other))
    return len(order) == 1 and is_missing and order[0].field.kind.value != "attributes"


@settings(max_examples=60, deadline=None)
@given(tree=filters())
def test_nothing_that_was_typed_is_in_the_sql(tree):
    def spelled(asked: Filter) -> list[str]:
        return [
            Statement.of(question).text
            for question in (
                matching_ids(asked, lambda of: of.is_not(None)),
                run_table.select().where(compile_filter(asked)),
                run_table.select().where(compile_filter(asked, is_probed=True)),
            )
        ]

    other = spelled(renamed(tree, "zq'; --", 7777.5))
    assert other == spelled(tree)
    assert not any("zq" in text for text in other)
