# SPDX-License-Identifier: Apache-2.0
"""Contracts over a whole store: the catalog says of every run what the run itself says."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from strongroom.domain.clock import FixedClock
from strongroom.domain.contract import judge
from strongroom.domain.query_holds import holds
from strongroom.services.contract_check import ContractCheck
from strongroom.services.runs import Runs, open_runs
from strongroom.store import search
from strongroom.store.contract_breaches import facts_of
from strongroom.store.run_index import RunIndex
from support.contracts import contracts
from support.filters import filters
from support.filters import holds as oracle
from support.random_runs import some_runs

STATES = some_runs(80, seed=11)
SEEN = [state for state in STATES if not state.is_deleted and not state.is_archived]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    opened = open_runs(tmp_path_factory.mktemp("contracts"), FixedClock(1), os.urandom)
    with opened.catalog.begin() as connection:
        RunIndex(connection).put(STATES)
    yield opened
    opened.catalog.close()


@settings(max_examples=60, deadline=None)
@given(filters())
def test_a_filter_says_of_one_run_in_memory_what_it_says_in_a_store(tree):
    assert [holds(tree, facts_of(state)) for state in STATES] == [
        oracle(tree, state) for state in STATES
    ]


@settings(max_examples=60, deadline=None)
@given(contracts())
def test_any_contract_finds_in_the_catalog_who_breaks_it_by_itself(runs, contract):
    alone = [contract]
    for rule in contract.rules:
        tree = runs.models.settled(contract.broken(rule))
        with runs.catalog.read() as connection:
            page = search.search(connection, tree=tree, limit=100)
        found = {run.run_id for run in page.runs}
        expected = {
            state.run_id
            for state in SEEN
            for violation in judge(alone, runs.models.facts(state, alone))
            if violation.rule == rule and not violation.waived
        }
        assert page.total == len(found)
        if not contract.is_retired:
            assert found == expected, rule


@settings(max_examples=25, deadline=None)
@given(contracts())
def test_findings_count_every_run_once(runs, contract):
    found = ContractCheck(runs).findings(contracts=[contract])
    by_run = {
        state.run_id: {f"{each.contract}:{each.rule.about}" for each in broken}
        for state in SEEN
        if (broken := judge([contract], runs.models.facts(state, [contract])))
    }
    assert {each.run.run_id: set(each.breaks | each.waives) for each in found.runs} == by_run
    assert found.broken == len(by_run)
    assert found.held == sum(contract.speaks_for(state.experiment) for state in SEEN)
    for count in found.rules:
        assert count.broken == sum(count.key in keys for keys in by_run.values())
