# SPDX-License-Identifier: Apache-2.0
"""Where a missing or damaged artifact may still lie: this store, remotes, sticks, backups.

* A place is asked by names and sizes; what it hands out is believed only by its digest.
* A place that does not answer is named with its reason, and the others are asked all the same.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.backup import BackupFile
from strongroom.domain.bundle import parse_manifest
from strongroom.domain.errors import BadInput, StrongroomError, Untrusted
from strongroom.domain.parts import parts_of
from strongroom.exchange.local import content_events
from strongroom.exchange.remote import FolderRemote, Remote
from strongroom.exchange.zip_remote import ZipRemote
from strongroom.journal.content import StoredArtifact
from strongroom.services.exchange_memory import ExchangeMemory
from strongroom.services.remote_places import RemotePlaces
from strongroom.services.sticks import Sticks
from strongroom.services.workstation import Workstation
from strongroom.store.artifacts import verified_pieces
from strongroom.store.backup_folder import BackupFolder
from strongroom.store.content import Content, PieceReader
from strongroom.store.plainfile import CHUNK_BYTES
from strongroom.store.publish import Source
from strongroom.trust import envelope

Kind = Literal["store", "remote", "stick", "backup", "folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An artifact that is looked for: its run, where the run's folder lies in the store."""

    run_id: str
    folder: Path
    relative: str
    artifact: StoredArtifact


class CopySource(Protocol):
    """A place that may hold copies."""

    kind: Kind
    name: str

    def has(self, wanted: Wanted) -> bool:
        """Whether a copy seems to lie here, by name and size."""
        ...

    def open(self, wanted: Wanted) -> AbstractContextManager[Source]:
        """Opens the copy for one pass; its bytes are not to be believed."""
        ...


class StoreSource:
    """Other runs of this store, and its blobs."""

    kind: Kind = "store"

    def __init__(self, content: Content, blobs: Path) -> None:
        self.name = "another run of this store"
        self._content, self._blobs = content, blobs

    def has(self, wanted: Wanted) -> bool:
        """Whether another run, or the blobs, hold these bytes unharmed; they are read."""
        return next(self._sound(wanted), None) is not None

    @contextmanager
    def open(self, wanted: Wanted) -> Iterator[Source]:
        """Opens the first copy that holds."""
        found = next(self._sound(wanted), None)
        if found is None:
            raise _gone(wanted)
        folder, artifact = found
        yield PieceReader(verified_pieces(folder, artifact, blobs=self._blobs))

    def _sound(self, wanted: Wanted) -> Iterator[tuple[Path, StoredArtifact]]:
        for _, folder, artifact in self._content.copies(wanted.artifact.sha256):
            same = (artifact.container, artifact.offset) == (
                wanted.artifact.container,
                wanted.artifact.offset,
            )
            if folder == wanted.folder and same:
                continue
            try:
                for _piece in verified_pieces(folder, artifact, blobs=self._blobs):
                    pass
            except (Untrusted, OSError):
                continue
            yield folder, artifact


class RemoteSource:
    """A remote: a folder of a share, a stick, a ZIP.

    Args:
        kind: Whether it was found on a stick.
        name: What a person calls it.
        remote: It.
        cut: The files that were cut into parts, by digest.
    """

    def __init__(
        self, kind: Kind, name: str, remote: Remote, cut: Mapping[str, ArtifactFile]
    ) -> None:
        self.kind, self.name = kind, name
        self._remote, self._cut = remote, cut

    def has(self, wanted: Wanted) -> bool:
        """Whether every part lies there in its size."""
        return all(
            self._remote.has_object(part.sha256)
            and self._remote.object_size(part.sha256) == part.size_bytes
            for part in parts_of(self._file(wanted))
        )

    @contextmanager
    def open(self, wanted: Wanted) -> Iterator[Source]:
        """Opens all parts, one after the other."""
        yield PieceReader(self._pieces(self._file(wanted)))

    def _file(self, wanted: Wanted) -> ArtifactFile:
        found = wanted.artifact
        plain = ArtifactFile(path=found.path, size_bytes=found.size_bytes, sha256=found.sha256)
        return self._cut.get(found.sha256, plain)

    def _pieces(self, file: ArtifactFile) -> Iterator[bytes]:
        for part in parts_of(file):
            with closing(self._remote.open_object(part.sha256)) as stream:
                while piece := stream.read(CHUNK_BYTES):
                    yield piece


