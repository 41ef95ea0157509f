# SPDX-License-Identifier: Apache-2.0
"""High-water marks: what a remote has shown once it must go on showing.

* A mark only rises. A remote that shows less than its mark is older than it was: E-ROLLBACK.
* Marks are raised to what was listed and verified, never to what a name claims.
* Marks that somebody else has written are compared all the same, and say so (E-DBDRIFT).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.domain.canonical import JsonValue
from strongroom.domain.ids import is_digest
from strongroom.domain.team import Head
from strongroom.exchange.outcome import Trouble
from strongroom.store.segments import SegmentFile, TrustFile, gap_free_head, log_folder
from strongroom.store.snapshot import Snapshot

MAX_WRITERS = 10_000  # in the marks of one remote; no team has so many workstations


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What one remote has shown: the newest trust version, the head of each log."""

    trust: int = 0
    heads: Mapping[str, Head] = field(default_factory=dict)
    damage: str = ""
    """Why they cannot be relied on, "" if they can; never written down."""

    def to_json(self) -> JsonValue:
        """Returns the object kept in the home."""
        return {"trust": self.trust, "writers": {w: list(head) for w, head in self.heads.items()}}

    def alarms(
        self,
        trust: Sequence[TrustFile],
        logs: Mapping[str, Sequence[SegmentFile]],
        flooded: Collection[str] = (),
    ) -> tuple[Trouble, ...]:
        """Returns an alarm for each log, and for the trust chain, that is shorter than it was.

        Of a log whose folder lists too much nothing can be said; that was told already.
        """
        found = []
        if self.damage:
            found.append(Trouble(code="E-DBDRIFT", path="marks.json", detail=self.damage))
        newest = max((file.version for file in trust), default=0)
        if newest < self.trust:
            detail = f"The remote shows trust version {newest} where it showed {self.trust} before"
            found.append(Trouble(code="E-ROLLBACK", path=f"trust/{self.trust}", detail=detail))
        for writer, (seq, _) in sorted(self.heads.items()):
            shown = gap_free_head(logs.get(writer, ()))
            if shown < seq and writer not in flooded:
                detail = f"The remote shows {shown} events of this log where it showed {seq} before"
                found.append(Trouble(code="E-ROLLBACK", path=log_folder(writer), detail=detail))
        return tuple(found)

    def raised(
        self,
        trust: Sequence[TrustFile],
        logs: Mapping[str, Sequence[SegmentFile]],
        snapshot: Snapshot,
    ) -> "Marks":
        """Returns the marks after the remote has shown this and the snapshot has verified it."""
        heads = dict(self.heads)
        for writer, files in logs.items():
            chain = snapshot.chains.by_writer.get(writer, ())
            seq = min(gap_free_head(files), len(chain))
            if seq > heads.get(writer, (0, ""))[0] and len(heads) < MAX_WRITERS:
                heads[writer] = (seq, chain[seq - 1].id)
        shown = {file.version for file in trust}
        reached = 0
        while reached + 1 in shown and reached < len(snapshot.trust.versions):
            reached += 1
        return Marks(trust=max(self.trust, reached), heads=heads)

    def joined(self, other: "Marks") -> "Marks":
        """Returns the higher mark of both for each log and for the trust chain."""
        logs = self.heads.keys() | other.heads.keys()
        none: Head = (0, "")
        return Marks(
            trust=max(self.trust, other.trust),
            heads={w: max(self.heads.get(w, none), other.heads.get(w, none)) for w in logs},
            damage=self.damage or other.damage,
        )


def read_marks(document: JsonValue, *, damage: str = "") -> Marks:
    """Returns the marks of one remote; a damaged entry counts as no mark."""
    if not isinstance(document, dict):
        return Marks(damage=damage)
    trust, writers = document.get("trust"), document.get("writers")
    heads = {}
    for writer, head in writers.items() if isinstance(writers, dict) else ():
        if is_digest(writer) and isinstance(head, list) and len(head) == 2:
            seq, id_ = head
            if type(seq) is int and seq > 0 and isinstance(id_, str) and is_digest(id_):
                heads[writer] = (seq, id_)
    return Marks(trust=trust if type(trust) is int else 0, heads=heads, damage=damage)
