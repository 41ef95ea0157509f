# SPDX-License-Identifier: Apache-2.0
"""The import wizard on real peers: nothing is written before Admit, what is refused is said."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.items_view import ItemsView
from strongroom.desktop.exchange.page import ExchangePage
from strongroom.desktop.kit.cells import Group, Row
from strongroom.desktop.kit.task import Tasks
from support.accessibility import nameless
from support.exchange_page import opened
from support.peers import Peer, Team, files_of, flip
from support.settling import settle

if TYPE_CHECKING:
    from strongroom.domain.changes import Changes


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def wizard_of(page: ExchangePage) -> ImportWizard:
    page.import_button.click()
    wizard = page.findChild(ImportWizard)
    assert wizard is not None
    return wizard


def rows(view: ItemsView) -> list[list[str]]:
    """The rows as words: title, result, kind, size, signer."""
    lines = [line for line in view.table.lines() if isinstance(line, Row)]
    return [[cell.words for cell in line.cells[-5:] if cell is not None] for line in lines]


def groups(view: ItemsView) -> dict[str, str]:
    return {line.title: line.note for line in view.table.lines() if isinstance(line, Group)}


def kept(peer: Peer) -> dict[str, bytes]:
    """What an import may write, as it lies on the disk."""
    found: dict[str, bytes] = {}
    for folder in ("ledger", "blobs", "runs", "quarantine"):
        found |= {f"{folder}/{k}": v for k, v in files_of(peer.store / folder).items()}
    return found


def test_an_import_shows_everything_before_it_writes_anything(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    before = kept(ben)
    heard: list[Changes] = []
    page.changed.connect(heard.append)
    wizard = wizard_of(page)
    assert wizard.source() == "share", "the selected place is proposed"
    wizard.next_button.click()
    settle(tasks)
    assert wizard.steps.accessibleName() == "Step 3 of 5: Choose"
    assert wizard.windowTitle() == "Import from share"
    shown = rows(wizard.found)
    assert [row[0] for row in shown[:2]] == ["churn v1", "churn: first"]
    assert {row[1] for row in shown} == {"New"}
    assert shown[0][4] == "Ada"
    assert kept(ben) == before, "nothing is written before Admit"
    wizard.next_button.click()
    settle(tasks)
    assert wizard.steps.accessibleName() == "Step 5 of 5: Report"
    assert {row[1] for row in rows(wizard.taken_in)} == {"Taken in"}
    assert ben.digest == ada.digest
    assert ben.has_content()
    assert any(changes.models == {"churn"} for changes in heard)
    text, data = tmp_path / "report.txt", tmp_path / "report.json"
    wizard.save_report(text)
    wizard.save_report(data)
    settle(tasks)
    assert "churn/1" in text.read_text(encoding="utf-8")
    checked = ben.exchange.reports.check(data)
    assert (checked.signer, checked.is_member, checked.report.record.state) == ("Ben", True, "done")
    assert len(checked.report.items) == len(shown)
    wizard.next_button.click()
    settle(tasks)
    assert not [each for each in page.findChildren(ImportWizard) if each.isVisible()]


def test_a_tampered_manifest_is_shown_as_rejected_and_kept_when_the_rest_is_taken(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    victim = max((team.share / "man").glob("*/*"), key=lambda path: path.stat().st_size)
    flip(victim)
    page = opened(ben, tasks, qtbot)
    wizard = wizard_of(page)
    wizard.next_button.click()
    settle(tasks)
    rejected = [row for row in rows(wizard.found) if row[1] == "Rejected"]
    assert rejected
    assert "not taken in" in groups(wizard.found)["Rejected"]
    title, sentence = wizard.found.strip.words()
    assert title.startswith("Does not match")
    assert sentence
    assert "E-HASH" in wizard.found.strip.accessibleName()
    assert ben.exchange.quarantined() == (), "nothing is written before Admit, not even copies"
    wizard.next_button.click()
    settle(tasks)
    path = victim.relative_to(team.share).as_posix()
    assert [item.path for item in ben.exchange.quarantined()] == [path]
    assert "in quarantine" in wizard.conclusion.accessibleName()
    wizard.next_button.click()
    settle(tasks)
    assert page.badge() == "1"


def test_a_tampered_object_is_rejected_before_anything_is_written(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    flip(max((team.share / "obj").glob("*/*"), key=lambda path: path.stat().st_size))
    page = opened(ben, tasks, qtbot)
    before = kept(ben)
    wizard = wizard_of(page)
    wizard.next_button.click()
    settle(tasks)
    wanted = {"churn v1", "churn: first", "churn v1: weights.bin"}
    for view in (wizard.found, wizard.taken_in):
        assert {row[0] for row in rows(view) if row[1] == "Rejected"} == wanted
        waiting = [row[0] for row in rows(view) if row[1] == "Waiting"]
        assert "version.register churn v1" in waiting, "its event is in and waits for content"
        assert "E-HASH" in view.strip.accessibleName()
        conclusion, _ = view.strip.words()
        assert conclusion == "Does not match: weights.bin has another digest than its manifest"
        if view is wizard.found:
            assert kept(ben) == before, "nothing is written before Admit"
            wizard.next_button.click()
            settle(tasks)
    assert ben.at.runs.search().total == 0, "a run appears whole or not at all"
    (item,) = ben.exchange.quarantined()
    assert item.reason == "churn v1: weights.bin has another digest than its manifest"
    assert not ben.has_content()
    wizard.accept()
    settle(tasks)


def test_a_source_that_is_gone_is_said_inside_the_wizard(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ben = team.peers[1]
    page = opened(ben, tasks, qtbot)
    shutil.rmtree(team.share)
    wizard = wizard_of(page)
    wizard.next_button.click()
    settle(tasks)
    assert "E-SHARE" in wizard.verify_fault.accessibleName()
    assert not wizard.verify_fault.isHidden()
    assert wizard.next_button.isEnabled(), "it can be tried again"
    wizard.back_button.click()
    assert wizard.steps.accessibleName() == "Step 1 of 5: Source"
    qtbot.keyClick(wizard, Qt.Key.Key_Escape)
    settle(tasks)
    assert page.isVisible()
    assert not [each for each in page.findChildren(ImportWizard) if each.isVisible()]


def test_leaving_while_it_verifies_stops_that(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    before = kept(ben)
    wizard = wizard_of(page)
    wizard.next_button.click()
    wizard.verify_line.stop_button.click()
    assert wizard.verify_fault.title() == "Stopped"
    wizard.next_button.click()
    wizard.reject()
    settle(tasks)
    assert kept(ben) == before


def test_stopping_while_taking_in_keeps_what_was_finished_and_goes_on(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    wizard = wizard_of(page)
    wizard.next_button.click()
    settle(tasks)
    wizard.next_button.click()
    wizard.admit_line.stop_button.click()
    settle(tasks)
    assert wizard.admit_fault.title() == "Stopped"
    wizard.next_button.click()
    settle(tasks)
    assert wizard.steps.accessibleName() == "Step 5 of 5: Report"
    assert ben.digest == ada.digest
    assert ben.has_content()
    wizard.accept()
    settle(tasks)


def test_run_folders_come_in_without_a_team(
    tmp_path: Path, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    there, here = Peer(tmp_path / "there", "Ada"), Peer(tmp_path / "here", "Ben")
    there.train("first")
    broken = there.train("second")
    (folder,) = [path for path in there.store.rglob(broken) if path.is_dir()]
    files = [path for path in folder.rglob("*") if path.is_file()]
    flip(max(files, key=lambda path: path.stat().st_size))
    page = opened(here, tasks, qtbot)
    wizard = wizard_of(page)
    assert not wizard.next_button.isEnabled()
    wizard.sources.path.set_text(str(there.store))
    wizard.next_button.click()
    settle(tasks)
    results = {row[0]: row[1] for row in rows(wizard.found)}
    assert results["churn: first"] == "New"
    assert sorted(results.values()) == ["New", "Rejected"]
    assert here.at.runs.search().total == 0
    wizard.next_button.click()
    settle(tasks)
    assert here.at.runs.search().total == 1
    assert here.problems() == []
    assert "was left where it is" in wizard.conclusion.accessibleName()
    wizard.accept()
    settle(tasks)
    there.close()
    here.close()


def test_when_nothing_is_new_there_is_nothing_to_admit(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    ben.pull()
    page = opened(ben, tasks, qtbot)
    wizard = wizard_of(page)
    wizard.next_button.click()
    settle(tasks)
    assert not wizard.next_button.isEnabled()
    assert set(groups(wizard.found)) == {"Same"}
    wizard.reject()
    settle(tasks)


def test_everything_in_the_wizard_has_a_name(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    ada.register()
    ada.push()
    page = opened(ben, tasks, qtbot)
    wizard = wizard_of(page)
    assert nameless(wizard) == []
    for _ in range(2):
        wizard.next_button.click()
        settle(tasks)
        assert nameless(wizard) == []
    wizard.accept()
    settle(tasks)
