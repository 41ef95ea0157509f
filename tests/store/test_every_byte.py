# SPDX-License-Identifier: Apache-2.0
"""Every byte of what lies on a share: flipped four ways, doubled, dropped or joined by another.

Two attackers. One changes a file under its name, as a bad stick does; the name refuses it. The
other renames the file so that the name fits; then only the strict reader and the signature stand
between him and the ledger. What comes in must be, to the byte, what was signed.
"""

import base64
import hashlib
import json
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import MODEL_VERSION, Manifest
from strongroom.domain.canonical import encode
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event
from strongroom.exchange.local import check_manifest
from strongroom.store.gate import pass_all
from strongroom.store.repository import Repository
from strongroom.store.segments import parse_segment, segment_name, split_segment
from strongroom.trust import envelope
from strongroom.trust.signer import Ed25519Signer
from strongroom.trust.trust_chain import build_chain
from strongroom.trust.trustdoc import read_trust
from support.team_builder import Station, Team, Writer, a_team

MASKS = (0x01, 0x20, 0x80, 0xFF)
REFUSALS = {"E-CANON", "E-SIG", "E-FORMAT", "E-TEAM", "E-CHAIN", "E-SIZE", "E-HASH", "E-BIND",
            "E-PATH", "E-TRUST-SIG", "E-TRUST-GAP", "E-TRUST-FORK"}  # fmt: skip


@pytest.fixture(scope="module")
def team() -> Team:
    made = a_team()
    alice = made.enrol("Alice", "analyst")
    alice.says_hello()
    alice.registers("churn", 1)
    return made


def flips(data: bytes) -> Iterator[bytes]:
    """Every byte under each mask."""
    for place, byte in enumerate(data):
        for mask in MASKS:
            yield data[:place] + bytes([byte ^ mask]) + data[place + 1 :]


def shifts(data: bytes) -> Iterator[bytes]:
    """Every byte dropped, every byte doubled, a blank and a digit put before every byte."""
    for place, byte in enumerate(data):
        yield data[:place] + data[place + 1 :]
        for more in (bytes([byte]), b" ", b"0"):
            yield data[:place] + more + data[place:]
    yield data + b" "
    yield data + b"\n"


def bent(data: bytes) -> Iterator[bytes]:
    yield from flips(data)
    yield from shifts(data)


def read_to_end(repository: Repository, digest: str) -> bytes:
    with repository.open_object(digest) as reader:
        return b"".join(iter(reader.read, b""))


# ---------------------------------------------------------------- under their own names


