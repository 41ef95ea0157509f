# SPDX-License-Identifier: Apache-2.0
"""Keys: one algorithm, one spelling, and no key under which anybody can sign."""

import base64
import hashlib
import os
import random
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Untrusted
from strongroom.trust.keys import KeyPair, PublicKey, from_hex, from_spki
from strongroom.trust.signer import Ed25519Signer, P256Signer, Signer

FIELD = 2**255 - 19
CURVE_D = -121665 * pow(121666, -1, FIELD) % FIELD
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Point = tuple[int, int]

MINE = KeyPair.generate(random.Random(1).randbytes)


def add(p: Point, q: Point) -> Point:
    """Adds two points of edwards25519, written from the textbook formula."""
    cross = CURVE_D * p[0] * q[0] * p[1] * q[1]
    x = (p[0] * q[1] + q[0] * p[1]) * pow(1 + cross, -1, FIELD)
    y = (p[1] * q[1] + p[0] * q[0]) * pow(1 - cross, -1, FIELD)
    return x % FIELD, y % FIELD


def decompress(raw: bytes) -> Point | None:
    """Returns the point of an encoding, leniently, or None if there is none."""
    value = int.from_bytes(raw, "little")
    sign, y = value >> 255, (value & (2**255 - 1)) % FIELD
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    if (x * x - square) % FIELD:
        return None
    return (FIELD - x if x % 2 != sign else x) % FIELD, y


def times(count: int, point: Point) -> Point:
    result = (0, 1)
    while count:
        if count & 1:
            result = add(result, point)
        point = add(point, point)
        count >>= 1
    return result


