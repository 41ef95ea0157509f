# SPDX-License-Identifier: Apache-2.0
"""What a person sees of the health of the store, and what the acts there come to on the disk."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from strongroom.bootstrap import Services, open_services
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.shell.health_dialog import LOST_RUNS, HealthDialog
from strongroom.domain.clock import FixedClock
from strongroom.domain.progress import Progress
from strongroom.services.store_health import BACK_UP, CLOSE, SEAL, VERIFY
from strongroom.trust.keychain import MemoryKeychain
from support.accessibility import nameless
from support.command_line import Workplace
from support.runs_on_disk import START_US, write_run
from support.settling import settle

LATER_US = START_US + 3 * 86_400_000_000


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for number in range(1, 4):
        write_run(tmp_path / "store", number, metrics={"loss": [0.5] * 50}, artifacts={"a": b"x"})
    return tmp_path / "store"


@pytest.fixture
def services(store: Path, tmp_path: Path) -> Iterator[Services]:
    opened = open_services(
        store, tmp_path / "home", clock=FixedClock(LATER_US), keychain=MemoryKeychain(), environ={}
    )
    yield opened
    opened.close()


@pytest.fixture
def dialog(services: Services, qtbot: QtBot, qapp: object) -> Iterator[tuple[HealthDialog, Tasks]]:
    if getattr(Theme, "_current", None) is None:
        Theme.install(qapp, "light")  # type: ignore[arg-type]
    tasks = Tasks()
    shown = HealthDialog(services, tasks)
    qtbot.addWidget(shown)
    shown.show()
    settle(tasks)
    yield shown, tasks
    tasks.cancel_all()
    settle(tasks)


def words(dialog: HealthDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(Label) if label.isVisible())


def press(dialog: HealthDialog, qtbot: QtBot, act: str, tasks: Tasks) -> None:
    """Presses the button of an act with the mouse, and waits for what it came to."""
    (button,) = (
        each.button for each in dialog.rows if each.line.act == act and each.button is not None
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(tasks)


def test_runs_are_sealed_from_the_line_that_says_they_are_not(
    dialog: tuple[HealthDialog, Tasks], services: Services, store: Path, qtbot: QtBot
) -> None:
    shown, tasks = dialog
    # The look that opened it read an index that knows no run yet.
    from strongroom.domain.progress import Silent
    from strongroom.store import discovery

    discovery.discover(services.runs.catalog, services.runs.folder, services.clock, Silent())
    shown.look()
    settle(tasks)
    assert "3 runs that ended are not sealed yet" in words(shown)
    assert not list(store.rglob("sealed.json"))
    with qtbot.waitSignal(shown.changed):
        press(shown, qtbot, SEAL, tasks)
    assert len(list(store.rglob("sealed.json"))) == 3
    assert "Every run that ended is compacted and sealed" in words(shown)
    assert "Runs were looked at and sealed" in words(shown)


def test_verifying_names_what_was_swapped_and_says_when_all_holds(
    dialog: tuple[HealthDialog, Tasks], services: Services, store: Path, qtbot: QtBot
) -> None:
    shown, tasks = dialog
    services.runs.refresh()
    shown.act(VERIFY)
    settle(tasks)
    assert "Everything holds" in words(shown)
    victim = next(store.rglob("metrics.parquet"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    shown.act(VERIFY)
    settle(tasks)
    assert "1 thing does not hold" in words(shown)
    assert f"E-HASH runs/{victim.relative_to(store / 'runs')}" in words(shown)


def test_damage_found_by_the_last_look_is_the_first_line_and_offers_to_verify(
    dialog: tuple[HealthDialog, Tasks], services: Services, store: Path
) -> None:
    shown, tasks = dialog
    journal = next(store.rglob("w-*.srj"))
    data = bytearray(journal.read_bytes())
    data[100] ^= 1
    journal.write_bytes(data)
    services.runs.refresh()
    shown.look()
    settle(tasks)
    first = shown.rows[0].line
    assert (first.key, first.tone, first.act) == ("damage", "bad", VERIFY)
    assert "E-HASH" in first.detail
    assert not services.health.look().is_ok


def test_the_first_backup_asks_for_a_folder_is_checked_tried_out_and_restored(
    dialog: tuple[HealthDialog, Tasks],
    services: Services,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown, tasks = dialog
    services.runs.refresh()
    shown.look()
    settle(tasks)
    assert not shown.check.isEnabled()
    place, target = tmp_path / "elsewhere", tmp_path / "copy"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(place))
    press(shown, qtbot, BACK_UP, tasks)
    assert f"Backed up into {place}" in words(shown)
    assert len(services.backups.listed()) == 1
    assert "Backed up within the last hour" in words(shown)
    QTest.mouseClick(shown.check, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert "Every backup could be restored" in words(shown)
    QTest.mouseClick(shown.drill, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert "The newest backup was restored and holds" in words(shown)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(target))
    QTest.mouseClick(shown.restore, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert len(list((target / "runs").glob("*/*/run.json"))) == 3
    assert "A copy was restored" in words(shown)


def test_a_damaged_backup_is_told_before_it_is_needed(
    dialog: tuple[HealthDialog, Tasks], services: Services, qtbot: QtBot, tmp_path: Path
) -> None:
    from strongroom.domain.backup import KeepRule

    shown, tasks = dialog
    services.runs.refresh()
    services.backups.save_plan(tmp_path / "elsewhere", every_hours=24, keep=KeepRule())
    services.backups.create()
    shown.look()
    settle(tasks)
    victim = max(
        (each for each in (tmp_path / "elsewhere").rglob("*") if each.is_file()),
        key=lambda each: each.stat().st_size,
    )
    victim.chmod(0o644)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    QTest.mouseClick(shown.check, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert "Not every backup could be restored" in words(shown)


def test_runs_without_contact_lead_to_the_runs_and_bars_say_their_sizes(
    services: Services, store: Path, qtbot: QtBot, dialog: tuple[HealthDialog, Tasks]
) -> None:
    shown, tasks = dialog
    write_run(store, 9, status="", metrics={"loss": [1.0]})
    services.runs.refresh()
    shown.look()
    settle(tasks)
    assert "1 run has lost contact" in words(shown)
    with qtbot.waitSignal(shown.place_requested) as asked:
        press(shown, qtbot, CLOSE, tasks)
    assert asked.args is not None
    assert asked.args[0].filter == LOST_RUNS or LOST_RUNS in str(asked.args[0])
    assert services.runs.search(LOST_RUNS).total == 1
    said = shown.bars.accessibleDescription()
    used = {each.kind: each for each in services.health.look().space}
    on_disk = sum(each.stat().st_size for each in store.rglob("metrics.parquet"))
    assert used["metrics"].size_bytes == on_disk
    assert "Metrics, compacted: " in said
    assert "in 3 files" in said


def test_everything_in_the_dialog_has_a_name(dialog: tuple[HealthDialog, Tasks]) -> None:
    assert nameless(dialog[0]) == []


def test_a_job_is_cancelled_from_the_dialog_and_what_was_done_stays(
    dialog: tuple[HealthDialog, Tasks], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, tasks = dialog
    services.runs.refresh()
    began = threading.Event()

    def endless(progress: Progress) -> None:
        while True:  # ends when the progress hears Cancel
            progress.step(1, 4, "Reading")
            began.set()
            time.sleep(0.005)

    monkeypatch.setattr(services.integrity, "verify", endless)
    shown.act(VERIFY)
    until = time.monotonic() + 20
    while not (began.is_set() and shown.stop.isVisible()):
        QApplication.processEvents()
        assert time.monotonic() < until
    assert not shown.verify.isEnabled()
    QTest.mouseClick(shown.stop, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert "It was stopped" in words(shown)
    assert not shown.stop.isVisible()
    assert shown.verify.isEnabled()


def test_the_command_line_says_the_same_as_the_window(
    dialog: tuple[HealthDialog, Tasks], services: Services, store: Path, tmp_path: Path
) -> None:
    shown, tasks = dialog
    services.runs.refresh()
    shown.look()
    settle(tasks)
    here = Workplace(tmp_path / "home", store)
    found = here.ask("health")
    assert [each["title"] for each in found["lines"]][:-1] == [
        row.line.title for row in shown.rows
    ][:-1]
    sizes = {each["kind"]: each["bytes"] for each in found["space"]}
    assert sizes["artifacts"] == sum(each.stat().st_size for each in store.rglob("*.pack"))
    names = {each["name"] for each in here.ask("doctor", code=0)["checks"]}
    assert {"sealing", "contact", "backup"} <= names
