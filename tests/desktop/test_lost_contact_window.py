# SPDX-License-Identifier: Apache-2.0
"""Runs whose process was killed, in the window: told, resumed by what is copied, closed in bulk."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.lost_dialogs import CloseDialog, ResumeDialog
from strongroom.desktop.runs.page import RunsPage
from strongroom.domain.clock import SystemClock
from strongroom.domain.run import RunStatus
from support.accessibility import nameless
from support.lost_runs import killed
from support.runs_page import services_of
from support.settling import settle


@pytest.fixture(scope="module")
def lost_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("lost") / "store"
    killed(store, "one", "two", "three")
    return store


@pytest.fixture
def page(
    app: QApplication, tasks: Tasks, qtbot: QtBot, lost_store: Path, tmp_path: Path
) -> Iterator[RunsPage]:
    store = tmp_path / "store"
    shutil.copytree(lost_store, store)
    services = services_of(store, SystemClock())
    services.runs.refresh()
    page = RunsPage(services, tasks, Session())
    qtbot.addWidget(page)
    page.resize(1200, 860)
    page.show()
    qtbot.waitExposed(page)
    settle(tasks)
    yield page
    settle(tasks)
    page.hide()
    tasks.wait_idle(3_000)
    services.runs.catalog.close()


def ids(page: RunsPage) -> dict[str, str]:
    return {run.name: run.run_id for run in page._services.runs.search().runs}


def opened(page: RunsPage, kind: type[Dialog]) -> Dialog:
    return next(each for each in page.findChildren(kind) if each.isVisible())


def press(qtbot: QtBot, root: QWidget, words: str) -> None:
    (button,) = [
        each for each in root.findChildren(Button) if each.text() == words and each.isVisible()
    ]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def command(page: RunsPage, id_: str, selection: tuple[str, ...]) -> str:
    """Returns why a command cannot be given, "" if it can."""
    (found,) = [each for each in page.commands() if each.id == id_]
    state = WindowState(page="runs", selection=selection, has_store=True)
    reason = found.enabled(state)
    return reason.text if reason is not None else ""


def test_a_lost_run_says_since_when_and_its_button_gives_the_words_to_resume(
    page: RunsPage, tasks: Tasks, qtbot: QtBot
) -> None:
    page.open_run(ids(page)["one"])
    settle(tasks)
    (banner,) = [each for each in page.detail.findChildren(Banner) if "Lost" in each.title()]
    assert "The last sign of life from" in banner.accessibleName()
    assert page.detail.trust.accessibleName().startswith("Cannot check. Nobody hears of it")
    press(qtbot, banner, "Resume…")
    settle(tasks)
    dialog = opened(page, ResumeDialog)
    assert isinstance(dialog, ResumeDialog)
    assert nameless(dialog) == []
    qtbot.mouseClick(dialog.python.copy_button, Qt.MouseButton.LeftButton)
    assert ids(page)["one"] in QGuiApplication.clipboard().text()
    press(qtbot, dialog, "Close it instead…")
    closing = opened(page, CloseDialog)
    assert isinstance(closing, CloseDialog)
    qtbot.keyClicks(closing.reason.edit, "power cut")
    press(qtbot, closing, "Close 1 run")
    settle(tasks)
    detail = page._services.runs.show("one")
    assert detail.run.status is RunStatus.KILLED
    assert detail.notes == ("Closed as killed: power cut",)
    settle(tasks)
    assert not [each for each in page.detail.findChildren(Banner) if "Lost" in each.title()]


def test_all_that_are_lost_are_closed_as_failed_from_the_keyboard(
    page: RunsPage, tasks: Tasks, qtbot: QtBot
) -> None:
    page.table.selectAll()
    page.with_selected(page.run_actions.ask_close)
    settle(tasks)
    dialog = opened(page, CloseDialog)
    assert isinstance(dialog, CloseDialog)
    assert nameless(dialog) == []
    dialog.ends.setFocus()
    qtbot.keyClick(dialog.ends, Qt.Key.Key_Right)
    assert dialog.end() is RunStatus.FAILED
    dialog.do.setFocus()
    qtbot.keyClick(dialog.do, Qt.Key.Key_Space)
    settle(tasks)
    found = page._services.runs.search().runs
    assert {run.status for run in found} == {RunStatus.FAILED}
    assert all(run.is_sealed for run in found)


def test_commands_say_why_they_are_not_for_a_run_that_has_ended(
    page: RunsPage, tasks: Tasks
) -> None:
    known = ids(page)
    assert command(page, "runs.close", (known["one"],)) == ""
    assert command(page, "runs.resume", (known["one"],)) == ""
    page.run_actions.close((known["two"],), RunStatus.KILLED, "")
    settle(tasks)
    assert "lost contact" in command(page, "runs.close", (known["two"],))
    assert command(page, "runs.resume", (known["two"],)) == ""
    assert command(page, "runs.close", (known["one"], known["two"])) == ""
