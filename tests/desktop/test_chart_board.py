"""Many charts on one page."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.board_cards import MOST_LIVE
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
    board.set_series("a", [noisy()])
    board.chart("a").set_x_range(10, 20)
    board.set_series("a", [noisy(count=400)])
    board.set_keys(["a", "b", "c"])
    make_all(board)
    assert board.chart("a").x_range() == pytest.approx((10, 20))
    assert board.chart("c").x_range() == pytest.approx((10, 20))


def test_a_folded_section_hides_its_charts(board):
    board.set_keys([f"val/{i}" for i in range(6)] + [f"train/{i}" for i in range(6)])
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
