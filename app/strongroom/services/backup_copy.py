# SPDX-License-Identifier: Apache-2.0
"""Copies a store into a folder of backups, and checks that folder.

* A file that changes its form while it is read, because its run is sealed, is looked for again.
* What is damaged here, or has a name that not every disk takes, is told and left out; everything
  else is copied.
* What was read and found damaged in the folder steps aside, so that the next backup heals it.
"""

from dataclasses import dataclass

from strongroom.domain.artifact import misfits, shown_path
from strongroom.domain.backup import MAX_FILES, BackupFile
from strongroom.domain.errors import EnvironmentFault, StrongroomError, Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.store.backup_folder import BackupFolder
from strongroom.store.backup_source import BackupSource, Bounded, FoundFile
from strongroom.store.repository import MAX_OBJECT_BYTES

LOOKS = 3  # how often a store is looked through for files that changed their form meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFinding:
    """Something that does not hold: code, path, one sentence."""

    code: str
    path: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCheck:
    """What checking a folder of backups found."""

    backups: int
    objects: int
    size_bytes: int
    findings: tuple[BackupFinding, ...]
    unnamed_bytes: int = 0

    @property
    def is_ok(self) -> bool:
        """Whether every backup could be restored, as far as was looked."""
        return not self.findings


class Copying:
    """One pass over a store: what lies in the folder already, what is new, what is damaged."""

    def __init__(self, source: BackupSource, place: BackupFolder, progress: Progress) -> None:
        self._source, self._place, self._progress = source, place, progress
        self.done: dict[str, BackupFile] = {}
        self.damaged: dict[str, BackupFinding] = {}
        self.new_count = 0
        self.new_bytes = 0

    def run(self) -> None:
        """Copies everything; files that changed their form meanwhile are looked for again."""
        for look in range(LOOKS):
            found = self._fitting(self._source.files())
            here = {file.path for file in found}
            if look:
                self.done = {path: file for path, file in self.done.items() if path in here}
            waiting = [file for file in found if file.path not in self.done]
            if look == 0:
                self._place.check_free_space(self._new_bytes(waiting))
            self._copy_all(waiting)
            if all(file.path in self.done for file in waiting):
                return
        gone = {file.path for file in self._fitting(self._source.files())} - self.done.keys()
        for path in sorted(gone):
            if path not in self.damaged:
                self._tell("E-LIVE", path, "It changed while it was read")

    def forget(self) -> None:
        """Looks at everything again in the next pass."""
        self.done.clear()

    def _tell(self, code: str, path: str, detail: str) -> None:
        self.damaged[path] = BackupFinding(code=code, path=shown_path(path), detail=detail)

    def _fitting(self, found: list[FoundFile]) -> list[FoundFile]:
        """Returns the files whose names every disk takes; the others are told and left out."""
        refused = dict(misfits((file.path for file in found), max_files=MAX_FILES))
        for path, refusal in refused.items():
            self._tell(refusal.code, path, refusal.title)
        return [file for file in found if file.path not in refused]

    def _new_bytes(self, files: list[FoundFile]) -> int:
        """Returns how much would be copied at most, without reading what has not changed."""
        total = 0
        for number, file in enumerate(files):
            self._progress.step(number, len(files), "Looking for what is new")
            digested = self._digested(file)
            if digested is not None:
                total += sum(
                    size
                    for digest, size, _ in _parts(digested)
                    if not self._place.has(digest, size)
                )
        return total

    def _copy_all(self, files: list[FoundFile]) -> None:
        total, done = sum(file.size_bytes for file in files), 0
        for file in files:
            self._progress.step(done, total, f"Backing up {file.path}")
            done += file.size_bytes
            digested = self._digested(file)
            if digested is None:
                continue
            try:
                for digest, size, at in _parts(digested):
                    self._copy(file, digest, size, at)
            except FileNotFoundError:
                continue
            except Untrusted as error:
                self._tell(error.code, file.path, error.title)
                continue
            self.damaged.pop(file.path, None)
            self.done[file.path] = digested

    def _digested(self, file: FoundFile) -> BackupFile | None:
        try:
            return self._source.digested(file, self._progress)
        except FileNotFoundError:
            return None
        except Untrusted as error:
            self._tell(error.code, file.path, error.title)
            return None

    def _copy(self, file: FoundFile, digest: str, size: int, at: int) -> None:
        if self._place.keep(digest, size):
            return
        with self._source.open(file.path, at=at) as stream:
            is_new = self._place.put(digest, size, Bounded(stream, size, file.path))
        self.new_count += is_new
        self.new_bytes += size if is_new else 0


def _parts(file: BackupFile) -> list[tuple[str, int, int]]:
    """Returns digest, size and place of each object of a file."""
    if not file.parts:
        return [(file.sha256, file.size_bytes, 0)]
    return [
        (part, min(MAX_OBJECT_BYTES, file.size_bytes - number * MAX_OBJECT_BYTES),
         number * MAX_OBJECT_BYTES)
        for number, part in enumerate(file.parts)
    ]  # fmt: skip


def check_folder(
    place: BackupFolder, *, is_reading_data: bool = False, progress: Progress | None = None
) -> BackupCheck:
    """Checks every list of a folder and that what it names is there; see `Backups.verify`."""
    watched = progress or Silent()
    findings: list[BackupFinding] = []
    wanted: dict[str, int] = {}
    lists = place.listed()
    for number, listed in enumerate(lists):
        watched.step(number, len(lists), "Reading lists")
        try:
            backup = place.read(listed)
        except EnvironmentFault:
            raise
        except StrongroomError as error:
            findings.append(BackupFinding(code=error.code, path=listed.path, detail=error.title))
            continue
        for file in backup.files:
            wanted.update({digest: size for digest, size, _ in _parts(file)})
    there = dict(place.objects())
    for number, (digest, size) in enumerate(sorted(wanted.items())):
        watched.step(number, len(wanted), "Checking content")
        path = f"obj/{digest[:2]}/{digest}"
        if there.get(digest) != size:
            code, detail = _why_not(place, digest, is_there=digest in there)
            findings.append(BackupFinding(code=code, path=path, detail=detail))
        elif is_reading_data:
            findings += _read_through(place, digest, size, path)
    return BackupCheck(
        backups=len(lists),
        objects=len(wanted),
        size_bytes=sum(wanted.values()),
        findings=tuple(findings),
        unnamed_bytes=sum(size for digest, size in there.items() if digest not in wanted),
    )


def _why_not(place: BackupFolder, digest: str, *, is_there: bool) -> tuple[str, str]:
    if is_there:
        return "E-HASH", "It has another size"
    if place.is_aside(digest):
        return "E-HASH", "It was damaged and stepped aside"
    return "E-MISSING", "It is gone"


def _read_through(place: BackupFolder, digest: str, size: int, path: str) -> list[BackupFinding]:
    file = BackupFile(path=path, size_bytes=size, sha256=digest)
    try:
        with place.open(file) as source:
            while source.read(1 << 20):
                pass
    except Untrusted as error:
        return [BackupFinding(code=error.code, path=path, detail=error.title)]
    return []
