# SPDX-License-Identifier: Apache-2.0
"""Zooming into a curve of very many points shows every one of them, by mouse and keyboard."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.page import RunsPage
from strongroom.services.smoothing import OFF
from support.compare_page import compare_pages
from support.compare_page import services_of as compare_services
from support.long_metrics import make_small, noisy
from support.runs_on_disk import START_US, write_run
from support.runs_page import runs_page
from support.settling import settle

COUNT = 2_000
VALUES = {number: noisy(COUNT, number) for number in (1, 2)}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch, every_point=600)


def fill(store: Path) -> None:
    for number, values in VALUES.items():
        metrics = {"loss": values.tolist(), "lr": values.tolist(), "few": [1.0, 2.0, 3.0]}
        write_run(store, number, metrics=metrics, started_us=START_US + number * 1_000_000)


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot, tasks: Tasks) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill, Session()) as shown:
        shown.charts.set_smoothing(OFF)
        settle(tasks)
        yield shown


def loss_of(board: object) -> LineChart:
    chart = board.chart("loss")  # type: ignore[attr-defined]
    assert isinstance(chart, LineChart)
    return chart


def steps_seen(chart: LineChart, place: int = 0) -> list[int]:
    """Returns the steps of one line that lie in sight."""
    low, high = chart.x_range()
    x = chart.series()[place].x
    steps: list[int] = x[(x >= low) & (x <= high)].astype(int).tolist()
    return steps


def is_every_step(chart: LineChart) -> bool:
    low, high = chart.x_range()
    wanted = list(range(int(np.ceil(max(low, 0))), int(np.floor(min(high, COUNT - 1))) + 1))
    return all(steps_seen(chart, place) == wanted for place in range(len(chart.series())))


def pick(chart: LineChart, left: float, right: float) -> None:
    """Picks shares of the plot with Shift and the mouse."""
    view, shift = chart._view, Qt.KeyboardModifier.ShiftModifier
    area = view.area()
    begin = QPoint(round(area.left() + area.width() * left), round(area.center().y()))
    end = QPoint(round(area.left() + area.width() * right), begin.y())
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, shift, begin)
    QTest.mouseMove(view.viewport(), end)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, shift, end)


def test_what_is_picked_with_the_mouse_is_shown_with_every_point(
    page: RunsPage, qtbot: QtBot
) -> None:
    chart = loss_of(page.charts.board)
    assert len(chart.series()) == 2
    assert len(chart.series()[0].x) < COUNT
    assert "extremes drawn, " in chart.note()
    assert "zoom in to see them" in chart.note()
    pick(chart, 0.2, 0.3)
    before = chart.x_range()
    qtbot.waitUntil(lambda: is_every_step(chart), timeout=5_000)
    assert chart.x_range() == before, "what was zoomed to stays"
    assert "extremes" not in chart.note()
    assert len(steps_seen(chart)) > 150
    place = int(chart.series()[0].x.searchsorted(before[0]))
    x, y = chart.series()[0].x, chart.series()[0].y
    run = next(number for number in VALUES if f"run {number}" == chart.series()[0].label)
    assert (
        y[place : place + 100].tobytes()
        == VALUES[run][x[place : place + 100].astype(int)].tobytes()
    )
    chart.wait_for_picture()
    chart.grab()


def test_the_keyboard_zooms_pans_and_leads_back_to_the_whole(
    page: RunsPage, qtbot: QtBot, tasks: Tasks
) -> None:
    chart = loss_of(page.charts.board)
    whole, said = [line.x.tolist() for line in chart.series()], chart.note()
    chart.setFocus()
    for _ in range(8):
        QTest.keyClick(chart, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: is_every_step(chart), timeout=5_000)
    for _ in range(30):
        QTest.keyClick(chart, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: is_every_step(chart), timeout=5_000)
    QTest.keyClick(chart, Qt.Key.Key_0)
    assert not chart.is_zoomed
    qtbot.waitUntil(lambda: [line.x.tolist() for line in chart.series()] == whole, timeout=5_000)
    assert chart.note() == said
    settle(tasks)


def test_while_a_person_drags_nothing_is_asked_and_a_little_panning_needs_nothing_new(
    page: RunsPage, qtbot: QtBot, tasks: Tasks
) -> None:
    chart = loss_of(page.charts.board)
    pick(chart, 0.4, 0.5)
    qtbot.waitUntil(lambda: is_every_step(chart), timeout=5_000)
    asked: list[object] = []
    page.charts.reader._closer.wanted.connect(asked.append)
    for _ in range(3):
        QTest.keyClick(chart, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert is_every_step(chart)
    QTest.qWait(250)
    settle(tasks)
    assert asked == []


def test_the_chart_alone_shows_what_its_card_was_zoomed_to(page: RunsPage, qtbot: QtBot) -> None:
    chart = loss_of(page.charts.board)
    dialog = page.charts.windows.enlarge("loss")
    qtbot.waitExposed(dialog)
    pick(dialog.chart, 0.6, 0.7)
    assert chart.x_range() == pytest.approx(dialog.chart.x_range())
    qtbot.waitUntil(lambda: is_every_step(dialog.chart), timeout=5_000)
    dialog.close()


def test_a_file_of_the_visible_range_has_every_point_of_it(
    page: RunsPage, qtbot: QtBot, tasks: Tasks, tmp_path: Path
) -> None:
    chart = loss_of(page.charts.board)
    page.charts.write(chart, "csv", tmp_path / "whole.csv")
    pick(chart, 0.1, 0.9)
    low, high = chart.x_range()
    page.charts.write(chart, "parquet", tmp_path / "part.parquet")
    settle(tasks)
    with (tmp_path / "whole.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * COUNT
    import pyarrow.parquet as pq

    steps = np.array(pq.read_table(tmp_path / "part.parquet")["step"])
    inside = [step for step in range(COUNT) if low <= step <= high]
    assert sorted(set(steps.tolist())) == inside


def test_linked_charts_are_all_seen_closely(page: RunsPage, qtbot: QtBot) -> None:
    chart, other = loss_of(page.charts.board), page.charts.board.chart("lr")
    assert isinstance(other, LineChart)
    pick(chart, 0.2, 0.3)
    qtbot.waitUntil(lambda: is_every_step(chart) and is_every_step(other), timeout=5_000)


def test_another_axis_is_asked_in_its_own_range(page: RunsPage, qtbot: QtBot, tasks: Tasks) -> None:
    chart = loss_of(page.charts.board)
    pick(chart, 0.2, 0.3)
    qtbot.waitUntil(lambda: is_every_step(chart), timeout=5_000)
    page.charts.set_axis("relative")
    settle(tasks)
    assert "zoom in to see them" in chart.note()
    pick(chart, 0.2, 0.22)
    qtbot.waitUntil(lambda: "extremes" not in chart.note(), timeout=5_000)


def test_compared_curves_are_seen_closely_too(
    app: QApplication, qtbot: QtBot, tasks: Tasks, tmp_path: Path
) -> None:
    services = compare_services(tmp_path / "store")
    fill(services.runs.folder.root)
    with compare_pages(services, qtbot, tasks) as opened:
        page = opened(1, 2)
        settle(tasks)
        overlays = page.aside.overlays
        overlays.set_smoothing("0")
        settle(tasks)
        chart = loss_of(overlays.board)
        assert "zoom in to see them" in chart.note()
        pick(chart, 0.2, 0.3)
        qtbot.waitUntil(lambda: is_every_step(chart), timeout=5_000)
        assert "extremes" not in chart.note()
