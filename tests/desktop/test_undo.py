# SPDX-License-Identifier: Apache-2.0
"""Undo for what is local: there and back, joined steps, steps that fail."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.undo import MOST_STEPS, Step, UndoStack
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.page_spec import PageSpec
from strongroom.domain.clock import FixedClock


class _Width:
    """A value somebody changes in steps."""

    def __init__(self, stack: UndoStack) -> None:
        self.value, self._stack = 0, stack

    def change(self, value: int, kind: str = "") -> None:
        before, self.value = self.value, value
        self._stack.push(f"width {value}", self._to(before), self._to(value), kind=kind)

    def _to(self, value: int) -> Callable[[], None]:
        return lambda: setattr(self, "value", value)


@settings(max_examples=80, deadline=None)
@given(acts=st.lists(st.one_of(st.integers(1, 99), st.sampled_from(["undo", "redo"]))))
def test_any_walk_shows_what_a_list_of_states_would(qapp: QApplication, acts: list[object]) -> None:
    stack = UndoStack()
    width = _Width(stack)
    states, at = [0], 0
    for act in acts:
        if act == "undo":
            assert stack.undo() == (at > 0)
            at = max(0, at - 1)
        elif act == "redo":
            assert stack.redo() == (at < len(states) - 1)
            at = min(len(states) - 1, at + 1)
        elif isinstance(act, int):
            width.change(act)
            states[at + 1 :] = [act]
            at += 1
        assert width.value == states[at]
        assert stack.undo_title() == (f"width {states[at]}" if at else "")


def test_a_drag_is_one_step_and_a_pause_ends_it(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = UndoStack()
    width = _Width(stack)
    for value in range(1, 50):
        width.change(value, "column.width")
    monkeypatch.setattr(QElapsedTimer, "elapsed", lambda _self: 2_000)
    width.change(70, "column.width")
    stack.undo()
    assert width.value == 49
    stack.undo()
    assert width.value == 0
    stack.redo()
    assert width.value == 49


def test_the_oldest_steps_are_forgotten(qapp: QApplication) -> None:
    stack = UndoStack()
    width = _Width(stack)
    for value in range(MOST_STEPS + 10):
        width.change(value)
    while stack.undo():
        pass
    assert width.value == 9


def test_a_step_that_fails_takes_the_older_ones_with_it(qapp: QApplication) -> None:
    stack = UndoStack()
    width = _Width(stack)
    width.change(1)

    def fail() -> None:
        raise RuntimeError("the chart is gone")

    stack.push("zoom", fail, fail)
    with pytest.raises(RuntimeError):
        stack.undo()
    assert not stack.undo()
    assert stack.undo_title() == stack.redo_title() == ""
    width.change(2)
    assert stack.undo_title() == "width 2"


def test_what_an_undo_does_is_no_new_step(qapp: QApplication) -> None:
    stack = UndoStack()

    def again() -> None:
        stack.push("echo", again, again)

    stack.push("first", again, again)
    assert stack.undo()
    assert (stack.undo_title(), stack.redo_title()) == ("", "first")


def test_the_edit_menu_undoes_what_a_page_did_and_leads_back_there(
    app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    shown: list[str] = ["loss", "acc"]
    runs, audit = Page(PageBar("Runs")), Page(PageBar("Audit"))
    window = MainWindow(
        [PageSpec(id="runs", title="Runs", icon="flask-conical"),
         PageSpec(id="audit", title="Audit", icon="scroll-text")],
        [], tasks=tasks, clock=FixedClock(),
    )  # fmt: skip
    runs.page_id, audit.page_id = "runs", "audit"
    for page in (runs, audit):
        window.join(page)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    undo, redo = window.commands.action("edit.undo"), window.commands.action("edit.redo")
    assert not undo.isEnabled()
    assert undo.toolTip() == "Nothing to undo"
    shown.remove("loss")
    runs.undoable.emit(
        Step(
            title="hide column R&D",
            undo=lambda: shown.insert(0, "loss"),
            redo=lambda: shown.remove("loss"),
        )
    )
    window.go_to("audit")
    assert undo.text() == "Undo hide column R&&D"
    undo.trigger()
    assert shown == ["loss", "acc"]
    assert window.page_id() == "runs"
    assert not undo.isEnabled()
    qtbot.keyClick(
        window,
        Qt.Key.Key_Z,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert shown == ["acc"]
    assert redo.toolTip() == "Nothing to do again"
