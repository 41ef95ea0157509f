"""Bars and confusion matrices."""

import math
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from strongroom.desktop.charts.bars import Bar, BarChart, ConfusionMatrix, Share
from support.chart_look import plain_look


def test_bars_start_at_zero_and_are_as_long_as_their_values(qtbot):
    chart = BarChart(plain_look(), title="val/auc")
    qtbot.addWidget(chart)
    chart.set_bars(
        [
            Bar(label="<b>a</b>", value=2.0, colour_index=0),
            Bar(label="b", value=1.0, colour_index=0),
            Bar(label="c", value=math.nan, colour_index=0),
        ]
    )
    chart.resize(400, 72)
    picture = chart.grab().toImage()
    inked = [
        sum(picture.pixelColor(x, y).name() == "#4570e6" for x in range(400)) for y in (12, 36, 60)
    ]
    assert inked[0] == pytest.approx(2 * inked[1], abs=4)
    assert inked[2] == 0
    assert chart.as_rows()[1:] == (("<b>a</b>", "2"), ("b", "1"), ("c", "—"))


def test_a_confusion_matrix_counts_and_shares(qtbot):
    matrix = ConfusionMatrix(plain_look())
    qtbot.addWidget(matrix)
    matrix.set_counts(["ok", "fraud"], [[90, 10], [0, 0]])
    assert matrix.shown() == (("90", "10"), ("0", "0"))
    matrix.set_share(Share.ROW)
    assert matrix.shown() == (("90.0 %", "10.0 %"), ("0.0 %", "0.0 %"))
    assert "90.0 % on the diagonal" in matrix.accessibleDescription()
    matrix.grab()


@pytest.mark.parametrize("counts", [[[1, 2]], [[1, -1], [0, 0]], [[math.nan, 0], [0, 0]]])
def test_what_is_no_matrix_of_counts_is_refused(qtbot, counts):
    matrix = ConfusionMatrix(plain_look())
    qtbot.addWidget(matrix)
    with pytest.raises(ValueError, match=r"matrix|counts"):
        matrix.set_counts(["a", "b"], counts)