def compress(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def small_order_encodings() -> set[bytes]:
    """Computes every encoding, canonical or not, of every point whose order divides 8."""
    seed, found = 2, set()
    while len(found) < 8:
        point = decompress(seed.to_bytes(32, "little"))
        seed += 1
        if point is not None:
            torsion = times(GROUP_ORDER, point)
            found |= {times(count, torsion) for count in range(8)}
    encodings = set()
    for _, y in found:
        for spelling in (y, y + FIELD):
            if spelling < 2**255:
                for sign in (0, 1):
                    encodings.add((spelling | sign << 255).to_bytes(32, "little"))
    return encodings


def code_of(alg: str, pub: str) -> str:
    with pytest.raises(Untrusted) as caught:
        from_hex(alg, pub)
    assert caught.value.advice
    return caught.value.code


# ---------------------------------------------------------------- what they are for


def test_the_first_vector_of_rfc_8032_signs_as_published() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    pair = KeyPair.from_secrets(seed, b"\x01" * 32)
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert pair.ed25519_pub.hex == public
    assert pair.sign_ed25519(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert from_hex("ed25519", public).verify(pair.sign_ed25519(b""), b"")


def test_the_p256_vector_of_rfc_6979_signs_as_published() -> None:
    scalar = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
    pair = KeyPair.from_secrets(b"\x01" * 32, bytes.fromhex(scalar))
    r, s = decode_dss_signature(pair.sign_p256(b"sample"))
    assert f"{r:064x}" == "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    assert f"{s:064x}" == "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"


def test_key_ids_are_the_digests_of_the_raw_keys() -> None:
    assert MINE.writer == hashlib.sha256(MINE.ed25519_pub.raw).hexdigest()
    assert len(MINE.ed25519_pub.raw) == 32
    assert MINE.p256_pub.keyid == hashlib.sha256(MINE.p256_pub.raw).hexdigest()
    assert len(MINE.p256_pub.raw) == 65
    assert MINE.p256_pub.raw[0] == 4


def test_signers_sign_with_the_key_they_name() -> None:
    signers: list[tuple[Signer, PublicKey]] = [
        (Ed25519Signer(MINE), MINE.ed25519_pub),
        (P256Signer(MINE), MINE.p256_pub),
    ]
    for signer, key in signers:
        assert signer.keyid == key.keyid
        assert key.verify(signer.sign(b"message"), b"message")
        assert not key.verify(signer.sign(b"message"), b"massage")


def test_a_pair_comes_back_from_its_secrets() -> None:
    again = KeyPair.from_secrets(*MINE.secrets())
    assert again.writer == MINE.writer
    assert again.p256_spki == MINE.p256_spki


def test_two_pairs_from_the_machine_differ() -> None:
    assert KeyPair.generate().writer != KeyPair.generate(os.urandom).writer


def test_a_random_scalar_out_of_range_is_drawn_again() -> None:
    drawn = iter([b"\x05" * 32, b"\xff" * 32, b"\x00" * 32, P256_ORDER.to_bytes(32), b"\x07" * 32])
    pair = KeyPair.generate(lambda count: next(drawn))
    assert pair.secrets() == (b"\x05" * 32, b"\x07" * 32)


def test_secrets_are_never_printed() -> None:
    seed, scalar = MINE.secrets()
    for text in (repr(MINE), str(MINE), repr(Ed25519Signer(MINE)), f"{P256Signer(MINE)}"):
        assert seed.hex() not in text
        assert scalar.hex() not in text
        assert repr(seed)[2:-1] not in text
        assert "PrivateKey" not in text


@pytest.mark.parametrize("lengths", [(31, 32), (33, 32), (32, 31), (32, 33), (0, 32), (32, 0)])
def test_secrets_of_another_length_are_refused(lengths: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="length"):
        KeyPair.from_secrets(b"\x01" * lengths[0], b"\x01" * lengths[1])


def test_openssl_accepts_both_signatures(tmp_path: Path) -> None:
    (tmp_path / "message").write_bytes(b"tag manifest\n")
    (tmp_path / "ed.pem").write_bytes(MINE.ed25519_pub.pem)
    (tmp_path / "ec.pem").write_bytes(MINE.p256_pub.pem)
    (tmp_path / "ed.sig").write_bytes(MINE.sign_ed25519(b"tag manifest\n"))
    (tmp_path / "ec.sig").write_bytes(MINE.sign_p256(b"tag manifest\n"))
    for command in (
        "openssl dgst -sha256 -verify ec.pem -signature ec.sig message",
        "openssl pkeyutl -verify -pubin -inkey ed.pem -rawin -in message -sigfile ed.sig",
    ):
        done = subprocess.run(
            command.split(), cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- signatures that are not


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_no_signature_and_never_crash(signature: bytes) -> None:
    assert not MINE.ed25519_pub.verify(signature, b"message")
    assert not MINE.p256_pub.verify(signature, b"message")


@pytest.mark.parametrize("key", [MINE.ed25519_pub, MINE.p256_pub], ids=["ed25519", "p256"])
def test_every_bit_of_a_signature_flipped_is_found(key: PublicKey) -> None:
    signer = Ed25519Signer(MINE) if key.alg == "ed25519" else P256Signer(MINE)
    signature = signer.sign(b"message")
    for bit in range(len(signature) * 8):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << (bit % 8)
        assert not key.verify(bytes(changed), b"message"), bit


def test_a_longer_or_shorter_signature_is_refused() -> None:
    for key, signature in (
        (MINE.ed25519_pub, MINE.sign_ed25519(b"m")),
        (MINE.p256_pub, MINE.sign_p256(b"m")),
    ):
        assert key.verify(signature, b"m")
        for other in (signature + b"\0", signature[:-1], b"\0" + signature, b""):
            assert not key.verify(other, b"m")


@pytest.mark.parametrize("multiple", [1, 2, 7])
def test_s_beyond_the_group_order_is_refused(multiple: int) -> None:
    signature = MINE.sign_ed25519(b"message")
    s = int.from_bytes(signature[32:], "little") + multiple * GROUP_ORDER
    assert not MINE.ed25519_pub.verify(signature[:32] + s.to_bytes(32, "little"), b"message")


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 0), (0, 1), (1, 0), (1, 1), (P256_ORDER, 1), (1, P256_ORDER), (P256_ORDER + 1, 1)],
)
def test_degenerate_p256_signatures_are_refused(r: int, s: int) -> None:
    assert not MINE.p256_pub.verify(encode_dss_signature(r, s), b"message")
    assert not MINE.p256_pub.verify(encode_dss_signature(r, s), b"")


def test_a_p256_signature_in_non_canonical_der_is_refused() -> None:
    signature = MINE.sign_p256(b"message")
    assert signature[0] == 0x30
    long_length = b"\x30\x81" + signature[1:]
    trailing = bytes([0x30, signature[1] + 2]) + signature[2:] + b"\x05\x00"
    for other in (long_length, trailing, signature + b"\x00\x00"):
        assert not MINE.p256_pub.verify(other, b"message")


def test_another_algorithms_signature_is_refused() -> None:
    assert not MINE.ed25519_pub.verify(MINE.sign_p256(b"message"), b"message")
    assert not MINE.p256_pub.verify(MINE.sign_ed25519(b"message"), b"message")


# ---------------------------------------------------------------- keys that are not


