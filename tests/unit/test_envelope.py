# SPDX-License-Identifier: Apache-2.0
"""Envelopes: one spelling, and every change is found."""

import base64
import json
import random
import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain import canonical
from strongroom.domain.errors import Untrusted
from strongroom.trust.envelope import (
    MAX_EVENT_BYTES,
    MAX_SIGNATURES,
    PAYLOAD_TYPE,
    Envelope,
    Signature,
    assemble,
    pae,
    parse,
    seal,
)
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer, P256Signer

ORDER = 2**252 + 27742317777372353535851937790883648493


@cache
def pair(number: int = 0) -> KeyPair:
    source = random.Random(number)
    return KeyPair.generate(source.randbytes)


def event(comment: str = "it holds on the hold-out set") -> dict[str, object]:
    digest = "5d" * 32
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "churn/7", "digest": {"sha256": digest}}],
        "predicateType": "urn:strongroom:event:v1",
        "predicate": {
            "team": digest,
            "writer": pair().writer,
            "seq": 17,
            "prev": digest,
            "trust": {"version": 7, "id": digest},
            "seen": {pair(1).writer: [40, digest]},
            "time": "2026-11-23T04:10:11.123456Z",
            "app": "strongroom/0.1.0",
            "type": "stage.comment",
            "body": {"request": digest, "text": comment},
        },
    }


@cache
def sealed() -> bytes:
    return seal(event(), [Ed25519Signer(pair())])


def read(raw: bytes) -> Envelope:
    return parse(raw, max_bytes=MAX_EVENT_BYTES)


def is_accepted(raw: bytes) -> bool:
    """Whether the strict reader takes the bytes and the writer's key stands behind them."""
    try:
        found = read(raw)
    except Untrusted:
        return False
    key = pair().ed25519_pub
    return any(
        one.keyid == key.keyid and key.verify(one.sig, found.signed_bytes)
        for one in found.signatures
    )


def respell(**changes: object) -> bytes:
    """Writes the envelope again, canonically, with other values."""
    return canonical.encode({**json.loads(sealed()), **changes})


def code_of(raw: bytes, max_bytes: int = MAX_EVENT_BYTES) -> str:
    with pytest.raises(Untrusted) as caught:
        parse(raw, max_bytes=max_bytes)
    assert caught.value.title
    assert caught.value.advice
    return caught.value.code


def with_payload(payload: bytes) -> bytes:
    message = pae(PAYLOAD_TYPE, payload)
    signer = Ed25519Signer(pair())
    return assemble(payload, [Signature(signer.keyid, signer.sign(message))])


# ---------------------------------------------------------------- what it is for


def test_a_sealed_document_comes_back_with_its_payload_and_its_id() -> None:
    found = read(sealed())
    assert found.document == event()
    assert found.payload == canonical.encode(event())
    assert found.payload_id == canonical.digest(event())
    assert found.raw == sealed()
    assert is_accepted(sealed())


def test_the_published_example_of_dsse_has_the_published_encoding() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected


def test_lengths_in_the_encoding_count_bytes_not_characters() -> None:
    assert pae("é", "ü".encode()) == "DSSEv1 2 é 2 ü".encode()


def test_several_signers_are_sorted_by_key_and_each_covers_the_payload() -> None:
    pairs = [pair(number) for number in range(5)]
    raw = seal(event(), [Ed25519Signer(one) for one in pairs])
    found = read(raw)
    assert [one.keyid for one in found.signatures] == sorted(one.writer for one in pairs)
    keys = {one.writer: one.ed25519_pub for one in pairs}
    assert all(keys[one.keyid].verify(one.sig, found.signed_bytes) for one in found.signatures)


def test_a_co_signature_made_later_joins_without_touching_the_payload() -> None:
    first = read(sealed())
    second = Ed25519Signer(pair(1))
    added = Signature(second.keyid, second.sign(first.signed_bytes))
    both = read(assemble(first.payload, [*first.signatures, added]))
    assert both.payload_id == first.payload_id
    assert len(both.signatures) == 2


