# SPDX-License-Identifier: Apache-2.0
"""Seals: proof that a small file of ours is as this workstation last wrote it.

* HMAC-SHA256 over the canonical bytes, under a secret of its own in the keychain (formats.md
  0.14). No passphrase is involved and nobody is ever asked.
* Seals are numbered, and the keychain knows the latest number: an older file that was put back
  with its good old seal is as broken as a changed one, and so is a file whose seal was taken off.
* The number is raised after the file was written. A crash between the two leaves a file that is
  one ahead, which is whole.
* While the keychain is locked or absent nothing can be sealed or checked; that is an answer of
  its own, never taken for a broken seal.
"""

import hashlib
import hmac
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.ids import RandomBytes
from strongroom.trust.keychain import SECRET_BYTES, Keychain, KeychainState

_NUMBER_BYTES = 8  # of the keychain's item; the rest is the secret
_SEAL = re.compile(r"([1-9][0-9]{0,14})\.([0-9a-f]{64})")


class SealState(Enum):
    """What a look at a seal says."""

    WHOLE = "whole"
    BROKEN = "broken"
    NONE = "none"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class _Item:
    """What the keychain holds: a secret, and the number of the latest seal."""

    secret: bytes = field(repr=False)
    number: int

    def to_bytes(self) -> bytes:
        return self.secret + self.number.to_bytes(_NUMBER_BYTES)

    def mac(self, number: int, document: JsonValue) -> str:
        told = canonical.encode({"number": number, "document": document})
        return hmac.new(self.secret, told, hashlib.sha256).hexdigest()


class Seal:
    """Seals documents for one owner.

    Args:
        keychain: Where the secret lies.
        owner: Under which name, e.g. ``marks:<64 hex>``.
        random_bytes: Where a new secret comes from.
    """

    def __init__(
        self, keychain: Keychain, owner: str, random_bytes: RandomBytes = os.urandom
    ) -> None:
        self._keychain, self._owner, self._random = keychain, owner, random_bytes

    def make(self, document: JsonValue) -> str:
        """Returns the seal of a document, ``<number>.<hex>``; "" while the keychain is closed.

        Once the document is written with it, `settle` makes all earlier ones broken.
        """
        item = self._item(is_wanted=True)
        if item is None:
            return ""
        number = item.number + 1
        return f"{number}.{item.mac(number, document)}"

    def settle(self, seal: str) -> None:
        """Tells the keychain that a document with this seal lies on the disk."""
        found, item = _SEAL.fullmatch(seal), self._item(is_wanted=False)
        if found and item and int(found[1]) > item.number:
            with suppress(EnvironmentFault):  # locked meanwhile: the file is one ahead
                self._keychain.set(self._owner, _Item(item.secret, int(found[1])).to_bytes())

    def check(self, document: JsonValue, seal: str) -> SealState:
        """Returns what the seal of a document is worth here and now.

        Returns:
            ``CLOSED`` while the keychain is; ``NONE`` if nothing was ever sealed for this owner,
            or the keychain was reset since; ``BROKEN`` if the document was changed, is older than
            the latest, or its seal is gone; else ``WHOLE``.
        """
        if self._keychain.state() is not KeychainState.UNLOCKED:
            return SealState.CLOSED
        try:
            item = self._read()
        except EnvironmentFault:  # it was locked between two looks
            return SealState.CLOSED
        if item is None or not (seal or item.number):
            return SealState.NONE
        found = _SEAL.fullmatch(seal)
        if found is None or int(found[1]) < item.number:
            return SealState.BROKEN
        is_whole = hmac.compare_digest(item.mac(int(found[1]), document), found[2])
        return SealState.WHOLE if is_whole else SealState.BROKEN

    # ---------------------------------------------------------------- inside

    def _item(self, *, is_wanted: bool) -> _Item | None:
        """Returns the item, making one if it is wanted; None if there is none."""
        if self._keychain.state() is not KeychainState.UNLOCKED:
            return None
        try:
            item = self._read()
            if item is None and is_wanted:
                item = _Item(self._random(SECRET_BYTES - _NUMBER_BYTES), 0)
                self._keychain.set(self._owner, item.to_bytes())
        except EnvironmentFault:  # it was locked between two looks
            return None
        return item

    def _read(self) -> _Item | None:
        held = self._keychain.get(self._owner)
        if held is None:
            return None
        return _Item(held[:-_NUMBER_BYTES], int.from_bytes(held[-_NUMBER_BYTES:]))
