"""Colours and series for chart tests, without a theme."""

import numpy as np

from PySide6.QtGui import QColor, QFont

from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.series import ChartSeries


def plain_look():
    def font(size):
        made = QFont()
        made.setPixelSize(size)
        return made

    return ChartLook(
        surface=QColor("#FFFFFF"),
        border=QColor("#E1E4EA"),
        grid=QColor("#ECEEF2"),
        axis=QColor("#5F6775"),
        crosshair=QColor("#7D8593"),
        text=QColor("#16181D"),
        text_soft=QColor("#4A515E"),
        text_faint=QColor("#5F6775"),
        focus=QColor("#2A5BD7"),
        raised=QColor("#FFFFFF"),
        series=(QColor("#4570E6"), QColor("#C35719"), QColor("#337671")),
        dashes=((), (6.0, 3.0)),
        title_font=font(12),
        note_font=font(11),
        value_font=font(11),
        tick_font=font(10),
    )


def noisy(run_id="r1", label="calm-heron-41", count=200, index=0, seed=0):
    x = np.arange(count, dtype=float)
    y = np.exp(-x / 60) + np.random.default_rng(seed).normal(0, 0.02, count)
    return ChartSeries(run_id=run_id, label=label, colour_index=index, x=x, y=y)
