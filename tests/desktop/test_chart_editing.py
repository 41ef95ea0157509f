# SPDX-License-Identifier: Apache-2.0
"""A board as a person arranges it: by mouse, by keyboard, by menus; and back again."""

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.board_cards import MOST_LIVE
from strongroom.desktop.charts.chart_dialogs import ChartNumbers, LargeChart
from strongroom.desktop.charts.chart_settings import ChartSettings
from strongroom.desktop.charts.data_table import PointsModel
from strongroom.desktop.charts.layout import PINNED, BoardLayout, Card, Size
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.options import ChartOptions
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.smoothing_control import SmoothingControl
from strongroom.desktop.charts.ticks import XAxis
from strongroom.desktop.kit.theme import theme
from strongroom.services.smoothing import Smoothing, SmoothingKind, ema
from support.accessibility import nameless
from support.chart_boards import make_all
from support.chart_look import noisy

KEYS = ("a", "b", "c", "d")
HOSTILE = '<img src="\\\\evil\\x"><b>&amp;loss</b>'


@pytest.fixture
def board(qtbot: QtBot, app: QApplication) -> Iterator[ChartBoard]:
    made = ChartBoard(ChartLook.from_theme(theme()))
    qtbot.addWidget(made)
    made.resize(960, 520)
    made.show()
    yield made
    for chart in made._cards.charts.values():
        chart.wait_for_picture()
    made.hide()


def fill(board: ChartBoard, keys: tuple[str, ...] = KEYS) -> None:
    board.set_keys(keys)
    for key in keys:
        board.set_series(key, [noisy(), noisy("r2", "quiet-birch-07", index=1, seed=2)])
    make_all(board)


def chart_of(board: ChartBoard, key: str) -> LineChart:
    chart = board.chart(key)
    assert chart is not None
    return chart


def hold(widget: QWidget, kind: QEvent.Type, at: QPoint) -> None:
    """Sends what a window gets while a button is held, also from outside of it."""
    left = Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
    none = Qt.KeyboardModifier.NoModifier
    place = QPointF(widget.mapToGlobal(at))
    QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(at), place, left, held, none))


def test_a_card_is_dragged_by_its_header_and_a_mark_shows_where_it_lands(
    board: ChartBoard, qtbot: QtBot
) -> None:
    fill(board)
    titles: list[str] = []
    board.edited.connect(lambda title, _before, _after: titles.append(title))
    first, last = chart_of(board, "a"), chart_of(board, "d")
    grip = QPoint(100, 12)
    target = first.mapFromGlobal(last.mapToGlobal(QPoint(last.width() - 20, 100)))
    hold(first, QEvent.Type.MouseButtonPress, grip)
    hold(first, QEvent.Type.MouseMove, grip + QPoint(2, 0))
    assert board._page.mark() is None
    hold(first, QEvent.Type.MouseMove, target)
    mark = board._page.mark()
    assert mark is not None
    assert mark.left() > last.geometry().right() - 2
    hold(first, QEvent.Type.MouseButtonRelease, target)
    assert board._page.mark() is None
    assert board.shown_keys() == ("b", "c", "d", "a")
    assert titles == ["move a"]
    assert first.geometry().top() >= last.geometry().top()


def test_the_keyboard_moves_the_card_that_has_it(board: ChartBoard, qtbot: QtBot) -> None:
    fill(board)
    board.activateWindow()
    chart = chart_of(board, "b")
    chart.setFocus()
    qtbot.waitUntil(chart.hasFocus)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(chart, Qt.Key.Key_Left, both)
    assert board.shown_keys() == ("b", "a", "c", "d")
    for _ in range(5):
        QTest.keyClick(chart, Qt.Key.Key_Right, both)
    assert board.shown_keys() == ("a", "c", "d", "b")
    assert chart.hasFocus()


