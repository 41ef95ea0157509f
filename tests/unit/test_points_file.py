# SPDX-License-Identifier: Apache-2.0
"""The Parquet of a run by parts: ranges, shared row groups, the older format, hostile indices."""

import json
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Untrusted
from strongroom.journal import compact, compacted
from strongroom.journal.compact import INDEX_NAME, write_metrics
from strongroom.journal.compacted import open_points, read_metric, read_metrics
from strongroom.journal.points_index import BadIndex, NewerIndex, unpack_index
from strongroom.journal.series import Series, StepRange, concat

OLDER = Path(__file__).parent.parent / "data" / "points" / "format-1.parquet"
STEP = st.one_of(st.integers(-5, 60), st.integers(-(2**63), 2**63 - 1))


def _series(steps: list[int]) -> Series:
    count = len(steps)
    return Series(np.array(steps, np.int64), np.arange(count), np.arange(count) / 3)


def _same(left: Series, right: Series) -> bool:
    return (
        left.steps.tobytes() == right.steps.tobytes()
        and left.times_us.tobytes() == right.times_us.tobytes()
        and left.values.tobytes() == right.values.tobytes()
    )


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "GROUP_POINTS", 16)
    monkeypatch.setattr(compact, "SHARED_POINTS", 5)
    monkeypatch.setattr(compacted, "TOGETHER_POINTS", 40)


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(
    metrics=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=4),
        st.lists(STEP, min_size=1, max_size=70),
        min_size=1,
        max_size=6,
    ),
    first=st.one_of(st.none(), STEP),
    last=st.one_of(st.none(), STEP),
)
def test_any_range_of_any_metric_is_what_a_look_at_all_points_gives(
    tmp_path_factory: pytest.TempPathFactory,
    small_groups: None,
    metrics: dict[str, list[int]],
    first: int | None,
    last: int | None,
) -> None:
    path = tmp_path_factory.mktemp("points") / "metrics.parquet"
    written = {key: _series(steps) for key, steps in metrics.items()}
    write_metrics(path, written)
    steps = StepRange(first=first, last=last)
    with open_points(path) as points:
        assert points.names() == tuple(sorted(written))
        for key, series in written.items():
            is_inside = np.array(
                [
                    (first is None or step >= first) and (last is None or step <= last)
                    for step in metrics[key]
                ]
            )
            found = concat([each for each in points.pieces(key, steps) if len(each)])
            wanted = Series(
                series.steps[is_inside], series.times_us[is_inside], series.values[is_inside]
            )
            assert _same(found, wanted)
            assert _same(concat(list(points.pieces(key))), series)
        together: dict[str, list[Series]] = {}
        for key, part in points.all():
            together.setdefault(key, []).append(part)
        assert all(_same(concat(together[key]), written[key]) for key in written)


def test_row_groups_that_hold_nothing_asked_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.parquet"
    count = compact.GROUP_POINTS * 5
    steps = np.arange(count)
    write_metrics(path, {"a": _series([1]), "loss": Series(steps, steps, steps / 7)})
    read: list[int] = []
    whole = compacted.CompactedPoints._decode

    def noted(self: compacted.CompactedPoints, first: int, end: int) -> Series:
        read.extend(range(first, end))
        return whole(self, first, end)

    monkeypatch.setattr(compacted.CompactedPoints, "_decode", noted)
    middle = compact.GROUP_POINTS * 3 + 100
    with open_points(path) as points:
        (found,) = points.pieces("loss", StepRange(first=middle, last=middle + 9))
    assert found.steps.tolist() == list(range(middle, middle + 10))
    assert len(read) == 1


def test_many_small_metrics_share_row_groups_and_other_engines_see_plain_columns(
    tmp_path: Path,
) -> None:
    path = tmp_path / "metrics.parquet"
    written = {f"m{number:05}": _series([number, number + 1]) for number in range(20_000)}
    write_metrics(path, written)
    assert pq.read_metadata(path).num_row_groups == 3
    assert path.stat().st_size < 40_000 * 40
    assert _same(read_metric(path, "m12345"), written["m12345"])
    table = pq.read_table(path, filters=[("key", "=", "m12345")])
    assert table.column("step").to_pylist() == [12345, 12346]
    assert table.schema.field("key").type == pa.string()


