# SPDX-License-Identifier: Apache-2.0
"""Runs and experiments for the palette, looked for off the window's thread while somebody types.

* A search starts when typing pauses; the latest words win.
* What is found is named by data: it is shown as plain text and bounded.
"""

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.bootstrap import Services
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.palette import PaletteEntry
from strongroom.domain.progress import Progress

PAUSE_MS = 120
SHORTEST = 2  # letters; one would find everything
MOST_RUNS, MOST_EXPERIMENTS = 8, 5
LONGEST_WORDS = 200
LONGEST_TITLE = 120


class PaletteObjects(QObject):
    """Looks for things by name.

    Signals:
        found: What was asked for (the words), and the entries.
    """

    found = Signal(str, object)

    def __init__(self, services: Services, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._words = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._ask)

    def look(self, words: str) -> None:
        """Looks for what somebody types, when they pause; too few letters stop looking."""
        self._words = words.strip()[:LONGEST_WORDS]
        if len(self._words) < SHORTEST:
            self.stop()
        else:
            self._timer.start()

    def stop(self) -> None:
        """Stops looking."""
        self._timer.stop()
        self._tasks.cancel("palette.objects")

    def _ask(self) -> None:
        words = self._words
        self._tasks.ask(
            "palette.objects",
            "Looking for runs by name",
            lambda progress: _find(self._services, words, progress),
            lambda entries: self.found.emit(words, entries),
            owner=self,
            failed=lambda _fault: self.found.emit(words, ()),  # the commands are still there
        )


def _find(services: Services, words: str, progress: Progress) -> tuple[PaletteEntry, ...]:
    experiments = [
        PaletteEntry(
            key=f"experiments/{each.name}",
            title=_bounded(each.name),
            detail=f"Experiment, {each.run_count:,} run{'' if each.run_count == 1 else 's'}",
            icon="folder",
            group="Objects",
        )
        for each in services.experiments.list()
        if words.lower() in each.name.lower()
    ][:MOST_EXPERIMENTS]
    progress.step(1, 2)
    quoted = words.replace("'", "''")
    page = services.runs.search(
        f"attributes.run_name ILIKE '%{quoted}%' OR attributes.run_id LIKE '{quoted}%'",
        limit=MOST_RUNS,
    )
    runs = [
        PaletteEntry(
            key=f"runs/{run.run_id}",
            title=_bounded(run.name or run.run_id[:8]),
            detail=f"{'Lost contact, run' if run.is_lost else 'Run'} of {_bounded(run.experiment)}",
            icon="cloud-off" if run.is_lost else "flask-conical",
            group="Objects",
        )
        for run in page.runs
    ]
    return (*experiments, *runs)


def _bounded(name: str) -> str:
    """Returns a name from data on one line, at most `LONGEST_TITLE` letters of it."""
    line = "".join(letter if letter.isprintable() else " " for letter in name)
    return line if len(line) <= LONGEST_TITLE else f"{line[:LONGEST_TITLE]}…"
