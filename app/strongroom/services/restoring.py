# SPDX-License-Identifier: Apache-2.0
"""Restoring: a store as a backup held it, in a folder of its own. It needs no store that works.

* The whole store appears at once under its name, every byte checked, or nothing does.
* A restored store says so: its workstation must not sign on as if nothing had happened, because
  the numbers it would use may be used already.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.backup import MAX_FILES, Backup, BackupFile
from strongroom.domain.clock import Clock
from strongroom.domain.errors import BadInput, EnvironmentFault, StrongroomError
from strongroom.domain.progress import Progress
from strongroom.store.backup_folder import BackupFolder, ListedBackup
from strongroom.store.materialise import materialise
from strongroom.store.publish import Source
from strongroom.store.restored import FILE as RESTORED
from strongroom.store.restored import restored_mark


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInfo:
    """A backup as a list shows it; ``code`` and ``detail`` say why it cannot be read, else ""."""

    id: str
    store: str
    time_us: int
    host: str
    why: str
    file_count: int
    size_bytes: int
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredStore:
    """A store that was restored: where it lies and from what."""

    folder: Path
    backup: BackupInfo


def list_backups(folder: Path, *, store: str = "") -> tuple[BackupInfo, ...]:
    """Returns the backups of a folder, newest first; one that is damaged is told, not left out.

    Raises:
        BadInput: ``E-BACKUP`` if it is no folder of backups.
        EnvironmentFault: ``E-SHARE``.
    """
    place = BackupFolder.open_existing(folder)
    found = [_told(place, listed) for listed in place.listed(store)]
    return tuple(sorted(found, key=lambda info: (info.time_us, info.id), reverse=True))


def restore_backup(
    folder: Path, id_: str, target: Path, *, clock: Clock, progress: Progress | None = None
) -> RestoredStore:
    """Writes the store of a backup into a folder that is absent or empty.

    Args:
        folder: The folder of backups.
        id_: The backup, or a unique head of its id; "" or ``latest`` for the newest.
        target: Where the store shall be.
        clock: What time it is.
        progress: Hears bytes; may cancel, which leaves nothing behind.

    Raises:
        BadInput: ``E-BACKUP`` for an unknown id or folder; ``E-PATH`` if the target is not empty.
        Untrusted: ``E-HASH``, ``E-MISSING`` if the backup is damaged; nothing is left behind.
        EnvironmentFault: ``E-FULL``, ``E-SHARE``.
        Cancelled: Nothing is left behind.
    """
    place = BackupFolder.open_existing(folder)
    listed = find_backup(place, id_)
    backup = place.read(listed)
    if target.absolute() == folder.absolute() or folder.absolute() in target.absolute().parents:
        raise BadInput(
            "E-BACKUP", "A store cannot lie in a folder of backups", "Name another folder."
        )
    by_path = {file.path: file for file in backup.files}
    mark = restored_mark(
        backup=listed.id, made_us=backup.time_us, now_us=clock.now_us(), heads=backup.heads
    )
    marked = ArtifactFile(
        path=RESTORED, size_bytes=len(mark), sha256=hashlib.sha256(mark).hexdigest()
    )

    @contextmanager
    def opened(file: ArtifactFile) -> Iterator[Source]:
        if file is marked:
            yield io.BytesIO(mark)
            return
        with place.open(by_path[file.path]) as source:
            yield source

    # The mark comes with the files: a restored store is never without it.
    files = [_as_artifact(file) for file in backup.files if file.path != RESTORED]
    materialise(target, [*files, marked], opened, max_files=MAX_FILES + 1, progress=progress)
    return RestoredStore(folder=target, backup=info_of(listed, backup))


def find_backup(place: BackupFolder, id_: str, *, store: str = "") -> ListedBackup:
    """Returns the backup of an id, of a unique head of one, or the newest.

    Raises:
        BadInput: ``E-BACKUP``.
    """
    known = place.listed(store)
    if id_ in {"", "latest"}:
        stores = {listed.store for listed in known}
        if len(stores) > 1:
            raise BadInput(
                "E-BACKUP",
                f"{place.root} holds backups of {len(stores)} stores",
                "Name one of them: strongroom backup list --from DIR shows their ids.",
            )
        found = known[-1:]
    else:
        found = [listed for listed in known if len(id_) >= 4 and listed.id.startswith(id_)]
    if len(found) != 1:
        what = "several backups" if found else "no backup"
        raise BadInput(
            "E-BACKUP",
            f"{id_[:40] or place.root} names {what}",
            "strongroom backup list shows them with their ids.",
        )
    return found[0]


def info_of(listed: ListedBackup, backup: Backup) -> BackupInfo:
    """Returns a backup as a list shows it."""
    return BackupInfo(
        id=listed.id,
        store=backup.store,
        time_us=backup.time_us,
        host=backup.host,
        why=backup.why,
        file_count=len(backup.files),
        size_bytes=backup.size_bytes,
    )


def _told(place: BackupFolder, listed: ListedBackup) -> BackupInfo:
    try:
        return info_of(listed, place.read(listed))
    except EnvironmentFault:
        raise
    except StrongroomError as error:
        return BackupInfo(
            id=listed.id, store=listed.store, time_us=0, host="", why="", file_count=0,
            size_bytes=0, code=error.code, detail=error.title,
        )  # fmt: skip


def _as_artifact(file: BackupFile) -> ArtifactFile:
    return ArtifactFile(path=file.path, size_bytes=file.size_bytes, sha256=file.sha256)
