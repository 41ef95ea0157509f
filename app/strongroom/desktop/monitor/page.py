# SPDX-License-Identifier: Apache-2.0
"""The Monitor page: ten measures, each with its formula, its figure and its target.

* Colour never stands alone: the verdict is an icon and a word.
* A measure without data says what would fill it.
* As many tiles stand side by side as have room for their words.
"""

from dataclasses import dataclass

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout

from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command, with_store
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Scroll, column
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tiles import Tile
from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.services.monitor import (
    MISSED,
    NO_DATA,
    NOT_ENOUGH,
    ON_TARGET,
    Measure,
    Monitor,
)

MOST_COLUMNS = 5
TILE_WIDTH = 204  # px at 100 % that a tile needs for a verdict and its target side by side
_WORDS: dict[str, tuple[Tone, str]] = {
    ON_TARGET: ("ok", "On target"),
    MISSED: ("bad", "Missed"),
    NOT_ENOUGH: ("mute", "Not enough"),
    NO_DATA: ("mute", "No data yet"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorServices:
    """What the page asks."""

    monitor: Monitor
    clock: Clock


class MonitorPage(Page):
    """Tiles of measures over the last 28 days."""

    page_id = "monitor"
    title = "Monitor"

    def __init__(self, services: MonitorServices, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self.again = Button("Measure again", "primary", "refresh-cw", name="Measure again")
        self._summary = Banner("mute", "Measuring", "Ten measures over the last 28 days.")
        self._grid = QGridLayout()
        self._grid.setSpacing(12)
        self._column_count = 0
        self.tiles: dict[str, Tile] = {}
        self._missed = 0
        body = column(self._summary, 12, self._grid, None, margins=(16, 12, 16, 16))
        super().__init__(PageBar("Monitor", [], [self.again]), Scroll(body))
        self.again.clicked.connect(self.measure)
        theme().follow(self)

    def show_place(self, place: Place) -> None:  # noqa: ARG002 - there is one place here
        """Measures."""
        self.measure()

    def refresh(self, changes: Changes) -> None:
        """Measures again after a change, if somebody looks."""
        if changes and self.isVisible():
            self.measure()

    def badge(self) -> str:
        """Returns ``!`` while a measure misses its target."""
        return "!" if self._missed else ""

    def commands(self) -> list[Command]:
        """Returns what can be done here."""
        return [
            Command(
                id="monitor.measure",
                title="Measure again",
                run=self.measure,
                menu="View",
                icon="refresh-cw",
                enabled=with_store,
            )
        ]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts as many tiles side by side as there is room for."""
        super().resizeEvent(event)
        self._arrange()

    def apply_theme(self) -> None:
        """Arranges the tiles for the text scale in force."""
        self._arrange()

    def measure(self) -> None:
        """Asks for all measures."""
        self._tasks.ask(
            "monitor.measures",
            "Measuring",
            lambda _progress: self._services.monitor.measures(),
            self._show,
            owner=self,
        )

    def _show(self, measures: tuple[Measure, ...]) -> None:
        for at, measure in enumerate(measures):
            tile = self.tiles.get(measure.id)
            if tile is None:
                tile = self.tiles[measure.id] = Tile(measure.id, measure.title, measure.formula)
                self._grid.addWidget(tile, at // MOST_COLUMNS, at % MOST_COLUMNS)
            tone, word = _WORDS[measure.verdict]
            tile.set_measure(
                measure.figure or "—",
                measure.unit,
                values=measure.series,
                tone=tone,
                word=word,
                target=measure.target,
                formula=measure.hint or measure.formula,
            )
        self._arrange()
        missed = [measure for measure in measures if measure.verdict == MISSED]
        self._missed = len(missed)
        measured = sum(measure.verdict in {ON_TARGET, MISSED} for measure in measures)
        if missed:
            names = ", ".join(measure.title for measure in missed)
            self._summary.show_outcome(
                "warn",
                f"{len(missed)} of {measured} measures miss their target",
                f"{names}. The tile says what was counted.",
                "",
                "triangle-alert",
            )
        else:
            self._summary.show_outcome(
                "ok",
                f"All {measured} measures that have data are on target",
                "Computed now from run folders, the ledger and the files of this store.",
                "",
                "circle-check",
            )
        self.selection_changed.emit()

    def _arrange(self) -> None:
        """Lays the tiles out anew if another number of columns fits."""
        room = (self.width() - 32 + self._grid.spacing()) // (
            theme().scaled(TILE_WIDTH) + self._grid.spacing()
        )
        columns = max(1, min(MOST_COLUMNS, room))
        if self._grid.count() == 0 or columns == self._column_count:
            return
        self._column_count = columns
        for at in range(MOST_COLUMNS):
            self._grid.setColumnStretch(at, 1 if at < columns else 0)
        for at, tile in enumerate(self.tiles.values()):
            self._grid.addWidget(tile, at // columns, at % columns)
