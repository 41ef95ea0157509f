# SPDX-License-Identifier: Apache-2.0
"""Plots below the runs table: switched, marked with the mouse, and the table follows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListWidget, QWidget

from strongroom.desktop.charts.box import BoxPlot
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.bars_panel import BarsPanel
from strongroom.desktop.runs.field_chooser import FieldChooser
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.scatter_panel import ScatterPanel
from strongroom.domain.query import Field, FieldKind
from support.accessibility import nameless
from support.runs_on_disk import run_id
from support.runs_page import RUNS, drag, fill_two_dozen, names_in_table, runs_page
from support.settling import settle


@pytest.fixture
def page(app: QApplication, qtbot: QtBot, tasks: Tasks, tmp_path: Path) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill_two_dozen) as shown:
        yield shown


def scatter(page: RunsPage, tasks: Tasks) -> ScatterPanel:
    page.below.open("scatter")
    settle(tasks)
    panel = page.below.plots.current()
    assert isinstance(panel, ScatterPanel)
    return panel


def test_the_switch_opens_a_scatter_plot_of_all_runs_by_keyboard(
    page: RunsPage, tasks: Tasks
) -> None:
    switch = page.below.switches[0]
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Right)
    settle(tasks)
    assert page.below.view() == "scatter"
    points = page.below.plots.current().plot()
    assert points.accessibleName() == "Scatter plot of val/auc by lr"
    assert f"{RUNS} runs" in points.accessibleDescription()
    assert page.below.switches[1].hasFocus()


def test_everything_that_takes_the_keyboard_has_a_name(page: RunsPage, tasks: Tasks) -> None:
    scatter(page, tasks)
    assert not nameless(page.below)


def test_a_rectangle_drawn_with_the_mouse_filters_the_table_and_keeps_the_plot(
    page: RunsPage, tasks: Tasks
) -> None:
    panel = scatter(page, tasks)
    chart = panel.chart
    area = chart.view().area
    start = area.center().toPoint()
    drag(chart, start, start + QPoint(40, 40), area.bottomRight().toPoint(), shift=True)
    marked = set(panel.marked_ids())
    assert 2 < len(marked) < RUNS
    assert "params" in page.query.text()
    assert "metrics" in page.query.text()
    assert names_in_table(page, tasks) == marked
    points = chart.points()
    assert points is not None
    assert len(points.names) == RUNS
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert len(names_in_table(page, tasks)) == RUNS
    assert page.query.text() == ""


def test_a_lasso_names_the_runs_inside_it(page: RunsPage, tasks: Tasks) -> None:
    panel = scatter(page, tasks)
    panel.drags.choose("lasso")
    chart = panel.chart
    area = chart.view().area.toRect()
    corners = [area.bottomLeft(), area.bottomRight(), area.topRight()]
    drag(chart, area.topLeft(), *corners)
    marked = set(panel.marked_ids())
    assert len(marked) == RUNS
    middle = area.center().x()
    low, high = QPoint(middle, area.bottom()), QPoint(middle, area.top())
    drag(chart, area.topLeft(), area.bottomLeft(), low, high)
    marked = set(panel.marked_ids())
    assert 0 < len(marked) < RUNS
    assert page.query.text().startswith("attributes.run_id IN (")
    assert names_in_table(page, tasks) == marked


def test_what_is_marked_can_be_ticked(page: RunsPage, tasks: Tasks) -> None:
    panel = scatter(page, tasks)
    area = panel.chart.view().area
    drag(panel.chart, area.center().toPoint(), area.bottomRight().toPoint(), shift=True)
    settle(tasks)
    keep = page.below.plots._keep
    assert keep.isVisible()
    assert keep.text() == f"Tick {panel.marked_count()}"
    QTest.mouseClick(keep, Qt.MouseButton.LeftButton)
    assert set(panel.marked_ids()) <= set(page.charted())


def test_a_click_selects_the_run_and_the_keyboard_walks_the_points(
    page: RunsPage, tasks: Tasks
) -> None:
    chart = scatter(page, tasks).chart
    points = chart.points()
    assert points is not None
    view = chart.view()
    row = 5
    at = QPoint(round(view.px(points.x.places[row])), round(view.py(points.y.places[row])))
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=at)
    assert page.selection() == (run_id(RUNS - row),)
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    QTest.keyClick(chart, Qt.Key.Key_Right)  # the smallest lr is that of the newest run
    assert chart.accessibleDescription().startswith(f"<b>run {RUNS}</b>: lr 0.0001")
    QTest.keyClick(chart, Qt.Key.Key_Down)  # the one with the next lower val/auc
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert page.selection() == (run_id(RUNS - 1),)
    before = set(page.charted())
    QTest.keyClick(chart, Qt.Key.Key_Space)
    assert set(page.charted()) ^ before == {run_id(RUNS - 1)}


def test_another_filter_typed_by_hand_is_another_plot(page: RunsPage, tasks: Tasks) -> None:
    panel = scatter(page, tasks)
    page.query.show_text("params.opt = 'adam'")
    page.query.applied.emit("params.opt = 'adam'")
    settle(tasks)
    points = panel.chart.points()
    assert points is not None
    assert len(points.names) == RUNS // 2
    area = panel.chart.view().area
    drag(panel.chart, area.center().toPoint(), area.bottomRight().toPoint(), shift=True)
    assert page.query.text().startswith("(params.opt = 'adam') AND ")
    assert names_in_table(page, tasks) == set(panel.marked_ids())


def test_fields_are_found_by_typing_and_remembered(
    app: QApplication, qtbot: QtBot, tasks: Tasks, tmp_path: Path
) -> None:
    session = Session()
    with runs_page(tmp_path / "store", qtbot, tasks, fill_two_dozen, session) as page:
        panel = scatter(page, tasks)
        chooser: FieldChooser = panel.choosers["colour"]
        names = chooser.open_list()
        QTest.keyClicks(names.search.edit, "opt")
        QTest.keyClick(names.search.edit, Qt.Key.Key_Return)
        settle(tasks)
        assert chooser.field() == Field(kind=FieldKind.PARAM, key="opt")
        points = panel.chart.points()
        assert points is not None
        assert points.colour is not None
        assert points.colour.categories == ("adam", "it's")
    with runs_page(tmp_path / "other", qtbot, tasks, fill_two_dozen, session) as page:
        assert page.below.view() == "scatter"
        panel = page.below.plots.current()
        assert isinstance(panel, ScatterPanel)
        assert panel.choosers["colour"].field() == Field(kind=FieldKind.PARAM, key="opt")


def test_twelve_thousand_fields_are_a_short_list(
    app: QApplication, qtbot: QtBot, tasks: Tasks
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(500, 500)
    chooser = FieldChooser("X", parent=window)
    window.show()
    chooser.set_names([Field(kind=FieldKind.METRIC, key=f"m{n}") for n in range(12_000)])
    names = chooser.open_list()
    assert names.list.count() == 200
    QTest.keyClicks(names.search.edit, "m11999")
    assert names.list.count() == 1
    QTest.keyClick(names.search.edit, Qt.Key.Key_Escape)  # empties the search
    QTest.keyClick(names.search.edit, Qt.Key.Key_Escape)
    assert not window.findChildren(QListWidget) or names.isHidden()


def test_a_category_across_switches_to_boxes_by_itself(page: RunsPage, tasks: Tasks) -> None:
    panel = scatter(page, tasks)
    names = panel.choosers["x"].open_list()
    QTest.keyClicks(names.search.edit, "opt")
    QTest.keyClick(names.search.edit, Qt.Key.Key_Return)
    settle(tasks)
    plot = panel.plot()
    assert isinstance(plot, BoxPlot)
    assert plot.isVisible()
    assert [box.count for box in plot.boxes()] == [RUNS // 2, RUNS // 2]
    assert "Tukey, 1.5 IQR" in plot.accessibleDescription()


def test_boxes_are_marked_by_mouse_and_keyboard_and_filter_the_table(
    page: RunsPage, tasks: Tasks
) -> None:
    page.below.open("box")
    settle(tasks)
    panel = page.below.plots.current()
    plot = panel.plot()
    assert isinstance(plot, BoxPlot)
    assert plot.accessibleName() == "Box plot of val/auc by opt"
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.accessibleDescription().startswith("adam: Runs 12, Median 0.54")
    QTest.keyClick(plot, Qt.Key.Key_Right)
    QTest.keyClick(plot, Qt.Key.Key_Space)
    assert page.query.text() == "params.opt IN ('it''s')"
    assert names_in_table(page, tasks) == set(panel.marked_ids())
    QTest.keyClick(plot, Qt.Key.Key_Up)
    QTest.keyClick(plot, Qt.Key.Key_Return)
    assert page.selection() == (run_id(1),)
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert page.query.text() == ""
    at = QPoint(plot.width() // 4, plot.height() - 30)  # the name below the first box
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at)
    assert page.query.text() == "params.opt IN ('adam')"


def test_bars_stand_in_order_with_a_reference_and_a_drag_is_a_range(
    page: RunsPage, tasks: Tasks
) -> None:
    page.below.open("bars")
    settle(tasks)
    panel = page.below.plots.current()
    assert isinstance(panel, BarsPanel)
    plot = panel.chart
    points = plot.points()
    assert points is not None
    values = points.y.numbers[plot.order()].tolist()
    assert values == sorted(values, reverse=True)
    assert plot.reference() == pytest.approx((12 + 13) / 2 / RUNS)
    assert "median 0.5208" in plot.accessibleDescription()
    view = plot.view()
    middle = round(view.area.center().y())
    drag(
        plot,
        QPoint(round(view.px(2)), middle),
        QPoint(round(view.px(4)), middle),
        QPoint(round(view.px(7)), middle),
    )
    assert panel.marked_count() == 6
    assert names_in_table(page, tasks) == {run_id(RUNS - rank) for rank in range(2, 8)}
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert page.query.text() == ""
    settle(tasks)
    QTest.keyClick(plot, Qt.Key.Key_Home)
    QTest.keyClick(plot, Qt.Key.Key_Return)
    assert page.selection() == (run_id(RUNS),)
    names = panel.number.open_list()
    QTest.keyClicks(names.search.edit, "loss")
    QTest.keyClick(names.search.edit, Qt.Key.Key_Return)
    settle(tasks)
    points = plot.points()
    assert points is not None
    values = points.y.numbers[plot.order()].tolist()
    assert values == sorted(values)  # the lowest loss is the best


def test_another_number_of_a_metric_is_found_by_its_word(page: RunsPage, tasks: Tasks) -> None:
    panel = scatter(page, tasks)
    names = panel.choosers["y"].open_list()
    QTest.keyClicks(names.search.edit, "lowest auc")
    QTest.keyClick(names.search.edit, Qt.Key.Key_Return)
    settle(tasks)
    points = panel.chart.points()
    assert points is not None
    assert points.y.title == "val/auc, lowest"
    assert points.y.numbers.max() == pytest.approx(0.5)
    area = panel.chart.view().area
    drag(panel.chart, area.center().toPoint(), area.bottomRight().toPoint(), shift=True)
    assert "min(metrics.val/auc)" in page.query.text()
    assert names_in_table(page, tasks) == set(panel.marked_ids())


def test_the_numbers_behind_a_plot_are_a_table(page: RunsPage, tasks: Tasks) -> None:
    scatter(page, tasks)
    dialog = page.below.plots.show_numbers()
    model = dialog.table.model()
    assert (model.rowCount(), model.columnCount()) == (RUNS, 3)
    first = [model.index(0, column).data() for column in range(3)]
    assert first == [f"<b>run {RUNS}</b>", "0.0001", "1"]
    assert not nameless(dialog)
    dialog.copy()
    copied = QApplication.clipboard().text().splitlines()
    assert copied[0] == "run\tlr\tval/auc"
    assert len(copied) == RUNS + 1
    dialog.reject()


def test_every_view_below_the_table_is_a_command(page: RunsPage, tasks: Tasks) -> None:
    commands = {each.id: each for each in page.commands()}
    state = WindowState(page="runs")
    reason = commands["plots.numbers"].enabled(state)
    assert reason is not None
    assert reason.text == "Open a plot below the table first"
    for view in ("scatter", "parallel", "box", "bars", "curves"):
        commands[f"runs.show_{view}"].run()
        settle(tasks)
        assert page.below.view() == view
    commands["runs.show_bars"].run()
    assert commands["plots.export_svg"].enabled(state) is None
