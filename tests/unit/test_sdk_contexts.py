# SPDX-License-Identifier: Apache-2.0
"""Which run a line of code logs into, with threads, tasks and runs inside runs."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import strongroom as sr
from strongroom.domain.run import RunStatus
from strongroom.journal.reader import read_run
from strongroom.sdk.active_run import ActiveRun
from strongroom.sdk.session import SESSION


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    SESSION.end_all()
    SESSION.orphans.counts.clear()
    yield
    SESSION.end_all()


def _in_threads(*works: Callable[[], Any]) -> list[Any]:
    """Runs works beside each other, all of them alive at once."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(work) for work in works]]


def test_two_threads_with_two_runs_log_into_their_own(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def work(number: int) -> ActiveRun:
        with sr.start_run("threads", name=f"run {number}", store=tmp_path) as run:
            both.wait()
            for step in range(50):
                sr.log_metric("who", number, step)
            both.wait()
        return run

    runs = _in_threads(lambda: work(0), lambda: work(1))
    for number, run in enumerate(runs):
        content = read_run(run.folder)
        assert content.metrics["who"].values.tolist() == [float(number)] * 50
        assert content.header.parent == ""
        assert content.status is RunStatus.FINISHED
    assert sr.active_run() is None


def test_a_helper_thread_logs_into_the_run_of_the_main_thread(tmp_path: Path) -> None:
    with sr.start_run(store=tmp_path) as run:
        _in_threads(lambda: sr.log_metric("helped", 1.0))
    assert read_run(run.folder).metrics["helped"].values.tolist() == [1.0]


def test_runs_that_threads_begin_nest_in_that_of_the_main_thread(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def work() -> ActiveRun:
        with sr.start_run(store=tmp_path) as run:
            both.wait()
            return run

    with sr.start_run(store=tmp_path) as study:
        children = _in_threads(work, work)
        assert sr.active_run() is study
    assert {read_run(child.folder).header.parent for child in children} == {study.run_id}


def test_nothing_is_guessed_where_runs_of_threads_stand_beside_each_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun, told = threading.Barrier(3), threading.Barrier(3)

    def work() -> ActiveRun:
        with sr.start_run(store=tmp_path) as run:
            begun.wait()
            told.wait()
        return run

    def stranger() -> None:
        begun.wait()
        sr.log_metric("whose", 1.0)
        told.wait()

    first, second, _ = _in_threads(work, work, stranger)
    assert SESSION.orphans.counts == {"which-run": 1}
    assert "several runs are active" in caplog.text
    assert not read_run(first.folder).metrics
    assert not read_run(second.folder).metrics


def test_tasks_have_runs_of_their_own_that_go_on_into_tasks_they_start(tmp_path: Path) -> None:
    async def inner(value: float) -> None:
        await asyncio.sleep(0)
        sr.log_metric("inner", value)

    async def trial(value: float) -> ActiveRun:
        with sr.start_run(store=tmp_path) as run:
            await asyncio.sleep(0)
            sr.log_metric("value", value)
            await asyncio.create_task(inner(value))
        return run

    async def study() -> list[ActiveRun]:
        with sr.start_run(store=tmp_path):
            return await asyncio.gather(*(trial(float(each)) for each in range(5)))

    for value, run in enumerate(asyncio.run(study())):
        content = read_run(run.folder)
        assert content.metrics["value"].values.tolist() == [value]
        assert content.metrics["inner"].values.tolist() == [value]


def test_a_cancelled_task_leaves_a_killed_run(tmp_path: Path) -> None:
    async def trial() -> None:
        with sr.start_run(store=tmp_path):
            await asyncio.sleep(60)

    async def study() -> None:
        task = asyncio.create_task(trial())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(study())
    (folder,) = (tmp_path / "runs").glob("*/*")
    assert read_run(folder).status is RunStatus.KILLED


def test_a_run_that_ends_gives_way_to_the_one_around_it_wherever_it_ends(tmp_path: Path) -> None:
    outer = sr.start_run(store=tmp_path)
    inner = sr.start_run(store=tmp_path)
    _in_threads(inner.end)
    assert sr.active_run() is outer
    sr.log_metric("back", 1.0)
    assert "back" in read_run(outer.folder).metrics
    outer.end()
    assert sr.active_run() is None


def test_runs_that_end_out_of_order_leave_the_one_that_lives(tmp_path: Path) -> None:
    outer = sr.start_run(store=tmp_path)
    inner = sr.start_run(store=tmp_path)
    outer.end()
    assert sr.active_run() is inner
    inner.end()
    assert sr.active_run() is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_of_an_exception_leaves_a_failed_run(tmp_path: Path) -> None:
    def work() -> None:
        sr.start_run(store=tmp_path)
        raise ValueError("in a thread")

    before = threading.excepthook  # pytest puts its own there for each test
    SESSION._endings._watch_exceptions()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    threading.excepthook = before
    (folder,) = (tmp_path / "runs").glob("*/*")
    assert read_run(folder).status is RunStatus.FAILED


def test_a_tracked_function_is_a_run_with_its_arguments_and_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRONGROOM_STORE", str(tmp_path))

    @sr.track(experiment="tracked")
    def train(data: object, lr: float = 0.1, **rest: object) -> dict[str, object]:
        """Says what it does."""
        sr.log_metric("inside", 1.0)
        return {"loss": 0.5, "name": "x", "is_done": True}

    assert train.__doc__ == "Says what it does."
    assert train([[1]] * 3, depth=3, words="x" * 2000)["loss"] == 0.5
    (folder,) = (tmp_path / "runs").glob("*/*")
    content = read_run(folder)
    assert content.header.name == "train"
    assert content.header.experiment == "tracked"
    assert content.params == {
        "data": "<list of 3>", "lr": "0.1", "depth": "3", "words": "<str of 2,000>",
    }  # fmt: skip
    assert {key: each.values.tolist() for key, each in content.metrics.items()} == {
        "inside": [1.0], "loss": [0.5],
    }  # fmt: skip
    assert content.status is RunStatus.FINISHED


def test_a_tracked_function_raises_what_it_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRONGROOM_STORE", str(tmp_path))

    @sr.track
    def train(rate: float) -> None:
        raise ZeroDivisionError(rate)

    with pytest.raises(ZeroDivisionError):
        train(0.5)
    with pytest.raises(TypeError, match="missing 1 required"):
        train()  # type: ignore[call-arg]
    statuses = [read_run(folder).status for folder in (tmp_path / "runs").glob("*/*")]
    assert statuses == [RunStatus.FAILED, RunStatus.FAILED]


def test_tracked_coroutines_generators_and_methods_are_runs_while_they_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRONGROOM_STORE", str(tmp_path))

    class Trainer:
        @sr.track
        def fit(self, epochs: int) -> int:
            return epochs

    @sr.track
    async def later(value: int) -> dict[str, int]:
        await asyncio.sleep(0)
        return {"value": value}

    @sr.track
    def epochs(count: int) -> Iterator[int]:
        for epoch in range(count):
            sr.log_metric("epoch", epoch, epoch)
            yield epoch

    assert Trainer().fit(3) == 3
    assert asyncio.run(later(7)) == {"value": 7}
    assert list(epochs(3)) == [0, 1, 2]
    found = {}
    for folder in (tmp_path / "runs").glob("*/*"):
        content = read_run(folder)
        assert content.status is RunStatus.FINISHED
        found[content.header.name] = (
            content.params,
            {key: each.values.tolist() for key, each in content.metrics.items()},
        )
    assert found == {
        "fit": ({"epochs": "3"}, {"result": [3.0]}),
        "later": ({"value": "7"}, {"value": [7.0]}),
        "epochs": ({"count": "3"}, {"epoch": [0.0, 1.0, 2.0]}),
    }
