# SPDX-License-Identifier: Apache-2.0
"""Refused and failed acts: told in signed events as soon as a key is open, and counted.

* Nobody is asked for a passphrase to tell of a failure: it waits until the key is opened anyway.
* What cannot be told stays in the book; telling never stops what the key was opened for.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from filelock import Timeout

from strongroom.domain.attempt import (
    DAMAGED,
    DENIED,
    Attempt,
    AttemptKind,
    bodies,
    merged,
    told_in,
)
from strongroom.domain.clock import MICROSECONDS, Clock
from strongroom.domain.errors import EnvironmentFault, StrongroomError
from strongroom.domain.event import is_well_formed
from strongroom.store.attempt_book import AttemptBook
from strongroom.store.snapshot import Snapshot

AGAIN_US = 7 * 86_400 * MICROSECONDS  # a finding that stays is told once a week
MAX_FOUND = 100  # findings of one check that are noted; whoever has so many reads the report

Sign = Callable[[str, dict[str, str]], object]
"""Signs one event with keys that are open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """Refused or failed acts of one kind by one writer, as a list shows them.

    ``is_signed`` is False for what waits in this home to be told.
    """

    attempt: Attempt
    writer: str
    who: str
    is_signed: bool


class Attempts:
    """Notes what was refused or failed here, and tells it.

    Args:
        book: Where it waits.
        clock: What time it is.
    """

    def __init__(self, book: AttemptBook, clock: Clock) -> None:
        self._book, self._clock = book, clock

    def note(self, kind: AttemptKind, *, code: str, what: str, object_: str = "") -> None:
        """Writes an act down."""
        now_us = self._clock.now_us()
        self._book.note(
            Attempt(
                kind=kind, code=code, what=what, object=object_, first_us=now_us, last_us=now_us
            )
        )

    def note_found(self, where: str, found: Iterable[tuple[str, str]]) -> bool:
        """Writes down what a check found, as code and object; True if there was something."""
        is_any = False
        for number, (code, object_) in enumerate(found):
            if number >= MAX_FOUND:
                break
            if code in DAMAGED:
                self.note("verify", code=code, what=where, object_=object_)
                is_any = True
        return is_any

    @contextmanager
    def watched(self, what: str, object_: str = "") -> Iterator[None]:
        """Notes a refusal or a failed check of the block, and lets it pass on."""
        try:
            yield
        except EnvironmentFault:
            raise
        except StrongroomError as error:
            if error.code in DENIED:
                self.note("denied", code=error.code, what=what, object_=object_)
            elif error.code in DAMAGED and error.exit_code == 1:
                self.note("verify", code=error.code, what=what, object_=object_)
            raise

    def has_news(self) -> bool:
        """Whether something waits to be told: a look, no reading."""
        return not self._book.is_empty()

    def pending(self) -> tuple[Attempt, ...]:
        """Returns what has not been told yet."""
        return self._book.pending()

    def tell(self, snapshot: Snapshot, writer: str, sign: Sign) -> int:
        """Signs what waits, and returns how many events that were.

        A check that finds the same again tomorrow is told again after a week.

        Args:
            snapshot: The ledger; what our own log tells already is not told twice.
            writer: We.
            sign: Signs one event.
        """
        if self._book.is_empty():
            return 0
        count = 0
        with suppress(Timeout, OSError), self._book.held() as waiting:
            own = [e for e in snapshot.chains.by_writer.get(writer, ()) if is_well_formed(e)]
            known = [(event.type, dict(event.body)) for event in own]
            for type_, body in bodies(_due(waiting.attempts, told_in(own))):
                if (type_, body) not in known:  # else a crash came between telling and forgetting
                    sign(type_, body)
                    count += 1
            self._book.forget(waiting)
        return count


def rows(
    snapshot: Snapshot | None, pending: Iterable[Attempt], me: str = "", *, since_us: int = 0
) -> tuple[AttemptRow, ...]:
    """Returns every refused or failed act that is known here, newest first.

    Args:
        snapshot: The ledger, None without a team.
        pending: What waits to be told.
        me: Our own writer id.
        since_us: Leaves out what was last before that time.
    """
    found = [
        AttemptRow(attempt=each, writer=me, who="This workstation", is_signed=False)
        for each in pending
    ]
    for writer, chain in snapshot.chains.by_writer.items() if snapshot else ():
        told = told_in(event for event in chain if is_well_formed(event))
        who = snapshot.latest.name_of(writer) if snapshot else ""
        found += [
            AttemptRow(attempt=each, writer=writer, who=who, is_signed=True)
            for each in merged(told)
        ]
    recent = [row for row in found if row.attempt.last_us >= since_us]
    return tuple(sorted(recent, key=lambda row: (row.attempt.last_us, row.writer), reverse=True))


def _due(waiting: Iterable[Attempt], told: Iterable[Attempt]) -> list[Attempt]:
    """Returns what is to be told: all but findings that our log told less than a week ago.

    After a clock was set back, what was told last seems to lie ahead; that hides nothing.
    """
    last_told = {attempt.key: attempt.last_us for attempt in told}
    return [
        attempt
        for attempt in waiting
        if attempt.kind != "verify"
        or not 0 <= attempt.last_us - last_told.get(attempt.key, -AGAIN_US) < AGAIN_US
    ]
