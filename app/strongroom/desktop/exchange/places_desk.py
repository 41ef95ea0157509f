# SPDX-License-Identifier: Apache-2.0
"""What is known of every place, what each is doing, and looking at them again.

* A look runs in the lane of its place; a place that hangs keeps its last answer and says since
  when it has none.
* Nothing here paints: the page shows what this says after each `changed`.
"""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.desktop.exchange.places_view import Doing
from strongroom.desktop.exchange.sync_queue import SyncQueue, lane_of, sync_key
from strongroom.desktop.kit.task import Tasks
from strongroom.services.exchange import Exchange, RemoteInfo, RemoteStatus

SILENT_AFTER_S = 5.0  # before, a disk that spins up is the likelier reason
LOOK_MS = 500


class PlacesDesk(QObject):
    """The places of a window.

    Args:
        exchange: Looks at one place, exchanges with one place.
        tasks: The jobs of the window.

    Attributes:
        queue: Exchanges with places one after the other.

    Signals:
        changed: Something else is known of a place, or it is doing something else.
    """

    changed = Signal()

    def __init__(self, exchange: Exchange, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exchange, self._tasks = exchange, tasks
        self._infos: tuple[RemoteInfo, ...] = ()
        self._silent: dict[str, float] = {}
        self.statuses: dict[str, RemoteStatus] = {}
        self.silent_after_s = SILENT_AFTER_S
        self.queue = SyncQueue(exchange, tasks, self)
        self.queue.changed.connect(self.changed)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._on_timer_timeout)

    def set_infos(self, infos: Sequence[RemoteInfo]) -> None:
        """Takes over which places there are."""
        self._infos = tuple(infos)
        names = {info.name for info in infos}
        self.statuses = {name: said for name, said in self.statuses.items() if name in names}

    def look_at_all(self) -> None:
        """Looks at every place that is not being served."""
        for info in self._infos:
            if not self.queue.turn(info.name):
                self.look(info.name)

    def look(self, name: str) -> None:
        """Asks how a place stands; the answer comes with `changed`."""
        self._tasks.ask(
            status_key(name),
            f"Looking at {name}",
            lambda progress: self._exchange.status(name, progress=progress),
            self._take_status,
            owner=self,
            lane=lane_of(name),
        )
        self._timer.start()

    def sync(self, names: Sequence[str]) -> None:
        """Exchanges with places; what was being looked up about them is old by then."""
        for name in names:
            self._tasks.cancel(status_key(name))
        self.queue.start(names)
        self._timer.start()

    def served(self) -> frozenset[str]:
        """Returns the places that are exchanged with now, or will be next."""
        return frozenset(info.name for info in self._infos if self.queue.turn(info.name))

    def doing(self) -> dict[str, Doing]:
        """Returns what each place is doing that is doing something."""
        shares = {state.key: state.share for state in self._tasks.running()}
        found = {}
        for info in self._infos:
            turn, silent_s = self.queue.turn(info.name), self._silent.get(info.name, 0.0)
            if turn == "silent":
                silent_s = self._tasks.lane_silent_s(lane_of(info.name))
            if turn or silent_s:
                share = shares.get(sync_key(info.name))
                found[info.name] = Doing(turn=turn, share=share, silent_s=silent_s)
        return found

    def _take_status(self, status: RemoteStatus) -> None:
        self.statuses[status.info.name] = status
        self._silent.pop(status.info.name, None)
        self.changed.emit()

    def _on_timer_timeout(self) -> None:
        was_silent = bool(self._silent)
        quiet = {info.name: self._tasks.lane_silent_s(lane_of(info.name)) for info in self._infos}
        self._silent = {name: s for name, s in quiet.items() if s > self.silent_after_s}
        is_syncing = any(self.queue.turn(info.name) for info in self._infos)
        if was_silent or self._silent or is_syncing:
            self.changed.emit()
        if not any(quiet.values()) and not is_syncing:
            self._timer.stop()


def status_key(name: str) -> str:
    """Returns the key of the job that looks at a place."""
    return f"exchange.status {name}"
