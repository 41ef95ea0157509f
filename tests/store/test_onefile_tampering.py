# SPDX-License-Identifier: Apache-2.0
"""A one-file bundle on a hostile road: no byte of it can be changed, added or cut off unnoticed."""

import random
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import BadInput, Refused, StrongroomError, Untrusted
from strongroom.exchange.onefile_index import read_index
from strongroom.exchange.onefile_layout import (
    INDEX,
    Entry,
    descriptor,
    directory,
    find_index,
    placed,
)
from strongroom.services.bundles import Bundles
from strongroom.trust import envelope
from support.peers import Peer, Team, files_of

MASKS = (0x01, 0x80, 0xFF, 0x20)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    made = Team(tmp_path_factory.mktemp("team"))
    made.peers[0].register("tiny", data={"card.md": b"# tiny", "weights.bin": b"\0\1\2"})
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain(team: Team) -> Path:
    """A small open bundle with a file of each kind: team, log, manifests, objects."""
    file = Path(Bundles(team.peers[0].at).create(team.root / "plain").path)
    with zipfile.ZipFile(file) as archive:
        kinds = {name.split("/")[0] for name in archive.namelist()}
    assert kinds == {"bundle.json", "strongroom.json", "trust", "log", "man", "obj"}
    return file


@pytest.fixture(scope="module")
def sealed(team: Team) -> Path:
    return Path(Bundles(team.peers[0].at).create(team.root / "sealed", to=["Ben"]).path)


def is_noticed(reader: Peer, file: Path) -> bool:
    """Whether somebody who reads all of a file is told that it does not hold."""
    try:
        _, findings = Bundles(reader.at).verify(file)
    except (Untrusted, BadInput, Refused):
        return True
    return bool(findings)