def test_every_edit_is_told_with_the_layout_before_and_putting_that_back_undoes_it(
    board: ChartBoard,
) -> None:
    fill(board)
    history: list[BoardLayout] = []
    board.edited.connect(lambda _title, before, _after: history.append(before))
    layout = board.layout_value()
    board.edit("pin", layout.pinned("d", is_pinned=True))
    assert board.sections()[0] == (PINNED, ("d",))
    board.edit("hide", board.layout_value().with_card(Card(id="a", is_hidden=True)))
    assert "a" not in board.shown_keys()
    board.edit("size", board.layout_value().with_card(Card(id="b", size=Size.LARGE)))
    wide = chart_of(board, "b")
    assert wide.width() > 900
    assert wide.height() == 2 * 225 + 12
    both = Card(id="Custom 1", keys=("a", "b"))
    board.edit("new", board.layout_value().with_card(both))
    assert "Custom 1" in board.shown_keys()
    while history:
        board.set_layout(history.pop())
    assert board.layout_value() == layout
    assert board.shown_keys() == KEYS
    assert chart_of(board, "a").series()


def test_settings_of_one_chart_are_its_own_and_ask_for_lines_only_when_they_must(
    board: ChartBoard,
) -> None:
    fill(board)
    wanted: list[str] = []
    board.wanted.connect(wanted.extend)
    options = ChartOptions(title="Mine", log_y=True, low=0.01, high=2.0, clip=2.0)
    board.edit("set", board.layout_value().with_options("a", options))
    mine, other = chart_of(board, "a"), chart_of(board, "b")
    assert (mine.title(), mine.scale.log_y) == ("Mine", True)
    assert mine.y_range() == pytest.approx((0.01, 2.0))
    assert not other.scale.log_y
    hidden = int((mine.series()[0].y <= 0).sum() + (mine.series()[1].y <= 0).sum())
    assert mine.note().startswith(f"{hidden} ≤ 0 hidden")
    assert "outer 2 % of y cut" in mine.accessibleName()
    assert wanted == []
    board.edit("set", board.layout_value().with_options("a", ChartOptions(x="time")))
    assert wanted == ["a"]
    assert mine.x_axis is XAxis.TIME
    assert mine.link() is not other.link()


def test_charts_over_the_same_x_move_together_and_y_follows_when_the_drag_rests(
    board: ChartBoard, qtbot: QtBot
) -> None:
    fill(board)
    one, other = chart_of(board, "a"), chart_of(board, "b")
    before = other.y_range()
    for _ in range(3):
        one._view.panned.emit(-30.0, 0.0)
    assert other.x_range() == pytest.approx(one.x_range())
    assert other.y_range() == before
    qtbot.waitUntil(lambda: other.y_range() != before, timeout=2000)
    QTest.keyClick(one, Qt.Key.Key_0)
    assert not other.is_zoomed
    assert other.y_range() == pytest.approx(before)


def test_the_line_under_the_mouse_is_lit_on_every_chart_and_told(
    board: ChartBoard, qtbot: QtBot
) -> None:
    fill(board)
    aimed: list[object] = []
    board.aimed.connect(aimed.append)
    one, other = chart_of(board, "a"), chart_of(board, "b")
    one.set_crosshair(100)
    reading = next(each for each in one.readings() if each.run_id == "r2")
    assert reading.y_px is not None
    area = one._overlay.area
    place = QPoint(area.center().x(), round(reading.y_px)) + one._overlay.pos() - one._view.pos()
    shade = one.grab().toImage()
    QTest.mouseMove(one._view.viewport(), place - QPoint(0, 1))
    QTest.mouseMove(one._view.viewport(), place)
    qtbot.waitUntil(lambda: bool(aimed), timeout=2000)
    assert aimed[-1] in {"r1", "r2"}
    assert other._lit == aimed[-1]
    assert other._plot.curves._highlight.stroke is not None
    assert one.grab().toImage() != shade
    one._view.hovered.emit(None)
    qtbot.waitUntil(lambda: aimed[-1] is None, timeout=2000)
    assert other._plot.curves._highlight.stroke is None


