# SPDX-License-Identifier: Apache-2.0
"""What the frame shows of store, person, team and log, read off the window's thread.

* The strip, the rail's head, the palette's objects and the state of commands all come from the
  last look; asking them costs nothing and never waits on a disk.
* What only touches runs or the rules of metrics changes nothing of it: tagging a run evaluates no
  log.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from strongroom.bootstrap import Services
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import moment
from strongroom.desktop.shell.palette import PaletteEntry
from strongroom.desktop.shell.status_strip import WindowStatus
from strongroom.domain.access import ROLE_TITLES
from strongroom.domain.changes import Changes

if TYPE_CHECKING:
    from strongroom.services.alarms import AlarmNote
    from strongroom.services.audit import ChainStatus

NOBODY = "Not signed in"


class Overview(QObject):
    """The last look at everything the frame shows.

    Signals:
        arrived: A new look was taken.
    """

    arrived = Signal()

    def __init__(self, services: Services, tasks: Tasks) -> None:
        super().__init__()
        self._services, self._tasks = services, tasks
        self.status = WindowStatus(store=str(services.store))
        self.store_name, self.team = services.store.name, ""
        self.state = WindowState(has_store=True)
        self.objects: tuple[PaletteEntry, ...] = ()
        self.alarms: tuple[AlarmNote, ...] = ()
        self.free_bytes: int | None = None

    def look_after(self, changes: Changes) -> None:
        """Looks again if a change may have touched what the frame shows."""
        if changes != Changes(runs=changes.runs, metrics=changes.metrics) or not changes:
            self.look()

    def look(self) -> None:
        """Looks again, in a task."""
        self._tasks.ask(
            "window.overview",
            "Looking at the team",
            lambda _progress: (
                *_read(self._services),
                self._services.alarms.notes(),
                _free(self._services.store),
            ),
            self._take,
            owner=self,
        )

    def _take(
        self,
        found: tuple[
            WindowStatus,
            str,
            str,
            WindowState,
            tuple[PaletteEntry, ...],
            tuple["AlarmNote", ...],
            int | None,
        ],
    ) -> None:
        self.status, self.store_name, self.team, self.state, self.objects = found[:5]
        self.alarms, self.free_bytes = found[5:]
        self.arrived.emit()


def _read(
    services: Services,
) -> tuple[WindowStatus, str, str, WindowState, tuple[PaletteEntry, ...]]:
    card = services.identities.show()
    person, role = (card.name if card else NOBODY), ""
    name, team, chain = services.store.name, "no team", ""
    status = services.audit.status() if services.people.team_id() else None
    if status is not None:
        name = services.people.team().team_name
        digits = services.people.team_id()
        team = f"team {digits[:4]} {digits[4:8]}"
        mine = next((member for member in services.people.people() if member.is_me), None)
        role = ROLE_TITLES[mine.role] if mine else ""
        person = f"{mine.name}, {role}" if mine else person
        now_us = services.clock.now_us()
        chain = _chain_words(status, moment(now_us, now_us))
    is_whole = status is None or status.is_ok
    return (
        WindowStatus(
            store=str(services.store),
            person=person,
            as_of=services.exchange.as_of(),
            chain=chain,
            chain_tone="ok" if is_whole else "warn",
        ),
        name,
        team,
        WindowState(has_store=True, person=card.name if card else "", role=role),
        _objects(services) if status is not None else (),
    )


def _free(store: Path) -> int | None:
    try:
        return shutil.disk_usage(store).free
    except OSError:
        return None


def _chain_words(status: "ChainStatus", now: str) -> str:
    if status.is_ok:
        return f"Verified up to event {status.event_count:,} at {now}"
    first = status.alarms[0]
    return f"{first.code} at {first.object[:12]}"


def _objects(services: Services) -> tuple[PaletteEntry, ...]:
    return tuple(
        PaletteEntry(
            key=f"models/{version.model}/{version.version}",
            title=f"{version.model} v{version.version}",
            detail=version.stage,
            icon="box",
            group="Models",
        )
        for model in services.registry.models()
        for version in model.versions
    )
