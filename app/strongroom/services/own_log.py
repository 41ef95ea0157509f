# SPDX-License-Identifier: Apache-2.0
"""What this workstation knows of having signed: one number, noted before each event.

* A key that signed elsewhere, or whose store was put back, must not use a number twice: two events
  under one number freeze a writer for good. So before signing, the log is held against the note.
* The note is written before the event and confirmed after it: a crash between the two leaves a
  number that may be used, a store that was put back one that may not.
* More events than were signed here: the key was copied, or this is a restored backup. The key
  signs nothing more; a new one takes its place (trust.md 3.3).
* Fewer: the store was put back behind its home. What remotes hold comes back by a pull.
"""

from pathlib import Path

from strongroom.domain.clock import to_iso
from strongroom.domain.errors import Untrusted
from strongroom.services.sealed_marks import SealedMarks
from strongroom.store.home import Home
from strongroom.store.home_formats import MET, OF_SIGNING
from strongroom.store.restored import read_restored
from strongroom.store.snapshot import Snapshot

ROTATE = "Give this workstation a new key: strongroom identity rotate."


class OwnLog:
    """The note of a home on its own log.

    Args:
        home: Where the note lies.
        marks: What remotes have shown, for a home that has no note yet.
        store: The store, which says whether it was restored.
    """

    def __init__(self, home: Home, marks: SealedMarks, store: Path) -> None:
        self._home, self._marks, self._store = home, marks, store

    def meet_restored(self) -> None:
        """Notes which key was this workstation's when it first met a store that was restored.

        A key that comes later is not the one that may have signed what the backup does not hold.
        """
        mark = read_restored(self._store)
        is_new = mark is not None and self._home.met_restored().get("stamp") != mark.stamp
        if mark is not None and is_new and not self._home.newer(MET):
            card = self._home.identity()
            writer = card.writer if card else ""
            self._home.save_met_restored({"stamp": mark.stamp, "writer": writer})

    def about_to_sign(self, snapshot: Snapshot, writer: str, seq: int) -> None:
        """Notes that an event is about to be signed.

        Raises:
            Refused: ``E-FORMAT`` if a newer Strongroom wrote the note.
            Untrusted: ``E-ROLLBACK`` if the log and the note contradict each other.
        """
        self.require_writable()
        trouble = self.trouble(snapshot, writer)
        if trouble is not None:
            raise trouble
        self._save(writer, seq, is_done=False)

    def require_writable(self) -> None:
        """Refuses to sign what could not be noted.

        Raises:
            Refused: ``E-FORMAT`` if a newer Strongroom wrote the note.
        """
        self._home.require_writable(*OF_SIGNING)

    def has_signed(self, writer: str, seq: int) -> None:
        """Notes that the event is committed."""
        self._save(writer, seq, is_done=True)

    def trouble(self, snapshot: Snapshot, writer: str) -> Untrusted | None:
        """Returns why this key must not sign here, None if it may."""
        if (old := self._restored_trouble(writer)) is not None:
            return old
        count = snapshot.highest(writer)
        signed, least = self._noted(writer, count)
        if count > signed:
            return Untrusted(
                "E-ROLLBACK",
                f"This key has signed {_events(count - signed)} that this workstation did not"
                " make: it was copied, or a backup was restored",
                ROTATE,
            )
        if count < least:
            return Untrusted(
                "E-ROLLBACK",
                f"This store holds {count} of the {least} events its key has signed: it was put"
                " back to an earlier day",
                f"Pull from every remote. If they stay missing: {ROTATE[0].lower()}{ROTATE[1:]}",
            )
        return None

    def is_signed_elsewhere(self, snapshot: Snapshot, writer: str) -> bool:
        """Whether this key has signed what this workstation did not: it was copied or restored."""
        if self._restored_trouble(writer) is not None:
            return True
        prefix = f"{writer}/"
        if any(a.code == "E-EQUIV" and a.object.startswith(prefix) for a in snapshot.alarms):
            return True
        count = snapshot.highest(writer)
        return count > self._noted(writer, count)[0]

    def _restored_trouble(self, writer: str) -> Untrusted | None:
        """Returns why a key from before a restoring signs nothing, None if it may.

        A home that knows of more events than the backup held was not put back with the store: its
        note is good, and decides.
        """
        mark = read_restored(self._store)
        if mark is None or self._home.met_restored().get("writer") != writer:
            return None
        document = self._home.signed()
        seq = document.get("seq")
        noted = seq if document.get("writer") == writer and type(seq) is int else 0
        if noted > mark.heads.get(writer, 0):
            return None
        made = to_iso(mark.made_us)[:16].replace("T", " ")
        return Untrusted(
            "E-ROLLBACK",
            f"This store was restored from a backup of {made} UTC, and its key may have signed"
            " more since",
            f"Pull from every remote, then {ROTATE[0].lower()}{ROTATE[1:]}",
        )

    def _noted(self, writer: str, count: int) -> tuple[int, int]:
        """Returns the highest number this home may have signed, and the one it surely has."""
        document = self._home.signed()
        seq, is_done = document.get("seq"), document.get("done")
        if document.get("writer") == writer and type(seq) is int and seq >= 1:
            return seq, seq if is_done is True else seq - 1
        shown, _ = self._marks.own_head(writer)  # no note yet: what is here, and what was shown
        return max(count, shown), max(count, shown)

    def _save(self, writer: str, seq: int, *, is_done: bool) -> None:
        self._home.save_signed({"format": 1, "writer": writer, "seq": seq, "done": is_done})


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"
