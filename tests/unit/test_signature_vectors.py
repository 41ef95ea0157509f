# SPDX-License-Identifier: Apache-2.0
"""Published vectors of signatures: the library's answer, ours, and the auditor's are one."""

import json
from pathlib import Path

import pytest

from strongroom.domain.errors import Untrusted
from strongroom.trust.keys import KeyPair, PublicKey, from_hex
from support.audit_script import load_script

VECTORS = json.loads((Path(__file__).parents[1] / "data/wycheproof/signatures.json").read_bytes())
CHECK = load_script()

RFC_8032 = (
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     ("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     ("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     ("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")),
    ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     ("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
     ("dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704")),
)  # fmt: skip
"""Secret, public key, message, signature of section 7.1: tests 1, 2, 3 and SHA(abc)."""


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_sign_and_verify_as_published(
    seed: str, public: str, message: str, signature: str
) -> None:
    pair = KeyPair.from_secrets(bytes.fromhex(seed), bytes(31) + b"\x01")
    assert pair.ed25519_pub.hex == public
    assert pair.sign_ed25519(bytes.fromhex(message)).hex() == signature
    assert from_hex("ed25519", public).verify(bytes.fromhex(signature), bytes.fromhex(message))


@pytest.mark.parametrize("alg", ["ed25519", "p256"])
def test_40_every_vector_of_wycheproof_gets_its_published_answer(alg: str) -> None:
    answers = {
        number: _holds(alg, public, message, signature)
        for number, _, public, message, signature, _ in VECTORS[alg]
    }
    assert answers == {row[0]: row[-1] for row in VECTORS[alg]}
    assert len(answers) == {"ed25519": 151, "p256": 484}[alg]


def test_40_the_auditors_own_arithmetic_gives_the_same_answers() -> None:
    for number, comment, public, message, signature, is_valid in VECTORS["ed25519"]:
        bytes_ = (bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
        assert CHECK.ed_verify(*bytes_, use_library=False) == is_valid, (number, comment)
    for number, comment, public, message, signature, is_valid in VECTORS["p256"][::12]:
        bytes_ = (bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
        assert CHECK.p_verify(*bytes_) == is_valid, (number, comment)


def _holds(alg: str, public: str, message: str, signature: str) -> bool:
    try:
        key: PublicKey = from_hex(alg, public)
    except Untrusted:
        return False
    return key.verify(bytes.fromhex(signature), bytes.fromhex(message))
