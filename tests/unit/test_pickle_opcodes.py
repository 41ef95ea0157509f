# SPDX-License-Identifier: Apache-2.0
"""Pickles are judged by their opcodes and never loaded."""

import bz2
import collections
import datetime as dt
import gzip
import importlib
import io
import lzma
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from strongroom.models.bounded import BoundedStream, Budget
from strongroom.models.pickle_opcodes import PickleReport, walk_pickle
from support.model_files import hostile_pickles, inspect_bytes, zipped

dumps = importlib.import_module("pickle").dumps  # tests write pickles; nobody loads them
NAMES = sorted(hostile_pickles("true"))
ARRAY = np.arange(12, dtype=np.float64).reshape(3, 4)
PLAIN = {
    "array": ARRAY,
    "fortran": np.asfortranarray(ARRAY),
    "slice": ARRAY[::2],
    "texts": np.array(["a", "bc"]),
    "objects": np.array([{"a": 1}, None], dtype=object),
    "structured": np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]),
    "scalar": np.float64(3),
    "big": np.zeros(100_000),
    "tree": {"a": [1, 2.5, {3}], "x": ARRAY, "y": b"\xff\x00", "z": bytearray(b"q"), "n": None},
    "ordered": collections.OrderedDict(a=1),
    "default": collections.defaultdict(list, {"a": [1]}),
    "deque": collections.deque([1, 2]),
    "counter": collections.Counter("aab"),
    "frozen": frozenset([1]),
    "when": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    "huge": 10**50,
}


def walk(data: bytes) -> PickleReport:
    return walk_pickle(BoundedStream(io.BytesIO(data)), Budget())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("packing", ["plain", "gzip", "zlib", "bz2", "xz", "zip", "no-ending"])
def test_30_a_hostile_pickle_is_never_data_and_never_runs(
    name: str, packing: str, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    raw = hostile_pickles(f"touch {canary}")[name]
    path, data = {
        "plain": ("model.pkl", raw),
        "gzip": ("model.pkl.gz", gzip.compress(raw)),
        "zlib": ("model.joblib", zlib.compress(raw)),
        "bz2": ("model.pkl.bz2", bz2.compress(raw)),
        "xz": ("model.pkl.xz", lzma.compress(raw)),
        "zip": ("model.pt", zipped({"archive/data.pkl": raw, "archive/version": b"3\n"})),
        "no-ending": ("weights", raw),
    }[packing]
    found = inspect_bytes({path: data})
    assert found.format_risk in {"code-on-load", "unknown"}, found
    assert not canary.exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_pickle_is_called_code_by_its_file_name(name: str) -> None:
    found = inspect_bytes({"model.pkl": hostile_pickles("true")[name]})
    assert found.format_risk == "code-on-load"


def test_the_corpus_is_large_and_part_of_it_really_runs(tmp_path: Path) -> None:
    assert len(NAMES) >= 27
    canary = tmp_path / "canary"
    loads = importlib.import_module("pickle").loads
    ran = []
    for name in ("global-reduce-0", "inst", "obj", "stack-global-memoised", "code-dropped"):
        loads(hostile_pickles(f"touch {canary}")[name])
        ran.append(canary.exists())
        canary.unlink(missing_ok=True)
    assert ran == [True] * 5


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", PLAIN)
def test_a_pickle_of_plain_values_and_arrays_is_data(name: str, protocol: int) -> None:
    report = walk(dumps(PLAIN[name], protocol))
    assert (report.risk, report.refused) == ("data-only", ())


def test_the_globals_found_are_listed() -> None:
    report = walk(b"cos\nsystem\n(S'x'\ntR.")
    assert report.named == ("os.system",)
    assert report.refused == ("os.system",)
    assert report.reason == "os.system"


def test_a_cut_pickle_of_data_is_not_data() -> None:
    whole = dumps(PLAIN["tree"])
    assert walk(whole[:-1]).risk == "unknown"
    assert walk(whole + b"tail").risk == "unknown"


def test_a_pickle_too_long_to_be_walked_is_not_data() -> None:
    stream = BoundedStream(io.BytesIO(b"\x80\x02" + b"K\x010" * 1000 + b"N."))
    assert walk_pickle(stream, Budget(opcodes=100)).risk == "unknown"


def test_words_that_spell_opcodes_are_text() -> None:
    conda = b"channels:\n- conda-forge\ndependencies:\n- python=3.11\nname: mlflow-env\n"
    found = inspect_bytes({"conda.yaml": conda, "a.csv": b"class\nsetosa\n(1\n", "b.md": b"c\n"})
    assert found.format_risk == "data-only", found


def test_a_pickle_dressed_as_text_is_code() -> None:
    found = inspect_bytes({"notes.txt": b"cos\nsystem\n(S'true'\ntR."})
    assert found.format_risk == "code-on-load"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(value=VALUES, protocol=st.integers(0, 5))
def test_any_plain_value_is_data_in_any_protocol(value: object, protocol: int) -> None:
    assert walk(dumps(value, protocol)).risk == "data-only"


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_judged_and_never_break_the_walk(data: bytes) -> None:
    assert walk(data).risk in {"data-only", "unknown", "code-on-load"}


@settings(max_examples=150, deadline=None)
@given(value=VALUES, at=st.integers(0, 10**6), byte=st.integers(0, 255))
@example(value=b"", at=59, byte=ord("\\"))  # an escape that Python does not know, in a name
def test_a_flipped_byte_never_hides_a_call(value: object, at: int, byte: int) -> None:
    hostile = dumps(value, 2)[:-1] + b"0cos\nsystem\n(S'x'\ntR."
    flipped = bytearray(hostile)
    flipped[at % (len(hostile) - 20)] = byte
    report = walk(bytes(flipped))
    assert report.risk != "data-only" or b"cos\nsystem" in _inside_strings(bytes(flipped))


def _inside_strings(data: bytes) -> bytes:
    """Returns what an honest reader takes as text or bytes: there a call is only words."""
    genops = importlib.import_module("pickletools").genops
    found = []
    try:
        for _, argument, _ in genops(data):
            if isinstance(argument, bytes | str | bytearray):
                found.append(argument if isinstance(argument, bytes) else str(argument).encode())
    except ValueError:
        pass
    return b"|".join(found)
