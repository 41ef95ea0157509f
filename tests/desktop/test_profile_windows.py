# SPDX-License-Identifier: Apache-2.0
"""What the columns of data hold, as people see it: of one run, and of two beside each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

import strongroom as sr
from strongroom.desktop.compare.data_changes import SAME
from strongroom.desktop.kit.facts import Link
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.detail import DetailPane
from strongroom.desktop.viewers.profile_dialog import ProfileChangesDialog, ProfileDialog
from support.accessibility import nameless
from support.compare_page import compare_pages
from support.compare_page import services_of as comparing
from support.runs_page import services_of
from support.settling import settle


def customers(shift: int) -> dict[str, list[object]]:
    rows = range(200)
    table: dict[str, list[object]] = {
        "age": [20 + row % 50 + 10 * shift for row in rows],
        "<b>plan</b>": ["basic" if row % 4 > shift else "pro" for row in rows],
        "income": [None if row < 10 * shift else 1000.5 + row for row in rows],
    }
    table["new" if shift else "old"] = [1.5] * 200
    return table


def train(store: Path, name: str, shift: int) -> str:
    with sr.start_run("churn", name=name, store=store) as run:
        run.log_input(customers(shift), name="customers")
        run.log_input(customers(0), name="holdout", context="test")
    return run.run_id


@pytest.fixture
def pane(app, tasks, tmp_path: Path, qtbot: QtBot) -> Iterator[DetailPane]:
    run_id = train(tmp_path / "store", "first", 0)
    services = services_of(tmp_path / "store")
    services.runs.refresh()
    made = DetailPane(services, tasks)
    qtbot.addWidget(made)
    made.resize(432, 900)
    made.show()
    made.show_run(run_id)
    settle(tasks)
    yield made
    tasks.close()
    services.runs.catalog.close()


def dialog_of(kind):
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def words(dialog) -> dict[str, list[str]]:
    lines = [[cell.words for cell in row.cells] for row in dialog.table.lines()]
    return {cells[0]: cells[1:] for cells in lines}


def colours(widget) -> set[str]:
    image = widget.grab().toImage()
    return {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    }


def test_each_column_is_told_and_drawn(pane, tasks) -> None:
    part = pane.body.overview.datasets
    first, *_ = part.facts.findChildren(Link)
    assert first.text() == "Show the columns…"
    QTest.keyClick(first, Qt.Key.Key_Space)
    dialog = dialog_of(ProfileDialog)
    assert nameless(dialog) == []
    told = words(dialog)
    assert list(told) == ["age", "<b>plan</b>", "income", "old"]
    assert told["age"][:3] == ["integer", "none", "50"]
    assert told["age"][3] == "20"
    assert told["age"][5] == "69"
    assert told["<b>plan</b>"][6] == "basic 75.0%, pro 25.0%"
    assert "median 1,100" in told["income"][6]
    assert dialog.title.accessibleName() == "age"
    assert theme().colour("accent").name() in colours(dialog.picture)
    assert "half between" in dialog.picture.accessibleDescription()
    dialog.table.setFocus()
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    assert dialog.title.accessibleName() == "<b>plan</b>"
    assert dialog.picture.accessibleDescription() == "basic 75.0%, pro 25.0%"
    dialog.reject()


def test_a_schema_of_any_width_is_told_in_words(pane) -> None:
    shown = [fact.accessibleName() for fact in pane.body.overview.datasets.facts.children()
             if hasattr(fact, "accessibleName")]  # fmt: skip
    assert not any('[{"name"' in each for each in shown)


def test_what_changed_in_the_data_of_two_runs_is_told_first(
    app, tasks, tmp_path: Path, qtbot: QtBot
) -> None:
    store = tmp_path / "store"
    first, second = train(store, "first", 0), train(store, "second", 1)
    services = comparing(store)
    services.runs.refresh()
    with compare_pages(services, qtbot, tasks) as opened:
        page = opened()
        page.show_place(Place.of("compare", {"runs": f"{first},{second}"}))
        settle(tasks)
        command = next(each for each in page.commands() if each.id == "compare.data_changes")
        command.run()
        settle(tasks)
        dialog = dialog_of(ProfileChangesDialog)
        assert nameless(dialog) == []
        assert dialog.told.text() == (
            "Of 5 columns: 1 new (new); 1 dropped (old); 3 moved (age, <b>plan</b>, income)."
        )
        told = words(dialog)
        assert list(told) == ["new", "old", "age", "<b>plan</b>", "income"]
        assert told["age"][:2] == ["moved", "mean 44.5 → 54.5, 0.7 deviations"]
        assert told["<b>plan</b>"][1] == "“basic” 75.0% → 50.0%"
        assert told["income"][1].endswith("missing 0.0% → 5.0%")
        assert told["new"][2] == "no value"
        assert "first: no such column. second: " in dialog.picture.accessibleDescription()
        dialog.which.choose("1")
        assert dialog.told.text() == "Of 4 columns: none differs."
        assert SAME in {each.accessibleName() for each in dialog.findChildren(QWidget)}
        dialog.reject()