def test_tools_appear_with_the_keyboard_and_have_names(board: ChartBoard, qtbot: QtBot) -> None:
    fill(board)
    asked: list[str] = []
    board.settings_requested.connect(lambda key: asked.append(f"settings {key}"))
    board.enlarge_requested.connect(lambda key: asked.append(f"enlarge {key}"))
    board.menu_requested.connect(lambda key, _place: asked.append(f"menu {key}"))
    board.activateWindow()
    chart = chart_of(board, "c")
    chart.setFocus()
    qtbot.waitUntil(chart.hasFocus)
    tools = chart._tools
    assert tools is not None
    assert tools.isVisible()
    assert nameless(chart) == []
    for button in tools.findChildren(QWidget):
        if button.accessibleName():
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert asked == ["settings c", "enlarge c", "menu c", "enlarge c"]


def test_a_hundred_thousand_metrics_make_no_more_widgets_than_fit(board: ChartBoard) -> None:
    keys = tuple(f"layer{i // 20}/grad{i}" for i in range(100_000))
    board.set_keys(keys)
    make_all(board)
    assert 0 < len(board._cards.charts) <= MOST_LIVE
    assert len(board._headings) < 20
    bar = board.verticalScrollBar()
    bar.setValue(bar.maximum())
    make_all(board)
    assert board.chart(keys[-1]) is not None
    assert len(board._cards.charts) <= MOST_LIVE + 4
    board.set_filter("grad99999")
    QApplication.processEvents()
    assert board.shown_keys() == ("layer4999/grad99999",)


def test_the_table_behind_a_chart_holds_what_is_seen_sorts_and_copies_every_digit(
    board: ChartBoard, qtbot: QtBot
) -> None:
    x = np.arange(6.0)
    y = np.array([0.1 + 0.2, 5, np.nan, -1, 3, 2])
    board.set_keys(("a",))
    make_all(board)
    board.set_series(
        "a",
        [
            ChartSeries(run_id="r", label=HOSTILE, colour_index=0, x=x, y=y, raw_y=y * 2),
            ChartSeries(run_id="s", label="short", colour_index=1, x=x[2:4] + 0.5, y=x[:2]),
        ],
    )
    chart = chart_of(board, "a")
    chart.set_x_range(-0.5, 4.5)
    dialog = ChartNumbers(chart)
    qtbot.addWidget(dialog)
    dialog.show()
    table = dialog.table
    model = table.model()
    assert isinstance(model, PointsModel)
    across = Qt.Orientation.Horizontal
    assert [model.headerData(column, across) for column in range(4)] == [
        "Step", HOSTILE, f"{HOSTILE} raw", "short",
    ]  # fmt: skip
    assert model.rowCount() == 7
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert [model.number(row, 0) for row in range(4)] == [1.0, 4.0, 0.0, 3.0]
    assert model.data(model.index(2, 1)) == "0.3000"
    assert model.data(model.index(0, 3)) == ""
    table.selectRow(2)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[1].split("\t")[1] == "0.30000000000000004"
    assert nameless(dialog) == []
    dialog.reject()


