# SPDX-License-Identifier: Apache-2.0
"""What was refused, kept aside with its reason: never executed, never trusted, never lost silently.

* An item's id is the SHA-256 of the bytes kept, so keeping the same thing twice is keeping it once.
* The copy is bounded: of a file over 64 MiB the first MiB is kept and its size is noted; a
  quarantine that has grown to its limit keeps notes with the head of each file only.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain import canonical
from strongroom.domain.clock import from_iso, to_iso
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.ids import is_digest
from strongroom.store.faults import explained
from strongroom.store.plainfile import open_plain, read_bounded, wrong_hash
from strongroom.store.publish import publish
from strongroom.store.segments import MAX_MANIFEST_BYTES

MAX_WHOLE_BYTES = MAX_MANIFEST_BYTES  # the largest file that could have been ours
MAX_HEAD_BYTES = 1 << 20  # enough for a person to see what it is
MAX_TOTAL_BYTES = 1 << 30  # a hostile share must not fill this workstation's disk
MAX_FLOODED_BYTES = 4096  # kept of each file beyond that
MAX_NOTE_BYTES = 64 * 1024
MAX_TEXT = 2_000  # characters of a path, origin or reason


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedItem:
    """One refused thing: why (code, reason), from where, under which path, when, how large.

    ``kept_bytes`` is smaller than ``size_bytes`` where only the head was kept.
    """

    id: str
    code: str
    origin: str
    path: str
    reason: str
    time_us: int
    size_bytes: int
    kept_bytes: int


class Quarantine:
    """The quarantine of a store.

    Args:
        folder: ``<store>/quarantine``; made when the first item arrives.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._total_bytes: int | None = None

    def keep(
        self,
        content: bytes | Path,
        *,
        code: str,
        origin: str,
        path: str,
        reason: str,
        now_us: int,
    ) -> str:
        """Keeps a refused thing aside and returns its id; the first note of equal bytes stays.

        Args:
            content: The bytes, or the file that holds them (links are noted, not followed).
            code: Why, as a stable code such as ``E-SIG``.
            origin: Where it came from: a remote's name or folder.
            path: Its path there.
            reason: The sentence a person reads.
            now_us: When, in microseconds.

        Raises:
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            data, size_bytes = self._bounded(content)
        item = hashlib.sha256(data).hexdigest()
        if (self.folder / f"{item}.json").exists():
            return item
        note = {
            "code": _text(code),
            "from": _text(origin),
            "kept": len(data),
            "path": _text(path),
            "reason": _text(reason),
            "size": size_bytes,
            "time": to_iso(now_us),
        }
        publish(self.folder, f"{item}.bin", data)
        publish(self.folder, f"{item}.json", canonical.encode(note))
        self._total_bytes = self._total() + len(data)
        return item

    def list(self) -> tuple[QuarantinedItem, ...]:
        """Returns what is kept, oldest first; a note that was tampered with is left out."""
        with explained(self.folder):
            found = []
            for item in self._ids():
                with suppress(Untrusted, ValueError, KeyError, TypeError, FileNotFoundError):
                    found.append(self._note(item))
        return tuple(sorted(found, key=lambda item: (item.time_us, item.id)))

    def read(self, item: str) -> bytes:
        """Returns the kept bytes of an item.

        Raises:
            BadInput: ``E-MISSING`` if there is no such item.
            Untrusted: ``E-HASH`` if they were changed since.
        """
        self._check_known(item)
        with explained(self.folder):
            data = read_bounded(self.folder / f"{item}.bin", MAX_WHOLE_BYTES)
        if hashlib.sha256(data).hexdigest() != item:
            raise wrong_hash(f"{item}.bin")
        return data

    def drop(self, item: str) -> None:
        """Removes an item for good.

        Raises:
            BadInput: ``E-MISSING`` if there is no such item.
        """
        self._check_known(item)
        with explained(self.folder):
            for suffix in ("bin", "json"):  # the note last: an interrupted drop can be repeated
                (self.folder / f"{item}.{suffix}").unlink(missing_ok=True)
        self._total_bytes = None

    def _bounded(self, content: bytes | Path) -> tuple[bytes, int]:
        limit = MAX_WHOLE_BYTES if self._total() < MAX_TOTAL_BYTES else MAX_FLOODED_BYTES
        head = min(limit, MAX_HEAD_BYTES)
        if isinstance(content, bytes):
            return (content if len(content) <= limit else content[:head]), len(content)
        try:
            file = open_plain(content)
        except (Untrusted, FileNotFoundError):
            # A link, a pipe, or gone since: only the fact can be kept.
            return f"not a plain file: {_text(str(content))}".encode(), 0
        with file:
            size = os.fstat(file.fileno()).st_size
            wanted = size if size <= limit else head
            pieces = []
            while wanted and (piece := file.read(min(wanted, MAX_HEAD_BYTES))):
                pieces.append(piece)
                wanted -= len(piece)
        return b"".join(pieces), size

    def _total(self) -> int:
        if self._total_bytes is None:
            with os.scandir(self.folder) as entries:
                self._total_bytes = sum(
                    entry.stat(follow_symlinks=False).st_size for entry in entries
                )
        return self._total_bytes

    def _ids(self) -> Iterator[str]:
        if not self.folder.is_dir():
            return
        with os.scandir(self.folder) as entries:
            for entry in entries:
                stem, _, suffix = entry.name.partition(".")
                if suffix == "json" and is_digest(stem):
                    yield stem

    def _note(self, item: str) -> QuarantinedItem:
        data = read_bounded(self.folder / f"{item}.json", MAX_NOTE_BYTES)
        note = canonical.decode(data, max_bytes=MAX_NOTE_BYTES)
        return QuarantinedItem(
            id=item,
            code=str(note["code"]),
            origin=str(note["from"]),
            path=str(note["path"]),
            reason=str(note["reason"]),
            time_us=from_iso(note["time"]),
            size_bytes=int(note["size"]),
            kept_bytes=int(note["kept"]),
        )

    def _check_known(self, item: str) -> None:
        if not is_digest(item) or not (self.folder / f"{item}.json").is_file():
            shown = item.encode("unicode_escape").decode()[:80]
            raise BadInput(
                "E-MISSING",
                f"There is no quarantined item {shown}",
                "List the quarantine to see what is there.",
            )


def _text(text: str) -> str:
    """Bounds a text from outside and spells out what UTF-8 cannot hold."""
    return text[:MAX_TEXT].encode("utf-8", "backslashreplace").decode()
