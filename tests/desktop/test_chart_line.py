"""A chart as a person meets it: names, zoom, crosshair, live points, export."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.ticks import XAxis
from support.chart_look import noisy, plain_look

HOSTILE = '<img src="\\\\evil\\x"><b>loss</b>'


@pytest.fixture
def chart(qtbot):
    made = LineChart(plain_look(), title="val/loss", note="EMA 0.70")
    qtbot.addWidget(made)
    made.resize(420, 260)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.wait_for_picture()


def wheel(view, at, turn=120, modifiers=Qt.KeyboardModifier.NoModifier):
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.mapToGlobal(at)),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def middle(chart):
    return chart._view.area().center().toPoint()


def test_everything_is_shown_with_a_little_room(chart):
    chart.set_series([noisy()])
    low, high = chart.x_range()
    assert low == pytest.approx(-199 * 0.015)
    assert high == pytest.approx(199 * 1.015)
    y = chart.series()[0].y
    assert chart.y_range()[0] < y.min() < y.max() < chart.y_range()[1]


def test_a_refresh_keeps_what_a_person_zoomed_to_and_a_double_click_shows_everything(chart, qtbot):
    chart.set_series([noisy()])
    whole = chart.x_range()
    wheel(chart._view, middle(chart))
    zoomed = chart.x_range()
    assert zoomed[1] - zoomed[0] == pytest.approx((whole[1] - whole[0]) * 0.85)
    chart.set_series([noisy(count=900), noisy("r2", "other", index=1, seed=2)])
    assert chart.x_range() == pytest.approx(zoomed)
    QTest.mouseDClick(chart._view.viewport(), Qt.MouseButton.LeftButton, pos=middle(chart))
    assert not chart.is_zoomed
    assert chart.x_range()[1] == pytest.approx(899 * 1.015)


def test_a_drag_pans_and_shift_with_a_drag_picks_a_range(chart):
    chart.set_series([noisy()])
    port, at = chart._view.viewport(), middle(chart)
    before = chart.x_range()
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(port, at + QPoint(50, 0))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at + QPoint(50, 0))
    per_px = (before[1] - before[0]) / chart._view.area().width()
    assert chart.x_range()[0] == pytest.approx(before[0] - 50 * per_px)
    shift = Qt.KeyboardModifier.ShiftModifier
    chart._zoom._on_picked(at.x() - 20, at.x() + 20)
    assert chart.x_range()[1] - chart.x_range()[0] == pytest.approx(40 * per_px)
    assert shift


def test_the_wheel_without_ctrl_belongs_to_a_scrolling_page(qtbot):
    chart = LineChart(plain_look(), title="a", wheel_needs_ctrl=True)
    qtbot.addWidget(chart)
    chart.resize(300, 225)
    chart.show()
    chart.set_series([noisy()])
    whole = chart.x_range()
    wheel(chart._view, middle(chart))
    assert chart.x_range() == whole
    wheel(chart._view, middle(chart), modifiers=Qt.KeyboardModifier.ControlModifier)
    assert chart.x_range() != whole
    chart.wait_for_picture()


def test_the_crosshair_says_each_value_the_largest_first(chart, qtbot):
    x = np.arange(10.0)
    chart.set_series(
        [
            ChartSeries(run_id="a", label="low", colour_index=0, x=x, y=x),
            ChartSeries(run_id="b", label="high", colour_index=1, x=x, y=x + 0.5),
            ChartSeries(run_id="c", label="short", colour_index=2, x=x[:3], y=x[:3]),
        ]
    )
    chart.set_crosshair(6.2)
    assert [(r.label, r.text) for r in chart.readings()] == [("high", "6.500"), ("low", "6")]
    assert chart.header_value() == "6 at 6"
    chart.set_crosshair(None)
    assert chart.header_value() == ""


def test_linked_charts_share_range_and_crosshair(chart, qtbot):
    link, other = ChartLink(), LineChart(plain_look(), title="val/auc")
    qtbot.addWidget(other)
    other.resize(420, 260)
    other.show()
    for one in (chart, other):
        one.set_link(link)
        one.set_series([noisy()])
    wheel(chart._view, middle(chart))
    assert other.x_range() == pytest.approx(chart.x_range())
    chart.set_crosshair(100)
    assert other.header_value().endswith("at 100")
    other.reset_view()
    assert not chart.is_zoomed
    other.wait_for_picture()


def test_live_points_are_added_and_late_ones_are_sorted_in(chart):
    chart.set_series([noisy(count=3)])
    chart.append("r1", [3, 4, 2.5], [1.0, np.inf, 2.0])
    chart.append("unknown", [1], [1.0])
    (series,) = chart.series()
    assert series.x.tolist() == [0, 1, 2, 2.5, 3, 4]
    assert np.isnan(series.y[-1])
    assert chart.x_range()[1] > 4


def test_log_axes_leave_out_what_they_cannot_show(chart):
    x, y = np.array([0.0, 1, 10, 100]), np.array([5.0, -1, 0.1, 10])
    chart.set_series([ChartSeries(run_id="a", label="a", colour_index=0, x=x, y=y)])
    chart.set_log(x=True, y=True)
    assert chart.x_range()[0] == pytest.approx(1, rel=0.1)
    assert chart.y_range()[0] < 0.1
    assert chart.y_range()[1] > 10
    chart.set_crosshair(10)
    assert chart.readings()[0].text == "0.1000"
    chart.grab()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_points_are_a_state_of_their_own(chart, count):
    chart.set_series([noisy(count=count)] if count else [])
    assert chart.x_range()[0] < chart.x_range()[1]
    assert (chart._overlay.message is None) == (count > 0)
    picture = chart.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    assert not picture.isNull()
    if count == 1:
        area = chart._view.area().translated(chart._view.pos())
        at = area.center().toPoint()
        reach = range(-3, 4)
        near = [picture.pixelColor(at.x() + dx, at.y() + dy).name() for dx in reach for dy in reach]
        assert "#4570e6" in near


def test_only_nan_is_shown_as_an_empty_plot_without_a_warning(chart):
    x = np.arange(30.0)
    nothing = ChartSeries(run_id="a", label="a", colour_index=0, x=x, y=np.full(30, np.nan))
    chart.set_series([nothing])
    chart.set_crosshair(3)
    assert chart.readings() == ()
    chart.grab()


def test_names_with_markup_stay_text(chart, tmp_path, qtbot):
    chart.set_title(HOSTILE)
    chart.set_series([noisy(label=HOSTILE)])
    chart._pointer.is_here = True
    chart.set_crosshair(50)
    chart.grab()
    assert HOSTILE in chart.accessibleName()
    assert chart.readings()[0].label == HOSTILE
    chart.export_svg()(tmp_path / "chart.svg")
    written = (tmp_path / "chart.svg").read_text()
    assert "<img" not in written
    assert "<b>" not in written


def test_what_is_visible_is_handed_over_and_nothing_else(chart):
    chart.set_series([noisy(), noisy("b", "short", count=12, index=1)])
    chart.set_x_range(10, 19.5)
    long, short = chart.visible_series()
    assert long.x.tolist() == list(range(10, 20))
    assert long.y.tolist() == chart.series()[0].y[10:20].tolist()
    assert short.x.tolist() == [10, 11]


def test_png_is_twice_as_large_as_the_widget(chart, tmp_path):
    chart.set_series([noisy()])
    chart.export_png()(tmp_path / "chart.png")
    assert QImage(str(tmp_path / "chart.png")).width() == 840


def test_the_same_numbers_are_there_as_rows(chart):
    x = np.arange(5000.0)
    chart.set_series(
        [
            ChartSeries(run_id="a", label="a", colour_index=0, x=x, y=x / 2),
            ChartSeries(run_id="b", label="b", colour_index=1, x=x[:10], y=x[:10]),
        ]
    )
    rows = chart.as_rows(limit=100)
    assert rows[0] == ("Step", "a", "b")
    assert rows[1] == ("0", "0", "0")
    assert rows[-1] == ("4,999", "2,499.5", "")
    assert len(rows) == 101


def test_the_keyboard_reaches_crosshair_zoom_and_everything(chart):
    chart.set_series([noisy()])
    chart.setFocus()
    whole = chart.x_range()
    QTest.keyClick(chart, Qt.Key.Key_Right)
    first = chart.header_value()
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.header_value() not in {"", first}
    QTest.keyClick(chart, Qt.Key.Key_Plus)
    assert chart.x_range() != whole
    QTest.keyClick(chart, Qt.Key.Key_0)
    assert chart.x_range() == whole


def test_zooming_for_ever_stops_at_what_numbers_can_tell_apart(chart):
    x = 1.7e9 + np.arange(100.0)
    chart.set_x_axis(XAxis.TIME)
    chart.set_series([ChartSeries(run_id="a", label="a", colour_index=0, x=x, y=x * 0 + 1e-300)])
    for turn in (120, -120):
        for _ in range(400):
            wheel(chart._view, middle(chart), turn)
        low, high = chart.x_range()
        assert low < high
        chart.grab()


def test_a_heavy_chart_ends_in_a_fine_picture_painted_by_the_worker(chart, qtbot):
    many = [noisy(f"r{i}", f"run {i}", count=400, index=i, seed=i) for i in range(60)]
    chart.set_series(many)
    chart.grab()
    qtbot.waitUntil(lambda: chart._plot.layer.picture is not None, timeout=5000)
    chart._plot.curves._cost_ms = 99.0
    wheel(chart._view, middle(chart))
    chart.grab()
    qtbot.waitUntil(
        lambda: chart._plot.layer.offset_to(chart._plot.curves._wanted) == (0, 0), timeout=5000
    )
    chart.wait_for_picture()


def test_long_series_are_prepared_aside_and_the_latest_question_wins(chart, qtbot):
    x = np.arange(1_200_000.0)
    long = ChartSeries(run_id="long", label="long", colour_index=0, x=x, y=np.sin(x / 1e5))
    chart.set_series([long])
    assert chart.series() == ()
    qtbot.waitUntil(lambda: len(chart.series()) == 1, timeout=5000)
    assert chart.x_range()[1] > 1_199_999
    chart.set_series([long])
    chart.append("long", [1_200_000.0], [1.0])
    chart.set_log(y=True)
    qtbot.waitUntil(lambda: len(chart.series()[0].x) == 1_200_001, timeout=5000)
    chart.set_series([long])
    chart.set_series([noisy()])
    chart.wait_for_picture()
    qtbot.wait(50)
    assert chart.series()[0].run_id == "r1"


def test_a_chart_closed_while_its_picture_is_painted_takes_nothing_with_it(qtbot):
    chart = LineChart(plain_look(), title="a")
    chart.resize(900, 600)
    chart.show()
    chart.set_series([noisy(f"r{i}", str(i), count=2000, index=i, seed=i) for i in range(30)])
    chart.grab()
    chart._plot.curves._refine()
    chart.close()
    chart.deleteLater()
    del chart
    qtbot.wait(150)
