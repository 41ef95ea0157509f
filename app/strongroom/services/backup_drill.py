# SPDX-License-Identifier: Apache-2.0
"""Tries a backup out: restores it into a folder of its own and reads everything there.

* A backup that was never restored is a hope. A drill takes the road of a real restore, then that
  of `verify`, and compares the registry's state with what the backup recorded.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.errors import Untrusted
from strongroom.domain.progress import Progress
from strongroom.services.backup_copy import BackupFinding
from strongroom.services.integrity import Integrity, Verification
from strongroom.services.registry import Registry
from strongroom.services.restoring import BackupInfo, info_of, restore_backup
from strongroom.services.runs import open_runs
from strongroom.services.witness import Witness
from strongroom.services.workstation import Workstation
from strongroom.store.backup_folder import BackupFolder, ListedBackup


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillOutcome:
    """What trying a backup out came to: everything read again in a store of its own.

    ``is_state_known`` is False if somebody signed all the while the backup was made.
    """

    info: BackupInfo
    runs: int
    events: int
    findings: tuple[BackupFinding, ...]
    is_same_state: bool
    is_state_known: bool = True

    @property
    def is_ok(self) -> bool:
        """Whether the restored store holds, and says of the registry what the backup recorded."""
        return not self.findings and self.is_same_state


def drill(
    at: Workstation,
    place: BackupFolder,
    listed: ListedBackup,
    *,
    scratch: Path | None = None,
    progress: Progress | None = None,
) -> DrillOutcome:
    """Restores one backup apart, reads all of it, and removes it again; see `Backups.drill`."""
    backup = place.read(listed)
    info = info_of(listed, backup)
    with tempfile.TemporaryDirectory(prefix="strongroom-drill-", dir=scratch) as room:
        target = Path(room).resolve() / "store"
        try:
            restore_backup(place.root, listed.id, target, clock=at.clock, progress=progress)
        except Untrusted as error:
            finding = BackupFinding(code=error.code, path=listed.path, detail=error.title)
            return DrillOutcome(info=info, runs=0, events=0, findings=(finding,),
                                is_same_state=False)  # fmt: skip
        is_known = bool(backup.state) or not backup.team
        found, state = _read_all(at, target, Path(room) / "home", backup.team)
    return DrillOutcome(
        info=info,
        runs=found.runs,
        events=found.events,
        findings=tuple(
            BackupFinding(code=each.code, path=each.path, detail=each.detail)
            for each in found.findings
        ),
        is_same_state=state == backup.state or not is_known,
        is_state_known=is_known,
    )


def _read_all(at: Workstation, store: Path, home: Path, team: str) -> tuple[Verification, str]:
    """Returns what `verify` says of a store that somebody else opens, and its registry's digest."""
    runs = open_runs(store, at.clock, at.random_bytes)
    try:
        apart = Workstation(
            runs, home, keychain=at.keychain, ask=lambda _question: "", clock=at.clock,
            random_bytes=at.random_bytes, app=at.app,
        )  # fmt: skip
        if team:
            apart.home.pin_team(team)
        found = Integrity(apart, Registry(apart), Witness(apart)).verify()
        state = apart.snapshot().state.digest if apart.has_team() else ""
    finally:
        runs.catalog.close()
    return found, state
