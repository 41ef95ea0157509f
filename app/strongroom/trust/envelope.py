# SPDX-License-Identifier: Apache-2.0
"""DSSE envelopes, read strictly: one document, one spelling (trust.md 2.2).

* Envelope and payload must be canonical JSON and their base64 canonical too. An ordinary DSSE
  reader takes 1,518 of 99,705 single-byte changes without a word; this one takes none.
* What is signed is `pae(type, payload)`: payload bytes, not a re-encoding of them.
* The parsed payload travels with the envelope, so nobody parses it a second time.
* A parsed envelope has not been verified: whose key may sign what is the verifier's question.
"""

import base64
import binascii
import hashlib
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.trust.signer import Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"

MAX_EVENT_BYTES = 256 * 1024  # an event has some 900 bytes; gates and texts have room (0.10)
MAX_TRUST_BYTES = 4 * 1024 * 1024  # thousands of writers with all their closed grants (0.10)
MAX_MANIFEST_BYTES = 64 * 1024 * 1024  # 100,000 files with their paths and digests (0.10)
MAX_SIGNATURES = 16  # more thresholds than any team has; bounds the verifying of one envelope
MAX_SIGNATURE_BYTES = 72  # the longest DER signature of P-256; Ed25519 has 64

_ENVELOPE_KEYS = frozenset({"payload", "payloadType", "signatures"})
_SIGNATURE_KEYS = frozenset({"keyid", "sig"})
_SIGNED_ONCE = re.compile(
    rb'\{"payload":"([^"]*)","payloadType":"%b",'
    rb'"signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([^"]{1,96})"\}\]\}'
    % re.escape(PAYLOAD_TYPE.encode())
)
"""The one spelling of an envelope with one signature, which every event has."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature and the id of the key that is said to have made it."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A canonical envelope: its bytes, its payload as bytes and as a document, its signatures.

    The document is shared, not copied: read it, never change it.
    """

    raw: bytes
    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]
    document: JsonValue = field(repr=False, compare=False)
    payload_id: str = field(compare=False)

    @property
    def signed_bytes(self) -> bytes:
        """Returns the bytes that each signature covers."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Returns the pre-authentication encoding of DSSE 1.0.2."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse(raw: bytes, *, max_bytes: int) -> Envelope:
    """Reads an envelope and refuses every other spelling of it.

    Args:
        raw: The envelope alone, without a line end.
        max_bytes: The limit for its kind, such as `MAX_EVENT_BYTES`.

    Raises:
        Untrusted: ``E-SIZE`` over the limit; ``E-CANON`` if a byte is not as `assemble` writes it.
    """
    payload, signatures = _signed_once(raw, max_bytes) or _signed(raw, max_bytes)
    document = canonical.decode(payload, max_bytes=max_bytes)
    if not isinstance(document, dict):
        raise _not_canonical("its payload is not an object")
    return Envelope(
        raw=raw,
        payload=payload,
        payload_type=PAYLOAD_TYPE,
        signatures=signatures,
        document=document,
        payload_id=hashlib.sha256(payload).hexdigest(),
    )


def _signed_once(raw: bytes, max_bytes: int) -> tuple[bytes, tuple[Signature, ...]] | None:
    """Takes an envelope with one signature apart; None if it is not spelled as `assemble` does.

    What it takes, `_signed` takes too, in three times the time; nothing is refused here.
    """
    found = _SIGNED_ONCE.fullmatch(raw) if len(raw) <= max_bytes else None
    if found is None:
        return None
    spelled, keyid, signed = found.groups()
    try:
        payload, sig = binascii.a2b_base64(spelled), binascii.a2b_base64(signed)
    except ValueError:
        return None
    if not 1 <= len(sig) <= MAX_SIGNATURE_BYTES or _base64(payload) != spelled:
        return None
    return (payload, (Signature(keyid.decode(), sig),)) if _base64(sig) == signed else None


def _signed(raw: bytes, max_bytes: int) -> tuple[bytes, tuple[Signature, ...]]:
    """Takes any envelope apart, and says what is wrong with one that is not canonical."""
    outer = canonical.decode_compared(raw, max_bytes=max_bytes)
    if not isinstance(outer, dict) or outer.keys() != _ENVELOPE_KEYS:
        raise _not_canonical("it is not an envelope")
    if outer["payloadType"] != PAYLOAD_TYPE:
        raise _not_canonical("its payload is of another type")
    payload = _from_base64(outer["payload"])
    signatures = _read_signatures(outer["signatures"])
    if _spelled(payload, signatures) != raw:
        raise _not_canonical("another spelling of the same envelope")
    return payload, signatures


def payload_of(raw: bytes) -> bytes:
    """Returns the payload of an envelope that `parse` accepted before: its first member."""
    start = raw.index(b'"payload":"') + len(b'"payload":"')
    return binascii.a2b_base64(raw[start : raw.index(b'"', start)])


def seal(document: JsonValue, signers: Sequence[Signer]) -> bytes:
    """Signs a document and returns its canonical envelope.

    Raises:
        ValueError: If the document is no object or has no canonical form, or there are no signers,
            more than `MAX_SIGNATURES`, or two with one key.
    """
    if not isinstance(document, dict):
        raise ValueError("only an object can be signed")
    payload = canonical.encode(document)
    message = pae(PAYLOAD_TYPE, payload)
    return assemble(payload, [Signature(one.keyid, one.sign(message)) for one in signers])


def assemble(payload: bytes, signatures: Iterable[Signature]) -> bytes:
    """Puts signatures that were made apart around one payload, sorted by keyid.

    Raises:
        ValueError: If there are no signatures, more than `MAX_SIGNATURES`, or two of one key.
    """
    ordered = sorted(signatures, key=lambda one: one.keyid)
    if not 1 <= len({one.keyid for one in ordered}) == len(ordered) <= MAX_SIGNATURES:
        raise ValueError(f"an envelope needs 1 to {MAX_SIGNATURES} signatures of different keys")
    return _spelled(payload, ordered)


def _spelled(payload: bytes, signatures: Sequence[Signature]) -> bytes:
    """Returns the one spelling of an envelope: canonical JSON, written out because it is short."""
    lines = [b'{"keyid":"%b","sig":"%b"}' % (s.keyid.encode(), _base64(s.sig)) for s in signatures]
    return b'{"payload":"%b","payloadType":"%b","signatures":[%b]}' % (
        _base64(payload),
        PAYLOAD_TYPE.encode(),
        b",".join(lines),
    )


def _read_signatures(listed: JsonValue) -> tuple[Signature, ...]:
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SIGNATURES:
        raise _not_canonical(f"it needs 1 to {MAX_SIGNATURES} signatures")
    signatures = tuple(_read_signature(one) for one in listed)
    for earlier, later in itertools.pairwise(signatures):
        if earlier.keyid >= later.keyid:
            raise _not_canonical("its signatures are not sorted and unique")
    return signatures


def _read_signature(item: JsonValue) -> Signature:
    if not isinstance(item, dict) or item.keys() != _SIGNATURE_KEYS:
        raise _not_canonical("a signature has another shape")
    keyid = item["keyid"]
    if not isinstance(keyid, str) or not is_digest(keyid):
        raise _not_canonical("a key id is not a digest")
    sig = _from_base64(item["sig"])
    if not 1 <= len(sig) <= MAX_SIGNATURE_BYTES:
        raise _not_canonical("a signature has an impossible length")
    return Signature(keyid, sig)


def _base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def _from_base64(text: JsonValue) -> bytes:
    """Decodes standard base64; that it has its one spelling, `parse` sees by writing it again."""
    if not isinstance(text, str):
        raise _not_canonical("base64 is missing")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _not_canonical("its base64 is broken") from error
    return data


def _not_canonical(why: str) -> Untrusted:
    return Untrusted(
        "E-CANON",
        f"A signed document is not in canonical form ({why})",
        "It was changed on the way or written by another program; it was not taken in.",
    )
