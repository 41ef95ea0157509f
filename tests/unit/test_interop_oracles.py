# SPDX-License-Identifier: Apache-2.0
"""Other people's programs read what we sign: securesystemslib, in-toto, openssl, rfc8785."""

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import rfc8785
from google.protobuf.json_format import ParseDict
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key, SSlibKey

from strongroom.trust import envelope
from strongroom.trust.keys import from_hex
from support.peers import Peer, Team


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    made = Team(tmp_path_factory.mktemp("oracles"), has_model=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def signed(stocked: Team) -> dict[str, bytes]:
    """Every kind of envelope that a team makes: trust, events, manifests."""
    ada: Peer = stocked.peers[0]
    files = ada.at.ledger().files
    found = {f"trust {f.version}": files.read_trust(f) for f in files.trust_files()}
    snapshot = ada.at.snapshot()
    found |= {f"{e.type} {e.seq}": snapshot.raw[e.id] for e in snapshot.chains.events()}
    found |= {f"manifest {d[:8]}": files.read_manifest(d) for d, _ in files.manifests()}
    assert len(found) >= 6
    return found


@pytest.fixture(scope="module")
def keys(stocked: Team) -> dict[str, str]:
    """Raw Ed25519 keys by key id: the writer's and the root's."""
    latest = stocked.peers[0].at.snapshot().latest
    known = {writer: member.pub for writer, member in latest.members.items()}
    return known | {keyid: key.pub for keyid, key in latest.root_keys.items()}


def as_their_key(keyid: str, pub: str) -> Key:
    return SSlibKey(keyid, "ed25519", "ed25519", {"public": pub})


def test_securesystemslib_verifies_every_envelope_and_refuses_a_changed_one(signed, keys):
    for name, raw in signed.items():
        theirs = Envelope.from_dict(json.loads(raw))
        wanted = [as_their_key(keyid, keys[keyid]) for keyid in theirs.signatures]
        accepted = theirs.verify(wanted, threshold=len(wanted))
        assert set(accepted) == set(theirs.signatures), name
        theirs.payload += b" "
        with pytest.raises(VerificationError):
            theirs.verify(wanted, threshold=len(wanted))


def test_securesystemslib_signs_the_same_bytes_as_we_do(signed):
    for raw in signed.values():
        theirs = Envelope.from_dict(json.loads(raw))
        assert theirs.pae() == envelope.pae(theirs.payload_type, theirs.payload)


def test_in_toto_accepts_every_statement(signed):
    for name, raw in signed.items():
        document = json.loads(base64.b64decode(json.loads(raw)["payload"]))
        statement = Statement.copy_from_pb(ParseDict(document, Statement([], "", {}).pb))
        statement.validate()
        assert statement.pb.predicate_type == document["predicateType"], name
        for subject in statement.pb.subject:
            ResourceDescriptor.copy_from_pb(subject).validate()


def test_rfc8785_agrees_on_every_byte_that_was_signed(signed):
    for name, raw in signed.items():
        payload = base64.b64decode(json.loads(raw)["payload"])
        assert rfc8785.dumps(json.loads(payload)) == payload, name
        assert rfc8785.dumps(json.loads(raw)) == raw, name


def test_openssl_verifies_events_and_trust_documents(signed, keys, tmp_path):
    for number, raw in enumerate(signed.values()):
        outer = json.loads(raw)
        message = envelope.pae(outer["payloadType"], base64.b64decode(outer["payload"]))
        for signature in outer["signatures"]:
            folder = tmp_path / f"{number}-{signature['keyid'][:8]}"
            folder.mkdir()
            key = from_hex("ed25519", keys[signature["keyid"]])
            (folder / "key.pem").write_bytes(key.pem)
            (folder / "sig").write_bytes(base64.b64decode(signature["sig"]))
            assert _openssl(folder, message) == 0
            assert _openssl(folder, message[:-1] + bytes([message[-1] ^ 1])) != 0


def test_ids_are_what_sha256sum_prints_of_the_payload(signed, stocked, tmp_path):
    snapshot = stocked.peers[0].at.snapshot()
    for event in snapshot.chains.events():
        payload = base64.b64decode(json.loads(snapshot.raw[event.id])["payload"])
        (tmp_path / "payload").write_bytes(payload)
        done = subprocess.run(
            ["sha256sum", "payload"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout[:64] == event.id == hashlib.sha256(payload).hexdigest()


def _openssl(folder: Path, message: bytes) -> int:
    (folder / "message").write_bytes(message)
    command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile sig"
    return subprocess.run(command.split(), cwd=folder, capture_output=True, check=False).returncode
