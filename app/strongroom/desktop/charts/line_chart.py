# SPDX-License-Identifier: Apache-2.0
"""One metric of many runs over one x axis, as a card.

Laws: a refresh never moves what a person zoomed to; names from data are painted, never parsed; the
same numbers are there as rows (``as_rows``) and as files; nothing here asks a service.
"""

from collections.abc import Sequence
from dataclasses import replace

import shiboken6
from numpy.typing import ArrayLike

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts import export
from strongroom.desktop.charts.card import Header, header_height
from strongroom.desktop.charts.card_frame import CardFrame
from strongroom.desktop.charts.crosshair import spoken
from strongroom.desktop.charts.line_keys import take_key
from strongroom.desktop.charts.line_plot import LinePlot
from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.link_end import LinkEnd
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.prepared import Prepared, prepare, with_points
from strongroom.desktop.charts.readout_box import Reading
from strongroom.desktop.charts.remarks import Remarks
from strongroom.desktop.charts.scale import Scale
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.ticks import XAxis
from strongroom.desktop.charts.zoom import with_logs
from strongroom.desktop.kit.theme import theme

LEAST = QSize(200, 140)  # below, labels would touch
LONG = 20_000  # points; more take a noticeable part of a frame to prepare, so a worker does it
NOTHING = ("No points yet", "Choose runs that logged this metric.")


