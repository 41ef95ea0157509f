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
from strongroom.desktop.charts.parallel import ParallelPlot
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.bars_panel import BarsPanel
from strongroom.desktop.runs.field_chooser import FieldChooser
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.parallel_panel import ParallelPanel
from strongroom.desktop.runs.scatter_panel import ScatterPanel
from strongroom.domain.query import Field, FieldKind
from support.accessibility import nameless
from support.runs_on_disk import START_US, run_id, write_run
from support.runs_page import runs_page, settle

RUNS = 24


def fill(store: Path) -> None:
    for number in range(1, RUNS + 1):
        write_run(
            store,
            number,
            name=f"<b>run {number}</b>",
            params={"lr": 10 ** (-number / 6), "opt": ("adam", "it's")[number % 2], "same": 1},
            metrics={"val/auc": [0.5, number / RUNS], "loss": [1 / number]},
            started_us=START_US + number * 1_000_000,
        )


@pytest.fixture
def page(app: QApplication, qtbot: QtBot, tasks: Tasks, tmp_path: Path) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill) as shown:
        yield shown


def names_in_table(page: RunsPage, tasks: Tasks) -> set[str]:
    settle(tasks)
    found = page._services.runs.search(page.loader.question.filter).runs
    assert page.results.count() == len(found)
    return {run.run_id for run in found}


def drag(widget: QWidget, start: QPoint, *stops: QPoint, shift: bool = False) -> None:
    """Presses, moves through the stops and lets go, as a hand does."""
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, held, start)
    for stop in stops:
        QTest.mouseMove(widget, stop)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, held, stops[-1])


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
    drag(chart, area.center(), area.bottomLeft(), area.topLeft(), area.center() - QPoint(9, 3))
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
    with runs_page(tmp_path / "store", qtbot, tasks, fill, session) as page:
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
    with runs_page(tmp_path / "other", qtbot, tasks, fill, session) as page:
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


def parallel(page: RunsPage, tasks: Tasks) -> ParallelPlot:
    page.below.open("parallel")
    settle(tasks)
    chart = page.below.plots.current().plot()
    assert isinstance(chart, ParallelPlot)
    return chart


def keys_of(chart: ParallelPlot) -> list[str]:
    strands = chart.strands()
    assert strands is not None
    return [each.key for each in strands.dimensions]


def on_axis(chart: ParallelPlot, key: str, share: float) -> QPoint:
    layout = chart.layout_now()
    area = layout.area
    x = layout.x(keys_of(chart).index(key))
    return QPoint(round(x), round(area.bottom() - share * area.height()))


def test_parallel_coordinates_start_with_the_params_that_vary(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    assert keys_of(chart) == ["params.lr", "params.opt", "metrics.loss", "metrics.val/auc"]
    strands = chart.strands()
    assert strands is not None
    assert strands.dimensions[0].is_log
    assert strands.dimensions[1].is_category


def test_a_brush_drawn_with_the_mouse_filters_the_table(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    key = "metrics.val/auc"
    drag(chart, on_axis(chart, key, 0.4), on_axis(chart, key, 0.6), on_axis(chart, key, 0.9))
    assert page.query.text().startswith("metrics.val/auc >= 0.4")
    marked = {page.below.plots.current().run_id(row) for row in chart.brushed_rows()}
    assert 5 < len(marked) < RUNS
    assert names_in_table(page, tasks) == marked
    strands = chart.strands()
    assert strands is not None
    assert len(strands.names) == RUNS  # the others are faint, not gone
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=on_axis(chart, "params.opt", 0.75))
    assert "params.opt IN ('it''s')" in page.query.text()
    both = {page.below.plots.current().run_id(row) for row in chart.brushed_rows()}
    assert names_in_table(page, tasks) == both < marked
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=on_axis(chart, key, 0.6))
    assert page.query.text() == "params.opt IN ('it''s')"
    assert names_in_table(page, tasks) > both


