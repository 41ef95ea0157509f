# SPDX-License-Identifier: Apache-2.0
"""People in the window: rights with reasons, a code from screen to team, keys in three states."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.errors import UntrustedDialog
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.admit_dialog import AdmitDialog
from strongroom.desktop.people.cosign_dialog import ChangeLine
from strongroom.desktop.people.fork_dialog import ForkDialog
from strongroom.desktop.people.grant_dialog import GrantDialog
from strongroom.desktop.people.page import PeoplePage
from strongroom.desktop.people.passphrase_dialog import PassphraseDialog
from strongroom.desktop.people.put_aside_dialog import PutAsideDialog
from strongroom.desktop.people.request_dialog import RequestDialog
from strongroom.desktop.people.rotate_dialog import RotateDialog
from strongroom.desktop.people.team_dialogs import FoundDialog, TrustDialog
from strongroom.services.identities import Identities
from strongroom.services.key_status import KeyState
from strongroom.services.rights import Rights
from strongroom.services.trust_changes import TrustChanges
from strongroom.services.trust_forks import TrustForks
from strongroom.services.workstation import Workstation
from strongroom.trust.keychain import Keychain, MemoryKeychain, PassphraseKeychain
from support.accessibility import nameless
from support.peers import Peer, Team, files_of
from support.people_page import services_of
from support.settling import settle

SECRET_WORDS = "seven quiet herons by the harbour"
Open = Callable[[Peer], PeoplePage]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada founded the team; Ben and Cleo are analysts."""
    three = Team(tmp_path, ("Ada", "Ben", "Cleo"))
    yield three
    three.close()


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Peer]:
    """Dora has a key and belongs to nothing yet."""
    peer = Peer(tmp_path / "dora", "Dora")
    yield peer
    peer.close()


@pytest.fixture
def opened(tasks: Tasks, qtbot: QtBot) -> Iterator[Open]:
    pages: list[PeoplePage] = []

    def open_page(peer: Peer) -> PeoplePage:
        page = PeoplePage(services_of(peer.at), tasks)
        qtbot.addWidget(page)
        pages.append(page)
        page.resize(1200, 720)
        page.show()
        page.show_place(Place("people"))
        settle(tasks)
        return page

    yield open_page
    for page in pages:
        page.close()


def dialog_of(page: PeoplePage, kind: type[QWidget], tasks: Tasks) -> QWidget:
    settle(tasks)
    found = [each for each in page.findChildren(kind) if each.isVisible()]
    assert len(found) == 1
    return found[0]


