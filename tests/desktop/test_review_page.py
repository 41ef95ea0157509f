# SPDX-License-Identifier: Apache-2.0
"""Reviews on a real store: list, case, answers by mouse and keyboard, and what the disk says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.cells import Group, Row
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.errors import UntrustedDialog
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.review.page import ReviewsPage
from strongroom.desktop.review.request_dialog import RequestDialog
from strongroom.desktop.review.services import ReviewServices
from strongroom.desktop.review.transition_dialog import TransitionDialog
from strongroom.desktop.shell.pictures import picture
from strongroom.domain.registry import RequestStatus
from support.accessibility import nameless
from support.review_store import MODEL, PASSPHRASE, Desk, ReviewStore, copied
from support.settling import settle

Open = Callable[[Desk], ReviewsPage]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    made = copied(tmp_path)
    yield made
    made.close()


@pytest.fixture
def opened(app: QApplication, tasks: Tasks, qtbot: QtBot) -> Iterator[Open]:
    pages: list[ReviewsPage] = []

    def open_page(desk: Desk) -> ReviewsPage:
        page = ReviewsPage(services_of(desk), tasks)
        qtbot.addWidget(page)
        pages.append(page)
        page.resize(1240, 820)
        page.show()
        settle(tasks)
        return page

    yield open_page
    for page in pages:
        dialog = page.dialog()
        if dialog is not None:
            dialog.reject()
        page.close()


def services_of(desk: Desk) -> ReviewServices:
    return ReviewServices(
        reviews=desk.reviews,
        registry=desk.registry,
        identities=desk.identities,
        people=desk.people,
        clock=desk.clock,
    )


def rows_of(page: ReviewsPage) -> list[str]:
    return [line.key for line in page.table.lines() if isinstance(line, Row)]


def dialog_of(page: ReviewsPage) -> TransitionDialog:
    dialog = page.dialog()
    assert dialog is not None
    return dialog


def unlock_of(qtbot: QtBot, owner: object) -> UnlockDialog:
    def shown() -> list[UnlockDialog]:
        return [
            widget
            for widget in QApplication.topLevelWidgets()
            if isinstance(widget, UnlockDialog) and widget.isVisible()
        ]

    qtbot.waitUntil(lambda: bool(shown()), timeout=5_000)
    return shown()[0]


def type_passphrase(qtbot: QtBot, dialog: UnlockDialog, words: str) -> None:
    qtbot.keyClicks(dialog.field.edit, words)
    qtbot.keyClick(dialog.field.edit, Qt.Key.Key_Return)


def test_the_page_shows_what_waits_for_me(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    assert rows_of(page) == [store.request.id]
    assert page.badge() == "1"
    groups = [line.title for line in page.table.lines() if isinstance(line, Group)]
    assert groups == ["Waiting for you"]
    assert page.tabs.accessibleName() == "Requests: Waiting for me, 1"
    assert page.pane.review_button.isVisible()


def test_the_requester_finds_it_under_requested_by_me(store: ReviewStore, opened: Open) -> None:
    page = opened(store.analyst)
    assert rows_of(page) == []
    assert page.badge() == ""
    page.tabs.set_current("requested")
    assert rows_of(page) == [store.request.id]


def test_closed_requests_say_what_became_of_them(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    page.tabs.set_current("closed")
    at = [column.key for column in page.table.columns()].index("outcome")
    cells = [line.cells[at] for line in page.table.lines() if isinstance(line, Row)]
    assert [cell.words for cell in cells if cell] == [
        "Applied",
        "Applied",
        "Applied, then superseded",
    ]


def test_the_filter_looks_at_model_person_and_stage(
    store: ReviewStore, opened: Open, qtbot: QtBot
) -> None:
    page = opened(store.approver)
    page.tabs.set_current("closed")
    qtbot.keyClicks(page.filter.edit, "jonas production")
    assert len(rows_of(page)) == 1
    qtbot.keyClicks(page.filter.edit, " nobody")
    assert rows_of(page) == []


def test_every_tab_says_why_it_is_empty(store: ReviewStore, opened: Open) -> None:
    page = opened(store.analyst)
    words = " ".join(label.text() for label in page.findChildren(QLabel))
    assert "Nothing waits for you" in words


def test_everything_reachable_has_a_name(store: ReviewStore, opened: Open, tasks: Tasks) -> None:
    page = opened(store.approver)
    page.open_review()
    assert nameless(page) == []
    assert nameless(dialog_of(page)) == []


def test_enter_opens_the_review_and_enter_there_leaves(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    before = store.approver.event_count()
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    dialog = dialog_of(page)
    assert dialog.focusWidget() is dialog.cancel_button
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert page.dialog() is None
    settle(tasks)
    assert store.approver.event_count() == before


def test_what_will_be_signed_stands_above_the_buttons(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    page.open_review()
    dialog = dialog_of(page)
    assert dialog.sign_box.text() == f"You are about to sign: {dialog.case.statement}"
    assert f"{MODEL} v2 becomes Production and v1 becomes Archived" in dialog.sign_box.text()
    assert dialog.approve_button.isEnabled()


def test_approving_with_the_passphrase_moves_the_version_on_the_disk(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    heard: list[object] = []
    page.changed.connect(heard.append)
    page.open_review()
    dialog = dialog_of(page)
    qtbot.keyClicks(dialog.comment.edit, "Shadow scores agree.")
    qtbot.mouseClick(dialog.approve_button, Qt.MouseButton.LeftButton)
    unlock = unlock_of(qtbot, dialog)
    names = [child.accessibleName() for child in unlock.findChildren(QWidget)]
    assert any(name.startswith("Mara Lindqvist") for name in names)
    type_passphrase(qtbot, unlock, PASSPHRASE)
    qtbot.waitUntil(lambda: page.dialog() is None, timeout=10_000)
    settle(tasks)
    assert len(heard) == 1
    fresh = store.fresh(store.analyst)
    try:
        assert fresh.registry.version(f"{MODEL}/2").stage == "Production"
        assert fresh.registry.version(f"{MODEL}/1").stage == "Archived"
        votes = fresh.reviews.find(store.request.id).votes
        assert [vote.comment for vote in votes] == ["Shadow scores agree."]
    finally:
        fresh.close()
    assert page.badge() == ""


def test_a_wrong_passphrase_signs_nothing_and_asks_again(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    before = store.approver.event_count()
    page.open_review()
    dialog = dialog_of(page)
    qtbot.mouseClick(dialog.approve_button, Qt.MouseButton.LeftButton)
    unlock = unlock_of(qtbot, dialog)
    type_passphrase(qtbot, unlock, "certainly not these words")
    qtbot.waitUntil(lambda: "does not open" in unlock.error(), timeout=10_000)
    assert unlock.isVisible()
    assert unlock.field.text() == ""
    assert store.approver.event_count() == before
    qtbot.keyClick(unlock, Qt.Key.Key_Escape)
    qtbot.waitUntil(dialog.approve_button.isEnabled, timeout=5_000)
    settle(tasks)
    assert store.approver.event_count() == before
    assert page.dialog() is dialog


def test_the_right_passphrase_after_a_wrong_one_is_taken(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    page.open_review()
    qtbot.mouseClick(dialog_of(page).approve_button, Qt.MouseButton.LeftButton)
    unlock = unlock_of(qtbot, page)
    type_passphrase(qtbot, unlock, "certainly not these words")
    qtbot.waitUntil(lambda: bool(unlock.error()), timeout=10_000)
    type_passphrase(qtbot, unlock, PASSPHRASE)
    qtbot.waitUntil(lambda: page.dialog() is None, timeout=10_000)
    settle(tasks)
    assert store.approver.reviews.find(store.request.id).status is RequestStatus.EFFECTIVE


def test_the_requester_cannot_approve_and_reads_why(store: ReviewStore, opened: Open) -> None:
    page = opened(store.analyst)
    page.tabs.set_current("requested")
    page._tasks.wait_idle()
    page.open_review()
    dialog = dialog_of(page)
    assert not dialog.approve_button.isEnabled()
    assert dialog.reason() == dialog.case.blockers[0]
    assert not dialog.reject_button.isEnabled()
    assert dialog.withdraw_button.isVisible()


def test_an_approver_cannot_approve_what_he_asked_for(
    store: ReviewStore, opened: Open, tasks: Tasks
) -> None:
    again = store.approver.reviews.request(f"{MODEL}/2", "Production", reason="Mine.")
    page = opened(store.approver)
    page.show_place(Place.of("reviews", {"request": again.id}))
    settle(tasks)
    page.open_review()
    dialog = dialog_of(page)
    assert not dialog.approve_button.isEnabled()
    assert "You asked for this and cannot approve it" in dialog.reason()


def test_rejecting_needs_a_comment_and_closes_the_request(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    page.open_review()
    dialog = dialog_of(page)
    qtbot.mouseClick(dialog.reject_button, Qt.MouseButton.LeftButton)
    assert "Say why" in dialog.reason()
    assert dialog.focusWidget() is dialog.comment.edit
    assert store.approver.reviews.find(store.request.id).status is RequestStatus.PENDING
    qtbot.keyClicks(dialog.comment.edit, "Recall fell for small merchants.")
    qtbot.mouseClick(dialog.reject_button, Qt.MouseButton.LeftButton)
    type_passphrase(qtbot, unlock_of(qtbot, dialog), PASSPHRASE)
    qtbot.waitUntil(lambda: page.dialog() is None, timeout=10_000)
    settle(tasks)
    assert store.approver.reviews.find(store.request.id).status is RequestStatus.REJECTED


def test_a_case_that_changed_meanwhile_is_shown_anew_and_not_signed(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    page.open_review()
    dialog = dialog_of(page)
    store.analyst.reviews.withdraw(store.request.id, reason="A better one comes.")
    before = store.approver.event_count()
    dialog.approve()
    qtbot.waitUntil(lambda: not dialog.approve_button.isEnabled() and bool(dialog.case.blockers),
                    timeout=10_000)  # fmt: skip
    settle(tasks)
    titles = [banner.title() for banner in dialog.findChildren(Banner)]
    assert "This request changed while you looked at it" in titles
    assert store.approver.event_count() == before


def test_withdrawing_takes_an_own_request_back(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.analyst)
    page.tabs.set_current("requested")
    settle(tasks)
    page.open_review()
    dialog = dialog_of(page)
    store.analyst.identities.lock()
    qtbot.mouseClick(dialog.withdraw_button, Qt.MouseButton.LeftButton)
    type_passphrase(qtbot, unlock_of(qtbot, dialog), PASSPHRASE)
    qtbot.waitUntil(lambda: page.dialog() is None, timeout=10_000)
    settle(tasks)
    assert store.analyst.reviews.find(store.request.id).status is RequestStatus.WITHDRAWN


def test_commands_have_reasons(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    commands = {command.id: command for command in page.commands()}
    assert {"review.open", "review.approve", "review.reject", "review.withdraw"} <= set(commands)
    here = WindowState(page="reviews", selection=page.selection(), has_store=True)
    assert commands["review.approve"].enabled(here) is None
    withdraw = commands["review.withdraw"].enabled(here)
    assert withdraw is not None
    assert "requester" in withdraw.text
    elsewhere = commands["review.approve"].enabled(WindowState(page="runs", has_store=True))
    assert elsewhere is not None


def test_hostile_words_are_shown_as_text(store: ReviewStore, opened: Open, tasks: Tasks) -> None:
    reason = '<img src="\\\\evil\\x"><b>bold</b> & <a href="file:///etc/passwd">go</a>'
    asked = store.analyst.reviews.request(f"{MODEL}/2", "Archived", reason=reason)
    page = opened(store.approver)
    page.show_place(Place.of("reviews", {"request": asked.id}))
    settle(tasks)
    shown = [label for label in page.findChildren(QLabel) if label.text() == reason]
    assert shown
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in shown)
    page.open_review()
    labels = dialog_of(page).findChildren(QLabel)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)


def test_a_request_is_made_with_reason_and_signed(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.analyst)
    page.show_place(Place.of("reviews", {"ask": f"{MODEL}/1"}))
    settle(tasks)
    dialog = page.findChild(RequestDialog)
    assert dialog is not None
    assert nameless(dialog) == []
    dialog.stage_menu.choose("Archived")
    settle(tasks)
    assert not dialog.request_button.isEnabled()
    assert dialog.reason_not() == "Say why, in a sentence."
    qtbot.keyClicks(dialog.reason.edit, "No longer served.")
    assert dialog.request_button.isEnabled()
    assert f"{MODEL} v1 shall become Archived" in dialog.sign_box.text()
    store.analyst.identities.lock()
    qtbot.mouseClick(dialog.request_button, Qt.MouseButton.LeftButton)
    type_passphrase(qtbot, unlock_of(qtbot, dialog), PASSPHRASE)
    qtbot.waitUntil(lambda: page.findChild(RequestDialog) is None, timeout=10_000)
    settle(tasks)
    made = [item for item in store.analyst.reviews.items() if item.reason == "No longer served."]
    assert [item.request.to_stage for item in made] == ["Archived"]


def test_enter_in_a_fresh_request_dialog_leaves_it(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.analyst)
    before = store.analyst.event_count()
    page.request_transition(f"{MODEL}/2")
    settle(tasks)
    dialog = page.findChild(RequestDialog)
    assert dialog is not None
    assert dialog.focusWidget() is dialog.cancel_button
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert page.findChild(RequestDialog) is None
    assert store.analyst.event_count() == before


def test_the_page_and_the_dialog_paint_themselves(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    assert isinstance(page.bar, PageBar)
    page.open_review()
    for widget in (page, dialog_of(page)):
        image = picture(widget, 2)
        colours = {image.pixel(x, y) for x in range(0, image.width(), 7)
                   for y in range(0, image.height(), 7)}  # fmt: skip
        assert len(colours) > 20


def test_a_version_whose_bytes_changed_cannot_be_approved(
    store: ReviewStore, opened: Open, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(store.approver)
    before = store.approver.event_count()
    page.open_review()
    dialog = dialog_of(page)
    store.flip_a_byte(store.runs[1])
    dialog.approve()

    def complaints() -> list[UntrustedDialog]:
        return [box for box in dialog.findChildren(UntrustedDialog) if box.isVisible()]

    qtbot.waitUntil(lambda: bool(complaints()), timeout=10_000)
    complaints()[0].reject()
    settle(tasks)
    assert store.approver.event_count() == before
    assert store.approver.reviews.find(store.request.id).status is RequestStatus.PENDING


def test_a_narrow_page_keeps_the_names_of_requests(store: ReviewStore, opened: Open) -> None:
    page = opened(store.approver)
    page.resize(916, 640)
    QApplication.processEvents()
    QApplication.processEvents()
    keys = [column.key for column in page.table.columns()]
    assert keys[:2] == ["request", "move"]
    assert page.table.columnWidth(0) >= 200
    assert page.width() == 916
    assert page.table.selected() == (store.request.id,)