def test_a_brush_is_moved_whole_and_by_one_end(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    key = "metrics.val/auc"
    drag(chart, on_axis(chart, key, 0.2), on_axis(chart, key, 0.3), on_axis(chart, key, 0.4))
    drag(chart, on_axis(chart, key, 0.3), on_axis(chart, key, 0.4), on_axis(chart, key, 0.5))
    span = chart.brushes()[key].span
    assert span is not None
    strands = chart.strands()
    assert strands is not None
    low, high = strands.dimensions[-1].extent() or (0.0, 1.0)
    shares = [(place - low) / (high - low) for place in span]
    assert shares == pytest.approx([0.4, 0.6], abs=0.02)
    drag(chart, on_axis(chart, key, 0.6), on_axis(chart, key, 0.7), on_axis(chart, key, 0.8))
    span = chart.brushes()[key].span
    assert span is not None
    assert (span[1] - low) / (high - low) == pytest.approx(0.8, abs=0.02)
    assert (span[0] - low) / (high - low) == pytest.approx(0.4, abs=0.02)


def test_axes_are_brushed_turned_and_moved_by_keyboard(
    page: RunsPage, tasks: Tasks, qtbot: QtBot
) -> None:
    chart = parallel(page, tasks)
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription().startswith("Axis opt, 2 of 4, not brushed")
    with qtbot.waitSignal(chart.brushes_changed):
        QTest.keyClick(chart, Qt.Key.Key_Space)
    assert page.query.text() == "params.opt IN ('adam')"
    assert len(names_in_table(page, tasks)) == RUNS // 2
    with qtbot.waitSignal(chart.brushes_changed):
        QTest.keyClick(chart, Qt.Key.Key_Up)
    assert page.query.text() == "params.opt IN ('adam', 'it''s')"
    QTest.keyClick(chart, Qt.Key.Key_Delete)
    assert page.query.text() == ""
    QTest.keyClick(chart, Qt.Key.Key_F)
    assert chart.flipped() == {"params.opt"}
    QTest.keyClick(chart, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert keys_of(chart)[:2] == ["params.opt", "params.lr"]
    QTest.keyClick(chart, Qt.Key.Key_Right)
    with qtbot.waitSignal(chart.brushes_changed):
        QTest.keyClick(chart, Qt.Key.Key_Space)
        QTest.keyClick(chart, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    text = page.query.text()
    assert text.startswith("params.lr >= ")
    marked = {page.below.plots.current().run_id(row) for row in chart.brushed_rows()}
    assert names_in_table(page, tasks) == marked
    QTest.keyClick(chart, Qt.Key.Key_PageUp)
    assert "<b>run" in chart.accessibleDescription()
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert len(page.selection()) == 1


def test_an_axis_is_dragged_to_another_place(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    layout = chart.layout_now()
    start, end = layout.title_place(0).center().toPoint(), layout.title_place(2).center().toPoint()
    drag(chart, start, QPoint((start.x() + end.x()) // 2, start.y()), end)
    settle(tasks)
    assert keys_of(chart) == ["params.opt", "metrics.loss", "params.lr", "metrics.val/auc"]
    choices = page.below.plots.current().choices()
    assert isinstance(choices, dict)
    assert choices["fields"] == keys_of(chart)


def test_axes_are_added_and_taken_off(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    panel = page.below.plots.current()
    assert isinstance(panel, ParallelPanel)
    names = panel.adder.open_list()
    QTest.keyClicks(names.search.edit, "duration")
    QTest.keyClick(names.search.edit, Qt.Key.Key_Return)
    settle(tasks)
    assert keys_of(chart)[-1] == "duration"
    panel.axes.choose("off:params.lr")
    settle(tasks)
    assert "params.lr" not in keys_of(chart)
    panel.axes.choose("log:metrics.loss")
    strands = chart.strands()
    assert strands is not None
    assert next(each for each in strands.dimensions if each.key == "metrics.loss").is_log


def test_plots_are_saved_as_picture_drawing_and_rows(
    page: RunsPage, tasks: Tasks, tmp_path: Path
) -> None:
    for view in ("scatter", "parallel"):
        page.below.open(view)
        settle(tasks)
        plot = page.below.plots.current().plot()
        for form, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("csv", b'"run","')):
            path = tmp_path / f"{view}.{form}"
            page.below.plots.write(plot, form, path)
            settle(tasks)
            assert path.read_bytes().startswith(start)
        rows = (tmp_path / f"{view}.csv").read_text("utf-8").splitlines()
        assert len(rows) == RUNS + 1
        assert rows[1].startswith(f'"<b>run {RUNS}</b>",')


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
    assert first == [f"<b>run {RUNS}</b>", "0.0001", "1.0"]
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
