# SPDX-License-Identifier: Apache-2.0
"""What is refused is kept with its reason, within bounds, and never more than once."""

import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain import canonical
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.store import quarantine as keeping
from strongroom.store.quarantine import Quarantine

NOW = 1_763_870_400_123_456


@pytest.fixture
def quarantine(tmp_path):
    return Quarantine(tmp_path / "store" / "quarantine")


def keep(quarantine, content, *, code="E-SIG", path="log/ab/x.seg", now_us=NOW):
    return quarantine.keep(
        content, code=code, origin="share", path=path, reason="It does not verify", now_us=now_us
    )


def test_a_refused_thing_is_kept_with_its_reason(quarantine):
    item = keep(quarantine, b"envelope")
    assert item == hashlib.sha256(b"envelope").hexdigest()
    assert (quarantine.folder / f"{item}.bin").read_bytes() == b"envelope"
    assert canonical.decode((quarantine.folder / f"{item}.json").read_bytes(), max_bytes=9999) == {
        "code": "E-SIG",
        "from": "share",
        "kept": 8,
        "path": "log/ab/x.seg",
        "reason": "It does not verify",
        "size": 8,
        "time": "2025-11-23T04:00:00.123456Z",
    }
    (found,) = Quarantine(quarantine.folder).list()
    assert (found.id, found.code, found.origin, found.time_us) == (item, "E-SIG", "share", NOW)
    assert quarantine.read(item) == b"envelope"


def test_keeping_the_same_bytes_twice_is_keeping_them_once(quarantine):
    first = keep(quarantine, b"x")
    before = (quarantine.folder / f"{first}.json").read_bytes()
    assert keep(quarantine, b"x", code="E-HASH", now_us=NOW + 1) == first
    assert (quarantine.folder / f"{first}.json").read_bytes() == before
    assert len(quarantine.list()) == 1


def test_a_hostile_file_of_two_gigabytes_is_noted_and_not_copied(quarantine, tmp_path):
    hostile = tmp_path / "hostile.seg"
    with hostile.open("wb") as file:
        file.write(b"head")
        file.truncate(2 << 30)
    item = keep(quarantine, hostile, code="E-SIZE")
    (found,) = quarantine.list()
    assert (found.size_bytes, found.kept_bytes) == (2 << 30, 1 << 20)
    kept = quarantine.read(item)
    assert kept.startswith(b"head")
    assert len(kept) == 1 << 20
    assert keep(quarantine, hostile) == item


def test_a_small_file_is_kept_whole_and_equals_its_bytes(quarantine, tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    assert keep(quarantine, tmp_path / "file") == keep(quarantine, b"content")


def test_a_link_is_noted_and_not_followed(quarantine, tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "gone"):
        item = keep(quarantine, tmp_path / name, code="E-PATH")
        assert quarantine.read(item).startswith(b"not a plain file")
    assert len(quarantine.list()) == 3


def test_a_flood_does_not_fill_the_disk_of_this_workstation(quarantine, monkeypatch):
    monkeypatch.setattr(keeping, "MAX_TOTAL_BYTES", 100_000)
    for number in range(100):
        keep(quarantine, b"%03d" % number + bytes(50_000))
    total = sum(path.stat().st_size for path in quarantine.folder.iterdir())
    assert total < 100_000 + 50_000 + 100 * 5_000
    assert len(quarantine.list()) == 100


def test_an_item_can_be_dropped_and_only_once(quarantine):
    item = keep(quarantine, b"x")
    quarantine.drop(item)
    assert list(quarantine.folder.iterdir()) == []
    for call in (quarantine.drop, quarantine.read):
        with pytest.raises(BadInput):
            call(item)
    assert keep(quarantine, b"x") == item


@pytest.mark.parametrize("text", ["", "..", "../../etc/passwd", "/etc/passwd", "a" * 63])
def test_an_id_that_is_a_path_is_refused(quarantine, text):
    for call in (quarantine.drop, quarantine.read):
        with pytest.raises(BadInput):
            call(text)


def test_an_item_that_was_changed_afterwards_is_refused(quarantine):
    item = keep(quarantine, b"x")
    (quarantine.folder / f"{item}.bin").write_bytes(b"y")
    with pytest.raises(Untrusted) as caught:
        quarantine.read(item)
    assert caught.value.code == "E-HASH"


def test_a_note_that_was_tampered_with_does_not_hide_the_others(quarantine):
    bad = keep(quarantine, b"bad")
    good = keep(quarantine, b"good", now_us=NOW + 1)
    for junk in (b"", b"[]", b"{}", b"null", b'{"code":1}', b"\xff", b"7"):
        (quarantine.folder / f"{bad}.json").write_bytes(junk)
        assert [item.id for item in quarantine.list()] == [good]


def test_an_interrupted_keep_is_finished_by_the_next(quarantine):
    item = keep(quarantine, b"x")
    (quarantine.folder / f"{item}.json").unlink()
    assert quarantine.list() == ()
    assert keep(quarantine, b"x") == item
    assert len(quarantine.list()) == 1


def test_an_empty_store_has_an_empty_quarantine(quarantine):
    assert quarantine.list() == ()


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=200), text=st.text(max_size=3000))
def test_any_bytes_under_any_path_are_kept(tmp_path_factory, content, text):
    quarantine = Quarantine(tmp_path_factory.mktemp("q"))
    item = quarantine.keep(
        content, code="E-CANON", origin=text, path=text + "\udcff", reason=text, now_us=NOW
    )
    assert quarantine.read(item) == content
    assert [found.id for found in quarantine.list()] == [item]
