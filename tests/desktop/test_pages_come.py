# SPDX-License-Identifier: Apache-2.0
"""The window before its pages are there: it can be used, what is wanted comes first, all comes."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.place import Place
from strongroom.desktop.registry.page import ModelsPage
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.page_spec import PLACES
from strongroom.desktop.shell.waiting_page import WaitingPage
from support.accessibility import nameless
from support.menu_bar import entries
from support.opened_window import opened
from support.runs_on_disk import write_run


@pytest.fixture
def desk(app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for number in range(3):
        write_run(tmp_path / "store", number, metrics={"loss": [1.0, 0.5]})
    made = Desk(app, tmp_path / "store", tmp_path / "home")
    yield made
    made.close()
    made.deleteLater()


def test_a_page_asked_for_by_key_comes_first_and_gets_the_keyboard(
    desk: Desk, qtbot: QtBot
) -> None:
    window = desk.open()
    with qtbot.waitActive(window):
        window.activateWindow()
    came: list[str] = []
    window.place_changed.connect(lambda _place: came.append(",".join(_ids(window.pages()))))
    waiting = window.page()
    assert isinstance(waiting, WaitingPage)
    assert nameless(waiting) == []
    QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert waiting.accessibleName() == "Models is being opened"
    assert window.page_id() == "models"
    qtbot.waitUntil(lambda: isinstance(window.page(), ModelsPage), timeout=30_000)
    assert "compare" not in _ids(window.pages())
    assert len(window.pages()) <= 2  # nothing but what was begun before
    focused = window.focusWidget()
    page = window.page()
    assert page is not None
    assert focused is not None
    assert focused.window() is window
    assert not waiting.isAncestorOf(focused)
    qtbot.waitUntil(lambda: window.missing() == (), timeout=30_000)
    assert window.page() is page


def test_the_next_page_is_read_when_the_first_has_its_answers_and_none_is_held_up_for_good(
    desk: Desk, qtbot: QtBot
) -> None:
    window = desk.open()
    qtbot.waitUntil(lambda: len(window.pages()) == 1, timeout=30_000)
    asked = {state.key for state in window.tasks.running()}
    assert "runs.search" in asked
    assert "window.page" not in asked
    stop = threading.Event()
    window.tasks.ask("endless", "Follows a run", lambda _: stop.wait(30), lambda _: None)
    qtbot.waitUntil(lambda: len(window.pages()) > 1, timeout=30_000)
    assert "endless" in {state.key for state in window.tasks.running()}
    stop.set()
    qtbot.waitUntil(lambda: window.missing() == (), timeout=30_000)


def test_what_lasts_is_off_the_collector_while_the_window_is_open(desk: Desk) -> None:
    window = opened(desk)
    assert gc.get_freeze_count() > 10_000
    assert gc.isenabled()
    desk.close()
    assert not window.isVisible()
    assert gc.get_freeze_count() == 0


def test_every_page_and_command_is_there_in_one_order_whatever_was_opened_first(
    desk: Desk, qtbot: QtBot
) -> None:
    window = opened(desk)
    assert _ids(window.pages()) == [place.id for place in PLACES]
    listed = [command.id for command in window.commands.commands()]
    menus = _menus(window)
    window.open_place(Place("people"))
    desk.close()
    again = desk.open()
    assert again.page_id() == "people"
    qtbot.waitUntil(lambda: again.missing() == (), timeout=30_000)
    assert [command.id for command in again.commands.commands()] == listed
    assert _menus(again) == menus
    again.tasks.wait_idle(10_000)


def test_a_place_is_opened_when_its_page_comes_and_kept_when_it_never_does(
    desk: Desk, qtbot: QtBot
) -> None:
    wanted = Place.of("runs", {}, "metrics.loss < 1")
    window = desk.open()
    window.open_place(wanted)
    desk.close()  # before the store is open
    again = desk.open()
    assert isinstance(again.page(), WaitingPage)
    qtbot.waitUntil(lambda: isinstance(again.page(), RunsPage), timeout=30_000)
    page = again.page()
    assert page is not None
    assert page.place() == wanted


def test_a_store_that_cannot_be_opened_is_told_where_its_page_would_be(
    app: QApplication, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "store").write_text("not a folder")
    desk = Desk(app, tmp_path / "store", tmp_path / "home")
    window = desk.open()
    waiting = window.page()
    assert isinstance(waiting, WaitingPage)
    qtbot.waitUntil(lambda: waiting._fault.count() == 1, timeout=30_000)
    assert desk.services is None
    assert window.commands.run("window.palette")  # the window lives
    window.palette_box.hide()
    (tmp_path / "store").unlink()
    retry = next(each for each in waiting.findChildren(QPushButton) if each.text() == "Retry")
    retry.click()
    qtbot.waitUntil(lambda: window.missing() == (), timeout=30_000)
    assert isinstance(window.page(), RunsPage)
    window.tasks.wait_idle(10_000)
    desk.close()
    desk.deleteLater()


def test_a_window_closed_while_its_store_is_opened_leaves_nothing_open(desk: Desk) -> None:
    for _ in range(3):
        desk.open()
        QApplication.processEvents()
        desk.close()
        assert desk._held == []
        assert desk.services is None


def _ids(pages: tuple[Page, ...]) -> list[str]:
    return [page.page_id for page in pages]


def _menus(window: object) -> list[tuple[str, str]]:
    bar = window._menus  # type: ignore[attr-defined]  # of the window
    return [(path, action.objectName()) for path, action in entries(bar)]
