# SPDX-License-Identifier: Apache-2.0
"""What a dataset's profile says, held against pandas, polars, Arrow and numpy on the same data."""

import csv
import json
import math
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strongroom as sr
from strongroom.disk.parquet_footer import footer_of, footer_profile
from strongroom.domain import column_tally
from strongroom.domain.column_tally import ColumnTally
from strongroom.domain.data_profile import (
    MAX_TEXT_BYTES,
    MOST_COLUMNS,
    ColumnProfile,
    DataProfile,
    read_profile,
)
from strongroom.journal.reader import read_run
from strongroom.sdk import table_files
from strongroom.sdk.inputs import describe
from support.journals import trained

ROWS = 400


def _frame() -> pd.DataFrame:
    chance = np.random.default_rng(7)
    price = chance.normal(100.0, 15.0, ROWS)
    price[::10] = np.nan
    return pd.DataFrame(
        {
            "price": price,
            "rooms": chance.integers(1, 6, ROWS),
            "sold": chance.random(ROWS) < 0.25,
            "city": [None if n % 7 == 0 else ("Bern", "Ulm")[n % 2] for n in range(ROWS)],
            "person": [f"person {n}" for n in range(ROWS)],
            "day": pd.date_range("2026-01-01", periods=ROWS, freq="D"),
        }
    )


def _profile(data: object) -> dict[str, ColumnProfile]:
    found = describe(data, name="data", context="training", source="", digest="")
    profile = read_profile(found.profile)
    assert profile is not None
    return {each.name: each for each in profile.columns}


def _csv(path: Path) -> Path:
    _frame().to_csv(path, index=False)
    return path


def _parquet(path: Path) -> Path:
    pq.write_table(pa.Table.from_pandas(_frame()), path)
    return path


@pytest.mark.parametrize("make", ["pandas", "polars", "arrow", "csv"])
def test_a_table_of_any_make_tells_what_pandas_tells(make: str, tmp_path: Path) -> None:
    frame = _frame()
    makers: dict[str, Any] = {
        "pandas": lambda: frame,
        "polars": lambda: pl.from_arrow(pa.Table.from_pandas(frame)),
        "arrow": lambda: pa.Table.from_pandas(frame),
        "csv": lambda: _csv(tmp_path / "data.csv"),
    }
    data: object = makers[make]()
    found = _profile(data)
    price, told = frame["price"], found["price"]
    assert told.kind == "number"
    assert told.count == ROWS
    assert told.missing == int(price.isna().sum())
    for name, expected in (
        ("minimum", price.min()), ("maximum", price.max()), ("mean", price.mean()),
        ("deviation", price.std()),
    ):  # fmt: skip
        assert getattr(told, name) == pytest.approx(expected, rel=1e-12)
    for name, value in told.quantiles:
        assert value == pytest.approx(price.quantile(float(name[:-1]) / 100), rel=0.02)
    assert found["rooms"].kind == "integer"
    assert dict(found["rooms"].top) == {str(k): v for k, v in frame["rooms"].value_counts().items()}
    assert found["sold"].kind == "boolean"
    assert dict(found["sold"].top)["true"] == int(frame["sold"].sum())
    assert (found["city"].kind, found["city"].missing) == ("text", int(frame["city"].isna().sum()))
    assert dict(found["city"].top) == frame["city"].value_counts().to_dict()
    assert found["day"].kind == "time"
    assert str(found["day"].minimum).startswith("2026-01-01")
    assert str(found["day"].maximum).startswith(str(frame["day"].max().date()))


def test_what_only_one_person_has_is_never_named(tmp_path: Path) -> None:
    for data in (_frame(), _csv(tmp_path / "data.csv"), _parquet(tmp_path / "data.parquet")):
        found = describe(data, name="", context="", source="", digest="")
        assert "person 1" not in found.profile
    assert _profile(_frame())["person"].top == ()
    assert _profile(_frame())["person"].distinct == ROWS


def test_parquet_is_told_from_its_footer_without_reading_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _parquet(tmp_path / "data.parquet")
    frame = _frame()
    found = describe(path, name="", context="", source="", digest="given")
    assert found.rows == str(ROWS)
    told = {each.name: each for each in read_profile(found.profile).columns}  # type: ignore[union-attr]
    assert told["price"].minimum == frame["price"].min()
    assert told["price"].missing == int(frame["price"].isna().sum())
    assert told["rooms"].maximum == frame["rooms"].max()
    assert told["day"].minimum == "2026-01-01T00:00:00"
    assert told["city"].minimum is None  # a text is no end of a range
    schema = {each["name"]: each["type"] for each in json.loads(found.schema)}
    assert schema["price"] == "double"
    assert schema["city"] == "byte_array"
    whole = path.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    hollow = tmp_path / "hollow.parquet"
    hollow.write_bytes(b"PAR1" + bytes(len(whole) - length - 12) + whole[-length - 8 :])
    assert footer_profile(footer_of(hollow)) == footer_profile(footer_of(path))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), cut=st.booleans())