def test_every_small_order_key_in_every_spelling_is_refused() -> None:
    encodings = small_order_encodings()
    assert len(encodings) == 14
    for raw in encodings:
        assert code_of("ed25519", raw.hex()) == "E-SIG"


def test_a_small_order_key_would_let_anybody_sign() -> None:
    """The reason for the rule: with the identity as key, R = B·0 and S = 0 fit every message."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    identity = compress((0, 1))
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"any message")


@pytest.mark.parametrize("low", range(19))
def test_a_non_canonical_ed25519_key_is_refused(low: int) -> None:
    for sign in (0, 1 << 255):
        assert code_of("ed25519", (FIELD + low + sign).to_bytes(32, "little").hex()) == "E-SIG"


def test_an_ed25519_key_off_the_curve_is_refused() -> None:
    source = random.Random(3)
    refused = 0
    for _ in range(100):
        raw = source.randbytes(31) + b"\x11"
        if decompress(raw) is None:
            assert code_of("ed25519", raw.hex()) == "E-SIG"
            refused += 1
        else:
            from_hex("ed25519", raw.hex())
    assert 20 < refused < 80


def test_a_p256_key_that_calls_itself_ed25519_is_refused_and_the_other_way_round() -> None:
    assert code_of("ed25519", MINE.p256_pub.hex) == "E-SIG"
    assert code_of("p256", MINE.ed25519_pub.hex) == "E-SIG"


@pytest.mark.parametrize("alg", ["", "ED25519", "rsa", "none", "p-256", "ed25519 ", "p384"])
def test_an_unknown_algorithm_is_refused(alg: str) -> None:
    assert code_of(alg, MINE.ed25519_pub.hex) == "E-SIG"


@pytest.mark.parametrize(
    "spelling",
    [
        str.upper,
        lambda pub: " " + pub,
        lambda pub: pub + "\n",
        lambda pub: pub[:2] + " " + pub[2:],
        lambda pub: pub[:-2],
        lambda pub: pub + "00",
        lambda pub: pub[:-1],
        lambda pub: "",
        lambda pub: "zz" * 32,
        lambda pub: "é" * 32,
        lambda pub: pub * 10_000,
    ],
)
@pytest.mark.parametrize("alg", ["ed25519", "p256"])
def test_a_key_in_another_spelling_is_refused(alg: str, spelling) -> None:
    key = MINE.ed25519_pub if alg == "ed25519" else MINE.p256_pub
    assert from_hex(alg, key.hex) == key
    assert code_of(alg, spelling(key.hex)) == "E-SIG"


def test_a_point_off_p256_or_compressed_or_at_infinity_is_refused() -> None:
    raw = MINE.p256_pub.raw
    compressed = bytes([2 + raw[-1] % 2]) + raw[1:33]
    hybrid = bytes([6 + raw[-1] % 2]) + raw[1:]
    off = raw[:-1] + bytes([raw[-1] ^ 1])
    for other in (compressed, hybrid, off, b"\x00", b"\x04" + bytes(64), b"\x04" + b"\xff" * 64):
        assert code_of("p256", other.hex()) == "E-SIG"


def test_an_spki_comes_back_and_other_spellings_are_refused() -> None:
    assert from_spki(MINE.p256_spki) == MINE.p256_pub
    der = serialization.Encoding.DER
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    other_curve = ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(der, spki)
    k1 = ec.generate_private_key(ec.SECP256K1()).public_key().public_bytes(der, spki)
    big = rsa.generate_private_key(65537, 2048).public_key().public_bytes(der, spki)
    point = MINE.p256_pub.raw
    header = base64.b64decode(MINE.p256_spki)[: -len(point)]
    compressed = bytearray(header + bytes([2 + point[-1] % 2]) + point[1:33])
    compressed[1] -= 32
    compressed[-35] -= 32
    for data in (other_curve, k1, big, bytes(compressed), b"", b"\x30\x00"):
        with pytest.raises(Untrusted):
            from_spki(base64.b64encode(data).decode())
    for text in (
        MINE.p256_spki + "\n",
        MINE.p256_spki.rstrip("="),
        MINE.ed25519_pub.spki,
        "é",
        "A" * 1_000_000,
        MINE.p256_pub.pem.decode(),
    ):
        with pytest.raises(Untrusted):
            from_spki(text)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["ed25519", "p256"]), st.binary(max_size=70))
def test_any_bytes_are_a_sound_key_or_refused(alg: str, raw: bytes) -> None:
    try:
        key = from_hex(alg, raw.hex())
    except Untrusted:
        return
    assert key.raw == raw
    assert not key.verify(MINE.sign_ed25519(b"m"), b"m")
