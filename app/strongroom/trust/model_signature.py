# SPDX-License-Identifier: Apache-2.0
"""The signature over a folder of model files that OpenSSF Model Signing reads and writes (v1.0).

* A Sigstore bundle with a public key: no certificate, no log, no network.
* Signed with P-256, because the tool takes no Ed25519 key. Every file is listed and none ignored:
  what is added to the folder afterwards is found, by our check always, by theirs with
  ``--no-ignore-git-paths``.
* Read strictly where it decides, loosely where it only describes: other versions write more.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from strongroom.domain.artifact import ArtifactFile, check_paths
from strongroom.domain.canonical import JsonValue, decode_loose
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.team import STATEMENT_TYPE
from strongroom.trust.envelope import PAYLOAD_TYPE, pae
from strongroom.trust.keys import PublicKey
from strongroom.trust.signer import Signer

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
MAX_BYTES = 64 << 20  # the limit of a manifest: it lists the same files
_SERIALIZATION: JsonValue = {
    "method": "files",
    "hash_type": "sha256",
    "allow_symlinks": False,
    "ignore_paths": [],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedModel:
    """What a signature says: the name of the folder, and each file's path and digest."""

    name: str
    digests: Mapping[str, str]


def sign_model(name: str, files: Iterable[ArtifactFile], signer: Signer, key: PublicKey) -> bytes:
    """Returns the signature over a folder's files.

    Args:
        name: What the folder is called.
        files: Paths below the folder, with digests.
        signer: Signs with a P-256 key.
        key: That key's public half.

    Raises:
        Untrusted: ``E-PATH``, ``E-SIZE`` for files that cannot stand beside each other.
    """
    listed = sorted(files, key=lambda file: file.path)
    check_paths(file.path for file in listed)
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": _whole(f.sha256 for f in listed)}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "serialization": _SERIALIZATION,
            "resources": [
                {"name": file.path, "algorithm": "sha256", "digest": file.sha256} for file in listed
            ],
        },
    }
    payload = json.dumps(statement, ensure_ascii=False, sort_keys=True).encode()
    bundle = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {
            "publicKey": {"hint": key_hint(key)},
            "tlogEntries": [],
        },
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {
                    "sig": base64.b64encode(signer.sign(pae(PAYLOAD_TYPE, payload))).decode(),
                    "keyid": "",
                }
            ],
        },
    }
    return json.dumps(bundle, indent=1).encode() + b"\n"


def read_model_signature(data: bytes, key: PublicKey) -> SignedModel:
    """Reads a signature and checks that a key made it.

    Raises:
        Untrusted: ``E-SIG`` for another key or changed bytes, ``E-FORMAT`` for another form,
            ``E-HASH`` if it contradicts itself, ``E-PATH``, ``E-SIZE``, ``E-CANON``.
    """
    document = decode_loose(data, max_bytes=MAX_BYTES)
    try:
        envelope = document["dsseEnvelope"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        signatures = [base64.b64decode(s["sig"], validate=True) for s in envelope["signatures"]]
        is_ours = envelope["payloadType"] == PAYLOAD_TYPE
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable() from error
    if len(signatures) != 1 or not is_ours:
        raise _unreadable()
    if not key.verify(signatures[0], pae(PAYLOAD_TYPE, payload)):
        raise Untrusted(
            "E-SIG",
            "The signature of the model was not made by this key, or was changed",
            "Ask its signer for the key, out of band.",
        )
    return _signed(decode_loose(payload, max_bytes=MAX_BYTES))


def key_hint(key: PublicKey) -> str:
    """Returns the digest of a key's PEM text, by which the tool tells keys apart."""
    return hashlib.sha256(key.pem).hexdigest()


def _signed(statement: JsonValue) -> SignedModel:
    try:
        predicate = statement["predicate"]
        serialization = predicate["serialization"]
        is_known = (
            statement["predicateType"] == PREDICATE_TYPE
            and serialization["method"] == "files"
            and serialization["hash_type"] == "sha256"
        )
        resources = [(str(r["name"]), str(r["digest"])) for r in predicate["resources"]]
        (subject,) = statement["subject"]
        name, whole = str(subject["name"]), str(subject["digest"]["sha256"])
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable() from error
    if not is_known or not all(is_digest(digest) for _, digest in resources):
        raise _unreadable()
    check_paths(path for path, _ in resources)
    if whole != _whole(digest for _, digest in resources):
        raise Untrusted(
            "E-HASH", "The signature of the model contradicts itself", "Ask its signer for another."
        )
    return SignedModel(name=name, digests=dict(resources))


def _whole(digests: Iterable[str]) -> str:
    """Returns the digest over the files' digests, in their order; it knows nothing of names."""
    return hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest()


def _unreadable() -> Untrusted:
    return Untrusted(
        "E-FORMAT",
        "This is no signature over files that is known here",
        "It has to be made by model_signing sign key with sha256 over files, or by Strongroom.",
    )
