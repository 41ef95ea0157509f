# SPDX-License-Identifier: Apache-2.0
"""`log_metrics`: many metrics at one step, in one write, exactly, whatever is handed over."""

import itertools
import math
import os
import struct
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strongroom as sr
from strongroom.disk.contract_folder import write_version
from strongroom.domain.contract import Contract, ContractRule, Subject
from strongroom.journal import writer
from strongroom.journal.reader import read_run
from strongroom.sdk.active_run import ActiveRun
from support.journals import only_run, trained

NUMBERS = st.one_of(
    st.floats(width=64),
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.floats(width=32).map(np.float32),
    st.integers(-(2**31), 2**31 - 1).map(np.int64),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-9, max_value=9),
    st.just(Fraction(1, 3)),
)
NO_NUMBERS = st.sampled_from(["0.5", b"1", None, [1.0], 1j, 10**400, Decimal("sNaN")])
KEYS = st.sampled_from([f"m{n}" for n in range(6)])
STEPS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([np.int32(7), True, 3.0])
ROWS = st.lists(
    st.tuples(
        st.dictionaries(KEYS, NUMBERS | NO_NUMBERS, max_size=6),
        STEPS,
        st.sampled_from([dict, OrderedDict, MappingProxyType]),
    ),
    max_size=12,
)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[ActiveRun]:
    with sr.start_run("rows", store=tmp_path, capture=False) as started:
        yield started


def _is_number(value: object) -> bool:
    if isinstance(value, str | bytes | list | complex) or value is None:
        return False
    try:
        float(value)  # type: ignore[arg-type]
    except (OverflowError, ValueError):
        return False
    return True


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_any_rows_read_back_exactly_and_what_is_no_number_is_lost_alone(
    caplog: pytest.LogCaptureFixture, rows: list[tuple[dict[str, Any], Any, type]]
) -> None:
    caplog.clear()
    expected: dict[str, list[tuple[int, bytes]]] = {}
    lost = 0
    with tempfile.TemporaryDirectory() as store:
        with sr.start_run("rows", store=store, capture=False) as run:
            for metrics, step, kind in rows:
                for _ in range(2):  # the second time the names are known
                    run.log_metrics(kind(metrics), step)
                    for key, value in metrics.items():
                        if _is_number(value):
                            bits = struct.pack("<d", float(value))
                            expected.setdefault(key, []).append((int(step), bits))
                        else:
                            lost += 1
        content = read_run(run.folder)
    found = {
        key: [
            (step, series.values[at : at + 1].tobytes())
            for at, step in enumerate(series.steps.tolist())
        ]
        for key, series in content.metrics.items()
    }
    assert found == expected
    assert run.losses.counts == ({"type": lost} if lost else {})
    said = [each for each in caplog.records if "was not logged" in each.getMessage()]
    assert len(said) == min(1, lost)  # a cause is said once
    assert content.findings == ()


def _count_writes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sizes: list[int] = []
    whole = os.write

    def counted(descriptor: int, data: bytes) -> int:
        sizes.append(len(data))
        return whole(descriptor, data)

    monkeypatch.setattr(os, "write", counted)
    return sizes


