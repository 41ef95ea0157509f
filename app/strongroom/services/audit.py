# SPDX-License-Identifier: Apache-2.0
"""Audit: the log as people read it, how far it holds, and packages for an auditor.

* Every event is shown with who, what, when and whether it had an effect; a gap stands in the list
  at the row where it is.
"""

import json
import re
from dataclasses import dataclass
from typing import Literal

from strongroom.domain.access import ROLE_TITLES, role_of
from strongroom.domain.chains import Alarm
from strongroom.domain.clock import to_iso
from strongroom.domain.clock_doubts import ClockDoubt, claimed_us, clock_doubts
from strongroom.domain.errors import BadInput
from strongroom.domain.event import Event
from strongroom.services.attempts import AttemptRow, rows
from strongroom.services.registry import Registry
from strongroom.services.witness import Witness
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot

ATTEMPTS = frozenset({"access.denied", "login.unlock", "verify.failure"})
_DIGEST = re.compile(r'"([0-9a-f]{64})"')

TrustOutcome = Literal["valid", "unknown", "revoked", "mismatch", "cannot"]
"""The five outcomes of a verification (desktop.md 1.2); a row is one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One event as a row: ``trust`` is one of the five outcomes, ``code`` why it has no effect.

    ``clock`` is what is odd about the time it claims, as a sentence, "" if nothing is.
    """

    id: str
    number: int
    writer: str
    seq: int
    time_us: int
    who: str
    host: str
    is_machine: bool
    type: str
    object: str
    trust: TrustOutcome
    code: str
    clock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDetail:
    """One event with what its pane shows: the time bracket, the chain, the signed payload."""

    entry: AuditEntry
    previous: str
    log_length: int
    not_before: str
    not_after: str
    role: str
    payload: str
    payload_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStatus:
    """How far the ledger holds: events and writers verified, alarms, waiting events.

    ``stale`` says in a sentence that nothing has been heard of the others for long, else "".
    """

    event_count: int
    writer_count: int
    trust_version: int
    alarms: tuple[Alarm, ...]
    waiting_count: int
    refused_count: int
    stale: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether nothing is missing, forked or damaged."""
        return not self.alarms


class Audit:
    """The verbs of ``strongroom audit log``; packages are made by `services.evidence`."""

    def __init__(self, workstation: Workstation, registry: Registry, witness: Witness) -> None:
        self._at = workstation
        self._registry = registry
        self._witness = witness

    def entries(self, *, since: str = "", until: str = "") -> tuple[AuditEntry, ...]:
        """Returns every event, newest claim first, within claimed times (``2026-11-20`` or more).

        Events are numbered in the order of their claimed times, which nothing depends on.
        """
        if not self._at.has_team():
            return ()
        snapshot = self._at.snapshot()
        ordered = sorted(
            snapshot.chains.events(), key=lambda event: (event.time, event.writer, event.seq)
        )
        doubts = clock_doubts(snapshot.chains, self._at.clock.now_us())
        found = [
            _entry(snapshot, event, number, doubts.get(event.id))
            for number, event in enumerate(ordered, start=1)
        ]
        return tuple(
            entry
            for entry, event in reversed(list(zip(found, ordered, strict=True)))
            if (not since or event.time >= since) and (not until or event.time <= until + "\x7f")
        )

    def detail(self, event_id: str) -> EntryDetail:
        """Returns one event with everything known about it.

        Raises:
            BadInput: ``E-EVENT`` if it is not here.
        """
        snapshot = self._at.snapshot()
        event = snapshot.chains.get(event_id)
        entry = next((e for e in self.entries() if e.id == event_id), None)
        if event is None or entry is None:
            raise BadInput(
                "E-EVENT", f"There is no event {event_id[:16]}", "strongroom audit log lists them."
            )
        statement = event.to_statement()
        before, after = _bracket(snapshot, event)
        return EntryDetail(
            entry=entry,
            previous=event.prev,
            log_length=len(snapshot.chains.by_writer[event.writer]),
            not_before=before,
            not_after=after,
            role=ROLE_TITLES[role_of(snapshot.latest, event.writer)],
            payload=_readable(event),
            payload_bytes=len(json.dumps(statement, separators=(",", ":"))),
        )

    def attempts(self, *, since: str = "") -> tuple[AttemptRow, ...]:
        """Returns refused and failed acts of everybody, with counts, newest first.

        Args:
            since: A claimed time (``2026-11-20`` or more) before which they do not count.
        """
        snapshot = self._at.snapshot() if self._at.has_team() else None
        card = self._at.card()
        found = rows(snapshot, self._at.attempts.pending(), card.writer if card else "")
        return tuple(row for row in found if not since or to_iso(row.attempt.last_us) >= since)

    def status(self) -> ChainStatus | None:
        """Returns how far the ledger holds, None while there is no team."""
        if not self._at.has_team():
            return None
        snapshot = self._at.snapshot()
        problems = tuple(
            Alarm(code=p.code, object=p.path, detail=p.detail) for p in snapshot.problems
        )
        return ChainStatus(
            event_count=sum(len(chain) for chain in snapshot.chains.by_writer.values()),
            writer_count=len(snapshot.chains.by_writer),
            trust_version=snapshot.latest.version,
            alarms=(*snapshot.alarms, *problems),
            waiting_count=len(snapshot.waiting),
            refused_count=len(snapshot.state.refusals),
            stale=self._witness.stale_sentence(),
        )


def object_of(event: Event) -> str:
    """Returns what an event is about, in a few words."""
    body = event.body
    if "model" in body and "version" in body:
        alias = f"{body['alias']}, " if "alias" in body else ""
        move = f" to {body['to']}" if "to" in body else ""
        return f"{alias}{body['model']} v{body['version']}{move}"
    if "run" in body:
        return str(body.get("name") or f"run {str(body['run'])[:8]}")
    if "request" in body:
        return f"request {str(body['request'])[:8]}"
    if event.type in ATTEMPTS:
        return _attempt_words(event)
    return _other_words(event)


def _other_words(event: Event) -> str:
    """Returns what was let through, what left as one file, or where a writer is."""
    body = event.body
    if event.type == "secret.override":
        return f"{body.get('path', '')}, {body.get('place', '')}"
    if event.type == "export.bundle":
        received = ", received" if body.get("receipt") else ""
        return f"{body.get('title', '')}{received}"
    return str(body.get("host", ""))


def _attempt_words(event: Event) -> str:
    """Returns ``approve:production of churn, 3 times, E-CAP`` for a refused or failed act."""
    body = event.body
    times = str(body.get("count") or body.get("failed") or "")
    how_often = "once" if times == "1" else f"{times} times"
    if event.type == "login.unlock":
        return f"key of this workstation, failed {how_often} before"
    what = " of ".join(str(body[key]) for key in ("action", "where", "object") if body.get(key))
    return f"{what}, {how_often}, {body.get('code', '')}"


def _entry(snapshot: Snapshot, event: Event, number: int, doubt: ClockDoubt | None) -> AuditEntry:
    document = snapshot.latest
    member = document.members.get(event.writer)
    code = snapshot.state.refusals.get(event.id, "")
    trust: TrustOutcome = "valid"
    if member is None:
        trust = "unknown"
    elif code:
        trust = "mismatch"
    elif not member.is_active:
        trust = "revoked"
    return AuditEntry(
        id=event.id,
        number=number,
        writer=event.writer,
        seq=event.seq,
        time_us=claimed_us(event) or 0,
        who=document.name_of(event.writer),
        host=member.host if member else "",
        is_machine=role_of(document, event.writer) == "log-only",
        type=event.type,
        object=object_of(event),
        trust=trust,
        code=code,
        clock=doubt.sentence if doubt else "",
    )


def _bracket(snapshot: Snapshot, event: Event) -> tuple[str, str]:
    """Returns the claims of others between which an event lies (trust.md 3.4)."""
    chains = snapshot.chains
    before = [
        chains.by_writer[writer][seq - 1].time
        for writer, seq in chains.past(event).items()
        if writer != event.writer and seq
    ]
    after = [
        other.time
        for other in chains.events()
        if other.writer != event.writer and chains.has_seen(other, event)
    ]
    return max(before, default=""), min(after, default="")


def _readable(event: Event) -> str:
    """Returns the heart of the payload as indented JSON, digests shortened to both their ends."""
    document = {
        "type": event.type,
        "writer": event.writer,
        "seq": event.seq,
        "body": dict(event.body),
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _DIGEST.sub(lambda found: f'"{found[1][:8]}…{found[1][-4:]}"', text)
