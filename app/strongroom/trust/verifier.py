# SPDX-License-Identifier: Apache-2.0
"""Admission: the one gate through which every event passes, our own included.

* Order of checks (trust.md 3.2): size, strict parse, known writer, signature, team, chain, trust
  version along the chain, `seen` along the chain.
* Three outcomes: admitted; waiting for something that may still arrive; or `Untrusted`, final.
* What somebody of the team signed with a newer Strongroom waits for an update of this one.
* Rights are not asked here: an event without a right is admitted, chained, and has no effect.
"""

from dataclasses import dataclass
from typing import Protocol

from strongroom.domain.errors import Untrusted
from strongroom.domain.event import PREDICATE_TYPE, Event, parse_event
from strongroom.domain.newer_format import NewerFormat, newer_version, refuse_newer
from strongroom.domain.team import Head
from strongroom.trust import envelope
from strongroom.trust.keys import PublicKey, from_hex
from strongroom.trust.trust_chain import TrustChain

ADVICE = "It was kept in quarantine. Ask its sender to push again from the original workstation."


class KnownEvents(Protocol):
    """What admission asks of the events that are already here."""

    def at(self, writer: str, seq: int) -> tuple[Event, ...]:
        """Returns the admitted events of a writer at a sequence number; two if he equivocated."""
        ...

    def seen_so_far(self, event: Event) -> dict[str, Head]:
        """Returns the latest `seen` entry per writer along an event's own chain, it included."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """An event that passed the gate, with the envelope that proves it."""

    event: Event
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An envelope that may pass once something else has arrived; ``code`` says what is missing."""

    code: str
    writer: str
    seq: int
    reason: str
    trust_id: str = ""
    """The trust document it cites."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An envelope that reads as an event of the writer it names; its signature is not checked."""

    raw: bytes
    event: Event
    payload: bytes
    sig: bytes

    @property
    def signed_bytes(self) -> bytes:
        """Returns the bytes that the signature covers."""
        return envelope.pae(envelope.PAYLOAD_TYPE, self.payload)


def admit(
    raw: bytes, trust: TrustChain, known: KnownEvents, *, is_signature_known: bool = False
) -> Admitted | Waiting:
    """Passes one envelope through the gate: `read_claim`, `key_of`, the signature, `find_place`.

    Args:
        raw: The envelope's bytes.
        trust: The valid trust chain of the pinned team.
        known: The events that were admitted before.
        is_signature_known: True only if this workstation verified these very bytes before.

    Raises:
        Untrusted: If the envelope can never be admitted; the code says why.
    """
    try:
        claim = read_claim(raw)
    except NewerFormat:
        if (waiting := wait_for_update(raw, trust)) is not None:
            return waiting
        raise
    key = key_of(claim, trust)
    if isinstance(key, Waiting):
        return key
    if not is_signature_known and not key.verify(claim.sig, claim.signed_bytes):
        raise forged()
    return find_place(claim.event, trust, known) or Admitted(event=claim.event, raw=raw)


def read_claim(raw: bytes) -> Claim:
    """Reads an envelope strictly.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON``, ``E-FORMAT``; ``E-SIG`` if another signed it than the
            writer it names.
        NewerFormat: ``E-FORMAT`` for an event of tomorrow; see `wait_for_update`.
    """
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_EVENT_BYTES)
    refuse_newer(parsed.document, PREDICATE_TYPE, "An event")
    try:
        event = parse_event(parsed.document, parsed.payload_id)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Untrusted("E-FORMAT", f"An event cannot be read ({error})", ADVICE) from error
    if len(parsed.signatures) != 1 or parsed.signatures[0].keyid != event.writer:
        raise Untrusted("E-SIG", "An event is not signed by the writer it names", ADVICE)
    return Claim(raw, event, parsed.payload, parsed.signatures[0].sig)


