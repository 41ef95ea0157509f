# SPDX-License-Identifier: Apache-2.0
"""High-water marks in the home, sealed: what each remote has shown, so that editing shows.

* The sealed part is what was remembered while the keychain was open. What is learned while it is
  closed stands beside it and can only raise it; the next open keychain seals both.
* A broken seal is an alarm (E-DBDRIFT). The marks are compared all the same: they may be too low,
  they are never a reason to believe a remote.
* The seal covers the writer, so that the marks of one home say nothing in another. What a former
  key of this home sealed is believed, and sealed anew.
"""

from collections.abc import Callable, Mapping

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import RandomBytes
from strongroom.domain.team import Head
from strongroom.exchange.marks import Marks, read_marks
from strongroom.store.home import Home
from strongroom.trust.keychain import Keychain
from strongroom.trust.seal import Seal, SealState

DAMAGE = "What this workstation remembers of its remotes was changed by something else"


class SealedMarks:
    """The file ``marks.json`` of a home.

    Args:
        home: The home.
        keychain: Where the sealing secret lies.
        random_bytes: Where a new secret comes from.
        former: Returns the keys of this home that have ended.
    """

    def __init__(
        self,
        home: Home,
        keychain: Keychain,
        random_bytes: RandomBytes,
        former: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._home, self._former = home, former
        self._seal = Seal(keychain, f"marks:{home.store_id}", random_bytes)

    def state(self) -> SealState:
        """Returns what the seal is worth; `NONE` also if nothing was ever remembered."""
        document = self._document()
        found = self._check(document, self._writer())
        if found is SealState.BROKEN and self._is_of_former(document):
            return SealState.WHOLE
        return found

    def of(self, remote: str) -> Marks:
        """Returns what a remote has shown before, with the damage if the seal is broken."""
        known = self._all()
        damage = DAMAGE if self.state() is SealState.BROKEN else ""
        return read_marks(known.get(remote), damage=damage)

    def save(self, remote: str, marks: Marks) -> None:
        """Remembers what a remote has shown."""
        self._write({**self._all(), remote: marks.to_json()})

    def reseal(self) -> None:
        """Seals what was learned while the keychain was closed, if it is open now."""
        document = self._document()
        is_open = (document.get("remotes") and not document.get("seal")) or document.get("pending")
        if is_open or self._is_of_former(document):
            self._write(self._all())

    def own_head(self, writer: str) -> Head:
        """Returns the highest event of a log that any remote has shown, (0, "") for none."""
        shown = (read_marks(marks).heads.get(writer, (0, "")) for marks in self._all().values())
        return max(shown, default=(0, ""))

    # ---------------------------------------------------------------- inside

    def _document(self) -> dict[str, JsonValue]:
        """Returns the file; one that cannot be read counts as empty under a broken seal."""
        try:
            return self._home.marks()
        except Untrusted:
            return {"seal": "unreadable"}

    def _all(self) -> dict[str, JsonValue]:
        """Returns the marks of every remote: the sealed ones, raised by those that wait."""
        document = self._document()
        sealed, waiting = _object(document.get("remotes")), _object(document.get("pending"))
        raised = {
            name: read_marks(sealed.get(name)).joined(read_marks(marks)).to_json()
            for name, marks in waiting.items()
        }
        return {**sealed, **raised}

    def _is_of_former(self, document: Mapping[str, JsonValue]) -> bool:
        """Whether a key that was rotated since had sealed it."""
        former = reversed(self._former()) if document.get("seal") else ()
        return any(self._check(document, writer) is SealState.WHOLE for writer in former)

    def _check(self, document: Mapping[str, JsonValue], writer: str) -> SealState:
        form = self._sealed_form(_object(document.get("remotes")), writer)
        return self._seal.check(form, str(document.get("seal", "")))

    def _write(self, remotes: Mapping[str, JsonValue]) -> None:
        seal = self._seal.make(self._sealed_form(remotes, self._writer()))
        document: dict[str, JsonValue] = {"format": 1, "remotes": dict(remotes), "seal": seal}
        if not seal:
            known = self._document()
            if known.get("seal"):
                kept = {"remotes": _object(known.get("remotes")), "seal": known["seal"]}
                document |= {**kept, "pending": dict(remotes)}
        self._home.save_marks(document)

    def _writer(self) -> str:
        card = self._home.identity()
        return card.writer if card else ""

    def _sealed_form(self, remotes: Mapping[str, JsonValue], writer: str) -> JsonValue:
        return {
            "purpose": "strongroom/marks/v1",
            "store": self._home.store_id,
            "writer": writer,
            "remotes": dict(remotes),
        }


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}
