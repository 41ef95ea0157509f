# SPDX-License-Identifier: Apache-2.0
"""The journal's bytes, its damage, and the numbers that must come back bit for bit."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.journal.layout import (
    Header,
    Kind,
    pack_header,
    pack_metric,
    pack_other,
    unpack_header,
)
from strongroom.journal.reader import JournalTail, read_run
from support.journals import RUN_ID, journal_writer, polled, run_folder

RELAXED = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _journal(folder: Path) -> Path:
    (path,) = folder.glob("*.srj")
    return path


def test_a_metric_record_has_the_bytes_of_the_format_page() -> None:
    tail = b"\x01\0\0\0\x07\0\0\0\0\0\0\0\x40\x42\x0f\0\0\0\0\0\0\0\0\0\0\0\xe0\x3f"
    assert pack_metric(1, 7, 1_000_000, 0.5) == struct.pack("<I", zlib.crc32(tail)) + tail


def test_another_record_is_padded_to_whole_slots_and_its_checksum_covers_the_padding() -> None:
    data = pack_other(Kind.KEY, {"id": 1, "name": "loss"})
    body = b'{"id":1,"name":"loss"}'
    assert data[4:16] == struct.pack("<III", 0xF000_0001, len(body), 0)
    assert data[16:] == body + bytes(64 - 16 - len(body))
    assert zlib.crc32(data[4:]) == struct.unpack("<I", data[:4])[0]


def test_a_header_reads_back_as_it_was_written() -> None:
    header = Header(
        run_id=RUN_ID, writer="00" * 7 + "ff", pid=77, created_us=123, boot_id="abcdef012345"
    )
    data = pack_header(header)
    assert len(data) == 64
    assert data.startswith(b"SRJOURN1\x01\0\0\0\x4d\0\0\0")
    assert unpack_header(data) == header


@RELAXED
@given(
    bits=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30),
    step=st.integers(-(2**63), 2**63 - 1),
)
def test_35_any_double_and_any_step_come_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, bits: list[int], step: int
) -> None:
    folder = run_folder(tmp_path_factory.mktemp("bits"))
    writer = journal_writer(folder)
    for pattern in [*bits, 0x7FF0_0000_0000_0001, 0xFFF8_0000_0000_BEEF, 1, 1 << 63]:
        writer.metric("m", struct.unpack("<d", struct.pack("<Q", pattern))[0], step)
    writer.close("FINISHED")
    series = read_run(folder).metrics["m"]
    wanted = [*bits, 0x7FF0_0000_0000_0001, 0xFFF8_0000_0000_BEEF, 1, 1 << 63]
    assert series.values.view(np.uint64).tolist() == wanted
    assert set(series.steps.tolist()) == {step}


def test_a_torn_record_at_the_end_is_dropped_and_said(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    for step in range(5):
        writer.metric("loss", 1.0, step)
    writer.close()
    path = _journal(folder)
    whole = path.read_bytes()
    for cut in range(1, 32):
        path.write_bytes(whole[:-cut])
        content = read_run(folder)
        assert content.metrics["loss"].steps.tolist() == [0, 1, 2, 3]
        assert [finding.code for finding in content.findings] == ["W-TORN"]


@RELAXED
@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_a_flipped_byte_anywhere_is_found(
    tmp_path_factory: pytest.TempPathFactory, place: float, change: int
) -> None:
    folder = run_folder(tmp_path_factory.mktemp("flip"))
    writer = journal_writer(folder)
    writer.record(Kind.PARAM, {"key": "note", "value": "🚀" * 40})
    for step in range(20):
        writer.metric(f"m{step % 3}", 0.1, step)
    writer.close("FINISHED")
    path = _journal(folder)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= change
    path.write_bytes(data)
    content = read_run(folder)
    assert content.findings
    for series in content.metrics.values():
        assert set(series.values.tolist()) == {0.1}


def test_a_changed_point_before_good_ones_is_skipped_alone_and_named_by_its_offset(
    tmp_path: Path,
) -> None:
    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    for step in range(10):
        writer.metric("loss", float(step), step)
    writer.close()
    path = _journal(folder)
    data = bytearray(path.read_bytes())
    offset = len(data) - 32 * 6
    data[offset + 20] ^= 1
    path.write_bytes(data)
    content = read_run(folder)
    assert content.metrics["loss"].steps.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert [(found.code, found.offset) for found in content.findings] == [("E-HASH", offset)]


def test_names_with_markup_stay_text(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    names = ["<img src=\\\\evil\\x>", "a\nb\x1b[31m", "Ω/𝛼", "'; DROP TABLE run"]
    for name in names:
        writer.metric(name, 1.0, 0)
    writer.close()
    assert sorted(read_run(folder).metrics) == sorted(names)


def test_a_tail_gives_each_point_once_and_waits_for_unfinished_ones(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    tail = JournalTail(folder)
    writer.metric("loss", 1.0, 0)
    assert polled(tail)["loss"].steps.tolist() == [0]
    assert polled(tail) == {}
    path = _journal(folder)
    with path.open("ab") as stream:
        point = pack_metric(1, 1, 5, 2.0)
        stream.write(point[:20])
        stream.flush()
        assert polled(tail) == {}
        stream.write(point[20:])
    assert polled(tail)["loss"].values.tolist() == [2.0]
    writer.close()


def test_a_record_made_to_look_long_costs_no_more_than_a_moment(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    writer.close()
    hostile = struct.pack("<IIII16s", 0, 0xF000_0002, 1 << 20, 0, b"") * 60_000
    path = _journal(folder)
    path.write_bytes(path.read_bytes() + hostile)
    assert [found.code for found in read_run(folder).findings] == ["W-TORN"]
