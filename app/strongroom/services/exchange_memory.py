# SPDX-License-Identifier: Apache-2.0
"""What this workstation remembers of its remotes: marks, times, counts, damage.

* Memory is advice: losing it costs an alarm's memory and a line in a list, never content.
* A damaged memory counts as none; it never stops an exchange.
* Two places may be served at the same time: what is remembered of one never undoes the other's.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock, from_iso, to_iso
from strongroom.domain.errors import Untrusted
from strongroom.exchange.marks import Marks
from strongroom.exchange.outcome import Counts
from strongroom.services.sealed_marks import SealedMarks
from strongroom.store.home import Home, RemoteEntry

MAX_DAMAGED = 1_000  # paths remembered per remote; more than that is a broken stick


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteInfo:
    """A remote and what is remembered of the last exchange; asking touches no share."""

    name: str
    path: str
    pulled_at_us: int | None = None
    pushed_at_us: int | None = None
    last_in: Counts = field(default_factory=Counts)
    last_out: Counts = field(default_factory=Counts)
    damaged: tuple[str, ...] = ()
    is_paused: bool = False
    is_rolled_back: bool = False
    """Left out when all places are served, until somebody resumes it."""
    lost: tuple[str, ...] = ()
    """Did not come back as written when they were read before a stick was to be taken out."""

    @property
    def to_heal(self) -> tuple[str, ...]:
        """What a push writes again."""
        return tuple(dict.fromkeys((*self.damaged, *self.lost)))


class ExchangeMemory:
    """The files of a home that tell of exchanges.

    Args:
        home: Where they lie.
        clock: What time it is when something is remembered.
        marks: What remotes have shown, sealed.
    """

    def __init__(self, home: Home, clock: Clock, marks: SealedMarks) -> None:
        self._home, self._clock, self._marks = home, clock, marks

    def remotes(self) -> tuple[RemoteInfo, ...]:
        """Returns every remote in the order they were added."""
        states = self._home.sync_states()
        return tuple(_info(entry, states.get(entry.name)) for entry in self._home.remotes())

    def marks(self, name: str) -> Marks:
        """Returns what a remote has shown before."""
        return self._marks.of(name)

    def save_marks(self, name: str, marks: Marks) -> None:
        """Remembers what a remote has shown."""
        with self._home.writing:
            self._marks.save(name, marks)

    def remember(
        self,
        name: str,
        *,
        pulled: Counts | None = None,
        pushed: Counts | None = None,
        damaged: Sequence[str],
        is_rolled_back: bool = False,
    ) -> None:
        """Remembers an exchange that just ended, and what does not hold of the remote.

        Args:
            name: The remote.
            pulled: What came in, None for a push.
            pushed: What went out, None for a pull.
            damaged: Files that do not hold.
            is_rolled_back: It showed less than before; a push brings it up again.
        """
        now = to_iso(self._clock.now_us())
        state: dict[str, JsonValue] = {
            "damaged": list(damaged[:MAX_DAMAGED]), "rolled_back": is_rolled_back,
        }  # fmt: skip
        if pulled is not None:
            state |= {"pulled": now, "in": pulled.to_json()}
        if pushed is not None:
            state |= {"pushed": now, "out": pushed.to_json(), "lost": []}
        self._note(name, state)

    def note_lost(self, name: str, paths: Sequence[str]) -> None:
        """Remembers what a remote did not give back, so that the next push writes it again."""
        self._note(name, {"lost": list(paths[:MAX_DAMAGED])})

    def pause(self, name: str, *, is_paused: bool) -> None:
        """Remembers whether a remote is left out when all are served."""
        self._note(name, {"paused": is_paused})

    def _note(self, name: str, new: dict[str, JsonValue]) -> None:
        with self._home.writing:
            states = self._home.sync_states()
            known = states.get(name)
            state = known if isinstance(known, dict) else {}
            self._home.save_sync_states({**states, name: {**state, **new}})


def _info(entry: RemoteEntry, state: JsonValue) -> RemoteInfo:
    found = state if isinstance(state, dict) else {}
    return RemoteInfo(
        name=entry.name,
        path=entry.path,
        pulled_at_us=_time(found.get("pulled")),
        pushed_at_us=_time(found.get("pushed")),
        last_in=_counts(found.get("in")),
        last_out=_counts(found.get("out")),
        damaged=_paths(found.get("damaged")),
        lost=_paths(found.get("lost")),
        is_paused=found.get("paused") is True,
        is_rolled_back=found.get("rolled_back") is True,
    )


def _paths(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(path) for path in value) if isinstance(value, list) else ()


def _time(value: JsonValue) -> int | None:
    with suppress(ValueError, TypeError, Untrusted):
        return from_iso(value) if isinstance(value, str) else None
    return None


def _counts(value: JsonValue) -> Counts:
    known = asdict(Counts())
    if not isinstance(value, dict):
        return Counts()
    return Counts(**{k: v for k, v in value.items() if k in known and type(v) is int})
