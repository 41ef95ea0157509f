# SPDX-License-Identifier: Apache-2.0
"""The trust chain: version 1 founds a team, each next one is signed by what both versions demand.

* The id of a team is the SHA-256 of the payload of version 1; a workstation pins it.
* Root may change anything; admin only people, writers, policies, stages, heads and limits.
* No right is given for the past, and none is taken without a cut: the rules that defeat
  backdating cannot be forgotten, because a document that breaks them is not valid.
* Two valid successors of one version stop the chain (E-TRUST-FORK); a human resolves it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.domain.chains import Alarm
from strongroom.domain.errors import Untrusted
from strongroom.domain.team import Grant, Member, TrustDocument, parse_trust
from strongroom.trust import envelope
from strongroom.trust.keys import PublicKey, from_hex

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustChain:
    """The valid versions 1..N of a team's trust document, and what is wrong with the rest."""

    versions: tuple[SignedTrust, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    forked: tuple[SignedTrust, ...] = ()
    """The valid documents that contend for the next number, if there are several."""

    @property
    def documents(self) -> tuple[TrustDocument, ...]:
        """The documents, oldest first."""
        return tuple(signed.document for signed in self.versions)

    @property
    def latest(self) -> TrustDocument | None:
        """The newest valid document."""
        return self.versions[-1].document if self.versions else None

    @property
    def team(self) -> str:
        """The team id, "" while there is no version 1."""
        return self.versions[0].document.id if self.versions else ""


def read_trust(raw: bytes) -> SignedTrust:
    """Reads one trust document; its signatures are not looked at yet.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON`` or ``E-FORMAT``.
    """
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_TRUST_BYTES)
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


def build_chain(candidates: Iterable[SignedTrust], team: str) -> TrustChain:
    """Orders documents into the valid chain of a pinned team; order of arrival does not matter."""
    by_version: dict[int, list[SignedTrust]] = {}
    for signed in sorted(candidates, key=lambda signed: signed.envelope.raw):
        by_version.setdefault(signed.document.version, []).append(signed)
    alarms: list[Alarm] = []
    forked: tuple[SignedTrust, ...] = ()
    chain: list[SignedTrust] = []
    heirs = [signed for signed in by_version.get(1, ()) if signed.document.id == team]
    while heirs:
        before = chain[-1].document if chain else None
        valid = _valid_heirs(before, heirs, alarms)
        if len(valid) != 1:
            forked = tuple(valid)
            break
        chain += valid
        last = valid[0].document
        following = by_version.get(last.version + 1, ())
        heirs = [signed for signed in following if signed.document.prev == last.id]
    reached = chain[-1].document.version if chain else 0
    beyond = [version for version in by_version if version > reached + 1]
    if forked:
        number = forked[0].document.version
        detail = f"There are {len(forked)} valid documents with number {number}."
        alarms.append(Alarm(code="E-TRUST-FORK", object=f"trust/{number}", detail=detail))
    elif beyond:
        detail = f"Version {max(beyond)} is here, version {reached + 1} is not."
        alarms.append(Alarm(code="E-TRUST-GAP", object=f"trust/{reached + 1}", detail=detail))
    return TrustChain(versions=tuple(chain), alarms=tuple(alarms), forked=forked)


def check_successor(before: TrustDocument | None, signed: SignedTrust) -> None:
    """Accepts a document as version 1 or as the successor of another.

    Raises:
        Untrusted: ``E-TRUST-SIG`` for missing or foreign signatures, ``E-TRUST-GAP`` for a wrong
            place in the chain, ``E-FORMAT`` for a change the rules forbid.
    """
    check_change(before, signed.document)
    asked = demands(before, signed.document)
    signers = signers_of(signed, asked)
    if any(demand.missing(signers) for demand in asked):
        raise Untrusted(
            "E-TRUST-SIG",
            f"Trust version {signed.document.version} has too few signatures",
            ADVICE,
        )


def check_change(before: TrustDocument | None, after: TrustDocument) -> None:
    """Accepts what a document changes, whoever signed it.

    Raises:
        Untrusted: ``E-TRUST-GAP`` for a wrong place in the chain, ``E-FORMAT`` for a change the
            rules forbid.
    """
    _check_thresholds(after)
    if before is None:
        if after.version != 1 or after.prev:
            raise Untrusted("E-TRUST-GAP", "The first trust document is not version 1", ADVICE)
        return
    if after.version != before.version + 1 or after.prev != before.id:
        raise Untrusted("E-TRUST-GAP", "A trust document does not follow the one before", ADVICE)
    objection = _forbidden_change(before, after)
    if objection:
        raise Untrusted("E-FORMAT", f"Trust version {after.version} {objection}", ADVICE)


