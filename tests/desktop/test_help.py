# SPDX-License-Identifier: Apache-2.0
"""Help in the window: a page for every screen, a search, links that stay inside, the keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.help_commands import PAGES
from strongroom.desktop.shell.help_dialog import HelpDialog, resolved
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.shortcuts_dialog import ShortcutsDialog
from strongroom.domain.resources import docs_root
from support.accessibility import nameless
from support.opened_window import opened

D = TypeVar("D", HelpDialog, ShortcutsDialog)


@pytest.fixture
def window(app: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    desk = Desk(app, tmp_path / "store", tmp_path / "home")
    yield opened(desk)
    desk.close()


def _open(kind: type[D]) -> D:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def test_every_screen_has_a_page_with_its_heading(window: MainWindow) -> None:
    assert {spec.id for spec in window.specs()} == set(PAGES)
    for place in PAGES.values():
        page, _, heading = place.partition("#")
        text = (docs_root() / page).read_text("utf-8")
        titles = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#")]
        assert heading.replace("-", " ") in ["", *titles], place


def test_f1_opens_the_page_of_the_screen_and_links_lead_on_and_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.go_to("settings")
    window.commands.run("help.page")
    dialog = _open(HelpDialog)
    qtbot.waitUntil(lambda: "shown at once" in dialog.view.toPlainText())
    assert dialog.place() == "how-to/window.md#settings"
    assert dialog.view.verticalScrollBar().value() > 0
    assert nameless(dialog) == []
    dialog.view.anchorClicked.emit(QUrl("../reference/commands.md#in-the-window"))
    qtbot.waitUntil(lambda: "STRONGROOM_STORE" in dialog.view.toPlainText())
    dialog.back.click()
    qtbot.waitUntil(lambda: "shown at once" in dialog.view.toPlainText())
    dialog.view.anchorClicked.emit(QUrl("https://example.org/x.md"))
    assert dialog.place() == "how-to/window.md#settings"
    dialog.reject()


def test_a_page_loads_nothing(app: QApplication, tasks: Tasks, qtbot: QtBot) -> None:
    dialog = HelpDialog("index.md", tasks)
    qtbot.addWidget(dialog)
    tasks.wait_idle()
    dialog.view.show_page("![x](file:///etc/passwd) [y](z) <img src='file:///etc/hostname'>", "")
    assert dialog.view.loadResource(2, QUrl("file:///etc/passwd")) is None
    dialog.go("../../etc/passwd.md")
    tasks.wait_idle()
    QApplication.processEvents()
    assert "not installed" in dialog.view.toPlainText()


@settings(max_examples=200, deadline=None)
@given(
    link=st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(["..", ".", "a", "b.md", "/", "how-to", "%2e%2e"])).map("/".join),
    )
)
def test_no_link_leads_out(link: str) -> None:
    found = resolved("how-to/window.md#settings", link)
    page = found.partition("#")[0]
    assert ".." not in page.split("/")
    assert not page.startswith("/")
    assert not page or (docs_root() / page).resolve().is_relative_to(docs_root())


def test_the_keys_are_listed_and_found(window: MainWindow) -> None:
    window.commands.run("help.shortcuts")
    dialog = _open(ShortcutsDialog)
    assert nameless(dialog) == []
    listed = sum(1 for command in window.commands.commands() if command.shortcut)
    assert dialog.table.model().rowCount() == listed
    dialog.search.set_text("undo")
    assert dialog.table.model().rowCount() == 1
    dialog.reject()


def test_words_are_found_in_all_pages_by_keyboard_alone_and_marked_on_the_page(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.commands.run("help.search")
    dialog = _open(HelpDialog)
    qtbot.waitUntil(lambda: dialog.search.edit.hasFocus() or dialog.focusWidget() is not None)
    QTest.keyClicks(dialog.search.edit, "smoothing constant")
    QTest.keyClick(dialog.search.edit, Qt.Key.Key_Return)  # before the list was shown
    qtbot.waitUntil(lambda: dialog.place() == "how-to/analysts.md#charts")
    qtbot.waitUntil(lambda: "Smoothing" in dialog.view.marked())
    assert {"smoothing", "constant"} <= {word.casefold() for word in dialog.view.marked()}
    assert dialog.view.verticalScrollBar().value() > 0
    QTest.mouseClick(dialog.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.results.table.isVisible)
    assert dialog.search.text() == "smoothing constant"
    assert nameless(dialog) == []
    dialog.search.edit.setFocus()
    QTest.keySequence(dialog.search.edit, "Ctrl+A")
    QTest.keyClicks(dialog.search.edit, "pass")
    qtbot.waitUntil(lambda: dialog.place() == "?pass" and len(dialog.results.table.lines()) > 1)
    first, second, *_ = [line.key for line in dialog.results.table.lines()]
    qtbot.waitUntil(lambda: dialog.results.table.selected() == (first,))
    QTest.keyClick(dialog.search.edit, Qt.Key.Key_Down)
    assert dialog.results.table.selected() == (second,)
    wanted = dialog.results._places[second]
    QTest.keyClick(dialog.search.edit, Qt.Key.Key_Return)
    assert dialog.place() == wanted
    qtbot.waitUntil(lambda: {word.casefold()[:4] for word in dialog.view.marked()} == {"pass"})
    QTest.keyClick(dialog.search.edit, Qt.Key.Key_Escape)  # empties the field, stays here
    qtbot.waitUntil(lambda: dialog.view.marked() == ())
    assert dialog.isVisible()
    dialog.reject()


def test_what_nobody_wrote_about_says_so_and_leads_to_the_contents(
    app: QApplication, tasks: Tasks, qtbot: QtBot
) -> None:
    dialog = HelpDialog("?<zyzzyva>", tasks)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.results.nothing.isVisible)
    assert "<zyzzyva>" in dialog.results.nothing.findChildren(QLabel)[0].text()
    QTest.mouseClick(dialog.results.nothing.button, Qt.MouseButton.LeftButton)
    assert dialog.place() == "index.md"
    tasks.wait_idle()
    dialog.reject()
