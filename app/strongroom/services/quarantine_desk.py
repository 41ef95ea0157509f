# SPDX-License-Identifier: Apache-2.0
"""What was refused: looked at as text, passed through the gate again, or dropped for good.

* Nothing refused is lost: it lies in quarantine with its reason until somebody drops it.
* It is plain text to look at, control characters spelled out; never run, never opened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput
from strongroom.exchange.local import LocalSide
from strongroom.exchange.retry import Retry, try_again
from strongroom.store.faults import explained
from strongroom.store.quarantine import Quarantine, QuarantinedItem

MAX_SHOWN = 64 * 1024  # of a quarantined thing; enough to see what it is
MIN_ID = 8  # characters of an id that name an item


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineDetail:
    """A quarantined thing with the readable beginning of its bytes: plain text, never run."""

    item: QuarantinedItem
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """Whether a quarantined thing was taken in after all, or why still not."""

    id: str
    is_taken: bool
    code: str
    detail: str
    changes: Changes


class QuarantineDesk:
    """The verbs of ``strongroom quarantine``.

    Args:
        quarantine: Where refused things lie.
        local: Gives this store as one side of an exchange.
        settle: Brings the catalog up to what arrived.
    """

    def __init__(
        self,
        quarantine: Quarantine,
        local: Callable[[], LocalSide],
        settle: Callable[[Changes], Changes],
    ) -> None:
        self._quarantine = quarantine
        self._local = local
        self._settle = settle

    def list(self) -> tuple[QuarantinedItem, ...]:
        """Returns what was refused, oldest first."""
        return self._quarantine.list()

    def show(self, id_: str) -> QuarantineDetail:
        """Returns a refused thing with the beginning of its bytes; see `Exchange`."""
        item = self._find(id_)
        data = self._quarantine.read(item.id)[:MAX_SHOWN]
        text = data.decode("utf-8", "backslashreplace")
        shown = "".join(
            c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
        )
        return QuarantineDetail(item=item, text=shown)

    def save(self, id_: str, path: Path) -> int:
        """Writes the kept bytes as they came and returns how many; see `Exchange`."""
        data = self._quarantine.read(self._find(id_).id)
        with explained(path):
            write_whole(path, data, mode=PRIVATE)
        return len(data)

    def retry(self, id_: str) -> Retried:
        """Passes a refused thing through the gate again and lets it out if it is admitted."""
        item = self._find(id_)
        found: Retry = try_again(self._local(), self._quarantine.read(item.id))
        if found.is_taken:
            self._quarantine.drop(item.id)
        if found.changes:
            self._settle(found.changes)
        return Retried(
            id=item.id,
            is_taken=found.is_taken,
            code="" if found.is_taken else found.code or item.code,
            detail=found.detail or item.reason,
            changes=found.changes | Changes(quarantined=frozenset({item.id})),
        )

    def drop(self, id_: str) -> Changes:
        """Removes a refused thing for good."""
        item = self._find(id_)
        self._quarantine.drop(item.id)
        return Changes(quarantined=frozenset({item.id}))

    def _find(self, id_: str) -> QuarantinedItem:
        """Returns the one item whose id begins so."""
        found = [item for item in self.list() if len(id_) >= MIN_ID and item.id.startswith(id_)]
        if len(found) == 1:
            return found[0]
        raise BadInput(
            "E-MISSING",
            f"{id_[:80]} names " + ("several items" if found else "nothing in quarantine"),
            "strongroom quarantine list shows what is there.",
        )
