# SPDX-License-Identifier: Apache-2.0
"""A journal is read in blocks: what is found does not depend on where the blocks end."""

import itertools
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.journal import stream
from strongroom.journal.content import Finding
from strongroom.journal.gathering import Summed
from strongroom.journal.layout import HEADER_BYTES, SLOT_BYTES, Kind, pack_metric
from strongroom.journal.reader import read_run
from strongroom.journal.series import Series, concat, summarize
from strongroom.journal.stream import MAX_TOLD, JournalFile, Stretch
from support.journals import journal_writer, run_folder

RELAXED = settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))


def _journal(folder: Path, count: int = 40) -> Path:
    writer = journal_writer(folder)
    writer.record(Kind.PARAM, {"key": "note", "value": "🚀" * 60})
    for step in range(count):
        writer.metric(f"m{step % 3}", step / 7, step)
        if step % 9 == 0:
            writer.record(Kind.TAG, {"key": "at", "value": "x" * (step * 5)})
    writer.close("FINISHED")
    (path,) = folder.glob("*.srj")
    return path


def _joined(stretches: list[Stretch]) -> tuple[dict[str, Series], list[object], list[Finding]]:
    parts: dict[str, list[Series]] = {}
    for stretch in stretches:
        for key, series in stretch.series.items():
            parts.setdefault(key, []).append(series)
    whole = {key: concat(some) for key, some in parts.items()}
    records: list[object] = [each for stretch in stretches for each in stretch.records]
    return whole, records, [each for stretch in stretches for each in stretch.findings]


def _same(left: Series, right: Series) -> bool:
    return (
        left.steps.tobytes() == right.steps.tobytes()
        and left.times_us.tobytes() == right.times_us.tobytes()
        and left.values.tobytes() == right.values.tobytes()
    )


def _flipped(data: bytearray, chance: random.Random) -> None:
    if len(data) > HEADER_BYTES:
        data[chance.randrange(HEADER_BYTES, len(data))] ^= chance.randrange(1, 256)


def _zeroed(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(HEADER_BYTES, len(data) + 1)
    data[start : start + 70] = bytes(len(data[start : start + 70]))


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(HEADER_BYTES, len(data) + 1) :]


def _made_to_look_long(data: bytearray, chance: random.Random) -> None:
    slots = (len(data) - HEADER_BYTES) // SLOT_BYTES
    at = HEADER_BYTES + SLOT_BYTES * chance.randrange(slots + 1)
    data[at : at + 16] = struct.pack("<IIII", 7, 0xF000_0002, chance.randrange(1 << 20), 0)


def _with_a_record_inside(data: bytearray, chance: random.Random) -> None:
    """A good point inside the body of a record whose end comes much later."""
    inside = pack_metric(1, 999, 5, 666.0)
    body = b'{"key":"' + b"k" * 8 + inside * chance.randrange(1, 8) + b'"}'
    tail = struct.pack("<III", 0xF000_0002, len(body), 0) + body
    tail += bytes(-(len(tail) + 4) % SLOT_BYTES)
    data += struct.pack("<I", zlib.crc32(tail)) + tail
    data += pack_metric(1, 1000, 6, 1.0)


DAMAGE: list[Callable[[bytearray, random.Random], None]] = [
    _flipped, _zeroed, _cut, _made_to_look_long, _with_a_record_inside,
]  # fmt: skip


@RELAXED
@given(
    seed=st.integers(0, 2**32),
    damage=st.lists(st.sampled_from(DAMAGE), max_size=4),
    block=st.sampled_from([64, 100, 320, 999, 4096]),
)
def test_any_damage_reads_the_same_in_blocks_of_any_size(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    damage: list[Callable[[bytearray, random.Random], None]],
    block: int,
) -> None:
    folder = run_folder(tmp_path_factory.mktemp("blocks"))
    path = _journal(folder)
    data, chance = bytearray(path.read_bytes()), random.Random(seed)
    for act in damage:
        act(data, chance)
    path.write_bytes(data)
    whole, whole_records, whole_findings = _joined(list(JournalFile(path).stretches()))
    series, records, findings = _joined(list(JournalFile(path).stretches(block)))
    assert series.keys() == whole.keys()
    assert all(_same(series[key], whole[key]) for key in whole)
    assert records == whole_records
    assert sorted(findings, key=repr) == sorted(whole_findings, key=repr)


