# SPDX-License-Identifier: Apache-2.0
"""Public keys and the key pairs of a writer.

* The algorithm is part of the key (it comes from the trust document), never of a signature: a
  P-256 point that calls itself Ed25519 is not a key at all.
* A public key under which anybody can sign, or that has two spellings, cannot be constructed.
* keyid = SHA-256 of the raw public key: 32 bytes for Ed25519, the 65-byte SEC1 point for P-256
  (formats.md F5). The id of a writer is the keyid of its Ed25519 key.
* Secrets are never printed: no `repr`, no comparison, no public attribute.
"""

import base64
import hashlib
import os
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import RandomBytes

Algorithm = Literal["ed25519", "p256"]

SECRET_BYTES = 32  # an Ed25519 seed and a P-256 scalar have the same length
ED25519_SIGNATURE_BYTES = 64
_ED25519_PUBLIC_BYTES = 32
_P256_PUBLIC_BYTES = 65  # 0x04, x, y: the only spelling taken; compressed points would be a second
_MAX_KEY_TEXT = 256  # an SPKI of P-256 has 124 characters of base64; more is not decoded

_FIELD = 2**255 - 19
_CURVE_D = -121665 * pow(121666, -1, _FIELD) % _FIELD
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# The eight points of order 1, 2, 4 and 8, and the two with a sign bit on x = 0. A signature can be
# made for such a key without any secret (RFC 8032 leaves the check to us).
_SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One public key with its algorithm; constructing it checks it.

    Args:
        alg: ``ed25519`` or ``p256``, from the trust document.
        raw: 32 bytes (Ed25519) or the 65-byte uncompressed SEC1 point (P-256).

    Raises:
        Untrusted: ``E-SIG`` if the bytes are no key of this algorithm, or a key of small order.
    """

    alg: Algorithm
    raw: bytes
    keyid: str = field(init=False, repr=False, compare=False)
    _loaded: Ed25519PublicKey | ec.EllipticCurvePublicKey = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_loaded", _load(self.alg, self.raw))
        object.__setattr__(self, "keyid", hashlib.sha256(self.raw).hexdigest())

    @property
    def hex(self) -> str:
        """Returns the raw key in hexadecimal, as trust documents carry it."""
        return self.raw.hex()

    @property
    def spki(self) -> str:
        """Returns the SubjectPublicKeyInfo (DER) in base64."""
        return base64.b64encode(
            self._loaded.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        ).decode()

    @property
    def pem(self) -> bytes:
        """Returns the SubjectPublicKeyInfo in PEM, as openssl reads it."""
        return self._loaded.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature over the message is this key's; never raises on bad bytes."""
        try:
            if isinstance(self._loaded, Ed25519PublicKey):
                if len(signature) != ED25519_SIGNATURE_BYTES:
                    return False
                self._loaded.verify(signature, message)
            else:
                self._loaded.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=4096)
def from_hex(alg: str, pub: str) -> PublicKey:
    """Reads a public key that somebody else wrote down.

    Args:
        alg: ``ed25519`` or ``p256``; anything else is refused.
        pub: The raw key in lower-case hexadecimal, the only spelling taken.

    Raises:
        Untrusted: ``E-SIG`` if it is not a sound key of that algorithm.
    """
    if alg not in {"ed25519", "p256"}:
        raise _bad_key("no known algorithm is named")
    try:
        raw = bytes.fromhex(pub) if len(pub) <= _MAX_KEY_TEXT else b""
    except ValueError:
        raw = b""
    if not raw or raw.hex() != pub:
        raise _bad_key("it is not lower-case hexadecimal")
    return PublicKey("ed25519" if alg == "ed25519" else "p256", raw)


def from_spki(text: str) -> PublicKey:
    """Reads a P-256 public key from base64 DER, the form of ``p256`` in trust documents.

    Raises:
        Untrusted: ``E-SIG`` if it is not a P-256 key in its one canonical spelling.
    """
    try:
        data = base64.b64decode(text, validate=True) if len(text) <= _MAX_KEY_TEXT else b""
        loaded = serialization.load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _bad_key("it is not a P-256 key in base64 DER") from error
    if not isinstance(loaded, ec.EllipticCurvePublicKey) or loaded.curve.name != "secp256r1":
        raise _bad_key("it is not a P-256 key in base64 DER")
    key = PublicKey("p256", _point(loaded))
    if key.spki != text:
        raise _bad_key("it is written in another form than ours")
    return key


def from_pem(data: bytes) -> PublicKey:
    """Reads a public key from PEM, as openssl writes it.

    Raises:
        Untrusted: ``E-SIG`` if it is no Ed25519 or P-256 key.
    """
    try:
        loaded = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _bad_key("it is no public key in PEM") from error
    if isinstance(loaded, Ed25519PublicKey):
        return PublicKey("ed25519", loaded.public_bytes_raw())
    if isinstance(loaded, ec.EllipticCurvePublicKey) and loaded.curve.name == "secp256r1":
        return PublicKey("p256", _point(loaded))
    raise _bad_key("it is neither Ed25519 nor P-256")


