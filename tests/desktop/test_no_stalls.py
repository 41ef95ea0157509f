# SPDX-License-Identifier: Apache-2.0
"""A tour through the window of a big store: the event loop never stands still for 100 ms."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from PySide6.QtWidgets import QApplication

from strongroom.desktop.shell.desk import Desk
from support.big_store import Shape, build_store
from support.tour import live, live_until_idle, stops
from support.watchdog import LIMIT_MS, Watchdog

SHAPE = Shape(runs=1_200, long_runs=3, long_points=100_000, live_runs=1)
FILTER = "metrics.`val/auc` > 0.3 AND params.optimizer IN ('adam', 'lion')"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tour") / "store"
    build_store(folder, SHAPE)
    return folder


@pytest.fixture
def desk(app: QApplication, store: Path, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(app, store, tmp_path / "home")
    yield made
    made.close()


def test_a_tour_of_a_big_store_never_holds_the_window(desk: Desk) -> None:
    with Watchdog() as dog:
        dog.during = "opening the window"
        window = desk.open()
        assert desk.tasks is not None
        live_until_idle(desk.tasks)
        opening = len(dog.stalls)
        done = []
        for name, act in stops(window, filter_=FILTER, group_by="optimizer"):
            _do(dog, desk, name, act)
            if any(each.during == name for each in dog.over()):  # the machine, or the window?
                dog.stalls[:] = [each for each in dog.stalls if each.during != name]
                _do(dog, desk, name, act)
            done.append(name)
    assert len(done) > 50
    slow = [each for each in dog.over() if each in dog.stalls[opening:]]
    said = "\n\n".join(map(str, slow))
    assert not slow, f"{len(slow)} stalls over {LIMIT_MS:.0f} ms\n{said}"


def _do(dog: Watchdog, desk: Desk, name: str, act: object) -> None:
    dog.during = name
    act()  # type: ignore[operator]  # a stop's deed
    assert desk.tasks is not None
    live_until_idle(desk.tasks)


def test_the_watchdog_sees_computing_and_waiting_and_says_where(app: QApplication) -> None:
    def compute() -> None:
        end = time.thread_time() + 0.2
        while time.thread_time() < end:
            pass

    with Watchdog() as dog:
        live(60)
        assert dog.over() == []
        dog.during = "computing"
        compute()
        live(30)
        dog.during = "waiting"
        time.sleep(0.6)
        live(30)
    found = {each.during: each for each in dog.over()}
    assert found["computing"].cpu_ms >= 200
    assert "in compute" in str(found["computing"])
    assert found["waiting"].cpu_ms < 100
    assert "in test_the_watchdog_sees" in str(found["waiting"])