def test_a_damaged_footer_is_refused_or_read_and_never_runs_away(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int, cut: bool
) -> None:
    data = bytearray(_footer_bytes())
    length = int.from_bytes(data[-8:-4], "little")
    place = len(data) - 8 - length + at % (length + 8)
    data[place] ^= 1 << bit
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    path.write_bytes(bytes(data[: place if cut else None]))
    try:
        profile = footer_profile(footer_of(path))
    except ValueError:
        return
    assert read_profile(profile.as_text()) is not None


def _footer_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(_frame()), sink)
    return bytes(sink.getvalue())


def test_arrays_and_tensors_are_told_column_by_column() -> None:
    values = np.array([[1.0, 10.0], [np.nan, 20.0], [3.0, np.inf]])
    found = _profile(values)
    assert (found["column 0"].missing, found["column 0"].maximum) == (1, 3.0)
    assert found["column 1"].maximum == 20.0
    pictures = np.zeros((6, 8, 8), np.uint8)
    assert _profile(pictures)["values"].count == pictures.size
    half = np.full(1000, 60_000, np.float16)
    assert _profile(half)["values"].mean == 60_000.0
    assert _profile(np.array([], float))["values"].count == 0
    series = pd.Series([1.0, 2.0])
    assert _profile(series)["values"].mean == 1.5
    assert _profile(np.array(5.0))["values"].mean == 5.0


def test_a_profile_needs_no_numpy_where_the_data_have_none(tmp_path: Path) -> None:
    script = f"""
import sys, strongroom as sr
with sr.start_run() as run:
    sr.log_input({{"a": [1, 2, None], "b": ["x"] * 3}}, name="columns")
    sr.log_input({str(_csv(tmp_path / "data.csv"))!r})
    sr.log_input({str(_parquet(tmp_path / "data.parquet"))!r})
assert not {{"numpy", "pandas", "pyarrow", "polars"}} & set(sys.modules), "imported"
assert not run.losses.counts, run.losses.counts
print(run.folder)
"""
    content = read_run(Path(trained(script, tmp_path / "store").strip()))
    rows = {each["name"]: each["rows"] for each in content.inputs}
    assert rows == {"columns": "3", "data.csv": str(ROWS), "data.parquet": str(ROWS)}
    for each in content.inputs:
        assert read_profile(each["profile"]) is not None


def test_the_same_numbers_have_one_digest_whoever_holds_them(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": [1, 2]})
    makes = (frame, pl.DataFrame(frame.to_dict("list")), pa.Table.from_pandas(frame),
             {"a": frame["a"].to_numpy(), "b": frame["b"].to_numpy()})  # fmt: skip
    digests = {describe(each, name="n", context="", source="", digest="").digest for each in makes}
    assert len(digests) == 1
    turned = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert (
        describe(turned, name="n", context="", source="", digest="").digest
        == describe(turned.copy("C"), name="n", context="", source="", digest="").digest
    )
    frame.loc[0, "a"] = 1.25
    changed = describe(frame, name="n", context="", source="", digest="").digest
    assert changed not in digests


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(
        st.one_of(st.none(), st.floats(allow_nan=True, width=64), st.integers(), st.booleans(),
                  st.text(max_size=12), st.datetimes()),
        max_size=40,
    )
)  # fmt: skip
def test_any_column_has_a_profile_that_reads_back_as_it_was(values: list[object]) -> None:
    tally = ColumnTally("any")
    tally.add_all(values)
    column = tally.profile()
    assert column.count == len(values)
    known = DataProfile(rows=len(values), columns=(column,))
    text = known.as_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    again = read_profile(text)
    assert again is not None
    assert read_profile(again.as_text()) == again
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if column.kind == "integer":
        assert column.minimum == float(min(numbers))
        assert column.missing == sum(v is None or str(v) == "nan" for v in values)


