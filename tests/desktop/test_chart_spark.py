"""Sparklines keep what matters in 96 by 24 pixels."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor

from strongroom.desktop.charts.spark import ROOM, spark_pixmap, spark_points


@given(count=st.integers(3, 3000), at=st.integers(0, 2999), sign=st.sampled_from([1, -1]))
@settings(max_examples=60, deadline=None)
def test_the_one_spike_reaches_the_edge(count, at, sign):
    y = np.zeros(count)
    y[at % count] = sign
    heights = np.concatenate([piece[:, 1] for piece in spark_points(y, 96, 24)])
    assert heights.min() == ROOM
    assert heights.max() == 24 - ROOM


def test_a_constant_is_a_straight_line_in_the_middle():
    for count in (1, 5, 20_000):
        (piece,) = spark_points(np.full(count, 7.0), 96, 24)
        assert (piece[:, 1] == 12).all()


def test_gaps_part_the_line_and_nothing_is_nothing():
    assert len(spark_points([1, 2, np.nan, 3, np.inf, 4], 96, 24)) == 3
    assert spark_points([], 96, 24) == []
    assert spark_points([np.nan], 96, 24) == []


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_the_pixmap_has_its_size_and_its_colour(qapp, ratio):
    pixmap = spark_pixmap(np.arange(500.0), QSize(96, 24), QColor("#4570E6"), ratio)
    assert pixmap.size() == QSize(96, 24) * ratio
    image = pixmap.toImage()
    assert image.pixelColor(0, 0).alpha() == 0
    end = image.pixelColor(int((96 - ROOM) * ratio), int(ROOM * ratio))
    assert end.name() == "#4570e6"