def test_a_file_of_the_older_format_reads_as_it_did() -> None:
    found = read_metrics(OLDER)
    assert list(found) == ["loss", "odd", "Ω/𝛼"]
    assert found["loss"].values.tobytes() == (1 / (1 + np.arange(300.0))).tobytes()
    assert found["odd"].steps.tolist() == [5, 5, -(2**63), 2**63 - 1, 0, -1]
    bits = [0x7FF0000000000001, 0xFFF800000000BEEF, 1, 1 << 63, 0x7FF << 52, 0xFFF << 52]
    assert found["odd"].values.view(np.uint64).tolist() == bits
    with open_points(OLDER) as points:
        (part,) = points.pieces("loss", StepRange(first=7, last=9))
    assert part.steps.tolist() == [7, 8, 9]


def _sealed(document: object) -> bytes:
    text = json.dumps(document).encode()
    return b"%08x" % zlib.crc32(text) + text


GOOD = {"format": 2, "keys": ["a", "b"], "key": [0, 1], "group": [0, 0], "count": [1, 1],
        "crc": [1, 2], "first": [0, 0], "last": [0, 0]}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"key": [1, 0]}, {"key": [0, 2]}, {"key": [-1, 0]}, {"key": [0]}, {"keys": ["b", "a"]},
        {"keys": ["a", "a"]}, {"keys": [1, 2]}, {"keys": None}, {"group": [1, 1]},
        {"group": [0, 2]}, {"group": [0, -1]}, {"count": [0, 1]}, {"count": [1, 1 << 40]},
        {"count": [1 << 23, 1 << 23]}, {"count": [1, 2**64]}, {"count": [[1], [1]]},
        {"first": [0]}, {"crc": "no"}, {"last": {"a": 1}},
    ],
)  # fmt: skip
def test_an_index_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    assert unpack_index(_sealed(GOOD)).keys == ("a", "b")
    with pytest.raises(BadIndex):
        unpack_index(_sealed(GOOD | change))


def test_a_newer_index_says_so(tmp_path: Path) -> None:
    with pytest.raises(NewerIndex):
        unpack_index(_sealed(GOOD | {"format": 3}))
    path = tmp_path / "metrics.parquet"
    schema = pa.schema([pa.field("key", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        writer.write_table(pa.table({"key": ["a"]}, schema))
        writer.add_key_value_metadata({INDEX_NAME: _sealed({"format": 3})})
    with pytest.raises(Untrusted) as caught:
        read_metrics(path)
    assert caught.value.code == "E-FORMAT"
    assert "newer Strongroom" in caught.value.advice


def test_34_a_row_group_of_the_older_format_that_expands_from_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 2_400_000
    zeros = pa.array(np.zeros(count, np.int64))
    table = pa.table(
        {"key": pa.array(["m"]).take(zeros), "step": zeros, "time": zeros,
         "value": pa.array(np.zeros(count))}
    )  # fmt: skip
    path = tmp_path / "metrics.parquet"
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        writer.write_table(table, row_group_size=count)
        writer.add_key_value_metadata(
            {INDEX_NAME: _sealed({"format": 1, "groups": [["m", count, 1]]})}
        )
    monkeypatch.setattr(compacted, "POINTS_PER_BYTE", 32)  # this engine cuts pages at 20,000 rows
    assert path.stat().st_size * 32 < count
    with pytest.raises(Untrusted) as caught:
        read_metrics(path)
    assert caught.value.code == "E-BOMB"


def test_a_small_file_reads_as_a_large_one_does_and_its_damage_is_told_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.parquet"
    values = np.random.default_rng(1).normal(size=3_000)
    write_metrics(path, {"loss": Series(np.arange(3_000), np.arange(3_000), values)})
    whole = path.read_bytes()
    for limit in (0, 1 << 18):
        monkeypatch.setattr(compacted, "READ_WHOLE", limit)
        assert read_metric(path, "loss").values.tobytes() == values.tobytes()
        for damaged in (whole[:5], whole[:-1], whole[:2_000] + b"x" + whole[2_001:]):
            path.write_bytes(damaged)
            with pytest.raises(Untrusted) as caught:
                read_metric(path, "loss")
            assert (caught.value.code, path.name in caught.value.title) == ("E-HASH", True)
        path.write_bytes(whole)
