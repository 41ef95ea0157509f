# SPDX-License-Identifier: Apache-2.0
"""A store that can only be read, in the window: all is shown, and what would change it is off.

The disk is a real one that is mounted read-only, the window the whole one.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from strongroom.bootstrap import open_services
from strongroom.desktop.kit.only_read import MARK
from strongroom.desktop.kit.place import Place
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.row_menu import open_row_menu
from strongroom.desktop.shell.alarm_strip import AlarmStrip
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.palette import command_entries
from support.opened_window import opened
from support.runs_on_disk import run_id, write_run
from support.shares import remount, small_disk

WHY = "This store lies where nothing can be written; it is only read"
WRITES = {
    "audit.export", "compare.request", "exchange.bundle", "exchange.confirm", "exchange.import",
    "exchange.retry_all", "exchange.sync", "exchange.sync_place", "key.rotate", "models.alias",
    "models.register", "models.request", "people.admit", "people.cosign", "people.found",
    "people.grant", "people.revoke", "people.settle", "review.approve", "review.open",
    "review.reject", "review.request", "review.withdraw", "runs.archive", "runs.close",
    "runs.column_rule", "runs.contract_repair", "runs.delete", "runs.move", "runs.register",
    "runs.repair", "runs.restore", "runs.tag", "runs.unarchive",
}  # fmt: skip


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk with three finished runs, one of them not sealed, that takes nothing any more."""
    with small_disk(tmp_path_factory.mktemp("medium") / "disk", 8 << 20) as made:
        store = made / "store"
        for number in (1, 2):
            write_run(store, number, params={"lr": 0.1}, metrics={"loss": [0.5, 0.25]})
        services = open_services(store, made.parent / "before")
        services.runs.refresh()
        services.close()
        write_run(store, 3, params={"lr": 0.3}, metrics={"loss": [1.0]})
        for path in store.glob("catalog.sqlite3*"):
            path.unlink()
        remount(made, "ro")
        yield made


@pytest.fixture
def window(
    disk: Path, tmp_path: Path, app: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    desk = Desk(app, disk / "store", tmp_path / "home")
    yield opened(desk)
    desk.close()


def runs_of(window: MainWindow) -> RunsPage:
    (page,) = (each for each in window.pages() if isinstance(each, RunsPage))
    return page


def test_a_store_on_a_read_only_medium_is_shown_whole_and_nothing_can_be_begun_there(
    window: MainWindow, app: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = runs_of(window)
    assert page.results.count() == 3
    (strip,) = window.findChildren(AlarmStrip)
    assert strip.isVisible()
    assert strip.title.text() == WHY
    assert strip.advice.text() == "Copy the store to a local disk."
    # every command that writes is there, off, and says why: in the palette and by its key
    page.table.select(run_id(1))
    entries = {each.key: each for each in command_entries(window.commands.commands(),
                                                          window.state())}  # fmt: skip
    off = {key.partition(":")[2] for key, each in entries.items() if each.why_not == WHY}
    assert off == WRITES
    assert {each.id for each in window.commands.commands() if each.changes} == WRITES
    before = len(app.topLevelWidgets())
    QTest.keyClick(page.table, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(page.table, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert len([w for w in app.topLevelWidgets() if w.isVisible()]) <= before
    assert not window.commands.run("runs.delete")
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    menu = open_row_menu(page, run_id(1), QPoint(10, 10))
    shown = {action.objectName() for action in menu.actions()} - {""}
    assert "runs.open" in shown
    assert not shown & WRITES


def test_buttons_that_would_change_it_are_off_on_every_page_and_say_why(
    window: MainWindow, qtbot: QtBot
) -> None:
    page = runs_of(window)
    page.table.select(run_id(1))
    marked = [each for each in window.findChildren(QPushButton) if each.property(MARK)]
    assert len(marked) >= 15
    seen = 0
    for spec in window.specs():
        window.open_place(Place(spec.id))
        QApplication.processEvents()
        for button in marked:
            assert not (button.isVisible() and button.isEnabled()), button.accessibleName()
            seen += button.isVisible()
    assert seen >= 5
    window.open_place(Place("runs"))
    (button,) = (each for each in marked if each.text() == "Register model…")
    with qtbot.assertNotEmitted(button.clicked):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.toolTip() == WHY


def test_what_only_reads_still_runs(window: MainWindow) -> None:
    page = runs_of(window)
    page.open_run(run_id(3))
    window.tasks.wait_idle(10_000)
    QApplication.processEvents()
    assert page.detail.run_id() == run_id(3)
    page.table.select(run_id(3))
    for command in (
        "runs.copy_id",
        "runs.export",
        "runs.columns",
        "store.health",
        "runs.contracts",
    ):
        assert window.commands.why_not(command) is None, command


@pytest.fixture
def usual(tmp_path: Path, app: QApplication) -> Iterator[MainWindow]:
    """The window of a store that may be changed."""
    write_run(tmp_path / "store", 1)
    desk = Desk(app, tmp_path / "store", tmp_path / "home")
    yield opened(desk)
    desk.close()


def test_in_a_store_that_may_be_changed_the_same_buttons_and_commands_are_on(
    usual: MainWindow,
) -> None:
    window = usual
    page = runs_of(window)
    page.table.select(run_id(1))
    for command in ("runs.delete", "runs.tag", "exchange.import"):
        assert window.commands.why_not(command) is None, command
    (button,) = (
        each for each in window.findChildren(QPushButton) if each.text() == "Register model…"
    )
    assert button.isEnabled()
    (strip,) = window.findChildren(AlarmStrip)
    assert strip.isHidden()
