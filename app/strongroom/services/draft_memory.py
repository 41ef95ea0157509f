# SPDX-License-Identifier: Apache-2.0
"""Where drafts of the team lie that were made or read on this workstation.

* Memory is advice: the draft is the file, and what it says is read from there each time.
* A damaged memory counts as none; one that cannot be written never stops who signs.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock, from_iso, to_iso
from strongroom.domain.errors import Refused, StrongroomError
from strongroom.store.home import Home

MAX_KEPT = 64  # the newest; more than anybody signs in a month


class DraftMemory:
    """The file of a home that tells where drafts lie."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock

    def known(self) -> Mapping[Path, int]:
        """Returns the files and when each was met first, in µs, the newest first."""
        found: dict[Path, int] = {}
        for path, time in self._entries().items():
            with suppress(TypeError, ValueError):
                found[Path(path)] = from_iso(time)
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))

    def note(self, path: Path) -> None:
        """Remembers a draft."""
        known = dict(self._entries())
        key = str(path.expanduser().absolute())
        if key in known:
            return
        known[key] = to_iso(self._clock.now_us())
        newest = sorted(known, key=lambda each: str(known[each]), reverse=True)[:MAX_KEPT]
        self._save({each: known[each] for each in newest})

    def forget(self, path: Path) -> None:
        """Forgets a draft; its file stays where it is."""
        key = str(path.expanduser().absolute())
        known = self._entries()
        if key in known:
            self._save({each: time for each, time in known.items() if each != key})

    def _entries(self) -> Mapping[str, JsonValue]:
        with suppress(StrongroomError, OSError, ValueError):
            found = self._home.drafts().get("known")
            return found if isinstance(found, dict) else {}
        return {}

    def _save(self, known: Mapping[str, JsonValue]) -> None:
        with suppress(OSError, Refused):  # of a newer Strongroom: it stays as it is
            self._home.save_drafts({"format": 1, "known": dict(known)})
