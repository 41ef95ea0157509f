# SPDX-License-Identifier: Apache-2.0
"""Models on a real store: list, overview, history, verify, export, alias, register."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel

from strongroom.desktop.kit.cells import Row
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.registry import reading
from strongroom.desktop.registry.alias_dialog import AliasDialog
from strongroom.desktop.registry.page import ModelsPage
from strongroom.desktop.registry.register_dialog import RegisterDialog
from strongroom.desktop.registry.services import ModelServices
from strongroom.desktop.registry.stage_line import StageLine
from strongroom.desktop.shell.pictures import picture
from strongroom.trust.keychain import MemoryKeychain
from support.accessibility import nameless
from support.review_store import MODEL, PASSPHRASE, Desk, ReviewStore, copied, open_desk, train
from support.settling import settle

Open = Callable[[Desk], ModelsPage]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    made = copied(tmp_path)
    yield made
    made.close()


@pytest.fixture
def opened(app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path) -> Iterator[Open]:
    pages: list[ModelsPage] = []

    def open_page(desk: Desk) -> ModelsPage:
        page = ModelsPage(services_of(desk), tasks, lambda _parent, _title: str(tmp_path))
        qtbot.addWidget(page)
        pages.append(page)
        page.resize(1240, 820)
        page.show()
        settle(tasks)
        return page

    yield open_page
    for page in pages:
        page.close()


def services_of(desk: Desk) -> ModelServices:
    return ModelServices(
        registry=desk.registry,
        registering=desk.registering,
        reviews=desk.reviews,
        handover=desk.handover,
        identities=desk.identities,
        people=desk.people,
        artifacts=desk.artifacts,
        clock=desk.clock,
    )


def unlock(qtbot: QtBot) -> None:
    def shown() -> list[UnlockDialog]:
        return [
            widget
            for widget in QApplication.topLevelWidgets()
            if isinstance(widget, UnlockDialog) and widget.isVisible()
        ]

    qtbot.waitUntil(lambda: bool(shown()), timeout=5_000)
    field = shown()[0].field.edit
    qtbot.keyClicks(field, PASSPHRASE)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def words_of(page: ModelsPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def test_the_newest_version_of_the_first_model_opens(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    assert page.list.current().startswith(f"{MODEL}/2+")
    assert page.overview.banner.title() == "Valid and trusted"
    assert "Signed by Jonas Feld" in page.overview.banner.accessibleName()
    line = page.findChild(StageLine)
    assert line is not None
    assert "Production, Requested, 0 of 1" in line.accessibleName()
    signature = next(table for table in page.findChildren(Table)
                     if table.accessibleName() == "Signature")  # fmt: skip
    assert [row.key for row in signature.lines()] == ["input/0", "input/1", "input/2", "output/0"]


def test_everything_reachable_has_a_name(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    assert nameless(page) == []
    assert f"{MODEL} v2, Staging" in page.list.accessibleName()


def test_versions_are_chosen_by_keyboard_and_mouse(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    settle(tasks)
    assert page.list.current().startswith(f"{MODEL}/1+")
    assert page.place().argument("version").startswith("1+")
    qtbot.mouseClick(page.list, Qt.MouseButton.LeftButton, pos=QPoint(60, 6 + 28 + 10))
    settle(tasks)
    assert page.list.current().startswith(f"{MODEL}/2+")


def test_a_place_opens_a_version(store: ReviewStore, opened: Open, tasks: Tasks) -> None:
    page = opened(store.approver)
    page.show_place(Place.of("models", {"name": MODEL, "version": "1", "tab": "history"}))
    settle(tasks)
    assert page.list.current().startswith(f"{MODEL}/1+")
    assert [row.cells[1].words for row in page.history.lines() if isinstance(row, Row)] == [
        "v2", "v1", "v1",
    ]  # fmt: skip


def test_verify_reads_every_byte_and_says_so(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    qtbot.mouseClick(page.verify_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert page.overview.banner.title() == "Valid and trusted"
    assert "every byte matches" in page.overview.banner.accessibleName()


def test_verify_finds_one_changed_byte(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    store.flip_a_byte(store.runs[1])
    qtbot.mouseClick(page.verify_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert page.overview.banner.title() == "Does not match"
    assert "E-HASH" in page.overview.banner.accessibleName()


def test_export_writes_the_files_and_a_receipt(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks, tmp_path: Path
) -> None:
    page = opened(store.approver)
    told: list[str] = []
    page.noticed.connect(lambda title, _detail: told.append(title))
    qtbot.mouseClick(page.export_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    target = tmp_path / f"{MODEL}-v2"
    assert (target / "receipt.json").is_file()
    assert (target / "MLmodel").is_file()
    assert told == [f"Exported {MODEL} v2"]


def test_export_into_a_folder_that_is_there_already_says_so(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks, tmp_path: Path
) -> None:
    page = opened(store.approver)
    target = tmp_path / f"{MODEL}-v2"
    target.mkdir()
    (target / "mine.txt").write_text("keep")
    qtbot.mouseClick(page.export_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible() and widget is not page:
            widget.close()
    assert [path.name for path in target.iterdir()] == ["mine.txt"]


def test_request_transition_goes_to_the_reviews_page(
    store: ReviewStore, opened: Open, qtbot: QtBot
) -> None:
    page = opened(store.approver)
    asked: list[Place] = []
    page.place_requested.connect(asked.append)
    qtbot.mouseClick(page.request_button, Qt.MouseButton.LeftButton)
    assert [place.page for place in asked] == ["reviews"]
    assert asked[0].argument("ask").startswith(f"{MODEL}/2+")


def test_an_alias_is_signed_with_the_passphrase(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.founder)
    page.set_alias()
    dialog = page.findChild(AliasDialog)
    assert dialog is not None
    assert dialog.focusWidget() is dialog.cancel_button
    assert nameless(dialog) == []
    assert not dialog.set_button.isEnabled()
    qtbot.keyClicks(dialog.field.edit, "challenger")
    store.founder.identities.lock()
    qtbot.mouseClick(dialog.set_button, Qt.MouseButton.LeftButton)
    unlock(qtbot)
    qtbot.waitUntil(lambda: page.findChild(AliasDialog) is None, timeout=10_000)
    settle(tasks)
    fresh = store.fresh(store.founder)
    try:
        assert fresh.registry.model(MODEL).aliases["challenger"][1] == 2
    finally:
        fresh.close()


def test_a_run_is_registered_with_the_digest_that_was_shown(
    store: ReviewStore, app: QApplication, qtbot: QtBot, tasks: Tasks
) -> None:
    run = train(store.folder / "store", "swift-crane-3", {"val/auc": 0.95}, {"max_depth": 5})
    store.analyst.workstation.runs.refresh()
    dialog = RegisterDialog(services_of(store.analyst), tasks, run, "model")
    qtbot.addWidget(dialog)
    found: list[object] = []
    dialog.registered.connect(found.append)
    dialog.open()
    settle(tasks)
    assert nameless(dialog) == []
    assert not dialog.register_button.isEnabled()
    assert len(dialog.files.lines()) == 3
    dialog.known.choose(MODEL)
    assert "v3" in dialog.sign_box.text()
    store.analyst.identities.lock()
    qtbot.mouseClick(dialog.register_button, Qt.MouseButton.LeftButton)
    unlock(qtbot)
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    settle(tasks)
    version = store.analyst.registry.version(f"{MODEL}/3")
    assert found == [version]
    assert dialog._candidate is not None
    assert version.tree == dialog._candidate.tree


def test_a_bad_model_name_is_refused_before_anything_is_signed(
    store: ReviewStore, app: QApplication, qtbot: QtBot, tasks: Tasks
) -> None:
    dialog = RegisterDialog(services_of(store.analyst), tasks, store.runs[0], "model")
    qtbot.addWidget(dialog)
    dialog.open()
    settle(tasks)
    qtbot.keyClicks(dialog.name.edit, "../<b>evil</b>")
    assert not dialog.register_button.isEnabled()
    dialog.reject()


def test_a_store_without_a_team_says_what_to_do(
    tmp_path: Path, opened: Open, app: QApplication
) -> None:
    desk = open_desk(tmp_path / "store", tmp_path / "home", "Nobody",
                     clock=_Clock(), keychain=MemoryKeychain())  # fmt: skip
    page = opened(desk)
    assert "This store belongs to no team yet" in words_of(page)
    assert nameless(page) == []
    assert not page.request_button.isVisible()
    desk.close()


def test_commands_have_reasons(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    commands = {command.id: command for command in page.commands()}
    assert {"models.request", "models.verify", "models.export", "models.register"} <= set(commands)
    here = WindowState(page="models", selection=page.selection(), has_store=True)
    assert commands["models.verify"].enabled(here) is None
    assert commands["models.verify"].enabled(WindowState(page="runs")) is not None


def test_the_way_of_a_retired_version_ends_in_archived(store: ReviewStore) -> None:
    store.approver.reviews.approve(store.request.id)
    view = reading.read_version(services_of(store.approver), f"{MODEL}/1")
    way = [stop.title for stop in reading.stops(view, store.clock.now_us())]
    assert way == ["Registered", "Staging", "Production", "Archived"]


def test_the_page_paints_itself(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    image = picture(page, 2)
    colours = {image.pixel(x, y) for x in range(0, image.width(), 7)
               for y in range(0, image.height(), 7)}  # fmt: skip
    assert len(colours) > 20


class _Clock:
    def now_us(self) -> int:
        return 1_795_420_000_000_000


def test_only_walking_by_hand_makes_a_new_place(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    told: list[Place] = []
    page.place_changed.connect(told.append)
    page.reload()
    settle(tasks)
    page.show_place(Place.of("models", {"name": MODEL, "version": "1"}))
    settle(tasks)
    assert told == []
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Up)
    settle(tasks)
    assert [place.argument("version")[:2] for place in told] == ["2+"]
