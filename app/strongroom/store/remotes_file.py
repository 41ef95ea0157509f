# SPDX-License-Identifier: Apache-2.0
"""The remotes of a home, in one file for all its stores: changed block by block.

* What somebody wrote beside the entries, and fields of an entry nobody knows here, stay: a newer
  version may have written them. A change is checked by reading the new text back.
* A file of a newer format is never written.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.store.home_formats import FORMAT, REMOTES, NewerFile, number_of, refused

HEAD = "# Remotes by store; strongroom remote add writes this file."
_ENTRY = re.compile(r"\s*\[\[\s*remote\s*\]\]\s*(#.*)?")
_TABLE = re.compile(r"\s*\[")
_INSIDE = re.compile(r"\s*\[\[?\s*remote\s*\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteEntry:
    """A remote under the name people gave it."""

    name: str
    path: str


class RemotesFile:
    """The file ``remotes.toml`` of a home.

    Args:
        root: The home.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / REMOTES

    def number(self) -> int:
        """Returns the number of its format, `FORMAT` for a file that is not there or not read."""
        try:
            return number_of(tomllib.loads(self._text()))
        except (OSError, ValueError):
            return FORMAT

    def entries(self, store_id: str) -> tuple[RemoteEntry, ...]:
        """Returns the remotes of one store in the order they were added.

        Raises:
            Untrusted: ``E-FORMAT`` if the file cannot be read.
        """
        found = self._read(self._text())
        return tuple(entry for store, entry in found if store == store_id)

    def save(self, store_id: str, entries: Iterable[RemoteEntry]) -> None:
        """Writes the remotes of one store; everything else of the file stays as it is.

        Raises:
            Refused: ``E-FORMAT`` if a newer Strongroom wrote it.
            Untrusted: ``E-FORMAT`` if it cannot be read.
            BadInput: ``E-REMOTE`` if it is written in a way that cannot be changed here.
        """
        before = self._text()
        known, number = self._read(before), self.number()
        if number > FORMAT:
            raise refused([NewerFile(name=REMOTES, number=number)])
        left, kept, texts = list(entries), [], []
        places = iter(known)
        for text, is_entry in _pieces(before or f"{HEAD}\n"):
            place = next(places, None) if is_entry else None
            if is_entry and place is None:
                raise self._by_hand()
            if place is not None and place[0] == store_id:
                if place[1] not in left:
                    continue
                left.remove(place[1])
            if place is not None:
                kept.append(place)
            texts.append(text)
        texts += [_block(store_id, entry) for entry in left]
        after = "".join(texts)
        try:
            is_right = self._read(after) == [*kept, *((store_id, entry) for entry in left)]
        except Untrusted as error:
            raise self._by_hand() from error
        if not is_right or _beside(before) != _beside(after):
            raise self._by_hand()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, after.encode(), mode=PRIVATE)

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except ValueError as error:
            raise self._damaged() from error

    def _read(self, text: str) -> list[tuple[str, RemoteEntry]]:
        try:
            listed: Sequence[Mapping[str, Any]] = tomllib.loads(text).get("remote", [])
            return [
                (item["store"], RemoteEntry(name=item["name"], path=item["path"]))
                for item in listed
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged() from error

    def _damaged(self) -> Untrusted:
        advice = "Restore it from a backup of your home folder."
        return Untrusted("E-FORMAT", f"{self.path} cannot be read", advice)

    def _by_hand(self) -> BadInput:
        return BadInput(
            "E-REMOTE",
            f"{self.path} is written in a way that cannot be changed here",
            "Open the file in an editor and change it there; strongroom remote list shows it.",
        )


def _pieces(text: str) -> list[tuple[str, bool]]:
    """Returns a file in pieces, each with whether it is an entry."""
    pieces = [("", False)]
    for line in text.splitlines(keepends=True):
        if _ENTRY.fullmatch(line.rstrip("\r\n")):
            pieces.append(("", True))
        elif _TABLE.match(line) and not _INSIDE.match(line):
            pieces.append(("", False))
        piece, is_entry = pieces[-1]
        pieces[-1] = (piece + line, is_entry)
    last, is_entry = pieces[-1]
    pieces[-1] = (last if last.endswith("\n") else f"{last}\n", is_entry)
    return pieces


def _block(store_id: str, entry: RemoteEntry) -> str:
    fields = {"store": store_id, "name": entry.name, "path": entry.path}
    # A JSON string is a TOML basic string.
    lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
    return "\n[[remote]]\n" + "\n".join(lines) + "\n"


def _beside(text: str) -> dict[str, Any]:
    """Returns what a file says apart from the entries."""
    return {key: value for key, value in tomllib.loads(text).items() if key != "remote"}
