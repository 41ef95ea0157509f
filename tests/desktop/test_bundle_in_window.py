# SPDX-License-Identifier: Apache-2.0
"""A bundle in the window: double-clicked, dropped, sealed; the wizard verifies it by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel

from strongroom.desktop.exchange.bundle_dialog import BundleDialog
from strongroom.desktop.exchange.import_wizard import CHOOSE, REPORT, VERIFY, ImportWizard
from strongroom.desktop.exchange.page import ExchangePage
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.shell.desk import Desk
from strongroom.services.bundles import Bundles
from support.accessibility import nameless
from support.cheap_keys import CHEAP
from support.exchange_page import opened as exchange_page
from support.opened_window import opened
from support.peers import Team, files_of
from support.settling import settle

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


@pytest.fixture
def desk(app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """What a double click on 1.strongbundle starts, for somebody without a team."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    bundle = tmp_path / "1.strongbundle"
    made = Desk(app, tmp_path / "fresh", tmp_path / "home", bundle=bundle)
    yield made
    made.close()


def wizard_on(root: object) -> ImportWizard:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, ImportWizard)]
    shown = [wizard for wizard in found if wizard.isVisible()]
    assert len(shown) == 1, root
    return shown[0]


def asked() -> UnlockDialog | None:
    dialogs = (w for w in QApplication.topLevelWidgets() if isinstance(w, UnlockDialog))
    return next((dialog for dialog in dialogs if dialog.isVisible()), None)


def test_a_sealed_bundle_asks_for_the_key_once_and_is_taken_in(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = team.peers
    file = team.root / "sealed.strongbundle"
    Bundles(ada.at).create(file, to=["Ben"])
    ben.at.identity().protect("keyring+passphrase", passphrase=PASSPHRASE, cost=CHEAP)
    ben.at.identity().lock()
    page = exchange_page(ben, tasks, qtbot)
    page.show_place(Place.of("exchange", {"import": str(file)}))
    wizard = wizard_on(page)
    qtbot.waitUntil(lambda: asked() is not None, timeout=10_000)
    assert wizard.step() == VERIFY
    assert "sealed" in " ".join(words(asked()))
    dialog = asked()
    assert dialog is not None
    QTest.keyClicks(dialog.field.edit, PASSPHRASE)
    QTest.keyClick(dialog.field.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: wizard.step() == CHOOSE, timeout=10_000)
    assert asked() is None
    QTest.mouseClick(wizard.next_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: wizard.step() == REPORT, timeout=20_000)
    settle(tasks)
    assert asked() is None, "the key stays open for a while"
    assert ben.has_content()
    assert wizard.receipt_button.isVisible()
    receipt = team.root / "receipt.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(receipt), ""))
    QTest.mouseClick(wizard.receipt_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert asked() is None, "the key is still open"
    assert Bundles(ada.at).confirm(receipt).by == "Ben"
    wizard.accept()


def test_who_does_not_unlock_stays_at_the_wizard_and_nothing_is_written(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    file = team.root / "sealed.strongbundle"
    Bundles(ada.at).create(file, to=["Ben"])
    ben.at.identity().protect("keyring+passphrase", passphrase=PASSPHRASE, cost=CHEAP)
    ben.at.identity().lock()
    page = exchange_page(ben, tasks, qtbot)
    page.importing.open_at(str(file))
    wizard = wizard_on(page)
    qtbot.waitUntil(lambda: asked() is not None, timeout=10_000)
    dialog = asked()
    assert dialog is not None
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    settle(tasks)
    assert asked() is None
    assert wizard.step() == VERIFY
    assert wizard.next_button.isEnabled(), "Verify again"
    assert files_of(ben.store / "ledger") == {}
    wizard.reject()


def test_a_bundle_sealed_for_others_is_refused_in_words(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben = team.peers
    file = team.root / "sealed.strongbundle"
    Bundles(ada.at).create(file, to=["Ada"])
    page = exchange_page(ben, tasks, qtbot)
    page.importing.open_at(str(file))
    wizard = wizard_on(page)
    settle(tasks)
    assert "sealed for others" in wizard.verify_fault.accessibleName()
    assert asked() is None
    wizard.reject()


def test_a_double_click_or_a_drop_opens_the_window_at_the_wizard(
    team: Team, desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    first, second = tmp_path / "1.strongbundle", tmp_path / "2.strongbundle"
    Bundles(team.peers[0].at).create(first)
    second.write_bytes(first.read_bytes())
    window = opened(desk)
    wizard = wizard_on(window)
    assert wizard.source() == str(first)
    qtbot.waitUntil(wizard.verify_fault.isVisible, timeout=10_000)
    assert "no team" in wizard.verify_fault.accessibleName().casefold()
    wizard.reject()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(second))])
    window.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip
    qtbot.waitUntil(lambda: wizard_on(window).source() == str(second), timeout=10_000)
    again = wizard_on(window)
    qtbot.waitUntil(again.verify_fault.isVisible, timeout=10_000)
    again.reject()
    settle(window.tasks)


def words(dialog: UnlockDialog | None) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)] if dialog else []


def dialog_on(page: ExchangePage, tasks: Tasks) -> BundleDialog:
    QTest.mouseClick(page.bundle_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    return next(each for each in page.findChildren(BundleDialog) if each.isVisible())


def test_a_sealed_bundle_is_made_in_the_window_and_its_receipt_confirmed(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = team.peers
    page = exchange_page(ada, tasks, qtbot)
    page.tabs.set_current("packages")
    settle(tasks)
    dialog = dialog_on(page, tasks)
    assert nameless(dialog) == []
    assert dialog.weight.title().startswith("It weighs ")
    assert not dialog.make.isEnabled(), "nobody has said where it lies"
    file = team.root / "made.strongbundle"
    QTest.keyClicks(dialog.path.edit, str(file))
    dialog.people.checked.emit("Ben", True)
    assert not file.exists(), "weighing writes nothing"
    QTest.mouseClick(dialog.make, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert page.banner.title() == "made.strongbundle is written"
    facts = Bundles(ben.at).look(file)
    assert facts.is_sealed
    assert set(facts.to) == {"Ada", "Ben"}
    receipt = team.root / "home.json"
    Bundles(ben.at).take(file)
    Bundles(ben.at).write_receipt(file, receipt)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(receipt), ""))
    page.carrying.confirm()
    settle(tasks)
    assert page.banner.title().startswith("Ben took in ")
    (sent,) = Bundles(ada.at).sent()
    assert sent.received_by == "Ben"
    page.close()


def test_chosen_things_need_a_tick_and_a_stranger_to_the_receipt_is_refused(
    team: Team, app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    ada = team.peers[0]
    page = exchange_page(ada, tasks, qtbot)
    page.tabs.set_current("packages")
    settle(tasks)
    dialog = dialog_on(page, tasks)
    dialog.set_path(str(team.root / "chosen.strongbundle"))
    dialog.kind.choose("chosen")
    settle(tasks)
    assert not dialog.make.isEnabled()
    assert dialog.weight.title() == "Nothing is chosen yet"
    dialog.things.all_checked.emit(True)
    settle(tasks)
    assert dialog.make.isEnabled()
    dialog.reject()
    page.carrying.confirm_from(team.root / "absent.json")
    settle(tasks)
    assert "There is no file" in page.banner.title()
    assert not list(team.root.glob("*.strongbundle*"))
    page.close()