def test_a_row_is_one_write_and_its_new_names_are_one_more(
    run: ActiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = {f"layer/{number}": number / 7 for number in range(1_000)}
    sizes = _count_writes(monkeypatch)
    run.log_metrics(metrics, 0)
    assert len(sizes) == 2
    assert sizes[1] == 32_000
    sizes.clear()
    run.log_metrics(metrics, 1)
    run.log_metrics(dict(reversed(metrics.items())), 2)
    assert sizes == [32_000, 32_000]
    monkeypatch.undo()
    run.end()
    content = read_run(run.folder)
    assert {key: each.values.tolist() for key, each in content.metrics.items()} == {
        key: [value] * 3 for key, value in metrics.items()
    }
    assert all(each.steps.tolist() == [0, 1, 2] for each in content.metrics.values())
    times = {tuple(each.times_us.tolist()) for each in content.metrics.values()}
    assert len(times) == 1  # one moment a call, for all of them


def test_more_names_than_one_write_holds_are_all_named(
    run: ActiveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BATCH_BYTES", 1 << 14)  # 512 points
    monkeypatch.setattr(writer, "_KEYS_AT_ONCE", 100)
    metrics = {f"m{number:05}": float(number) for number in range(2_050)}
    sizes = _count_writes(monkeypatch)
    for step in range(2):
        run.log_metrics(metrics, step)
    assert len(sizes) == 21 + 5 + 5
    monkeypatch.undo()
    run.end()
    content = read_run(run.folder)
    assert len(content.metrics) == 2_050
    assert content.metrics["m02049"].values.tolist() == [2_049.0, 2_049.0]
    assert content.findings == ()


def test_more_groups_of_names_than_are_kept_at_hand_are_logged_all_the_same(
    run: ActiveRun,
) -> None:
    groups = list(itertools.combinations([f"m{n}" for n in range(7)], 3))
    for step, group in enumerate(groups * 2):
        run.log_metrics(dict.fromkeys(group, float(step)), step)
    run.end()
    content = read_run(run.folder)
    for key, series in content.metrics.items():
        steps = [step for step, group in enumerate(groups * 2) if key in group]
        assert series.steps.tolist() == steps
        assert series.values.tolist() == [float(step) for step in steps]


def test_a_step_is_left_out_as_in_log_metric_and_one_that_is_none_loses_the_row(
    run: ActiveRun, caplog: pytest.LogCaptureFixture
) -> None:
    run.log_metrics({"a": 1.0, "b": 2.0}, None)  # type: ignore[arg-type]
    run.log_metrics({"a": 3.0, "b": 4.0}, "x")  # type: ignore[arg-type]
    run.log_metrics({"a": 3.0, "b": 4.0}, 2**63)
    run.log_metrics({"a": 3.0, "b": 4.0}, 5, time_us="now")  # type: ignore[arg-type]
    run.log_metrics({"a": 5.0, "b": 6.0}, 5, time_us=77)
    assert run.losses.counts == {"type": 6}
    run.end()
    run.log_metrics({"a": 7.0, "b": 8.0, "c": 9.0}, 6)
    assert run.losses.counts == {"type": 6, "ended": 3}
    assert "the run has ended" in caplog.text
    metrics = read_run(run.folder).metrics
    assert metrics["a"].values.tolist() == [1.0, 5.0]
    assert (metrics["b"].steps.tolist(), metrics["b"].times_us.tolist()[1]) == ([0, 5], 77)


def test_strict_mode_raises_for_a_name_and_for_a_value_and_keeps_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRONGROOM_STRICT", "1")
    with sr.start_run(store=tmp_path, capture=False) as run:
        with pytest.raises(ValueError, match="log_metrics"):
            run.log_metrics({"": 1.0, "good": 2.0})
        with pytest.raises(TypeError, match="str is no number"):
            run.log_metrics({"bad": "x", "good": 3.0})  # type: ignore[dict-item]
    assert read_run(run.folder).metrics["good"].values.tolist() == [2.0, 3.0]


def test_a_broken_file_means_a_new_one_with_the_names_in_it_and_no_lost_row(
    run: ActiveRun,
) -> None:
    run.log_metrics({"a": 1.0, "b": 2.0}, 0)
    os.close(run._writer._fd)
    run.log_metrics({"a": 3.0, "b": math.inf}, 1)
    run.log_metrics({"b": -0.0, "a": 5.0}, 2)
    run.end()
    content = read_run(run.folder)
    assert run.losses.counts == {}
    assert len(content.writers) == 2
    assert content.metrics["a"].values.tolist() == [1.0, 3.0, 5.0]
    assert content.metrics["b"].values.tolist() == [2.0, math.inf, 0.0]
    assert math.copysign(1.0, content.metrics["b"].values[2]) == -1.0


def test_a_forked_child_names_its_metrics_in_a_file_of_its_own(tmp_path: Path) -> None:
    trained(
        """
import os, strongroom as sr
with sr.start_run("fork") as run:
    sr.log_metrics({"a": 1.0, "b": 2.0}, 0)
    if os.fork() == 0:
        sr.log_metrics({"a": 3.0, "b": 4.0}, 1)
        os._exit(0)
    os.wait()
    sr.log_metrics({"a": 5.0, "b": 6.0}, 2)
""",
        tmp_path,
    )
    content = read_run(only_run(tmp_path))
    assert len(content.writers) == 2
    assert content.findings == ()
    for key, values in (("a", {0: 1.0, 1: 3.0, 2: 5.0}), ("b", {0: 2.0, 1: 4.0, 2: 6.0})):
        series = content.metrics[key]
        assert dict(zip(series.steps.tolist(), series.values.tolist(), strict=True)) == values


def test_a_full_disk_keeps_whole_points_of_a_row_and_counts_it(tmp_path: Path) -> None:
    lost = trained(
        """
import resource, strongroom as sr
run = sr.start_run("full")
metrics = {f"m{n}": float(n) for n in range(100)}
sr.log_metrics(metrics, 0)
end = run._writer._end + 1_000
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (end, hard))
sr.log_metrics(metrics, 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
sr.log_metrics(metrics, 2)
sr.end_run()
print(run.losses.counts["disk"])
""",
        tmp_path,
    )
    content = read_run(only_run(tmp_path))
    assert content.findings == ()
    assert int(lost) == 100
    steps = [series.steps.tolist() for series in content.metrics.values()]
    assert all(each in ([0, 2], [0, 1, 2]) for each in steps)
    assert sum(each == [0, 1, 2] for each in steps) == 31  # what fitted into the thousand bytes


def test_a_bounded_metric_in_a_row_is_held_to_its_contract(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rule = ContractRule(subject=Subject.METRIC, key="accuracy", high=1.0)
    write_version(tmp_path, Contract(name="rows", experiments=("rows",), rules=(rule,)))
    with sr.start_run("rows", store=tmp_path, capture=False) as run:
        for step in range(4):
            run.log_metrics({"accuracy": 0.5 + step / 4, "loss": 1.0}, step)
    assert [record.message.count("accuracy") > 0 for record in caplog.records] == [True]
    assert read_run(run.folder).metrics["accuracy"].values.tolist() == [0.5, 0.75, 1.0, 1.25]


def test_many_params_are_one_write_and_each_that_cannot_be_kept_is_lost_alone(
    run: ActiveRun, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run.log_param("known", 1)
    sizes = _count_writes(monkeypatch)
    given = {f"p{number}": {"n": number} for number in range(300)}
    run.log_params({**given, "known": 1, "": 2, "long": "x" * (2 << 20)})
    run.log_params({"known": 2, "late": None})
    assert len(sizes) == 2
    monkeypatch.undo()
    run.log_params({f"large{number}": str(number) * 900_000 for number in range(3)})
    run.end()
    assert run.losses.counts == {"key": 1, "size": 1, "param-changed": 1}
    assert len([each for each in caplog.records if "was not logged" in each.message]) == 3
    params = read_run(run.folder).params
    assert {key: params[key] for key in ("known", "late", "p299")} == {
        "known": "1", "late": "None", "p299": "{'n': 299}",
    }  # fmt: skip
    assert (len(params), params["large2"]) == (305, "2" * 900_000)


def test_params_that_do_not_go_in_together_go_in_one_by_one(
    run: ActiveRun, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = os.write

    def narrow(descriptor: int, data: bytes) -> int:
        if len(data) > 100:
            raise OSError(28, "No space left on device")
        return whole(descriptor, data)

    monkeypatch.setattr(os, "write", narrow)
    run.log_params({"a": 1, "b": "x" * 200, "c": 3})
    monkeypatch.undo()
    assert run.losses.counts == {"disk": 1}
    assert "log_params('b')" in caplog.text
    run.log_params({"b": "room again"})
    run.end()
    assert read_run(run.folder).params == {"a": "1", "b": "room again", "c": "3"}
