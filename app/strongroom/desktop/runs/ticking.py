# SPDX-License-Identifier: Apache-2.0
"""The ticked runs, whole: the charts need every metric of them, the table only what it shows.

* A run that was ticked is charted as soon as it was read; one that is gone is let go of.
* The newest runs are ticked when a page first shows runs.
"""

from collections.abc import Collection, Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.row_windows import LoadedRow
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.sheet import Sheet
from strongroom.domain.run import Run

TICKED_AT_ONCE = 20  # by the box in the header


class Ticking(QObject):
    """Keeps the ticked runs.

    Args:
        services: Where runs are read.
        tasks: The jobs of the window.
        charted: Which runs are ticked, and their colours.

    Signals:
        changed: Other runs are ticked, or ticked runs are other than they were.
    """

    changed = Signal()

    def __init__(
        self, services: RunsServices, tasks: Tasks, charted: Charted, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self.charted = charted
        self._runs: dict[str, Run] = {}
        self._has_begun = False

    def runs(self) -> list[Run]:
        """Returns the ticked runs that were read, the one ticked first in front."""
        return [self._runs[each] for each in self.charted.ids() if each in self._runs]

    def tick(self, run_ids: Iterable[str], *, on: bool) -> bool:
        """Ticks or unticks runs; returns whether all found room."""
        has_room = True
        if on:
            has_room = self.charted.add(run_ids)
        else:
            self.charted.remove(run_ids)
        self._read(each for each in self.charted.ids() if each not in self._runs)
        self._runs = {each: self._runs[each] for each in self.charted.ids() if each in self._runs}
        self.changed.emit()
        return has_room

    def begin(self, newest: Sequence[str]) -> None:
        """Ticks the newest runs, once."""
        if not self._has_begun and newest:
            self._has_begun = True
            self.tick(newest, on=True)

    def toggle_shown(self, sheet: Sheet) -> None:
        """Ticks the first runs of the table and no others; unticks them if they are it."""
        rows = sheet.items(0, 2 * TICKED_AT_ONCE)
        shown = [row.row.run.run_id for row in rows if isinstance(row, LoadedRow)]
        wanted = set(shown[:TICKED_AT_ONCE])
        if wanted == set(self.charted.ids()):
            wanted = set()
        self.charted.remove(set(self.charted.ids()) - wanted)
        self.tick([each for each in shown if each in wanted], on=True)

    def renew(self, run_ids: Collection[str]) -> None:
        """Reads those of some runs again that are ticked."""
        self._read(each for each in self.charted.ids() if each in run_ids)

    def _read(self, run_ids: Iterable[str]) -> None:
        asked = tuple(run_ids)
        if not asked:
            return
        table = self._services.run_table

        def done(runs: tuple[Run, ...]) -> None:
            here = {run.run_id: run for run in runs}
            self.charted.remove(each for each in asked if each not in here)
            self._runs |= {each: run for each, run in here.items() if each in self.charted}
            self.changed.emit()

        key = f"runs.ticked.{asked[0]}.{len(asked)}"
        self._tasks.ask(
            key, "Reading ticked runs", lambda _progress: table.whole(asked), done, owner=self
        )
