# SPDX-License-Identifier: Apache-2.0
"""Sticks on the Exchange page: nobody pulls one that is written to, and none is passed over.

The stick is a real exFAT file system where a desktop mounts sticks; while its driver is stopped
whatever touches it waits in the kernel, so that two things can be seen to want it at once.
"""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.exchange.page import ExchangePage
from strongroom.desktop.exchange.stick_bar import StickBar
from strongroom.desktop.exchange.sync_queue import lane_of
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.task import Tasks
from strongroom.services.sticks import Stick as Plugged
from strongroom.services.sticks import StickPlace
from support.exchange_page import opened
from support.peers import Team
from support.plugged import ROOT
from support.settling import settle
from support.shares import Stick, missing_for_exfat

LABEL = "STICK-07"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Stick]:
    if os.geteuid() != 0 or missing_for_exfat():
        pytest.skip(f"no exFAT stick: {missing_for_exfat() or 'mounting one needs root'}")
    user = ROOT / f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    user.mkdir(parents=True)
    made = Stick(tmp_path / "stick.img", user / LABEL)
    made.format(64 << 20)
    made.put_in()
    yield made
    if os.path.ismount(made.folder):
        made.thaw()
        subprocess.run(["umount", "-l", str(made.folder)], check=False, capture_output=True)
    made.detach()
    made.folder.rmdir()
    user.rmdir()


@pytest.fixture
def page(
    team: Team, stick: Stick, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> Iterator[ExchangePage]:
    """Ada's page; her stick and the share lack something."""
    ada, _ = team.peers
    ada.register()
    ada.exchange._at.home.save_remotes(())
    ada.add_remote(stick.folder / "strongroom", "stick")
    ada.push("stick")
    ada.add_remote(team.share, "share")
    made = opened(ada, tasks, qtbot)
    qtbot.waitUntil(lambda: bool(buttons(made.sticks.bar)))
    yield made
    if os.path.ismount(stick.folder):
        stick.thaw()
    settle(tasks)


def buttons(bar: StickBar) -> dict[str, Button]:
    return {
        each.accessibleName(): each
        for each in bar.findChildren(Button)
        if each.isVisibleTo(bar) and each.parentWidget().isVisibleTo(bar)
    }


def words(bar: StickBar) -> list[str]:
    return [each.text() for each in bar.findChildren(Elided) if each.isVisibleTo(bar)]


SAFE = f"Make {LABEL} safe to remove"


def test_a_stick_that_is_written_to_cannot_be_made_safe_before_that_has_ended(
    page: ExchangePage, stick: Stick, tasks: Tasks, qtbot: QtBot
) -> None:
    """Read back and unmounted beside a running sync, it would be called safe and lack the rest."""
    assert buttons(page.sticks.bar)[SAFE].isEnabled()
    stick.freeze()
    page.sync_place("stick")
    qtbot.waitUntil(lambda: tasks.lane_silent_s(lane_of("stick")) > 0.1)
    assert not buttons(page.sticks.bar)[SAFE].isEnabled()
    assert words(page.sticks.bar)[0].startswith("Being exchanged with. Holds ")
    stick.thaw()
    qtbot.waitUntil(lambda: not page.desk.queue.is_busy())
    settle(tasks)
    QTest.mouseClick(buttons(page.sticks.bar)[SAFE], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.banner.title() == f"{LABEL} is safe to remove", timeout=20_000)
    assert not os.path.ismount(stick.folder)


def test_nothing_is_exchanged_with_a_stick_that_is_being_made_safe(
    page: ExchangePage, stick: Stick, team: Team, tasks: Tasks, qtbot: QtBot
) -> None:
    stick.freeze()
    QTest.mouseClick(buttons(page.sticks.bar)[SAFE], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tasks.lane_silent_s(lane_of("stick")) > 0.1)
    assert words(page.sticks.bar)[0].startswith("Being read back. Holds ")
    page.sync()
    assert page.banner.title() == "stick was left out"
    assert page.desk.queue.turn("stick") == ""
    qtbot.waitUntil(lambda: not page.desk.queue.is_busy())
    ada, ben = team.peers
    ben.pull()
    assert ben.digest == ada.digest, "the share was served meanwhile"
    stick.thaw()
    qtbot.waitUntil(lambda: page.banner.title() == f"{LABEL} is safe to remove", timeout=20_000)


def plugged(label: str) -> Plugged:
    place = StickPlace(path=f"/media/ben/{label}/strongroom", team="7f" * 32, is_ours=True)
    return Plugged(
        folder=f"/media/ben/{label}", label=label, filesystem="exfat", is_writable=True,
        free_bytes=7_000_000_000, places=(place,),
    )  # fmt: skip


def test_the_fifth_stick_is_named_and_one_press_shows_all(app: QApplication, qtbot: QtBot) -> None:
    bar = StickBar()
    qtbot.addWidget(bar)
    bar.resize(1100, 400)
    bar.show()
    sticks = [plugged(f"CARD-{number}") for number in range(1, 7)]
    bar.show_sticks(sticks, {}, has_team=True)
    assert len([name for name in buttons(bar) if name.startswith("Import from")]) == 4
    assert words(bar)[-1] == "2 more: CARD-5, CARD-6"
    more = buttons(bar)["Show all sticks"]
    more.setFocus()
    QTest.keyClick(more, Qt.Key.Key_Space)
    assert len([name for name in buttons(bar) if name.startswith("Import from")]) == 6
    assert words(bar)[-1] == "6 are plugged in"
    QTest.mouseClick(buttons(bar)["Show fewer sticks"], Qt.MouseButton.LeftButton)
    assert words(bar)[-1] == "2 more: CARD-5, CARD-6"


def test_the_keyboard_stays_on_its_button_when_the_lines_are_drawn_anew(
    app: QApplication, qtbot: QtBot
) -> None:
    bar = StickBar()
    qtbot.addWidget(bar)
    bar.resize(1100, 100)
    bar.show()
    qtbot.waitUntil(bar.isVisible)
    bar.show_sticks([plugged("CARD-1")], {}, has_team=True)
    bar.activateWindow()
    buttons(bar)["Import from CARD-1"].setFocus()
    qtbot.waitUntil(buttons(bar)["Import from CARD-1"].hasFocus)
    bar.show_sticks([plugged("CARD-1"), plugged("CARD-2")], {}, has_team=True)
    assert buttons(bar)["Import from CARD-1"].hasFocus()
