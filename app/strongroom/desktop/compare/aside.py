# SPDX-License-Identifier: Apache-2.0
"""The charts beside the table: curves, the trade-off, parallel coordinates; all of them or one.

* What is out of sight is not drawn and asks for nothing.
* A turn of the event loop charts one of them: together they would hold the window.
* All three show the same runs in the same colours, and the run the keyboard is at stronger.
"""

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.charts.board_page import EDGE
from strongroom.desktop.charts.board_places import TILE
from strongroom.desktop.compare.overlays import Overlays
from strongroom.desktop.compare.parallel import ParallelPane
from strongroom.desktop.compare.plotted import NOTHING, Plotted
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.compare.trade_off import TradeOff
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.session import Json
from strongroom.desktop.kit.surface import Scroll, Split, Surface
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wrapped import WrappedRow

PARTS = (
    ("all", "All charts"),
    ("curves", "Curves"),
    ("trade", "Trade-off"),
    ("parallel", "Parallel coordinates"),
)
LEAST_WIDTH = TILE.width() + 2 * EDGE + 12  # a chart, its edges, a scroll bar
HEIGHTS = (290, 250, 230)
LEAST_CURVES = TILE.height() + 24  # px, so that one chart is seen whole


class Aside(QWidget):
    """The charts.

    Args:
        services: Where points and values come from.
        tasks: The jobs of the window.

    Signals:
        part_shown: Other charts are shown now (one of `PARTS`).
        changed: Something worth remembering was chosen.
    """

    part_shown = Signal(str)
    changed = Signal()

    def __init__(
        self, services: CompareServices, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._plotted = NOTHING
        self._given: dict[str, Plotted] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._give)
        self.choice = Choice(PARTS, "all", name="Charts beside the table", kind="ghost")
        self.overlays = Overlays(services.curves, tasks)
        self.overlays.setMinimumHeight(LEAST_CURVES)
        self.trade_off = TradeOff(services, tasks)
        self.parallel = ParallelPane()
        self.split = Split("vertical", self.overlays, self.trade_off, self.parallel, sizes=HEIGHTS)
        head = Surface(None, "b")
        across = WrappedRow(head)
        across.setContentsMargins(4, 4, 12, 4)
        for tool in (self.choice, self.overlays.axis_menu, self.overlays.smoothing_menu):
            across.addWidget(tool)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        scroll = Scroll(self.split)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        down.addWidget(scroll, 1)
        self.setMinimumWidth(LEAST_WIDTH)
        self.choice.chosen.connect(self.show_part)
        for part in (self.overlays, self.trade_off, self.parallel):
            part.changed.connect(self.changed)
        self.split.splitterMoved.connect(lambda *_: self.changed.emit())

    def show_plotted(self, plotted: Plotted) -> None:
        """Charts other runs, the same in another order, or other values of them."""
        if not plotted.is_like(self._plotted):
            self._plotted = plotted
            self._given.clear()
        self._soon.start()

    def part(self) -> str:
        """Returns which charts are shown."""
        return self.choice.current()

    def show_part(self, part: str) -> None:
        """Shows ``all`` charts, or only ``curves``, ``trade`` or ``parallel``."""
        before = {key: pane.isHidden() for key, pane in self._panes().items()}
        self.choice.set_choices(PARTS, part)
        for key, pane in self._panes().items():
            pane.setHidden(part not in {"all", key})
        has_curves = part in {"all", "curves"}
        for menu in (self.overlays.axis_menu, self.overlays.smoothing_menu):
            menu.setVisible(has_curves)
        self._give()
        if before != {key: pane.isHidden() for key, pane in self._panes().items()}:
            self.part_shown.emit(part)
            self.changed.emit()

    def follow(self) -> None:
        """Asks again for what runs that may still be logging have."""
        self.overlays.follow()

    def set_highlight(self, run_id: str) -> None:
        """Shows one run stronger, "" none."""
        self.overlays.set_highlight(run_id)
        self.trade_off.set_highlight(run_id)
        self.parallel.set_highlight(run_id)

    def layout_of(self) -> dict[str, Json]:
        """Returns what is shown and how, to be remembered."""
        return {
            "part": self.part(),
            "sizes": [*self.split.sizes()] if self.part() == "all" else [],
            "curves": {**self.overlays.layout_of()},
            "trade": {**self.trade_off.layout_of()},
            "parallel": self.parallel.layout_of(),
        }

    def take_layout(self, kept: Mapping[str, Json]) -> None:
        """Takes over what `layout_of` returned once; anything else is left out."""
        for key, pane in self._panes().items():
            part = kept.get(key)
            if isinstance(part, dict):
                pane.take_layout(part)
        sizes = kept.get("sizes")
        if isinstance(sizes, list) and len(sizes) == len(HEIGHTS):
            whole = [size for size in sizes if isinstance(size, int) and size > 0]
            self.split.setSizes(whole if len(whole) == len(HEIGHTS) else self.split.sizes())
        if kept.get("part") in dict(PARTS):
            self.show_part(str(kept["part"]))

    def showEvent(self, event: QShowEvent) -> None:
        """Charts what was not drawn for nobody."""
        super().showEvent(event)
        self._give()

    def _panes(self) -> dict[str, Overlays | TradeOff | ParallelPane]:
        return {"curves": self.overlays, "trade": self.trade_off, "parallel": self.parallel}

    def _give(self) -> None:
        if not self.isVisible() or self._plotted is NOTHING:
            return
        for key, pane in self._panes().items():
            if not pane.isHidden() and self._given.get(key) is not self._plotted:
                self._given[key] = self._plotted
                pane.show_plotted(self._plotted)
                self._soon.start()
                return
