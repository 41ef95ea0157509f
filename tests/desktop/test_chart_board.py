"""Many charts on one page."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.board_cards import MOST_LIVE
from strongroom.desktop.charts.image import pixels_of
from strongroom.desktop.charts.layer import Quality
from support.chart_boards import make_all
from support.chart_look import noisy, plain_look


@pytest.fixture
def board(qtbot, app):
    made = ChartBoard(plain_look())
    qtbot.addWidget(made)
    made.resize(960, 500)
    made.show()
    yield made
    for chart in made._cards.charts.values():
        chart.wait_for_picture()


def test_keys_are_gathered_by_their_prefix_and_the_rest_comes_last(board):
    board.set_keys(["lr", "val/auc", "train/loss", "val/loss", "/odd"])
    assert board.sections() == (
        ("val", ("val/auc", "val/loss")),
        ("train", ("train/loss",)),
        ("Other", ("lr", "/odd")),
    )


def test_the_filter_needs_every_word_in_any_case(board):
    board.set_keys(["val/auc", "val/loss", "train/loss"])
    board.set_filter("LOSS val")
    assert board.shown_keys() == ("val/loss",)
    assert board.chart("val/auc") is None or not board.chart("val/auc").isVisible()
    board.set_filter("nothing")
    assert "nothing" in board._page.message


def test_charts_are_made_when_they_come_near_and_ask_for_their_points_once(board, qtbot):
    asked = []
    board.wanted.connect(asked.extend)
    keys = [f"layer{i // 8}/grad{i}" for i in range(2000)]
    board.set_keys(keys)
    make_all(board)
    assert 0 < len(board._cards.charts) <= MOST_LIVE
    assert "layer249/grad1999" not in asked
    bar = board.verticalScrollBar()
    for step in range(0, bar.maximum() + 1, max(bar.maximum() // 20, 1)):
        bar.setValue(step)
    bar.setValue(bar.maximum())
    make_all(board)
    assert board.chart("layer249/grad1999") is not None
    assert len(board._cards.charts) <= MOST_LIVE + 1
    assert len(asked) == len(set(asked))


def test_a_refresh_keeps_zoom_and_a_new_chart_joins_the_others(board):
    board.set_keys(["a", "b"])
    make_all(board)
    board.set_series("a", [noisy()])
    board.chart("a").set_x_range(10, 20)
    board.set_series("a", [noisy(count=400)])
    board.set_keys(["a", "b", "c"])
    make_all(board)
    assert board.chart("a").x_range() == pytest.approx((10, 20))
    assert board.chart("c").x_range() == pytest.approx((10, 20))


def test_a_folded_section_hides_its_charts(board):
    board.set_keys([f"val/{i}" for i in range(6)] + [f"train/{i}" for i in range(6)])
    make_all(board)
    board.set_folded("val", is_folded=True)
    assert not board.chart("val/0").isVisible()
    assert "val/0" not in board.places()
    heading = board._headings["val"]
    assert heading.accessibleName() == "Section val, 6 charts"
    heading.click()
    assert board.chart("val/0").isVisible()


def test_no_keys_say_what_to_do(board):
    board.set_keys([])
    assert "Choose runs" in board._page.message


def test_charts_that_move_together_are_drafts_on_the_way_and_fine_once_they_rest(board, qtbot):
    keys = [f"m{number}" for number in range(6)]
    board.set_keys(keys)
    make_all(board)
    for key in keys:
        board.set_series(key, [noisy(seed=seed, count=600) for seed in range(4)])
    charts = [board.chart(key) for key in keys]
    charts[0].set_x_range(100, 400)
    settle(charts)
    for _ in range(6):
        charts[0]._zoom.pan(-7.0, 0.0)
        QApplication.processEvents()
    on_the_way = [chart._plot.layer.picture for chart in charts]
    assert any(picture.wish is Quality.FAST for picture in on_the_way)
    settle(charts)
    for chart in charts:
        layer = chart._plot.layer
        picture = layer.picture
        assert picture.wish is Quality.FINE
        fresh = layer.render(picture.view, Quality.FINE)
        assert np.array_equal(pixels_of(picture.image), pixels_of(fresh.image))


def test_the_lit_line_moves_with_the_picture_and_is_whole_once_it_rests(board, qtbot):
    board.set_keys(["a"])
    make_all(board)
    board.set_series("a", [noisy(count=600), noisy("r2", "two", index=1, seed=2, count=600)])
    chart = board.chart("a")
    chart.set_x_range(100, 400)
    chart.light("r2")
    settle([chart])
    chart._zoom.pan(-40.0, 0.0)
    QApplication.processEvents()
    highlight = chart._plot.curves._highlight
    assert highlight.is_behind
    settle([chart])
    assert not highlight.is_behind
    moved = pixels_of(highlight.picture(chart._plot.curves._wanted)[0]).copy()
    chart.light(None)
    chart.light("r2")
    QApplication.processEvents()
    fresh = pixels_of(highlight.picture(chart._plot.curves._wanted)[0])
    assert np.array_equal(moved, fresh)


def settle(charts):
    for _ in range(3):
        QApplication.processEvents()
        for chart in charts:
            chart.wait_for_picture()
    QApplication.processEvents()
