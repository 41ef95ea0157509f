# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments of logging, keeping files, discovery, sealing and rebuilding.

After each, ``strongroom verify`` finds nothing wrong, whatever a call had returned for is there,
nothing is there twice, and at most the torn end of a journal was dropped, which is said.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.bootstrap import Services, open_services
from support.catalog_dump import dump
from support.catalog_rows import differences
from support.forked_work import Ended, Piece, Workers, point, workers
from support.runs_on_disk import write_run

ROUNDS = [pytest.param(2, id="some"), pytest.param(40, id="forty", marks=pytest.mark.slow)]
TRIES = 10  # for each death that counts: on a busy machine work may be over, or not have begun
RUNS, POINTS = 16, 1_500  # what there is to take in for a process that is killed at it
LOGGING = 2.5  # so many times as long as one run takes is the span that a death is drawn from


@pytest.fixture(scope="module")
def crew() -> Iterator[Workers]:
    with workers() as found:
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def services(store: Path) -> Iterator[Services]:
    opened = open_services(store, store.with_name("home"))
    yield opened
    opened.close()


def is_said(services: Services, ended: Ended) -> None:
    """Holds what a killed process had said against what the store says now."""
    services.runs.refresh()
    for run, key in ended.said("points"):
        series = services.runs.history(run, key)
        assert len(series) >= int(ended.facts["points", run, key])
        assert series.steps.tolist() == list(range(len(series))), "a point is missing or doubled"
        assert series.values.tolist() == [point(step) for step in range(len(series))]
    for kind, attribute in (("param", "params"), ("tag", "tags")):
        for (run, key), value in ended.said(kind).items():
            assert getattr(services.runs.show(run).run, attribute)[key] == value
    for (run, path), sha256 in ended.said("artifact").items():
        kept = {file.path: file.sha256 for file in services.runs.show(run).artifacts}
        assert kept[path] == sha256
    for (run, _), status in ended.said("end").items():
        assert services.runs.show(run).run.status == status
    for run, _ in ended.said("run"):
        told = services.runs.show(run).warnings
        assert all(each.startswith("W-TORN") for each in told), told


def is_rebuilt_the_same(services: Services) -> None:
    before = dump(services.runs.catalog)
    services.integrity.rebuild()
    assert differences(before, dump(services.runs.catalog)) == []


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("work", ["log", "keep"])
def test_a_process_killed_while_it_logs_loses_nothing_that_had_returned(
    crew: Workers, store: Path, services: Services, work: str, rounds: int
) -> None:
    chance, deaths = random.Random(work), 0
    (whole,) = crew.do(Piece(work=work, store=store, seed=rounds, seconds=0))
    assert whole.error == ""
    is_said(services, whole)
    for number in range(TRIES * rounds):
        piece = Piece(work=work, store=store, seed=number)
        (ended,) = crew.do(piece, kill_after=chance.uniform(0, LOGGING * whole.seconds))
        assert ended.error == ""
        crew.verify(store)
        is_said(services, ended)
        deaths += ended.was_killed and bool(ended.facts)
        if deaths == rounds:
            break
    is_rebuilt_the_same(services)
    assert deaths == rounds, "killed before it had said anything, nothing was tested"


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("work", ["discover", "take_in", "rebuild"])
def test_a_process_killed_while_it_takes_runs_in_leaves_old_or_new(
    crew: Workers, store: Path, services: Services, work: str, rounds: int
) -> None:
    chance, deaths, numbers = random.Random(work), 0, iter(range(1, 1 << 20))
    values = [point(step) for step in range(POINTS)]

    def more() -> list[str]:
        made = [
            write_run(store, next(numbers), metrics={"loss": values, "other": values[:9]},
                      params={"lr": 0.1}, artifacts={"a.txt": b"a" * 999})
            for _ in range(RUNS)
        ]  # fmt: skip
        return [folder.name for folder in made]

    more()
    (whole,) = crew.do(Piece(work=work, store=store))
    assert (whole.error, len(whole.said("run"))) == ("", RUNS)
    for number in range(TRIES * rounds):
        new = more()
        after = chance.uniform(0, 0.8 * whole.seconds)
        (ended,) = crew.do(Piece(work=work, store=store, seed=number), kill_after=after)
        assert ended.error == ""
        deaths += ended.was_killed
        crew.verify(store)
        for run in chance.sample(new, 6):
            for key, logged in (("loss", values), ("other", values[:9])):
                assert services.runs.history(run, key).values.tolist() == logged
            assert services.runs.show(run).warnings == ()
            assert services.runs.show(run).run.is_sealed
        if deaths == rounds:
            break
    is_rebuilt_the_same(services)
    assert deaths == rounds, "the others were quicker than death"
