# SPDX-License-Identifier: Apache-2.0
"""Lines by step for the rows in sight, read when they are painted and drawn where they are read.

* One batch is read at a time; a run that goes on logging is read again with its next point.
* The window's thread draws a line itself only where it was read in another colour or size.
* A pixmap is kept by run, last step, metric, colour and size.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QSize, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPixmap

from strongroom.desktop.charts.spark import spark_image, spark_pixmap
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.row_windows import PATIENCE_MS, LoadedRow
from strongroom.desktop.runs.services import RunsServices

if TYPE_CHECKING:
    from strongroom.services.run_table import Floats

MOST_LINES, MOST_DRAWN = 2_000, 800
TOGETHER = 40  # runs read in one go; a screen has about as many

Line = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Look:
    """How a line is drawn: logical px, colour, pixels a logical px."""

    size: QSize
    colour: QColor
    ratio: float

    def name(self, line: Line) -> tuple[object, ...]:
        """Returns what a drawing is kept by."""
        return line, self.size.width(), self.size.height(), self.colour.rgba(), self.ratio


class Sparks(QObject):
    """Hands out lines and draws them.

    Args:
        services: Where points are read.
        tasks: The jobs of the window.

    Signals:
        arrived: Lines were read; what shows them paints again.
    """

    arrived = Signal()

    def __init__(self, services: RunsServices, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._lines: OrderedDict[Line, Floats] = OrderedDict()
        self._drawn: OrderedDict[tuple[object, ...], QPixmap] = OrderedDict()
        self._wanted: dict[Line, Look] = {}
        self._is_reading = False
        self._since = QElapsedTimer()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._read)

    def picture(
        self, row: LoadedRow, key: str, size: QSize, colour: QColor, ratio: float
    ) -> QPixmap | None:
        """Returns the line of a metric, None while it is not read or where there is none."""
        summary = row.row.run.metrics.get(key)
        if summary is None:
            return None
        line = (row.row.run.run_id, summary.last_step, key)
        look = Look(size, colour, ratio)
        drawn = self._drawn.get(look.name(line))
        if drawn is None:
            values = self._lines.get(line)
            if values is None:
                self._wanted[line] = look
                if not self._waits() and not self._soon.isActive():
                    self._soon.start(0)
                return None
            drawn = self._keep(line, look, spark_pixmap(values, size, colour, ratio))
        return drawn

    def _keep(self, line: Line, look: Look, drawn: QPixmap) -> QPixmap:
        self._drawn[look.name(line)] = drawn
        while len(self._drawn) > MOST_DRAWN:
            self._drawn.popitem(last=False)
        return drawn

    def _waits(self) -> bool:
        return self._is_reading and self._since.elapsed() < PATIENCE_MS

    def _read(self) -> None:
        if self._waits() or not self._wanted:
            return
        latest = list(self._wanted.items())[-TOGETHER:]  # rows scrolled past are not read
        self._wanted.clear()
        key = latest[-1][0][2]
        batch = {line: look for line, look in latest if line[2] == key}
        self._wanted |= {line: look for line, look in latest if line[2] != key}
        self._is_reading = True
        self._since.start()
        table = self._services.run_table

        def work(_progress: object) -> "dict[Line, tuple[Floats, QImage]]":
            found = table.sparks([line[0] for line in batch], key)
            return {
                line: (values, spark_image(values, look.size, look.colour, look.ratio))
                for line, look in batch.items()
                if (values := found.get(line[0])) is not None
            }

        def done(found: "dict[Line, tuple[Floats, QImage]]") -> None:
            self._is_reading = False
            for line, (values, image) in found.items():
                self._lines[line] = values
                self._keep(line, batch[line], QPixmap.fromImage(image))
            while len(self._lines) > MOST_LINES:
                self._lines.popitem(last=False)
            self.arrived.emit()
            if self._wanted:
                self._soon.start(0)

        def failed(_fault: BaseException) -> None:
            self._is_reading = False  # a picture less; the run's own page says what is wrong

        self._tasks.ask("runs.sparks", "Reading lines", work, done, owner=self, failed=failed)