def test_a_p256_signature_fits_an_envelope() -> None:
    found = read(seal(event(), [P256Signer(pair())]))
    assert pair().p256_pub.verify(found.signatures[0].sig, found.signed_bytes)


def test_sealing_twice_gives_the_same_bytes() -> None:
    assert seal(event(), [Ed25519Signer(pair())]) == sealed()


def test_reading_an_event_takes_less_than_200_microseconds() -> None:
    raw = sealed()
    assert 900 < len(raw) < 1500
    fastest = min(_timed(raw) for _ in range(200))
    assert fastest < 200e-6


def _timed(raw: bytes) -> float:
    begun = time.perf_counter()
    read(raw)
    return time.perf_counter() - begun


# ---------------------------------------------------------------- flips


def test_every_bit_of_every_byte_flipped_is_refused() -> None:
    raw = sealed()
    taken = [
        (at, bit)
        for at in range(len(raw))
        for bit in range(8)
        if is_accepted(raw[:at] + bytes([raw[at] ^ (1 << bit)]) + raw[at + 1 :])
    ]
    assert taken == []


def test_every_byte_replaced_by_telling_values_is_refused() -> None:
    raw = sealed()
    values = b'\x00\n "\\{,=+-Az0\x80\xff'
    taken = [
        (at, value)
        for at in range(len(raw))
        for value in values
        if raw[at] != value and is_accepted(raw[:at] + bytes([value]) + raw[at + 1 :])
    ]
    assert taken == []


def test_all_255_changes_of_every_byte_of_a_short_envelope_are_refused() -> None:
    raw = seal({"a": "é"}, [Ed25519Signer(pair())])
    assert is_accepted(raw)
    taken = [
        (at, change)
        for at in range(len(raw))
        for change in range(1, 256)
        if is_accepted(raw[:at] + bytes([raw[at] ^ change]) + raw[at + 1 :])
    ]
    assert taken == []


def test_every_byte_deleted_or_doubled_is_refused() -> None:
    raw = sealed()
    deleted = [at for at in range(len(raw)) if is_accepted(raw[:at] + raw[at + 1 :])]
    doubled = [at for at in range(len(raw)) if is_accepted(raw[: at + 1] + raw[at:])]
    assert (deleted, doubled) == ([], [])


@pytest.mark.parametrize("byte", b' \n\r\t\x00"=,A0')
def test_a_byte_inserted_anywhere_is_refused(byte: int) -> None:
    raw = sealed()
    taken = [at for at in range(len(raw) + 1) if is_accepted(raw[:at] + bytes([byte]) + raw[at:])]
    assert taken == []


