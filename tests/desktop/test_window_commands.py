# SPDX-License-Identifier: Apache-2.0
"""The register of the real window: one source for menus, keys, palette and the reference page."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenuBar

from strongroom.desktop.kit.resources import resource
from strongroom.desktop.shell.commands import MENUS
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from support.command_reference import PAGE
from support.menu_bar import entries
from support.opened_window import opened
from support.runs_on_disk import run_id, write_run
from support.window_reference import with_window

HOSTILE = "heron' OR 1=1 --<b>\n"


@pytest.fixture
def desk(app: QApplication, tmp_path: Path) -> Iterator[Desk]:
    for number in range(12):
        write_run(tmp_path / "store", number, name=f"calm-heron-{number}", experiment="fraud")
    write_run(tmp_path / "store", 99, name=HOSTILE, experiment="digits")
    made = Desk(app, tmp_path / "store", tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def window(desk: Desk, qtbot: QtBot) -> MainWindow:
    return opened(desk)


def test_the_reference_page_lists_every_command_of_the_window(window: MainWindow) -> None:
    assert PAGE.read_text("utf-8") == with_window(window.commands.commands()), (
        "write it again: PYTHONPATH=app:tests python -m support.window_reference"
    )


def test_ids_are_dotted_and_no_two_share_keys_or_words(window: MainWindow) -> None:
    commands = window.commands.commands()
    for command in commands:
        assert re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", command.id), command.id
        assert re.fullmatch(rf"(?:{'|'.join(MENUS)})(?:/[A-Z][a-z ]+)?|", command.menu), command.id
        assert command.icon == "" or resource("icons", f"{command.icon}.svg").is_file(), command.id
    keys = Counter(command.shortcut for command in commands if command.shortcut)
    assert [key for key, times in keys.items() if times > 1] == []
    titles = Counter((command.menu, command.title) for command in commands)
    assert [title for title, times in titles.items() if times > 1] == []


def test_every_command_with_a_menu_stands_in_it_and_says_why_it_cannot_run(
    window: MainWindow,
) -> None:
    bar = window.findChild(QMenuBar)
    assert bar is not None
    in_menus = [(action.objectName(), path) for path, action in entries(bar)]
    commands = window.commands.commands()
    assert sorted(in_menus) == sorted((each.id, each.menu) for each in commands if each.menu)
    longest = max(len(menu.menu().actions()) for menu in bar.actions())
    assert longest < 20, "a menu nobody reads to its end"
    window.commands.look_again()
    for command in commands:
        reason = window.commands.why_not(command.id)
        if reason is not None:
            assert reason.text, command.id
            assert not window.commands.action(command.id).isEnabled()


def _titles(window: MainWindow, group: str) -> list[str]:
    return [entry.title for entry in window.palette_box.shown() if entry.group == group]


def test_the_palette_finds_runs_and_experiments_and_opens_them(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.open_palette()
    QTest.keyClicks(window.palette_box.edit, "heron-7")
    qtbot.waitUntil(lambda: _titles(window, "Objects") == ["calm-heron-7"])
    QTest.keyClick(window.palette_box.edit, Qt.Key.Key_Return)
    page = window.page()
    assert page is not None
    qtbot.waitUntil(lambda: page.place().argument("run") == run_id(7))
    window.open_palette()
    QTest.keyClicks(window.palette_box.edit, "digits")
    qtbot.waitUntil(lambda: "digits" in _titles(window, "Objects"))
    window.palette_box.hide()


def test_strewn_letters_do_not_bury_what_was_meant(window: MainWindow, qtbot: QtBot) -> None:
    window.open_palette()
    window.palette_box.edit.setText("ntcs")
    assert "Notices" in [entry.title for entry in window.palette_box.shown()]
    window.palette_box.edit.setText("dig")
    qtbot.waitUntil(lambda: _titles(window, "Objects") == ["digits"])
    assert all("dig" in entry.title.lower() for entry in window.palette_box.shown())
    window.palette_box.hide()


def test_what_can_run_now_comes_before_what_cannot(window: MainWindow) -> None:
    window.open_palette()
    for typed in ("", "e", "th"):
        window.palette_box.edit.setText(typed)
        shown = window.palette_box.shown()
        assert {not entry.why_not for entry in shown} == {True, False}
        for group in {entry.group for entry in shown}:
            can_run = [not entry.why_not for entry in shown if entry.group == group]
            assert can_run == sorted(can_run, reverse=True)
    window.palette_box.hide()


def test_hostile_words_and_names_are_only_words(window: MainWindow, qtbot: QtBot) -> None:
    window.open_palette()
    window.palette_box.edit.setText("heron' OR 1=1 --")
    qtbot.waitUntil(lambda: len(_titles(window, "Objects")) == 1)
    assert "\n" not in _titles(window, "Objects")[0]
    window.palette_box.edit.setText("' OR '1'='1")
    assert window.tasks.wait_idle(5_000)
    qtbot.wait(200)
    assert window.tasks.wait_idle(5_000)
    assert _titles(window, "Objects") == []
    window.palette_box.hide()


def test_what_was_run_last_comes_first_also_tomorrow(
    window: MainWindow, desk: Desk, qtbot: QtBot
) -> None:
    for words in ("audit", "people"):
        window.open_palette()
        QTest.keyClicks(window.palette_box.edit, words)
        QTest.keyClick(window.palette_box.edit, Qt.Key.Key_Return)
    desk.close()
    again = opened(desk)
    again.open_palette()
    assert _titles(again, "Recent") == ["People", "Audit"]
    again.palette_box.hide()
