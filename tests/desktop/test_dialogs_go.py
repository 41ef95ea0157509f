# SPDX-License-Identifier: Apache-2.0
"""A dialog that was left goes, with what was typed into it; what it set going is still heard of."""

from threading import Event

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.errors import FaultBar
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.passphrase_form import PassphraseForm
from strongroom.domain.errors import EnvironmentFault
from support.settling import settle

PASSPHRASE = "four quiet words beside a lake"


def forget_the_left() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class Opener(Page):
    """A page with a place for a fault, from which dialogs are opened."""

    page_id = title = "opener"

    def __init__(self) -> None:
        super().__init__(PageBar("Opener"))
        self.faults: list[QWidget] = []

    def show_fault(self, bar: QWidget) -> None:
        super().show_fault(bar)
        self.faults.append(bar)


@pytest.fixture
def page(app: QApplication, qtbot: QtBot) -> Opener:
    made = Opener()
    qtbot.addWidget(made)
    made.resize(640, 480)
    made.show()
    return made


def a_form(page: Opener) -> tuple[Dialog, PassphraseForm]:
    dialog = Dialog("Protect the key", parent=page)
    form = PassphraseForm()
    dialog.set_body(form)
    dialog.open()
    for field in (form.first, form.again):
        QTest.keyClicks(field.edit, PASSPHRASE)
    assert not form.why_not()
    return dialog, form


def test_a_cancelled_passphrase_is_kept_nowhere(page: Opener) -> None:
    dialog, form = a_form(page)
    edits = [form.first.edit, form.again.edit]
    QTest.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    assert [edit.text() for edit in edits] == ["", ""]
    assert not any(edit.isUndoAvailable() for edit in edits)
    forget_the_left()
    assert not shiboken6.isValid(dialog)


def test_a_taken_passphrase_leaves_nothing_to_undo(page: Opener) -> None:
    dialog, form = a_form(page)
    assert form.take() == PASSPHRASE
    form.first.edit.setEchoMode(form.first.edit.EchoMode.Normal)
    QTest.keyClick(form.first.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert form.first.text() == ""
    dialog.reject()


def test_a_dialog_that_was_left_goes_unless_nobody_opened_it(app: QApplication) -> None:
    dialog = Dialog("Nobody's")
    dialog.open()
    dialog.reject()
    forget_the_left()
    assert shiboken6.isValid(dialog), "who made it without an owner owns it"
    dialog.deleteLater()


def test_what_a_left_dialog_changed_is_still_told_and_then_it_goes(
    page: Opener, tasks: Tasks, qtbot: QtBot
) -> None:
    """Admitting somebody goes on when its dialog is closed; the page has to hear of it."""
    dialog = Dialog("Admit somebody", parent=page)
    goes_on, told = Event(), list[str]()
    tasks.change(
        "test.admit", "Admitting", lambda _progress: goes_on.wait(20),
        lambda _done: told.append("x"), owner=dialog,
    )  # fmt: skip
    dialog.open()
    dialog.reject()
    forget_the_left()
    assert shiboken6.isValid(dialog)
    goes_on.set()
    settle(tasks)
    assert told == ["x"]
    forget_the_left()
    assert not shiboken6.isValid(dialog)


def test_a_fault_after_the_dialog_was_left_stands_on_the_page(page: Opener, tasks: Tasks) -> None:
    dialog = Dialog("Admit somebody", parent=page)

    def work(_progress: object) -> None:
        raise EnvironmentFault("E-FULL", "The disk is full", "Make room.")

    def failed(error: BaseException) -> None:
        errors.show(error, dialog)

    tasks.change(
        "test.admit", "Admitting", work, lambda _done: None, owner=dialog, failed=failed
    )  # fmt: skip
    dialog.open()
    dialog.reject()
    settle(tasks)
    (bar,) = page.faults
    assert isinstance(bar, FaultBar)
    assert bar.isVisible()
    assert bar.error.code == "E-FULL"


def test_a_change_that_is_cancelled_before_it_begins_tells_that_it_is_over(
    page: Opener, tasks: Tasks
) -> None:
    """A button that waits for the end of a job would else stay grey for ever."""
    goes_on, ended = Event(), list[str]()
    tasks.change("test.first", "First", lambda _progress: goes_on.wait(20), lambda _done: None)
    tasks.change(
        "test.second", "Second", lambda _progress: None, lambda _done: ended.append("done"),
        ended=lambda: ended.append("ended"), owner=page,
    )  # fmt: skip
    QApplication.processEvents()
    tasks.cancel("test.second")
    goes_on.set()
    settle(tasks)
    assert ended == ["ended"]
