# SPDX-License-Identifier: Apache-2.0
"""A draft of the next trust document: an envelope that still lacks signatures (trust.md 4.2).

* It travels as a file. Whoever holds a key that is asked for adds a signature; the payload never
  changes, so nobody signs anything but what the first signer saw.
* What a complete document would be refused for, a draft is refused for as well: a co-signer never
  puts a signature under a change the rules forbid.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.domain.errors import BadInput
from strongroom.domain.team import TrustDocument
from strongroom.trust import envelope
from strongroom.trust.envelope import Signature
from strongroom.trust.signer import Signer
from strongroom.trust.trustdoc import Demand, check_change, demands, read_trust, signers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A proposed version with the signatures it has so far.

    Attributes:
        before: The version it follows.
        base: The last undisputed version, if it ends a fork.
        after: What is proposed.
        raw: The envelope; a trust document once nothing is missing.
        signers: The keys that have signed.
        demands: Whose signatures are asked for.
    """

    before: TrustDocument
    after: TrustDocument
    raw: bytes
    signers: frozenset[str]
    demands: tuple[Demand, ...]
    base: TrustDocument | None = None

    @property
    def missing(self) -> int:
        """How many more signatures it needs at least."""
        return max(demand.missing(self.signers) for demand in self.demands)

    @property
    def candidates(self) -> frozenset[str]:
        """The keys whose signature would help and is not there yet."""
        lacking = [demand for demand in self.demands if demand.missing(self.signers)]
        return frozenset(key for demand in lacking for key in demand.keys) - self.signers


def propose(
    before: TrustDocument,
    after: TrustDocument,
    signers: Sequence[Signer],
    base: TrustDocument | None = None,
) -> Draft:
    """Returns a draft with its first signatures.

    Raises:
        Untrusted: ``E-TRUST-GAP`` or ``E-FORMAT`` if the change is forbidden.
        ValueError: If there are no signers.
    """
    return read_draft(before, envelope.seal(after.to_statement(), signers), base)


def read_draft(before: TrustDocument, raw: bytes, base: TrustDocument | None = None) -> Draft:
    """Reads a draft that follows a version; each signature on it holds.

    Args:
        before: The version it follows.
        raw: The draft.
        base: The last undisputed version, for a draft that ends a fork.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON``, ``E-FORMAT``, ``E-TRUST-SIG``.
        BadInput: ``E-TRUST-GAP`` if it was made for another version than this.
    """
    signed = read_trust(raw)
    if signed.document.id == before.id:
        raise BadInput(
            "E-TRUST-GAP",
            f"The draft is in force already: it is version {before.version} of the team",
            "Nothing is left to sign.",
        )
    if signed.document.prev != before.id:
        raise BadInput(
            "E-TRUST-GAP",
            f"The draft follows version {signed.document.version - 1} of the team as somebody"
            f" else saw it; here version {before.version} is in force",
            "Pull first. If the team has changed since, the change has to be proposed again.",
        )
    check_change(before, signed.document, base)
    asked = demands(before, signed.document)
    return Draft(
        before=before,
        after=signed.document,
        raw=raw,
        signers=signers_of(signed, asked),
        demands=asked,
        base=base,
    )


def cosign(draft: Draft, signers: Sequence[Signer]) -> Draft:
    """Returns the draft with more signatures; keys that signed before are passed over.

    Raises:
        Untrusted: ``E-TRUST-SIG`` if a signer was not asked.
    """
    parsed = envelope.parse(draft.raw, max_bytes=envelope.MAX_TRUST_BYTES)
    fresh = [
        Signature(each.keyid, each.sign(parsed.signed_bytes))
        for each in signers
        if each.keyid not in draft.signers
    ]
    raw = envelope.assemble(parsed.payload, [*parsed.signatures, *fresh])
    return read_draft(draft.before, raw, draft.base)
