# SPDX-License-Identifier: Apache-2.0
"""Backups of this store: made while it is used, checked, kept by a rule, tried out.

* What a backup writes is read back from the medium, byte by byte; what lay there already is looked
  at by name and size, and `verify` reads it.
* What is damaged here is told and left out; a backup does not stop for one bad file.
* A drill restores into a folder of its own and reads everything there as `verify` does.
"""

import socket
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.backup import Backup, KeepRule, unneeded
from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import BadInput, EnvironmentFault
from strongroom.domain.progress import Progress, Silent
from strongroom.services.backup_copy import (
    LOOKS,
    BackupCheck,
    BackupFinding,
    Copying,
    check_folder,
)
from strongroom.services.backup_drill import DrillOutcome, drill
from strongroom.services.restoring import BackupInfo, find_backup, info_of, list_backups
from strongroom.services.workstation import Workstation
from strongroom.store.backup_folder import BackupFolder, ListedBackup
from strongroom.store.backup_source import BackupSource
from strongroom.store.home_formats import BACKUP

MAX_HOURS = 24 * 366
HOUR_US = 3_600 * MICROSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """Where this store is backed up, how often, and what is kept; ``last_us`` None if never."""

    folder: Path
    every_hours: int
    keep: KeepRule
    last_us: int | None = None

    def is_due(self, now_us: int) -> bool:
        """Whether the next one should have been made; a clock that was set back is no excuse."""
        if self.last_us is None or now_us < self.last_us:
            return True
        return now_us - self.last_us >= self.every_hours * HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade:
    """What a backup came to: the new bytes of all, and files that are damaged here."""

    info: BackupInfo
    folder: Path
    new_count: int
    new_bytes: int
    damaged: tuple[BackupFinding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every file of the store is in it."""
        return not self.damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What a rule removed, or would: backups, objects, their bytes."""

    removed: tuple[BackupInfo, ...]
    kept_count: int
    object_count: int
    size_bytes: int


class Backups:
    """The verbs of ``strongroom backup`` for one store."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    # ---------------------------------------------------------------- the plan

    def plan(self) -> BackupPlan | None:
        """Returns the plan of this store, None if there is none or it cannot be read."""
        document = self._at.home.backup_plan()
        try:
            return BackupPlan(
                folder=Path(document["folder"]),
                every_hours=int(document["every_hours"]),
                keep=KeepRule(**document["keep"]),
                last_us=document.get("last_us"),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def save_plan(self, folder: Path, *, every_hours: int, keep: KeepRule) -> BackupPlan:
        """Plans backups of this store into a folder, which is made if it is absent.

        Raises:
            BadInput: ``E-BACKUP`` for a folder that is no place for backups, or a wrong interval.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
        """
        if not 1 <= every_hours <= MAX_HOURS:
            raise BadInput(
                "E-BACKUP", f"A plan repeats every 1 to {MAX_HOURS:,} hours", "24 is once a day."
            )
        if any(count < 0 for count in keep.to_json().values()):
            raise BadInput("E-BACKUP", "A rule counts from 0", "Use 0 to keep none of a kind.")
        place = self._place(folder)
        before = self.plan()
        last_us = before.last_us if before and before.folder == place.root else None
        made = BackupPlan(folder=place.root, every_hours=every_hours, keep=keep, last_us=last_us)
        self._write_plan(made)
        return made

    def drop_plan(self) -> None:
        """Forgets the plan; backups that were made stay."""
        self._at.home.save_backup_plan({})

    def is_due(self) -> bool:
        """Whether there is a plan and its next backup should have been made."""
        plan = self.plan()
        return plan is not None and plan.is_due(self._at.clock.now_us())

    # ---------------------------------------------------------------- making

    def create(
        self, folder: Path | None = None, *, why: str = "", progress: Progress | None = None
    ) -> BackupMade:
        """Backs this store up; programs may go on logging and signing meanwhile.

        Args:
            folder: The folder of backups; the plan's if None.
            why: A note that is shown in lists.
            progress: Hears bytes done of all; may cancel, which leaves no backup.

        Raises:
            BadInput: ``E-BACKUP`` without a folder, or for one that is no place for backups.
            EnvironmentFault: ``E-FULL``, ``E-SHARE``; earlier backups stay as they were.
            Cancelled: There is no new backup; bytes that were copied are found by the next one.
        """
        self._at.home.require_writable(BACKUP)  # it notes when the last one was made
        place = self._place(self._folder(folder))
        source = BackupSource(self._at.folder.root, self._at.folder.cache)
        work = Copying(source, place, progress or Silent())
        try:
            listed, backup = self._published(work, place, why)
        finally:
            source.remember()  # also of what was stopped: nothing is read twice
        plan = self.plan()
        if plan is not None and plan.folder == place.root:
            self._write_plan(replace(plan, last_us=backup.time_us))
        return BackupMade(
            info=info_of(listed, backup),
            folder=place.root,
            new_count=work.new_count,
            new_bytes=work.new_bytes,
            damaged=tuple(work.damaged.values()),
        )

    def _published(
        self, work: Copying, place: BackupFolder, why: str
    ) -> tuple[ListedBackup, Backup]:
        """Copies and lists; again if somebody else swept bytes away that were taken up."""
        for _ in range(LOOKS):
            state, heads = self._copied(work)
            backup = Backup(
                store=self._at.folder.store_id,
                time_us=self._at.clock.now_us(),
                host=socket.gethostname()[:80],
                app=self._at.app,
                why=" ".join(why.split())[:200],
                team=self._at.home.pinned_team(),
                state=state,
                heads=heads,
                files=tuple(sorted(work.done.values(), key=lambda file: file.path)),
            )
            listed = place.add(backup)
            if not place.lacking(backup):
                return listed, backup
            place.withdraw(listed)
            work.forget()
        raise EnvironmentFault(
            "E-SHARE",
            f"Bytes vanish from {place.root} while a backup is made",
            "Another program removes them: let it end, then repeat. No backup was made.",
        )

    def _copied(self, work: Copying) -> tuple[str, dict[str, int]]:
        """Copies everything and returns the state and the heads of exactly that.

        Where somebody signs all the while, the state is not known, "", and the heads are those of
        afterwards: no number that may be used already is left out.
        """
        before = self._moment()
        for _ in range(LOOKS):
            work.run()
            after = self._moment()
            if after == before:
                return after
            before = after
        return "", before[1]

    def run_plan(self, progress: Progress | None = None) -> tuple[BackupMade | None, Pruned | None]:
        """Makes the backup that is due and removes what the rule does not keep, if one is due.

        One that is not whole removes nothing: older ones may hold what it lacks.

        Raises:
            As `create` and `prune`.
        """
        plan = self.plan()
        if plan is None or not plan.is_due(self._at.clock.now_us()):
            return None, None
        made = self.create(why="planned", progress=progress)
        if not made.is_whole:
            return made, None
        # After a clock was set back the new one is the oldest by its time: it stays all the same.
        return made, self.prune(plan.folder, plan.keep, spared=made.info.id)

    # ---------------------------------------------------------------- looking

    def listed(self, folder: Path | None = None, *, is_all: bool = False) -> tuple[BackupInfo, ...]:
        """Returns the backups of this store, or of every store of the folder, newest first.

        Raises:
            BadInput: ``E-BACKUP``.
            EnvironmentFault: ``E-SHARE``.
        """
        store = "" if is_all else self._at.folder.store_id
        return list_backups(self._folder(folder), store=store)

    def verify(
        self,
        folder: Path | None = None,
        *,
        is_reading_data: bool = False,
        progress: Progress | None = None,
    ) -> BackupCheck:
        """Checks that every backup of the folder could be restored.

        Args:
            folder: The folder of backups; the plan's if None.
            is_reading_data: Read every byte; otherwise lists are read, and bytes looked at by name
                and size.
            progress: Hears objects; may cancel.

        Raises:
            BadInput: ``E-BACKUP``.
            EnvironmentFault: ``E-SHARE``.
        """
        place = BackupFolder.open_existing(self._folder(folder))
        return check_folder(place, is_reading_data=is_reading_data, progress=progress)

    def drill(
        self,
        id_: str = "",
        folder: Path | None = None,
        *,
        scratch: Path | None = None,
        progress: Progress | None = None,
    ) -> DrillOutcome:
        """Restores a backup into a folder of its own, reads all of it, and removes it again.

        Args:
            id_: The backup; the newest of this store if "".
            folder: The folder of backups; the plan's if None.
            scratch: Where there is room for it; the system's temporary folder if None.
            progress: Hears bytes; may cancel.

        Raises:
            BadInput: ``E-BACKUP``.
            EnvironmentFault: ``E-FULL``, ``E-SHARE``.
        """
        place = BackupFolder.open_existing(self._folder(folder))
        listed = find_backup(place, id_, store="" if id_ else self._at.folder.store_id)
        return drill(self._at, place, listed, scratch=scratch, progress=progress)

    def prune(
        self,
        folder: Path | None = None,
        keep: KeepRule | None = None,
        *,
        is_dry: bool = False,
        spared: str = "",
    ) -> Pruned:
        """Removes backups of this store that a rule does not keep, and bytes only they named.

        Args:
            folder: The folder of backups; the plan's if None.
            keep: The rule; the plan's if None.
            is_dry: Only say what would go.
            spared: The id of a backup that stays whatever the rule says.

        Raises:
            BadInput: ``E-BACKUP``.
            Untrusted: If a list cannot be read; nothing is removed then.
            EnvironmentFault: ``E-SHARE``.
        """
        plan = self.plan()
        rule = keep or (plan.keep if plan else KeepRule())
        place = BackupFolder.open_existing(self._folder(folder))
        listed = place.listed(self._at.folder.store_id)
        mine = {info_of(each, place.read(each)): each for each in listed}
        leaving = [info for info in unneeded(tuple(mine), rule) if info.id != spared]
        count, size_bytes = 0, 0
        if leaving and not is_dry:
            count, size_bytes = place.remove(
                [mine[info] for info in leaving], now_us=self._at.clock.now_us()
            )
        return Pruned(
            removed=tuple(leaving),
            kept_count=len(mine) - len(leaving),
            object_count=count,
            size_bytes=size_bytes,
        )

    # ---------------------------------------------------------------- inside

    def _folder(self, folder: Path | None) -> Path:
        plan = self.plan()
        if folder is not None:
            return folder.expanduser().absolute()
        if plan is None:
            raise BadInput(
                "E-BACKUP",
                "No folder of backups was named",
                "Name one with --to or --from DIR, or plan it: strongroom backup plan --to DIR.",
            )
        return plan.folder

    def _place(self, folder: Path) -> BackupFolder:
        root, store = folder.expanduser().absolute(), self._at.folder.root
        if root == store or store in root.parents or root in store.parents:
            raise BadInput(
                "E-BACKUP",
                "A backup beside or inside its own store dies with it",
                "Name a folder on another disk, a share or a stick.",
            )
        return BackupFolder.open_or_create(root, now_us=self._at.clock.now_us())

    def _moment(self) -> tuple[str, dict[str, int]]:
        """Returns what the registry says now, and how many events of each writer there are."""
        if not self._at.has_team():
            return "", {}
        snapshot = self._at.snapshot()
        chains = snapshot.chains.by_writer
        return snapshot.state.digest, {
            writer: len(chain) for writer, chain in chains.items() if chain
        }

    def _write_plan(self, plan: BackupPlan) -> None:
        self._at.home.save_backup_plan(
            {
                "folder": str(plan.folder),
                "every_hours": plan.every_hours,
                "keep": plan.keep.to_json(),
                "last_us": plan.last_us,
            }
        )
