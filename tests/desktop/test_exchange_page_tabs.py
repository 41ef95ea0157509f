# SPDX-License-Identifier: Apache-2.0
"""Pausing, the dry run, choosing, what came in, and packages: on real peers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.page import ExchangePage
from strongroom.desktop.exchange.plan_dialog import PlanDialog
from strongroom.desktop.kit.cells import Row
from strongroom.desktop.kit.command import Reason, WindowState
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.changes import Changes
from strongroom.domain.errors import Cancelled
from strongroom.services.audit import Audit, AuditEntry
from strongroom.services.bundles import Bundles
from support.accessibility import nameless
from support.exchange_page import opened
from support.peers import Team, files_of, flip
from support.settling import settle


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


class Stop:
    """Stops whatever tells it how far it is."""

    def step(self, _done: int, _total: int, _what: str = "") -> None:
        raise Cancelled


def words(table: Table) -> dict[str, list[str]]:
    """The rows by their first word."""
    found = {}
    for line in table.lines():
        if isinstance(line, Row):
            cells = [cell.words if cell is not None else "" for cell in line.cells]
            found[line.key] = cells
    return found


def titled(table: Table, title: str) -> str:
    """The key of the row with a title."""
    (key,) = [key for key, cells in words(table).items() if title in cells[:2]]
    return key


def tick(table: Table, key: str) -> None:
    """Presses the box of a row with the mouse."""
    row = next(at for at, line in enumerate(table.lines()) if line.key == key)
    rect = table.visualRect(table.model().index(row, 0))
    at = QPoint(rect.x() + 28, rect.center().y())
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def wizard_at(page: ExchangePage, source: str, tasks: Tasks) -> ImportWizard:
    page.importing.open_at(source)
    settle(tasks)
    wizard = page.findChildren(ImportWizard)[-1]
    assert wizard.steps.accessibleName() == "Step 3 of 5: Choose"
    return wizard


def test_a_paused_place_is_left_out_until_it_is_resumed(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ada, ben = team.peers
    ada.push()
    ben.add_remote(tmp_path / "stick", "stick")
    page = opened(ben, tasks, qtbot)
    page.places.table.select("share")
    assert page.places.pause_button.text() == "Pause"
    page.places.pause_button.click()
    settle(tasks)
    assert words(page.places.table)["share"][1] == "Paused"
    assert "It is paused" in page.places.strip.words()[1]
    page.sync()
    settle(tasks)
    assert not ben.at.has_team(), "nothing was taken in from the share"
    ben.exchange.sync()
    assert not ben.at.has_team(), "nor by a sync of all places from the command line"
    assert page.places.pause_button.text() == "Resume"
    page.places.pause_button.click()
    settle(tasks)
    page.sync()
    settle(tasks)
    assert ben.digest == ada.digest


def test_sync_says_why_it_does_nothing_while_every_place_is_paused(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    _, ben = team.peers
    page = opened(ben, tasks, qtbot)
    (sync,) = [each for each in page.commands() if each.id == "exchange.sync"]
    state = WindowState(has_store=True)
    assert sync.enabled(state) is None
    page.places.pause_button.click()
    settle(tasks)
    why = "Every place is paused: resume one first"
    assert sync.enabled(state) == Reason(why)
    assert not page.sync_button.isEnabled()
    assert page.sync_button.toolTip() == why
    page.places.pause_button.click()
    settle(tasks)
    assert page.sync_button.isEnabled()


def test_looking_whether_a_place_still_hangs_rebuilds_no_table(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    """Twice a second, with a thousand imports on the tab, the window would be busy with itself."""
    ada, ben = team.peers
    ada.push()
    ben.exchange.sync("share")
    page = opened(ben, tasks, qtbot)
    rows = page.places.table.lines()
    page.desk.changed.emit()
    assert all(a is b for a, b in zip(rows, page.places.table.lines(), strict=True))
    page.show_place(Place.of("exchange", {"show": "imports"}))
    settle(tasks)
    records = page.imports.table.lines()
    page.desk.changed.emit()
    assert all(a is b for a, b in zip(records, page.imports.table.lines(), strict=True))


def test_a_paused_place_is_still_served_when_it_is_named(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.push()
    ben.exchange.pause("share")
    page = opened(ben, tasks, qtbot)
    page.sync_place("share")
    settle(tasks)
    assert ben.digest == ada.digest
    assert ben.exchange.remotes()[0].is_paused, "it stays paused"


def test_the_dry_run_tells_both_directions_and_writes_nothing_at_all(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    ben.pull()
    ben.register("second")
    ada.say(1)
    ada.push()
    here, there = files_of(ben.store / "ledger"), files_of(team.share)
    page = opened(ben, tasks, qtbot)
    page.places.plan_button.click()
    settle(tasks)
    dialog = page.findChild(PlanDialog)
    assert dialog is not None
    assert nameless(dialog) == []
    coming = [cells[0] for cells in words(dialog.coming.table).values() if cells[1] == "New"]
    assert coming == ["login.unlock"]
    dialog.tabs.set_current("out")
    going = {cells[0] for cells in words(dialog.going.table).values() if cells[1] == "New"}
    assert {"churn v2", "churn: second"} <= going
    assert "Only on this computer" in dialog.words.text()
    assert (files_of(ben.store / "ledger"), files_of(team.share)) == (here, there)
    dialog.sync.click()
    settle(tasks)
    assert page.findChild(PlanDialog) is None, "it has closed"
    assert ben.digest != ada.digest
    ada.pull()
    assert ben.digest == ada.digest


def test_the_dry_run_of_two_equal_sides_has_nothing_to_do(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.push()
    ben.exchange.sync("share")
    page = opened(ben, tasks, qtbot)
    page.plan("share")
    settle(tasks)
    dialog = page.findChild(PlanDialog)
    assert dialog is not None
    assert not dialog.sync.isEnabled()
    dialog.reject()


def test_what_is_unticked_stays_where_it_is_and_can_be_taken_later(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register("first")
    ada.register("second")
    ada.push()
    page = opened(ben, tasks, qtbot)
    wizard = wizard_at(page, "share", tasks)
    assert nameless(wizard) == []
    everything = wizard.found.choice()
    assert everything.is_all
    tick(wizard.found.table, titled(wizard.found.table, "churn v2"))
    tick(wizard.found.table, titled(wizard.found.table, "churn: second"))
    event = next(key for key, cells in words(wizard.found.table).items() if cells[3] == "Team")
    tick(wizard.found.table, event)
    chosen = wizard.found.choice()
    assert {item.title for item in chosen.left} == {"churn/2", "churn: second"}, (
        "trust documents and events cannot be left out"
    )
    assert chosen.size_bytes < everything.size_bytes
    assert wizard.next_button.text() == f"Admit {len(chosen.items)} items"
    wizard.next_button.click()
    settle(tasks)
    assert ben.digest == ada.digest, "all events came"
    assert ben.has_content("churn/1")
    assert not ben.has_content("churn/2")
    wizard.accept()
    wizard = wizard_at(page, "share", tasks)
    shown = {cells[1]: cells[2] for cells in words(wizard.found.table).values()}
    assert shown["churn v2"] == "New", "what was left is offered again"
    wizard.next_button.click()
    settle(tasks)
    assert ben.has_content("churn/2")
    wizard.accept()


def test_unticking_everything_takes_in_the_events_alone(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    wizard = wizard_at(page, "share", tasks)
    wizard.found.table.all_checked.emit(False)
    wizard.next_button.click()
    settle(tasks)
    assert ben.digest == ada.digest
    assert not ben.has_content()
    assert ben.at.runs.search().total == 0
    wizard.accept()


def test_a_disk_without_room_refuses_before_anything_is_written(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    monkeypatch.setattr(type(ben.exchange), "free_bytes", lambda _self: 1_000)
    wizard = wizard_at(page, "share", tasks)
    assert not wizard.next_button.isEnabled()
    wizard.found.table.all_checked.emit(False)
    assert not wizard.next_button.isEnabled(), "even the events are larger than this"
    wizard.reject()


def test_imports_lists_what_came_with_its_items(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    flip(max((team.share / "obj").glob("*/*"), key=lambda path: path.stat().st_size))
    page = opened(ben, tasks, qtbot)
    page.show_place(Place.of("exchange", {"show": "imports"}))
    settle(tasks)
    assert page.body.currentWidget() is page.body.no_import
    page.sync()
    settle(tasks)
    assert page.body.currentWidget() is page.imports
    assert nameless(page) == []
    (cells,) = words(page.imports.table).values()
    assert cells[:3] == ["share", "Sync", "Rejections"]
    items = [cells[:2] for cells in words(page.imports.items.table).values()]
    assert ["churn v1: weights.bin", "Rejected"] in items
    assert "E-HASH" in page.imports.items.strip.accessibleName()
    assert page.place() == Place.of("exchange", {"show": "imports"})


def test_a_stopped_import_can_be_gone_on_with_from_the_list(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    with pytest.raises(Cancelled):
        ben.exchange.take("share", Stop())
    page = opened(ben, tasks, qtbot)
    page.show_place(Place.of("exchange", {"show": "imports"}))
    settle(tasks)
    (cells,) = words(page.imports.table).values()
    assert cells[2] == "Stopped"
    assert "Go on takes in the rest" in page.imports.words.text()
    page.imports.again_button.click()
    settle(tasks)
    again = page.findChildren(ImportWizard)[-1]
    again.next_button.click()
    settle(tasks)
    assert ben.has_content()
    again.accept()
    settle(tasks)
    assert next(iter(words(page.imports.table).values()))[2] == "Taken in"


def test_a_report_is_saved_signed_from_the_list(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    ada, ben = team.peers
    ada.push()
    ben.exchange.take("share")
    page = opened(ben, tasks, qtbot)
    page.show_place(Place.of("exchange", {"show": "imports"}))
    settle(tasks)
    path = tmp_path / "report.json"
    monkeypatch.setattr(
        "strongroom.desktop.exchange.report_saver.QFileDialog.getSaveFileName",
        lambda *_args: (str(path), ""),
    )
    page.imports.save_button.click()
    settle(tasks)
    assert page.banner.title() == "Saved as report.json"
    assert ben.exchange.reports.check(path).signer == "Ben"


def test_everything_in_quarantine_is_tried_again_at_once(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    flip(max((team.share / "obj").glob("*/*"), key=lambda path: path.stat().st_size))
    ben.pull()
    page = opened(ben, tasks, qtbot)
    {command.id: command for command in page.commands()}["exchange.retry_all"].run()
    settle(tasks)
    assert page.banner.title().startswith("Still refused, E-HASH")
    (item,) = ben.exchange.quarantined()
    page.acts.save_to(item, tmp_path / "copy.quarantined")
    settle(tasks)
    assert page.banner.title() == "Saved as copy.quarantined"
    assert (tmp_path / "copy.quarantined").read_bytes() == ben.at.quarantine.read(item.id)


def test_the_whole_log_is_read_for_packages_only_when_somebody_looks_at_them(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = team.peers
    ada.register()
    reads = list[str]()
    entries = Audit.entries

    def counted(audit: Audit) -> tuple[AuditEntry, ...]:
        reads.append("read")
        return entries(audit)

    monkeypatch.setattr(Audit, "entries", counted)
    page = opened(ada, tasks, qtbot)
    page.refresh(Changes(events=frozenset({"e"})))
    settle(tasks)
    assert reads == []
    page.tabs.set_current("packages")
    settle(tasks)
    assert reads == ["read"]
    assert page.body.currentWidget() is page.body.no_package
    page.show_place(Place.of("exchange", {"show": "packages"}))
    settle(tasks)
    assert reads == ["read", "read"]


def test_packages_and_bundles_are_listed_for_the_whole_team(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ada, ben = team.peers
    ada.register()
    version = ada.registry.show("churn/1").version
    ada.at.sign(
        "export.audit",
        {"model": "churn", "version": 1, "tree": version.tree, "tagmanifest": "ab" * 32},
    )
    made = Bundles(ada.at).create(tmp_path / "out", versions=("churn/1",))
    ada.push()
    ben.pull()
    page = opened(ben, tasks, qtbot)
    asked: list[int] = []
    page.package_requested.connect(lambda: asked.append(1))
    page.tabs.set_current("packages")
    settle(tasks)
    assert nameless(page) == []
    shown = [cells[:3] for cells in words(page.packages.table).values()]
    assert sorted(shown) == sorted(
        [["churn v1", "Audit package", "Ada"], [made.title, "Bundle", "Ada"]]
    )
    page.package_button.click()
    assert asked == [1]


def test_runs_of_a_folder_can_be_left_where_they_are(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    first, second = ada.train("first"), ada.train("second")
    page = opened(ben, tasks, qtbot)
    wizard = wizard_at(page, str(ada.store), tasks)
    tick(wizard.found.table, titled(wizard.found.table, "churn: second"))
    assert wizard.next_button.text() == "Admit 1 item"
    wizard.next_button.click()
    settle(tasks)
    assert ben.at.runs.search().total == 1
    assert ben.at.folder.find_run(first) is not None
    assert ben.at.folder.find_run(second) is None
    wizard.accept()