def test_every_truncation_is_refused() -> None:
    raw = sealed()
    assert [end for end in range(len(raw)) if is_accepted(raw[:end])] == []


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_never_crash(data: bytes) -> None:
    assert not is_accepted(data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_stretch_replaced_is_refused(data: st.DataObject) -> None:
    raw = sealed()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    changed = raw[:start] + data.draw(st.binary(max_size=40)) + raw[end:]
    assert changed == raw or not is_accepted(changed)


def test_a_changed_payload_has_another_id() -> None:
    assert read(with_payload(canonical.encode(event("other")))).payload_id != (
        read(sealed()).payload_id
    )


# ---------------------------------------------------------------- other spellings


def test_spare_bits_in_the_base64_of_a_signature_are_refused() -> None:
    sig = json.loads(sealed())["signatures"][0]["sig"]
    assert sig.endswith("==")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet.index(sig[-3])
    for spare in range(1, 16):
        other = sig[:-3] + alphabet[last ^ spare] + "=="
        assert base64.b64decode(other) == base64.b64decode(sig)
        raw = respell(signatures=[{"keyid": pair().writer, "sig": other}])
        assert code_of(raw) == "E-CANON"


@pytest.mark.parametrize("junk", ["\n", " ", "=", "-", "_", "é", "\x00"])
def test_junk_in_base64_is_refused(junk: str) -> None:
    payload = json.loads(sealed())["payload"]
    assert code_of(respell(payload=payload[:8] + junk + payload[8:])) == "E-CANON"
    assert code_of(respell(payload=payload + junk)) == "E-CANON"


def test_url_safe_base64_is_refused() -> None:
    odd = seal({"a": "???>>>~~~"}, [Ed25519Signer(pair())])
    payload = json.loads(odd)["payload"]
    other = payload.replace("+", "-").replace("/", "_")
    assert other != payload
    assert code_of(odd.replace(payload.encode(), other.encode())) == "E-CANON"


@pytest.mark.parametrize(
    "spelling",
    [
        lambda raw: raw + b"\n",
        lambda raw: b" " + raw,
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: json.dumps(json.loads(raw)).encode(),
        lambda raw: json.dumps(
            dict(reversed(json.loads(raw).items())), separators=(",", ":")
        ).encode(),
        lambda raw: raw.replace(b"payloadType", b"payload\\u0054ype"),
        lambda raw: raw.replace(b"application/", b"application\\/"),
        lambda raw: raw.decode().encode("utf-16"),
        lambda raw: raw + raw,
    ],
    ids=["line-end", "blank", "bom", "spaces", "order", "escape", "slash", "utf-16", "twice"],
)
def test_the_same_envelope_in_another_spelling_is_refused(spelling) -> None:
    assert code_of(spelling(sealed())) == "E-CANON"


def test_a_validly_signed_payload_in_another_spelling_is_refused() -> None:
    for payload in (
        json.dumps(event()).encode(),
        canonical.encode(event()) + b"\n",
        b'{"b":1,"a":2}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":1,"a":1}',
        b'{"a":"\\u00e9"}',
        b'{"a":"\\ud800"}',
        b'{"a":9007199254740992}',
        b"[]",
        b'"text"',
        b"null",
        b"",
    ):
        assert code_of(with_payload(payload)) == "E-CANON", payload


def test_a_key_that_stands_twice_is_refused() -> None:
    raw = sealed()
    payload = json.loads(raw)["payload"]
    twice = raw.replace(b'{"payload":', b'{"payload":"e30=","payload":', 1)
    assert json.loads(twice)["payload"] == payload
    assert code_of(twice) == "E-CANON"


@pytest.mark.parametrize(
    "changes",
    [
        {"extra": 1},
        {"payloadType": "application/json"},
        {"payloadType": PAYLOAD_TYPE.upper()},
        {"payloadType": None},
        {"payload": 7},
        {"payload": None},
        {"payload": ""},
        {"payload": []},
        {"signatures": []},
        {"signatures": {}},
        {"signatures": None},
        {"signatures": [[]]},
        {"signatures": ["text"]},
        {"signatures": [{"keyid": "00" * 32}]},
        {"signatures": [{"keyid": "00" * 32, "sig": "AAAA", "cert": ""}]},
        {"signatures": [{"keyid": "00" * 32, "sig": ""}]},
        {"signatures": [{"keyid": "00" * 32, "sig": "A" * 100}]},
        {"signatures": [{"keyid": "00" * 32, "sig": 1}]},
        {"signatures": [{"keyid": "AB" * 32, "sig": "AAAA"}]},
        {"signatures": [{"keyid": "ab" * 31, "sig": "AAAA"}]},
        {"signatures": [{"keyid": 5, "sig": "AAAA"}]},
        {"signatures": [{"keyid": None, "sig": "AAAA"}]},
    ],
)
def test_an_envelope_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    assert code_of(respell(**changes)) == "E-CANON"


@pytest.mark.parametrize("missing", ["payload", "payloadType", "signatures"])
def test_an_envelope_without_one_of_its_parts_is_refused(missing: str) -> None:
    parts = json.loads(sealed())
    del parts[missing]
    assert code_of(canonical.encode(parts)) == "E-CANON"


def test_signatures_out_of_order_or_doubled_are_refused() -> None:
    raw = seal(event(), [Ed25519Signer(pair(number)) for number in range(3)])
    one, two, three = json.loads(raw)["signatures"]
    for signatures in ([two, one, three], [one, one], [one, two, two], [three, two, one]):
        assert code_of(respell(signatures=signatures)) == "E-CANON"


def test_more_than_sixteen_signatures_are_refused_on_both_sides() -> None:
    signers = [Ed25519Signer(pair(number)) for number in range(MAX_SIGNATURES + 1)]
    assert len(read(seal(event(), signers[:-1])).signatures) == MAX_SIGNATURES
    with pytest.raises(ValueError, match="1 to 16"):
        seal(event(), signers)
    listed = sorted(
        ({"keyid": one.keyid, "sig": "AAAA"} for one in signers), key=lambda one: one["keyid"]
    )
    assert code_of(respell(signatures=listed)) == "E-CANON"


def test_the_same_signer_twice_cannot_seal() -> None:
    with pytest.raises(ValueError, match="different keys"):
        seal(event(), [Ed25519Signer(pair()), Ed25519Signer(pair())])
    with pytest.raises(ValueError, match="1 to 16"):
        seal(event(), [])


@pytest.mark.parametrize("document", [[], "text", 1, None, {"a": 0.5}, {1: "a"}, {"a": 2**53}])
def test_what_has_no_canonical_form_cannot_be_sealed(document: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        seal(document, [Ed25519Signer(pair())])


def test_an_envelope_over_its_limit_is_refused_by_its_size_alone() -> None:
    raw = seal(event("x" * 5000), [Ed25519Signer(pair())])
    assert code_of(raw, max_bytes=len(raw) - 1) == "E-SIZE"
    assert parse(raw, max_bytes=len(raw)).document == event("x" * 5000)
    assert code_of(b"[" * (MAX_EVENT_BYTES + 1)) == "E-SIZE"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'["', b'{"payload":['])
