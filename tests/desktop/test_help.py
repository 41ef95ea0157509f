# SPDX-License-Identifier: Apache-2.0
"""Help in the window: a page for every screen, links that stay inside, the list of keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.help_commands import PAGES
from strongroom.desktop.shell.help_dialog import HelpDialog, resolved
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.shortcuts_dialog import ShortcutsDialog
from strongroom.domain.resources import docs_root
from support.accessibility import nameless

D = TypeVar("D", HelpDialog, ShortcutsDialog)


@pytest.fixture
def window(app: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    desk = Desk(app, tmp_path / "store", tmp_path / "home")
    yield desk.open()
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
