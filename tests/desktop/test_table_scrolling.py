# SPDX-License-Identifier: Apache-2.0
"""Scrolling moves what is painted: only the rows and columns that come into sight are painted."""

from collections.abc import Iterator

import numpy as np
import pytest

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView

from strongroom.desktop.compare.table import ComparisonTable, RunColumn
from strongroom.desktop.kit.cells import NumberCell, Row, TextCell
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.columns import FIXED, PINNED
from strongroom.desktop.runs.flat_rows import FlatRows
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.sheet import Sheet
from strongroom.desktop.runs.table import RunsTable
from strongroom.domain.run import Run, RunStatus
from strongroom.services.run_table import RowOrder
from support.table_rows import MadeRows

MANY = 100_000
Tables = tuple[QTableView, QTableView]


class Painted(QObject):
    """Notes which parts of a view are painted; a test before may have left the mouse over it."""

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self.parts: list[QRect] = []
        view.viewport().installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.parts += [QRect(part) for part in event.region()]  # type: ignore[attr-defined]
        return False


def run(number: int) -> Run:
    return Run(
        run_id=f"{number:032x}", experiment="fraud", name=f"run {number}",
        status=RunStatus.FINISHED, started_us=1_700_000_000_000_000, ended_us=None,
        host="bench", user="ada",
    )  # fmt: skip


def runs_table() -> RunsTable:
    table = RunsTable(RunsModel(Charted(), MadeRows(run)))
    rows = FlatRows(RowOrder(ids=np.arange(MANY, dtype=np.int64)))
    table.set_sheet(Sheet(columns=(*PINNED, *FIXED), rows=rows, windows=table.runs.windows))
    return table


def compared() -> ComparisonTable:
    runs = [
        RunColumn(run_id=f"{at:032x}", name=f"run {at}", below="", series=at % 10, hint="")
        for at in range(40)
    ]
    lines = [
        Row(f"row {at}", (TextCell(f"metric {at}"), *(NumberCell("0.5") for _ in runs), None))
        for at in range(200)
    ]
    table = ComparisonTable()
    table.show_runs(runs, runs[0].run_id, "", lines)
    return table


@pytest.fixture(params=["runs", "compare"])
def tables(app: QApplication, request: pytest.FixtureRequest) -> Iterator[Tables]:
    table = runs_table() if request.param == "runs" else compared()
    table.resize(560, 420)
    table.show()
    assert QTest.qWaitForWindowExposed(table)
    _come_to_rest(table, table.pinned)
    yield table, table.pinned
    table.close()
    table.deleteLater()


def _come_to_rest(*views: QTableView) -> None:
    """Waits until nothing is painted any more for having been shown."""
    for _ in range(100):
        notes = [Painted(view) for view in views]
        QTest.qWait(30)
        is_calm = not any(note.parts for note in notes)
        for note in notes:
            note.deleteLater()
        if is_calm:
            return
    raise AssertionError("a table is painted without end")


def test_the_pinned_view_lies_beside_the_other_and_not_over_it(tables: Tables) -> None:
    table, pinned = tables
    assert pinned.isVisible()
    assert pinned.geometry().right() + 1 == table.viewport().x()
    assert table.columnWidth(0) == 0 < pinned.columnWidth(0)


def test_three_rows_further_three_rows_are_painted(tables: Tables) -> None:
    table, pinned = tables
    height = table.rowHeight(0)
    notes = [Painted(view) for view in (table, pinned)]
    for _ in range(3):
        table.verticalScrollBar().setValue(table.verticalScrollBar().value() + 3 * height)
        QApplication.processEvents()
    for note in notes:
        assert note.parts
        assert max(part.height() for part in note.parts) <= 3 * height
    assert pinned.verticalScrollBar().value() == table.verticalScrollBar().value()


def test_aside_only_what_comes_into_sight_is_painted(tables: Tables) -> None:
    table, _ = tables
    bar = table.horizontalScrollBar()
    assert bar.maximum() > 20
    note = Painted(table)
    bar.setValue(20)
    QApplication.processEvents()
    assert note.parts
    assert max(part.width() for part in note.parts) <= 20


def test_a_row_further_by_key_paints_two_rows_of_the_runs(app: QApplication) -> None:
    table = runs_table()
    table.resize(560, 420)
    table.show()
    assert QTest.qWaitForWindowExposed(table)
    table.activateWindow()
    table.setFocus()
    table.select_row(3)
    for _ in range(5):
        QApplication.processEvents()
    note = Painted(table)
    QTest.keyClick(table, Qt.Key.Key_Down)
    QApplication.processEvents()
    assert table.currentIndex().row() == 4
    assert note.parts
    assert max(part.height() for part in note.parts) <= 2 * table.rowHeight(0)
    table.close()
    table.deleteLater()


def test_all_that_was_selected_is_selected_in_another_order(app: QApplication) -> None:
    table = runs_table()
    table.selectAll()
    order = RowOrder(ids=np.random.default_rng(3).permutation(MANY).astype(np.int64))
    table.set_sheet(
        Sheet(columns=(*PINNED, *FIXED), rows=FlatRows(order), windows=table.runs.windows)
    )
    assert np.array_equal(table.selected_ids(), order.ids)
    starts = np.array([0, 10, 60_000], np.int64)
    groups = RowOrder(ids=order.ids[::-1].copy(), starts=starts, values=("a", "b", None))
    table.set_sheet(
        Sheet(columns=(*PINNED, *FIXED), rows=FlatRows(groups, {1}), windows=table.runs.windows)
    )
    assert set(table.selected_ids().tolist()) == {*groups.ids[:10], *groups.ids[60_000:]}
    table.deleteLater()