def test_long_files_are_looked_at_in_part_and_counted_in_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["a", "b"])
        rows.writerows((n, n % 3) for n in range(30_000))
    monkeypatch.setattr(column_tally, "MOST_CELLS", 10_000)
    found = describe(path, name="", context="", source="", digest="d")
    profile = read_profile(found.profile)
    assert found.rows == "30000"
    assert profile is not None
    assert profile.is_sampled
    assert 2_000 < profile.columns[0].count < 8_000
    assert profile.columns[0].mean == pytest.approx(15_000, rel=0.1)
    monkeypatch.setattr(table_files, "MOST_PARSED", 1_000)
    cut = describe(path, name="", context="", source="", digest="d")
    assert cut.rows == "30000"
    assert "looked at in part" in read_profile(cut.profile).words  # type: ignore[union-attr]


def test_json_lines_tell_their_keys_and_what_rows_lack(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    lines = [{"a": n, "label": "yes"} if n % 2 else {"a": n} for n in range(20)]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    found = describe(path, name="", context="", source="", digest="")
    told = {each.name: each for each in read_profile(found.profile).columns}  # type: ignore[union-attr]
    assert found.rows == "20"
    assert told["label"].missing == 10
    assert told["label"].top == (("yes", 10),)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", b"PAR1" + bytes(40)),
        ("a.parquet", b""),
        ("a.csv", b""),
        ("a.csv", b"\xff\xfe\x00\x00"),
        ("a.csv", b'"' + b"x" * 200_000),
        ("a.jsonl", b"[1, 2]\n"),
        ("a.jsonl", b"{" * 5_000),
        ("a.npy", b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 70_000),
        ("a.npy", b"\x93NUMPY\x01\x00\x10\x00__import__('os')"),
        ("a.bin", b"\x00"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_still_named_by_its_digest(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with sr.start_run(store=tmp_path / "store") as run:
        sr.log_input(tmp_path / name)
    (given,) = read_run(run.folder).inputs
    assert len(given["digest"]) == 64
    assert run.losses.counts == {}


def test_a_numpy_file_tells_its_shape(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((5, 3), np.float32))
    found = describe(tmp_path / "a.npy", name="", context="", source="", digest="d")
    assert found.rows == "5"
    assert json.loads(found.schema) == {"dtype": "<f4", "shape": [5, 3]}


def test_a_wide_table_stays_inside_its_record(tmp_path: Path) -> None:
    wide = {f"column {n} {'x' * 200}": [n, n + 1] for n in range(3_000)}
    with sr.start_run(store=tmp_path) as run:
        sr.log_input(wide, name="wide")
    (given,) = read_run(run.folder).inputs
    profile = read_profile(given["profile"])
    assert profile is not None
    assert len(given["profile"]) <= MAX_TEXT_BYTES
    assert len(profile.columns) <= MOST_COLUMNS
    assert len(profile.columns) + profile.left_out == 3_000
    assert run.losses.counts == {}


def test_a_profile_can_be_left_out(tmp_path: Path) -> None:
    with sr.start_run(store=tmp_path) as run:
        sr.log_input(_frame(), name="quiet", profile=False)
    (given,) = read_run(run.folder).inputs
    assert "profile" not in given
    assert given["rows"] == str(ROWS)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format":2,"columns":[]}', '{"format":1,"columns":[{}]}',
     '{"format":1,"columns":[{"name":"a","kind":"evil","count":1}]}',
     '{"format":1,"columns":[{"name":"a","kind":"text","count":-1}]}',
     '{"format":1,"columns":[{"name":"a","kind":"text","count":1,"top":[[1,2]]}]}',
     '{"format":1,"columns":NaN}', "[" * 100_000, '{"format":1,"columns":5}'],
)  # fmt: skip
def test_a_profile_somebody_else_wrote_is_read_strictly(text: str) -> None:
    assert read_profile(text) is None


def test_a_profile_says_in_words_what_it_holds() -> None:
    found = describe(_frame(), name="n", context="", source="", digest="d")
    profile = read_profile(found.profile)
    assert profile is not None
    missing = sum(each.missing or 0 for each in profile.columns)
    assert profile.words == (
        "6 columns: 2 text, 1 number, 1 integer, 1 boolean, 1 time; "
        f"{missing / (6 * ROWS):.3%} missing"
    )


def test_times_with_and_without_zones_and_huge_numbers_have_a_profile() -> None:
    tally = ColumnTally("t")
    tally.add_all([datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 2), pd.Timestamp("2026-3-1")])
    assert tally.profile().kind == "time"
    huge = ColumnTally("h", is_text=True)
    huge.add_all(["9" * 5_000, "1e308", "-1e308"])
    assert huge.profile().kind == "number"
    objects = ColumnTally("o")
    objects.add_all([object(), [1], pd.NA, pd.NaT, float("nan"), math.inf])
    assert objects.profile().missing == 3
    assert sys.modules["numpy"] is np
