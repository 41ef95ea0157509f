# SPDX-License-Identifier: Apache-2.0
"""What workers hand over runs on the window's thread, in order, whatever goes wrong between."""

import threading

import pytest
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from strongroom.desktop.kit.window_thread import WindowThread


def test_acts_of_a_worker_run_on_the_windows_thread_in_the_order_they_were_handed_over(
    qtbot: QtBot,
) -> None:
    window_thread, seen = WindowThread.current(), list[tuple[int, bool]]()

    def note(number: int) -> None:
        seen.append((number, threading.current_thread() is threading.main_thread()))

    def work() -> None:
        for number in range(500):
            window_thread.hand_over(lambda number=number: note(number))

    worker = threading.Thread(target=work)
    worker.start()
    qtbot.waitUntil(lambda: len(seen) == 500)
    worker.join()
    assert seen == [(number, True) for number in range(500)]


def test_an_act_that_fails_is_told_and_holds_up_none_behind_it(qtbot: QtBot) -> None:
    window_thread, seen = WindowThread.current(), list[str]()

    def fail() -> None:
        raise ValueError("an act of a test")

    with capture_exceptions() as told:
        window_thread.hand_over(fail)
        window_thread.hand_over(lambda: seen.append("behind it"))
        qtbot.waitUntil(lambda: bool(seen))
    assert [str(each[1]) for each in told] == ["an act of a test"]


def test_there_is_one_way_to_the_windows_thread(qtbot: QtBot) -> None:
    assert WindowThread.current() is WindowThread.current()


@pytest.mark.parametrize("workers", [4])
def test_nothing_is_lost_of_what_many_workers_hand_over_at_once(qtbot: QtBot, workers: int) -> None:
    window_thread, seen = WindowThread.current(), set[tuple[int, int]]()

    def work(worker: int) -> None:
        for number in range(200):
            window_thread.hand_over(lambda number=number: seen.add((worker, number)))

    threads = [threading.Thread(target=work, args=(each,)) for each in range(workers)]
    for each in threads:
        each.start()
    qtbot.waitUntil(lambda: len(seen) == workers * 200)
    for each in threads:
        each.join()
