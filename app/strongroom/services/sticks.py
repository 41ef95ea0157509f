# SPDX-License-Identifier: Apache-2.0
"""Sticks and discs: what is plugged in, what of ours lies on it, and when it may be taken out.

* Recognising reads names and two small files of a stick, never its content, and writes nothing.
* A stick is safe to remove once everything is on the medium and what was written lately was read
  back from it, and nobody is writing to it any more.
* Whoever calls this waits for the stick: never the window's thread.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import BadInput, EnvironmentFault, StrongroomError
from strongroom.domain.progress import Progress, Silent
from strongroom.exchange.onefile_reader import SUFFIX
from strongroom.exchange.remote import DESCRIPTION, FolderRemote
from strongroom.services.carriage import CarriageMemory
from strongroom.services.exchange_memory import ExchangeMemory
from strongroom.services.stick_files import MAX_LOOKED_AT, first_entries, holds, our_files
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.mounts import (
    Mount,
    MountWatch,
    eject,
    flush,
    label_of,
    mount_of,
    removable_mounts,
)

RECENT_S = 48 * 3600  # read again before it may be taken out: today's work, in any time zone
BUSY_S = 120  # an unfinished file this young is still being written by somebody

__all__ = ["Mount", "MountWatch", "SafeToRemove", "Stick", "StickPlace", "Sticks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StickPlace:
    """A remote on a stick; ``name`` is "" if it was not added here under one."""

    path: str
    team: str
    is_ours: bool
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stick:
    """Something that is plugged in, with what of ours lies on it."""

    folder: str
    label: str
    filesystem: str
    is_writable: bool
    free_bytes: int
    places: tuple[StickPlace, ...] = ()
    bundles: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether there is something to import on it."""
        return bool(self.bundles) or any(place.is_ours for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeToRemove:
    """Whether a stick may be taken out: what was read back, and what does not hold.

    ``is_ejected`` tells that it is unmounted already; else the desktop has to let go of it.
    """

    folder: str
    is_safe: bool
    files: int
    size_bytes: int
    damaged: tuple[str, ...] = ()
    damaged_before: tuple[str, ...] = ()
    """Did not hold when it was last exchanged with; nothing written here can be meant by it."""
    unfinished: tuple[str, ...] = ()
    is_ejected: bool = False


class Sticks:
    """The verbs of ``strongroom stick``.

    Args:
        workstation: Who asks, and what this store holds.
        plugged: Returns what is plugged in; the system's own table unless given.
    """

    def __init__(
        self,
        workstation: Workstation,
        plugged: Callable[[], tuple[Mount, ...]] = removable_mounts,
    ) -> None:
        self._at, self._plugged = workstation, plugged
        self._memory = CarriageMemory(workstation.home, workstation.clock)
        self._remotes = ExchangeMemory(workstation.home, workstation.clock, workstation.marks)

    def watch(self) -> MountWatch:
        """Returns what hears that something was plugged in or taken out."""
        return MountWatch()

    def mounted(self) -> tuple[Mount, ...]:
        """Returns what is plugged in; no stick is touched."""
        return self._plugged()

    def look(self) -> tuple[Stick, ...]:
        """Returns everything that is plugged in; a stick that fails meanwhile is left out."""
        found = []
        for mount in self._plugged():
            with suppress(StrongroomError, OSError):
                found.append(self._look_at(mount))
        return tuple(found)

    def safe_to_remove(
        self, path: Path, *, is_ejecting: bool = False, progress: Progress | None = None
    ) -> SafeToRemove:
        """Makes sure that a stick holds what was written to it, and unmounts it if asked.

        Args:
            path: The stick, or anything on it.
            is_ejecting: Unmount it once it is safe.
            progress: Hears bytes read back; may cancel.

        Raises:
            BadInput: ``E-REMOTE`` if the path is on nothing that can be taken out.
            EnvironmentFault: ``E-SHARE`` if it is gone or does not take what was written.
            Cancelled: Nothing is said about it then.
        """
        mount = mount_of(path)
        if mount is None or mount.folder not in {each.folder for each in self._plugged()}:
            raise BadInput(
                "E-REMOTE",
                f"{path} is not on a stick or disc",
                "strongroom stick list shows what is plugged in.",
            )
        root = Path(mount.folder)
        if not mount.is_read_only:
            flush(root)
        found = self._read_back(root, progress or Silent())
        if found.is_safe and is_ejecting:
            if not eject(mount):
                raise EnvironmentFault(
                    "E-SHARE",
                    f"{mount.folder} cannot be unmounted: something still uses it",
                    "Close what has files of it open, then repeat. All of ours is written.",
                )
            return SafeToRemove(
                folder=found.folder, is_safe=True, files=found.files,
                size_bytes=found.size_bytes, damaged_before=found.damaged_before,
                is_ejected=True,
            )  # fmt: skip
        return found

    # ---------------------------------------------------------------- inside

    def _look_at(self, mount: Mount) -> Stick:
        root = Path(mount.folder)
        names = {entry.path: entry.name for entry in self._at.home.remotes()}
        pinned = self._at.home.pinned_team()
        places, bundles = [], []
        with explained(root):
            status = os.statvfs(root) if hasattr(os, "statvfs") else None
            for file in islice(first_entries(root), MAX_LOOKED_AT):
                path = file.path
                if not file.is_plain:
                    continue
                if path.suffix == SUFFIX:
                    bundles.append(str(path))
                elif path.name == DESCRIPTION:
                    with suppress(StrongroomError):
                        remote = FolderRemote.open_existing(path.parent)
                        places.append(
                            StickPlace(
                                path=str(path.parent),
                                team=remote.team,
                                is_ours=remote.team == pinned,
                                name=names.get(str(path.parent), ""),
                            )
                        )
        return Stick(
            folder=mount.folder,
            label=label_of(mount),
            filesystem=mount.filesystem,
            is_writable=not mount.is_read_only and os.access(root, os.W_OK),
            free_bytes=status.f_bavail * status.f_frsize if status else 0,
            places=tuple(places),
            bundles=tuple(sorted(bundles)),
        )

    def _read_back(self, root: Path, progress: Progress) -> SafeToRemove:
        now = self._at.clock.now_us() / MICROSECONDS
        sent = {each.path: each.sha256 for each in self._memory.sent()}
        places = [Path(entry.path) for entry in self._at.home.remotes()]
        with explained(root):
            found = our_files(root, _on(root, places), _on(root, map(Path, sent)))
        recent = [file for file in found if file.changed >= now - RECENT_S]
        whole = [file for file in recent if not file.is_unfinished]
        total = sum(file.size_bytes for file in whole)
        known = self._known_damage(root)
        done, damaged, before = 0, list[str](), list[str]()
        for file in whole:
            progress.step(done, total, f"Reading back {file.path.name[:16]}")
            path = str(file.path)
            with explained(root):
                is_right = holds(file, sent.get(path, ""))
            if not is_right:
                (before if path in known else damaged).append(path)
            done += file.size_bytes
        progress.step(total, total, "Read back")
        self._note_lost(root, damaged)
        unfinished = [
            str(file.path) for file in recent if file.is_unfinished and file.changed >= now - BUSY_S
        ]
        return SafeToRemove(
            folder=str(root),
            is_safe=not damaged and not unfinished,
            files=len(whole),
            size_bytes=total,
            damaged=tuple(damaged),
            damaged_before=tuple(before),
            unfinished=tuple(unfinished),
        )

    def _known_damage(self, root: Path) -> frozenset[str]:
        """Returns the files of places on a stick that did not hold when they were last read."""
        return frozenset(
            str(Path(info.path) / path)
            for info in self._remotes.remotes()
            if Path(info.path).is_relative_to(root)
            for path in info.damaged
        )

    def _note_lost(self, root: Path, damaged: Iterable[str]) -> None:
        """Remembers what places on a stick did not give back: the next push writes it again."""
        lost = list(map(Path, damaged))
        for info in self._remotes.remotes():
            place = Path(info.path)
            if place.is_relative_to(root):
                paths = [p.relative_to(place).as_posix() for p in lost if p.is_relative_to(place)]
                if tuple(paths) != info.lost:
                    self._remotes.note_lost(info.name, paths)


def _on(root: Path, paths: Iterable[Path]) -> list[Path]:
    """Returns what lies on a stick of what is remembered."""
    return [path for path in paths if path.is_relative_to(root)]
