# SPDX-License-Identifier: Apache-2.0
"""Enrolment requests: both keys sign, and the words to compare change with any byte."""

import pytest

from strongroom.domain.errors import Untrusted
from strongroom.trust import envelope
from strongroom.trust.enrolment import MAX_NAME, read_request, write_request
from strongroom.trust.signer import Ed25519Signer, P256Signer
from support.team_builder import key_of


def written(name: str = "Mara Lindqvist", who: str = "Mara", *, is_log_only: bool = False) -> bytes:
    return write_request(
        key_of(who),
        name=name,
        host="ws-12",
        app="strongroom/0.1.0",
        is_log_only=is_log_only,
        random_bytes=bytes,
    )


def test_a_request_tells_who_asks_with_which_keys():
    request = read_request(written())
    key = key_of("Mara")
    assert (request.writer, request.name, request.host) == (key.writer, "Mara Lindqvist", "ws-12")
    assert (request.pub, request.p256) == (key.ed25519_pub.hex, key.p256_spki)
    assert not request.is_log_only
    assert read_request(written(is_log_only=True)).is_log_only


def test_42_a_request_swapped_on_the_stick_reads_out_as_other_words():
    honest, swapped = read_request(written()), read_request(written(who="Eve"))
    assert swapped.name == honest.name
    assert swapped.fingerprint != honest.fingerprint
    assert len(honest.fingerprint.digits.split()) == 8
    assert len(set(honest.fingerprint.words) & set(swapped.fingerprint.words)) < 3


def test_no_flipped_byte_passes():
    raw = written()
    for place in range(len(raw)):
        with pytest.raises(Untrusted):
            read_request(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])


def test_a_request_that_one_of_its_keys_did_not_sign_is_refused():
    document = envelope.parse(written(), max_bytes=10**5).document
    mara, eve = key_of("Mara"), key_of("Eve")
    for signers in (
        [Ed25519Signer(mara)],
        [P256Signer(mara)],
        [Ed25519Signer(mara), P256Signer(eve)],
        [Ed25519Signer(mara), P256Signer(mara), Ed25519Signer(eve)],
    ):
        with pytest.raises(Untrusted, match="E-SIG"):
            read_request(envelope.seal(document, signers))


@pytest.mark.parametrize("name", ["", "   ", "x" * (MAX_NAME + 1)])
def test_a_name_that_is_none_is_refused(name: str):
    with pytest.raises(Untrusted, match="E-FORMAT"):
        read_request(written(name))


def test_other_bytes_are_refused_before_they_are_read():
    with pytest.raises(Untrusted, match="E-SIZE"):
        read_request(b"x" * 20_000)
    with pytest.raises(Untrusted, match="E-CANON"):
        read_request(b"not a request")
    document = envelope.parse(written(), max_bytes=10**5).document
    mara = key_of("Mara")
    other = {**document, "predicateType": "urn:strongroom:event:v1"}
    with pytest.raises(Untrusted, match="E-FORMAT"):
        read_request(envelope.seal(other, [Ed25519Signer(mara), P256Signer(mara)]))
