# SPDX-License-Identifier: Apache-2.0
"""Remotes: places that hold the repository layout. A stick is just another remote.

* A remote tells its team and never changes: ``strongroom.json`` is written once.
* It is a dumb folder: no lock, no index, no latest. Whoever can write there is not trusted; what
  is read from it is checked by name and, later, by signature.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from strongroom.domain import canonical
from strongroom.domain.clock import from_iso, to_iso
from strongroom.domain.errors import BadInput, Refused, Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.progress import Progress
from strongroom.store.faults import explained
from strongroom.store.medium import is_own_disk
from strongroom.store.plainfile import CheckedReader, read_bounded
from strongroom.store.publish import Source, is_junk, publish, sync_folder
from strongroom.store.repository import MAX_OBJECT_BYTES, Repository
from strongroom.store.segments import SegmentFile, TrustFile

DESCRIPTION = "strongroom.json"
FORMAT = 1
MAX_DESCRIPTION_BYTES = 4096  # four short fields
_MAX_PART_BYTES = (1 << 32) - 1  # what FAT32 can hold in one file


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDescription:
    """What a remote says of itself: its team's id, when it was made, the size of parts."""

    team: str
    created_us: int
    part_size_bytes: int


class Remote(Protocol):
    """Another place with our layout; what each method promises stands at `Repository`."""

    @property
    def location(self) -> str:
        """Where it is, as a person would say it."""
        ...

    @property
    def team(self) -> str:
        """The team the remote claims to belong to; compared with the pin before anything else."""
        ...

    @property
    def is_writable(self) -> bool:
        """Whether a push may be tried; a write-protected stick can only be pulled from."""
        ...

    def trust_files(self) -> list[TrustFile]:
        """Lists trust documents."""
        ...

    def read_trust(self, file: TrustFile) -> bytes:
        """Reads a trust document."""
        ...

    def put_trust(self, version: int, data: bytes) -> bool:
        """Publishes a trust document."""
        ...

    def writers(self) -> list[str]:
        """Lists writers."""
        ...

    def segments(self, writer: str) -> list[SegmentFile]:
        """Lists a writer's segments."""
        ...

    def read_segment(self, file: SegmentFile) -> list[bytes]:
        """Reads a segment."""
        ...

    def put_segment(self, writer: str, first: int, lines: Sequence[bytes]) -> list[SegmentFile]:
        """Publishes events."""
        ...

    def has_object(self, sha256: str) -> bool:
        """Asks for an object."""
        ...

    def object_size(self, sha256: str) -> int:
        """Asks for an object's size."""
        ...

    def open_object(self, sha256: str) -> CheckedReader:
        """Opens an object."""
        ...

    def put_object(
        self, sha256: str, source: Source, size: int, progress: Progress | None = None
    ) -> bool:
        """Publishes an object."""
        ...

    def objects(self) -> Iterator[tuple[str, int]]:
        """Lists objects."""
        ...

    def has_manifest(self, sha256: str) -> bool:
        """Asks for a manifest."""
        ...

    def read_manifest(self, sha256: str) -> bytes:
        """Reads a manifest."""
        ...

    def put_manifest(self, data: bytes) -> str:
        """Publishes a manifest."""
        ...

    def manifests(self) -> Iterator[tuple[str, int]]:
        """Lists manifests."""
        ...

    def check_free_space(self, size_bytes: int) -> None:
        """Refuses a push that cannot fit."""
        ...

    def remove_leftovers(self, now_us: int) -> int:
        """Removes this account's own unfinished files."""
        ...

    def refused(self, path: str) -> bytes | Path:
        """Returns what quarantine keeps of a file: its bytes, or where they lie."""
        ...

    def shows(self, path: str) -> bool:
        """Whether something lies under a path of the layout."""
        ...


