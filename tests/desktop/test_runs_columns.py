# SPDX-License-Identifier: Apache-2.0
"""Columns by mouse and keyboard: sort, pin, move, hide, format, statistic; kept and undone."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from strongroom.desktop.kit.figures import Figures
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.column_layout import ColumnLayout
from strongroom.desktop.runs.columns import SheetColumn
from strongroom.desktop.runs.page import RunsPage
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.query import Field, FieldKind
from support.runs_on_disk import START_US, write_run
from support.runs_page import runs_page
from support.settling import settle

if TYPE_CHECKING:
    from strongroom.desktop.kit.undo import Step

LOSS = Field(kind=FieldKind.METRIC, key="val/loss")
AUC = Field(kind=FieldKind.METRIC, key="val/auc")
LR = Field(kind=FieldKind.PARAM, key="lr")


def fill(store: Path) -> None:
    for number in range(1, 7):
        write_run(
            store,
            number,
            params={"lr": number / 10, "kind": "tree" if number < 4 else "line"},
            metrics={"val/auc": [0.9, 0.95, 0.8 + number / 100], "val/loss": [1.0, 1 / number]},
            started_us=START_US + number * 1_000_000,
        )


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot, tasks: Tasks, session: Session) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill, session) as shown:
        yield shown


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> list[QMenu]:
    """The menus that were opened; a screen that is none can show none."""
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: opened.append(menu))
    return opened


def keys(page: RunsPage) -> list[str]:
    return [column.key for column in page.model.sheet.columns]


def column(page: RunsPage, key: str) -> SheetColumn:
    return next(each for each in page.model.sheet.columns if each.key == key)


def cells(page: RunsPage, key: str) -> list[str]:
    at = keys(page).index(key)
    return [page.model.sheet.text(row, at) for row in range(page.model.rowCount())]


def press(menus: list[QMenu], words: str) -> None:
    """Presses an entry of the menu that was opened last, or of one inside it."""
    menu = menus.pop()
    inner = [each for below in menu.findChildren(QMenu) for each in below.actions()]
    next(each for each in (*menu.actions(), *inner) if each.text() == words).trigger()
    menu.deleteLater()


def open_title_menu(page: RunsPage, qtbot: QtBot, key: str) -> None:
    """Goes to a title with the keyboard and opens its menu with Space."""
    head = page.table.head
    head.setFocus()
    qtbot.keyClick(head, Qt.Key.Key_Home)
    for _ in range(keys(page).index(key)):
        qtbot.keyClick(head, Qt.Key.Key_Right)
    qtbot.keyClick(head, Qt.Key.Key_Space)


def test_the_menu_of_a_title_is_there_for_the_keyboard_and_hides_a_column(
    page: RunsPage, qtbot: QtBot, menus: list[QMenu]
) -> None:
    open_title_menu(page, qtbot, "metrics.val/auc")
    assert page.table.head.accessibleDescription() == "Metrics, val/auc"
    press(menus, "Hide")
    assert "metrics.val/auc" not in keys(page)


def test_enter_on_a_title_sorts_by_it(page: RunsPage, qtbot: QtBot, tasks: Tasks) -> None:
    page.table.head.setFocus()
    qtbot.keyClick(page.table.head, Qt.Key.Key_Home)
    qtbot.keyClick(page.table.head, Qt.Key.Key_Right)
    qtbot.keyClick(page.table.head, Qt.Key.Key_Return)
    settle(tasks)
    assert cells(page, "name") == [f"run {number}" for number in range(1, 7)]


def test_a_pinned_column_stands_with_the_names_and_stays_when_others_scroll(
    page: RunsPage, qtbot: QtBot, menus: list[QMenu]
) -> None:
    open_title_menu(page, qtbot, "metrics.val/loss")
    press(menus, "Pin")
    assert keys(page)[:4] == ["check", "name", "trust", "metrics.val/loss"]
    assert not page.table.pinned.isColumnHidden(3)
    place = page.table.pinned.columnViewportPosition(3)
    page.table.horizontalScrollBar().setValue(200)
    assert page.table.pinned.columnViewportPosition(3) == place


def test_the_best_value_is_shown_by_what_the_name_says_is_better(
    page: RunsPage, qtbot: QtBot, tasks: Tasks, menus: list[QMenu]
) -> None:
    open_title_menu(page, qtbot, "metrics.val/auc")
    press(menus, "Best value")
    assert column(page, "best(metrics.val/auc)").title == "val/auc, best"
    assert set(cells(page, "best(metrics.val/auc)")) == {"0.9500"}
    open_title_menu(page, qtbot, "best(metrics.val/auc)")
    press(menus, "Lowest value")
    low = cells(page, "min(metrics.val/auc)")
    assert low == ["0.8600", "0.8500", "0.8400", "0.8300", "0.8200", "0.8100"]
    open_title_menu(page, qtbot, "min(metrics.val/auc)")
    press(menus, "Sort ascending")
    settle(tasks)
    assert cells(page, "min(metrics.val/auc)") == low[::-1]


@pytest.mark.parametrize(
    ("form", "decimals", "expected"),
    [
        ("percent", "", "86.0 %"),
        ("percent", "2", "86.00 %"),
        ("scientific", "1", "8.6e−01"),
        ("decimals", "2", "0.86"),
        ("auto", "", "0.8600"),
    ],
)
def test_a_column_is_written_in_the_form_that_was_chosen(
    page: RunsPage, form: str, decimals: str, expected: str
) -> None:
    dialog = page.column_actions.ask_format(column(page, "metrics.val/auc"))
    dialog.choose(form, decimals)  # type: ignore[arg-type]  # one of the forms
    dialog.accept()
    assert cells(page, "metrics.val/auc")[0] == expected


def test_a_format_that_is_no_number_of_decimals_cannot_be_applied(page: RunsPage) -> None:
    dialog = page.column_actions.ask_format(column(page, "metrics.val/auc"))
    dialog.choose("decimals", "many")
    assert not dialog._apply.isEnabled()
    dialog.reject()


def test_a_title_is_dragged_to_another_place(page: RunsPage, qtbot: QtBot) -> None:
    before = keys(page)
    at = before.index("params.kind")
    head = page.table.head
    page.resize(2400, 800)
    start = QPoint(head.sectionViewportPosition(at) + 30, head.height() - 10)
    target = QPoint(head.sectionViewportPosition(at + 1) + 60, head.height() - 10)
    view = head.viewport()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for share in range(1, 11):
        qtbot.mouseMove(view, start + (target - start) * share / 10)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=target)
    after = keys(page)
    assert after.index("params.kind") == at + 1
    assert sorted(after) == sorted(before)
    assert head.visualIndex(at) == at


def test_what_was_done_to_columns_is_undone_and_remembered(
    page: RunsPage, session: Session
) -> None:
    steps: list[Step] = []
    page.undoable.connect(steps.append)
    before = keys(page)
    page.column_actions.hide(column(page, "metrics.val/auc"))
    page.column_actions.step(column(page, "params.kind"), 1)
    after = keys(page)
    assert [step.title for step in steps] == ["hide val/auc", "move kind"]
    for step in reversed(steps):
        step.undo()
    assert keys(page) == before
    for step in steps:
        step.redo()
    assert keys(page) == after
    again = ColumnLayout()
    again.take_json(session.value("runs.columns", {}))
    assert [each.key for each in again.columns((), (), MetricSchema())] == after


def test_usual_columns_come_back(page: RunsPage, tasks: Tasks) -> None:
    before = keys(page)
    page.set_fields((LR,))
    settle(tasks)
    assert [key for key in keys(page) if "." in key and "spark" not in key] == ["params.lr"]
    page.set_fields(None)
    settle(tasks)
    assert keys(page) == before


@pytest.mark.parametrize(
    "kept",
    [
        None, [], {"columns": 3},
        {"columns": [3, {"kind": "metrics"}, {"kind": "no", "name": "x"}]},
        {"columns": [{"kind": "attributes", "name": "password"}], "widths": {"a": "b", "name": -5}},
        {"columns": [{"kind": "metrics", "name": "a", "form": "x", "decimals": 99}] * 3},
    ],
)  # fmt: skip
def test_a_damaged_memory_of_columns_never_loses_boxes_and_names(kept: object) -> None:
    layout = ColumnLayout()
    layout.take_json(kept)
    columns = layout.columns((LOSS,), (), MetricSchema())
    assert [each.key for each in columns[:2]] == ["check", "name"]
    assert len({each.key for each in columns}) == len(columns)
    assert all(each.width >= 40 and each.form == "auto" for each in columns)


@pytest.mark.parametrize(
    ("value", "figures", "expected"),
    [
        (float("nan"), Figures(2, "percent"), "NaN"),
        (float("-inf"), Figures(2, "scientific"), "−∞"),
        (-0.5, Figures(None, "scientific"), "−5.000e−01"),
        (0.5, Figures(None, "percent"), "50.0 %"),
    ],
)
def test_what_is_not_finite_is_written_as_such_in_every_form(
    value: float, figures: Figures, expected: str
) -> None:
    assert figures.number(value) == expected


def test_groups_carry_means_and_fold_by_keyboard(
    page: RunsPage, qtbot: QtBot, tasks: Tasks
) -> None:
    page.group_by(Field(kind=FieldKind.PARAM, key="kind"))
    settle(tasks)
    sheet = page.model.sheet
    assert [sheet.group_words(0), sheet.group_words(1)] == [("line", "3 runs"), ("tree", "3 runs")]
    at = keys(page).index("metrics.val/auc")
    assert sheet.text(0, at) == "0.8500 ± 0.0100"
    table = page.table
    table.setFocus()
    table.select_row(0)
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert page.model.index(0, 1).data(spoken) == "Group line, 3 runs, expanded"
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert page.model.rowCount() == 5
    assert page.model.index(0, 1).data(spoken) == "Group line, 3 runs, collapsed"
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert page.model.rowCount() == 8
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert table.selected() == (page.model.sheet.run(1).run_id,)  # type: ignore[union-attr]  # read
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert table.currentIndex().row() == 0
    page.group_by(None)
    settle(tasks)
    assert page.model.rowCount() == 6
