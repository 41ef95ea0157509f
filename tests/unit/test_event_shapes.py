# SPDX-License-Identifier: Apache-2.0
"""Events: the frame that decides admission, the body that decides effect."""

from dataclasses import replace
from typing import Any

import pytest

from strongroom.domain.event import BODIES, Event, is_well_formed, parse_event, subject_of
from support.team_builder import Team, Writer, a_team, tree_of


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def alice(team: Team) -> Writer:
    return team.enrol("Alice", "analyst")


@pytest.fixture
def request_(alice: Writer) -> Event:
    return alice.requests(alice.registers("churn", 1), "Production")


def test_an_event_survives_its_own_spelling(request_: Event):
    assert parse_event(request_.to_statement(), request_.id) == request_
    assert is_well_formed(request_)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 0}, {"seq": True}, {"seq": "1"}, {"seen": []}, {"seen": {"w": [1]}},
        {"seen": {"w": [-1, "x"]}}, {"trust": {"version": 1}}, {"trust": 1}, {"body": []},
        {"time": 5}, {"extra": ""}, {"trust": {"version": 1, "id": "x", "more": 1}},
    ],
)  # fmt: skip
def test_another_frame_is_no_event(request_: Event, change: dict[str, Any]):
    statement = request_.to_statement()
    statement["predicate"] = {**statement["predicate"], **change}
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse_event(statement, request_.id)


@pytest.mark.parametrize("key", sorted(BODIES["stage.request"]))
def test_every_key_of_a_body_is_needed(request_: Event, key: str):
    body = {k: v for k, v in request_.body.items() if k != key}
    assert not is_well_formed(replace(request_, body=body))
    assert not is_well_formed(replace(request_, body={**request_.body, key: None}))
    assert not is_well_formed(replace(request_, body={**request_.body, "more": ""}))


@pytest.mark.parametrize(
    "change",
    [
        {"parents": ["b" * 64, "a" * 64]}, {"parents": ["a" * 64] * 2}, {"parents": ["A" * 64]},
        {"version": -1}, {"version": True}, {"tree": "x"}, {"evidence": [{"kind": "eval"}]},
        {"retires": [{"version": 1, "tree": "a" * 64, "to": "Archived", "more": 1}]},
        {"gates": ["auc"]}, {"policy": ""},
    ],
)  # fmt: skip
def test_another_kind_of_value_is_no_request(request_: Event, change: dict[str, Any]):
    assert not is_well_formed(replace(request_, body={**request_.body, **change}))


def test_the_subject_must_name_what_the_body_is_about(request_: Event, team: Team):
    assert not is_well_formed(replace(request_, subject_name="churn/2"))
    assert not is_well_formed(replace(request_, subject_digest=tree_of("another")))
    assert not is_well_formed(replace(request_, subject_name="team", subject_digest=team.id))


def test_subjects_are_versions_runs_or_the_team(team: Team):
    tree = "a" * 64
    version = {"model": "churn", "version": 2, "tree": tree}
    assert subject_of("version.register", version, team.id) == ("churn/2", tree)
    run = {"run": "r1", "tree": "", "sealed": "b" * 64}
    assert subject_of("run.finish", run, team.id) == ("run/r1", "b" * 64)
    removal = {"model": "churn", "alias": "x", "version": 0, "tree": ""}
    assert subject_of("alias.set", removal, team.id) == ("team", team.id)
