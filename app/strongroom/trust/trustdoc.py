# SPDX-License-Identifier: Apache-2.0
"""One trust document: reading it, and whose signatures the step to it needs.

* The id of a team is the SHA-256 of the payload of version 1; a workstation pins it.
* Version 1 founds a team, each next one is signed by what both versions demand.
* Root may change anything; admin only people, writers, policies, stages, heads and limits.
* What a version may change at all is `trust_rules`'; which versions make the chain `trust_chain`'s.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from strongroom.domain.errors import Untrusted
from strongroom.domain.newer_format import refuse_newer
from strongroom.domain.team import PREDICATE_TYPE, TrustDocument, parse_trust
from strongroom.trust import envelope
from strongroom.trust.keys import PublicKey, from_hex
from strongroom.trust.trust_rules import forbidden_change, impossible

ADVICE = "Ask an admin of the team for the trust documents, and compare the team id by voice."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTrust:
    """One trust document with the envelope that carries it."""

    document: TrustDocument
    envelope: envelope.Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A number of signatures that has to come from some keys."""

    keys: Mapping[str, PublicKey]
    threshold: int

    def missing(self, signers: Collection[str]) -> int:
        """Returns how many more keys have to sign."""
        return max(0, self.threshold - len(self.keys.keys() & set(signers)))


def read_trust(raw: bytes) -> SignedTrust:
    """Reads one trust document; its signatures are not looked at yet.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON`` or ``E-FORMAT``.
        NewerFormat: ``E-FORMAT`` for a document of tomorrow; see `is_of_the_team`.
    """
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_TRUST_BYTES)
    refuse_newer(parsed.document, PREDICATE_TYPE, "A trust document")
    try:
        document = parse_trust(parsed.document, parsed.payload_id)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Untrusted("E-FORMAT", f"A trust document cannot be read ({error})", ADVICE) from error
    for writer, member in document.members.items():
        if from_hex(member.alg, member.pub).keyid != writer:
            raise Untrusted("E-FORMAT", "A writer's id is not the digest of its key", ADVICE)
    for keyid, key in document.root_keys.items():
        if from_hex(key.alg, key.pub).keyid != keyid:
            raise Untrusted("E-FORMAT", "A root key's id is not the digest of its key", ADVICE)
    return SignedTrust(document=document, envelope=parsed)


def is_of_the_team(raw: bytes, latest: TrustDocument) -> bool:
    """Whether a key that may change the team signed a document, whatever its form.

    Raises:
        Untrusted: ``E-SIZE`` or ``E-CANON``.
    """
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_TRUST_BYTES)
    keys = {**_root_keys(latest), **_admin_keys(latest)}
    return any(
        signature.keyid in keys and keys[signature.keyid].verify(signature.sig, parsed.signed_bytes)
        for signature in parsed.signatures
    )


def check_successor(
    before: TrustDocument | None, signed: SignedTrust, base: TrustDocument | None = None
) -> None:
    """Accepts a document as version 1 or as the successor of another.

    Args:
        before: The version before, None for version 1.
        signed: The document.
        base: The last undisputed version, if the document ends a fork.

    Raises:
        Untrusted: ``E-TRUST-SIG`` for missing or foreign signatures, ``E-TRUST-GAP`` for a wrong
            place in the chain, ``E-FORMAT`` for a change the rules forbid.
    """
    check_change(before, signed.document, base)
    asked = demands(before, signed.document)
    signers = signers_of(signed, asked)
    if any(demand.missing(signers) for demand in asked):
        raise Untrusted(
            "E-TRUST-SIG",
            f"Trust version {signed.document.version} has too few signatures",
            ADVICE,
        )


def check_change(
    before: TrustDocument | None, after: TrustDocument, base: TrustDocument | None = None
) -> None:
    """Accepts what a document changes, whoever signed it.

    Raises:
        Untrusted: ``E-TRUST-GAP`` for a wrong place in the chain, ``E-FORMAT`` for a change the
            rules forbid.
    """
    objection = impossible(after)
    if objection:
        raise Untrusted("E-FORMAT", objection, ADVICE)
    if before is None:
        if after.version != 1 or after.prev:
            raise Untrusted("E-TRUST-GAP", "The first trust document is not version 1", ADVICE)
        return
    if after.version != before.version + 1 or after.prev != before.id:
        raise Untrusted("E-TRUST-GAP", "A trust document does not follow the one before", ADVICE)
    if after.settles is not None and (base is None or base.id != after.settles.base):
        raise Untrusted("E-TRUST-GAP", "A trust document settles what it does not follow", ADVICE)
    objection = forbidden_change(before, after)
    if objection:
        raise Untrusted("E-FORMAT", f"Trust version {after.version} {objection}", ADVICE)


def demands(before: TrustDocument | None, after: TrustDocument) -> tuple[Demand, ...]:
    """Returns whose signatures the step to a document needs: those of both versions.

    What ends a fork needs no others, however far back it confirms its line: where root keys changed
    on the way, those before signed the change, and with it all that it follows (ADR 30).
    """
    if before is None:
        return (Demand(keys=_root_keys(after), threshold=after.root_threshold),)
    if is_root_change(before, after):
        return tuple(
            Demand(keys=_root_keys(version), threshold=version.root_threshold)
            for version in (before, after)
        )
    return tuple(
        Demand(keys=_admin_keys(version), threshold=version.admin_threshold)
        for version in (before, after)
    )


def signers_of(signed: SignedTrust, asked: Sequence[Demand]) -> frozenset[str]:
    """Returns the keys that signed.

    Raises:
        Untrusted: ``E-TRUST-SIG`` for a signature that does not hold or that nobody asked for.
    """
    known = {keyid: key for demand in asked for keyid, key in demand.keys.items()}
    message = signed.envelope.signed_bytes
    for signature in signed.envelope.signatures:
        key = known.get(signature.keyid)
        if key is None or not key.verify(signature.sig, message):
            raise Untrusted("E-TRUST-SIG", "A signature on a trust document does not hold", ADVICE)
    return frozenset(signature.keyid for signature in signed.envelope.signatures)


def is_root_change(before: TrustDocument, after: TrustDocument) -> bool:
    """Whether the step from one version to the next needs root's signatures."""
    return (
        after.settles is not None
        or before.team_name != after.team_name
        or before.root_json() != after.root_json()
        or before.admin_threshold != after.admin_threshold
        or before.admin_writers != after.admin_writers
    )


def _root_keys(document: TrustDocument) -> dict[str, PublicKey]:
    return {keyid: from_hex(key.alg, key.pub) for keyid, key in document.root_keys.items()}


def _admin_keys(document: TrustDocument) -> dict[str, PublicKey]:
    return {
        writer: from_hex(document.members[writer].alg, document.members[writer].pub)
        for writer in document.admin_writers
        if writer in document.members and document.members[writer].is_active
    }
