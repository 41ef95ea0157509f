# SPDX-License-Identifier: Apache-2.0
"""The window by keyboard alone: names on everything, Tab round, F6 through panes, focus seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.scroll_bar import ScrollBar
from strongroom.desktop.kit.stepper import Stepper
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from support.accessibility import nameless
from support.opened_window import opened
from support.runs_on_disk import write_run

DIALOGS = (
    "help.about", "help.page", "help.contents", "help.shortcuts", "help.support_bundle",
    "window.notices", "window.jobs", "file.open_store", "file.remove_demo",
)  # fmt: skip
MOST_TABS = 80


@pytest.fixture
def window(
    app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> Iterator[MainWindow]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for number in range(3):
        write_run(tmp_path / "store", number, metrics={"loss": [1.0, 0.5]})
    desk = Desk(app, tmp_path / "store", tmp_path / "home")
    window = opened(desk)
    with qtbot.waitActive(window):
        window.activateWindow()
    yield window
    desk.close()


def _dialogs() -> list[Dialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, Dialog) and w.isVisible()]


def test_every_page_has_a_name_on_everything(window: MainWindow) -> None:
    without = {}
    for spec in window.specs():
        window.go_to(spec.id)
        window.tasks.wait_idle(10_000)
        QApplication.processEvents()
        page = window.page()
        assert page is not None
        without[spec.id] = nameless(page)
    assert not {page: names for page, names in without.items() if names}


def test_every_list_text_and_page_has_the_thin_scroll_bars(window: MainWindow) -> None:
    areas = window.findChildren(QAbstractScrollArea)
    assert len(areas) > 20
    for area in areas:
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        for bar, policy in (
            (area.verticalScrollBar(), area.verticalScrollBarPolicy()),
            (area.horizontalScrollBar(), area.horizontalScrollBarPolicy()),
        ):
            assert policy == off or isinstance(bar, ScrollBar), area


@pytest.mark.parametrize("command", DIALOGS)
def test_every_dialog_of_the_frame_is_named_and_closes_with_escape(
    window: MainWindow, command: str, qtbot: QtBot
) -> None:
    assert window.commands.run(command)
    dialog = _dialogs()[0]
    window.tasks.wait_idle(10_000)
    assert dialog.windowTitle()
    assert nameless(dialog) == []
    qtbot.waitUntil(lambda: dialog.focusWidget() is not None)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not _dialogs())


def test_tab_goes_round_and_comes_back(window: MainWindow) -> None:
    window.go_to("settings")
    window.tasks.wait_idle(10_000)
    QApplication.processEvents()
    start = window.rail.store
    start.setFocus(Qt.FocusReason.TabFocusReason)
    seen: list[QWidget] = []
    for _ in range(MOST_TABS):
        focused = window.focusWidget()
        assert focused is not None
        assert focused.isVisible()
        if seen and focused is start:
            break
        seen.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    else:
        pytest.fail(f"Tab does not come back: {[each.accessibleName() for each in seen[-8:]]}")
    assert any(window.rail.isAncestorOf(each) for each in seen)
    assert any(isinstance(each, Stepper) for each in seen)
    assert any(window.strip.isAncestorOf(each) for each in seen)


def test_f6_visits_rail_page_and_strip(window: MainWindow) -> None:
    window.go_to("audit")
    visited = set()
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_F6)
        focused = window.focusWidget()
        for name, pane in (("rail", window.rail), ("strip", window.strip), ("page", window.page())):
            if pane is not None and pane.isAncestorOf(focused):
                visited.add(name)
    assert visited == {"rail", "page", "strip"}


def test_the_keyboard_is_seen_wherever_it_is_on_the_settings_page(window: MainWindow) -> None:
    window.go_to("settings")
    page = window.page()
    assert page is not None
    for widget in page.findChildren(Stepper):
        window.rail.store.setFocus()
        without = widget.grab().toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        assert widget.grab().toImage() != without, widget.accessibleName()


def test_a_message_fades_in_and_with_less_motion_it_is_there_at_once(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.notices.tell("Exported")
    toast = window._toast
    assert toast.graphicsEffect() is not None
    qtbot.waitUntil(lambda: toast.graphicsEffect() is None)
    assert toast.isVisible()
    theme().switch(moves=False)
    window.notices.tell("Exported")
    assert toast.graphicsEffect() is None
    theme().switch(moves=True)
