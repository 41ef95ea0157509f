# SPDX-License-Identifier: Apache-2.0
"""The Exchange page on real peers: syncing, refusals, quarantine, a share that is gone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.exchange.dialogs import AddPlaceDialog, RemoveDialog
from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.places_view import state_cell
from strongroom.desktop.kit.cells import BadgeCell, Notice, Row
from strongroom.desktop.kit.command import Command, WindowState
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.changes import Changes
from support.accessibility import nameless
from support.exchange_page import opened
from support.peers import Peer, Team, flip
from support.settling import settle

MARKUP = "<b>boo</b>\u202e\n<script>alert(1)</script>"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def words(table: Table, key: str) -> list[str]:
    (row,) = [line for line in table.lines() if isinstance(line, Row) and line.key == key]
    return [cell.words for cell in row.cells if cell is not None]


def largest(folder: Path) -> Path:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return max(files, key=lambda path: path.stat().st_size)


def test_sync_brings_what_is_new_and_says_what_came_and_went(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    assert words(page.places.table, "share")[1:] == [
        "Reachable",
        "no value",
        "no value",
        "0 B",
        "Never",
    ]
    heard: list[Changes] = []
    page.changed.connect(heard.append)
    page.sync_button.click()
    assert not page.sync_button.isEnabled()
    settle(tasks)
    assert ben.digest == ada.digest
    assert ben.has_content()
    assert any(changes.models == {"churn"} and changes.runs for changes in heard)
    assert page.banner.title() == "Exchanged with share"
    assert "Came in: 2 trust documents" in page.banner.accessibleName()
    assert "Went out: nothing new." in page.banner.accessibleName()
    assert page.sync_button.isEnabled()
    assert page.places.strip.words()[0] == "Both sides hold the same"
    assert words(page.places.table, "share")[5].startswith("Today")
    assert page.badge() == ""


def test_what_is_only_here_is_counted_and_goes_out(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.push()
    ben.pull()
    ben.register()
    page = opened(ben, tasks, qtbot)
    assert words(page.places.table, "share")[4].endswith("MB")
    assert "Only here: " in page.places.strip.words()[1]
    page.sync()
    settle(tasks)
    assert words(page.places.table, "share")[4] == "0 B"
    ada.pull()
    assert ada.has_content()


def test_a_damaged_object_is_quarantined_and_stays_there_until_it_holds(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    victim = largest(team.share / "obj")
    flip(victim)
    page = opened(ben, tasks, qtbot)
    page.sync()
    settle(tasks)
    assert page.badge() == "1"
    assert "E-HASH" in page.banner.accessibleName()
    page.banner.acted.emit()
    settle(tasks)
    assert page.body.currentWidget() is page.quarantine
    (item,) = ben.exchange.quarantined()
    assert page.selection() == (item.id,)
    shown = words(page.quarantine.table, item.id)
    assert shown[:3] == ["E-HASH", item.path, "share"]
    assert page.quarantine.banner.title().startswith("Does not match")
    page.quarantine.retry_button.click()
    settle(tasks)
    assert page.banner.title().startswith("Still refused, E-HASH")
    assert [each.id for each in ben.exchange.quarantined()] == [item.id]
    page.show_place(Place.of("exchange", {"show": "places"}))
    settle(tasks)
    title, sentence = page.places.strip.words()
    assert title == "Something is damaged at this place"
    assert "1 file damaged there" in sentence
    assert "Only there: nothing." in sentence, "what is damaged is not offered"
    ada.exchange.verify("share", is_reading_data=True)
    ada.push()
    page.show_place(Place.of("exchange", {"show": "places"}))
    settle(tasks)
    title, sentence = page.places.strip.words()
    assert title == "There is something that is not here"
    assert "1 file, 1.1 MB" in sentence.partition("Only there: ")[2], "it holds again"


def test_removing_from_quarantine_asks_first_and_leaving_keeps_it(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    flip(largest(team.share / "obj"))
    ben.pull()
    page = opened(ben, tasks, qtbot)
    page.show_place(Place.of("exchange", {"show": "quarantine"}))
    settle(tasks)
    page.quarantine.remove_button.click()
    dialog = page.findChild(RemoveDialog)
    assert dialog is not None
    assert nameless(dialog) == []
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    settle(tasks)
    assert len(ben.exchange.quarantined()) == 1, "Enter leaves"
    page.quarantine.remove_button.click()
    page.findChildren(RemoveDialog)[-1].remove.click()
    settle(tasks)
    assert ben.exchange.quarantined() == ()
    assert page.badge() == ""
    assert page.body.currentWidget() is page.body.no_quarantine


def test_a_place_that_is_gone_is_said_and_the_others_are_still_served(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    gone = tmp_path / "gone"
    ben.add_remote(gone, "stick")
    shutil.rmtree(gone)
    page = opened(ben, tasks, qtbot)
    assert words(page.places.table, "stick")[1] == "Gone"
    page.places.table.select("stick")
    title, advice = page.places.strip.words()
    assert "cannot be reached" in title
    assert advice
    assert not page.places.sync_button.isEnabled()
    page.sync()
    settle(tasks)
    assert page.banner.title() == "Exchanged, but 1 place not reached"
    assert "E-SHARE" in page.banner.accessibleName()
    assert ben.digest == ada.digest, "the share was served"
    assert page.isVisible()
    assert page.sync_button.isEnabled()


def test_another_teams_place_is_marked(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    other = Team(tmp_path / "other", ("Eve",))
    ben = team.peers[1]
    shutil.rmtree(team.share)
    shutil.copytree(other.share, team.share)
    page = opened(ben, tasks, qtbot)
    assert words(page.places.table, "share")[1] == "Other team"
    page.sync()
    settle(tasks)
    assert "E-TEAM" in page.banner.accessibleName()
    assert not ben.at.has_team(), "nothing of another team comes in"
    other.close()


def test_stopping_keeps_what_was_finished_and_looks_again(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    heard: list[Changes] = []
    page.changed.connect(heard.append)
    page.sync()
    page.progress.stop_button.click()
    settle(tasks)
    assert page.banner.title() == "Stopped"
    assert page.progress.isHidden()
    assert any(changes.is_team for changes in heard)
    page.sync()
    settle(tasks)
    assert ben.digest == ada.digest


def test_a_place_is_added_by_folder_and_name(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ben = team.peers[1]
    stick = tmp_path / "STICK-04"
    stick.mkdir()
    page = opened(ben, tasks, qtbot)
    page.add_button.click()
    dialog = page.findChild(AddPlaceDialog)
    assert dialog is not None
    assert nameless(dialog) == []
    assert not dialog.add.isEnabled()
    dialog.set_folder(str(stick))
    assert dialog.name.text() == "STICK-04"
    dialog.name.set_text("share")
    dialog.add.click()
    settle(tasks)
    assert dialog.isVisible(), "the name is taken: nothing was added"
    dialog.name.set_text("STICK-04")
    dialog.add.click()
    settle(tasks)
    assert [info.name for info in ben.exchange.remotes()] == ["share", "STICK-04"]
    assert (stick / "strongroom.json").is_file()
    assert words(page.places.table, "STICK-04")[1] == "Reachable"


def test_without_a_team_or_a_place_the_page_says_what_to_do(
    tmp_path: Path, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    peer = Peer(tmp_path / "solo", "Solo")
    page = opened(peer, tasks, qtbot)
    assert page.body.currentWidget() is page.body.no_team
    asked = list[Place]()
    page.place_requested.connect(asked.append)
    QTest.mouseClick(page.body.no_team.button, Qt.MouseButton.LeftButton)
    assert asked == [Place("people")], "the next step is a press away"
    QTest.mouseClick(page.body.bring_button, Qt.MouseButton.LeftButton)
    (wizard,) = page.findChildren(ImportWizard)
    wizard.reject()
    commands = {command.id: command for command in page.commands()}
    state = WindowState(has_store=True)
    assert why(commands["exchange.sync"], state) == "Found or join a team first"
    assert why(commands["exchange.add_place"], state) == "Found or join a team first"
    assert why(commands["exchange.import"], state) == ""
    assert why(commands["exchange.import"], WindowState()) == "Open a store first"
    peer.people.create_team("Solo ML")
    page.refresh(Changes(is_team=True))
    settle(tasks)
    assert page.body.currentWidget() is page.body.no_place
    assert why(commands["exchange.sync"], state) == "Add a place first"
    peer.add_remote(tmp_path / "share")
    page.refresh(Changes(is_team=True))
    settle(tasks)
    assert why(commands["exchange.sync"], state) == ""
    assert commands["exchange.sync"].shortcut == "Ctrl+Shift+S"
    peer.close()


def why(command: Command, state: WindowState) -> str:
    reason = command.enabled(state)
    return reason.text if reason else ""


def test_hostile_names_and_bytes_are_shown_as_plain_text(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ben = team.peers[1]
    ben.add_remote(tmp_path / "<img src=x>", "<b>stick")
    item = ben.at.quarantine.keep(
        f"{MARKUP}\x1b[31m".encode(), code="E-EVIL", origin=MARKUP, path=MARKUP * 4,
        reason=MARKUP * 20, now_us=ben.clock.now_us(),
    )  # fmt: skip
    page = opened(ben, tasks, qtbot)
    assert words(page.places.table, "<b>stick")[0].startswith("<b>stick, Folder, ")
    page.show_place(Place.of("exchange", {"item": item}))
    settle(tasks)
    assert page.selection() == (item,)
    shown = page.quarantine.code.findChild(TextArea)
    assert shown is not None
    assert "<script>alert(1)</script>" in shown.text()
    assert "\\x1b[31m" in shown.text()
    assert "\u202e" not in shown.text()
    assert page.quarantine.banner.title() == "Was not taken in"
    page.grab()


def test_everything_on_the_page_has_a_name(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    flip(largest(team.share / "obj"))
    ben.pull()
    page = opened(ben, tasks, qtbot)
    assert nameless(page) == []
    page.tabs.set_current("quarantine")
    settle(tasks)
    assert nameless(page) == []
    assert page.place() == Place.of("exchange", {"show": "quarantine"})


def test_a_command_run_elsewhere_opens_this_page_first(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    page.hide()
    asked: list[Place] = []
    page.place_requested.connect(asked.append)
    {command.id: command for command in page.commands()}["exchange.sync"].run()
    settle(tasks)
    assert asked == [Place("exchange")]
    assert ben.digest == ada.digest


def test_a_flooded_quarantine_is_cut_and_says_so(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ben = team.peers[1]
    for number in range(3):
        ben.at.quarantine.keep(
            b"%d" % number, code="E-SIG", origin="share", path=f"obj/{number}", reason="no",
            now_us=ben.clock.now_us(),
        )  # fmt: skip
    page = opened(ben, tasks, qtbot)
    items = ben.exchange.quarantined()
    page.quarantine.show_items(items * 700, ben.clock.now_us())
    settle(tasks)
    last = page.quarantine.table.lines()[-1]
    assert isinstance(last, Notice)
    assert last.text.startswith("100 older items")


def test_a_place_nobody_has_looked_at_yet_says_so(app: QApplication) -> None:
    cell = state_cell(None)
    assert isinstance(cell, BadgeCell)
    assert cell.text == "Looking"
