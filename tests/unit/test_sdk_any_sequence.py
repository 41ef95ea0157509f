# SPDX-License-Identifier: Apache-2.0
"""Any sequence of log calls reads back exactly, from journals and from Parquet; no call raises."""

import itertools
import math
import os
import struct
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import strongroom as sr
from strongroom.domain.clock import SystemClock
from strongroom.journal.reader import param_text, read_run
from strongroom.sdk.active_run import ActiveRun
from strongroom.sdk.session import SESSION
from strongroom.services.runs import open_runs
from strongroom.store.liveness import observe
from strongroom.store.run_state import read_state
from strongroom.store.series import read_series
from support.journals import only_run, trained

STEPS = st.integers(-(2**63), 2**63 - 1)
TIMES = st.integers(0, 2**53 - 1)
BITS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
VALUES = st.one_of(BITS, st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324]))
NAMES = st.sampled_from(["loss", "a/b", "ü", "<b>x</b>", "= 1 + 1", "x" * 200])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("metric"), NAMES, VALUES, STEPS, TIMES),
        st.tuples(st.just("metrics"), st.dictionaries(NAMES, VALUES, max_size=3), STEPS, TIMES),
        st.tuples(st.just("batch"), NAMES, st.lists(st.tuples(VALUES, STEPS, TIMES), max_size=5)),
        st.tuples(st.just("param"), NAMES, JSON),
        st.tuples(st.just("tag"), NAMES, st.none() | TEXTS),
        st.tuples(st.just("note"), TEXTS),
        st.tuples(st.just("text"), st.sampled_from(["a.txt", "b/c.txt"]), TEXTS),
        st.tuples(st.just("resume")),
        st.tuples(st.just("flush")),
    ),
    max_size=25,
)


@dataclass
class Expected:
    """What a run must hold: kept here as the calls are made, by rules as simple as can be."""

    points: dict[str, list[tuple[int, int, bytes]]] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)

    def point(self, key: str, value: float, step: int, time_us: int) -> None:
        self.points.setdefault(key, []).append((step, time_us, struct.pack("<d", value)))


def _make(run: ActiveRun, expected: Expected, call: tuple[Any, ...]) -> None:
    verb, *given_ = call
    if verb == "metric":
        key, value, step, time_us = given_
        run.log_metric(key, value, step, time_us=time_us)
        expected.point(key, value, step, time_us)
    elif verb == "metrics":
        metrics, step, time_us = given_
        run.log_metrics(metrics, step, time_us=time_us)
        for key, value in metrics.items():
            expected.point(key, value, step, time_us)
    elif verb == "batch":
        key, points = given_
        values, steps, times = zip(*points, strict=True) if points else ((), (), ())
        run.log_batch({key: np.array(values)}, list(steps), times_us=list(times))
        for value, step, time_us in points:
            expected.point(key, value, step, time_us)
    elif verb == "param":
        key, value = given_
        run.log_param(key, value)
        expected.params.setdefault(key, param_text(value))
    elif verb == "tag":
        key, value = given_
        run.set_tag(key, value)
        expected.tags.pop(key, None)
        if value is not None:
            expected.tags[key] = value
    elif verb == "note":
        run.log_note(given_[0])
        expected.notes.append(given_[0])
    elif verb == "text":
        run.log_text(given_[1], given_[0])
        expected.texts[given_[0]] = given_[1].encode()
    elif verb == "flush":
        run.flush()


def _stored(folder: Path, key: str) -> list[tuple[int, int, bytes]]:
    series = read_series(folder, key)
    values = [series.values[at : at + 1].tobytes() for at in range(len(series))]
    return list(zip(series.steps.tolist(), series.times_us.tolist(), values, strict=True))


def _check(folder: Path, expected: Expected, state: Any) -> None:
    assert set(state.metrics) == set(expected.points)
    for key, points in expected.points.items():
        assert _stored(folder, key) == points
    assert state.params == expected.params
    assert state.tags == expected.tags
    own = [note for note in state.notes if not note.startswith("Resumed on ")]
    assert own == expected.notes
    found = {}
    for artifact in state.artifacts:
        data = (folder / artifact.container).read_bytes()
        found[artifact.path] = data[artifact.offset : artifact.offset + artifact.size_bytes]
    assert found == expected.texts
    assert state.findings == ()


def _property(calls: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        store, expected = Path(name), Expected()
        run = sr.start_run("any", store=store)
        for call in calls:
            if call[0] == "resume":
                run.end("FAILED")
                run = sr.start_run(store=store, run_id=run.run_id)
            _make(run, expected, call)
        run.end()
        assert set(run.losses.counts) <= {"param-changed"}
        _check(run.folder, expected, read_run(run.folder))
        runs = open_runs(store, SystemClock(), os.urandom)
        try:
            runs.refresh()
            assert runs.show(run.run_id).run.is_sealed
        finally:
            runs.catalog.close()
        assert not list(run.folder.glob("*.srj"))
        _check(run.folder, expected, read_state(run.folder, observe(0)))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # shrinking takes minutes: see the slow one
)
@given(calls=CALLS)
def test_any_sequence_of_log_calls_reads_back_exactly(
    caplog: pytest.LogCaptureFixture, calls: list[tuple[Any, ...]]
) -> None:
    _property(calls)


