# SPDX-License-Identifier: Apache-2.0
"""What a ledger says at one moment.

* A snapshot is immutable and shared between threads; chains and state are computed when asked for.
* Two events of one writer under one number are both kept here; assembling the chains freezes him.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from strongroom.domain.chains import Alarm, Chains, assemble
from strongroom.domain.errors import Refused
from strongroom.domain.event import Event
from strongroom.domain.projection import fold
from strongroom.domain.registry import RegistryState
from strongroom.domain.team import Head, TrustDocument
from strongroom.trust.trust_chain import TrustChain
from strongroom.trust.verifier import Admitted, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerProblem:
    """A file of the ledger that cannot be used: code, path below the ledger, one sentence."""

    code: str
    path: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the ledger's files say at one moment: immutable, shared between threads."""

    trust: TrustChain
    events: Mapping[tuple[str, int], tuple[Admitted, ...]]
    waiting: tuple[Waiting, ...] = ()
    problems: tuple[LedgerProblem, ...] = ()

    @cached_property
    def chains(self) -> Chains:
        """The chains of all writers."""
        every = (a.event for here in self.events.values() for a in here)
        return assemble(every, self.trust.latest)

    @cached_property
    def state(self) -> RegistryState:
        """The folded registry.

        Raises:
            Refused: ``E-TEAM`` if there is no valid trust document yet.
        """
        if self.trust.latest is None:
            raise no_team()
        return fold(self.trust.documents, self.chains, self.trust.aside)

    @cached_property
    def raw(self) -> Mapping[str, bytes]:
        """The envelope of each event by event id."""
        return {a.event.id: a.raw for here in self.events.values() for a in here}

    @property
    def latest(self) -> TrustDocument:
        """The newest trust document.

        Raises:
            Refused: ``E-TEAM`` if there is none.
        """
        if self.trust.latest is None:
            raise no_team()
        return self.trust.latest

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """What is wrong with the evidence as a whole."""
        return (*self.trust.alarms, *self._foreign_trust(), *self.chains.alarms)

    def _foreign_trust(self) -> Iterator[Alarm]:
        """Tells of logs that cite a trust document nobody has shown here: a fork on its way."""
        for waiting in self.waiting:
            if waiting.code == "E-TRUST-FORK":
                yield Alarm(
                    code=waiting.code,
                    object=f"{waiting.writer}/{waiting.seq}",
                    detail=f"Event {waiting.seq} of this log was signed under another trust"
                    " document than the one here; it waits until that one arrives.",
                )

    def at(self, writer: str, seq: int) -> tuple[Event, ...]:
        """Returns the events of a writer at a number; two if he equivocated."""
        return tuple(a.event for a in self.events.get((writer, seq), ()))

    def highest(self, writer: str) -> int:
        """Returns the highest number known of a writer's log, in his chain or waiting for it."""
        seqs = [seq for known, seq in self.events if known == writer]
        seqs += [waiting.seq for waiting in self.waiting if waiting.writer == writer]
        return max(seqs, default=0)

    def seen_so_far(self, event: Event) -> dict[str, Head]:
        """Returns the latest `seen` entry per writer along an event's own chain."""
        found: dict[str, Head] = {}
        current: Event | None = event
        while current is not None:
            for writer, head in current.seen.items():
                found.setdefault(writer, head)
            previous = self.at(current.writer, current.seq - 1)
            wanted = current.prev
            current = next((other for other in previous if other.id == wanted), None)
        return found


def no_team() -> Refused:
    """Returns the refusal of everything that needs a team where there is none."""
    return Refused(
        "E-TEAM",
        "This store belongs to no team yet",
        "Found one with: strongroom team create NAME. Or join one: strongroom team trust TEAM.",
    )
