# SPDX-License-Identifier: Apache-2.0
"""Colours and fonts a chart is painted with, as one value taken from the theme.

Law: a series keeps its colour in every theme; from the eleventh on a dash tells it apart.
"""

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont

from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.kit.theme import Theme

RAW_SHARE = 0.22  # opacity of the unsmoothed line behind the smoothed one
TRACE_SHARE = 0.5  # opacity of the runs behind the mean of their group, over its band
BAND_ALPHA = 40  # of 256: three bands over each other are still three


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLook:
    """Holds every colour and font a chart uses; ``dashes`` are lengths in pen widths."""

    surface: QColor
    border: QColor
    grid: QColor
    axis: QColor
    crosshair: QColor
    text: QColor
    text_soft: QColor
    text_faint: QColor
    focus: QColor
    raised: QColor
    series: tuple[QColor, ...]
    dashes: tuple[tuple[float, ...], ...]
    title_font: QFont
    note_font: QFont
    value_font: QFont
    tick_font: QFont
    line_width: float = 1.4

    @classmethod
    def from_theme(cls, theme: Theme) -> "ChartLook":
        """Returns the look for the theme in force."""
        return cls(
            surface=theme.colour("bg_surface"),
            border=theme.colour("border_subtle"),
            grid=theme.colour("chart_grid"),
            axis=theme.colour("chart_axis"),
            crosshair=theme.colour("chart_crosshair"),
            text=theme.colour("text_primary"),
            text_soft=theme.colour("text_secondary"),
            text_faint=theme.colour("text_tertiary"),
            focus=theme.colour("focus"),
            raised=theme.colour("bg_raised"),
            series=tuple(QColor(hex_) for hex_ in theme.tokens.series),
            dashes=theme.tokens.dashes,
            title_font=theme.font("dense", weight=600),
            note_font=theme.font("caption", weight=400),
            value_font=theme.font("caption", weight=500, tabular=True),
            tick_font=theme.font("caption", weight=400, size=10, tabular=True),
        )

    def colour_of(self, series: ChartSeries) -> QColor:
        """Returns the colour of a series' line."""
        return self.series[series.colour_index % len(self.series)]

    def dash_of(self, series: ChartSeries) -> tuple[float, ...]:
        """Returns the dash of a series' line, empty for a solid one."""
        index = series.dash
        if index is None:
            index = series.colour_index // len(self.series)
        return self.dashes[index % len(self.dashes)] if self.dashes else ()

    def shadow_of(self, colour: QColor) -> QColor:
        """Returns ``colour`` at the raw line's opacity on this surface, opaque."""
        return self._mixed(colour, RAW_SHARE)

    def trace_of(self, colour: QColor) -> QColor:
        """Returns ``colour`` for one run of a group, opaque."""
        return self._mixed(colour, TRACE_SHARE)

    def _mixed(self, colour: QColor, share: float) -> QColor:
        keep = 1 - share
        return QColor.fromRgbF(
            colour.redF() * share + self.surface.redF() * keep,
            colour.greenF() * share + self.surface.greenF() * keep,
            colour.blueF() * share + self.surface.blueF() * keep,
        )