def test_1_every_byte_of_an_object_flipped_four_ways_is_refused_on_reading(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(4096)
    digest = hashlib.sha256(data).hexdigest()
    path = tmp_path / "obj" / digest[:2] / digest
    path.parent.mkdir(parents=True)
    repository = Repository(tmp_path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, data, 0)
        for place, byte in enumerate(data):
            for mask in MASKS:
                os.pwrite(descriptor, bytes([byte ^ mask]), place)
                with pytest.raises(Untrusted) as caught:
                    read_to_end(repository, digest)
                assert caught.value.code == "E-HASH"
            os.pwrite(descriptor, bytes([byte]), place)
        assert read_to_end(repository, digest) == data
    finally:
        os.close(descriptor)


@pytest.mark.slow
def test_1_random_bytes_of_fifty_megabytes_flipped_are_refused(tmp_path: Path) -> None:
    chance = random.Random(2)
    data = chance.randbytes(50 << 20)
    digest = hashlib.sha256(data).hexdigest()
    path = tmp_path / "obj" / digest[:2] / digest
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    repository = Repository(tmp_path)
    with path.open("r+b", buffering=0) as file:
        for _ in range(150):
            place = chance.randrange(len(data))
            os.pwrite(file.fileno(), bytes([data[place] ^ chance.choice(MASKS)]), place)
            with pytest.raises(Untrusted, match="E-HASH"):
                read_to_end(repository, digest)
            os.pwrite(file.fileno(), data[place : place + 1], place)


def test_2_every_changed_byte_of_a_segment_is_refused_by_its_name(team: Team) -> None:
    lines = segment_lines(team)
    data = b"".join(line + b"\n" for line in lines)
    alice = writer(team)
    file = parse_segment(alice.id, segment_name(1, len(lines), data), len(data))
    assert file is not None
    assert split_segment(file, data) == lines
    for each in bent(data):
        with pytest.raises(Untrusted) as caught:
            split_segment(file, each)
        assert caught.value.code == "E-HASH"


def test_2_every_changed_byte_of_trust_and_manifest_files_is_refused_on_the_disk(
    team: Team, tmp_path: Path
) -> None:
    repository = Repository(tmp_path)
    repository.put_trust(2, team.documents[1])
    manifest = repository.put_manifest(a_manifest(team)[0])
    (listed,) = repository.trust_files()
    man = tmp_path / "man" / manifest[:2] / f"{manifest}.json"
    reads: dict[Path, Callable[[], bytes]] = {
        tmp_path / listed.path: lambda: repository.read_trust(listed),
        man: lambda: repository.read_manifest(manifest),
    }
    for path, read in reads.items():
        path.chmod(0o600)
        whole = path.read_bytes()
        assert read() == whole
        with path.open("r+b", buffering=0) as file:
            for place, byte in enumerate(whole):
                os.pwrite(file.fileno(), bytes([byte ^ MASKS[place % 4]]), place)
                with pytest.raises(Untrusted) as caught:
                    read()
                assert caught.value.code == "E-HASH"
                os.pwrite(file.fileno(), bytes([byte]), place)


# ---------------------------------------------------------------- under names made to fit


def test_2_no_changed_byte_of_an_event_comes_in_though_the_name_was_made_to_fit(
    team: Team,
) -> None:
    *earlier, line = segment_lines(team)
    before = _holding(team, earlier).snapshot
    for each in bent(line):
        passage = pass_all(before.trust, before.events, [each])
        assert passage.snapshot.events == before.events, each
        told = {error.code for _, error in passage.rejected}
        told |= {waiting.code for waiting in passage.snapshot.waiting}
        assert told, "what does not come in is refused or waits"
        assert told <= REFUSALS | {"E-GAP"}
    assert pass_all(before.trust, before.events, [line]).snapshot.events != before.events


def test_2_no_changed_byte_of_a_trust_document_becomes_the_law(team: Team) -> None:
    *earlier, last = team.documents
    known = [read_trust(raw) for raw in earlier]
    assert len(build_chain([*known, read_trust(last)], team.id).versions) == len(team.documents)
    for each in bent(last):
        try:
            read = read_trust(each)
        except Untrusted as refused:
            assert refused.code in REFUSALS  # noqa: PT017
            continue
        chain = build_chain([*known, read], team.id)
        assert len(chain.versions) == len(earlier), each
        assert not chain.forked


def test_2_no_changed_byte_of_a_manifest_is_believed(team: Team) -> None:
    raw, event = a_manifest(team)
    alice = writer(team)
    key = alice.key.ed25519_pub

    def verify(signer: str, parsed: envelope.Envelope) -> bool:
        (one,) = parsed.signatures
        return one.keyid == signer == alice.id and key.verify(one.sig, parsed.signed_bytes)

    assert check_manifest(raw, event, verify).name == "churn/2"
    for each in bent(raw):
        with pytest.raises(Untrusted) as caught:
            check_manifest(each, event, verify)
        assert caught.value.code in REFUSALS


def _padded(line: bytes) -> bytes:
    """Sets a bit of the payload's base64 that no byte of it is made of."""
    head, payload, tail = re.split(rb'(?<="payload":")([^"]*)', line)
    if not payload.endswith(b"="):
        return head + payload + b"=" + tail
    place = len(payload.rstrip(b"=")) - 1
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(payload[place : place + 1]) | 1]
    return head + payload[:place] + bytes([other]) + payload[place + 1 :] + tail