def spoiled(file: Path, data: bytes) -> Path:
    copy = file.with_name("spoiled.strongbundle")
    copy.write_bytes(data)
    return copy


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_no_changed_byte_goes_unnoticed(
    team: Team, kind: str, request: pytest.FixtureRequest
) -> None:
    file: Path = request.getfixturevalue(kind)
    data, reader = file.read_bytes(), team.peers[1]
    assert not is_noticed(reader, file)
    dice = random.Random(7)
    step = max(1, len(data) // 300)  # the slow test below asks every byte
    for place in [*range(0, len(data), step), *range(len(data) - 60, len(data))]:
        changed = bytearray(data)
        changed[place] ^= dice.choice(MASKS)
        assert is_noticed(reader, spoiled(file, bytes(changed))), place


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "sealed"])
@pytest.mark.parametrize("mask", MASKS)
def test_2_every_byte_under_every_mask_is_noticed(
    team: Team, kind: str, mask: int, request: pytest.FixtureRequest
) -> None:
    file: Path = request.getfixturevalue(kind)
    data, reader = file.read_bytes(), team.peers[1]
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= mask
        assert is_noticed(reader, spoiled(file, bytes(changed))), place


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_2_every_byte_put_in_between_or_left_out_is_noticed(
    team: Team, kind: str, request: pytest.FixtureRequest
) -> None:
    file: Path = request.getfixturevalue(kind)
    data, reader, dice = file.read_bytes(), team.peers[1], random.Random(13)
    for place in range(len(data)):
        twice, other = data[place : place + 1], bytes([dice.randrange(256)])
        for edited in (
            data[:place] + twice + data[place:],
            data[:place] + other + data[place:],
            data[:place] + data[place + 1 :],
        ):
            assert is_noticed(reader, spoiled(file, edited)), place


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edit=st.data())
@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_any_stretch_that_is_changed_put_in_or_left_out_is_noticed(
    team: Team, kind: str, request: pytest.FixtureRequest, edit: st.DataObject
) -> None:
    file: Path = request.getfixturevalue(kind)
    data = file.read_bytes()
    start = edit.draw(st.integers(0, len(data)), "start")
    end = edit.draw(st.integers(start, min(len(data), start + 80)), "end")
    new = edit.draw(st.binary(max_size=80), "new")
    edited = data[:start] + new + data[end:]
    assume(edited != data)
    assert is_noticed(team.peers[1], spoiled(file, edited))


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_nothing_can_be_cut_off_or_added(
    team: Team, kind: str, request: pytest.FixtureRequest
) -> None:
    file: Path = request.getfixturevalue(kind)
    data, reader = file.read_bytes(), team.peers[1]
    for place in [0, 1, 7, *range(99, len(data), len(data) // 20), len(data) - 1]:
        assert is_noticed(reader, spoiled(file, data[:place])), f"cut at {place}"
    assert is_noticed(reader, spoiled(file, data + b"\0"))
    assert is_noticed(reader, spoiled(file, data + data))


def test_an_entry_more_that_only_an_archive_tool_sees_is_refused(team: Team, plain: Path) -> None:
    copy = spoiled(plain, plain.read_bytes())
    with zipfile.ZipFile(copy, "a") as archive:
        archive.writestr("obj/../../evil.sh", "rm -rf /")
    assert is_noticed(team.peers[1], copy)


@pytest.mark.parametrize(
    "path",
    [
        "../evil", "/etc/passwd", "C:/x", "obj/ab/" + "0" * 64, "obj/00/" + "0" * 63, "trust/x",
        "trust/00000001." + "0" * 16 + ".json", "man/00/" + "0" * 64, "bundle.json", "obj", "",
        "log/00/" + "0" * 64 + "/../../x", "log/00/" + "0" * 64 + "/0000000001-0000000001.seg",
        "strongroom.json/x", "obj/00/" + "0" * 64 + "\0",
    ],
)  # fmt: skip
def test_a_name_that_is_not_of_the_layout_is_refused_whoever_signed_it(
    team: Team, plain: Path, path: str
) -> None:
    """Threat 3: signed by a valid key, and still no path of this machine."""
    reader, ada = team.peers[1], team.peers[0]
    with zipfile.ZipFile(plain) as archive:
        index, _ = read_index(archive.read(INDEX))
    statement = index.to_statement()
    statement["predicate"]["files"][-1]["path"] = path
    raw = envelope.seal(statement, [ada.signer])
    with pytest.raises(Untrusted) as caught:
        read_index(raw)
    assert caught.value.code in {"E-PATH", "E-FORMAT"}
    assert files_of(reader.store / "ledger") == {}


def test_an_index_signed_by_another_member_than_it_names_is_refused(
    team: Team, plain: Path
) -> None:
    ada, ben = team.peers
    with zipfile.ZipFile(plain) as archive:
        raw = archive.read(INDEX)
    forged = envelope.seal(read_index(raw)[0].to_statement(), [ben.signer])
    assert len(forged) == len(raw)
    data = plain.read_bytes()
    offset, size = find_index(data) or (0, 0)
    start = offset + 30 + len(INDEX)
    index, _ = read_index(raw)
    listed = [(f.path, f.size_bytes, f.crc32) for f in index.files]
    entries = list(placed([*listed, (INDEX, size, zlib.crc32(forged))]))
    rebuilt = data[:start] + forged + descriptor(size, zlib.crc32(forged)) + directory(entries)
    with pytest.raises(StrongroomError) as caught:
        Bundles(ada.at).take(spoiled(plain, rebuilt))
    assert caught.value.code == "E-SIG"


def test_an_archive_beyond_4_gib_points_to_its_index_by_its_wide_fields() -> None:
    far = (1 << 32) + 5
    entries = [
        Entry(path="obj/00/" + "0" * 64, size_bytes=1, crc32=0, offset=0),
        Entry(path=INDEX, size_bytes=77, crc32=9, offset=far),
    ]
    assert find_index(directory(entries)) == (far, 77)


def test_more_entries_than_a_plain_zip_can_count_are_counted() -> None:
    files = [(f"obj/{n:02x}/{n:064x}", 0, 0) for n in range(70_000)]
    entries = list(placed([*files, (INDEX, 1, 0)]))
    end = directory(entries)
    assert find_index(end) == (entries[-1].offset, 1)
    assert end[-98:-94] == b"PK\x06\x06"
