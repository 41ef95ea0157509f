# SPDX-License-Identifier: Apache-2.0
"""How long the window stands still while a place hangs: an exFAT stick whose driver is stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import Theme
from support.exchange_page import opened
from support.figures import Figure, report
from support.peers import Team
from support.settling import settle
from support.shares import exfat_stick
from support.tour import live
from support.watchdog import Watchdog

HANGS_S = 3


@pytest.fixture
def app(qapp: QApplication) -> QApplication:
    Theme.install(qapp, "light")
    return qapp


@pytest.fixture
def tasks(app: QApplication) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


def test_a_window_beside_a_place_that_hangs(
    tmp_path: Path, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    team = Team(tmp_path, has_model=True)
    ada, ben = team.peers
    with exfat_stick(tmp_path) as stick:
        place = stick.folder / "strongroom"
        ada.add_remote(place, "stick")
        ada.push("stick")
        ada.push()
        ben.add_remote(place, "stick")
        page = opened(ben, tasks, qtbot)
        page.desk.silent_after_s = page.desk.queue.silent_after_s = 0.5
        stick.freeze()
        with Watchdog(limit_ms=50) as dog:
            page.sync()
            for _ in range(HANGS_S * 10):
                page.desk.look("stick")
                page.tabs.set_current("imports")
                live(50)
                page.tabs.set_current("places")
                live(50)
            worst = dog.worst_ms
        assert ben.digest == ada.digest, "the share was served meanwhile"
        stick.thaw()
        settle(tasks)
    team.close()
    report(Figure(f"longest stop of the window, {HANGS_S} s beside a stick that hangs", worst, "ms",
                  "≤ 50 ms"))  # fmt: skip
