# SPDX-License-Identifier: Apache-2.0
"""Backups: what one holds, how it is written down, and which are kept.

* A backup is a list of files by digest; the bytes lie beside it once, however many backups name
  them.
* Its name carries the digest of the list, so a list that was changed is no backup.
* What is kept depends on the times of the backups alone, newest first.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

from strongroom.domain.artifact import check_paths
from strongroom.domain.canonical import JsonValue, decode, encode
from strongroom.domain.clock import MICROSECONDS, from_iso, to_iso
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest, is_run_id

FORMAT = 1
MAX_FILES = 1_000_000  # of one store; its list takes some 200 MB of memory
MAX_LIST_BYTES = 512 << 20  # of such a list
_KEYS = {
    "app",
    "count",
    "files",
    "format",
    "heads",
    "host",
    "state",
    "store",
    "team",
    "time",
    "why",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFile:
    """One file of a store: where it lay, its size, its digest, the digests of its parts if cut."""

    path: str
    size_bytes: int
    sha256: str
    parts: tuple[str, ...] = ()

    @property
    def objects(self) -> tuple[str, ...]:
        """The digests under which its bytes lie."""
        return self.parts or (self.sha256,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a store held at one time.

    ``state`` is the digest of the registry's state then, "" without a team or if somebody signed
    all the while; ``heads`` how many events of each writer may be in it.
    """

    store: str
    time_us: int
    host: str
    app: str
    why: str
    team: str
    state: str
    heads: Mapping[str, int]
    files: tuple[BackupFile, ...]

    @property
    def size_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size_bytes for file in self.files)

    def to_bytes(self) -> bytes:
        """Returns the list as it is kept: canonical JSON."""
        files: list[JsonValue] = [
            [file.path, str(file.size_bytes), file.sha256, list(file.parts)] for file in self.files
        ]
        return encode(
            {
                "format": FORMAT,
                "store": self.store,
                "time": to_iso(self.time_us),
                "host": self.host,
                "app": self.app,
                "why": self.why,
                "team": self.team,
                "state": self.state,
                "heads": dict(self.heads),
                "count": len(self.files),
                "files": files,
            }
        )


def list_name(backup: Backup, data: bytes) -> str:
    """Returns the name of a list: ``20261123t040000z-<16 digits of its digest>.json``."""
    moment = datetime.fromtimestamp(backup.time_us // MICROSECONDS, tz=UTC)
    return f"{moment:%Y%m%dt%H%M%Sz}-{hashlib.sha256(data).hexdigest()[:16]}.json"


def parse_backup(data: bytes) -> Backup:
    """Reads a list.

    Raises:
        Untrusted: ``E-CANON`` or ``E-SIZE`` for other bytes than canonical ones, ``E-FORMAT`` for
            another shape, ``E-PATH`` for a forbidden path.
    """
    document = decode(data, max_bytes=MAX_LIST_BYTES)
    try:
        backup = _read(document)
        is_same = backup.to_bytes() == data
        check_paths((file.path for file in backup.files), max_files=MAX_FILES)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise _unreadable(str(error)) from error
    if not is_same:
        raise _unreadable("it says something in two ways")
    return backup


def _read(document: JsonValue) -> Backup:
    if not isinstance(document, dict) or set(document) != _KEYS or document["format"] != FORMAT:
        raise ValueError("its keys differ")
    if not is_run_id(document["store"]) or document["count"] != len(document["files"]):
        raise ValueError("its store or its count is none")
    files = []
    for path, size, sha256, parts in document["files"]:
        if not all(map(is_digest, (sha256, *parts))) or not str(size).isdecimal():
            raise ValueError("a file has no digest or no size")
        if not isinstance(path, str):
            raise TypeError("a file has no name")
        files.append(BackupFile(path=path, size_bytes=int(size), sha256=sha256, parts=tuple(parts)))
    texts = [document[key] for key in ("host", "app", "why", "team", "state")]
    heads = document["heads"]
    if not all(isinstance(text, str) for text in texts) or not isinstance(heads, dict):
        raise ValueError("a text was expected")
    if not all(is_digest(w) and type(n) is int and n >= 0 for w, n in heads.items()):
        raise ValueError("a head is none")
    host, app, why, team, state = texts
    return Backup(
        store=document["store"],
        time_us=from_iso(document["time"]),
        host=host,
        app=app,
        why=why,
        team=team,
        state=state,
        heads=heads,
        files=tuple(files),
    )


def _unreadable(why: str) -> Untrusted:
    return Untrusted(
        "E-FORMAT", f"A backup's list cannot be read ({why})", "Use another backup of the folder."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRule:
    """How many backups are kept: the newest, and the newest of each day, week, month and year."""

    last: int = 3
    daily: int = 7
    weekly: int = 5
    monthly: int = 12
    yearly: int = 0

    def to_json(self) -> dict[str, JsonValue]:
        """Returns the rule as it is kept and printed."""
        return {
            "last": self.last,
            "daily": self.daily,
            "weekly": self.weekly,
            "monthly": self.monthly,
            "yearly": self.yearly,
        }


def kept(times_us: Iterable[int], rule: KeepRule) -> Mapping[int, str]:
    """Returns which times are kept, each with the reason in a word; one always is.

    Args:
        times_us: When the backups were made, UTC, in any order.
        rule: How many of each kind.
    """
    newest_first = sorted(set(times_us), reverse=True)
    reasons: dict[int, str] = {}
    for time_us in newest_first[: max(1, rule.last)]:
        reasons[time_us] = "last"
    for word, count, period in (
        ("daily", rule.daily, lambda day: day.toordinal()),
        ("weekly", rule.weekly, lambda day: day.isocalendar()[:2]),
        ("monthly", rule.monthly, lambda day: (day.year, day.month)),
        ("yearly", rule.yearly, lambda day: day.year),
    ):
        seen: set[object] = set()
        for time_us in newest_first:
            name = period(_day(time_us))
            if name in seen or len(seen) >= count:
                continue
            seen.add(name)
            reasons.setdefault(time_us, word)
    return reasons


class Dated(Protocol):
    """What a rule needs to know of a backup: of which store it is, and of what time."""

    @property
    def store(self) -> str:
        """The id of its store."""
        ...

    @property
    def time_us(self) -> int:
        """When it was made, UTC."""
        ...


AnyBackup = TypeVar("AnyBackup", bound=Dated)


def unneeded(backups: Sequence[AnyBackup], rule: KeepRule) -> tuple[AnyBackup, ...]:
    """Returns the backups that a rule does not keep, store by store, oldest first."""
    found: list[AnyBackup] = []
    for store in sorted({backup.store for backup in backups}):
        mine = [backup for backup in backups if backup.store == store]
        stays = kept((backup.time_us for backup in mine), rule)
        found += [backup for backup in mine if backup.time_us not in stays]
    return tuple(sorted(found, key=lambda backup: backup.time_us))


def _day(time_us: int) -> date:
    return datetime.fromtimestamp(time_us // MICROSECONDS, tz=UTC).date()
