# SPDX-License-Identifier: Apache-2.0
"""The charts of the ticked runs on a real store: groups, axes, layouts that come back, files."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from strongroom.desktop.charts.layout import PINNED
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.chart_export import FORMATS, unique_names
from strongroom.desktop.runs.charts_pane import ChartsPane
from strongroom.desktop.runs.page import RunsPage
from strongroom.services.curve_bands import Spread
from strongroom.services.smoothing import OFF, ema
from support.accessibility import nameless
from support.runs_on_disk import START_US, write_run
from support.runs_page import runs_page
from support.settling import settle

if TYPE_CHECKING:
    from strongroom.desktop.kit.undo import Step

HOSTILE = '<img src="x"><b>dart</b>'
VALUES = {1: [1.0, 2.0, 4.0], 2: [3.0, 4.0, 0.0], 3: [9.0, 9.0, 9.0], 4: [5.0, 0.0, -5.0]}


def fill(store: Path) -> None:
    for number, values in VALUES.items():
        params = {"booster": HOSTILE if number == 3 else "gbdt"} if number != 4 else {}
        write_run(
            store,
            number,
            params={**params, "seed": str(number)},
            metrics={"loss": values, "latency_ms": values, "Loss": values, "epoch": [0.0, 10.0]},
            started_us=START_US + number * 1_000_000,
        )


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def pane(
    tmp_path: Path, qtbot: QtBot, tasks: Tasks, session: Session
) -> Iterator[tuple[RunsPage, ChartsPane]]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill, session) as page:
        page.charts.set_smoothing(OFF)
        settle(tasks)
        yield page, page.charts


def chart_of(charts: ChartsPane, key: str) -> LineChart:
    chart = charts.board.chart(key)
    assert chart is not None
    return chart


def action_of(menu: QMenu, *path: str) -> QAction:
    for action in menu.actions():
        if action.text() == path[0]:
            inner = action.menu()
            return action_of(inner, *path[1:]) if isinstance(inner, QMenu) else action
    raise AssertionError(f"no {path[0]} in {[action.text() for action in menu.actions()]}")


Pane = tuple[RunsPage, ChartsPane]


def test_groups_are_a_line_with_a_band_the_runs_behind_and_the_rest_is_other(
    pane: Pane, tasks: Tasks
) -> None:
    _, charts = pane
    action_of(charts.build_board_menu(), "Group runs", "By booster").trigger()
    settle(tasks)
    chart = chart_of(charts, "loss")
    solid = [series for series in chart.series() if not series.is_faint]
    assert {series.label for series in solid} == {"gbdt (2)", f"{HOSTILE} (1)", "Other (1)"}
    group = next(series for series in solid if series.label == "gbdt (2)")
    assert group.low is not None
    assert group.y.tolist() == [2.0, 3.0, 2.0]
    assert group.low.tolist() == pytest.approx(group.y - np.std([[1, 2, 4], [3, 4, 0]], 0, ddof=1))
    assert len([series for series in chart.series() if series.is_faint]) == 4
    assert "mean ± std by booster" in charts._note.text()
    charts.set_grouping("booster", Spread.RANGE, has_traces=False)
    settle(tasks)
    group = next(series for series in chart.series() if series.label == "gbdt (2)")
    assert group.high is not None
    assert group.high.tolist() == [3.0, 4.0, 4.0]
    assert not any(series.is_faint for series in chart.series())
    chart.grab()
    charts.set_grouping("")
    settle(tasks)
    assert len(chart.series()) == 4
    assert chart.series()[0].low is None


def test_any_metric_lies_along_x_and_points_without_it_are_counted(
    pane: Pane, tasks: Tasks
) -> None:
    _, charts = pane
    charts.set_axis("metric:epoch")
    settle(tasks)
    chart = chart_of(charts, "loss")
    assert chart.series()[0].x.tolist() == [0.0, 10.0]
    assert "4 points without epoch" in chart.note()
    assert "over epoch" in charts._note.text()
    charts.set_logs(x=True, y=True)
    settle(tasks)
    assert "hidden" in chart.note()
    assert "log x and y" in chart.note()


def test_units_of_the_metric_schema_stand_beside_the_title_and_along_the_axis(
    pane: Pane, tasks: Tasks
) -> None:
    _, charts = pane
    chart = chart_of(charts, "latency_ms")
    assert chart.note() == "ms"
    charts.set_smoothing(ema(0.5))
    settle(tasks)
    assert chart.note() == "ms, EMA 0.50, raw behind"
    dialog = charts.windows.enlarge("latency_ms")
    assert dialog.chart._axis_titles == ("Step", "latency_ms (ms)")
    assert len(dialog.chart.series()) == 4
    charts.set_smoothing(ema(0.9))
    settle(tasks)
    assert dialog.chart.note() == "ms, EMA 0.90, raw behind"
    QTest.keyClick(dialog.chart, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_last_answer_wins_however_fast_somebody_chooses(pane: Pane, tasks: Tasks) -> None:
    _, charts = pane
    for weight in (0.2, 0.9, 0.4):
        charts.set_smoothing(ema(weight))
    charts.set_axis("relative")
    settle(tasks)
    chart = chart_of(charts, "loss")
    series = next(one for one in chart.series() if one.label == "run 1")
    assert series.raw_y is not None
    assert series.raw_y.tolist() == [1.0, 2.0, 4.0]
    assert series.y.tolist() == pytest.approx([1.0, (0.24 + 1.2) / 0.84, 3.179487], abs=1e-5)
    assert series.x[0] < 100


def test_every_edit_can_be_undone_and_the_layout_comes_back_with_the_next_window(
    tmp_path: Path, qtbot: QtBot, tasks: Tasks, session: Session
) -> None:
    with runs_page(tmp_path / "store", qtbot, tasks, fill, session) as page:
        steps: list[Step] = []
        page.undoable.connect(steps.append)
        charts = page.charts
        action_of(charts.build_menu(chart_of(charts, "loss")), "Pin to the top").trigger()
        action_of(charts.build_menu(chart_of(charts, "Loss")), "Hide").trigger()
        assert charts.board.sections()[0] == (PINNED, ("loss",))
        assert "Loss" not in charts.board.shown_keys()
        steps[1].undo()
        assert "Loss" in charts.board.shown_keys()
        steps[1].redo()
        assert charts.save_layout("  Mine <b>  ")
        charts.use_layout("")
        assert "Loss" in charts.board.shown_keys()
        settle(tasks)
    with runs_page(tmp_path / "store", qtbot, tasks, lambda _store: None, session) as page:
        charts = page.charts
        assert "Loss" in charts.board.shown_keys()
        assert charts.saved_layouts() == ("Mine <b>",)
        action_of(charts.build_board_menu(), "Layout", "Mine <b>").trigger()
        settle(tasks)
        assert charts.board.sections()[0] == (PINNED, ("loss",))
        assert chart_of(charts, "loss").series()
        action_of(charts.build_board_menu(), "Hidden charts", "Show all of them").trigger()
        assert "Loss" in charts.board.shown_keys()
        charts.forget_layout("Mine <b>")
        assert charts.saved_layouts() == ()


@pytest.mark.parametrize("form", [form for form, _ in FORMATS])
def test_all_charts_are_saved_also_those_out_of_sight(
    pane: Pane, tasks: Tasks, tmp_path: Path, form: str
) -> None:
    _, charts = pane
    folder = tmp_path / "out"
    folder.mkdir()
    charts.set_grouping("booster")
    charts.exports.write_all(form, charts.reader.all_charts(), folder)
    assert [job.name for job in tasks.running()][-1] == "Saving charts"
    settle(tasks)
    files = sorted(path.name for path in folder.iterdir())
    assert len(files) == 4
    assert len({name.lower() for name in files}) == 4
    path = folder / f"latency_ms.{form}"
    if form == "png":
        picture = QImage(str(path))
        assert (picture.width(), picture.height()) == (1440, 840)
        shades = {picture.pixelColor(x, 500).name() for x in range(0, 1440, 2)}
        assert len(shades) > 5
    elif form == "svg":
        text = path.read_text()
        assert "<path" in text
        assert "<img" not in text
    elif form == "csv":
        rows = list(csv.reader(path.read_text().splitlines()))
        assert rows[0][:5] == ["run_id", "run", "metric", "step", "value"]
        assert len(rows) > 12
    else:
        table = pq.read_table(path)
        assert HOSTILE in " ".join(set(table["run"].to_pylist()))


def test_names_of_files_differ_in_every_file_system() -> None:
    names = unique_names(["loss", "Loss", "a/b", "a:b", "..", "", "loss-2"], ".png")
    assert names[:4] == ["loss.png", "Loss-2.png", "a-b.png", "a-b-2.png"]
    assert len({name.lower() for name in names}) == 7


def test_data_and_picture_go_to_the_clipboard(pane: Pane) -> None:
    _, charts = pane
    chart = chart_of(charts, "loss")
    action_of(charts.build_menu(chart), "Copy data").trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[0] == "Step"
    assert len(lines) == 4
    action_of(charts.build_menu(chart), "Copy picture").trigger()
    assert QGuiApplication.clipboard().image().width() == chart.width() * 2


def test_several_metrics_are_put_into_one_chart(pane: Pane, tasks: Tasks) -> None:
    _, charts = pane
    dialog = charts.windows.ask_custom(charts.metric_names())
    assert nameless(dialog) == []
    QTest.keyClicks(dialog.search.edit, "loss")
    assert dialog.list.count() == 2
    for row in range(2):
        dialog.list.item(row).setCheckState(Qt.CheckState.Checked)
    QTest.keyClicks(dialog.title.edit, "Both")
    dialog.press_primary()
    settle(tasks)
    chart = chart_of(charts, "Custom 1")
    assert chart.title() == "Both"
    assert len(chart.series()) == 8
    assert {series.dash for series in chart.series()} == {0, 1}
    action_of(charts.build_menu(chart), "Remove chart").trigger()
    assert "Custom 1" not in charts.board.shown_keys()


def test_everything_in_the_head_of_the_charts_has_a_name_and_works_by_keyboard(pane: Pane) -> None:
    _, charts = pane
    assert nameless(charts) == []
    charts._smoothing.setFocus()
    popover = charts.open_smoothing()
    assert nameless(popover) == []
    QTest.keyClick(popover, Qt.Key.Key_Escape)
    assert not popover.isVisible()
    assert charts._smoothing.hasFocus()
    settings = charts.open_settings("loss")
    assert nameless(settings) == []
    QTest.mouseClick(charts.board.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert not settings.isVisible()
