# SPDX-License-Identifier: Apache-2.0
"""An alarm says above every page what happened, to whom, and what to do; none is made up here.

Each is brought about on disks of real workstations: a copied key, a withheld log, two admins.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.place import Place
from strongroom.desktop.shell.alarm_strip import AlarmsDialog, AlarmStrip
from strongroom.services.alarms import AlarmNote, Alarms
from support.accessibility import nameless
from support.peers import Peer, Team


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    three = Team(tmp_path, ("Ada", "Ben", "Cleo"))
    ada, ben, cleo = three.peers
    ada.push()
    for peer in (ben, cleo):
        peer.pull()
    yield three
    three.close()


def notes_of(peer: Peer) -> tuple[AlarmNote, ...]:
    return Alarms(peer.at).notes()


def test_a_whole_team_rings_no_alarm(team: Team) -> None:
    assert all(notes_of(peer) == () for peer in team.peers)


def test_a_copied_key_is_told_with_its_owner_and_what_to_do(team: Team, tmp_path: Path) -> None:
    _, ben, cleo = team.peers
    twin = ben.restored_copy(tmp_path / "twin")
    ben.say(1)
    twin.say(2)
    twin.add_remote(tmp_path / "other", "other")
    ben.push()
    twin.push("other")
    cleo.add_remote(tmp_path / "other", "other")
    cleo.pull()
    cleo.pull("other")
    (note,) = notes_of(cleo)
    assert note.code == "E-EQUIV"
    assert note.title.startswith("Ben on ws-ben signed two different events under number ")
    assert "Call Ben: the key was copied or a backup was restored. Then revoke" in note.advice
    assert note.page == "audit"
    twin.close()


def test_a_withheld_log_is_told_with_whose_events_are_missing(team: Team, tmp_path: Path) -> None:
    ada, ben, cleo = team.peers
    ada.say(1)
    ada.push()
    ben.pull()
    ben.say(2)
    ben.push()
    stick = tmp_path / "stick"
    shutil.copytree(team.share, stick)
    last = max((stick / "log").rglob(f"{ada.writer}/*.seg"))
    last.unlink()
    cleo.add_remote(stick, "stick")
    cleo.pull("stick")
    codes = {note.code: note for note in notes_of(cleo)}
    note = codes["E-WITHHELD"]
    assert note.title.startswith("Others have seen events of Ada on ws-ada that are not here")
    assert "Take in another place or a stick of Ada" in note.advice


def test_two_admins_who_changed_the_team_apart_are_told_to_talk(team: Team, tmp_path: Path) -> None:
    ada, _, cleo = team.peers
    twin = ada.restored_copy(tmp_path / "twin")
    ada.people.grant("Ben", "reviewer")
    twin.people.grant("Cleo", "reviewer")
    ada.push()
    twin.add_remote(tmp_path / "other", "other")
    twin.push("other")
    cleo.pull()
    cleo.add_remote(tmp_path / "other", "other")
    cleo.pull("other")
    first = notes_of(cleo)[0]
    assert first.code == "E-TRUST-FORK"
    assert "two different versions" in first.title
    assert "Call the other admins" in first.advice
    assert first.page == "people"
    twin.close()


def test_a_place_that_went_back_is_told_until_a_push_brings_it_up_again(
    team: Team, tmp_path: Path
) -> None:
    ada, _, cleo = team.peers
    old = tmp_path / "old"
    shutil.copytree(team.share, old)
    ada.say(1)
    ada.push()
    cleo.pull()
    shutil.rmtree(team.share)
    shutil.copytree(old, team.share)
    cleo.pull()
    (note,) = notes_of(cleo)
    assert (note.code, note.page, note.object) == ("E-ROLLBACK", "exchange", "share")
    assert note.title == "share shows an older state than it has shown before"
    assert "push to bring it up again" in note.advice
    cleo.push()
    cleo.pull()
    assert notes_of(cleo) == ()


def made(code: str, *, is_grave: bool = True, page: str = "audit") -> AlarmNote:
    return AlarmNote(
        code=code, title=f"{code} happened", advice="Do something.", page=page, object=code,
        is_grave=is_grave,
    )  # fmt: skip


def test_the_strip_shows_the_gravest_leads_there_and_lists_the_others(
    app: QApplication, qtbot: QtBot
) -> None:
    strip = AlarmStrip()
    qtbot.addWidget(strip)
    strip.resize(1200, 56)
    strip.show_notes(())
    assert not strip.isVisible()
    strip.show_notes((made("E-SPLIT"), made("E-CONFLICT", is_grave=False, page="reviews")))
    assert strip.isVisible()
    assert strip.accessibleName() == "Alarm E-SPLIT: E-SPLIT happened. Do something."
    assert nameless(strip) == []
    with qtbot.waitExposed(strip):
        strip.show()
    QApplication.processEvents()
    with qtbot.waitSignal(strip.place_wanted) as wanted:
        QTest.mouseClick(strip.show_button, Qt.MouseButton.LeftButton)
    assert wanted.args == [Place("audit")]
    assert strip.all_button.text() == "1 more…"
    QTest.mouseClick(strip.all_button, Qt.MouseButton.LeftButton)
    (dialog,) = strip.window().findChildren(AlarmsDialog)
    assert nameless(dialog) == []
    buttons = [b.text() for b in dialog.findChildren(Button) if b.isVisible()]
    assert sorted(buttons) == ["Close", "Show in the log", "Show the request"]
    dialog.reject()


def test_a_hidden_alarm_comes_back_with_the_next_one_and_not_before(
    app: QApplication, qtbot: QtBot
) -> None:
    strip = AlarmStrip()
    qtbot.addWidget(strip)
    one, other = made("E-GAP"), made("E-EQUIV")
    strip.show_notes((one,))
    QTest.mouseClick(strip.hide_button, Qt.MouseButton.LeftButton)
    assert not strip.isVisible()
    strip.show_notes((one,))
    assert not strip.isVisible()
    strip.show_notes((other, one))
    assert strip.isVisible()
    strip.show_notes(())
    strip.show_notes((one,))  # it was over, and is there again
    assert strip.isVisible()
