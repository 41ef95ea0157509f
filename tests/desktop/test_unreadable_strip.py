# SPDX-License-Identifier: Apache-2.0
"""Run folders without a row are told above the table, with why and what can be done."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.unreadable_strip import UnreadableDialog
from support.accessibility import nameless
from support.runs_on_disk import run_id, write_run
from support.runs_page import runs_page
from support.settling import settle

MONTH = "2023-11"


def fill(store: Path) -> None:
    for number in range(1, 6):
        write_run(store, number, name=f"<b>{number}</b>", metrics={"loss": [0.5]})
    (store / "runs" / MONTH / run_id(2) / "run.json").unlink()
    sealed = store / "runs" / MONTH / run_id(4) / "sealed.json"
    sealed.write_bytes(b'{"a":')


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot, tasks: Tasks) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill) as shown:
        settle(tasks)
        yield shown


def show_why(page: RunsPage) -> UnreadableDialog:
    (button,) = page.body.unreadable.findChildren(QPushButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    (dialog,) = page.window().findChildren(UnreadableDialog)
    return dialog


def test_they_are_told_above_the_table_and_listed_behind_a_button(page: RunsPage) -> None:
    strip = page.body.unreadable
    assert page.results.count() == 3
    assert strip.isVisible()
    assert strip.banner.title() == "2 run folders cannot be read and have no row below"
    assert f"{run_id(2)[:8]}: run.json is not there. 1 more stands in the list." in (
        strip.banner.accessibleName()
    )
    dialog = show_why(page)
    model = dialog.table.model()
    said = [
        [str(model.index(at, column).data(Qt.ItemDataRole.AccessibleTextRole))
         for column in range(3)]
        for at in range(model.rowCount())
    ]  # fmt: skip
    assert len(said) == 2
    assert said[0][1].endswith("E-MISSING")
    why = "run.json is not there, Bring the file back from a backup, or copy the folder again."
    assert said[0][2].endswith(why)
    assert said[1][0].endswith(f"<b>4</b> ({run_id(4)[:8]}), {MONTH}"), "plain text"
    assert not nameless(dialog)
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[:2] for line in copied] == [
        [f"runs/{MONTH}/{run_id(2)}", "E-MISSING"], [f"runs/{MONTH}/{run_id(4)}", "E-CANON"],
    ]  # fmt: skip
    dialog.close()


def test_it_goes_as_soon_as_all_can_be_read(page: RunsPage, tmp_path: Path, tasks: Tasks) -> None:
    store = tmp_path / "store"
    (store / "runs" / MONTH / run_id(4) / "sealed.json").unlink()
    folder = store / "runs" / MONTH / run_id(2)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    page.look()
    settle(tasks)
    assert page.body.unreadable.isHidden()
    assert page.body.unreadable.runs() == ()
    assert page.results.count() == 4


def test_a_store_with_nothing_that_can_be_read_shows_that_and_no_welcome(
    tmp_path: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    def only_bad(store: Path) -> None:
        (write_run(store, 1) / "run.json").unlink()

    with runs_page(tmp_path / "bad", qtbot, tasks, only_bad) as page:
        settle(tasks)
        assert page.body.unreadable.banner.title() == (
            "1 run folder cannot be read and has no row below"
        )
        assert page.body.currentIndex() == 0, "not the welcome of an empty store"
