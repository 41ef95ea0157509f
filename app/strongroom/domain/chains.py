# SPDX-License-Identifier: Apache-2.0
"""Chains: each writer's events in order, what each event had seen, and what is missing.

* Assembly is a pure function of a set of events: arrival order, repeats and clocks leave no trace.
* Two ids at one place freeze a writer before it (E-EQUIV); a hole freezes before it (E-GAP).
* What the team has fixed of a log, by the heads and cuts of its latest version, stays though its
  key signs a number of it again: a key that was thrown out undoes nothing (ADR 30). The log ends
  where that ends.
* `seen` of somebody else's events shows what is withheld (E-WITHHELD) or differs (E-SPLIT). The
  word of a key whose rights have ended shows nothing.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from strongroom.domain.event import Event
from strongroom.domain.team import Head, TrustDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something is wrong with the evidence: code, what it concerns, and one sentence."""

    code: str
    object: str
    detail: str


@dataclass(frozen=True, slots=True)
class Chains:
    """The gap-free, unforked chains of all writers, with alarms about the rest."""

    by_writer: Mapping[str, tuple[Event, ...]]
    alarms: tuple[Alarm, ...]
    _index: Mapping[str, Event]
    _past: dict[str, Mapping[str, int]] = field(default_factory=dict)

    def get(self, event_id: str) -> Event | None:
        """Returns the event of that id, or None."""
        return self._index.get(event_id)

    def id_at(self, writer: str, seq: int) -> str | None:
        """Returns the id of a writer's event at a sequence number, or None."""
        chain = self.by_writer.get(writer, ())
        return chain[seq - 1].id if 1 <= seq <= len(chain) else None

    def events(self) -> Iterable[Event]:
        """Yields every event, by writer and sequence number."""
        for writer in sorted(self.by_writer):
            yield from self.by_writer[writer]

    @property
    def heads(self) -> dict[str, Head]:
        """The last event of each writer."""
        return {w: (chain[-1].seq, chain[-1].id) for w, chain in self.by_writer.items() if chain}

    def has_seen(self, later: Event, earlier: Event) -> bool:
        """Whether one event lies in the past of another, through `prev` and `seen`."""
        return self.past(later).get(earlier.writer, 0) >= earlier.seq

    def past(self, event: Event) -> Mapping[str, int]:
        """Returns, per writer, how far his log lies in the past of an event."""
        pending = [event]
        while pending:
            current = pending[-1]
            if current.id in self._past:
                pending.pop()
                continue
            causes = self._causes(current)
            unknown = [cause for cause in causes if cause.id not in self._past]
            if unknown:
                pending.extend(unknown)
                continue
            reach: dict[str, int] = {}
            for cause in causes:
                for writer, seq in self._past[cause.id].items():
                    reach[writer] = max(reach.get(writer, 0), seq)
                reach[cause.writer] = max(reach.get(cause.writer, 0), cause.seq)
            self._past[current.id] = reach
            pending.pop()
        return self._past[event.id]

    def _causes(self, event: Event) -> list[Event]:
        """Returns the direct predecessors of an event that are here under the ids it names."""
        named = [(event.writer, event.seq - 1, event.prev)]
        named += [(writer, seq, id_) for writer, (seq, id_) in event.seen.items()]
        return [
            self.by_writer[writer][seq - 1]
            for writer, seq, id_ in named
            if seq >= 1 and self.id_at(writer, seq) == id_
        ]


def assemble(events: Iterable[Event], latest: TrustDocument | None = None) -> Chains:
    """Builds the chains of a set of admitted events.

    Args:
        events: The events, in any order.
        latest: The newest trust document, which fixes the beginnings of logs.
    """
    fixed = latest.fixed_heads if latest else {}
    ended = latest.last_words if latest else {}
    places: dict[str, dict[int, dict[str, Event]]] = {}
    for event in events:
        places.setdefault(event.writer, {}).setdefault(event.seq, {})[event.id] = event
    alarms: list[Alarm] = []
    by_writer = {
        writer: _chain(writer, seqs, fixed.get(writer, (0, "")), alarms)
        for writer, seqs in sorted(places.items())
    }
    index = {event.id: event for chain in by_writer.values() for event in chain}
    alarms += _seen_alarms(by_writer, places, ended)
    return Chains(by_writer, tuple(alarms), index)


def _chain(
    writer: str, seqs: Mapping[int, Mapping[str, Event]], fixed: Head, alarms: list[Alarm]
) -> tuple[Event, ...]:
    chain: list[Event] = []
    prev = ""
    last = max(seqs)
    line: Mapping[int, Event] | None = None  # what the team has fixed, once a number is doubled
    for seq in range(1, last + 1):
        here = seqs.get(seq)
        if line is not None and seq > fixed[0]:
            break
        if here is None:
            alarms.append(
                Alarm(
                    code="E-GAP",
                    object=f"{writer}/{seq}",
                    detail=f"Event {seq} of this log is missing; later ones wait for it.",
                )
            )
            break
        if len(here) > 1 and line is None:
            ids = ", ".join(sorted(here))
            alarms.append(
                Alarm(
                    code="E-EQUIV",
                    object=f"{writer}/{seq}",
                    detail=f"Two different events carry number {seq}: {ids}.",
                )
            )
            line = _line(seqs, fixed)
            if seq not in line:
                break
        event = line[seq] if line is not None else next(iter(here.values()))
        if event.prev != prev:
            alarms.append(
                Alarm(
                    code="E-CHAIN",
                    object=f"{writer}/{seq}",
                    detail=f"Event {seq} does not continue the event before it.",
                )
            )
            break
        chain.append(event)
        prev = event.id
    return tuple(chain)


def _line(seqs: Mapping[int, Mapping[str, Event]], fixed: Head) -> Mapping[int, Event]:
    """Returns the events from the first to a fixed one by number; none if one of them lacks."""
    found: dict[int, Event] = {}
    seq, id_ = fixed
    while seq >= 1:
        event = seqs.get(seq, {}).get(id_)
        if event is None:
            return {}
        found[seq] = event
        seq, id_ = seq - 1, event.prev
    return found


def _seen_alarms(
    by_writer: Mapping[str, tuple[Event, ...]],
    places: Mapping[str, Mapping[int, Mapping[str, Event]]],
    ended: Mapping[str, int],
) -> list[Alarm]:
    missing: dict[str, int] = {}
    split: set[tuple[str, int]] = set()
    for event in itertools.chain.from_iterable(by_writer.values()):
        if event.seq > ended.get(event.writer, event.seq):
            continue
        for writer, (seq, id_) in event.seen.items():
            held = places.get(writer, {}).get(seq, {})
            if id_ in held:
                continue
            if held:
                split.add((writer, seq))
            else:
                missing[writer] = max(missing.get(writer, 0), seq)
    alarms = [
        Alarm(
            code="E-WITHHELD",
            object=f"{writer}/{seq}",
            detail=f"Others have seen this log up to event {seq}; it is not all here.",
        )
        for writer, seq in sorted(missing.items())
    ]
    alarms += [
        Alarm(
            code="E-SPLIT",
            object=f"{writer}/{seq}",
            detail=f"Somebody saw another event {seq} of this log than the one here.",
        )
        for writer, seq in sorted(split)
    ]
    return alarms