class FolderRemote(Repository):
    """A remote in a folder: a network share, a stick, a folder of the same disk.

    Use `create` and `open_existing`; both check what the folder is.
    """

    def __init__(self, path: Path, description: RemoteDescription) -> None:
        super().__init__(path, read_back=not is_own_disk(path))
        self.description = description

    @classmethod
    def create(cls, path: Path, *, team: str, now_us: int) -> "FolderRemote":
        """Makes an empty existing folder a remote of a team.

        Raises:
            BadInput: ``E-REMOTE`` if the folder holds something else.
            EnvironmentFault: ``E-SHARE`` if it is gone or write-protected, ``E-FULL``.
        """
        with explained(path):
            names = {entry for entry in _names(path) if not is_junk(entry)}
            # A power cut may have left the description empty: then this is the second attempt.
            is_stub = names == {DESCRIPTION} and os.lstat(path / DESCRIPTION).st_size == 0
        if names and not is_stub:
            raise _not_a_remote(path, "it is not empty and holds no strongroom.json")
        try:
            publish(
                path, DESCRIPTION, describe(team, now_us),
                read_back=True, write_once=not is_stub,
            )  # fmt: skip
        except Refused as error:
            raise _not_a_remote(path, "somebody else just made it a remote") from error
        sync_folder(path.parent)  # the folder itself may have been made a moment ago
        return cls.open_existing(path)

    @classmethod
    def open_existing(cls, path: Path) -> "FolderRemote":
        """Opens a folder that is a remote.

        Raises:
            BadInput: ``E-REMOTE`` if it is not one.
            EnvironmentFault: ``E-SHARE`` if the folder is gone.
        """
        with explained(path):
            _names(path)  # a share that is gone must not be mistaken for a folder without a remote
            try:
                data = read_bounded(path / DESCRIPTION, MAX_DESCRIPTION_BYTES)
            except FileNotFoundError as error:
                raise _not_a_remote(path, "it holds no strongroom.json") from error
            except Untrusted as error:
                raise _not_a_remote(path, "its strongroom.json is not a file of ours") from error
        return cls(path, parse_description(path, data))

    @classmethod
    def open_or_create(cls, path: Path, *, team: str, now_us: int) -> "FolderRemote":
        """Opens a remote, or makes an empty folder one: what ``remote add`` does."""
        with explained(path):
            is_there = DESCRIPTION in _names(path)
            is_stub = is_there and os.lstat(path / DESCRIPTION).st_size == 0
        if is_there and not is_stub:
            return cls.open_existing(path)
        return cls.create(path, team=team, now_us=now_us)

    @property
    def location(self) -> str:
        """The folder."""
        return str(self.root)

    @property
    def team(self) -> str:
        """The team the remote claims to belong to."""
        return self.description.team

    @property
    def is_writable(self) -> bool:
        """Whether this account may write here; False on a write-protected stick."""
        return os.access(self.root, os.W_OK)

    def refused(self, path: str) -> bytes | Path:
        """Returns where a file lies."""
        return self.root / path

    def shows(self, path: str) -> bool:
        """Whether something lies under a path, a link too."""
        return os.path.lexists(self.root / path)

    def _check_root(self) -> None:
        """Refuses what is left where a share or stick was: an empty folder takes every file."""
        super()._check_root()
        with explained(self.root):
            os.lstat(self.root / DESCRIPTION)


def describe(team: str, now_us: int) -> bytes:
    """Returns the bytes of the ``strongroom.json`` of a new remote of a team."""
    return canonical.encode(
        {
            "created": to_iso(now_us),
            "format": FORMAT,
            "part_size": MAX_OBJECT_BYTES,
            "team": team,
        }
    )


def parse_description(path: Path, data: bytes) -> RemoteDescription:
    """Reads the bytes of a ``strongroom.json``.

    Raises:
        BadInput: ``E-REMOTE``.
    """
    try:
        found = canonical.decode(data, max_bytes=MAX_DESCRIPTION_BYTES)
    except Untrusted as error:
        raise _not_a_remote(path, "its strongroom.json cannot be read") from error
    number = found.get("format") if isinstance(found, dict) else None
    if type(number) is int and number > FORMAT:
        raise BadInput(
            "E-REMOTE",
            f"{path} was made by a newer Strongroom (format {number})",
            "Update Strongroom here to exchange with it. Nothing was read or written there.",
        )
    try:
        return _described(found)
    except (ValueError, TypeError) as error:
        raise _not_a_remote(path, "its strongroom.json has other fields than ours") from error


def _described(found: canonical.JsonValue) -> RemoteDescription:
    if set(found) != {"format", "team", "created", "part_size"}:
        raise ValueError("other fields")
    part_size = found["part_size"]
    if type(part_size) is not int or not 1 <= part_size <= _MAX_PART_BYTES:
        raise ValueError("a size of parts that no stick takes")
    if type(found["format"]) is not int or found["format"] != FORMAT:
        raise ValueError("no format that is known")
    if not is_digest(found["team"]):
        raise ValueError("no team")
    return RemoteDescription(
        team=found["team"], created_us=from_iso(found["created"]), part_size_bytes=part_size
    )


def _names(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries]
    except NotADirectoryError as error:
        raise _not_a_remote(path, "it is a file") from error


def _not_a_remote(path: Path, why: str) -> BadInput:
    return BadInput(
        "E-REMOTE",
        f"{path} cannot be used as a remote: {why}",
        "Give an empty folder (on a stick, a sub-folder) or one that already is a remote.",
    )
