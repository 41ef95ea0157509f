# SPDX-License-Identifier: Apache-2.0
"""Sticks on the Exchange page: from plugging one in to taking it out, a press for each step.

* Importing opens the wizard, bringing is a sync with the place on the stick, and both say what
  became of it where every exchange says that.
* A stick whose place has no name here yet gets the stick's own.
* Nobody takes a stick out while it is exchanged with, and nobody exchanges with one that is being
  made safe to remove.
"""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.exchange.progress_line import ProgressLine
from strongroom.desktop.exchange.stick_bar import StickBar, holding, safe_words, sources_of
from strongroom.desktop.exchange.stick_watch import SAFE_KEY, StickWatch, names_on
from strongroom.desktop.exchange.sync_queue import fault_words, lane_of
from strongroom.desktop.exchange.words import Saying
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.errors import StrongroomError
from strongroom.services.exchange import Exchange, RemoteInfo
from strongroom.services.sticks import SafeToRemove, Stick, Sticks

BEING_READ, BEING_SERVED = "being read back", "being exchanged with"


class StickPanel(Surface):
    """A line for each stick that is plugged in, and how far reading one back is.

    Args:
        sticks: Looks at what is plugged in.
        exchange: Gives a place on a stick its name.
        tasks: The jobs of the window.

    Signals:
        import_requested: Import from a stick (its sources, a tuple of names and paths).
        sync_requested: Bring a place on a stick what it lacks (its name).
        said: Something became of a stick (a `Saying`).
        plugged: A stick with something of ours was plugged in (title, detail).
        changed: Another stick is plugged in, or a place got a name.
    """

    import_requested = Signal(object)
    sync_requested = Signal(str)
    said = Signal(object)
    plugged = Signal(str, str)
    changed = Signal()

    def __init__(self, sticks: Sticks, exchange: Exchange, tasks: Tasks) -> None:
        super().__init__(None)
        self._exchange, self._tasks = exchange, tasks
        self._has_team = False
        self.bar = StickBar()
        self.line = ProgressLine(tasks, SAFE_KEY, edges="b", margins=(16, 10, 16, 11))
        self.watch = StickWatch(sticks, tasks, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.line)
        self.bar.import_requested.connect(self._on_import_requested)
        self.bar.bring_requested.connect(self._on_bring_requested)
        self.bar.safe_requested.connect(self._on_safe_requested)
        self.line.stopped.connect(self._show)
        self.watch.changed.connect(self._on_watch_changed)
        self.watch.plugged.connect(self._on_watch_plugged)
        self.watch.safe.connect(self._on_watch_safe)
        self.watch.failed.connect(self._on_watch_failed)
        tasks.changed.connect(self._look_who_is_busy)
        self._busy: dict[str, str] = {}
        self._served: frozenset[str] = frozenset()

    def look(self, *, has_team: bool) -> None:
        """Looks again at what is plugged in."""
        if has_team != self._has_team:
            self._has_team = has_team
            self._show()
        self.watch.look()

    def set_served(self, names: frozenset[str]) -> None:
        """Says which places are exchanged with now, or will be next."""
        self._served = names
        self._look_who_is_busy()

    def held(self) -> frozenset[str]:
        """Returns the places on sticks that are being made safe to remove."""
        sticks = [each for each in self.watch.known() if self._busy.get(each.folder) == BEING_READ]
        return frozenset(name for stick in sticks for name in names_on(stick))

    def sources(self) -> dict[str, str]:
        """Returns what can be imported from all that is plugged in, and what each is called."""
        found: dict[str, str] = {}
        for stick in self.watch.known():
            found |= sources_of(stick)
        return found

    def _show(self) -> None:
        self.bar.show_sticks(self.watch.known(), self._busy, has_team=self._has_team)

    def _look_who_is_busy(self) -> None:
        keys = {state.key for state in self._tasks.running()}
        busy = {}
        for stick in self.watch.known():
            if f"{SAFE_KEY} {stick.folder}" in keys:
                busy[stick.folder] = BEING_READ
            elif not self._served.isdisjoint(names_on(stick)):
                busy[stick.folder] = BEING_SERVED
        if busy != self._busy:
            self._busy = busy
            self._show()

    def _on_watch_changed(self, _sticks: tuple[Stick, ...]) -> None:
        self._look_who_is_busy()
        self._show()
        self.changed.emit()

    def _on_watch_plugged(self, stick: Stick) -> None:
        if stick.is_ours:
            self.plugged.emit(f"{stick.label} is plugged in", holding(stick))

    def _on_import_requested(self, stick: Stick) -> None:
        self.import_requested.emit(tuple(sources_of(stick)))

    def _on_bring_requested(self, stick: Stick) -> None:
        place = next(place for place in stick.places if place.is_ours)
        if place.name:
            self.sync_requested.emit(place.name)
            return

        def done(info: RemoteInfo) -> None:
            self.changed.emit()
            self.sync_requested.emit(info.name)

        self._tasks.change(
            "exchange.add", f"Naming the place on {stick.label}",
            lambda _progress: self._exchange.add(stick.label, Path(place.path)), done,
            owner=self, failed=lambda error: self._on_watch_failed(stick.folder, error),
            lane=lane_of(stick.label),
        )  # fmt: skip

    def _on_safe_requested(self, stick: Stick) -> None:
        self.watch.make_safe(stick)
        self._look_who_is_busy()

    def _on_watch_safe(self, found: SafeToRemove) -> None:
        label = self._label(found.folder)
        title, sentence = safe_words(found, label)
        self.said.emit(
            Saying(tone="ok" if found.is_safe else "bad", title=title, sentence=sentence)
        )

    def _on_watch_failed(self, folder: str, error: BaseException) -> None:
        label = self._label(folder)
        _, why = fault_words(label, error)
        advice = error.advice if isinstance(error, StrongroomError) else ""
        self.said.emit(Saying(tone="bad", title=f"{label}: {why}", sentence=advice))

    def _label(self, folder: str) -> str:
        known = (stick.label for stick in self.watch.known() if stick.folder == folder)
        return next(known, Path(folder).name)
