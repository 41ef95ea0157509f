# SPDX-License-Identifier: Apache-2.0
"""Who can put a signature under bytes.

* A signer says which key it signs with before it signs; nobody asks it for the secret.
* The algorithm belongs to the key. No signer chooses one by looking at what it signs.
"""

from dataclasses import dataclass
from typing import Protocol

from strongroom.trust.keys import KeyPair


class Signer(Protocol):
    """Signs messages with one key."""

    @property
    def keyid(self) -> str:
        """Returns the SHA-256 of the raw public key, in hexadecimal."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Returns the signature over the message."""
        ...


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """Signs events, trust documents and manifests: 64-byte signatures (RFC 8032)."""

    pair: KeyPair

    @property
    def keyid(self) -> str:
        """Returns the writer id, which is the id of its Ed25519 key."""
        return self.pair.writer

    def sign(self, message: bytes) -> bytes:
        """Returns the 64-byte signature over the message."""
        return self.pair.sign_ed25519(message)


@dataclass(frozen=True, slots=True)
class P256Signer:
    """Signs tag manifests and Sigstore bundles, which every OpenSSL can check: DER signatures."""

    pair: KeyPair

    @property
    def keyid(self) -> str:
        """Returns the SHA-256 of the 65-byte SEC1 point, in hexadecimal."""
        return self.pair.p256_pub.keyid

    def sign(self, message: bytes) -> bytes:
        """Returns the DER signature over SHA-256 of the message."""
        return self.pair.sign_p256(message)
