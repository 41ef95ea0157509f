# SPDX-License-Identifier: Apache-2.0
"""A stream of bytes that only the recipients' keys open, written and read in pieces (ADR 18).

* One fresh key a file, wrapped for each recipient by ECDH on P-256 (the writer keys of the trust
  document), HKDF-SHA256 and AES-256-GCM. The file names neither recipients nor sender.
* The content goes in pieces of 64 KiB, each under AES-256-GCM with its number and a mark on the
  last one: nothing can be changed, swapped, left out, cut off or added without being noticed.
* Any place can be read without reading what stands before it; nothing is written to a disk.
* Who sent it is not the business of this layer: what is inside carries a signature.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.ids import RandomBytes
from strongroom.domain.newer_format import newer
from strongroom.trust.keys import KeyPair, PublicKey, agree, from_spki

MAGIC = b"SRSEAL1\n"
FORMAT = 1
PIECE_BYTES = 65_536
TAG_BYTES = 16
MAX_RECIPIENTS = 256  # every workstation of a large team
MAX_HEADER_BYTES = 256 * MAX_RECIPIENTS + 1024  # some 190 bytes a recipient
_KEY_BYTES = 32
_MAC_BYTES = 32
_NO_NONCE = bytes(12)  # a wrapping key is used once
_LABEL = b"strongroom:sealed:v1:"
_HEADER_KEYS = {"format", "piece", "recipients", "salt"}


class SealingWriter:
    """Encrypts what is written to it, front to back; `finish` writes the last piece.

    Args:
        write: Takes the encrypted bytes.
        recipients: The P-256 keys that shall open it, as base64 DER of the trust document.
        random_bytes: Where the file's key comes from.

    Raises:
        ValueError: If there are no recipients, or too many.
        Untrusted: ``E-SIG`` if a key is none.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        recipients: Sequence[str],
        *,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        if not 1 <= len(recipients) <= MAX_RECIPIENTS:
            raise ValueError(f"1 to {MAX_RECIPIENTS} recipients")
        file_key, salt = random_bytes(_KEY_BYTES), random_bytes(_KEY_BYTES)
        document = {
            "format": FORMAT,
            "piece": PIECE_BYTES,
            "recipients": [_wrapped(file_key, from_spki(one)) for one in recipients],
            "salt": _to_text(salt),
        }
        header = canonical.encode(document)
        start = MAGIC + len(header).to_bytes(4) + header
        write(start + _mac(file_key, salt, start))
        self._cipher = AESGCM(_derived(file_key, salt, b"payload"))
        self._write = write
        self._held = bytearray()
        self._number = 0

    def write(self, data: bytes) -> int:
        """Takes bytes; a piece is handed on once more than it is known to follow."""
        self._held += data
        start = 0
        with memoryview(self._held) as view:
            while len(view) - start > PIECE_BYTES:
                self._put(bytes(view[start : start + PIECE_BYTES]), is_last=False)
                start += PIECE_BYTES
        del self._held[:start]
        return len(data)

    def finish(self) -> None:
        """Writes the last piece, which says that it is the last."""
        self._put(bytes(self._held), is_last=True)
        self._held.clear()

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._number, is_last=is_last)
        self._write(self._cipher.encrypt(nonce, piece, None))
        self._number += 1