def demands(before: TrustDocument | None, after: TrustDocument) -> tuple[Demand, ...]:
    """Returns whose signatures the step to a document needs: those of both versions."""
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
        before.team_name != after.team_name
        or before.root_json() != after.root_json()
        or before.admin_threshold != after.admin_threshold
        or before.admin_writers != after.admin_writers
    )


def _valid_heirs(
    before: TrustDocument | None, heirs: Sequence[SignedTrust], alarms: list[Alarm]
) -> list[SignedTrust]:
    """Returns one envelope of each valid document, and says why others are not valid.

    Anybody can copy a document and leave a signature out; that copy is no reason for an alarm.
    """
    valid: dict[str, SignedTrust] = {}
    invalid: dict[str, Untrusted] = {}
    for heir in heirs:
        try:
            check_successor(before, heir)
        except Untrusted as error:
            invalid[heir.document.id] = error
        else:
            valid.setdefault(heir.document.id, heir)
    alarms += [
        Alarm(code=error.code, object=f"trust/{heirs[0].document.version}", detail=error.title)
        for id_, error in sorted(invalid.items())
        if id_ not in valid
    ]
    return list(valid.values())


def _check_thresholds(document: TrustDocument) -> None:
    if not 1 <= document.root_threshold <= len(document.root_keys):
        raise Untrusted("E-FORMAT", "The root threshold cannot be met", ADVICE)
    if not 1 <= document.admin_threshold <= len(_admin_keys(document)):
        raise Untrusted("E-FORMAT", "The admin threshold cannot be met", ADVICE)
    if len(set(document.admin_writers)) != len(document.admin_writers):
        raise Untrusted("E-FORMAT", "An admin is listed twice", ADVICE)
    for member in document.members.values():
        if member.person not in document.people:
            raise Untrusted("E-FORMAT", "A writer belongs to nobody", ADVICE)
        if not member.is_active and any(grant.cut is None for grant in member.grants):
            raise Untrusted("E-FORMAT", "A revoked writer has an open grant", ADVICE)


def _root_keys(document: TrustDocument) -> dict[str, PublicKey]:
    return {keyid: from_hex(key.alg, key.pub) for keyid, key in document.root_keys.items()}


def _admin_keys(document: TrustDocument) -> dict[str, PublicKey]:
    return {
        writer: from_hex(document.members[writer].alg, document.members[writer].pub)
        for writer in document.admin_writers
        if writer in document.members and document.members[writer].is_active
    }


def _forbidden_change(before: TrustDocument, after: TrustDocument) -> str:
    """Returns what a successor may not do, or ""."""
    if before.nonce != after.nonce:
        return "changes the nonce of the team"
    if not set(before.people) <= set(after.people):
        return "drops a person"
    for writer, head in before.heads.items():
        if after.heads.get(writer, (0, ""))[0] < head[0]:
            return "has seen less than the version before"
    for writer, member in before.members.items():
        heir = after.members.get(writer)
        if heir is None:
            return "drops a writer"
        objection = _forbidden_for_member(member, heir, after.heads.get(writer, (0, ""))[0])
        if objection:
            return objection
    return ""


def _forbidden_for_member(member: Member, heir: Member, seen_seq: int) -> str:
    same = (member.person, member.host, member.alg, member.pub, member.p256)
    if same != (heir.person, heir.host, heir.alg, heir.pub, heir.p256):
        return "changes whose key a writer is"
    left = list(heir.grants)
    for grant in member.grants:
        kept = next((other for other in left if _continues(grant, other, heir, seen_seq)), None)
        if kept is None:
            return "takes a right away without a cut"
        left.remove(kept)
    if any(grant.after_seq < seen_seq for grant in left):
        return "gives a right for the past"
    return ""


def _continues(grant: Grant, other: Grant, heir: Member, seen_seq: int) -> bool:
    same = (grant.cap, grant.scope, grant.after_seq)
    if same != (other.cap, other.scope, other.after_seq):
        return False
    if grant.cut == other.cut:
        return True
    if other.cut is None:
        return False
    is_compromised = heir.reason == "compromised"
    if grant.cut is not None:
        return is_compromised and other.cut[0] < grant.cut[0]
    return other.cut[0] >= seen_seq or is_compromised
