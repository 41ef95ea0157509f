# SPDX-License-Identifier: Apache-2.0
"""The trade-off and the parallel coordinates beside a comparison, by mouse and keyboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.brush import Brush
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.compare.page import ComparePage
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.domain.metric_schema import Direction, MetricRule
from support.accessibility import nameless
from support.compare_page import Opened, compare_pages, services_of
from support.runs_on_disk import run_id, write_run
from support.settling import settle

if TYPE_CHECKING:
    from strongroom.desktop.kit.undo import Step

# Run 1 is fast, run 4 is good, run 2 lies between them and beats run 3; run 5, which most tests do
# not compare, beats run 2.
RUNS = {1: (0.80, 5.0), 2: (0.90, 10.0), 3: (0.85, 20.0), 4: (0.95, 30.0), 5: (0.92, 9.0)}


@pytest.fixture
def services(tmp_path: Path) -> CompareServices:
    found = services_of(tmp_path / "store")
    for number, (accuracy, latency) in RUNS.items():
        write_run(
            found.runs.folder.root, number,
            params={"lr": 10.0 ** -number, "depth": number % 3, "kind": "tree", "to": f"/{number}"},
            metrics={"accuracy": [0.1, accuracy], "latency_ms": [latency], "thing": [number * 1.0]},
        )  # fmt: skip
    return found


@pytest.fixture
def opened(
    app: QApplication, qtbot: QtBot, tasks: Tasks, services: CompareServices
) -> Iterator[Opened]:
    with compare_pages(services, qtbot, tasks) as open_it:
        yield open_it


def front_of(page: ComparePage) -> list[str]:
    front = page.aside.trade_off.chart.front()
    return [] if front is None else [page.aside.trade_off.run_id(row) for row in front.rows]


def point_of(page: ComparePage, number: int) -> QPoint:
    """Where a run's point lies in the chart."""
    trade, points = page.aside.trade_off, page.aside.trade_off.chart.points()
    assert points is not None
    row = next(at for at in range(len(points.names)) if trade.run_id(at) == run_id(number))
    view = trade.chart.view()
    x, y = float(points.x.places[row]), float(points.y.places[row])
    return QPoint(round(view.px(x)), round(view.py(y)))


def test_a_result_stands_against_its_cost_and_nothing_beats_the_front(opened: Opened) -> None:
    page = opened(1, 2, 3, 4)
    trade = page.aside.trade_off
    axes = trade.axes()
    assert axes is not None
    assert [axis.title for axis in axes] == ["accuracy", "latency_ms"]
    assert front_of(page) == [run_id(1), run_id(5), run_id(4)], "run 5 is not compared, yet counts"
    assert "Pareto front of 3" in trade.chart.accessibleDescription()
    trade.scope.choose("compared")
    assert front_of(page) == [run_id(1), run_id(2), run_id(4)]
    assert nameless(page) == []


def test_compared_runs_keep_their_colours_and_the_others_are_grey(opened: Opened) -> None:
    page = opened(1, 2, 3, 4)
    trade, look = page.aside.trade_off, ChartLook.from_theme(theme())
    image = trade.chart.grab().toImage()
    for at, number in enumerate((1, 2, 3, 4)):
        assert image.pixelColor(point_of(page, number)) == QColor(look.series[at]), number
    grey = image.pixelColor(point_of(page, 5))
    shades = (grey.red(), grey.green(), grey.blue())
    assert max(shades) - min(shades) < 40


def test_a_click_on_a_point_goes_to_its_run_or_compares_it_too(
    opened: Opened, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(1, 2, 3, 4)
    chart = page.aside.trade_off.chart
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=point_of(page, 3))
    assert page.table.current_run() == run_id(3)
    assert chart.highlighted() == 2
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=point_of(page, 5))
    settle(tasks)
    assert page.arrangement().run_ids[-1] == run_id(5)
    assert run_id(5) in page.table.run_ids()


