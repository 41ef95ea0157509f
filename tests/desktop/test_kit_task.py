# SPDX-License-Identifier: Apache-2.0
"""Jobs: one outcome, on the window's thread; the latest question wins; nothing is left behind."""

import gc
import threading
import time
import weakref
from functools import partial

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.errors import Cancelled, EnvironmentFault, Refused, Untrusted
from strongroom.domain.progress import Progress


def _given(held: object, _progress: Progress) -> object:
    return held


def _wait_for_cancel(progress: Progress) -> str:
    for step in range(2_000):
        progress.step(step, 2_000)
        time.sleep(0.002)
    return "never"


def test_an_answer_arrives_on_the_thread_of_the_window(tasks: Tasks) -> None:
    seen: list[object] = []
    tasks.ask(
        "a", "A", lambda _: threading.get_ident(),
        lambda worker: seen.extend((worker, threading.get_ident())),
    )  # fmt: skip
    assert tasks.wait_idle()
    assert seen[0] != threading.get_ident()
    assert seen[1] == threading.get_ident()


def test_a_job_begins_when_the_turn_that_asked_for_it_is_painted(
    tasks: Tasks, qtbot: QtBot
) -> None:
    order: list[str] = []

    class Painted(QLabel):
        def paintEvent(self, event: QPaintEvent) -> None:
            order.append("painted")
            super().paintEvent(event)

    label = Painted("before")
    qtbot.addWidget(label)
    label.show()
    qtbot.waitUntil(lambda: bool(order))
    order.clear()
    label.setText("being asked for")
    tasks.ask("a", "A", lambda _: order.append("begun"), lambda _: None)
    time.sleep(0.03)  # a worker that had begun would have said so by now
    assert order == []
    assert tasks.wait_idle()
    assert order == ["painted", "begun"]


def test_the_latest_question_wins(tasks: Tasks) -> None:
    answers: list[str] = []
    tasks.ask("search", "Old", _wait_for_cancel, answers.append)
    tasks.ask("search", "New", lambda _: "new", answers.append)
    assert [state.name for state in tasks.running()] == ["New"]
    assert tasks.wait_idle()
    assert answers == ["new"]


def test_a_cancelled_job_says_nothing_and_stops(tasks: Tasks) -> None:
    answers: list[str] = []
    faults: list[object] = []
    tasks.failed.connect(lambda *told: faults.append(told))
    tasks.ask("long", "Long", _wait_for_cancel, answers.append)
    tasks.cancel("long")
    assert tasks.running() == ()
    assert tasks.wait_idle()
    assert answers == [] == faults


def test_changes_run_one_after_the_other(tasks: Tasks) -> None:
    order: list[str] = []

    def work(name: str) -> str:
        order.append(f"{name} starts")
        time.sleep(0.02)
        order.append(f"{name} ends")
        return name

    tasks.change("one", "One", lambda _: work("one"), lambda _: None)
    tasks.change("two", "Two", lambda _: work("two"), lambda _: None)
    assert tasks.wait_idle()
    assert order == ["one starts", "one ends", "two starts", "two ends"]


def test_a_failure_carries_its_exception_and_a_retry(tasks: Tasks) -> None:
    told: list[tuple[BaseException, str, object]] = []
    tasks.failed.connect(lambda *args: told.append(args))

    def work(_: Progress) -> None:
        raise EnvironmentFault("E-GONE", "The share is gone")

    tasks.ask("read", "Reading", work, lambda _: None)
    assert tasks.wait_idle()
    fault, name, retry = told[0]
    assert isinstance(fault, EnvironmentFault)
    assert name == "Reading"
    assert callable(retry)


def test_an_answer_for_a_widget_that_is_gone_is_dropped(tasks: Tasks, qtbot: QtBot) -> None:
    answers: list[int] = []
    owner = QObject()
    tasks.ask("x", "X", lambda _: 1, answers.append, owner=owner)
    shiboken6.delete(owner)  # at once: deleteLater would race with the answer
    assert tasks.wait_idle()
    assert answers == []


def test_progress_is_told_at_most_ten_times_a_second(tasks: Tasks) -> None:
    told: list[int] = []
    tasks.changed.connect(lambda: told.extend(state.done for state in tasks.running()))

    def work(progress: Progress) -> None:
        for step in range(300):
            progress.step(step, 300)
            time.sleep(0.001)

    tasks.ask("count", "Counting", work, lambda _: None)
    assert tasks.wait_idle()
    assert 1 <= len(told) <= 20


def test_closing_leaves_no_job(tasks: Tasks) -> None:
    for key in "abcdef":
        tasks.ask(key, key, _wait_for_cancel, lambda _: None)
    assert tasks.close()
    assert tasks.running() == ()
    tasks.ask("late", "late", lambda _progress: 1, lambda _: None)
    assert tasks.running() == ()


@pytest.fixture
def page(app: QApplication, qtbot: QtBot) -> Page:
    made = Page(None, QLabel("body"))
    qtbot.addWidget(made)
    return made


def test_a_fault_is_a_bar_in_the_page_with_retry(page: Page) -> None:
    again: list[int] = []
    fault = EnvironmentFault("E-GONE", "The <b>share</b> is gone", "Plug it in.")
    bar = errors.show(fault, page, lambda: again.append(1))
    assert isinstance(bar, Banner)
    assert bar.title() == "The <b>share</b> is gone"
    bar.acted.emit()
    assert again == [1]


def test_a_refusal_is_a_bar_without_retry(page: Page) -> None:
    again: list[int] = []
    bar = errors.show(Refused("E-OWN", "You asked for this"), page, lambda: again.append(1))
    assert isinstance(bar, Banner)
    bar.acted.emit()
    assert again == []


