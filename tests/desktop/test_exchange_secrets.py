# SPDX-License-Identifier: Apache-2.0
"""A sync stops at a secret, and the window says where it stands; on record it goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from strongroom.desktop.exchange.secrets_dialog import SecretsDialog
from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.sdk.fluent import log_artifact, log_param, log_text, start_run
from strongroom.services.registering import Registering
from strongroom.services.secrets import Secrets
from support.exchange_page import opened
from support.peers import MODEL, Peer, Team, files_of
from support.settling import settle

PASSWORD = "tulip-in-march"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def leak(peer: Peer, *, many: int = 0) -> None:
    source = peer.folder / "scratch" / "model"
    source.mkdir(parents=True)
    (source / "weights.bin").write_bytes(b"weights" * 99)
    with start_run(MODEL, name="leaky", store=peer.store) as run:
        log_param("db_password", PASSWORD)
        log_param("api_key", "tK4wQ9mZ2xR7vB5n")
        log_artifact(source, "model")
        if many:
            log_text(("AKIA" + "IOSFODNN7EXAMPLE\n") * many, "keys.txt")
    peer.at.runs.refresh()
    Registering(peer.at, peer.registry).register(run.run_id, "model", MODEL)


def tick(dialog: SecretsDialog, key: str) -> None:
    """Presses the box of a finding."""
    at = QPoint(32, dialog.table.row_rect(key).center().y())
    QTest.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_sync_that_would_carry_secrets_stops_and_goes_on_once_they_are_let_through(
    team, app, tasks, qtbot
):
    ada, ben = team.peers
    leak(ada)
    page = opened(ada, tasks, qtbot)
    QTest.mouseClick(page.sync_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    qtbot.waitUntil(lambda: bool(page.findChildren(SecretsDialog)))
    (dialog,) = page.findChildren(SecretsDialog)
    assert not any(path.startswith("obj/") for path in files_of(team.share))
    texts = [c.text for line in dialog.table.lines() for c in line.cells[1:]]
    assert "param db_password" in texts
    assert PASSWORD not in " ".join(texts)
    assert not dialog.allow.isEnabled()
    assert dialog.focusWidget() is dialog.cancel_button, "leaving is what Enter does"
    # Both boxes by mouse, the reason by keyboard.
    for line in list(dialog.table.lines()):
        tick(dialog, line.key)
    assert dialog.allow.text() == "Let 2 through"
    assert not dialog.allow.isEnabled(), "a reason is missing"
    dialog.reason.set_text("both open the sandbox only")
    assert dialog.allow.isEnabled()
    QTest.mouseClick(dialog.allow, Qt.MouseButton.LeftButton)
    settle(tasks)
    qtbot.waitUntil(lambda: any(path.startswith("obj/") for path in files_of(team.share)))
    settle(tasks)
    ben.pull()
    assert ben.digest == ada.digest
    told = Secrets(ben.at).overrides()
    assert {each.reason for each in told} == {"both open the sandbox only"}
    assert {each.place for each in told} == {"param db_password", "param api_key"}


def test_what_is_ticked_while_something_is_signed_is_not_taken_for_signed(team, app, tasks, qtbot):
    """Who goes on ticking while the key signs would else lose a finding that nobody answered."""
    ada, _ = team.peers
    leak(ada)
    page = opened(ada, tasks, qtbot)
    page.sync()
    settle(tasks)
    qtbot.waitUntil(lambda: bool(page.findChildren(SecretsDialog)))
    (dialog,) = page.findChildren(SecretsDialog)
    first, second = [line.key for line in dialog.table.lines()]
    tick(dialog, first)
    dialog.reason.set_text("opens the sandbox only")
    QTest.mouseClick(dialog.allow, Qt.MouseButton.LeftButton)
    tick(dialog, first)
    tick(dialog, second)
    assert not dialog.allow.isEnabled(), "one signature at a time"
    settle(tasks)
    assert [line.key for line in dialog.table.lines()] == [second]
    assert dialog.allow.text() == "Let 1 through"
    assert len(Secrets(ada.at).overrides()) == 1
    assert not any(path.startswith("obj/") for path in files_of(team.share))
    dialog.reject()


def test_typing_a_reason_rebuilds_no_row(team, app, tasks, qtbot, monkeypatch):
    ada, _ = team.peers
    leak(ada)
    page = opened(ada, tasks, qtbot)
    page.sync()
    settle(tasks)
    qtbot.waitUntil(lambda: bool(page.findChildren(SecretsDialog)))
    (dialog,) = page.findChildren(SecretsDialog)
    tick(dialog, dialog.table.lines()[0].key)
    lines = dialog.table.lines()
    QTest.keyClicks(dialog.reason.edit, "opens the sandbox only")
    assert dialog.allow.isEnabled()
    assert all(a is b for a, b in zip(lines, dialog.table.lines(), strict=True))
    dialog.reject()


def test_what_is_more_than_can_be_shown_has_no_box_and_stays(team, app, tasks, qtbot):
    ada, _ = team.peers
    leak(ada, many=51)
    page = opened(ada, tasks, qtbot)
    page.sync()
    settle(tasks)
    qtbot.waitUntil(lambda: bool(page.findChildren(SecretsDialog)))
    (dialog,) = page.findChildren(SecretsDialog)
    (rest,) = [line for line in dialog.table.lines() if line.cells[3].text == "beyond 50 places"]
    bar = dialog.table.verticalScrollBar()
    bar.setValue(bar.maximum())
    tick(dialog, rest.key)
    assert bar.value() == bar.maximum(), "a first press scrolls no row from under the mouse"
    assert dialog.allow.text() == "Let through", "its box takes no click"
    dialog.table.all_checked.emit(True)
    assert dialog.allow.text() == f"Let {len(dialog.table.lines()) - 1} through"
    dialog.reason.set_text("all of them open the sandbox only")
    QTest.mouseClick(dialog.allow, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert [line.key for line in dialog.table.lines()] == [rest.key]
    assert not dialog.allow.isEnabled()
    said = " ".join(label.accessibleName() for label in dialog.findChildren(MarkLabel))
    assert "What cannot be shown stays here" in said
    assert not any(path.startswith("obj/") for path in files_of(team.share))
    dialog.reject()


def test_leaving_the_dialog_leaves_everything_here(team, app, tasks, qtbot):
    ada, _ = team.peers
    leak(ada)
    page = opened(ada, tasks, qtbot)
    page.sync()
    settle(tasks)
    qtbot.waitUntil(lambda: bool(page.findChildren(SecretsDialog)))
    (dialog,) = page.findChildren(SecretsDialog)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    settle(tasks)
    assert not any(path.startswith("obj/") for path in files_of(team.share))
    assert Secrets(ada.at).overrides() == ()
    said = " ".join(label.text() for label in page.banner.findChildren(QLabel))
    assert "E-SECRET" in said
