# SPDX-License-Identifier: Apache-2.0
"""Charts into files and onto the clipboard.

* Every file is written in a task, for it may lie on a slow share.
* One chart is written as it is seen; as CSV or Parquet with every point that lies in sight, also
  those that a long curve does not draw.
* All charts are read and painted by the worker too, one after the other with progress and Cancel,
  also those that never came into sight.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.charts.data_table import MOST_COPIED, PointsModel
from strongroom.desktop.charts.export import Sheet, save_sheet_png, save_svg, visible
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.prepared import Prepared
from strongroom.desktop.charts.scale import Scale
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.ticks import XAxis
from strongroom.desktop.kit.saving import ask_where, file_name
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.curve_lines import CardLines, Wish
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.progress import Progress
from strongroom.services.chart_data import WRITERS, ChartLine

FORMATS = (
    ("png", "PNG picture"),
    ("svg", "SVG drawing"),
    ("csv", "CSV of the visible range"),
    ("parquet", "Parquet of the visible range"),
)
SHEET = QSize(720, 420)  # px of a picture of a chart nobody has seen
X_NAMES = {
    XAxis.STEP: "step",
    XAxis.RELATIVE: "seconds",
    XAxis.TIME: "time",
    XAxis.METRIC: "x",
}
Read = Callable[[Wish], CardLines]
EveryPoint = Callable[[], Sequence[Prepared]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllCharts:
    """What saving all charts needs: the cards, who reads their lines, and the range in sight."""

    wishes: tuple[Wish, ...]
    read: Read
    look: ChartLook
    x_range: tuple[float, float] | None


class ChartExport(QObject):
    """Saves and copies.

    Args:
        tasks: The jobs of the window.
        parent: The widget that asks.
    """

    def __init__(self, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._tasks, self._widget = tasks, parent

    def ask(self, chart: LineChart, form: str, every_point: EveryPoint | None = None) -> None:
        """Asks for a file and writes a chart in one of ``FORMATS``; see `write`."""
        words = dict(FORMATS)[form]
        name = file_name(chart.title(), f".{form}")
        ask_where(
            self._widget,
            f"Save chart as {words}",
            name,
            lambda path: self.write(chart, form, path, every_point),
        )

    def write(
        self, chart: LineChart, form: str, path: Path, every_point: EveryPoint | None = None
    ) -> None:
        """Writes a chart as it is now; ``every_point`` reads the lines of one that is thinned."""
        save = _saver(chart, form, every_point)
        self._tasks.ask(
            f"charts.export.{path}",
            f"Saving {path.name}",
            lambda _progress: _guarded(save, path),
            lambda _done: None,
            owner=self,
        )

    def ask_all(self, form: str, charts: AllCharts) -> QFileDialog:
        """Asks for a folder and writes all charts into it."""
        dialog = QFileDialog(self._widget, f"Save {len(charts.wishes):,} charts into a folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self.write_all(form, charts, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def write_all(self, form: str, charts: AllCharts, folder: Path) -> None:
        """Writes all charts into a folder, over files of the same names."""

        def work(progress: Progress) -> int:
            names = unique_names([_title(wish) for wish in charts.wishes], f".{form}")
            for done, (wish, name) in enumerate(zip(charts.wishes, names, strict=True)):
                progress.step(done, len(names), name)
                _guarded(_sheet_saver(wish, charts, form), folder / name)
            return len(names)

        self._tasks.ask("charts.export.all", "Saving charts", work, lambda _count: None, owner=self)

    def copy_picture(self, chart: LineChart) -> None:
        """Puts a chart on the clipboard as a picture."""
        QGuiApplication.clipboard().setImage(chart.picture(2.0))

    def copy_points(self, chart: LineChart) -> bool:
        """Puts the visible points on the clipboard as lines with tabs; False if too many."""
        model = PointsModel(chart.visible_series(), chart.x_axis)
        rows, columns = model.rowCount(), model.columnCount()
        if rows * columns > MOST_COPIED:
            return False
        cells = [(row, column) for row in range(rows) for column in range(columns)]
        QGuiApplication.clipboard().setText(model.as_text(cells))
        return True


def chart_line(series: ChartSeries, key: str) -> ChartLine:
    """Returns a line as it goes into a file."""
    is_group = series.low is not None
    return ChartLine(
        run_id="" if is_group else series.run_id,
        run=series.label,
        metric=key,
        x=series.x,
        value=series.y,
        raw=series.raw_y,
        low=series.low,
        high=series.high,
    )


def unique_names(titles: Sequence[str], suffix: str) -> list[str]:
    """Returns a legal file name for each title, no two alike in any case."""
    taken: set[str] = set()
    names = []
    for title in titles:
        stem = file_name(title)
        name, number = stem, 2
        while name.lower() in taken:
            name, number = f"{stem}-{number}", number + 1
        taken.add(name.lower())
        names.append(name + suffix)
    return names


def _title(wish: Wish) -> str:
    return wish.options.title or wish.card.id


def _saver(chart: LineChart, form: str, every_point: EveryPoint | None) -> Callable[[Path], None]:
    if form not in WRITERS:
        return chart.export_png() if form == "png" else chart.export_svg()
    lines, key, x_name = chart.visible_series(), chart.title(), X_NAMES[chart.x_axis]
    seen = chart.x_range()

    def save(path: Path) -> None:
        there = lines
        if every_point is not None:
            there = visible([one.series for one in every_point()], *seen)
        WRITERS[form]([chart_line(one, key) for one in there], x_name, path)

    return save


def _sheet_saver(wish: Wish, charts: AllCharts, form: str) -> Callable[[Path], None]:
    """Returns what writes a chart that has no widget; reads its lines first."""
    is_data = form in WRITERS
    within = None if is_data else charts.x_range
    lines, options = charts.read(replace(wish, within=within, has_all=is_data)), wish.options
    prepared = list(lines.prepared.values())
    if form in WRITERS:
        points = [chart_line(one.series, _title(wish)) for one in prepared]
        return lambda path: WRITERS[form](points, X_NAMES[options.x_axis], path)
    scale = Scale(x_axis=options.x_axis, log_x=bool(options.log_x), log_y=bool(options.log_y))
    sheet = Sheet.whole(_title(wish), charts.look, prepared, scale, charts.x_range, SHEET)
    return save_sheet_png(sheet, 2.0) if form == "png" else save_svg(sheet)


def _guarded(save: Callable[[Path], None], path: Path) -> None:
    """Writes.

    Raises:
        EnvironmentFault: ``E-STORE`` if the file could not be written.
    """
    try:
        save(path)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        text = f"{path} was not written: {reason}"
        raise EnvironmentFault("E-STORE", text, "Name another.") from fault
