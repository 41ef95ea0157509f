# SPDX-License-Identifier: Apache-2.0
"""The repository layout: names are content, junk is ignored, limits hold before a byte is read."""

import hashlib
import io
import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import BadInput, EnvironmentFault, Untrusted
from strongroom.store import repository as layout
from strongroom.store import segments
from strongroom.store.repository import Repository
from strongroom.store.segments import gap_free_head, pack_segments, parse_segment

WRITER = "ab" * 32
OTHER = "cd" * 32


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def refusal(call, *args):
    with pytest.raises(Untrusted) as caught:
        call(*args)
    return caught.value.code


def put_object(repository, data: bytes) -> str:
    repository.put_object(sha(data), io.BytesIO(data), len(data))
    return sha(data)


def test_names_on_disk_are_those_of_the_format(repository, tmp_path):
    repository.put_trust(1, b"{}")
    repository.put_segment(WRITER, 3, [b"a", b"b"])
    manifest = repository.put_manifest(b"{m}")
    weights = put_object(repository, b"w")
    lines = b"a\nb\n"
    there = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {
        f"trust/00000001.{sha(b'{}')[:16]}.json",
        f"log/ab/{WRITER}/0000000003-0000000004.{sha(lines)[:16]}.seg",
        f"man/{manifest[:2]}/{manifest}.json",
        f"obj/{weights[:2]}/{weights}",
    }


def test_what_was_put_is_read_back(repository):
    assert repository.put_trust(2, b"two") is True
    assert repository.put_trust(2, b"two") is False
    repository.put_trust(1, b"one")
    assert [repository.read_trust(file) for file in repository.trust_files()] == [b"one", b"two"]
    (file,) = repository.put_segment(WRITER, 1, [b"e1", b"e2"])
    assert repository.segments(WRITER) == [file]
    assert (file.first, file.last, file.size) == (1, 2, 6)
    assert repository.read_segment(file) == [b"e1", b"e2"]
    assert repository.writers() == [WRITER]
    manifest = repository.put_manifest(b"m")
    assert repository.has_manifest(manifest)
    assert repository.read_manifest(manifest) == b"m"
    weights = put_object(repository, b"weights")
    assert repository.has_object(weights)
    assert repository.object_size(weights) == 7
    with repository.open_object(weights) as reader:
        assert reader.read() + reader.read() == b"weights"
    assert list(repository.objects()) == [(weights, 7)]
    assert list(repository.manifests()) == [(manifest, 1)]


def test_an_empty_repository_lists_nothing(repository):
    assert repository.trust_files() == []
    assert repository.writers() == []
    assert repository.segments(WRITER) == []
    assert list(repository.objects()) == []
    assert not repository.has_object(sha(b"x"))


def test_two_trust_documents_of_one_version_are_both_listed(repository):
    repository.put_trust(3, b"one")
    repository.put_trust(3, b"two")
    assert {repository.read_trust(file) for file in repository.trust_files()} == {b"one", b"two"}


def test_a_share_that_is_gone_is_never_taken_for_an_empty_one(repository, tmp_path):
    weights = put_object(repository, b"x")
    shutil.rmtree(tmp_path)
    for call in (
        repository.trust_files,
        repository.writers,
        lambda: repository.segments(WRITER),
        lambda: repository.has_object(weights),
        lambda: repository.open_object(weights),
        lambda: repository.read_manifest(weights),
        lambda: repository.put_trust(1, b"x"),
        lambda: put_object(repository, b"x"),
        lambda: list(repository.objects()),
        lambda: repository.check_free_space(1),
    ):
        with pytest.raises(EnvironmentFault) as caught:
            call()
        assert caught.value.code == "E-SHARE"
    assert not tmp_path.exists()


def test_what_is_not_there_is_missing_and_not_an_error_of_the_share(repository):
    assert refusal(repository.open_object, sha(b"x")) == "E-MISSING"
    assert refusal(repository.object_size, sha(b"x")) == "E-MISSING"
    assert refusal(repository.read_manifest, sha(b"x")) == "E-MISSING"
    file = parse_segment(WRITER, f"0000000001-0000000001.{'0' * 16}.seg", 5)
    assert refusal(repository.read_segment, file) == "E-MISSING"


def test_every_flipped_byte_of_every_file_is_refused(repository, tmp_path):
    repository.put_trust(1, b"trust document")
    (segment,) = repository.put_segment(WRITER, 1, [b"event one", b"event two"])
    manifest = repository.put_manifest(b"manifest")
    weights = put_object(repository, os.urandom(4096))
    (trust,) = repository.trust_files()

    def read_object():
        with repository.open_object(weights) as reader:
            while reader.read():
                pass

    readers = {
        tmp_path / trust.path: lambda: repository.read_trust(trust),
        tmp_path / segment.path: lambda: repository.read_segment(segment),
        tmp_path / f"man/{manifest[:2]}/{manifest}.json": lambda: repository.read_manifest(
            manifest
        ),
        tmp_path / f"obj/{weights[:2]}/{weights}": read_object,
    }
    for path, read in readers.items():
        whole = path.read_bytes()
        for position in range(len(whole)):
            flipped = bytearray(whole)
            flipped[position] ^= 1 << position % 8
            path.write_bytes(flipped)
            assert refusal(read) == "E-HASH"
        for wrong in (whole[:-1], whole + b"x", b""):
            path.write_bytes(wrong)
            assert refusal(read) == "E-HASH"
        path.write_bytes(whole)
        read()


