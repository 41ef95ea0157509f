# SPDX-License-Identifier: Apache-2.0
"""Seals: proof that a small file of ours is as this workstation last wrote it.

* HMAC-SHA256 over the canonical bytes, under a secret of its own in the keychain (formats.md
  0.14). No passphrase is involved and nobody is ever asked.
* While the keychain is locked or absent nothing can be sealed or checked; that is an answer of
  its own, never taken for a broken seal.
"""

import hashlib
import hmac
import os
from enum import Enum

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.ids import RandomBytes
from strongroom.trust.keychain import SECRET_BYTES, Keychain, KeychainState


class SealState(Enum):
    """What a look at a seal says."""

    WHOLE = "whole"
    BROKEN = "broken"
    NONE = "none"
    CLOSED = "closed"


class Seal:
    """Seals documents for one owner.

    Args:
        keychain: Where the secret lies.
        owner: Under which name, e.g. ``marks:<store id>``.
        random_bytes: Where a new secret comes from.
    """

    def __init__(
        self, keychain: Keychain, owner: str, random_bytes: RandomBytes = os.urandom
    ) -> None:
        self._keychain, self._owner, self._random = keychain, owner, random_bytes

    def make(self, document: JsonValue) -> str:
        """Returns the seal of a document in hexadecimal; "" while the keychain is closed."""
        secret = self._secret(is_wanted=True)
        return _mac(secret, document) if secret else ""

    def check(self, document: JsonValue, seal: str) -> SealState:
        """Returns what the seal of a document is worth here and now.

        Returns:
            ``CLOSED`` while the keychain is; ``NONE`` without a seal, or if the keychain was
            reset since; else ``WHOLE`` or ``BROKEN``.
        """
        if self._keychain.state() is not KeychainState.UNLOCKED:
            return SealState.CLOSED
        secret = self._secret(is_wanted=False)
        if not seal or not secret:
            return SealState.NONE
        is_whole = hmac.compare_digest(_mac(secret, document).encode(), seal.encode())
        return SealState.WHOLE if is_whole else SealState.BROKEN

    def _secret(self, *, is_wanted: bool) -> bytes:
        """Returns the secret, making one if it is wanted; b"" if there is none."""
        if self._keychain.state() is not KeychainState.UNLOCKED:
            return b""
        try:
            secret = self._keychain.get(self._owner)
            if secret is None and is_wanted:
                secret = self._random(SECRET_BYTES)
                self._keychain.set(self._owner, secret)
        except EnvironmentFault:  # it was locked between two looks
            return b""
        return secret or b""


def _mac(secret: bytes, document: JsonValue) -> str:
    return hmac.new(secret, canonical.encode(document), hashlib.sha256).hexdigest()