def scanned(widget: QWidget) -> str:
    """Returns what a scanner reads from the pixels of a widget."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    (found,) = zxingcpp.read_barcodes(  # QR codes alone: in the dots of one, others are seen
        np.ascontiguousarray(rows[:, : image.width()]), formats=zxingcpp.BarcodeFormat.QRCode
    )
    return found.text


# -------------------------------------------------------------------- commands


def why(page: PeoplePage, command: str, person: str) -> str:
    (found,) = [each for each in page.commands() if each.id == command]
    reason = found.enabled(WindowState(has_store=True, page="people", person=person))
    return reason.text if reason is not None else ""


def test_menu_and_palette_say_the_same_as_the_grey_button_of_the_page(
    team: Team, stranger: Peer, opened: Open
) -> None:
    ada, ben, _ = team.peers
    assert why(opened(ada), "people.admit", "Ada") == ""
    assert why(opened(ada), "people.cosign", "Ada") == ""
    ada.push()
    ben.pull()
    page = opened(ben)
    said = "Only an admin of the team admits, gives and ends rights"
    assert why(page, "people.admit", "Ben") == page.admit_button.toolTip() == said
    assert why(page, "people.cosign", "Ben") == "", "a root key on a stick may be his"
    page = opened(stranger)
    said = "This store has no team yet"
    for command, button in (("admit", page.admit_button), ("cosign", page.cosign_button)):
        assert why(page, f"people.{command}", "Dora") == said
        assert not button.isEnabled()
        assert button.toolTip() == said


# -------------------------------------------------------------------- rights


def test_each_right_says_which_role_gave_it_in_which_version_signed_by_whom(
    team: Team, opened: Open, tasks: Tasks
) -> None:
    ada, ben, _ = team.peers
    ada.people.grant("Ben", "reviewer", scope="model:churn*")
    version = ada.people.team().version
    page = opened(ada)
    page.table.select(ben.writer)
    settle(tasks)
    assert page.members.pane.rights() == [
        "Log runs, everywhere. Analyst, version 2 signed by Ada",
        "Register versions and set aliases, everywhere. Analyst, version 2 signed by Ada",
        "Request a move to any stage, everywhere. Analyst, version 2 signed by Ada",
        f"Approve a move to Staging, on model churn*. Reviewer, version {version} signed by Ada",
        f"Request a move to any stage, on model churn*. Reviewer, version {version} signed by Ada",
    ]
    assert nameless(page) == []


def test_a_right_that_ended_stays_in_sight_with_the_place_where_it_ended(
    team: Team, opened: Open, tasks: Tasks
) -> None:
    ada, ben, _ = team.peers
    ada.push()
    ben.pull()
    ben.say(1)
    ben.push()
    ada.pull()
    ada.people.revoke("Ben", reason="lost")
    version, seq = ada.people.team().version, ada.at.snapshot().chains.heads[ben.writer][0]
    page = opened(ada)
    page.table.select(ben.writer)
    settle(tasks)
    first = page.members.pane.rights()[0]
    assert first == (
        "Ended: Log runs, everywhere. Analyst, version 2 signed by Ada;"
        f" ended at event {seq}, version {version} signed by Ada"
    )
    story = Rights(ada.at).story(ben.writer)
    assert story.ended == f"Revoked, version {version} signed by Ada: lost the key"
    assert story.event_count == seq
    assert not page.members.pane.revoke_button.isEnabled()


def test_whoever_is_no_admin_is_told_why_nothing_can_be_changed(
    team: Team, opened: Open, tasks: Tasks
) -> None:
    ada, ben, _ = team.peers
    ada.push()
    ben.pull()
    page = opened(ben)
    assert not page.admit_button.isEnabled()
    assert not page.members.pane.revoke_button.isEnabled()
    assert "Only an admin" in page.members.pane.why_not.text()


def test_a_role_is_told_in_words_before_it_is_given(
    team: Team, opened: Open, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben, _ = team.peers
    page = opened(ada)
    page.table.select(ben.writer)
    settle(tasks)
    QTest.mouseClick(page.members.pane.grant_button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(page, GrantDialog, tasks)
    assert isinstance(dialog, GrantDialog)
    dialog.form.roles.choose("release-approver")
    dialog.form.scope_field.set_text("model:churn*")
    assert dialog.form.said() == (
        "Request a move to any stage, on model churn*; Approve a move to any stage, on model churn*"
    )
    assert nameless(dialog) == []
    with qtbot.waitSignal(dialog.granted, timeout=20_000):
        QTest.mouseClick(dialog.give, Qt.MouseButton.LeftButton)
    settle(tasks)
    given = next(m for m in ada.people.people() if m.writer == ben.writer)
    assert ("approve:*", "model:churn*") in {(g.cap, g.scope) for g in given.grants}


# -------------------------------------------------------------------- joining


def test_a_request_goes_from_one_screen_through_a_scanner_into_the_team(
    team: Team, stranger: Peer, opened: Open, tasks: Tasks, qtbot: QtBot
) -> None:
    ada = team.peers[0]
    theirs = opened(stranger)
    theirs.key_acts.show_request()
    shown = dialog_of(theirs, RequestDialog, tasks)
    assert isinstance(shown, RequestDialog)
    settle(tasks)
    read_out = shown.words.words()
    code = scanned(shown.code)
    assert nameless(shown) == []
    shown.reject()

    page = opened(ada)
    QTest.mouseClick(page.admit_button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(page, AdmitDialog, tasks)
    assert isinstance(dialog, AdmitDialog)
    QTest.mouseClick(dialog.code.edit, Qt.MouseButton.LeftButton)
    dialog.code.set_text(code)
    qtbot.keyClick(dialog.code.edit, Qt.Key.Key_Return)
    settle(tasks)
    assert dialog.isVisible()  # Enter ended the code, not the dialog
    assert dialog.words.words() == read_out
    assert nameless(dialog) == []
    assert not dialog.admit.isEnabled()  # nobody has compared yet
    QTest.mouseClick(dialog.compared, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(dialog.admitted, timeout=20_000):
        QTest.mouseClick(dialog.admit, Qt.MouseButton.LeftButton)
    settle(tasks)
    joined = next(m for m in ada.people.people() if m.writer == stranger.writer)
    assert (joined.name, joined.host, joined.role) == ("Dora", "ws-dora", "analyst")


def test_42_a_request_swapped_after_it_was_compared_admits_nobody(
    team: Team, stranger: Peer, opened: Open, tasks: Tasks, tmp_path: Path, qtbot: QtBot
) -> None:
    """Threat 42: the file lies where others write, and is replaced while the two talk."""
    ada = team.peers[0]
    eve = Peer(tmp_path / "eve", "Dora")
    path = tmp_path / "stick-request.json"
    stranger.identities.save_request(path)
    page = opened(ada)
    page.acts.admit_from(path)
    dialog = dialog_of(page, AdmitDialog, tasks)
    assert isinstance(dialog, AdmitDialog)
    path.unlink()
    eve.identities.save_request(path)
    QTest.mouseClick(dialog.compared, Qt.MouseButton.LeftButton)
    QTest.mouseClick(dialog.admit, Qt.MouseButton.LeftButton)
    settle(tasks)
    (told,) = [w for w in QApplication.topLevelWidgets()
               if isinstance(w, UntrustedDialog) and w.isVisible()]  # fmt: skip
    assert "E-BIND" in " ".join(each.accessibleName() for each in told.findChildren(QWidget))
    assert {m.name for m in ada.people.people()} == {"Ada", "Ben", "Cleo"}
    told.reject()
    dialog.reject()
    eve.close()


def test_one_more_workstation_of_somebody_is_the_same_person(
    team: Team, opened: Open, tasks: Tasks, tmp_path: Path, qtbot: QtBot
) -> None:
    ada, ben, _ = team.peers
    laptop = Peer(tmp_path / "laptop", "Ben")
    path = tmp_path / "laptop-request.json"
    laptop.identities.save_request(path)
    page = opened(ada)
    page.acts.admit_from(path)
    dialog = dialog_of(page, AdmitDialog, tasks)
    assert isinstance(dialog, AdmitDialog)
    dialog.person.choose(next(m.person for m in ada.people.people() if m.writer == ben.writer))
    QTest.mouseClick(dialog.compared, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(dialog.admitted, timeout=20_000):
        QTest.mouseClick(dialog.admit, Qt.MouseButton.LeftButton)
    settle(tasks)
    people = {m.writer: m.person for m in ada.people.people()}
    assert people[laptop.writer] == people[ben.writer]
    laptop.close()


def test_a_file_that_is_no_request_says_so_and_nothing_can_be_pressed(
    team: Team, opened: Open, tasks: Tasks, tmp_path: Path
) -> None:
    page = opened(team.peers[0])
    path = tmp_path / "nonsense.json"
    path.write_text("SR1:MFRGG")
    page.acts.admit_from(path)
    settle(tasks)
    (told,) = [w for w in QApplication.topLevelWidgets()
               if isinstance(w, UntrustedDialog) and w.isVisible()]  # fmt: skip
    told.reject()
    (dialog,) = page.findChildren(AdmitDialog)
    assert not dialog.admit.isEnabled()
    dialog.reject()


# -------------------------------------------------------------------- my key


def at_home(folder: Path, keychain: Keychain) -> Workstation:
    """A workstation where nobody has a key yet."""
    peer = Peer(folder / "somebody", "Somebody")
    return Workstation(
        peer.at.runs, folder / "new-home", keychain=keychain, ask=lambda _: "", clock=peer.clock,
        random_bytes=peer.at.random_bytes, app="strongroom/test",
    )  # fmt: skip


def test_the_way_back_from_ones_key_leads_to_the_people(
    team: Team, opened: Open, tasks: Tasks
) -> None:
    page = opened(team.peers[0])
    people = page.place()
    page.show_place(Place.of("people", {"tab": "key"}))
    assert page.key_view.isVisible()
    page.show_place(people)
    assert not page.key_view.isVisible()
    settle(tasks)


def test_a_key_is_made_in_the_window_and_its_passphrase_lies_nowhere(
    tmp_path: Path, tasks: Tasks, qtbot: QtBot
) -> None:
    at = at_home(tmp_path, PassphraseKeychain())
    page = PeoplePage(services_of(at), tasks)
    qtbot.addWidget(page)
    page.show()
    page.show_place(Place.of("people", {"tab": "key"}))
    settle(tasks)
    view = page.key_view
    assert view.banner.title() == "There is no key on this workstation"
    assert view.create_button.isVisible()
    assert not view.unlock_button.isVisible()
    QTest.mouseClick(view.create_button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(page, PassphraseDialog, tasks)
    assert isinstance(dialog, PassphraseDialog)
    assert nameless(dialog) == []
    qtbot.keyClicks(dialog.name_field.edit, "Dora Winter")
    qtbot.keyClicks(dialog.form.first.edit, SECRET_WORDS)
    qtbot.keyClicks(dialog.form.again.edit, SECRET_WORDS[:-1])
    assert not dialog.go.isEnabled()  # the two differ
    qtbot.keyClicks(dialog.form.again.edit, SECRET_WORDS[-1])
    with qtbot.waitSignal(dialog.protected, timeout=30_000):
        QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert view.banner.title() == "The key is locked"
    status = Identities(at).key_status()
    assert (status.state, status.name, status.protection) == (
        KeyState.LOCKED, "Dora Winter", "passphrase",
    )  # fmt: skip
    for path, data in files_of(tmp_path).items():
        assert SECRET_WORDS.encode() not in data, path
    at.runs.catalog.close()
    page.close()


@pytest.mark.parametrize(
    ("keychain", "says"),
    [
        ("locked", "Unlock the keychain with the password of your login"),
        ("absent", "This session has no keychain service"),
        ("open", "Approving needs a passphrase as well"),
    ],
)
def test_a_locked_key_says_what_is_missing_and_what_to_do(
    team: Team, keychain: str, says: str
) -> None:
    ben = team.peers[1]
    if keychain == "locked":
        ben.keychain.lock()
    elif keychain == "absent":
        ben.at.keychain = PassphraseKeychain()
    status = Identities(ben.at).key_status()
    assert status.state is KeyState.LOCKED
    assert says in status.advice


def test_the_key_is_opened_kept_open_and_locked_on_its_own_page(
    team: Team, opened: Open, tasks: Tasks
) -> None:
    ben = team.peers[1]
    assert isinstance(ben.keychain, MemoryKeychain)
    page = opened(ben)
    page.tabs.set_current("key")
    settle(tasks)
    view = page.key_view
    assert view.protect_button.text() == "Set a passphrase…"
    QTest.mouseClick(view.unlock_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert view.banner.title() == "The key is open"
    QTest.mouseClick(view.keep_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert 3_590 < ben.identities.seconds_left() <= 3_600
    QTest.mouseClick(view.lock_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert ben.identities.seconds_left() == 0
    assert view.unlock_button.isVisible()
    assert nameless(page) == []


def test_a_request_is_saved_as_the_file_of_its_code(
    stranger: Peer, opened: Open, tasks: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    page = opened(stranger)
    page.key_acts.show_request()
    dialog = dialog_of(page, RequestDialog, tasks)
    assert isinstance(dialog, RequestDialog)
    settle(tasks)
    QTest.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    by_code = stranger.people.applicant(QApplication.clipboard().text())
    assert stranger.people.applicant(path) == by_code
    assert by_code.fingerprint.words == dialog.words.words()
    dialog.reject()


# -------------------------------------------------------------------- a new key


def rotated(page: PeoplePage, tasks: Tasks, qtbot: QtBot) -> None:
    """Types a passphrase for the new key and presses Rotate."""
    page.key_acts.rotate()
    dialog = dialog_of(page, RotateDialog, tasks)
    assert isinstance(dialog, RotateDialog)
    assert nameless(dialog) == []
    assert not dialog.go.isEnabled()
    for field in (dialog.form.first, dialog.form.again):
        qtbot.keyClicks(field.edit, SECRET_WORDS)
    with qtbot.waitSignal(dialog.rotated, timeout=30_000):
        QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    settle(tasks)


def test_an_admin_rotates_his_key_and_it_is_in_force_at_once(
    team: Team, opened: Open, tasks: Tasks, qtbot: QtBot
) -> None:
    ada = team.peers[0]
    old = ada.writer
    page = opened(ada)
    with qtbot.waitSignal(page.noticed, timeout=30_000) as told:
        rotated(page, tasks, qtbot)
    assert told.args is not None
    assert told.args[0] == "The new key is in force"
    me = next(m for m in ada.people.people() if m.is_me)
    assert me.writer != old
    assert me.role == "founder"
    assert not next(m for m in ada.people.people() if m.writer == old).is_active


def test_the_new_key_of_somebody_else_waits_for_an_admin_and_its_request_is_saved(
    team: Team, opened: Open, tasks: Tasks, qtbot: QtBot, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    ada, ben, _ = team.peers
    ada.push()
    ben.pull()
    path = tmp_path / "new-key.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    page = opened(ben)
    with qtbot.waitSignal(page.noticed, timeout=30_000) as told:
        rotated(page, tasks, qtbot)
    assert told.args is not None
    assert told.args[0] == "The new key waits for an admin"
    ben.push()
    ada.pull()
    asked = ada.people.applicant(path)
    assert asked.succeeds == ben.writer
    theirs = opened(ada)
    theirs.acts.admit_from(path)
    dialog = dialog_of(theirs, AdmitDialog, tasks)
    assert isinstance(dialog, AdmitDialog)
    assert not dialog.form.isVisible()  # there is no role to choose: it has that of the old key
    assert dialog.heir.isVisible()
    assert dialog.heir.text().startswith("The old key of Ben on ws-ben vouched for this one")
    QTest.mouseClick(dialog.compared, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(dialog.admitted, timeout=20_000):
        QTest.mouseClick(dialog.admit, Qt.MouseButton.LeftButton)
    settle(tasks)
    heir = next(m for m in ada.people.people() if m.writer == asked.writer)
    assert (heir.name, heir.role) == ("Ben", "analyst")


# -------------------------------------------------------------------- two versions of the team


def test_a_fork_is_told_in_words_and_settled_with_the_root_key(
    team: Team, opened: Open, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ada = team.peers[0]
    twin = ada.restored_copy(tmp_path / "twin")
    ada.people.grant("Ben", "reviewer")
    twin.people.grant("Cleo", "auditor")
    twin.add_remote(tmp_path / "other", "other")
    twin.push("other")
    ada.add_remote(tmp_path / "other", "other")
    ada.pull("other")
    page = opened(ada)
    assert page.fork_banner.isVisible()
    page.acts.settle_fork()
    dialog = dialog_of(page, ForkDialog, tasks)
    assert isinstance(dialog, ForkDialog)
    words = [line.words for line in dialog.findChildren(ChangeLine)]
    assert any(line.startswith("+ Ben gets: Approve a move to Staging") for line in words)
    assert any(line.startswith("+ Cleo gets: Export audit packages") for line in words)
    assert not dialog.settle.isEnabled()  # people choose, not the program
    assert nameless(dialog) == []
    mine = next(side.id for side in TrustForks(ada.at, TrustChanges(ada.at)).view().sides
                if any(change.subject == "Ben" for change in side.changes))  # fmt: skip
    dialog.side.choose(mine)
    settle(tasks)
    assert dialog.settle.isEnabled()
    with qtbot.waitSignal(dialog.settled, timeout=20_000):
        QTest.mouseClick(dialog.settle, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert page.fork_banner.isHidden()
    caps = {m.name: {g.cap for g in m.grants if g.cut is None} for m in ada.people.people()}
    assert "approve:staging" in caps["Ben"]
    assert "export.audit" in caps["Cleo"]  # carried over from the other side
    twin.close()


def test_a_version_that_is_put_aside_is_told_until_somebody_knows_of_it(
    opened: Open, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    team = Team(tmp_path / "three", ("Ada", "Ben", "Cleo"))
    ada, ben, _ = team.peers
    ada.people.grant("Ben", "admin")
    ada.push()
    ben.pull()
    ada.people.grant("Cleo", "auditor")
    ben.people.grant("Cleo", "reviewer")
    held = ben.people.team().version
    for peer in (ada, ben, ada):
        peer.push()
        peer.pull()
    forks = TrustForks(ada.at, TrustChanges(ada.at))
    view = forks.view()
    assert view is not None
    mine = next(side.id for side in view.sides if side.signed == ("Ada",))
    forks.settle(forks.plan(mine, is_carrying=False))
    ada.push()
    ben.pull()

    page = opened(ben)
    assert page.fork_banner.isVisible()
    assert page.fork_banner.title().startswith(f"Version {held} of the team was in force here")
    page.fork_banner.acted.emit()
    dialog = dialog_of(page, PutAsideDialog, tasks)
    assert isinstance(dialog, PutAsideDialog)
    words = [line.words for line in dialog.findChildren(ChangeLine)]
    assert any(line.startswith("+ Cleo gets: Export audit packages") for line in words)
    assert any(line.startswith("− Cleo loses: Approve") for line in words)
    assert not dialog.accept_it.isEnabled()  # first a person is called
    assert nameless(dialog) == []
    QTest.mouseClick(dialog.called, Qt.MouseButton.LeftButton, pos=dialog.called.rect().center())
    assert dialog.accept_it.isEnabled()
    with qtbot.waitSignal(dialog.known, timeout=20_000):
        QTest.mouseClick(dialog.accept_it, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert page.fork_banner.isHidden()
    assert TrustForks(ben.at, TrustChanges(ben.at)).turned() is None
    team.close()


# -------------------------------------------------------------------- founding and joining


def test_a_team_is_founded_in_the_window(
    stranger: Peer, opened: Open, tasks: Tasks, qtbot: QtBot
) -> None:
    page = opened(stranger)
    assert page._empty.isVisible()
    QTest.mouseClick(page._empty.button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(page, FoundDialog, tasks)
    assert isinstance(dialog, FoundDialog)
    assert not dialog.found.isEnabled()
    assert nameless(dialog) == []
    qtbot.keyClicks(dialog.name_field.edit, "Winter ML")
    with qtbot.waitSignal(dialog.founded, timeout=20_000):
        QTest.mouseClick(dialog.found, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert stranger.people.team().team_name == "Winter ML"
    assert page.members.isVisible()
    page.acts.copy_team_id()
    assert QApplication.clipboard().text() == stranger.people.team_id()


def test_a_team_is_trusted_by_its_whole_id_and_then_awaited(
    team: Team, stranger: Peer, opened: Open, tasks: Tasks, qtbot: QtBot
) -> None:
    ada = team.peers[0]
    told = ada.people.team_id()
    page = opened(stranger)
    QTest.mouseClick(page.join_button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(page, TrustDialog, tasks)
    assert isinstance(dialog, TrustDialog)
    dialog.id_field.set_text(told[:-1])
    assert not dialog.trust.isEnabled()
    dialog.id_field.set_text(f"{told[:32]} {told[32:].upper()}")
    assert dialog.shown.text().replace(" ", "") == told
    assert nameless(dialog) == []
    with qtbot.waitSignal(dialog.trusted, timeout=20_000):
        QTest.mouseClick(dialog.trust, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert stranger.people.team_id() == told
    assert page._empty.isVisible()  # trusted, and not here yet: no fault, the next step
    assert not page.join_button.isVisible()
    ada.push()
    stranger.add_remote(team.share)
    stranger.pull()
    page.show_place(Place("people"))
    settle(tasks)
    assert page.members.isVisible()