def test_the_chart_alone_names_its_lines_and_axes_and_escape_leads_back(
    qtbot: QtBot, app: QApplication
) -> None:
    dialog = LargeChart("loss", QWidget().size())
    qtbot.addWidget(dialog)
    dialog.chart.set_axis_titles("Step", "loss (nats)")
    dialog.chart.set_series([noisy(label=HOSTILE)])
    dialog.resize(900, 600)
    dialog.show()
    qtbot.waitExposed(dialog)
    assert [label for label, _ in dialog.chart._overlay.legend] == [HOSTILE]
    assert dialog.chart._view.left._title == "loss (nats)"
    before = dialog.chart.x_range()
    QTest.keyClick(dialog.chart, Qt.Key.Key_Plus)
    assert dialog.chart.x_range() != before
    QTest.keyClick(dialog.chart, Qt.Key.Key_Return)
    assert dialog.isVisible()
    QTest.keyClick(dialog.chart, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_settings_take_numbers_that_say_something_and_nothing_else(
    qtbot: QtBot, app: QApplication
) -> None:
    controls = ChartSettings("loss", ChartOptions(), ChartOptions(), Size.SMALL, ("epoch",))
    qtbot.addWidget(controls)
    controls.show()
    heard: list[ChartOptions] = []
    controls.changed.connect(heard.append)
    QTest.keyClicks(controls.low.edit, "0.5")
    assert heard[-1].low == 0.5
    count = len(heard)
    QTest.keyClicks(controls.high.edit, "0.2")
    assert len(heard) == count
    QTest.keyClicks(controls.high.edit, "x")
    assert heard[-1].high is None
    controls.high.edit.setText("2")
    last = heard[-1]
    assert (last.low, last.high) == (0.5, 2.0)
    controls.log_y.click()
    assert heard[-1].log_y is True
    controls.x_choice.choose("metric:epoch")
    assert heard[-1].x == "metric:epoch"
    assert nameless(controls) == []


@pytest.mark.parametrize(
    ("kind", "typed", "taken"),
    [
        (SmoothingKind.EMA, "0.9995", 0.9995),
        (SmoothingKind.EMA, "1.0", None),
        (SmoothingKind.EMA, "nan", None),
        (SmoothingKind.GAUSSIAN, "12.5", 12.5),
        (SmoothingKind.MEAN, "-3", None),
    ],
)
def test_smoothing_is_typed_exactly_and_the_slider_never_reaches_one(
    qtbot: QtBot, app: QApplication, kind: SmoothingKind, typed: str, taken: float | None
) -> None:
    control = SmoothingControl(ema(0.7))
    qtbot.addWidget(control)
    control.show()
    control.kind.choose(str(kind))
    before = control.smoothing()
    control.amount.edit.setText(typed)
    if taken is None:
        assert control.amount._is_bad
        assert control.smoothing() is not None
        assert control.smoothing() == before
    else:
        assert control.smoothing() == Smoothing(kind=kind, amount=taken)
    control.slider.setValue(0)
    control.slider.setValue(control.slider.maximum())
    found = control.smoothing()
    assert found is not None
    assert kind is not SmoothingKind.EMA or found.amount == 0.999


def odd(x: object, y: object) -> ChartSeries:
    return ChartSeries(
        run_id="r", label=HOSTILE, colour_index=0, x=np.asarray(x, float), y=np.asarray(y, float)
    )


@pytest.mark.parametrize(
    "series",
    [
        odd([0, 1, 2, 3], [np.nan, np.inf, -np.inf, np.nan]),
        odd([0, 1, 2], [1e308, -1e308, 0]),
        odd([-(2.0**63), -5, 0, 2.0**63], [1, 2, 3, 4]),
        odd([0, 1, 2], [5e-324, 0.0, -5e-324]),
        odd([1e308, -1e308, np.inf, np.nan], [1, 2, 3, 4]),
        odd(np.arange(9.0), [0, 1e300, -1, np.nan, 1e-300, -0.0, 1, 2, 3]),
        odd([7, 7, 7, 7], [1, 2, 3, 4]),
    ],
)
@pytest.mark.parametrize("logs", [(False, False), (True, True)])
def test_numbers_no_screen_can_show_are_gaps_or_ends_and_never_a_warning(
    qtbot: QtBot, app: QApplication, series: ChartSeries, logs: tuple[bool, bool]
) -> None:
    chart = LineChart(ChartLook.from_theme(theme()), title=HOSTILE)
    qtbot.addWidget(chart)
    chart.resize(420, 260)
    chart.show()
    chart.set_log(x=logs[0], y=logs[1])
    chart.set_series([series, noisy("r2", "calm")])
    for step in ("fit", "zoom", "out", "pan"):
        if step == "zoom":
            for _ in range(60):
                chart._zoom.zoom(0.7, 0.3, 0.3, is_y=False)
                chart._zoom.zoom(0.7, 0.3, 0.3, is_y=True)
        elif step == "out":
            for _ in range(300):
                chart._zoom.zoom(1 / 0.7, 0.5, 0.5, is_y=False)
                chart._zoom.zoom(1 / 0.7, 0.5, 0.5, is_y=True)
        elif step == "pan":
            chart.reset_view()
            chart._view.panned.emit(40.0, 30.0)
        low, high = chart.x_range()
        assert low < high
        chart.set_crosshair((low + high) / 2)
        chart.grab()
        chart.wait_for_picture()
        QApplication.processEvents()
    chart.as_rows(50)
    chart.export_svg()
    chart.hide()
