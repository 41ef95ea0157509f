# SPDX-License-Identifier: Apache-2.0
"""The gate through which a ledger grows: envelopes in any order, each judged as `admit` judges it.

* What does not depend on other events is asked once: form, writer, signature. Then events take
  their places in the order of their numbers, so that a pile in any order passes in one round.
* What a log had seen is kept for the last event of each branch only, not for each event: a team of
  hundreds would fill the memory with copies.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event
from strongroom.domain.newer_format import NewerFormat
from strongroom.domain.team import Head
from strongroom.store.snapshot import Snapshot
from strongroom.trust.many_signatures import Check, which_hold
from strongroom.trust.trust_chain import TrustChain
from strongroom.trust.verifier import (
    Admitted,
    Claim,
    Waiting,
    find_place,
    forged,
    key_of,
    read_claim,
    wait_for_update,
)

TOGETHER = 2_048  # envelopes read before their signatures are checked: 5 MB of them


@dataclass(slots=True)
class Gate:
    """A snapshot in the making: what is known grows while events take their places."""

    trust: TrustChain
    events: dict[tuple[str, int], tuple[Admitted, ...]]
    _seen: dict[str, dict[str, Head]] = field(default_factory=dict)

    def at(self, writer: str, seq: int) -> tuple[Event, ...]:
        """Returns the events of a writer at a number; two if he equivocated."""
        return tuple([a.event for a in self.events.get((writer, seq), ())])

    def seen_so_far(self, event: Event) -> dict[str, Head]:
        """Returns the latest `seen` entry per writer along an event's own chain."""
        found = self._seen.get(event.id)
        if found is None:
            found = self._seen[event.id] = self._collected(event)
        return found

    def add(self, admitted: Admitted) -> bool:
        """Adds an admitted event; whether it was new."""
        event = admitted.event
        place = (event.writer, event.seq)
        here = self.events.get(place, ())
        if any(other.event.id == event.id for other in here):
            return False
        self.events[place] = (*here, admitted)
        if not here and event.prev in self._seen:
            # The first heir takes over what its predecessor had seen; a rival walks back for it.
            seen = self._seen.pop(event.prev)
            seen.update(event.seen)
            self._seen[event.id] = seen
        return True

    def _collected(self, event: Event) -> dict[str, Head]:
        """Walks back to the last event whose view is at hand, and comes forward again."""
        line = [event]
        while line[-1].id not in self._seen:
            last = line[-1]
            before = next(
                (e for e in self.at(last.writer, last.seq - 1) if e.id == last.prev), None
            )
            if before is None:
                break
            line.append(before)
        seen = dict(self._seen.get(line[-1].id, {}))
        for each in reversed(line):
            seen.update(each.seen)
        return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What became of envelopes that were passed through the gate together."""

    snapshot: Snapshot
    left: tuple[bytes, ...]
    rejected: tuple[tuple[bytes, Untrusted], ...]


@dataclass(slots=True)
class _Sifted:
    """Envelopes of which all is known that does not depend on other events."""

    claims: list[tuple[bytes, Event]] = field(default_factory=list)
    waiting: list[tuple[bytes, Waiting]] = field(default_factory=list)
    rejected: list[tuple[bytes, Untrusted]] = field(default_factory=list)


def pass_all(
    trust: TrustChain,
    events: Mapping[tuple[str, int], tuple[Admitted, ...]],
    lines: Iterable[bytes],
    is_verified: Callable[[bytes], bool] = lambda _raw: False,
) -> Passage:
    """Passes envelopes until nothing moves any more; the rest waits or is refused.

    Args:
        trust: The valid trust chain.
        events: What was admitted before, under this chain.
        lines: Envelopes in any order; repeats are one.
        is_verified: Answers whether this workstation verified these very bytes before.
    """
    gate = Gate(trust=trust, events=dict(events))
    sifted = _sift(list(dict.fromkeys(lines)), trust, is_verified)
    rejected, waiting = sifted.rejected, sifted.waiting
    pending = sorted(sifted.claims, key=lambda claim: claim[1].seq)
    refused: list[tuple[bytes, Untrusted]] = []
    for_now: list[tuple[bytes, Waiting]] = []
    has_moved = True
    while has_moved:
        has_moved = False
        refused, for_now, again = [], [], []
        for raw, event in pending:
            try:
                problem = find_place(event, trust, gate)
            except Untrusted as error:
                # The other branch of a fork may lie further back in this very pile.
                (refused if error.code == "E-CHAIN" else rejected).append((raw, error))
                if error.code == "E-CHAIN":
                    again.append((raw, event))
                continue
            if problem is None:
                has_moved = gate.add(Admitted(event=event, raw=raw)) or has_moved
            else:
                for_now.append((raw, problem))
                again.append((raw, event))
        pending = again
    waiting += for_now
    return Passage(
        snapshot=Snapshot(
            trust=trust, events=gate.events, waiting=tuple(each for _, each in waiting)
        ),
        left=tuple(raw for raw, _ in waiting),
        rejected=(*rejected, *refused),
    )


def _sift(
    lines: Sequence[bytes], trust: TrustChain, is_verified: Callable[[bytes], bool]
) -> _Sifted:
    """Reads envelopes and checks their signatures, some thousand together."""
    found = _Sifted()
    for at in range(0, len(lines), TOGETHER):
        claims: list[Claim] = []
        checks: list[Check] = []
        for raw in lines[at : at + TOGETHER]:
            try:
                claim = read_claim(raw)
                key = key_of(claim, trust)
            except NewerFormat as error:
                later = wait_for_update(raw, trust)
                if later is not None:
                    found.waiting.append((raw, later))
                else:
                    found.rejected.append((raw, error))
                continue
            except Untrusted as error:
                found.rejected.append((raw, error))
                continue
            if isinstance(key, Waiting):
                found.waiting.append((raw, key))
            elif is_verified(raw):
                found.claims.append((raw, claim.event))
            else:
                claims.append(claim)
                checks.append((key, claim.sig, claim.signed_bytes))
        for claim, holds in zip(claims, which_hold(checks), strict=True):
            if holds:
                found.claims.append((claim.raw, claim.event))
            else:
                found.rejected.append((claim.raw, forged()))
    return found