def test_pushing_again_heals_a_damaged_object_and_keeps_the_damaged_bytes(repository, tmp_path):
    weights = put_object(repository, b"weights")
    path = tmp_path / f"obj/{weights[:2]}/{weights}"
    path.write_bytes(b"wEights")
    assert repository.put_object(weights, io.BytesIO(b"weights"), 7) is True
    assert path.read_bytes() == b"weights"
    assert path.with_name(f".{weights}.bad").read_bytes() == b"wEights"
    assert list(repository.objects()) == [(weights, 7)]


def test_a_segment_whose_range_disagrees_with_its_lines_is_refused(repository, tmp_path):
    data = b"one\ntwo\n"
    folder = tmp_path / f"log/ab/{WRITER}"
    folder.mkdir(parents=True)
    (folder / f"0000000001-0000000003.{sha(data)[:16]}.seg").write_bytes(data)
    (file,) = repository.segments(WRITER)
    assert refusal(repository.read_segment, file) == "E-HASH"


@pytest.mark.parametrize("data", [b"one\ntwo", b"one\n\ntwo\n"[:-4] + b"\n", b"\n\n", b"one\n\n"])
def test_a_segment_with_an_unfinished_or_empty_line_is_refused(repository, tmp_path, data):
    folder = tmp_path / f"log/ab/{WRITER}"
    folder.mkdir(parents=True)
    (folder / f"0000000001-0000000002.{sha(data)[:16]}.seg").write_bytes(data)
    (file,) = repository.segments(WRITER)
    assert refusal(repository.read_segment, file) in {"E-FORMAT", "E-SIZE"}


def test_a_bogus_segment_of_two_gigabytes_is_refused_by_its_size_and_not_read(
    repository, tmp_path, monkeypatch
):
    repository.put_segment(WRITER, 1, [b"e1"])
    bogus = tmp_path / f"log/ab/{WRITER}/0000000002-0000000003.{'0' * 16}.seg"
    with bogus.open("wb") as file:
        file.truncate(2 << 30)
    good, bad = repository.segments(WRITER)
    assert repository.read_segment(good) == [b"e1"]
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    assert refusal(repository.read_segment, bad) == "E-SIZE"
    assert gap_free_head([good, bad]) == 1


def test_a_trust_document_over_its_limit_is_refused_and_not_read(repository, tmp_path, monkeypatch):
    (tmp_path / "trust").mkdir()
    with (tmp_path / f"trust/00000001.{'0' * 16}.json").open("wb") as file:
        file.truncate(segments.MAX_TRUST_BYTES + 1)
    (listed,) = repository.trust_files()
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    assert refusal(repository.read_trust, listed) == "E-SIZE"


def test_a_file_that_grows_after_it_was_listed_is_still_bounded(repository, tmp_path):
    (file,) = repository.put_segment(WRITER, 1, [b"e1"])
    os.truncate(tmp_path / file.path, segments.MAX_SEGMENT_BYTES + 1)
    assert refusal(repository.read_segment, file) == "E-SIZE"


def test_an_impossible_range_in_a_name_neither_is_read_nor_counts_as_head():
    huge = parse_segment(WRITER, f"0000000001-9999999999.{'0' * 16}.seg", 1000)
    assert not huge.is_plausible
    assert gap_free_head([huge]) == 0


def test_a_refused_segment_does_not_count_as_head():
    one = parse_segment(WRITER, f"0000000001-0000000002.{'0' * 16}.seg", 100)
    two = parse_segment(WRITER, f"0000000002-0000000005.{'1' * 16}.seg", 100)
    late = parse_segment(WRITER, f"0000000007-0000000009.{'2' * 16}.seg", 100)
    assert gap_free_head([late, two, one]) == 5
    assert gap_free_head([late, two, one], refused={two.name}) == 2
    assert gap_free_head([late]) == 0


def test_49_a_hundred_thousand_junk_names_are_ignored(repository, tmp_path):
    (file,) = repository.put_segment(WRITER, 1, [b"e1"])
    folder = (tmp_path / file.path).parent
    for number in range(100_000):
        os.close(os.open(folder / f"junk-{number}", os.O_CREAT | os.O_WRONLY))
    assert repository.segments(WRITER) == [file]


def test_50_more_of_our_names_than_anybody_writes_are_refused_instead_of_remembered(
    repository, tmp_path, monkeypatch
):
    monkeypatch.setattr(layout, "MAX_LISTED", 3)
    for number in range(1, 5):
        repository.put_segment(WRITER, number, [b"e%d" % number])
    assert refusal(repository.segments, WRITER) == "E-SIZE"
    assert repository.writers() == [WRITER]