def test_the_keyboard_walks_over_points_and_enter_compares_another_run(
    opened: Opened, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(1, 2, 3, 4)
    chart = page.aside.trade_off.chart
    chart.setFocus()
    said = []
    for _ in range(5):
        qtbot.keyClick(chart, Qt.Key.Key_Right)
        said.append(chart.accessibleDescription().partition(".  ")[0])
    assert "on the Pareto front" in said[0]
    assert "on the Pareto front" not in said[3]
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.accessibleDescription().startswith("run 5")
    qtbot.keyClick(chart, Qt.Key.Key_Return)
    settle(tasks)
    assert page.arrangement().run_ids[-1] == run_id(5)


def test_a_rule_turns_the_front_over_and_without_a_direction_there_is_none(
    opened: Opened, services: CompareServices, tasks: Tasks
) -> None:
    page = opened(1, 2, 3, 4)
    trade = page.aside.trade_off
    trade.set_axis("x", "metrics thing")
    settle(tasks)
    assert trade.chart.front() is None
    assert "nobody said which way is better" in trade.menus["x"].toolTip()
    services.metric_schemas.set(MetricRule(key="thing", direction=Direction.HIGHER))
    page.show_place(page.place())
    settle(tasks)
    assert front_of(page) == [run_id(5), run_id(4)]


def test_axes_change_places_and_are_remembered(opened: Opened, tasks: Tasks) -> None:
    session = Session()
    page = opened(1, 2, 3, session=session)
    page.aside.trade_off.menus["y"].choose("metrics latency_ms")
    settle(tasks)
    axes = page.aside.trade_off.axes()
    assert axes is not None
    assert [axis.title for axis in axes] == ["latency_ms", "accuracy"]
    again = opened(1, 2, 3, session=session).aside.trade_off.axes()
    assert again is not None
    assert [axis.title for axis in again] == ["latency_ms", "accuracy"]


def test_runs_of_several_experiments_have_no_others_behind_them(
    opened: Opened, services: CompareServices
) -> None:
    write_run(
        services.runs.folder.root, 9, experiment="other",
        metrics={"accuracy": [0.5], "latency_ms": [1.0]},
    )  # fmt: skip
    page = opened(1, 9)
    points = page.aside.trade_off.chart.points()
    assert points is not None
    assert len(points.names) == 2
    assert not page.aside.trade_off.scope.isEnabled()
    assert "several experiments" in page.aside.trade_off.scope.toolTip()


def test_parallel_axes_are_settings_that_vary_and_end_in_the_result(opened: Opened) -> None:
    page = opened(1, 2, 3, 4)
    strands = page.aside.parallel.chart.strands()
    assert strands is not None
    assert [each.title for each in strands.dimensions] == ["depth", "lr", "accuracy"]
    assert strands.names == ("run 1", "run 2", "run 3", "run 4"), "of the compared runs only"


def test_brushed_runs_are_kept_and_undo_brings_the_others_back(
    opened: Opened, qtbot: QtBot, tasks: Tasks
) -> None:
    page = opened(1, 2, 3, 4)
    steps: list[Step] = []
    page.undoable.connect(steps.append)
    pane = page.aside.parallel
    assert not pane.keep_button.isVisible()
    pane.chart.set_brushes({"metrics accuracy": Brush(span=(0.84, 0.96))})
    settle(tasks)
    assert pane.keep_button.text() == "Keep 3"
    qtbot.mouseClick(pane.keep_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert page.arrangement().run_ids == (run_id(2), run_id(3), run_id(4))
    steps[-1].undo()
    settle(tasks)
    assert len(page.arrangement().run_ids) == 4


def test_one_kind_of_chart_has_the_room_alone_and_the_place_says_so(
    opened: Opened, tasks: Tasks
) -> None:
    page = opened(1, 2)
    told: list[Place] = []
    page.place_changed.connect(told.append)
    page.aside.choice.choose("trade")
    settle(tasks)
    assert page.aside.trade_off.isVisible()
    assert not page.aside.overlays.isVisible()
    assert [place.argument("charts") for place in told] == ["trade"]
    page.show_place(Place.of("compare", {"runs": f"{run_id(1)},{run_id(2)}", "charts": "all"}))
    settle(tasks)
    assert page.aside.overlays.isVisible()
    assert len(told) == 1, "opening a place tells no other place"