def test_a_hundred_thousand_brackets_are_refused_at_once(opening: bytes) -> None:
    assert code_of(opening * 100_000, max_bytes=2_000_000) == "E-CANON"
    assert code_of(with_payload(opening * 10_000)) == "E-CANON"


# ---------------------------------------------------------------- whose signature


def test_a_signature_of_s_plus_the_group_order_is_refused() -> None:
    """S >= L is a second signature for the same bytes; RFC 8032 forbids it."""
    found = read(sealed())
    sig = found.signatures[0].sig
    s = int.from_bytes(sig[32:], "little") + ORDER
    forged = sig[:32] + s.to_bytes(32, "little")
    raw = assemble(found.payload, [Signature(pair().writer, forged)])
    assert read(raw).payload_id == found.payload_id
    assert not is_accepted(raw)


def test_a_signature_for_another_payload_type_does_not_hold() -> None:
    payload = canonical.encode(event())
    sig = pair().sign_ed25519(pae("text/plain", payload))
    assert not is_accepted(assemble(payload, [Signature(pair().writer, sig)]))
    bare = pair().sign_ed25519(payload)
    assert not is_accepted(assemble(payload, [Signature(pair().writer, bare)]))


def test_a_p256_signature_under_an_ed25519_key_id_does_not_hold() -> None:
    payload = canonical.encode(event())
    sig = pair().sign_p256(pae(PAYLOAD_TYPE, payload))
    assert not is_accepted(assemble(payload, [Signature(pair().writer, sig)]))


def test_another_writers_signature_under_my_key_id_does_not_hold() -> None:
    payload = canonical.encode(event())
    sig = pair(1).sign_ed25519(pae(PAYLOAD_TYPE, payload))
    assert not is_accepted(assemble(payload, [Signature(pair().writer, sig)]))