class SealedPages:
    """The content of a sealed stream, readable at any place by whoever holds a recipient's key.

    Args:
        read_at: Returns up to so many bytes of the sealed file from an offset.
        size_bytes: The size of the sealed file.
        pair: The keys of whoever reads.

    Raises:
        Refused: ``E-SEALED`` if it is sealed for others; nothing of it is told.
        Untrusted: ``E-CANON``, ``E-SIZE`` or ``E-HASH`` if it was changed or cut off.
    """

    def __init__(
        self, read_at: Callable[[int, int], bytes], size_bytes: int, pair: KeyPair
    ) -> None:
        header, start = _header(read_at, size_bytes)
        file_key, salt = _opened(header, pair)
        self._cipher = AESGCM(_derived(file_key, salt, b"payload"))
        self._read_at = read_at
        self._start = len(start) + _MAC_BYTES
        if read_at(len(start), _MAC_BYTES) != _mac(file_key, salt, start):
            raise _changed()
        body = size_bytes - self._start
        self._count = max(1, -(-body // (PIECE_BYTES + TAG_BYTES)))
        self.size_bytes = body - self._count * TAG_BYTES
        if self.size_bytes < 0 or (self._count > 1 and not self._size_of(self._count - 1)):
            raise _changed()
        self._kept: tuple[int, bytes] = (-1, b"")
        self._piece(self._count - 1)  # the mark on the last piece tells that nothing was cut off

    def read_at(self, offset: int, size: int) -> bytes:
        """Returns up to ``size`` bytes from a place of the content, b"" beyond its end.

        Raises:
            Untrusted: ``E-HASH`` if the piece there was changed.
        """
        found = bytearray()
        end = min(offset + size, self.size_bytes)
        while offset < end:
            number, within = divmod(offset, PIECE_BYTES)
            part = self._piece(number)[within : within + end - offset]
            found += part
            offset += len(part)
        return bytes(found)

    def _size_of(self, number: int) -> int:
        if number < self._count - 1:
            return PIECE_BYTES
        return self.size_bytes - number * PIECE_BYTES

    def _piece(self, number: int) -> bytes:
        if self._kept[0] == number:
            return self._kept[1]
        size = self._size_of(number) + TAG_BYTES
        sealed = self._read_at(self._start + number * (PIECE_BYTES + TAG_BYTES), size)
        try:
            piece = self._cipher.decrypt(
                _nonce(number, is_last=number == self._count - 1), sealed, None
            )
        except InvalidTag as error:
            raise _changed() from error
        self._kept = (number, piece)
        return piece


def is_sealed(head: bytes) -> bool:
    """Whether a file that begins so is a sealed stream."""
    return head.startswith(MAGIC)


def _wrapped(file_key: bytes, recipient: PublicKey) -> dict[str, str]:
    own = ec.generate_private_key(ec.SECP256R1())
    numbers = own.public_key().public_numbers()
    point = b"\x04" + numbers.x.to_bytes(_KEY_BYTES) + numbers.y.to_bytes(_KEY_BYTES)
    key = _wrapping_key(agree(own, recipient.raw), point, recipient.raw)
    return {
        "key": _to_text(AESGCM(key).encrypt(_NO_NONCE, file_key, None)),
        "point": _to_text(point),
    }


def _wrapping_key(shared: bytes, point: bytes, recipient: bytes) -> bytes:
    """Derives the wrapping key; both public keys take part, so neither can be exchanged."""
    return _derived(shared, hashlib.sha256(point + recipient).digest(), b"wrap")


def _opened(document: JsonValue, pair: KeyPair) -> tuple[bytes, bytes]:
    own = pair.p256_pub.raw
    salt = _from_text(document["salt"], _KEY_BYTES)
    for one in document["recipients"]:
        point = _from_text(one["point"], len(own))
        wrapped = _from_text(one["key"], _KEY_BYTES + TAG_BYTES)
        try:
            key = _wrapping_key(pair.agree(point), point, own)
            return AESGCM(key).decrypt(_NO_NONCE, wrapped, None), salt
        except (InvalidTag, Untrusted):
            continue
    raise Refused(
        "E-SEALED",
        "This bundle is sealed for others",
        "Ask its sender to seal it for this workstation as well. Nothing of it can be shown.",
    )


def _header(read_at: Callable[[int, int], bytes], size_bytes: int) -> tuple[JsonValue, bytes]:
    head = read_at(0, len(MAGIC) + 4)
    length = int.from_bytes(head[len(MAGIC) :])
    if not is_sealed(head) or length > min(MAX_HEADER_BYTES, size_bytes):
        raise _changed()
    raw = read_at(len(head), length)
    document = canonical.decode(raw, max_bytes=MAX_HEADER_BYTES)
    number = document.get("format") if isinstance(document, dict) else None
    if type(number) is int and number > FORMAT:  # it may have other fields than ours
        raise newer("The seal of the bundle", number)
    if (
        not isinstance(document, dict)
        or set(document) != _HEADER_KEYS
        or document["piece"] != PIECE_BYTES
        or not isinstance(document["recipients"], list)
        or not 1 <= len(document["recipients"]) <= MAX_RECIPIENTS
        or not all(
            isinstance(o, dict) and set(o) == {"key", "point"} for o in document["recipients"]
        )
    ):
        raise _changed()
    if number != FORMAT:
        raise _changed()
    return document, head + raw


def _derived(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=salt, info=_LABEL + purpose)
    return kdf.derive(secret)


def _mac(file_key: bytes, salt: bytes, start: bytes) -> bytes:
    return hmac.digest(_derived(file_key, salt, b"header"), start, "sha256")


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])


def _to_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_text(text: JsonValue, size: int) -> bytes:
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError as error:
        raise _changed() from error
    if len(data) != size or _to_text(data) != text:
        raise _changed()
    return data


def _changed() -> Untrusted:
    return Untrusted(
        "E-HASH",
        "The sealed bundle was changed or is not whole",
        "Copy it again from the original medium, or ask its sender for another one.",
    )