def test_a_stretch_of_damage_longer_than_any_record_is_one_finding(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    path = _journal(folder, 5)
    good = path.read_bytes()
    noise = random.Random(3).randbytes(3 << 20)
    path.write_bytes(good + noise + pack_metric(1, 77, 5, 1.5))
    for block in (100_000, 16 << 20):
        series, _, findings = _joined(list(JournalFile(path).stretches(block)))
        assert [(each.code, each.offset) for each in findings] == [("E-HASH", len(good))]
        assert findings[0].detail.startswith(f"{len(noise)} bytes")
        assert series["m0"].steps.tolist()[-1] == 77


def test_an_end_of_noise_longer_than_any_record_is_torn(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    path = _journal(folder, 5)
    good = path.read_bytes()
    path.write_bytes(good + random.Random(4).randbytes(3 << 20))
    series, _, findings = _joined(list(JournalFile(path).stretches(100_000)))
    assert [(each.code, each.offset) for each in findings] == [("W-TORN", len(good))]
    assert sum(map(len, series.values())) == 5


def test_34_a_file_of_damage_alone_is_told_in_a_thousand_findings(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    writer.metric("m", 0.0, 0)
    writer.close()
    (path,) = folder.glob("*.srj")
    pair = pack_metric(1, 1, 5, 2.0) + bytes(SLOT_BYTES)
    path.write_bytes(path.read_bytes() + pair * 30_000 + pack_metric(1, 2, 5, 2.0))
    content = read_run(folder)
    assert len(content.metrics["m"]) == 30_002
    assert len(content.findings) == MAX_TOLD
    assert "more than is told one by one" in content.findings[-1].detail


def test_a_journal_of_nothing_but_its_header_has_a_writer(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    writer = journal_writer(folder)
    writer.metric("m", 0.0, 0)
    writer.close()
    (path,) = folder.glob("*.srj")
    path.write_bytes(path.read_bytes()[:HEADER_BYTES])
    (state,) = read_run(folder).writers
    assert state.last_seen_us == state.created_us > 0


def test_w_torn_every_byte_a_journal_can_end_at_gives_what_was_whole_before_it(
    tmp_path: Path,
) -> None:
    folder = run_folder(tmp_path)
    path = _journal(folder, 12)
    whole = path.read_bytes()
    all_points = {key: each.steps.tolist() for key, each in read_run(folder).metrics.items()}
    before, found = -1, dict[str, list[int]]()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        content = read_run(folder)
        told = [each.code for each in content.findings]
        assert told in ([], ["W-TORN"]), cut
        found = {key: each.steps.tolist() for key, each in content.metrics.items()}
        for key, steps in found.items():
            assert all_points[key][: len(steps)] == steps
        count = sum(map(len, found.values()))
        assert count >= before, "a longer file never holds less"
        before = count
    assert found == all_points


def test_a_tail_reads_on_where_it_stopped_whatever_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BLOCK_BYTES", 64)
    folder = run_folder(tmp_path)
    path = _journal(folder, 30)
    whole = path.read_bytes()
    file, found = JournalFile(path), []
    for end in [*range(0, len(whole), 37), len(whole)]:
        path.write_bytes(whole[:end])
        found += file.read().series.get("m1", Series.empty()).steps.tolist()
    assert found == list(range(1, 30, 3))


@RELAXED
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.one_of(st.floats(), st.sampled_from([0.0, -0.0, float("nan"), float("inf")])),
        ),
        min_size=1,
        max_size=120,
    ),
    cuts=st.lists(st.integers(0, 120), max_size=5),
)
def test_a_summary_of_stretches_is_the_summary_of_the_whole(
    rows: list[tuple[int, float]], cuts: list[int]
) -> None:
    steps = np.array([step for step, _ in rows], np.int64)
    values = np.array([value for _, value in rows])
    whole = Series(steps, np.zeros(len(rows), np.int64), values)
    summed = Summed()
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for start, end in itertools.pairwise(edges):
        summed.add("m", whole.cut(slice(start, end)))
    found, wanted = summed.summaries()["m"], summarize(whole)
    assert (found.count, found.last_step) == (wanted.count, wanted.last_step)
    for left, right in (
        (found.last, wanted.last),
        (found.minimum, wanted.minimum),
        (found.maximum, wanted.maximum),
    ):
        assert left == right or (np.isnan(left) and np.isnan(right))