def wait_for_update(raw: bytes, trust: TrustChain) -> Waiting | None:
    """Returns what an event of tomorrow waits for, None if nobody of the team has signed it.

    Its form is not known here; that its envelope's key belongs to the team is.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON``.
    """
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_EVENT_BYTES)
    number, signature = newer_version(parsed.document, PREDICATE_TYPE), parsed.signatures[0]
    members = trust.latest.members if trust.latest is not None else {}
    member = members.get(signature.keyid)
    if not number or member is None or len(parsed.signatures) != 1:
        return None
    if not from_hex(member.alg, member.pub).verify(signature.sig, parsed.signed_bytes):
        return None
    predicate = parsed.document.get("predicate")
    seq = predicate.get("seq") if isinstance(predicate, dict) else None
    return Waiting(
        code="E-FORMAT",
        writer=signature.keyid,
        seq=seq if type(seq) is int and seq > 0 else 0,
        reason=f"a newer Strongroom signed it (format {number}); update Strongroom here",
    )


def key_of(claim: Claim, trust: TrustChain) -> PublicKey | Waiting:
    """Returns the key that has to stand behind a claim, or what has to arrive to know it.

    Raises:
        Untrusted: ``E-TEAM`` if a stranger signed it for another team.
    """
    latest, event = trust.latest, claim.event
    if latest is None:
        return _wait(event, "E-TRUST-GAP", "the first trust document of the team is not here")
    member = latest.members.get(event.writer)
    if member is None:
        if event.team != trust.team:
            raise _other_team()
        return _wait(event, "E-SIG", "its writer is not in the trust documents that are here")
    return from_hex(member.alg, member.pub)


def forged() -> Untrusted:
    """Returns the refusal of a signature that does not hold."""
    return Untrusted("E-SIG", "The signature of an event does not hold", ADVICE)


def find_place(event: Event, trust: TrustChain, known: KnownEvents) -> Waiting | None:
    """Looks whether an event whose signature holds continues what is known; None if it does.

    Raises:
        Untrusted: ``E-TEAM`` or ``E-CHAIN`` if it never can.
    """
    if event.team != trust.team:
        raise _other_team()
    return _check_chain(event, trust, known)


def _check_chain(event: Event, trust: TrustChain, known: KnownEvents) -> Waiting | None:
    before = None
    if event.seq == 1:
        if event.prev:
            raise Untrusted("E-CHAIN", "A first event names an event before it", ADVICE)
    else:
        previous = known.at(event.writer, event.seq - 1)
        if not previous:
            return _wait(event, "E-GAP", f"event {event.seq - 1} of its writer is not here")
        before = next((other for other in previous if other.id == event.prev), None)
        if before is None:
            raise Untrusted("E-CHAIN", "An event does not continue the one before it", ADVICE)
    cited = _cited(event, trust)
    if cited is None and event.trust_version <= len(trust.versions):
        other = f"it cites another trust version {event.trust_version}, which is not here"
        return _wait(event, "E-TRUST-FORK", other)
    if cited is None or cited > len(trust.versions):
        return _wait(event, "E-TRUST-GAP", f"trust version {event.trust_version} is not here")
    if before is not None and cited < (_cited(before, trust) or 0):
        raise Untrusted("E-CHAIN", "An event cites an older trust version than before", ADVICE)
    if event.writer in event.seen:
        raise Untrusted("E-CHAIN", "An event claims to have seen its own log", ADVICE)
    so_far = known.seen_so_far(before) if before is not None else {}
    for writer, (seq, id_) in event.seen.items():
        old_seq, old_id = so_far.get(writer, (0, ""))
        if seq < old_seq or (seq == old_seq and id_ != old_id):
            raise Untrusted("E-CHAIN", "An event has seen less than the one before it", ADVICE)
    return None


def _cited(event: Event, trust: TrustChain) -> int | None:
    return trust.place(event.trust_version, event.trust_id)


def _wait(event: Event, code: str, reason: str) -> Waiting:
    return Waiting(
        code=code, writer=event.writer, seq=event.seq, reason=reason, trust_id=event.trust_id
    )


def _other_team() -> Untrusted:
    return Untrusted("E-TEAM", "An event belongs to another team", ADVICE)
