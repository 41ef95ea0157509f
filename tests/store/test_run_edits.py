# SPDX-License-Identifier: Apache-2.0
"""Many runs are labelled, hidden, archived and moved in one go; the folder remembers it."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import BadInput, Cancelled
from strongroom.domain.run import Run
from strongroom.services.runs import Runs, open_runs
from support.runs_on_disk import START_US, random_bytes, run_id, write_run

LATER = START_US + 10**12


def opened(root: Path) -> Runs:
    runs = open_runs(root, FixedClock(LATER), random_bytes)
    runs.refresh()
    return runs


def every(runs: Runs) -> dict[str, Run]:
    pages = (runs.search(), runs.search(is_deleted=True), runs.search(is_archived=True))
    return {run.name: run for page in pages for run in page.runs}


@pytest.fixture
def runs(tmp_path: Path):
    for number in range(1, 6):
        write_run(tmp_path, number, metrics={"acc": [number / 10]}, tags={"a": "old"})
    found = opened(tmp_path)
    yield found
    found.catalog.close()


def names(runs: Runs, **scope: bool) -> set[str]:
    page = runs.search(**scope)
    assert page.total == len(page.runs)
    return {run.name for run in page.runs}


def test_archived_runs_are_hidden_and_found_by_asking(runs):
    outcome = runs.edits.archive(["run 1", "run 2"])
    assert outcome.changes.runs == {run_id(1), run_id(2)}
    assert names(runs) == {"run 3", "run 4", "run 5"}
    assert names(runs, is_archived=True) == {"run 1", "run 2"}
    assert {run.name for run in runs.search("metrics.acc < 0.15", is_archived=True).runs} == {
        "run 1"
    }
    assert runs.search("metrics.acc < 0.15").total == 0
    runs.edits.delete(["run 1"])
    assert names(runs, is_archived=True) == {"run 2"}
    assert names(runs, is_deleted=True) == {"run 1"}
    runs.edits.restore(["run 1"])
    assert names(runs, is_archived=True) == {"run 1", "run 2"}
    assert runs.edits.unarchive(["run 1", "run 2"]).whole().runs
    assert names(runs) == {f"run {n}" for n in range(1, 6)}


def test_a_moved_run_is_in_its_new_experiment_and_no_longer_in_the_old(runs):
    assert runs.edits.move(["run 1"], "kept/apart").changes.runs == {run_id(1)}
    assert [run.name for run in runs.search(experiment="kept/apart").runs] == ["run 1"]
    assert runs.search("experiment = 'kept/apart'").total == 1
    assert runs.search(experiment="iris").total == 4
    assert runs.show("run 1").run.experiment == "kept/apart"
    runs.edits.delete(["run 2"])  # of the other experiment
    for limit in (0, 100):
        assert runs.search(experiment="kept/apart", limit=limit).total == 1
        assert runs.search(experiment="iris", limit=limit).total == 3
        assert runs.search(experiment="kept/apart", limit=limit, is_deleted=True).total == 0
    runs.edits.restore(["run 2"])
    assert {each.field.key: each.run_count for each in runs.columns("kept/apart")} == {
        "a": 1,
        "acc": 1,
    }


def test_moves_and_archiving_survive_a_rebuild_and_travel_with_the_folder(runs, tmp_path):
    runs.edits.move(["run 1", "run 2"], "moved")
    runs.edits.archive(["run 2"])
    before = every(runs)
    with runs.rebuilding():
        pass
    assert every(runs) == before
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "runs", other / "runs")
    there = opened(other)
    assert every(there) == before
    there.catalog.close()


def test_what_was_moved_before_sealing_stays_so_after_it(tmp_path):
    write_run(tmp_path, 1, metrics={"acc": [0.5]}, status="")
    journal = next((tmp_path / "runs").rglob("w-*.srj"))
    os.utime(journal, (LATER / 1e6, LATER / 1e6))  # a process that may still be writing
    runs = opened(tmp_path)
    (run,) = runs.search().runs
    assert not run.is_sealed
    runs.edits.move([run.run_id], "moved")
    runs.edits.archive([run.run_id])
    os.utime(journal, (START_US / 1e6, START_US / 1e6))
    runs.close(run.run_id)
    (found,) = runs.search(is_archived=True).runs
    assert (found.is_sealed, found.is_archived, found.experiment) == (True, True, "moved")
    assert not list((tmp_path / "runs").rglob("*.srj"))
    with runs.rebuilding():
        pass
    assert runs.search(is_archived=True).runs == (found,)
    runs.edits.unarchive([run.run_id])
    runs.edits.move([run.run_id], "iris")
    assert runs.search(experiment="iris").runs[0].run_id == run.run_id
    runs.catalog.close()


def test_one_run_that_cannot_be_changed_does_not_lose_the_others(runs, tmp_path):
    shutil.rmtree(tmp_path / "runs" / "2023-11" / run_id(3))
    outcome = runs.edits.tag(["run 1", "nobody", "run 3", "run 2", "run 1"], "a", "new")
    assert set(outcome.done) == {run_id(1), run_id(2)}
    assert [(each.reference, each.error.code) for each in outcome.failures] == [
        ("nobody", "E-RUN"),
        ("run 3", "E-STORE"),
    ]
    tags = {name: run.tags["a"] for name, run in every(runs).items()}
    assert (tags["run 1"], tags["run 2"], tags["run 4"]) == ("new", "new", "old")
    with pytest.raises(BadInput):
        outcome.whole()


def test_what_is_already_as_asked_is_not_written_again(runs, tmp_path):
    runs.edits.move(["run 1"], "iris")
    runs.edits.tag(["run 1"], "a", "old")
    runs.edits.restore(["run 1"])
    outcome = runs.edits.unarchive(["run 1"])
    assert outcome.done == (run_id(1),)
    assert not outcome.changes
    assert not list((tmp_path / "runs").rglob("edit-*"))


class Patience:
    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.seen: list[tuple[int, int, str]] = []

    def step(self, done: int, total: int, what: str = "") -> None:
        self.seen.append((done, total, what))
        if done >= self.steps:
            raise Cancelled


def test_a_cancelled_edit_keeps_what_was_done_and_says_what_is_left(runs):
    patience = Patience(2)
    outcome = runs.edits.delete([f"run {n}" for n in range(1, 6)], patience)
    assert outcome.done == (run_id(1), run_id(2))
    assert outcome.left == ("run 3", "run 4", "run 5")
    assert names(runs, is_deleted=True) == {"run 1", "run 2"}
    assert patience.seen[0] == (0, 5, "Deleting runs")
    with pytest.raises(Cancelled):
        outcome.whole()


def test_undo_makes_every_run_what_it_was(runs):
    runs.edits.tag(["run 1"], "mood", "fine")
    before = every(runs)
    everybody = [run.run_id for run in before.values()]
    for edit in (
        lambda: runs.edits.tag(everybody, "mood", "new"),
        lambda: runs.edits.tag(everybody, "a", None),
        lambda: runs.edits.delete(everybody),
        lambda: runs.edits.archive(everybody),
        lambda: runs.edits.move(everybody, "elsewhere"),
    ):
        outcome = edit()
        after = every(runs)
        assert after != before
        undone = runs.edits.undo(outcome)
        assert every(runs) == before
        runs.edits.undo(undone)  # which is to do it again
        assert every(runs) == after
        runs.edits.undo(outcome)


@pytest.mark.parametrize("name", ["", "x" * 2_000, "half \ud800"])
def test_a_name_no_experiment_can_have_is_refused_before_any_run_is_touched(runs, name):
    with pytest.raises(BadInput):
        runs.edits.move(["run 1"], name)
    assert runs.search(experiment="iris").total == 5


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["tag", "untag", "delete", "restore", "archive", "unarchive", "move"]),
        st.sets(st.integers(1, 3), min_size=1),
        st.sampled_from(["x", "y", "iris"]),
    ),
    max_size=6,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_whatever_people_do_the_folders_say_the_same_as_the_catalog(tmp_path_factory, acts):
    root = tmp_path_factory.mktemp("edits")
    for number in range(1, 4):
        write_run(root, number, metrics={"acc": [0.5]}, params={"p": number})
    runs = opened(root)
    expected = {
        f"run {n}": {"experiment": "iris", "deleted": False, "archived": False, "tag": None}
        for n in range(1, 4)
    }
    for verb, numbers, word in acts:
        references = [f"run {n}" for n in sorted(numbers)]
        if verb in {"tag", "untag"}:
            value = word if verb == "tag" else None
            runs.edits.tag(references, "t", value)
            change = {"tag": value}
        elif verb == "move":
            runs.edits.move(references, word)
            change = {"experiment": word}
        else:
            getattr(runs.edits, verb)(references)
            state = "deleted" if verb in {"delete", "restore"} else "archived"
            change = {state: verb in {"delete", "archive"}}
        for reference in references:
            expected[reference] |= change
    here = every(runs)
    for name, run in here.items():
        assert {
            "experiment": run.experiment,
            "deleted": run.is_deleted,
            "archived": run.is_archived,
            "tag": run.tags.get("t"),
        } == expected[name]
    columns = runs.columns()
    with runs.rebuilding():
        pass
    assert every(runs) == here
    assert runs.columns() == columns
    runs.catalog.close()