def test_names_that_are_not_ours_are_ignored_everywhere(repository, tmp_path):
    (file,) = repository.put_segment(WRITER, 1, [b"e1"])
    weights = put_object(repository, b"w")
    folder = (tmp_path / file.path).parent
    for name in (
        f"1-2.{'0' * 16}.seg",
        f"0000000000-0000000001.{'0' * 16}.seg",
        f"0000000002-0000000001.{'0' * 16}.seg",
        f"0000000001-0000000001.{'A' * 16}.seg",
        f"0000000001-0000000001.{'0' * 16}.seg.bak",
        f"0000000001-0000000001.{'0' * 16}.seg ",
        ".nfs000001",
        ".fuse_hidden00",
        "Thumbs.db",
        "desktop.ini",
        f".{file.name}.bad",
    ):
        (folder / name).write_bytes(b"junk")
    (folder / f"0000000005-0000000006.{'0' * 16}.seg").mkdir()
    (tmp_path / "log/ab" / OTHER).mkdir()  # under another writer's prefix
    (tmp_path / "log/zz").mkdir()
    (tmp_path / "obj" / weights[:2] / ("0" * 64)).symlink_to("/etc/passwd")
    (tmp_path / "obj" / "System Volume Information").mkdir()
    assert repository.segments(WRITER) == [file]
    assert repository.writers() == [WRITER]
    assert list(repository.objects()) == [(weights, 1)]


def test_a_planted_link_is_never_followed(repository, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    root = tmp_path / "repo"
    (root / "obj" / sha(b"secret")[:2]).mkdir(parents=True)
    (root / "obj" / sha(b"secret")[:2] / sha(b"secret")).symlink_to(secret)
    repository = Repository(root)
    assert not repository.has_object(sha(b"secret"))
    assert refusal(repository.open_object, sha(b"secret")) == "E-PATH"
    (root / "log").symlink_to(tmp_path)
    assert repository.writers() == []
    assert refusal(repository.put_segment, WRITER, 1, [b"e"]) == "E-PATH"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "AB" * 32,
        "ab" * 31,
        "ab" * 32 + "\n",
        "ab/" * 21 + "a",
    ],
)
def test_a_digest_from_outside_that_is_a_path_is_refused(repository, text):
    for call in (
        repository.has_object,
        repository.open_object,
        repository.has_manifest,
        repository.read_manifest,
        repository.segments,
        repository.object_size,
    ):
        assert refusal(call, text) == "E-PATH"
    assert refusal(repository.put_object, text, io.BytesIO(b""), 0) == "E-PATH"
    assert refusal(repository.put_segment, text, 1, [b"e"]) == "E-PATH"


def test_own_content_over_its_limit_is_refused_with_advice(repository, monkeypatch):
    with pytest.raises(BadInput) as caught:
        repository.put_object(sha(b""), io.BytesIO(b""), layout.MAX_OBJECT_BYTES + 1)
    assert caught.value.code == "E-SIZE"
    assert caught.value.advice
    with pytest.raises(BadInput):
        repository.put_trust(1, b"x" * (segments.MAX_TRUST_BYTES + 1))
    for line in (b"", b"two\nlines", b"x" * (segments.MAX_EVENT_BYTES + 1)):
        with pytest.raises(BadInput):
            repository.put_segment(WRITER, 1, [line])


def test_a_log_of_more_than_ten_thousand_events_is_split(repository):
    lines = [b"%d" % number for number in range(1, 20_002)]
    files = repository.put_segment(WRITER, 1, lines)
    assert [(file.first, file.last) for file in files] == [
        (1, 10_000),
        (10_001, 20_000),
        (20_001, 20_001),
    ]
    assert [
        line for file in repository.segments(WRITER) for line in repository.read_segment(file)
    ] == lines
    assert gap_free_head(repository.segments(WRITER)) == 20_001


def test_a_log_of_more_than_sixteen_mebibytes_is_split(repository):
    lines = [b"x" * segments.MAX_EVENT_BYTES] * 100
    files = repository.put_segment(WRITER, 1, lines)
    assert all(file.size <= segments.MAX_SEGMENT_BYTES for file in files)
    assert [len(repository.read_segment(file)) for file in files] == [63, 37]


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.binary(min_size=1, max_size=40).filter(lambda line: b"\n" not in line), max_size=30
    ),
    first=st.integers(1, 10**9),
)
def test_any_events_come_out_of_segments_as_they_went_in(lines, first):
    taken = []
    expected = first
    for name, data in pack_segments(first, lines):
        file = parse_segment(WRITER, name, len(data))
        assert file.first == expected
        expected = file.last + 1
        assert file.is_plausible
        taken += segments.split_segment(file, data)
    assert taken == lines
    assert expected == first + len(lines)


def test_own_leftovers_are_swept_from_every_folder(repository, tmp_path):
    weights = put_object(repository, b"w")
    from strongroom.store import publish as publishing

    left = publishing._fresh_temporary(tmp_path / f"obj/{weights[:2]}/{weights}", os.urandom)
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    assert repository.remove_leftovers(8 * 86_400 * 1_000_000) == 1
    assert not left.exists()
    assert repository.has_object(weights)
