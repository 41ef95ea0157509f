# SPDX-License-Identifier: Apache-2.0
"""High-water marks in the home, sealed: what each remote has shown, so that editing shows.

* The sealed part is what was remembered while the keychain was open. What is learned while it is
  closed stands beside it and can only raise it; the next open keychain seals both.
* A broken seal is an alarm (E-DBDRIFT), for each remote: it is told at the next pull from each,
  and until then it is kept, sealed, for which of them it has not been. The marks are compared all
  the same: they may be too low, they are never a reason to believe a remote.
* Seals are numbered in the keychain: an older file of marks, put back, is broken too.
* The seal is of one writer, so that the marks of one home say nothing in another. What a former
  key of this home sealed is believed until the new one has sealed.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import RandomBytes
from strongroom.domain.team import Head
from strongroom.exchange.marks import Marks, read_marks
from strongroom.store.home import Home
from strongroom.store.home_formats import FORMAT, number_of
from strongroom.trust.keychain import Keychain
from strongroom.trust.seal import Seal, SealState

DAMAGE = "What this workstation remembers of its remotes was changed by something else, or put back"
LOCK_SECONDS = 5  # a file is written in milliseconds; longer, and a program hangs


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
        self._keychain, self._random = keychain, random_bytes

    def state(self) -> SealState:
        """Returns what the seal is worth; `NONE` also if nothing was ever remembered."""
        return self._state(self._document())

    def untold(self) -> tuple[str, ...]:
        """Returns the remotes whose marks may have been lowered, until the next pull from each."""
        return _names(self._document().get("damaged"))

    def of(self, remote: str) -> Marks:
        """Returns what a remote has shown before, with the damage if the seal is broken."""
        known = self._all()
        is_damaged = self.state() is SealState.BROKEN or remote in self.untold()
        return read_marks(known.get(remote), damage=DAMAGE if is_damaged else "")

    def save(self, remote: str, marks: Marks) -> None:
        """Remembers what a remote has shown; damage to its own marks has been told by then."""
        with self._locked():
            document, known = self._document(), self._all()
            state, damaged = self._state(document), set(self.untold())
            if state is SealState.BROKEN:
                damaged |= {*known, *(entry.name for entry in self._home.remotes())}
            told = tuple(sorted(damaged - {remote}))
            after = {**known, remote: marks.to_json()}
            is_as_sealed = after == document.get("remotes") and told == self.untold()
            if state is not SealState.WHOLE or not is_as_sealed or document.get("pending"):
                self._write(after, told)

    def reseal(self) -> None:
        """Seals what was learned while the keychain was closed, if it is open now.

        What somebody else has changed is left as it is: the next pull tells.
        """
        if self._is_to_seal():
            with self._locked():
                if self._is_to_seal():
                    self._write(self._all(), self.untold())

    def own_head(self, writer: str) -> Head:
        """Returns the highest event of a log that any remote has shown, (0, "") for none."""
        shown = (read_marks(marks).heads.get(writer, (0, "")) for marks in self._all().values())
        return max(shown, default=(0, ""))

    # ---------------------------------------------------------------- inside

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keeps other programs of this home away; memory is advice and waits for nobody long."""
        lock = FileLock(str(self._home.folder / "marks.lock"), timeout=LOCK_SECONDS)
        self._home.folder.mkdir(parents=True, exist_ok=True)
        with suppress(Timeout):
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _is_to_seal(self) -> bool:
        document = self._document()
        if number_of(document) > FORMAT:
            return False
        is_unsealed = document.get("remotes") and not document.get("seal")
        is_waiting = is_unsealed or document.get("pending") or self._is_of_former(document)
        return bool(is_waiting) and self._state(document) is not SealState.BROKEN

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

    def _state(self, document: Mapping[str, JsonValue]) -> SealState:
        if number_of(document) > FORMAT:  # a newer Strongroom may seal otherwise
            return SealState.NONE
        found = self._check(document, self._writer())
        if found is SealState.NONE and self._is_of_former(document):
            return SealState.WHOLE
        return found

    def _is_of_former(self, document: Mapping[str, JsonValue]) -> bool:
        """Whether a key that was rotated since had sealed it, and the present one nothing yet."""
        if not document.get("seal") or self._check(document, self._writer()) is not SealState.NONE:
            return False
        former = reversed(self._former())
        return any(self._check(document, writer) is SealState.WHOLE for writer in former)

    def _check(self, document: Mapping[str, JsonValue], writer: str) -> SealState:
        damaged = _names(document.get("damaged"))
        form = self._sealed_form(_object(document.get("remotes")), damaged, writer)
        return self._seal(writer).check(form, str(document.get("seal", "")))

    def _write(self, remotes: Mapping[str, JsonValue], damaged: tuple[str, ...]) -> None:
        maker = self._seal(self._writer())
        seal = maker.make(self._sealed_form(remotes, damaged, self._writer()))
        document: dict[str, JsonValue] = {"format": 1, "remotes": dict(remotes), "seal": seal}
        if damaged:
            document["damaged"] = list(damaged)
        if not seal:
            known = self._document()
            if known.get("seal"):
                document = {"format": 1, **known, "pending": dict(remotes)}
        self._home.save_marks(document)
        maker.settle(seal)

    def _seal(self, writer: str) -> Seal:
        whose = hashlib.sha256(f"{self._home.store_id}/{writer}".encode()).hexdigest()
        return Seal(self._keychain, f"marks:{whose}", self._random)

    def _writer(self) -> str:
        card = self._home.identity()
        return card.writer if card else ""

    def _sealed_form(
        self, remotes: Mapping[str, JsonValue], damaged: tuple[str, ...], writer: str
    ) -> JsonValue:
        return {
            "purpose": "strongroom/marks/v1",
            "store": self._home.store_id,
            "writer": writer,
            "remotes": dict(remotes),
            "damaged": list(damaged),
        }


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _names(value: JsonValue) -> tuple[str, ...]:
    found = value if isinstance(value, list) else []
    return tuple(name for name in found if isinstance(name, str))
