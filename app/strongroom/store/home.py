# SPDX-License-Identifier: Apache-2.0
"""A home: who somebody is on this workstation, towards each store (formats.md F3).

* One identity and one pinned team per store. Several people on one machine have several homes.
* Secrets lie in key files below ``keys/``; nothing in this module ever holds one.
* Files are written aside and renamed, readable by their owner only.
* A file of a newer format is read as far as it is known and never written (`home_formats`).
"""

import contextlib
import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain.canonical import JsonValue, decode_loose
from strongroom.domain.errors import BadInput, StrongroomError, Untrusted
from strongroom.domain.ids import is_digest
from strongroom.store.home_formats import (
    BACKUP,
    CARRIAGE,
    DRAFTS,
    FORMAT,
    FORMER,
    HELD,
    IDENTITY,
    MARKS,
    MET,
    NEXT,
    PIN,
    REMOTES,
    SIGNED,
    SYNC,
    NewerFile,
    number_of,
    refused,
)
from strongroom.store.remotes_file import RemoteEntry, RemotesFile

__all__ = ["Home", "IdentityCard", "RemoteEntry"]

MAX_HOME_FILE = 64 * 1024  # the largest of these files lists a few remotes
MAX_MARKS_FILE = 16 * 1024 * 1024  # a hundred remotes with a thousand writers each
_FILES = (
    IDENTITY, NEXT, PIN, FORMER, SIGNED, MET, MARKS, SYNC, CARRIAGE, REMOTES, HELD, DRAFTS, BACKUP,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCard:
    """What may be shown of an identity: ids and public keys."""

    writer: str
    name: str
    host: str
    pub: str
    p256: str
    protection: str
    is_log_only: bool = False


class Home:
    """The part of a home that belongs to one store."""

    def __init__(self, root: Path, store_id: str) -> None:
        self.root = root
        self.store_id = store_id
        self.folder = root / "stores" / store_id
        self._remotes = RemotesFile(root)
        self.writing = threading.Lock()
        """Held while a file here is read, changed and written back."""

    def key_file(self, writer: str) -> Path:
        """Returns where the secrets of a key pair lie."""
        return self.folder / "keys" / f"{writer}.json"

    def newer(self, *names: str) -> tuple[NewerFile, ...]:
        """Returns which files here, of those named or of all, a newer Strongroom wrote."""
        found = []
        for name in names or _FILES:
            number = self._remotes.number() if name == REMOTES else self._number(name)
            if number > FORMAT:
                found.append(NewerFile(name=name, number=number))
        return tuple(found)

    def require_writable(self, *names: str) -> None:
        """Refuses what would have to write a file that a newer Strongroom wrote.

        Raises:
            Refused: ``E-FORMAT``.
        """
        if found := self.newer(*names):
            raise refused(found)

    def identity(self) -> IdentityCard | None:
        """Returns the identity towards this store, or None.

        Raises:
            Untrusted: ``E-FORMAT`` if the file is damaged.
        """
        return self._card(IDENTITY)

    def save_identity(self, card: IdentityCard) -> None:
        """Writes the identity towards this store."""
        self._write(IDENTITY, _identity_json(card))

    def next_identity(self) -> IdentityCard | None:
        """Returns the identity that waits for the team, or None.

        Raises:
            Untrusted: ``E-FORMAT`` if the file is damaged.
        """
        return self._card(NEXT)

    def save_next_identity(self, card: IdentityCard) -> None:
        """Writes the identity that shall take the place of the present one."""
        self._write(NEXT, _identity_json(card))

    def forget_next(self) -> None:
        """Removes the waiting identity, once it has become the present one."""
        self.require_writable(NEXT)
        (self.folder / NEXT).unlink(missing_ok=True)

    def former_keys(self) -> dict[str, JsonValue]:
        """Returns which keys have ended here, and whether their secrets are gone."""
        return self._read(FORMER) or {}

    def save_former_keys(self, document: JsonValue) -> None:
        """Writes which keys have ended here."""
        self._write(FORMER, document)

    def pinned_team(self) -> str:
        """Returns the team id this workstation trusts, "" if none was pinned."""
        document = self._read(PIN) or {}
        team = document.get("team", "")
        if team and not (isinstance(team, str) and is_digest(team)):
            raise _damaged(self.folder / PIN)
        return str(team)

    def pin_team(self, team: str) -> None:
        """Pins the team of this store.

        Raises:
            BadInput: ``E-TEAM`` if the id has another form, or another team is pinned already.
        """
        pinned = self.pinned_team()
        if not is_digest(team):
            raise BadInput(
                "E-TEAM",
                "A team id has 64 hexadecimal digits",
                "Ask an admin for it; it stands in: strongroom team show.",
            )
        if pinned and pinned != team:
            raise BadInput(
                "E-TEAM",
                f"This store already trusts the team {pinned[:4]} {pinned[4:8]}",
                "A store has one team. Use another store for another team.",
            )
        self._write(PIN, {"team": team})

    def remotes(self) -> tuple[RemoteEntry, ...]:
        """Returns the remotes of this store in the order they were added.

        Raises:
            Untrusted: ``E-FORMAT`` if ``remotes.toml`` cannot be read.
        """
        return self._remotes.entries(self.store_id)

    def save_remotes(self, remotes: Iterable[RemoteEntry]) -> None:
        """Writes the remotes of this store, leaving those of other stores as they are."""
        self._remotes.save(self.store_id, remotes)

    def marks(self) -> dict[str, JsonValue]:
        """Returns the high-water marks: what each remote has shown of each log."""
        return self._read(MARKS, max_bytes=MAX_MARKS_FILE) or {}

    def save_marks(self, document: JsonValue) -> None:
        """Writes the high-water marks."""
        self._write(MARKS, document)

    def signed(self) -> dict[str, JsonValue]:
        """Returns what is noted of the last event this home has signed."""
        return self._read(SIGNED) or {}

    def save_signed(self, document: JsonValue) -> None:
        """Writes what is noted of the last event this home has signed."""
        self._write(SIGNED, document)

    def held_team(self) -> dict[str, JsonValue]:
        """Returns which version of the team was in force here last."""
        return self._read(HELD) or {}

    def save_held_team(self, document: JsonValue) -> None:
        """Writes which version of the team is in force here."""
        self._write(HELD, document)

    def sync_states(self) -> dict[str, JsonValue]:
        """Returns, by name of a remote, what is remembered of the last exchange with it."""
        return self._read(SYNC, max_bytes=MAX_MARKS_FILE) or {}

    def save_sync_states(self, document: JsonValue) -> None:
        """Writes what is remembered of the last exchange with each remote."""
        self._write(SYNC, document)

    def carriage(self) -> dict[str, JsonValue]:
        """Returns what is remembered of bundles that left and arrived."""
        return self._read(CARRIAGE, max_bytes=MAX_MARKS_FILE) or {}

    def save_carriage(self, document: JsonValue) -> None:
        """Writes what is remembered of bundles that left and arrived."""
        self._write(CARRIAGE, document)

    def drafts(self) -> dict[str, JsonValue]:
        """Returns where drafts of the team lie that were made or read here."""
        return self._read(DRAFTS) or {}

    def save_drafts(self, document: JsonValue) -> None:
        """Writes where drafts of the team lie."""
        self._write(DRAFTS, document)

    def met_restored(self) -> dict[str, JsonValue]:
        """Returns which restored store this home has met, and with which key."""
        return self._read(MET) or {}

    def save_met_restored(self, document: JsonValue) -> None:
        """Writes which restored store this home has met."""
        self._write(MET, document)

    def backup_plan(self) -> dict[str, JsonValue]:
        """Returns where and how often this store is backed up, empty if nobody planned it."""
        return self._read(BACKUP) or {}

    def save_backup_plan(self, document: JsonValue) -> None:
        """Writes where and how often this store is backed up."""
        self._write(BACKUP, document)

    def _card(self, name: str) -> IdentityCard | None:
        document = self._read(name)
        if document is None:
            return None
        if number_of(document) > FORMAT:  # what is known of it
            known = {field.name for field in fields(IdentityCard)}
            document = {key: value for key, value in document.items() if key in known}
        try:
            return IdentityCard(**document)
        except TypeError as error:
            self.require_writable(name)
            raise _damaged(self.folder / name) from error

    def _number(self, name: str) -> int:
        """Returns the format of a file; one that is not there or cannot be read says none."""
        try:
            return number_of(self._read(name, max_bytes=MAX_MARKS_FILE))
        except (StrongroomError, OSError):
            return FORMAT

    def _read(self, name: str, *, max_bytes: int = MAX_HOME_FILE) -> dict[str, JsonValue] | None:
        path = self.folder / name
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        document = decode_loose(data, max_bytes=max_bytes)
        if not isinstance(document, dict):
            raise _damaged(path)
        return document

    def _write(self, name: str, document: JsonValue) -> None:
        self.require_writable(name)
        self._make_folder()
        text = json.dumps(document, sort_keys=True, indent=1)
        write_whole(self.folder / name, text.encode(), mode=PRIVATE)

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # a file system without modes keeps its own
            self.folder.chmod(0o700)


def _identity_json(card: IdentityCard) -> dict[str, JsonValue]:
    document = asdict(card)
    if not card.is_log_only:
        del document["is_log_only"]
    return document


def _damaged(path: Path) -> Untrusted:
    return Untrusted(
        "E-FORMAT", f"{path} cannot be read", "Restore it from a backup of your home folder."
    )
