# SPDX-License-Identifier: Apache-2.0
"""An enrolment request as a line of text that fits a QR code and stands a keyboard.

* The code holds what differs between requests; the reader rebuilds the file byte for byte, so
  file and code have one fingerprint and go the same road afterwards (ADR 27).
* Base32: capital letters and digits alone. A scanner that types, a chat and a pencil carry it;
  blanks and line ends mean nothing, so a broken line still reads.
* A code proves nothing: what it rebuilds is verified like a file from a stranger.
"""

import base64
import binascii
import re

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from strongroom.domain import canonical
from strongroom.domain.errors import Untrusted
from strongroom.trust import envelope
from strongroom.trust.enrolment import MAX_REQUEST_BYTES, read_request, request_statement
from strongroom.trust.envelope import MAX_SIGNATURE_BYTES, Signature
from strongroom.trust.keys import PublicKey

PREFIX = "SR1"  # the kind of code and its version; the rest is base32
MAX_CODE_CHARACTERS = 2_400  # name and host of 120 characters each in four-byte letters
_COMPRESSED = 33  # bytes of a P-256 point without its second half
_SHAPE = re.compile(r"SR1[:]?([A-Z2-7]+)")


def write_code(raw: bytes) -> str:
    """Returns the code of an enrolment request.

    Raises:
        Untrusted: If the request does not hold, or is none that a code can carry.
    """
    request = read_request(raw)
    parsed = envelope.parse(raw, max_bytes=MAX_REQUEST_BYTES)
    predicate = parsed.document["predicate"]
    own = PublicKey("ed25519", bytes.fromhex(request.pub)) if request.alg == "ed25519" else None
    if own is None:
        raise _unreadable("its key is not Ed25519; give the file instead")
    by_key = {one.keyid: one.sig for one in parsed.signatures}
    second = next(sig for keyid, sig in by_key.items() if keyid != own.keyid)
    packed = b"".join(
        (
            bytes((int(request.is_log_only),)),
            bytes.fromhex(predicate["nonce"]),
            own.raw,
            _compressed(request.p256),
            by_key[own.keyid],
            *map(
                _counted,
                (second, request.name.encode(), request.host.encode(), request.app.encode()),
            ),
        )
    )
    code = f"{PREFIX}:{_base32(packed + binascii.crc32(packed).to_bytes(4))}"
    if len(code) > MAX_CODE_CHARACTERS or read_code(code) != raw:
        raise _unreadable("it was made by another program; give the file instead")
    return code


def read_code(text: str) -> bytes:
    """Returns the bytes of the request that a code stands for; they are not verified here.

    Raises:
        Untrusted: ``E-SIZE`` or ``E-FORMAT``; the advice says how to try again.
    """
    plain = "".join(text.split()).upper()
    if len(plain) > MAX_CODE_CHARACTERS:
        raise Untrusted("E-SIZE", "This is longer than the code of a request", _AGAIN)
    found = _SHAPE.fullmatch(plain)
    if found is None:
        raise _unreadable(f"it does not begin with {PREFIX} or holds other signs")
    letters = found.group(1)
    try:
        packed = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except binascii.Error as error:
        raise _unreadable("a part of it is missing") from error
    body, told = packed[:-4], packed[-4:]
    if binascii.crc32(body).to_bytes(4) != told or _base32(packed) != letters:
        raise _unreadable("a letter is wrong or missing")
    return _rebuilt(_Bytes(body))


def request_in(raw: bytes) -> bytes:
    """Returns the request that a file holds, be it the request itself or its code as text.

    Raises:
        Untrusted: As `read_code`.
    """
    if raw[: len(PREFIX)].upper() != PREFIX.encode():
        return raw
    return read_code(raw[: MAX_REQUEST_BYTES + 1].decode("ascii", "replace"))


class _Bytes:
    """Takes pieces off the front of some bytes, and never more than there are."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if len(piece) != count:
            raise _unreadable("a part of it is missing")
        self._at += count
        return piece

    def counted(self, limit: int = 0xFFFF) -> bytes:
        count = int.from_bytes(self.take(2))
        if count > limit:
            raise _unreadable("a part of it is too long")
        return self.take(count)

    def text(self) -> str:
        try:
            return self.counted().decode()
        except UnicodeDecodeError as error:
            raise _unreadable("a name in it is not text") from error

    def end(self) -> None:
        if self._at != len(self._data):
            raise _unreadable("it goes on after its end")


def _rebuilt(data: _Bytes) -> bytes:
    flag, nonce = data.take(1), data.take(16).hex()
    own = PublicKey("ed25519", data.take(32))
    second = _point(data.take(_COMPRESSED))
    own_sig, second_sig = data.take(64), data.counted(MAX_SIGNATURE_BYTES)
    name, host, app = data.text(), data.text(), data.text()
    data.end()
    if flag not in {b"\0", b"\1"}:
        raise _unreadable("it says something that is not known here")
    statement = request_statement(
        own.keyid,
        name=name,
        host=host,
        pub=own.hex,
        p256=second.spki,
        app=app,
        nonce=nonce,
        is_log_only=flag == b"\1",
    )
    signatures = (Signature(own.keyid, own_sig), Signature(second.keyid, second_sig))
    return envelope.assemble(canonical.encode(statement), signatures)


def _compressed(spki: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(base64.b64decode(spki))
    assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101 - `read_request` saw to it
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def _point(compressed: bytes) -> PublicKey:
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), compressed)
    except ValueError as error:
        raise _unreadable("a key in it is no key") from error
    return PublicKey("p256", key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=")


_AGAIN = "Scan it again, or take the request as a file."


def _unreadable(why: str) -> Untrusted:
    return Untrusted("E-FORMAT", f"This is not the code of an enrolment request: {why}", _AGAIN)
