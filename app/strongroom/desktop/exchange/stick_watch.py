# SPDX-License-Identifier: Apache-2.0
"""Hearing that a stick was plugged in or taken out, and making one safe to remove.

* The kernel tells when its table of mounts changes; nobody asks again and again. Where a system
  cannot tell, a timer asks every few seconds, off the window's thread.
* A stick is looked at in its own lane: one that hangs holds up nothing else. It is made safe in
  the lane of the place on it, after whatever is being exchanged with that.
"""

from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal

from strongroom.desktop.exchange.sync_queue import lane_of
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.progress import Progress
from strongroom.services.sticks import MountWatch, SafeToRemove, Stick, Sticks

LOOK_KEY, SAFE_KEY = "exchange.sticks", "exchange.safe"
ASK_EVERY_MS = 5_000  # where nobody tells: soon enough for a hand that goes on to the mouse
CALM_MS = 150  # a desktop mounts, unmounts and mounts again while it looks at a stick


class StickWatch(QObject):
    """What of ours is plugged in now; a stick with nothing of the team is nobody's business.

    Args:
        sticks: Looks at what is plugged in.
        tasks: The jobs of the window.

    Signals:
        changed: Something else is plugged in, or lies on it (a tuple of `Stick`).
        plugged: A stick that was not there before (a `Stick`).
        safe: A stick was read back (a `SafeToRemove`).
        failed: A stick could not be made safe (its folder, the exception).
    """

    changed = Signal(object)
    plugged = Signal(object)
    safe = Signal(object)
    failed = Signal(str, object)

    def __init__(self, sticks: Sticks, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sticks, self._tasks = sticks, tasks
        self._known: tuple[Stick, ...] = ()
        self._watch: MountWatch = sticks.watch()
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self.look)
        self.destroyed.connect(self._watch.close)
        descriptor = self._watch.descriptor
        if descriptor is None:
            asking = QTimer(self)
            asking.setInterval(ASK_EVERY_MS)
            asking.timeout.connect(self.look)
            asking.start()
        else:
            self._notifier = QSocketNotifier(descriptor, QSocketNotifier.Type.Exception, self)
            self._notifier.activated.connect(self._calm.start)

    def known(self) -> tuple[Stick, ...]:
        """Returns what was plugged in at the last look and holds something of ours."""
        return self._known

    def look(self) -> None:
        """Looks at what is plugged in; the answer comes with `changed`."""
        self._tasks.ask(
            LOOK_KEY, "Looking at sticks", lambda _progress: self._sticks.look(), self._take,
            owner=self, lane=lane_of("sticks"),
        )  # fmt: skip

    def make_safe(self, stick: Stick) -> None:
        """Reads back what was written to a stick lately, and unmounts it if all of it holds."""
        folder = stick.folder
        place = next(iter(names_on(stick)), folder)

        def work(progress: Progress) -> SafeToRemove:
            return self._sticks.safe_to_remove(Path(folder), is_ejecting=True, progress=progress)

        self._tasks.ask(
            f"{SAFE_KEY} {folder}", f"Reading back {Path(folder).name}", work, self._tell,
            owner=self, failed=lambda error: self.failed.emit(folder, error),
            lane=lane_of(place),
        )  # fmt: skip

    def _tell(self, found: SafeToRemove) -> None:
        self.safe.emit(found)
        self.look()

    def _take(self, plugged: tuple[Stick, ...]) -> None:
        found = tuple(stick for stick in plugged if stick.is_ours)
        before = {stick.folder for stick in self._known}
        is_other = found != self._known
        self._known = found
        if is_other:
            self.changed.emit(found)
        for stick in found:
            if stick.folder not in before:
                self.plugged.emit(stick)


def names_on(stick: Stick) -> tuple[str, ...]:
    """Returns the places on a stick that have a name here."""
    return tuple(place.name for place in stick.places if place.name)
