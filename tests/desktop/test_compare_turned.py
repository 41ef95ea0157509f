# SPDX-License-Identifier: Apache-2.0
"""Compare turned round, its folder tree, what leaves the window, and asking for a move."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from strongroom.desktop.compare.commands import state_of
from strongroom.desktop.compare.folders import File, Folder, tree_of
from strongroom.desktop.compare.page import ComparePage
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.kit.cells import Group
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.review.page import ReviewsPage
from strongroom.desktop.review.request_dialog import RequestDialog
from strongroom.desktop.review.services import ReviewServices
from support.accessibility import nameless
from support.compare_page import (
    Opened,
    cells_of,
    click_head,
    compare_pages,
    fill,
    services_of,
    words,
)
from support.review_store import copied
from support.runs_on_disk import run_id, write_run
from support.settling import settle


@pytest.fixture
def services(tmp_path: Path) -> CompareServices:
    return services_of(tmp_path / "store")


@pytest.fixture
def store(services: CompareServices) -> Path:
    return services.runs.folder.root


@pytest.fixture
def opened(
    app: QApplication, qtbot: QtBot, tasks: Tasks, services: CompareServices
) -> Iterator[Opened]:
    with compare_pages(services, qtbot, tasks) as open_it:
        yield open_it


def fill_files(store: Path) -> None:
    """Two runs with equal, different and lonely files in folders."""
    for number in (1, 2):
        files = {
            "notes.md": b"%d" % number,
            "plots/roc.csv": b"same",
            "plots/pr.csv": b"%d" % number,
            "plots/train/loss.csv": b"%d" % number,
            "only/deep/inside/x.txt": b"x",
        }
        if number == 1:
            del files["only/deep/inside/x.txt"]
        write_run(store, number, params={"lr": number}, artifacts=files)


# ---------------------------------------------------------------- turned round


def test_turned_round_each_run_is_a_row_with_the_same_figures(
    opened: Opened, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = opened(1, 2, 3)
    told: list[Place] = []
    page.place_changed.connect(told.append)
    figures = words(page, "metrics val/auc")[1:]
    page.tools.layouts.choose("rows")
    settle(tasks)
    down = page.values.runs_down
    assert down.isVisible()
    assert not page.table.isVisible()
    at = [column.key for column in down.columns()].index("metrics val/auc")
    assert [cells_of(down, run_id(number))[at] for number in (1, 2, 3)] == figures
    assert cells_of(down, run_id(1))[0] == "run 1, Baseline"
    assert told[-1].argument("layout") == "rows"
    assert nameless(page) == []
    page.show_place(Place.of("compare", {**dict(told[-1].arguments), "layout": "columns"}))
    settle(tasks)
    assert page.table.isVisible()


def test_a_click_on_a_field_sorts_the_runs_and_the_keyboard_stays_with_its_run(
    opened: Opened, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = opened(1, 2, 3)
    page.turn_round()
    down = page.values.runs_down
    down.reach(run_id(1))
    at = [column.key for column in down.columns()].index("metrics val/auc")
    click_head(down, qtbot, at)
    assert down.run_ids() == (run_id(3), run_id(2), run_id(1))
    assert page.selection() == (run_id(1),)
    click_head(down, qtbot, at)
    assert down.run_ids() == (run_id(1), run_id(2), run_id(3))
    assert page.arrangement().run_ids == (run_id(1), run_id(2), run_id(3)), (
        "only the view is sorted"
    )


def test_by_keyboard_a_row_becomes_the_baseline_opens_its_field_and_leaves(
    opened: Opened, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = opened(1, 2, 3)
    page.turn_round()
    down = page.values.runs_down
    down.setFocus()
    qtbot.keyClick(down, Qt.Key.Key_Down)
    assert page.selection() == (run_id(2),)
    command = next(each for each in page.commands() if each.id == "compare.baseline")
    command.run()
    settle(tasks)
    assert cells_of(down, run_id(2))[0] == "run 2, Baseline"
    assert page.selection() == (run_id(2),)
    qtbot.keyClick(down, Qt.Key.Key_Down)
    columns = [column.key for column in down.columns()]
    for _ in range(columns.index("params lr")):
        qtbot.keyClick(down, Qt.Key.Key_Right)
    qtbot.keyClick(down, Qt.Key.Key_Return)
    settle(tasks)
    assert page.beside.isVisible()
    assert page.beside.current() == "text params"
    assert page.place().argument("other") == run_id(3)
    page.show_view("values")
    down.setFocus()
    qtbot.keyClick(down, Qt.Key.Key_Delete)
    settle(tasks)
    assert down.run_ids() == (run_id(1), run_id(2))


def test_runs_without_a_value_come_last_and_words_sort_too(
    opened: Opened, store: Path, qtbot: QtBot
) -> None:
    for number, kind in ((1, "oak"), (2, ""), (3, "ash")):
        write_run(store, number, params={"kind": kind} if kind else {}, metrics={"m": [number]})
    page = opened(1, 2, 3)
    page.turn_round()
    down = page.values.runs_down
    at = [column.key for column in down.columns()].index("params kind")
    click_head(down, qtbot, at)
    assert down.run_ids() == (run_id(1), run_id(3), run_id(2))
    click_head(down, qtbot, at)
    assert down.run_ids() == (run_id(3), run_id(1), run_id(2))


# ---------------------------------------------------------------- folders


def folders_of(page: ComparePage) -> dict[str, tuple[str, int]]:
    return {
        line.title: (line.note, line.depth)
        for line in page.table.lines()
        if isinstance(line, Group) and line.depth
    }


def test_files_stand_in_their_folders_and_say_same_differs_only_here(
    opened: Opened, store: Path, tasks: Tasks
) -> None:
    fill_files(store)
    page = opened(1, 2)
    assert folders_of(page) == {
        "only/deep/inside/": ("1 of 1 differ", 1),
        "plots/": ("2 of 3 differ", 1),
        "train/": ("1 of 1 differ", 2),
    }
    assert words(page, "artifacts plots/train/loss.csv")[2].endswith("differs")
    assert words(page, "artifacts plots/train/loss.csv")[0] == "loss.csv"
    assert words(page, "artifacts only/deep/inside/x.txt")[2].endswith("only here")
    page.only_differences.setChecked(False)
    assert words(page, "artifacts plots/roc.csv")[2].endswith("same")
    page.set_baseline(run_id(2))
    settle(tasks)
    assert words(page, "artifacts only/deep/inside/x.txt")[1] == "missing"


def test_a_folder_folds_with_all_that_is_inside_and_stays_folded(
    opened: Opened, store: Path, qtbot: QtBot
) -> None:
    fill_files(store)
    session = Session()
    page = opened(1, 2, session=session)
    before = len(page.table.lines())
    page.table.setFocus()
    keys = [line.key for line in page.table.lines()]
    page.table.setCurrentIndex(page.table.model().index(keys.index("folder plots/"), 0))
    qtbot.keyClick(page.table, Qt.Key.Key_Left)
    left = [line.key for line in page.table.lines()]
    assert "folder plots/" in left
    assert not [key for key in left if "train" in key]
    assert len(left) == before - 3, "a file, the folder inside, and its file"
    again = opened(1, 2, session=session)
    assert [line.key for line in again.table.lines()] == left


paths = st.lists(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=9).map("/".join),
    unique=True,
    max_size=12,
)


@given(paths)
@settings(max_examples=200, deadline=None)
def test_a_tree_holds_every_file_once_below_its_own_folders(listed: list[str]) -> None:
    lines = list(tree_of(listed))
    files = [line for line in lines if isinstance(line, File)]
    assert sorted(line.path for line in files) == sorted(listed)
    above: list[Folder] = []
    for line in lines:
        above = [folder for folder in above if folder.depth < line.depth + isinstance(line, File)]
        if isinstance(line, Folder):
            assert line.depth == len(above) + 1
            above.append(line)
        else:
            assert line.depth == len(above)
            titles = "".join(f"{folder.title}/" for folder in above)
            assert line.path == titles + line.name
            assert all(line.path in folder.files for folder in above)


# ---------------------------------------------------------------- out of the window


def test_what_leaves_the_window_is_turned_and_sorted_as_it_is_seen(
    opened: Opened, store: Path, qtbot: QtBot, tasks: Tasks, tmp_path: Path
) -> None:
    fill(store, 3)
    page = opened(1, 2, 3)
    page.tools.search.edit.setText("auc")
    page.turn_round()
    settle(tasks)
    click_head(page.values.runs_down, qtbot, 1)
    page.sharing.write(tmp_path / "out.csv")
    page.sharing.write(tmp_path / "out.md")
    page.tools.more.choose("copy_cells")
    settle(tasks)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["run", "run_id", "metrics.val/auc"],
        ["run 3", run_id(3), repr(0.9 + 3 / 50)],
        ["run 2", run_id(2), repr(0.9 + 2 / 50)],
        ["run 1", run_id(1), repr(0.9 + 1 / 50)],
    ]
    text = (tmp_path / "out.md").read_text("utf-8")
    assert text.splitlines()[0] == "| Run | val/auc ↑ |"
    assert text.splitlines()[-1] == "| **run 1** | 0.9200 |"
    assert QGuiApplication.clipboard().text() == "".join("\t".join(row) + "\n" for row in rows)


# ---------------------------------------------------------------- what stays


def test_another_window_compares_the_runs_of_the_last_one_in_the_same_layout(
    opened: Opened, store: Path, tasks: Tasks
) -> None:
    fill(store)
    session = Session()
    page = opened(3, 1, session=session)
    page.set_baseline(run_id(1))
    page.turn_round()
    page.aside.show_part("parallel")
    settle(tasks)
    again = opened(session=session)
    assert again.arrangement() == page.arrangement()
    assert again.values.runs_down.isVisible()
    assert again.aside.part() == "parallel"


def test_the_bar_keeps_one_line_in_a_narrow_window_and_names_what_it_shortens(
    opened: Opened, store: Path
) -> None:
    fill(store)
    page = opened(1, 2)
    assert page.add_button.text() == "Add run"
    page.head.show_request("churn v2", "", is_there=True)
    page.resize(916, 600)
    QApplication.processEvents()
    assert page.bar is not None
    assert page.bar.height() == theme().height("page_bar"), "one line"
    assert page.add_button.text() == ""
    assert page.add_button.accessibleName() == "Add run"
    assert page.baseline.text() == "run 1"
    assert page.baseline.accessibleName() == "Baseline: run 1"


# ---------------------------------------------------------------- asking for a move


def test_the_version_a_run_made_is_said_and_its_move_can_be_asked_for(
    app: QApplication, qtbot: QtBot, tasks: Tasks, tmp_path: Path
) -> None:
    story = copied(tmp_path / "story")
    desk = story.analyst
    services = replace(
        services_of(story.folder / "store", story.clock), models=desk.registry.models
    )
    services.runs.refresh()
    page = ComparePage(services, tasks, Session())
    reviews = ReviewsPage(
        ReviewServices(
            reviews=desk.reviews, registry=desk.registry, identities=desk.identities,
            people=desk.people, clock=story.clock,
        ),
        tasks,
    )  # fmt: skip
    page.place_requested.connect(reviews.show_place)
    for each in (page, reviews):
        qtbot.addWidget(each)
        each.resize(1200, 700)
        each.show()
        qtbot.waitExposed(each)
    page.show_place(Place.of("compare", {"runs": ",".join(story.runs)}))
    settle(tasks)
    subs = [column.sub for column in page.table.columns()[1:-1]]
    assert subs == ["Baseline, v1 Production", "v2 Staging"]
    assert "Made fraud-detector v1 Production" in page.table.columns()[1].hint
    page.table.setFocus()
    page.table.reach(story.runs[1])
    assert "fraud-detector v2 Staging" in page.head.request_button.toolTip()
    qtbot.mouseClick(page.head.request_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    dialog = reviews.findChild(RequestDialog)
    assert dialog is not None
    assert dialog.isVisible()
    assert "fraud-detector v2" in dialog.version_menu.text()
    dialog.reject()
    settle(tasks)
    page.hide()
    reviews.hide()
    tasks.wait_idle(3_000)
    services.runs.catalog.close()
    story.close()


def test_a_run_without_a_model_says_why_nothing_can_be_asked(opened: Opened, store: Path) -> None:
    fill(store)
    page = opened(1, 2)
    assert not page.head.request_button.isVisible(), "nothing is registered in this store"
    command = next(each for each in page.commands() if each.id == "compare.request")
    reason = command.enabled(state_of(run_id(1)))
    assert reason is not None
    assert "No model version comes from run 1" in reason.text