@dataclass(frozen=True, slots=True, eq=False)
class KeyPair:
    """The two secrets of one writer (trust.md section 0): Ed25519 for events, P-256 for files.

    Python cannot reliably wipe memory: keep a pair in few places and for a short time.
    """

    _ed25519: Ed25519PrivateKey = field(repr=False)
    _p256: ec.EllipticCurvePrivateKey = field(repr=False)
    ed25519_pub: PublicKey
    p256_pub: PublicKey

    @classmethod
    def generate(cls, random_bytes: RandomBytes = os.urandom) -> Self:
        """Makes a new writer's keys from a source of random bytes."""
        seed = random_bytes(SECRET_BYTES)
        scalar = random_bytes(SECRET_BYTES)
        while not 0 < int.from_bytes(scalar) < _P256_ORDER:
            scalar = random_bytes(SECRET_BYTES)
        return cls.from_secrets(seed, scalar)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Makes both keys from one seed of 32 bytes: for root keys, which have to fit on paper."""
        scalar = b""
        for number in range(256):  # the first fits but once in 2**32
            mixed = HKDF(
                algorithm=hashes.SHA256(), length=SECRET_BYTES, salt=None,
                info=b"strongroom/root/p256/%d" % number,
            )  # fmt: skip
            scalar = mixed.derive(seed)
            if 0 < int.from_bytes(scalar) < _P256_ORDER:
                break
        return cls.from_secrets(seed, scalar)

    @classmethod
    def from_secrets(cls, ed25519: bytes, p256: bytes) -> Self:
        """Rebuilds a pair from its 32-byte seed and 32-byte scalar.

        Raises:
            ValueError: If a secret has another length or the scalar is out of range.
        """
        if len(ed25519) != SECRET_BYTES or len(p256) != SECRET_BYTES:
            raise ValueError("a secret of another length")
        first = Ed25519PrivateKey.from_private_bytes(ed25519)
        second = ec.derive_private_key(int.from_bytes(p256), ec.SECP256R1())
        return cls(
            first,
            second,
            PublicKey("ed25519", first.public_key().public_bytes_raw()),
            PublicKey("p256", _point(second.public_key())),
        )

    @property
    def writer(self) -> str:
        """Returns the writer id: the keyid of the Ed25519 key."""
        return self.ed25519_pub.keyid

    @property
    def p256_spki(self) -> str:
        """Returns the P-256 public key as base64 DER, as trust documents carry it."""
        return self.p256_pub.spki

    def secrets(self) -> tuple[bytes, bytes]:
        """Returns the seed and the scalar, 32 bytes each; only the key file asks for them."""
        scalar = self._p256.private_numbers().private_value
        return self._ed25519.private_bytes_raw(), scalar.to_bytes(SECRET_BYTES)

    def sign_ed25519(self, message: bytes) -> bytes:
        """Returns the 64-byte Ed25519 signature over the message."""
        return self._ed25519.sign(message)

    def agree(self, point: bytes) -> bytes:
        """Returns the 32 bytes that only the two owners of this key and of a point can compute.

        Args:
            point: Somebody's P-256 key as the 65-byte SEC1 point.

        Raises:
            Untrusted: ``E-SIG`` if it is not a point on P-256.
        """
        return agree(self._p256, point)

    def sign_p256(self, message: bytes) -> bytes:
        """Returns the DER signature over SHA-256 of the message, the same each time where it can.

        OpenSSL before 3.2 has no deterministic ECDSA (RFC 6979); there each signature differs.
        """
        try:
            scheme = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        except UnsupportedAlgorithm:
            scheme = ec.ECDSA(hashes.SHA256())
        return self._p256.sign(message, scheme)


def agree(secret: ec.EllipticCurvePrivateKey, point: bytes) -> bytes:
    """Returns the shared secret of ECDH on P-256 with a 65-byte SEC1 point, checked to be one.

    Raises:
        Untrusted: ``E-SIG`` if it is not a point on P-256.
    """
    other = _load("p256", point)
    if not isinstance(other, ec.EllipticCurvePublicKey):  # pragma: no cover - the type says so
        raise TypeError("not a point")
    return secret.exchange(ec.ECDH(), other)


def _load(alg: Algorithm, raw: bytes) -> Ed25519PublicKey | ec.EllipticCurvePublicKey:
    if alg == "ed25519":
        _check_ed25519(raw)
        return Ed25519PublicKey.from_public_bytes(raw)
    if len(raw) != _P256_PUBLIC_BYTES or raw[0] != 4:
        raise _bad_key("it is not an uncompressed P-256 point")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as error:
        raise _bad_key("it is not a point on P-256") from error


def _check_ed25519(raw: bytes) -> None:
    """Refuses what is no point, has two spellings, or signs for everybody (RFC 8032, 5.1.3)."""
    if len(raw) != _ED25519_PUBLIC_BYTES:
        raise _bad_key("it has not the 32 bytes of an Ed25519 key")
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _FIELD:
        raise _bad_key("it is not in canonical form")
    if raw in _SMALL_ORDER:
        raise _bad_key("it has a small order, so anybody could sign for it")
    square = (y * y - 1) * pow(_CURVE_D * y * y + 1, -1, _FIELD) % _FIELD
    if pow(square, (_FIELD - 1) // 2, _FIELD) != 1:
        raise _bad_key("it is not a point on the curve")


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _bad_key(why: str) -> Untrusted:
    return Untrusted(
        "E-SIG",
        f"A public key is not usable: {why}",
        "Ask its owner to make a new identity and to hand in the request again.",
    )
