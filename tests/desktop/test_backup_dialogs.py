# SPDX-License-Identifier: Apache-2.0
"""Backups arranged in the window: the plan is changed and forgotten, one backup is chosen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from strongroom.bootstrap import Services, open_services
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.backup_dialogs import BackupPlanDialog, BackupsDialog
from strongroom.desktop.shell.health_dialog import HealthDialog
from strongroom.domain.backup import KeepRule
from strongroom.trust.keychain import MemoryKeychain
from support.accessibility import nameless
from support.runs_on_disk import START_US, write_run
from support.settling import settle

DAY_US = 86_400_000_000


class HandClock:
    """A clock that a test sets."""

    def __init__(self, now_us: int) -> None:
        self.time_us = now_us

    def now_us(self) -> int:
        return self.time_us


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START_US + DAY_US)


@pytest.fixture
def services(tmp_path: Path, clock: HandClock) -> Iterator[Services]:
    write_run(tmp_path / "store", 1, metrics={"loss": [0.5]})
    opened = open_services(
        tmp_path / "store", tmp_path / "home", clock=clock, keychain=MemoryKeychain(), environ={}
    )
    opened.runs.refresh()
    yield opened
    opened.close()


@pytest.fixture
def health(services: Services, tasks: Tasks, app: QApplication, qtbot: QtBot) -> HealthDialog:
    shown = HealthDialog(services, tasks)
    qtbot.addWidget(shown)
    shown.show()
    settle(tasks)
    return shown


def opened(kind: type[Dialog]) -> Dialog:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def press(button: QWidget) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def words(shown: QWidget) -> str:
    return "\n".join(label.text() for label in shown.findChildren(Label) if label.isVisible())


def test_a_plan_is_made_changed_and_forgotten(
    health: HealthDialog,
    services: Services,
    tasks: Tasks,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    press(health.planning)
    dialog = opened(BackupPlanDialog)
    assert isinstance(dialog, BackupPlanDialog)
    assert nameless(dialog) == []
    assert not dialog.save.isEnabled()
    assert not dialog.drop.isVisible()
    place = tmp_path / "elsewhere"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(place))
    press(dialog.browse)
    assert dialog.folder.text() == str(place)
    dialog.every.choose("12")
    dialog.keeps["last"].setFocus()
    QTest.keyClick(dialog.keeps["last"], Qt.Key.Key_Up)
    for _ in range(12):
        QTest.keyClick(dialog.keeps["monthly"], Qt.Key.Key_Down)
    assert (
        "the newest 4 backups, one a day for 7 days, one a week for 5 weeks. The"
        in dialog.told.text()
    )
    press(dialog.save)
    settle(tasks)
    plan = services.backups.plan()
    assert plan is not None
    assert (plan.folder, plan.every_hours) == (place, 12)
    assert plan.keep == KeepRule(last=4, monthly=0)
    assert f"In {place}, every 12 hours. What stays: the newest 4 backups," in words(health)
    press(health.planning)
    again = opened(BackupPlanDialog)
    assert isinstance(again, BackupPlanDialog)
    assert not again.save.isEnabled(), "it is the plan already"
    press(again.drop)
    settle(tasks)
    assert services.backups.plan() is None
    assert "The plan is forgotten" in words(health)


def test_a_place_no_backup_can_lie_is_told_by_its_code(
    health: HealthDialog, services: Services, tasks: Tasks, tmp_path: Path
) -> None:
    press(health.planning)
    dialog = opened(BackupPlanDialog)
    assert isinstance(dialog, BackupPlanDialog)
    dialog.folder.edit.setText(str(tmp_path / "store" / "inside"))
    press(dialog.save)
    settle(tasks)
    assert services.backups.plan() is None
    assert not (tmp_path / "store" / "inside").exists()
    said = "\n".join(each.accessibleName() for each in health.findChildren(QWidget))
    assert "E-BACKUP" in said


def test_an_older_backup_is_chosen_tried_out_and_restored(
    health: HealthDialog,
    services: Services,
    tasks: Tasks,
    clock: HandClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = tmp_path / "elsewhere"
    services.backups.save_plan(place, every_hours=24, keep=KeepRule())
    older = services.backups.create(why="before the move").info
    clock.time_us += DAY_US
    write_run(tmp_path / "store", 2)
    services.runs.refresh()
    newer = services.backups.create().info
    health.look()
    settle(tasks)
    press(health.every)
    settle(tasks)
    dialog = opened(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    assert nameless(dialog) == []
    assert [line.key for line in dialog.table.lines()] == [newer.id, older.id]
    dialog.table.setFocus()
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    assert dialog.chosen() == older.id
    press(dialog.drill)
    settle(tasks)
    assert "was restored and holds" in words(health)
    press(health.every)
    settle(tasks)
    target = tmp_path / "copy"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(target))
    again = opened(BackupsDialog)
    assert isinstance(again, BackupsDialog)
    again.table.select(older.id)
    press(again.restore)
    settle(tasks)
    assert len(list((target / "runs").glob("*/*/run.json"))) == 1, "the second run came later"


def test_a_backup_that_cannot_be_read_is_listed_with_its_reason_and_not_chosen(
    health: HealthDialog, services: Services, tasks: Tasks, tmp_path: Path
) -> None:
    services.backups.save_plan(tmp_path / "elsewhere", every_hours=24, keep=KeepRule())
    made = services.backups.create().info
    (found,) = (tmp_path / "elsewhere").rglob(f"*{made.id}*")
    found.chmod(0o644)
    found.write_bytes(b"{}")
    health.look()
    settle(tasks)
    press(health.every)
    settle(tasks)
    dialog = opened(BackupsDialog)
    assert isinstance(dialog, BackupsDialog)
    (line,) = dialog.table.lines()
    assert line.cells[1].words.startswith("E-")
    assert dialog.chosen() == ""
    assert not dialog.restore.isEnabled()