@pytest.mark.slow
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls=CALLS)
def test_very_many_sequences_of_log_calls_read_back_exactly(
    caplog: pytest.LogCaptureFixture, calls: list[tuple[Any, ...]]
) -> None:
    _property(calls)


class _Broken:
    """Raises whatever it is asked."""

    def _no(self, *_: object, **__: object) -> Any:
        raise RuntimeError("broken")

    __float__ = __str__ = __repr__ = __iter__ = __len__ = __index__ = __eq__ = __hash__ = _no
    __bool__ = __getitem__ = __fspath__ = __contains__ = _no
    shape = property(_no)
    dtype = property(_no)
    columns = property(_no)
    tolist = item = keys = items = to_numpy = _no


class _BrokenDict(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        raise LookupError("gone")

    __iter__ = items


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1.5, math.nan, "", "x", "\ud800", "../x", b"x", [], [1, "x"], {},
    {"a": _Broken()}, {"\ud800": 1}, {1: 2}, (), object(), _Broken(), _BrokenDict(a=1), print,
    np.zeros(3), np.array("x"), np.array([None]), Path("absent"), 1j, range(3), iter([1]), type,
)  # fmt: skip
VERBS = (
    "log_metric", "log_metrics", "log_batch", "log_param", "log_params", "set_tag", "set_tags",
    "log_note", "log_input", "log_artifact", "log_artifacts", "log_text", "log_dict", "log_table",
    "log_image", "log_figure", "log_histogram", "log_model",
)  # fmt: skip


@pytest.mark.parametrize("state", ["running", "ended", "nothing"])
def test_no_call_with_any_object_raises_or_harms_the_next(
    state: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    SESSION.end_all()
    SESSION.orphans.counts.clear()
    run = sr.start_run(store=tmp_path)
    if state != "running":
        run.end()
    for verb in VERBS:
        asked = getattr(sr, verb) if state == "nothing" else getattr(run, verb)
        for first in ODD:
            asked(first) if verb not in _OF_TWO else asked(first, "name")
        if verb in _OF_TWO:
            for second in ODD:
                asked("name", second)
    assert caplog.records
    run.flush()
    sr.flush()
    run.log_metric("good", 1.0)
    sr.end_run(_Broken())  # type: ignore[arg-type]
    run.end({})  # type: ignore[arg-type]
    content = read_run(run.folder)
    assert content.findings == ()
    assert ("good" in content.metrics) == (state == "running")
    assert set(content.lost) <= {
        "type", "key", "size", "path", "missing", "internal", "param-changed", "disk",
    }  # fmt: skip
    if state == "running":
        assert "disk" not in content.lost
    else:
        assert run.losses.counts.get("ended", 0) > 0


_OF_TWO = {
    "log_metric", "log_param", "set_tag", "log_text", "log_dict", "log_table", "log_image",
    "log_figure", "log_histogram",
}  # fmt: skip


def test_a_forked_child_and_a_full_disk_take_any_call_too(tmp_path: Path) -> None:
    script = """
import os, resource, strongroom as sr
odd = [None, 0, "x", "\\ud800", [], {}, object(), b"x"]
def everything(run):
    for verb in [name for name in dir(run) if name.startswith(("log_", "set_", "flush"))]:
        for first in odd:
            for second in odd:
                call = getattr(run, verb)
                try:
                    call(first, second)
                except TypeError as error:
                    assert "positional argument" in str(error), (verb, error)
run = sr.start_run()
if os.fork() == 0:
    everything(run)
    run.end()
    os._exit(0)
assert os.wait()[1] == 0
limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (600, limit))
everything(run)
run.log_batch({"a": [1.0] * 1000})
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
run.log_metric("after", 1.0)
run.end()
"""
    trained(script, tmp_path)
    content = read_run(only_run(tmp_path))
    assert content.findings == ()
    assert content.metrics["after"].values.tolist() == [1.0]
    assert content.lost["disk"] > 0


def test_points_out_of_order_and_repeated_stay_as_they_came(tmp_path: Path) -> None:
    steps = [5, 3, 3, 5, -1, 5]
    with sr.start_run(store=tmp_path) as run:
        for place, step in enumerate(steps):
            sr.log_metric("loss", place, step, time_us=1)
        sr.log_metric("none", 1.0, None)  # type: ignore[arg-type]
    series = read_run(run.folder).metrics["loss"]
    assert series.steps.tolist() == steps
    assert series.values.tolist() == list(map(float, range(6)))
    assert read_run(run.folder).metrics["none"].steps.tolist() == [0]
    assert all(a <= b for a, b in itertools.pairwise(sorted(steps)))
