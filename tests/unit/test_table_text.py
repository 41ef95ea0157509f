# SPDX-License-Identifier: Apache-2.0
"""Rows and columns of a file are the same to whoever logs it and to whoever looks at it again."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.disk import table_text
from strongroom.disk.table_text import array_header, delimiter_of
from strongroom.domain.errors import Cancelled
from strongroom.domain.progress import Silent
from strongroom.sdk.table_files import facts_of
from strongroom.store.data_shape import recorded_shape, shape_of

CELLS = st.text(st.sampled_from('ab1 ,;|\t"\r\n\ufeffü\x00'), max_size=40)
Told = tuple[int | None, list[str] | None]
BYTES = CELLS.map(lambda text: text.encode()) | st.binary(max_size=60)


def _both(path: Path) -> tuple[Told, Told]:
    """Returns rows and names as they are logged, and as they are found again."""
    told = facts_of(path, with_profile=True)
    schema = json.dumps(told.schema) if isinstance(told.schema, list) else ""
    logged = recorded_shape({"schema": schema, "rows": "" if told.rows is None else str(told.rows)})
    found = shape_of(path, Silent())
    names = [
        None if each.columns is None else [name for name, _ in each.columns]
        for each in (logged, found)
    ]
    return (logged.rows, names[0]), (found.rows, names[1])


@settings(max_examples=200, deadline=None)
@given(BYTES, st.sampled_from(["a.csv", "a.tsv", "a.jsonl"]))
def test_any_file_is_counted_alike(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        logged, found = _both(path)
    if logged[0] is not None:  # what could not be taken apart is named by its digest alone
        assert found[0] == logged[0]
    if logged[1] is not None and found[1] is not None:
        assert found[1] == logged[1]


@pytest.mark.parametrize(
    ("content", "rows", "names"),
    [
        (b"a,b;c\n1,2;3\n", 1, ["a", "b;c"]),  # as often one as the other: the first of them
        (b"a\tb,c\n", 0, ["a\tb", "c"]),
        (b"\xef\xbb\xbfage;pay\n1;2\n\n3;4", 2, ["age", "pay"]),
        (b"a,b\r1,2\r3,4\r", 2, ["a", "b"]),
        (b'"x\ny",\n1,"2\n3"\n', 1, ["x\ny", "column 1"]),
    ],
)
def test_a_table_in_text_is_taken_apart_as_people_mean_it(
    tmp_path: Path, content: bytes, rows: int, names: list[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert _both(path) == ((rows, names), (rows, names))


def test_a_line_without_an_end_is_never_held_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_text, "MAX_LINE", 1_000)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n" + b"x" * 10_000)
    logged, found = _both(path)
    assert logged == found
    with path.open("rb") as raw, table_text.opened_text(raw, is_delimited=True) as text:
        assert max(map(len, table_text.lines_of(text))) == 1_000


def test_counting_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((b"x" * 511 + b"\n") * (20 << 10))
    heard: list[int] = []

    class Stop:
        def step(self, done: int, total: int, what: str = "") -> None:
            heard.append(done)
            if len(heard) == 2:
                raise Cancelled

    with pytest.raises(Cancelled):
        shape_of(path, Stop())
    assert heard == [4 << 20, 8 << 20]


@pytest.mark.parametrize("kind", ["<f4", "|b1", "<U7", [("a", "<i8"), ("b", "<f8")]])
@pytest.mark.parametrize("shape", [(), (0,), (5, 3), (2, 0, 1)])
def test_an_array_tells_its_extents(tmp_path: Path, kind: object, shape: tuple[int, ...]) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros(shape, np.dtype(kind)))  # type: ignore[call-overload]
    described, extents = array_header(path.read_bytes())
    assert extents == shape
    assert np.dtype([tuple(each) for each in kind] if isinstance(kind, list) else described) == (
        np.dtype(kind)  # type: ignore[call-overload]
    )


@pytest.mark.parametrize(
    "header", [b"{}", b"{'shape': 5}", b"{'shape': ('x',)}", b"[]", b"(" * 5_000, b"\xff"]
)
def test_a_header_that_is_none_is_refused_and_runs_nothing(header: bytes) -> None:
    head = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with pytest.raises((ValueError, SyntaxError, RecursionError, MemoryError)):
        array_header(head)


def test_the_delimiter_is_that_of_the_first_line() -> None:
    assert delimiter_of("a;b;c\n1,2,3,4,5") == ";"
    assert delimiter_of("alone\n1,2") == ","
