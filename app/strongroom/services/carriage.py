# SPDX-License-Identifier: Apache-2.0
"""What this workstation remembers of bundles: which left, which arrived, which receipts came home.

* Memory is advice, as that of remotes is: what is signed stands in the ledger.
* A damaged memory counts as none; it never stops a bundle.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from strongroom.domain.artifact import MAX_PATH_CHARACTERS
from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock, from_iso, to_iso
from strongroom.domain.errors import StrongroomError
from strongroom.exchange.onefile_builder import Built
from strongroom.exchange.outcome import Outcome
from strongroom.exchange.receipt import MAX_REJECTED, Receipt
from strongroom.store.home import Home

MAX_KEPT = 500  # of each kind, the newest; a receipt that is later still counts, unremembered


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBundle:
    """A bundle that was made here; the last three fields are of its receipt, if that came home."""

    id: str
    path: str
    title: str
    kind: str
    sent_at_us: int
    size_bytes: int
    sha256: str
    to: tuple[str, ...] = ()
    received_by: str = ""
    received_at_us: int | None = None
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBundle:
    """A bundle that was taken in here, with what became of its items."""

    id: str
    title: str
    writer: str
    taken_at_us: int
    new: int
    same: int
    waiting: int
    conflicts: int
    rejected_count: int
    rejected: tuple[tuple[str, str], ...]


class CarriageMemory:
    """The file of a home that tells of bundles."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock

    def sent(self) -> tuple[SentBundle, ...]:
        """Returns what left, newest first."""
        found = []
        for id_, entry in self._entries("sent").items():
            with suppress(KeyError, TypeError, ValueError):
                found.append(_sent(id_, entry))
        return tuple(sorted(found, key=lambda each: (-each.sent_at_us, each.id)))

    def taken(self) -> tuple[TakenBundle, ...]:
        """Returns what arrived, newest first."""
        found = []
        for id_, entry in self._entries("taken").items():
            with suppress(KeyError, TypeError, ValueError):
                found.append(_taken(id_, entry))
        return tuple(sorted(found, key=lambda each: (-each.taken_at_us, each.id)))

    def note_sent(self, built: Built, path: str) -> None:
        """Remembers a bundle that was made."""
        self._note(
            "sent",
            built.id,
            {
                "path": path,
                "title": built.index.title,
                "kind": built.index.kind,
                "time": to_iso(self._clock.now_us()),
                "size": built.size_bytes,
                "sha256": built.sha256,
                "to": list(built.index.to),
            },
        )

    def note_taken(self, id_: str, title: str, writer: str, outcome: Outcome) -> None:
        """Remembers what became of a bundle; taken in again, the latest counts."""
        results = [item.result for item in outcome.items]
        self._note(
            "taken",
            id_,
            {
                "title": title,
                "writer": writer,
                "time": to_iso(self._clock.now_us()),
                "new": results.count("new"),
                "same": results.count("same"),
                "waiting": results.count("waiting"),
                "conflicts": len(outcome.conflicts),
                "rejected_count": len(outcome.rejected),
                "rejected": [
                    [each.code, each.path[:MAX_PATH_CHARACTERS]]
                    for each in outcome.rejected[:MAX_REJECTED]
                ],
            },
        )

    def note_receipt(self, receipt: Receipt, name: str) -> bool:
        """Remembers that a bundle arrived; False if it was not made here."""
        known = self._entries("sent").get(receipt.bundle)
        if known is None:
            return False
        told = {
            "received_by": name, "received": receipt.time, "rejected": receipt.rejected_count,
        }  # fmt: skip
        self._note("sent", receipt.bundle, {**known, **told})
        return True

    def _entries(self, kind: str) -> Mapping[str, dict[str, JsonValue]]:
        found = self._document().get(kind)
        entries = found.items() if isinstance(found, dict) else ()
        return {id_: entry for id_, entry in entries if isinstance(entry, dict)}

    def _document(self) -> dict[str, JsonValue]:
        try:
            return self._home.carriage()
        except (StrongroomError, OSError):
            return {}

    def _note(self, kind: str, id_: str, entry: dict[str, JsonValue]) -> None:
        known = {**self._entries(kind), id_: entry}
        newest = sorted(known, key=lambda each: str(known[each].get("time")), reverse=True)
        kept = {each: known[each] for each in newest[:MAX_KEPT]}
        self._home.save_carriage({**self._document(), "format": 1, kind: kept})


def _sent(id_: str, entry: JsonValue) -> SentBundle:
    received = entry.get("received")
    return SentBundle(
        id=id_,
        path=str(entry["path"]),
        title=str(entry["title"]),
        kind=str(entry["kind"]),
        sent_at_us=from_iso(entry["time"]),
        size_bytes=int(entry["size"]),
        sha256=str(entry["sha256"]),
        to=tuple(map(str, entry["to"])),
        received_by=str(entry.get("received_by", "")),
        received_at_us=from_iso(received) if received else None,
        rejected=int(entry.get("rejected", 0)),
    )


def _taken(id_: str, entry: JsonValue) -> TakenBundle:
    return TakenBundle(
        id=id_,
        title=str(entry["title"]),
        writer=str(entry["writer"]),
        taken_at_us=from_iso(entry["time"]),
        new=int(entry["new"]),
        same=int(entry["same"]),
        waiting=int(entry["waiting"]),
        conflicts=int(entry["conflicts"]),
        rejected_count=int(entry["rejected_count"]),
        rejected=tuple((str(code), str(path)) for code, path in entry["rejected"]),
    )