class BackupsSource:
    """A folder of backups: the newest list that names the file.

    Args:
        place: The folder.
        store: Whose lists are read.
    """

    kind: Kind = "backup"

    def __init__(self, place: BackupFolder, store: str) -> None:
        self.name = str(place.root)
        self._place, self._store = place, store
        self._lists: list[dict[str, BackupFile]] | None = None

    def has(self, wanted: Wanted) -> bool:
        """Whether a backup names bytes that lie there."""
        return self._file(wanted) is not None

    @contextmanager
    def open(self, wanted: Wanted) -> Iterator[Source]:
        """Opens the file from the artifact's first byte on."""
        found = self._file(wanted)
        if found is None:
            raise _gone(wanted)
        file, skip = found
        with self._place.open(file) as source:
            while skip and (piece := source.read(min(skip, CHUNK_BYTES))):
                skip -= len(piece)
            yield source

    def _file(self, wanted: Wanted) -> tuple[BackupFile, int] | None:
        artifact = wanted.artifact
        for paths in self._read():
            file = paths.get(f"{wanted.relative}/{artifact.container}")
            end = artifact.offset + artifact.size_bytes
            if file is not None and file.size_bytes >= end and self._is_there(file):
                return file, artifact.offset
            blob = paths.get(f"blobs/{artifact.sha256[:2]}/{artifact.sha256}")
            if blob is not None and self._is_there(blob):
                return blob, 0
        return None

    def _is_there(self, file: BackupFile) -> bool:
        if not file.parts:
            return self._place.has(file.sha256, file.size_bytes)
        return all(not self._place.is_aside(part) for part in file.parts)

    def _read(self) -> list[dict[str, BackupFile]]:
        """Returns the lists, newest first; one that cannot be read is left out."""
        if self._lists is None:
            self._lists = []
            for listed in reversed(self._place.listed(self._store)):
                try:
                    files = self._place.read(listed).files
                except Untrusted:
                    continue
                self._lists.append({file.path: file for file in files})
        return self._lists


class CopySources:
    """All places of one workstation.

    Args:
        workstation: Knows remotes, team and the plan of backups.
        sticks: Knows what is plugged in.
        content: What lies in this store.
    """

    def __init__(self, workstation: Workstation, sticks: Sticks, content: Content) -> None:
        self._at, self._sticks, self._content = workstation, sticks, content
        self._cut = self._cut_files()

    def usual(self, plan: Path | None) -> tuple[list[CopySource], list[str]]:
        """Returns every place that answers, the nearest first, and why others do not.

        Args:
            plan: The folder of planned backups, None without a plan.
        """
        found: list[CopySource] = [StoreSource(self._content, self._at.folder.blobs)]
        silent: list[str] = []
        memory = ExchangeMemory(self._at.home, self._at.clock, self._at.marks)
        places = RemotePlaces(self._at, memory)
        known = set()
        for info in places.all():
            known.add(info.path)
            try:
                remote = places.open(info.path)
            except StrongroomError as error:
                silent.append(f"remote {info.name}: {error.title}")
                continue
            found.append(RemoteSource("remote", info.name, remote, self._cut))
        for stick in self._sticks.look():
            for place in stick.places:
                if place.path not in known and place.is_ours:
                    found += self._on_stick(Path(place.path), stick.label, silent)
        if plan is not None:
            try:
                found.append(self._backups(plan))
            except StrongroomError as error:
                silent.append(f"backups in {plan}: {error.title}")
        return found, silent

    def given(self, folder: Path) -> CopySource:
        """Returns one place that a person named: a remote, a ZIP of one, or a folder of backups.

        Raises:
            BadInput: ``E-REMOTE`` if it is neither.
            EnvironmentFault: ``E-SHARE``.
        """
        try:
            return self._backups(folder)
        except BadInput:
            pass  # then it is a remote, or neither
        packed = folder.is_file()
        remote = ZipRemote.open_existing(folder) if packed else FolderRemote.open_existing(folder)
        return RemoteSource("folder", str(folder), remote, self._cut)

    def _backups(self, folder: Path) -> BackupsSource:
        return BackupsSource(BackupFolder.open_existing(folder), self._at.folder.store_id)

    def _on_stick(self, path: Path, label: str, silent: list[str]) -> list[CopySource]:
        try:
            remote = FolderRemote.open_existing(path)
        except StrongroomError as error:
            silent.append(f"stick {label}: {error.title}")
            return []
        return [RemoteSource("stick", label or str(path), remote, self._cut)]

    def _cut_files(self) -> dict[str, ArtifactFile]:
        """Returns the files that manifests here name in parts, by digest."""
        if not self._at.has_team():
            return {}
        found: dict[str, ArtifactFile] = {}
        files = self._at.ledger().files
        for event in content_events(self._at.snapshot()):
            digest = str(event.body["manifest"])
            try:
                raw = files.read_manifest(digest)
                manifest = parse_manifest(
                    envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES).document
                )
            except Untrusted:  # not here, or damaged: what it names is asked for whole
                continue
            found |= {file.sha256: file for file in manifest.files if file.parts}
        return found


def _gone(wanted: Wanted) -> Untrusted:
    return Untrusted("E-MISSING", f"No copy of {wanted.artifact.path} lies there any more", "")
