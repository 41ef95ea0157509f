# SPDX-License-Identifier: Apache-2.0
"""The table speaks, folds, sorts, keeps its selection and paints without a warning."""

from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.cells import (
    MISSING,
    BadgeCell,
    BarCell,
    CheckCell,
    Column,
    DigestCell,
    Group,
    Line,
    MoveCell,
    Notice,
    NumberCell,
    PersonCell,
    Row,
    RunCell,
    SparkCell,
    StageCell,
    TextCell,
    TimeCell,
    TrustCell,
    TwoLineCell,
    VerdictCell,
)
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.table_model import TableModel
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

COLUMNS = (
    Column("box", "", 40, checks=True),
    Column("name", "Name", 160, stretch=True),
    Column("value", "Value", 90, "right", sortable=True),
)
CELLS = (
    TextCell("plain"), TextCell("link", link=True), TwoLineCell("name", "below"),
    NumberCell("0.9487", "+0.0085", "ok"), BadgeCell("New", "info", "plus"),
    StageCell("Staging"), StageCell("None"), StageCell("Production"), StageCell("Archived"),
    MoveCell("None", "Staging"), TrustCell("valid"), TrustCell("mismatch", icon_only=True),
    VerdictCell("waived"), PersonCell("Jonas Feld"), DigestCell("9f2ac41b77e05d38"),
    TimeCell("09:41", "2026-11-23 09:41:00 UTC"), CheckCell(None, "run"), RunCell("heron", 0),
    SparkCell((1.0, float("nan"), 2.0), "rises"), BarCell(0.4, "40 %"), MISSING,
)  # fmt: skip


def _row(key: str, value: float | None = None) -> Row:
    shown = NumberCell(f"{value}") if value is not None else MISSING
    order = {"value": value} if value is not None else {"name": key}
    return Row(key, (CheckCell(state=False, name=key), TextCell(key), shown), order=order)


@pytest.fixture
def table(app: QApplication, qtbot: QtBot) -> Table:
    made = Table(COLUMNS, name="Things", selection="many")
    qtbot.addWidget(made)
    made.resize(500, 400)
    return made


LINES: tuple[Line, ...] = (
    Group("one", "First", "2 things", {"value": "1.5"}),
    _row("a", 1.0), _row("b", 3.0), _row("c"),
    Notice("gap", "Two events are missing"),
    Group("two", "Second"), _row("d", 2.0),
)  # fmt: skip


def test_the_model_keeps_the_rules_of_qt(table: Table, qtmodeltester: object) -> None:
    table.set_lines(LINES)
    model = table.model()
    qtmodeltester.check(model)  # type: ignore[attr-defined]
    table.fold("one", folded=True)
    qtmodeltester.check(model)  # type: ignore[attr-defined]


def test_every_cell_says_its_column_and_its_words(table: Table) -> None:
    table.set_lines(LINES)
    model = table.model()
    spoken = [
        model.index(row, column).data(Qt.ItemDataRole.AccessibleTextRole)
        for row in range(model.rowCount())
        for column in range(model.columnCount())
    ]
    assert all(spoken)
    assert "Group First, 2 things, open" in spoken
    assert "Name: a" in spoken
    assert "Value: no value" in spoken


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)
def test_every_kind_of_cell_has_words_and_paints(
    app: QApplication, qtbot: QtBot, cell: TextCell
) -> None:
    table = Table((Column("a", "A", 200),), name="One", row_height=48)
    qtbot.addWidget(table)
    table.resize(220, 100)
    table.set_lines([Row("k", (cell,))])
    with_cell = table.grab().toImage()
    table.set_lines([Row("k", (None,))])
    assert cell.words
    assert with_cell != table.grab().toImage()


def test_a_folded_group_hides_its_rows_and_says_so(table: Table) -> None:
    table.set_lines(LINES)
    table.fold("one", folded=True)
    assert [line.key for line in table.lines()] == ["one", "two", "d"]
    table.fold("one", folded=False)
    assert len(table.lines()) == len(LINES)


def test_sorting_stays_inside_groups_and_missing_values_come_last(table: Table) -> None:
    table.set_lines([Group("g", "G"), _row("a", 1.0), _row("c"), _row("b", 3.0)])
    table.sort_by("value", descending=True)
    assert [line.key for line in table.lines()] == ["g", "b", "a", "c"]
    table.sort_by("value", descending=False)
    assert [line.key for line in table.lines()] == ["g", "a", "b", "c"]


def test_the_selection_survives_an_update_and_goes_with_its_row(table: Table) -> None:
    told: list[tuple[str, ...]] = []
    table.selection_changed.connect(told.append)
    table.set_lines([_row("a"), _row("b")])
    table.select("b")
    table.set_lines([_row("x"), _row("a"), _row("b")])
    assert table.selected() == ("b",)
    table.set_lines([_row("x")])
    assert table.selected() == ()
    assert told == [("b",), ()]


def test_enter_activates_space_ticks_and_left_folds(table: Table, qtbot: QtBot) -> None:
    activated: list[str] = []
    ticked: list[tuple[str, bool]] = []
    table.activated_row.connect(activated.append)
    table.checked.connect(lambda key, on: ticked.append((key, on)))
    table.set_lines(LINES)
    table.select("b")
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert activated == ["b"]
    assert ticked == [("b", True)]
    table.setCurrentIndex(table.model().index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert [line.key for line in table.lines()] == ["one", "two", "d"]


def test_markup_in_data_stays_text(table: Table) -> None:
    table.set_lines([Row("k", (None, TextCell("<b>bold</b>"), None))])
    assert table.model().index(0, 1).data() == "<b>bold</b>"
    assert "&lt;b&gt;" in plain_tooltip("<b>bold</b>")


def test_a_theme_switch_repaints_the_table(table: Table) -> None:
    table.set_lines(LINES)
    light: QImage = table.grab().toImage()
    theme().switch("dark")
    dark = table.grab().toImage()
    assert light.pixelColor(200, 390).lightness() > 200
    assert dark.pixelColor(200, 390).lightness() < 60


def test_the_header_box_says_all_none_or_some(table: Table) -> None:
    model = table.model()
    assert isinstance(model, TableModel)
    table.set_lines([_row("a"), Row("b", (CheckCell(state=True), None, None))])
    assert model.check_state(0) is None
    table.set_lines([_row("a")])
    assert model.check_state(0) is False
