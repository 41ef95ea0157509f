# SPDX-License-Identifier: Apache-2.0
"""Merkle trees and signed notes against published vectors, and against a second, plain reading."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Untrusted
from strongroom.trust import merkle
from strongroom.trust.checkpoint import (
    SignedCheckpoint,
    checkpoint_of,
    read_checkpoint,
    sign_checkpoint,
)
from strongroom.trust.keys import KeyPair
from strongroom.trust.note import MAX_NOTE_BYTES, parse_note, read_vkey
from strongroom.trust.signer import Ed25519Signer
from support.team_builder import key_of

TEAM = "ab" * 32

# Certificate Transparency's reference tree: eight entries and the root of each size.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]

# The note and the key in the documentation of golang.org/x/mod/sumdb/note, which C2SP describes.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
).encode()


def test_the_roots_of_the_reference_tree_are_as_published() -> None:
    assert merkle.EMPTY == hashlib.sha256().digest() == merkle.root_of([])
    assert [merkle.root_of(LEAVES[:n]).hex() for n in range(1, 9)] == list(ROOTS)


def test_the_proofs_of_the_reference_tree_are_as_published() -> None:
    shown = [node.hex() for node in merkle.inclusion_proof(LEAVES, 5)]
    assert shown == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    shown = [node.hex() for node in merkle.consistency_proof(LEAVES, 6)]
    assert shown == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.data())
def test_any_tree_proves_each_leaf_and_each_earlier_tree_and_nothing_else(
    size: int, data: st.DataObject
) -> None:
    leaves = [merkle.leaf_hash(b"%d" % n) for n in range(size)]
    root = merkle.root_of(leaves)
    assert root == plain_root(leaves)
    at, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    proof = merkle.inclusion_proof(leaves, at)
    assert merkle.is_included(leaves[at], at, size, proof, root)
    other = data.draw(st.integers(0, size - 1))
    assert merkle.is_included(leaves[at], other, size, proof, root) == (other == at)
    assert not merkle.is_included(merkle.leaf_hash(b"forged"), at, size, proof, root)
    assert not merkle.is_included(leaves[at], at, size, [*proof, root], root)
    grown = merkle.consistency_proof(leaves, old)
    before = merkle.root_of(leaves[:old])
    assert merkle.is_consistent(old, before, size, root, grown)
    assert not merkle.is_consistent(old, bytes(32), size, root, grown)
    assert not merkle.is_consistent(old, before, size, bytes(32), grown)
    assert not merkle.is_consistent(old, before, size, root, [*grown, root])
    for place in range(len(grown)):
        bent = [*grown[:place], bytes(32), *grown[place + 1 :]]
        assert not merkle.is_consistent(old, before, size, root, bent)


def test_proofs_of_what_is_not_there_are_not_made() -> None:
    for index in (-1, 8):
        with pytest.raises(ValueError, match="no such leaf"):
            merkle.inclusion_proof(LEAVES, index)
    for size in (0, 9):
        with pytest.raises(ValueError, match="no such earlier tree"):
            merkle.consistency_proof(LEAVES, size)
    assert not merkle.is_consistent(3, merkle.root_of(LEAVES[:3]), 8, merkle.root_of(LEAVES), [])
    assert not merkle.is_consistent(9, LEAVES[0], 8, LEAVES[0], [])


def test_the_published_note_verifies_under_the_published_key() -> None:
    name, key = read_vkey(VKEY)
    note = parse_note(NOTE)
    assert note.to_bytes() == NOTE
    assert note.is_signed_by(name, key)
    assert not note.is_signed_by("SomebodyElse", key)
    bent = parse_note(NOTE.replace(b"problem is", b"problem iz"))
    assert not bent.is_signed_by(name, key)


@pytest.mark.parametrize(
    "bent",
    [
        VKEY.replace("+", "+0", 1),
        VKEY.partition("+")[2],
        f"Somebody{VKEY}",
        VKEY.replace("+A", "+B"),
        "+".join(VKEY.split("+")[:2]) + "+",
    ],
)
def test_a_verifier_key_that_is_not_what_it_hints_at_is_refused(bent: str) -> None:
    with pytest.raises(Untrusted) as caught:
        read_vkey(bent)
    assert caught.value.code in {"E-CANON", "E-SIG"}


def test_a_note_is_bounded_before_it_is_read() -> None:
    with pytest.raises(Untrusted) as caught:
        parse_note(b"x" * (MAX_NOTE_BYTES + 1))
    assert caught.value.code == "E-SIZE"


def test_the_published_checkpoint_of_c2sp_is_read_as_it_is_written() -> None:
    raw = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhc"
        "yv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX"
        "3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    ).encode()
    note = parse_note(raw)
    assert [one.name for one in note.signatures] == [
        "example.com/behind-the-sofa", "witness.example.com/w1",
    ]  # fmt: skip
    assert int.from_bytes(note.signatures[1].sig[:8]) == 1679315147
    with pytest.raises(Untrusted, match="no checkpoint of a log of ours"):
        read_checkpoint(raw)


def signed(count: int = 5) -> tuple[SignedCheckpoint, KeyPair]:
    pair = key_of("Ada")
    checkpoint = checkpoint_of(TEAM, pair.writer, [b"%d" % n for n in range(count)])
    return sign_checkpoint(checkpoint, Ed25519Signer(pair), pair.ed25519_pub), pair


def test_a_checkpoint_is_three_lines_its_writer_signs_and_a_witness_cosigns() -> None:
    made, ada = signed()
    wim = key_of("Wim")
    twice = made.cosigned(Ed25519Signer(wim), wim.ed25519_pub, 1_795_420_000)
    back = read_checkpoint(twice.note.to_bytes())
    assert back == twice
    origin, size, root = back.note.text.splitlines()
    assert origin == f"strongroom/{TEAM}/{ada.writer}"
    assert (size, len(base64.b64decode(root))) == ("5", 32)
    assert back.is_signed_by(ada.ed25519_pub)
    assert not back.is_signed_by(wim.ed25519_pub)
    keys = {wim.writer: wim.ed25519_pub, ada.writer: ada.ed25519_pub}
    assert back.witnesses(keys) == {wim.writer: 1_795_420_000}


def test_no_changed_inserted_or_deleted_byte_of_a_checkpoint_still_says_something_else() -> None:
    made, ada = signed()
    raw = made.note.to_bytes()
    bent = [
        raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :]
        for at in range(len(raw))
        for mask in (0x01, 0x20, 0x80, 0xFF)
    ]
    bent += [raw[:at] + raw[at + 1 :] for at in range(len(raw))]
    bent += [
        raw[:at] + byte + raw[at:] for at in range(len(raw) + 1) for byte in (b"0", b"\n", b" ")
    ]
    for each in bent:
        try:
            found = read_checkpoint(each)
        except Untrusted as refused:
            assert refused.code in {"E-CANON", "E-FORMAT", "E-SIZE"}  # noqa: PT017
        else:
            assert not found.is_signed_by(ada.ed25519_pub)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_no_note_and_never_crash(data: bytes) -> None:
    with pytest.raises(Untrusted):
        read_checkpoint(data)