def test_evidence_that_does_not_hold_asks_a_person(page: Page) -> None:
    shown = errors.show(Untrusted("E-HASH", "Another digest", "Ask again."), page)
    assert isinstance(shown, Dialog)
    assert shown.isVisible()
    shown.close()


def test_a_cancel_is_silent(page: Page) -> None:
    assert errors.show(Cancelled(), page) is None


def test_a_bug_offers_a_report(page: Page) -> None:
    shown = errors.show(ZeroDivisionError("division by zero"), page)
    assert isinstance(shown, errors.CrashDialog)
    shown.copy_report()
    assert "division by zero" in QApplication.clipboard().text()
    shown.close()


def test_answers_that_come_together_are_delivered_over_several_turns(
    tasks: Tasks, qtbot: QtBot
) -> None:
    came: list[tuple[int, int]] = []
    turns = [0]
    beat = QTimer()
    beat.setInterval(0)
    beat.timeout.connect(lambda: turns.__setitem__(0, turns[0] + 1))

    def take(number: int, _answer: None) -> None:
        came.append((number, turns[0]))
        end = time.thread_time() + 0.03  # lays out a page
        while time.thread_time() < end:
            pass

    for number in range(4):
        tasks.ask(f"x.{number}", "Reading", lambda _: None, partial(take, number))
    tasks._questions.waitForDone(5_000)  # all four have ended before the window hears of one
    beat.start()
    qtbot.waitUntil(lambda: len(came) == 4)
    beat.stop()
    assert sorted(number for number, _ in came) == [0, 1, 2, 3]
    assert len({turn for _, turn in came}) == 4
    assert tasks.running() == ()


def test_a_place_that_hangs_holds_up_neither_questions_nor_changes_nor_another_place(
    tasks: Tasks, qtbot: QtBot
) -> None:
    thawed, answers = threading.Event(), list[str]()

    def hang(_progress: Progress) -> str:
        thawed.wait(20)
        return "share"

    for number in range(6):  # more than there are workers for questions
        tasks.ask(f"look {number}", "Looking", hang, answers.append, lane="share")
    tasks.change("push", "Pushing", hang, answers.append, lane="share")
    tasks.ask("read", "Reading", lambda _: "disk", answers.append)
    tasks.change("sign", "Signing", lambda _: "signed", answers.append)
    tasks.ask("stick", "Looking", lambda _: "stick", answers.append, lane="stick")
    qtbot.waitUntil(lambda: sorted(answers) == ["disk", "signed", "stick"])
    qtbot.waitUntil(lambda: (tasks.silent_s("look 0") or 0) > 0.02)
    assert (tasks.silent_s("look 1") or 0) > 0.02, "what waits there hears nothing either"
    tasks.cancel("look 0")
    assert tasks.lane_silent_s("share") > 0.02, "a cancelled job that has not come back counts"
    assert tasks.lane_silent_s("stick") == 0
    thawed.set()
    assert tasks.wait_idle()
    assert answers.count("share") == 6
    assert tasks.lane_silent_s("share") == 0


def test_closing_does_not_wait_for_a_place_that_hangs(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("strongroom.desktop.kit.task.SILENT_AT_CLOSE_S", 0.05)
    thawed, ended, answers = threading.Event(), threading.Event(), list[bool]()

    def hang(progress: Progress) -> bool:
        thawed.wait(20)
        ended.set()
        progress.step(1, 1)
        return True

    tasks.change("push", "Pushing", hang, answers.append, lane="share")
    tasks.change("next", "Pushing", hang, answers.append, lane="share")
    qtbot.waitUntil(lambda: (tasks.silent_s("push") or 0) > 0.1)
    assert not tasks.close(), "it says that something did not hear"
    thawed.set()
    assert ended.wait(5)
    QApplication.processEvents()
    assert answers == []


def test_what_is_cancelled_while_its_lane_hangs_is_forgotten_at_once(
    tasks: Tasks, qtbot: QtBot
) -> None:
    """A page that looks again every while would else leave a question each time, for ever."""

    class Held:
        pass

    thawed, begun = threading.Event(), threading.Event()

    def hang(_progress: Progress) -> None:
        begun.set()
        thawed.wait(20)

    tasks.ask("first", "Looking", hang, lambda _: None, lane="share")
    qtbot.waitUntil(begun.is_set)
    kept, answers = list[weakref.ref[Held]](), list[object]()
    for _ in range(5):
        held = Held()
        kept.append(weakref.ref(held))
        work = partial(_given, held)
        tasks.ask("look", "Looking", work, answers.append, lane="share")
        del held, work
        QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert [each() is None for each in kept] == [True] * 4 + [False], "the last is asked"
    tasks.cancel("look")
    assert [state.key for state in tasks.running()] == ["first"]
    thawed.set()
    assert tasks.wait_idle()
    assert answers == []


def test_who_stopped_a_change_hears_when_it_has_come_to_rest(tasks: Tasks, qtbot: QtBot) -> None:
    thawed, begun, heard = threading.Event(), threading.Event(), list[str]()

    def hang(_progress: Progress) -> None:
        begun.set()
        thawed.wait(20)

    tasks.change(
        "push", "Pushing", hang, lambda _: heard.append("done"), lane="share",
        stopped=lambda: heard.append("stopped"), ended=lambda: heard.append("ended"),
    )  # fmt: skip
    qtbot.waitUntil(begun.is_set)
    tasks.cancel("push")
    QApplication.processEvents()
    assert heard == []
    thawed.set()
    assert tasks.wait_idle()
    assert heard == ["ended", "stopped"]
