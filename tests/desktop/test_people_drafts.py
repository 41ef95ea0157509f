# SPDX-License-Identifier: Apache-2.0
"""Two admins change the team together in the window: one proposes, the other reads and signs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.cosign_dialog import ChangeLine, CosignDialog
from strongroom.desktop.people.page import PeoplePage
from strongroom.desktop.people.revoke_dialog import RevokeDialog
from strongroom.services.waiting_drafts import DraftState, WaitingDrafts
from support.accessibility import nameless
from support.peers import Team
from support.people_page import opened
from support.settling import settle


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada and Ben are admins; every change needs both. Cleo is an analyst."""
    three = Team(tmp_path, ("Ada", "Ben", "Cleo"))
    ada, ben, _ = three.peers
    ada.people.grant("Ben", "admin")
    ada.people.set_thresholds(admin=2)
    ada.push()
    ben.pull()
    yield three
    three.close()


def shown(page: PeoplePage, path: Path, tasks: Tasks) -> CosignDialog:
    page.acts.cosign_from(path)
    assert tasks.wait_idle(20_000)
    (dialog,) = page.findChildren(CosignDialog)
    return dialog


def test_a_revocation_needs_both_and_happens_when_the_second_signs(
    team: Team, tasks: Tasks, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben, cleo = team.peers
    draft = tmp_path / "draft.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(draft), ""))
    page = opened(ada.at, tasks, qtbot)
    page.table.select(cleo.writer)
    before = ada.people.team().version
    page.revoke()
    settle(tasks)
    (asking,) = page.findChildren(RevokeDialog)
    assert any(line == "Cleo on ws-cleo ends before its first event" for line in asking.lines())
    assert asking.revoke.text() == "Propose"
    with qtbot.waitSignal(page.noticed, timeout=20_000) as told:
        QTest.mouseClick(asking.revoke, Qt.MouseButton.LeftButton)
    assert told.args is not None
    assert told.args[0] == "The draft needs 1 more signature"
    assert ada.people.team().version == before
    page.close()

    theirs = opened(ben.at, tasks, qtbot)
    dialog = shown(theirs, draft, tasks)
    words = [line.words for line in dialog.changes.findChildren(ChangeLine)]
    assert all(line.startswith("\u2212 Cleo ") for line in words)
    assert words[-1] == "\u2212 Cleo is revoked on ws-cleo (left)"
    assert dialog.sign.isEnabled()
    assert nameless(dialog) == []
    with qtbot.waitSignal(dialog.signed, timeout=20_000):
        QTest.mouseClick(dialog.sign, Qt.MouseButton.LeftButton)
    assert tasks.wait_idle(20_000)
    assert ben.people.team().version == before + 1
    assert not next(m for m in ben.people.people() if m.name == "Cleo").is_active
    qtbot.waitUntil(lambda: not isValid(dialog))  # it has closed, and is gone
    theirs.close()


def test_cancelling_where_the_draft_goes_signs_nothing(
    team: Team, tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _, cleo = team.peers
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    page = opened(ada.at, tasks, qtbot)
    page.table.select(cleo.writer)
    before = ada.people.team().version
    page.revoke()
    settle(tasks)
    (asking,) = page.findChildren(RevokeDialog)
    QTest.mouseClick(asking.revoke, Qt.MouseButton.LeftButton)
    assert tasks.wait_idle(20_000)
    asking.reject()
    assert ada.people.team().version == before
    page.close()


def test_who_has_signed_already_is_told_so(
    team: Team, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ada = team.peers[0]
    draft = tmp_path / "draft.json"
    ada.people.grant("Cleo", "reviewer", draft=draft)
    page = opened(ada.at, tasks, qtbot)
    dialog = shown(page, draft, tasks)
    assert not dialog.sign.isEnabled()
    told = [mark.accessibleName() for mark in dialog.findChildren(MarkLabel)]
    assert any("has signed already" in words for words in told)
    dialog.reject()
    page.close()


def test_a_draft_waits_in_the_list_until_it_is_in_force(
    team: Team, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    ada, ben, _ = team.peers
    draft = tmp_path / "draft.json"
    ada.people.grant("Cleo", "reviewer", draft=draft)
    page = opened(ada.at, tasks, qtbot, Place.of("people", {"tab": "drafts"}))
    assert page.drafts.current() == draft
    assert not page.drafts.is_mine(), "Ada has signed it already"
    assert "Ben" in page.drafts.pane.banner.accessibleName()
    assert page.badge() == ""
    page.close()

    theirs = opened(ben.at, tasks, qtbot, Place.of("people", {"tab": "drafts"}))
    assert theirs.drafts.current() is None
    dialog = shown(theirs, draft, tasks)
    dialog.reject()
    settle(tasks)
    assert theirs.drafts.current() == draft, "what was opened is remembered"
    assert theirs.drafts.is_mine()
    assert theirs.badge() == "1"
    assert any("Cleo" in line for line in theirs.drafts.pane.words())
    assert nameless(theirs) == []
    QTest.mouseClick(theirs.drafts.pane.sign, Qt.MouseButton.LeftButton)
    settle(tasks)
    again = next(d for d in theirs.findChildren(CosignDialog) if d.isVisible())
    with qtbot.waitSignal(again.signed, timeout=20_000):
        QTest.mouseClick(again.sign, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert theirs.drafts.current() is None, "it is in force and waits for nobody"
    assert theirs.badge() == ""
    theirs.close()
    ben.push()
    ada.pull()
    mine = opened(ada.at, tasks, qtbot, Place.of("people", {"tab": "drafts"}))
    assert mine.drafts.pane.banner.title() == "In force"
    QTest.mouseClick(mine.drafts.pane.forget, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert mine.drafts.current() is None
    assert draft.exists(), "forgetting takes nothing from the disk"
    mine.close()


def test_a_draft_that_is_gone_or_was_overtaken_says_so(team: Team, tmp_path: Path) -> None:
    ada, ben, _ = team.peers
    gone, late, now = (tmp_path / f"{name}.json" for name in ("gone", "late", "now"))
    for path in (gone, late, now):
        ada.people.grant("Cleo", "reviewer" if path != now else "auditor", draft=path)
    gone.unlink()
    ben.people.cosign(now, ben.people.draft(now).id)
    ben.push()
    ada.pull()
    listed = WaitingDrafts(ada.at, ada.people.changes).listed()
    states = {draft.path.stem: draft.state for draft in listed}
    assert states == {
        "now": DraftState.IN_FORCE, "late": DraftState.STALE, "gone": DraftState.GONE,
    }  # fmt: skip
    assert all(draft.told and draft.view is None for draft in listed)
