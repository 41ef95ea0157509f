# SPDX-License-Identifier: Apache-2.0
"""A stick that hangs: the window stays at hand, other places are served, and it goes on after.

The stick is a real exFAT file system; its driver is stopped, so every call into it waits in the
kernel until the driver goes on, as with a share whose server is gone.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtWidgets import QApplication

from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.page import ExchangePage
from strongroom.desktop.exchange.rounds import EVERYTHING
from strongroom.desktop.exchange.sync_queue import lane_of
from strongroom.desktop.kit.cells import Row
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.changes import Changes
from support.exchange_page import opened
from support.peers import Team
from support.settling import settle
from support.shares import Stick, exfat_stick
from support.tour import live
from support.watchdog import Watchdog

HANGS_MS = 50.0  # the most that the window may stand still while a share hangs


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Stick]:
    with exfat_stick(tmp_path) as made:
        yield made


@pytest.fixture
def page(
    team: Team, stick: Stick, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> Iterator[ExchangePage]:
    """Ben's page: the stick comes first, then the share, and both hold something new."""
    ada, ben = team.peers
    ada.register()
    folder = stick.folder / "strongroom"
    ada.add_remote(folder, "stick")
    ada.push("stick")
    ada.push()
    ben.exchange._at.home.save_remotes(())
    ben.add_remote(folder, "stick")
    ben.add_remote(team.share, "share")
    made = opened(ben, tasks, qtbot)
    made.desk.silent_after_s = made.desk.queue.silent_after_s = 0.4
    yield made
    stick.thaw()
    settle(tasks)


def state(page: ExchangePage, name: str) -> str:
    (row,) = [
        line for line in page.places.table.lines() if isinstance(line, Row) and line.key == name
    ]
    cell = row.cells[1]
    assert cell is not None
    return cell.words


def test_9_a_place_that_hangs_says_so_and_the_window_never_waits_for_it(
    page: ExchangePage, stick: Stick, team: Team, tasks: Tasks, qtbot: QtBot
) -> None:
    stick.freeze()
    with Watchdog(HANGS_MS) as dog:
        dog.during = "a place that hangs"
        for _ in range(6):  # as many looks as there are workers for questions, and more
            page.desk.look("stick")
            live(20)
        qtbot.waitUntil(lambda: state(page, "stick") == "No answer")
        page.places.table.select("stick")
        title, sentence = page.places.strip.words()
        assert title.startswith("stick has not answered for ")
        assert "Everything else goes on" in sentence
        assert not page.places.sync_button.isEnabled()
        page.tabs.set_current("imports")
        page.tabs.set_current("places")
        page.sync_place("share")
        qtbot.waitUntil(lambda: not page.desk.queue.is_busy())
    said = "\n".join(str(each) for each in dog.over() if not each.is_doubtful)
    assert not said, said
    assert team.peers[1].digest == team.peers[0].digest, "the share was served meanwhile"
    stick.thaw()
    qtbot.waitUntil(lambda: state(page, "stick") == "Reachable")


def test_9_sync_goes_on_with_the_next_place_and_takes_the_silent_one_when_it_comes_back(
    page: ExchangePage, stick: Stick, team: Team, tasks: Tasks, qtbot: QtBot
) -> None:
    stick.freeze()
    page.sync()
    assert state(page, "share") == "In the queue"
    qtbot.waitUntil(lambda: page.banner.title() == "Exchanged, but 1 place not reached")
    assert "stick: has not answered yet" in page.banner.accessibleName()
    assert state(page, "stick") == "No answer"
    assert team.peers[1].digest == team.peers[0].digest
    assert page.sync_button.isEnabled(), "what is silent holds up nothing"
    stick.thaw()
    qtbot.waitUntil(lambda: page.banner.title() == "Everything is the same on both sides")
    settle(tasks)
    assert state(page, "stick") == "Reachable"


def test_stop_lets_go_of_a_place_that_hangs(
    page: ExchangePage, stick: Stick, tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom.desktop.exchange.progress_line.QUIET_AFTER_S", 0.3)
    stick.freeze()
    page.sync_place("stick")
    qtbot.waitUntil(lambda: "No answer for" in page.progress.words()[1])
    page.progress.stop_button.click()
    assert page.banner.title() == "Stopped"
    assert page.progress.isHidden()
    assert page.sync_button.isEnabled()


def test_the_wizard_can_be_left_while_its_source_hangs(
    page: ExchangePage, stick: Stick, tasks: Tasks, qtbot: QtBot
) -> None:
    stick.freeze()
    page.importing.open_at("stick")
    wizard = page.findChild(ImportWizard)
    assert wizard is not None
    assert wizard.steps.accessibleName() == "Step 2 of 5: Verify"
    wizard.back_button.click()
    assert wizard.steps.accessibleName() == "Step 1 of 5: Source"
    wizard.sources.choose("share")
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.steps.accessibleName() == "Step 3 of 5: Choose")
    wizard.reject()


def test_9_a_sync_behind_a_look_that_hangs_goes_on_with_the_next_place(
    page: ExchangePage, stick: Stick, team: Team, tasks: Tasks, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The exchange has not even begun: it waits for a look in the same lane that never answers."""
    monkeypatch.setattr("strongroom.desktop.exchange.progress_line.QUIET_AFTER_S", 0.3)
    stick.freeze()
    page.desk.look("stick")
    qtbot.waitUntil(lambda: (tasks.lane_silent_s(lane_of("stick"))) > 0)
    page.sync_place("stick")
    qtbot.waitUntil(lambda: "No answer for" in page.progress.words()[1])
    page.sync_place("share")
    qtbot.waitUntil(lambda: page.banner.title() == "Exchanged, but 1 place not reached")
    assert state(page, "stick") == "No answer"
    assert team.peers[1].digest == team.peers[0].digest
    assert page.sync_button.isEnabled()


def test_what_a_stopped_exchange_finished_is_looked_at_once_its_place_is_at_rest(
    page: ExchangePage, stick: Stick, tasks: Tasks, qtbot: QtBot
) -> None:
    """While the place hangs it may still finish something: looking before that would miss it."""
    stick.freeze()
    page.sync_place("stick")
    qtbot.waitUntil(lambda: (tasks.lane_silent_s(lane_of("stick"))) > 0.2)
    seen = list[Changes]()
    page.changed.connect(seen.append)
    page.progress.stop_button.click()
    live(200)
    assert EVERYTHING not in seen
    stick.thaw()
    qtbot.waitUntil(lambda: EVERYTHING in seen)