class LineChart(CardFrame):
    """Shows series as lines, with crosshair, zoom and export.

    Signals:
        range_changed: The visible x range is another one.
        crosshair_moved: The x under the crosshair, or None.
        aimed: The run whose line the mouse means (str), or None.
    """

    range_changed = Signal(float, float)
    crosshair_moved = Signal(object)
    aimed = Signal(object)

    def __init__(
        self,
        look: ChartLook,
        *,
        title: str,
        note: str = "",
        x_axis: XAxis = XAxis.STEP,
        wheel_needs_ctrl: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(look, parent)
        self._title = title
        self._remarks = Remarks(note=note)
        self._axis_titles = ("", "")
        self._prepared: tuple[Prepared, ...] = ()
        self._has_legend = self.is_alone = False
        self._empty = NOTHING
        self._pending: tuple[ChartSeries, ...] | None = None  # given, not yet prepared
        self._lit: str | None = None
        self._value = ""  # at the right of the header
        self._plot = LinePlot(self, look, Scale(x_axis=x_axis), wheel_needs_ctrl=wheel_needs_ctrl)
        self._view, self._overlay = self._plot.view, self._plot.overlay
        self._zoom, self._pointer = self._plot.zoom, self._plot.pointer
        self._end = LinkEnd(self._zoom, self._pointer, self.light)
        self._zoom.changed.connect(self._on_range_changed)
        self._pointer.moved.connect(self.crosshair_moved)
        self._pointer.shown.connect(self._on_crosshair_shown)
        self._pointer.aimed.connect(self._on_aimed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(LEAST)
        self.setSizePolicy(self.sizePolicy().Policy.Expanding, self.sizePolicy().Policy.Expanding)
        self.set_series(())
        theme().follow(self)

    # ------------------------------------------------------------ lines

    def series(self) -> tuple[ChartSeries, ...]:
        """Returns the lines, in the order they were given."""
        return tuple(prepared.series for prepared in self._prepared)

    def prepared(self) -> tuple[Prepared, ...]:
        """Returns the lines as they are drawn, for another chart over the same axes."""
        return self._prepared

    def set_series(self, series: Sequence[ChartSeries]) -> None:
        """Replaces the lines; a zoomed range stays, otherwise everything is shown."""
        self._pending, scale = tuple(series), self.scale
        asked = self._pending
        if sum(len(one.x) for one in asked) <= LONG:
            self.set_prepared(prepare(asked, log_x=scale.log_x, log_y=scale.log_y))
            return

        def take(prepared: tuple[Prepared, ...]) -> None:
            # The chart may be closed meanwhile; of several questions the latest wins.
            if shiboken6.isValid(self) and self._pending is asked:
                self.set_prepared(prepared)

        self._plot.curves.work(lambda: prepare(asked, log_x=scale.log_x, log_y=scale.log_y), take)

    def set_prepared(self, prepared: Sequence[Prepared]) -> None:
        """Replaces the lines by ones a worker prepared for this chart's axes."""
        self._prepared, self._pending = tuple(prepared), None
        self._remarks = replace(self._remarks, hidden=sum(p.left_out for p in self._prepared))
        self._describe()
        self._plot.set_prepared(self._prepared)
        self._plot.light(self._lit)
        self._on_crosshair_shown()

    def append(
        self, run_id: str, x: ArrayLike, y: ArrayLike, raw_y: ArrayLike | None = None
    ) -> None:
        """Adds later points to a run's line; a run that is not charted is passed over."""
        if self._pending is not None:
            self.set_series(
                [s.extended(x, y, raw_y) if s.run_id == run_id else s for s in self._pending]
            )
            return
        for one in self._prepared:
            if one.series.run_id == run_id:
                longer, scale = one.series.extended(x, y, raw_y), self.scale
                self.set_prepared(
                    with_points(self._prepared, longer, log_x=scale.log_x, log_y=scale.log_y)
                )
                return

    def set_highlight(self, run_id: str | None) -> None:
        """Draws one run's line thicker and on top."""
        self._plot.set_chosen(run_id)

    def light(self, run_id: str | None) -> None:
        """Lights the line the mouse means on another chart, until it means another one."""
        self._pointer.aim(run_id)
        self._lit = run_id
        self._plot.light(run_id)

    # ------------------------------------------------------------ words and looks

    def title(self) -> str:
        """Returns the title."""
        return self._title

    def set_title(self, title: str, note: str = "") -> None:
        """Replaces the title and the unit or smoothing note beside it."""
        self._title, self._remarks = title, replace(self._remarks, note=note)
        self._describe()
        self.update()

    def note(self) -> str:
        """Returns what stands beside the title: note, and what is not as it seems."""
        return self._remarks.short()

    def set_axis_titles(self, x: str, y: str) -> None:
        """Says what the axes count; written where the chart is high enough."""
        self._axis_titles = (x, y)
        self._arrange()

    def set_legend(self, *, is_shown: bool) -> None:
        """Names the lines inside the plot, for a chart without its table."""
        if is_shown != self._has_legend:
            self._has_legend = is_shown
            self._describe()

    def set_empty_message(self, title: str, advice: str) -> None:
        """Says what stands in the plot while there are no points."""
        self._empty = (title, advice)
        self._describe()

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        self._look = look
        self._plot.set_look(look)
        self._arrange()
        self.update()

    def apply_theme(self) -> None:
        """Takes over the theme in force."""
        self.set_look(ChartLook.from_theme(theme()))

    # ------------------------------------------------------------ ranges

    @property
    def scale(self) -> Scale:
        """What x counts, and which axes are logarithmic."""
        return self._zoom.scale

    @property
    def is_zoomed(self) -> bool:
        """Whether a person chose the range, so that refreshing keeps it."""
        return self._zoom.is_zoomed

    @property
    def x_axis(self) -> XAxis:
        """What x counts."""
        return self.scale.x_axis

    def set_x_axis(self, axis: XAxis) -> None:
        """Says what x counts; the caller gives series in that unit."""
        if axis is not self.scale.x_axis:
            self._zoom.set_scale(replace(self.scale, x_axis=axis))

    def set_log(self, *, x: bool = False, y: bool = False) -> None:
        """Makes axes logarithmic or linear and shows everything."""
        if (x, y) != (self.scale.log_x, self.scale.log_y):
            self._zoom.set_scale(with_logs(self.scale, x=x, y=y))
            self._remarks = replace(self._remarks, log_x=x, log_y=y)
            self.set_series(self.series() if self._pending is None else self._pending)

    def set_rules(
        self, *, low: float | None = None, high: float | None = None, clip: float = 0.0
    ) -> None:
        """Sets the ends of y (None follows the data) and how many percent may stick out of it."""
        self._remarks = replace(self._remarks, low=low, high=high, clip=clip)
        self._zoom.set_rules((low, high), clip)
        self._describe()
        self.update()

    def x_range(self) -> tuple[float, float]:
        """Returns the visible x, in data units."""
        return self._zoom.x_range()

    def y_range(self) -> tuple[float, float]:
        """Returns the visible y, in data units."""
        return self._zoom.y_range()

    def set_x_range(self, low: float, high: float) -> None:
        """Zooms to a range of x, in data units; y follows unless a person holds it."""
        self._zoom.show_x(low, high)

    def reset_view(self) -> None:
        """Shows everything again, here and in the linked charts."""
        self._zoom.show_everything()

    def link(self) -> ChartLink | None:
        """Returns what joins it with other charts."""
        return self._end.link()

    def set_link(self, link: ChartLink | None) -> None:
        """Joins charts that move together."""
        self._end.join(link)

    # ------------------------------------------------------------ readings

    def set_crosshair(self, x: float | None) -> None:
        """Puts the crosshair on the sample nearest to ``x`` (data units) and tells the others."""
        self._pointer.put(x)

    def readings(self) -> tuple[Reading, ...]:
        """Returns the values at the crosshair, the largest first."""
        return self._overlay.readings

    def header_value(self) -> str:
        """Returns what stands at the right of the header."""
        return self._value

    def as_rows(self, limit: int = 1000) -> tuple[tuple[str, ...], ...]:
        """Returns the visible points as text: a heading, then one row an x, at most ``limit``."""
        low, high = self.x_range()
        return export.table_rows(self.series(), low, high, self.x_axis, limit)

    def visible_series(self) -> tuple[ChartSeries, ...]:
        """Returns the lines cut to the visible x range."""
        return export.visible(self.series(), *self.x_range())

    # ------------------------------------------------------------ pictures

    def picture(self, scale: float = 2.0) -> QImage:
        """Returns the chart as it is, ``scale`` pixels a unit."""
        return export.picture(self, scale)

    def export_png(self, scale: float = 2.0) -> export.Save:
        """Returns what saves the chart as it is, ``scale`` pixels a unit."""
        return export.save_png(self, scale)

    def export_svg(self) -> export.Save:
        """Returns what saves the visible range as lines."""
        x, y = self._zoom.seen("x"), self._zoom.seen("y")
        sheet = export.Sheet(
            title=self._title,
            look=self._look,
            prepared=self._prepared,
            x=x,
            y=y,
            x_ticks=self.scale.x_ticks(*x),
            y_ticks=self.scale.y_ticks(*y),
            size=self.size(),
        )
        return export.save_svg(sheet)

    def wait_for_picture(self) -> None:
        """Waits until the fine picture is painted; it is shown with the next events."""
        self._zoom.settle()
        self._plot.curves.finish()

    # ------------------------------------------------------------ Qt

    def header(self) -> Header:
        """Returns what the header line says."""
        return Header(title=self._title, note=self._remarks.short(), value=self.header_value())

    def sizeHint(self) -> QSize:
        """Returns the size of a tile."""
        return QSize(297, 225)

    def event(self, event: QEvent) -> bool:
        """Draws anew, with pens as wide as before, on a screen with other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._plot.restroke()
        return super().event(event)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Keeps plot and overlay in their places."""
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves crosshair and range; see ``line_keys``."""
        if not take_key(event, self._zoom, self._pointer, self.enlarge_requested.emit):
            super().keyPressEvent(event)

    # ------------------------------------------------------------ inside

    def _arrange(self) -> None:
        self._plot.arrange(self._axis_titles)
        self.place_tools()

    def _describe(self) -> None:
        note = self._remarks.long()
        self.setAccessibleName(f"Chart of {self._title}{f', {note}' if note else ''}")
        has_points = any(len(one.series.x) for one in self._prepared)
        self.setAccessibleDescription(spoken(self._prepared) if has_points else self._empty[0])
        self._overlay.message = None if has_points else self._empty
        named = [one.series for one in self._prepared if not one.series.is_faint]
        self._overlay.legend = (
            tuple((one.label, self._look.colour_of(one)) for one in named)
            if self._has_legend
            else ()
        )
        self._overlay.update()

    def _on_range_changed(self) -> None:
        if self._has_legend:
            self._plot.find_room()
        self._pointer.refresh()
        self.range_changed.emit(*self.x_range())

    def _on_crosshair_shown(self) -> None:
        value = self._pointer.header()
        if value != self._value:
            self._value = value
            # The header lies below the overlay: asked through it, both are painted once, not twice.
            self._overlay.update(0, 0, self.width(), header_height(self._look))

    def _on_aimed(self, run_id: str | None) -> None:
        self._lit = run_id
        self._plot.light(run_id)
        self.aimed.emit(run_id)
