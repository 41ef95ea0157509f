# SPDX-License-Identifier: Apache-2.0
"""Enrolment requests: a stranger's public keys, signed by both of them (trust.md 4.2).

* The file proves only that its sender holds both keys. Who he is, a person settles by comparing
  the fingerprint by voice: `Fingerprint` gives the words, or the groups of digits, to read out.
"""

from dataclasses import dataclass

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import RandomBytes, new_id
from strongroom.domain.team import STATEMENT_TYPE
from strongroom.trust import envelope
from strongroom.trust.fingerprint import Fingerprint, fingerprint
from strongroom.trust.keys import KeyPair, from_hex, from_spki
from strongroom.trust.signer import Ed25519Signer, P256Signer

PREDICATE_TYPE = "urn:strongroom:enrol:v1"
MAX_REQUEST_BYTES = 16 * 1024  # a name, a host and two public keys
MAX_NAME = 120  # characters; longer names are not names
ADVICE = "Ask the sender to make it again: strongroom identity request FILE."
_FIELDS = {"name", "host", "alg", "pub", "p256", "app", "nonce", "log_only"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRequest:
    """What somebody asks an admin to enrol."""

    writer: str
    name: str
    host: str
    alg: str
    pub: str
    p256: str
    app: str
    is_log_only: bool
    fingerprint: Fingerprint


def write_request(
    pair: KeyPair,
    *,
    name: str,
    host: str,
    app: str,
    is_log_only: bool,
    random_bytes: RandomBytes,
) -> bytes:
    """Returns the bytes of an enrolment request, signed by both keys."""
    statement = request_statement(
        pair.writer,
        name=name,
        host=host,
        pub=pair.ed25519_pub.hex,
        p256=pair.p256_spki,
        app=app,
        nonce=new_id(random_bytes),
        is_log_only=is_log_only,
    )
    return envelope.seal(statement, [Ed25519Signer(pair), P256Signer(pair)])


def request_statement(
    writer: str,
    *,
    name: str,
    host: str,
    pub: str,
    p256: str,
    app: str,
    nonce: str,
    is_log_only: bool,
) -> JsonValue:
    """Returns what an enrolment request says, before it is signed."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": writer}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "name": name,
            "host": host,
            "alg": "ed25519",
            "pub": pub,
            "p256": p256,
            "app": app,
            "nonce": nonce,
            "log_only": is_log_only,
        },
    }


def read_request(raw: bytes) -> EnrolmentRequest:
    """Reads an enrolment request and checks that its sender holds both keys.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON``, ``E-FORMAT`` or ``E-SIG``.
    """
    parsed = envelope.parse(raw, max_bytes=MAX_REQUEST_BYTES)
    predicate = _predicate(parsed.document)
    own, second = from_hex(predicate["alg"], predicate["pub"]), from_spki(predicate["p256"])
    by_key = {signature.keyid: signature.sig for signature in parsed.signatures}
    message = parsed.signed_bytes
    if set(by_key) != {own.keyid, second.keyid} or not all(
        key.verify(by_key[key.keyid], message) for key in (own, second)
    ):
        raise Untrusted("E-SIG", "The request is not signed by the keys it holds", ADVICE)
    return EnrolmentRequest(
        writer=own.keyid,
        name=predicate["name"],
        host=predicate["host"],
        alg=predicate["alg"],
        pub=predicate["pub"],
        p256=predicate["p256"],
        app=predicate["app"],
        is_log_only=predicate["log_only"],
        fingerprint=fingerprint(raw),
    )


def _predicate(document: JsonValue) -> dict[str, JsonValue]:
    predicate = document.get("predicate") if isinstance(document, dict) else None
    if (
        not isinstance(predicate, dict)
        or document.get("predicateType") != PREDICATE_TYPE
        or set(predicate) != _FIELDS
        or not isinstance(predicate["log_only"], bool)
        or not all(isinstance(predicate[key], str) for key in _FIELDS - {"log_only"})
        or not 0 < len(predicate["name"].strip()) <= MAX_NAME
    ):
        raise Untrusted("E-FORMAT", "This is not an enrolment request", ADVICE)
    return predicate