def _other_signature(line: bytes) -> bytes:
    sealed = json.loads(line)
    sig = bytearray(base64.b64decode(sealed["signatures"][0]["sig"]))
    sig[7] ^= 1
    sealed["signatures"][0]["sig"] = base64.b64encode(sig).decode()
    return encode(sealed)


def _other_payload(line: bytes) -> bytes:
    """Another claim, spelt as it has to be, below the signature of the first."""
    sealed = json.loads(line)
    claim = json.loads(base64.b64decode(sealed["payload"]))
    where = claim.get("predicate", claim)
    (when,) = where.keys() & {"created", "time"}
    where[when] = "2026-11-23T00:00:01.000000Z"
    sealed["payload"] = base64.b64encode(encode(claim)).decode()
    assert encode(sealed) != line
    return encode(sealed)


CHANGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "another signature": (_other_signature, "E-SIG"),
    "another claim": (_other_payload, "E-SIG"),
    "a blank after a colon": (lambda line: line.replace(b'":', b'": ', 1), "E-CANON"),
    "a blank at the end": (lambda line: line + b" ", "E-CANON"),
    "a name written with an escape": (
        lambda line: line.replace(b'"payload"', b'"\\u0070ayload"', 1), "E-CANON",
    ),
    "a padding bit of base64": (_padded, "E-CANON"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_2_each_kind_of_change_to_an_event_has_its_code(team: Team, change: str) -> None:
    act, code = CHANGES[change]
    *earlier, line = segment_lines(team)
    before = _holding(team, earlier).snapshot
    assert act(line) != line
    passage = pass_all(before.trust, before.events, [act(line)])
    assert [error.code for _, error in passage.rejected] == [code]
    assert passage.snapshot.events == before.events


@pytest.mark.parametrize("change", CHANGES)
def test_2_each_kind_of_change_to_a_manifest_has_its_code(team: Team, change: str) -> None:
    act, code = CHANGES[change]
    raw, event = a_manifest(team)
    key = writer(team).key.ed25519_pub

    def verify(_: str, parsed: envelope.Envelope) -> bool:
        return key.verify(parsed.signatures[0].sig, parsed.signed_bytes)

    assert act(raw) != raw
    with pytest.raises(Untrusted) as caught:
        check_manifest(act(raw), event, verify)
    assert caught.value.code == code


# ---------------------------------------------------------------- what is bent


def writer(team: Team) -> Writer:
    return team.writers["Alice"]


def segment_lines(team: Team) -> list[bytes]:
    snapshot = team.station.snapshot
    return [snapshot.raw[event.id] for event in snapshot.chains.by_writer[writer(team).id]]


def _holding(team: Team, lines: list[bytes]) -> Station:
    station = Station(team.id)
    station.takes(lines, trust=team.documents)
    return station


def a_manifest(team: Team) -> tuple[bytes, Event]:
    """A manifest of Alice and the event of hers that names it."""
    alice = writer(team)
    file = ArtifactFile(path="weights.bin", size_bytes=4, sha256="ab" * 32)
    manifest = Manifest(
        name="churn/2", team=team.id, kind=MODEL_VERSION, files=(file,), run="",
        created="2026-11-23T00:00:00.000000Z", format_risk="data-only", scan_result="",
    )  # fmt: skip
    raw = envelope.seal(manifest.to_statement(), [Ed25519Signer(alice.key)])
    body = {
        "model": "churn", "version": 2, "tree": manifest.tree, "run": "", "artifact": "model",
        "manifest": hashlib.sha256(raw).hexdigest(), "format_risk": "data-only", "flavors": [],
        "replaces": "",
    }  # fmt: skip
    apart = Writer(team, "Alice", alice.person)
    apart.station = Station(team.id)
    apart.station.takes_all_of(team.station)
    return raw, apart.signs("version.register", body)
