# SPDX-License-Identifier: Apache-2.0
"""The auditor's script and its own curves: RFC 8032 vectors, and what must never verify."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.audit_script import load_script

verify = load_script()
L = 2**252 + 27742317777372353535851937790883648493

RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.fixture(params=[True, False], ids=["library", "pure"])
def check(request):
    return lambda key, message, signature: verify.ed_verify(
        key, message, signature, use_library=request.param
    )


@pytest.mark.parametrize("vector", RFC_8032)
def test_the_vectors_of_rfc_8032_verify(check, vector):
    key, message, signature = map(bytes.fromhex, vector)
    assert check(key, message, signature)
    assert not check(key, message + b"x", signature)
    for place in range(64):
        flipped = bytearray(signature)
        flipped[place] ^= 1 << (place % 8)
        assert not check(key, message, bytes(flipped))


def test_a_signature_with_s_beyond_the_order_never_verifies(check):
    key, message, signature = map(bytes.fromhex, RFC_8032[1])
    s = int.from_bytes(signature[32:], "little") + L
    assert not check(key, message, signature[:32] + s.to_bytes(32, "little"))
    assert not check(key, message, signature[:63])
    assert not check(key, message, signature + b"\0")


# The eight points of small order, and their other spellings (y >= p, or a sign where x = 0).
SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("key", SMALL)
def test_keys_of_small_order_and_points_in_another_spelling_never_verify(check, key):
    raw = bytes.fromhex(key)
    for r in SMALL[:4]:
        assert not check(raw, b"any", bytes.fromhex(r) + bytes(32))


def test_a_signature_whose_r_is_spelled_otherwise_never_verifies(check):
    key, message, signature = map(bytes.fromhex, RFC_8032[0])
    assert not check(key, message, bytes.fromhex(SMALL[10]) + signature[32:])


def test_pure_python_and_the_library_agree_on_random_and_on_bent_signatures():
    for number in range(12):
        seed = hashlib.sha256(b"%d" % number).digest()
        secret = Ed25519PrivateKey.from_private_bytes(seed)
        key = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        signature = secret.sign(seed)
        for bent in (signature, signature[32:] + signature[:32], bytes(64), b"\xff" * 64):
            library = verify.ed_verify(key, seed, bent, use_library=True)
            assert library == verify.ed_verify(key, seed, bent, use_library=False)
            assert library == (bent == signature)


def test_p256_signatures_verify_as_in_openssl():
    for number in range(1, 5):
        secret = ec.derive_private_key(2**200 + number, ec.SECP256R1())
        key = secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        message = b"message %d" % number
        signature = secret.sign(message, ec.ECDSA(hashes.SHA256()))
        assert verify.p_verify(key, message, signature)
        assert not verify.p_verify(key, message + b"x", signature)
        for place in range(number, len(signature), 9):
            flipped = bytearray(signature)
            flipped[place] ^= 1 << (place % 8)
            try:
                secret.public_key().verify(bytes(flipped), message, ec.ECDSA(hashes.SHA256()))
            except InvalidSignature:
                assert not verify.p_verify(key, message, bytes(flipped))


@pytest.mark.parametrize(
    "signature", [b"", b"\x30\x00", bytes(8), bytes(72), b"\x30\x06\x02\x01\x00\x02\x01\x00",
                  b"\x30\x06\x02\x01\x01\x02\x01\x01", b"\xff" * 72],
)  # fmt: skip
def test_malformed_p256_signatures_and_points_never_verify(signature):
    secret = ec.derive_private_key(7, ec.SECP256R1())
    key = secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    good = secret.sign(b"m", ec.ECDSA(hashes.SHA256()))
    assert verify.p_verify(key, b"m", good)
    assert not verify.p_verify(key, b"m", signature)
    assert not verify.p_verify(b"", b"m", good)
    assert not verify.p_verify(b"\x04" + bytes(64), b"m", good)
