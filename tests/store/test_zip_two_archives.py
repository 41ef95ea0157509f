# SPDX-License-Identifier: Apache-2.0
"""A ZIP that shows one archive to one reader and another one to the next is refused (threat 4)."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Untrusted
from strongroom.exchange.zip_end import MAX_ENTRIES
from strongroom.exchange.zip_entries import EntryReader, read_entries

END, END_64, LOCATOR, CENTRAL, LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"


def packed(
    files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, is_long: bool = False
) -> bytes:
    """Returns a ZIP as the standard library writes it, with ZIP64 records if asked."""
    held = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        if is_long:
            patch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
        with zipfile.ZipFile(held, "w", method) as archive:
            for name, data in files.items():
                info = zipfile.ZipInfo(name)
                info.compress_type = method
                with archive.open(info, "w", force_zip64=is_long) as entry:
                    entry.write(data)
    return held.getvalue()


def code_of(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "two.zip"
    path.write_bytes(data)
    with pytest.raises(Untrusted) as refusal:
        read_entries(path)
    return refusal.value.code


def record_64(count: int, size: int, offset: int) -> bytes:
    return struct.pack("<4sQ2H2I4Q", END_64, 44, 45, 45, 0, 0, count, count, size, offset)


def two_directories() -> bytes:
    """Returns an archive with two ZIP64 records: one the locator names, one beside the locator."""
    one, other = packed({"one.txt": b"1"}), packed({"other.txt": b"2"})
    at = one.index(CENTRAL)
    first = one[at : one.index(END)]
    second = bytearray(other[other.index(CENTRAL) : other.index(END)])
    struct.pack_into("<I", second, 42, at)  # its entry lies behind the first one
    body = one[:at] + other[: other.index(CENTRAL)]
    first_at, pointed = len(body), len(body) + len(first)
    body += first + record_64(1, len(first), first_at)
    body += bytes(second) + record_64(1, len(second), len(body))
    locator = struct.pack("<4sIQI", LOCATOR, 0, pointed, 1)
    return body + locator + struct.pack("<4s4H2IH", END, 0, 0, 0xFFFF, 0xFFFF, *[2**32 - 1] * 2, 0)


def test_4_a_locator_that_points_past_the_record_beside_it_is_refused(tmp_path: Path) -> None:
    data = two_directories()
    with zipfile.ZipFile(io.BytesIO(data)) as seen:
        assert seen.namelist() == ["other.txt"], "others follow the locator and see one.txt"
    assert code_of(tmp_path, data) == "E-FORMAT"


@pytest.mark.parametrize("by", [-1, 1])
@pytest.mark.parametrize("is_long", [True, False])
def test_4_a_number_of_entries_that_is_not_the_number_of_entries_is_refused(
    tmp_path: Path, by: int, is_long: bool
) -> None:
    data = bytearray(packed({"a": b"1", "b": b"2", "c": b"3"}, is_long=is_long))
    if is_long:
        struct.pack_into("<2Q", data, data.rindex(END_64) + 24, 3 + by, 3 + by)
        struct.pack_into("<2H", data, data.rindex(END) + 8, 0xFFFF, 0xFFFF)
    else:
        struct.pack_into("<2H", data, data.rindex(END) + 8, 3 + by, 3 + by)
    assert code_of(tmp_path, bytes(data)) == "E-FORMAT"


@pytest.mark.parametrize(("at", "form"), [(8, "<H"), (10, "<H"), (12, "<I"), (16, "<I")])
def test_4_an_end_that_disagrees_with_its_long_form_is_refused(
    tmp_path: Path, at: int, form: str
) -> None:
    data = bytearray(packed({"a": b"1", "b": b"2"}, is_long=True))
    end = data.rindex(END)
    (value,) = struct.unpack_from(form, data, end + at)
    struct.pack_into(form, data, end + at, value - 1)
    assert code_of(tmp_path, bytes(data)) == "E-FORMAT"


def test_4_an_end_inside_the_comment_of_another_end_is_refused(tmp_path: Path) -> None:
    good = packed({"a": b"1"})
    other = packed({"b": b"2"})
    comment = other[other.index(END) :]
    data = good[:-2] + struct.pack("<H", len(comment)) + comment
    assert code_of(tmp_path, data) == "E-FORMAT"
    half = b"for PK\5\6 friends"
    assert code_of(tmp_path, good[:-2] + struct.pack("<H", len(half)) + half) == "E-FORMAT"


def test_a_comment_is_nothing_bad(tmp_path: Path) -> None:
    path = tmp_path / "said.zip"
    path.write_bytes(packed({"a": b"1"})[:-2] + struct.pack("<H", 5) + b"hello")
    assert list(read_entries(path)) == ["a"]


def test_4_bytes_before_or_between_that_nobody_lists_move_the_directory(tmp_path: Path) -> None:
    good = packed({"a": b"1"})
    assert code_of(tmp_path, b"#!/bin/sh\n" + good) == "E-FORMAT"
    at = good.index(END)
    assert code_of(tmp_path, good[:at] + b"PK\5\5\0\0" + good[at:]) == "E-FORMAT"


def test_5_folders_count_as_much_as_files(tmp_path: Path) -> None:
    name = b"d/"
    record = struct.pack("<4s6H3I5H2I", CENTRAL, *[0] * 9, len(name), *[0] * 6)
    count = MAX_ENTRIES + 1
    body = (record + name) * count
    locator = struct.pack("<4sIQI", LOCATOR, 0, len(body), 1)
    end = struct.pack("<4s4H2IH", END, 0, 0, 0xFFFF, 0xFFFF, *[2**32 - 1] * 2, 0)
    assert code_of(tmp_path, body + record_64(count, len(body), 0) + locator + end) == "E-SIZE"
    lying = struct.pack("<4s4H2IH", END, 0, 0, 1, 1, len(body), 0, 0)
    assert code_of(tmp_path, body + lying) == "E-FORMAT", "it says one and lists 100,001"


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("a" * 40, "b")])
def test_5_entries_that_share_their_bytes_are_a_bomb(
    tmp_path: Path, first: str, second: str
) -> None:
    data = bytearray(packed({first: b"1" * 500, second: b"2" * 500}))
    struct.pack_into("<I", data, data.rindex(CENTRAL) + 42, 10)
    assert code_of(tmp_path, bytes(data)) == "E-BOMB"


def test_4_an_entry_that_reaches_into_the_directory_is_refused(tmp_path: Path) -> None:
    data = bytearray(packed({"a": b"1" * 50}, method=zipfile.ZIP_STORED))
    struct.pack_into("<2I", data, data.rindex(CENTRAL) + 20, 99, 99)
    assert code_of(tmp_path, bytes(data)) == "E-FORMAT"


@pytest.mark.parametrize("unicode_name", ["evil", "\N{SNOWMAN}"])
def test_4_an_entry_with_two_names_is_refused(tmp_path: Path, unicode_name: str) -> None:
    info = zipfile.ZipInfo("good")
    said = struct.pack("<BI", 1, zlib.crc32(b"good")) + unicode_name.encode()
    info.extra = struct.pack("<2H", 0x7075, len(said)) + said
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(info, b"1")
    assert code_of(tmp_path, held.getvalue()) == "E-FORMAT"


@pytest.mark.parametrize("folder", ["Same/", "same/", "SAME/"])
def test_7_a_folder_that_is_a_file_on_a_careless_file_system_is_refused(
    tmp_path: Path, folder: str
) -> None:
    assert code_of(tmp_path, packed({"same": b"1", folder: b""})) == "E-PATH"


def test_4_a_folder_that_holds_bytes_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path, packed({"folder/": b"hidden"})) == "E-FORMAT"


@pytest.mark.parametrize(
    ("at", "form", "value"),
    [(6, "<H", 1), (8, "<H", 0), (18, "<I", 3), (22, "<I", 3)],
    ids=["encrypted", "another method", "packed size", "size"],
)
def test_4_an_entry_whose_own_header_says_something_else_is_damage(
    tmp_path: Path, at: int, form: str, value: int
) -> None:
    data = bytearray(packed({"a": b"1" * 500}))
    struct.pack_into(form, data, data.index(LOCAL) + at, value)
    path = tmp_path / "two.zip"
    path.write_bytes(data)
    entry = read_entries(path)["a"]
    with pytest.raises(Untrusted, match="E-HASH"):
        EntryReader(path, entry)


NAMES = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=9).filter(
        lambda name: name not in {"con", "prn", "aux", "nul"}
    ),
    max_size=6,
    unique=True,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=NAMES,
    data=st.binary(max_size=300),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    is_long=st.booleans(),
)
def test_any_archive_of_the_standard_library_reads_as_it_does(
    place: Callable[[], Path], names: list[str], data: bytes, method: int, is_long: bool
) -> None:
    files = {f"{name}/": b"" for name in names[3:]} | {
        f"top/{name}.x": data[: len(name) * 30] for name in names
    }
    path = place()
    path.write_bytes(packed(files, method=method, is_long=is_long))
    found = {}
    for name, entry in read_entries(path).items():
        reader = EntryReader(path, entry)
        found[name] = b"".join(iter(reader.read, b""))
        reader.close()
    with zipfile.ZipFile(path) as oracle:
        listed = {i.filename: oracle.read(i) for i in oracle.infolist() if not i.is_dir()}
    assert found == listed


@pytest.fixture
def place(tmp_path: Path) -> Callable[[], Path]:
    return lambda: tmp_path / "any.zip"
