# SPDX-License-Identifier: Apache-2.0
"""Runs that were logged in lines of text live as all others do: found, shown, sealed, carried."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.clock import FixedClock, SystemClock
from strongroom.domain.errors import BadInput, EnvironmentFault, Refused
from strongroom.journal.plain_lines import MAX_LINE_BYTES, plain_line
from strongroom.journal.reader import JournalTail, read_run
from strongroom.journal.writer import boot_id
from strongroom.sdk.plain_run import find_plain_run, start_plain_run
from strongroom.services.runs import Runs, open_runs
from strongroom.store.liveness import observe
from strongroom.store.run_state import read_state
from strongroom.store.seal_check import verify_sealed
from strongroom.store.sealing import seal
from strongroom.store.series import metric_keys, read_series
from support.command_line import Workplace, workplace
from support.intake_cases import FILE, RUN, START_US, end_line, first_line, line, plain_run
from support.journals import polled
from support.no_internet import GUARDED

LATER = FixedClock(START_US + 60_000_000)
FACTS = {"experiment": "plain", "name": "", "parent": "", "source": {}}


def point(step: int, value: float = 0.5) -> bytes:
    return line(metric="loss", value=value, step=step, time=START_US + step)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    opened = open_runs(tmp_path / "store", SystemClock(), os.urandom)
    yield opened
    opened.catalog.close()


@pytest.fixture
def anna(tmp_path: Path) -> Workplace:
    return workplace(tmp_path, "anna", "store")


def test_a_copy_of_a_plain_run_is_sealed_to_the_same_bytes(tmp_path: Path) -> None:
    lines = [first_line(), line(param="rate", value=0.1), *map(point, range(50)), end_line()]
    folders = [plain_run(tmp_path / name, lines) for name in ("one", "two")]
    for folder in folders:
        assert seal(folder, observe(LATER.now_us()))
        assert not (folder / FILE).exists()
        assert verify_sealed(folder) == ()
    for name in ("sealed.json", "metrics.parquet"):
        assert folders[0].joinpath(name).read_bytes() == folders[1].joinpath(name).read_bytes()
    told = json.loads((folders[0] / "sealed.json").read_text())["journals"]
    assert [each["path"] for each in told] == [FILE]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
            st.floats(width=64),
            st.integers(-(1 << 63), (1 << 63) - 1),
        ),
        max_size=20,
    )
)
def test_any_points_come_back_bit_for_bit_from_lines_and_from_parquet(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[str, float, int]]
) -> None:
    body = [plain_line({"metric": k, "value": v, "step": s, "time": 7}) for k, v, s in points]
    folder = plain_run(tmp_path_factory.mktemp("any"), [first_line(), *body, end_line()])
    wanted: dict[str, list[tuple[int, bytes]]] = {}
    for key, value, step in points:
        # A text says that a value is none, not which bits it has.
        kept = np.float64("nan") if np.isnan(value) else np.float64(value)
        wanted.setdefault(key, []).append((step, kept.tobytes()))

    for is_sealed in (False, True):
        if is_sealed:
            assert seal(folder, observe(LATER.now_us()))
        found = {key: read_series(folder, key) for key in metric_keys(folder)}
        read = {
            key: [(int(s), v.tobytes()) for s, v in zip(each.steps, each.values, strict=True)]
            for key, each in found.items()
        }
        assert read == wanted


@settings(deadline=None, max_examples=60)
@given(cut=st.integers(0, 400))
def test_a_file_cut_anywhere_loses_its_unfinished_line_and_says_so(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    whole = b"".join([first_line(), *map(point, range(3)), end_line()])
    folder = plain_run(tmp_path_factory.mktemp("cut"), [whole[:cut]])
    content = read_run(folder)
    good = whole[:cut].count(b"\n")
    assert sum(map(len, content.metrics.values())) == max(0, min(good - 1, 3))
    torn = [found for found in content.findings if found.code == "W-TORN"]
    has_rest = 0 < cut < len(whole) and whole[:cut][-1:] != b"\n"
    assert bool(torn) == has_rest
    assert not [found for found in content.findings if found.code.startswith("E-")]


def test_a_run_follows_live_line_by_line_and_a_half_written_one_waits(tmp_path: Path) -> None:
    folder = plain_run(tmp_path, [first_line(), point(1)])
    tail = JournalTail(folder)
    assert polled(tail)["loss"].steps.tolist() == [1]
    half = point(2)
    with (folder / FILE).open("ab", buffering=0) as stream:
        stream.write(half[:9])
        assert polled(tail) == {}
        stream.write(half[9:] + point(3))
    assert polled(tail)["loss"].steps.tolist() == [2, 3]


def test_a_run_with_a_bad_line_is_shown_and_stays_unsealed_until_the_line_is_mended(
    tmp_path: Path, runs: Runs
) -> None:
    bad = line(metric="loss", value="0.5", step=2)
    folder = plain_run(tmp_path / "store", [first_line(), point(1), bad, point(3), end_line()])
    runs.refresh()
    found = [(each.code, each.path.rpartition("/")[2]) for each in runs.findings()]
    assert found == [("E-FORMAT", FILE)]
    assert runs.history(RUN, "loss").steps.tolist() == [1, 3]
    assert not runs.show(RUN).run.is_sealed
    text = (folder / FILE).read_bytes().replace(b'"0.5"', b"0.5")
    (folder / FILE).write_bytes(text)
    runs.refresh()
    assert runs.findings() == ()
    assert runs.show(RUN).run.is_sealed
    assert runs.history(RUN, "loss").steps.tolist() == [1, 2, 3]


def test_a_silent_script_is_alive_as_long_as_its_process_and_lost_afterwards(
    tmp_path: Path,
) -> None:
    process = subprocess.Popen(["/bin/sleep", "60"], env={"PYTHONPATH": GUARDED})
    try:
        header = first_line(pid=process.pid, boot_id=boot_id())
        folder = plain_run(tmp_path, [header, line(status="RUNNING", time=START_US)])
        hours_later = observe(START_US + 5 * 3_600_000_000)
        assert not read_state(folder, hours_later).is_lost
    finally:
        process.kill()
        process.wait()
    assert read_state(folder, hours_later).is_lost


def test_without_a_process_ten_silent_minutes_are_lost_contact(tmp_path: Path) -> None:
    folder = plain_run(tmp_path, [first_line(), line(heartbeat=START_US + 60_000_000)])
    assert not read_state(folder, observe(START_US + 600_000_000)).is_lost
    assert read_state(folder, observe(START_US + 661_000_000)).is_lost


def test_a_line_behind_the_end_counts_neither_once_nor_twice(tmp_path: Path) -> None:
    folder = plain_run(tmp_path, [first_line(), point(1), end_line()])
    kept = tmp_path / "kept"
    shutil.copy(folder / FILE, kept)
    assert seal(folder, observe(LATER.now_us()))
    (folder / FILE).write_bytes(kept.read_bytes() + point(2))  # it came while the run was sealed
    opened = open_runs(tmp_path, SystemClock(), os.urandom)
    try:
        opened.refresh()
        assert opened.history(RUN, "loss").steps.tolist() == [1]
        assert opened.show(RUN).run.is_sealed
    finally:
        opened.catalog.close()
    assert not (folder / FILE).exists()


def test_a_run_is_taken_up_again_in_a_file_of_its_own(tmp_path: Path) -> None:
    first = start_plain_run(
        tmp_path, FACTS, run_id="", pid=0, clock=SystemClock(), random_bytes=os.urandom
    )
    first.append([{"metric": "loss", "value": 1.0, "step": 0}])
    first.end("FAILED")
    with pytest.raises(Refused) as refused:
        find_plain_run(tmp_path, first.run_id, clock=SystemClock()).append([{"note": "late"}])
    assert refused.value.code == "E-ENDED"
    again = start_plain_run(
        tmp_path, FACTS, run_id=first.run_id, pid=0, clock=SystemClock(), random_bytes=os.urandom
    )
    again.append([{"metric": "loss", "value": 0.5, "step": 1}])
    again.end("FINISHED")
    state = read_state(first.folder, observe(SystemClock().now_us()))
    assert (state.status.value, state.metrics["loss"].count) == ("FINISHED", 2)
    assert len(list(first.folder.glob("*.jsonl"))) == 2


def test_a_file_with_an_unfinished_end_is_left_as_it_is(tmp_path: Path) -> None:
    run = start_plain_run(
        tmp_path, FACTS, run_id=RUN, pid=0, clock=SystemClock(), random_bytes=os.urandom
    )
    (file,) = run.folder.glob("*.jsonl")
    with file.open("ab") as stream:
        stream.write(b'{"metric":"lo')
    before = file.read_bytes()
    run.append([{"metric": "loss", "value": 0.5, "step": 1}])
    assert file.read_bytes() == before
    content = read_run(run.folder)
    assert content.metrics["loss"].steps.tolist() == [1]
    assert [found.code for found in content.findings] == ["W-TORN"]


APPENDING = """
import sys
from pathlib import Path
from strongroom.domain.clock import SystemClock
from strongroom.sdk.plain_run import find_plain_run
store, run_id, start, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for step in range(start, start + count):
    find_plain_run(store, run_id, clock=SystemClock()).append(
        [{"metric": "loss", "value": step / 7, "step": step}]
    )
    print(step, flush=True)
"""


def appending(store: Path, run_id: str, start: int, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", APPENDING, str(store), run_id, str(start), str(count)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": GUARDED},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_that_append_at_once_lose_no_line_and_share_one_file(tmp_path: Path) -> None:
    run = start_plain_run(
        tmp_path, FACTS, run_id=RUN, pid=0, clock=SystemClock(), random_bytes=os.urandom
    )
    processes = [appending(tmp_path, RUN, number * 1000, 60) for number in range(4)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    content = read_run(run.folder)
    assert content.findings == ()
    wanted = [number * 1000 + step for number in range(4) for step in range(60)]
    assert sorted(content.metrics["loss"].steps.tolist()) == wanted
    assert len(list(run.folder.glob("*.jsonl"))) == 1


def test_what_a_process_returned_from_survives_its_being_killed(tmp_path: Path) -> None:
    run = start_plain_run(
        tmp_path, FACTS, run_id=RUN, pid=0, clock=SystemClock(), random_bytes=os.urandom
    )
    process = appending(tmp_path, RUN, 0, 100_000)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(30)]
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    told += [int(each) for each in rest.split()]
    found = read_run(run.folder).metrics["loss"].steps.tolist()
    assert found[: len(told)] == told
    assert len(found) <= len(told) + 1
    run.append([{"metric": "after", "value": 1.0}])
    assert read_run(run.folder).findings == ()


def test_a_disk_that_takes_no_more_is_told_and_leaves_whole_lines_only(tmp_path: Path) -> None:
    run = start_plain_run(
        tmp_path, FACTS, run_id=RUN, pid=0, clock=SystemClock(), random_bytes=os.urandom
    )
    (file,) = run.folder.glob("*.jsonl")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 150, limits[1]))
        run.append([{"metric": "loss", "value": 1.0, "step": 0}])
        with pytest.raises(EnvironmentFault) as refused:
            run.append([{"note": "x" * 300}])
        assert refused.value.code == "E-FULL"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert file.read_bytes().endswith(b"\n")
    run.append([{"metric": "loss", "value": 0.5, "step": 1}])
    content = read_run(run.folder)
    assert (content.findings, content.metrics["loss"].steps.tolist()) == ((), [0, 1])


def test_what_no_reader_would_take_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    run = start_plain_run(
        tmp_path, FACTS, run_id=RUN, pid=0, clock=SystemClock(), random_bytes=os.urandom
    )
    (file,) = run.folder.glob("*.jsonl")
    before = file.read_bytes()
    for bad, code in (
        ({"metric": "", "value": 1.0}, "E-FORMAT"),
        ({"metric": "m", "value": 1.0, "step": 1 << 63}, "E-FORMAT"),
        ({"artifact": "../x", "size": 1, "sha256": "a" * 64}, "E-PATH"),
        ({"note": "x" * MAX_LINE_BYTES}, "E-SIZE"),
    ):
        with pytest.raises(BadInput) as refused:
            run.append([{"tag": "good", "value": "x"}, bad])
        assert refused.value.code == code
    assert file.read_bytes() == before


def test_python_takes_a_plain_run_up_again_and_joins_one_that_is_alive(tmp_path: Path) -> None:
    from strongroom.sdk.leading import living

    run = start_plain_run(
        tmp_path, FACTS, run_id=RUN, pid=os.getpid(), clock=SystemClock(), random_bytes=os.urandom
    )
    assert [each.pid for each in living(run.folder)] == [os.getpid()]
    run.end("KILLED")
    assert living(run.folder) == ()


def test_a_plain_run_on_a_stick_is_taken_in(anna: Workplace, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    plain_run(stick, [first_line(), line(param="rate", value="0.3"), point(1), end_line()])
    outcome = anna.ask("import", "runs", stick)
    assert outcome["rejected"] == []
    assert [each["status"] for each in anna.ask("runs", "search", "params.rate = '0.3'")["runs"]]


def test_a_script_of_commands_is_a_whole_run(anna: Workplace, tmp_path: Path) -> None:
    run_id = anna.ask("log", "start", "--experiment", "shells", "--name", "one")["run_id"]
    here = Workplace(anna.home, anna.store, variables={"STRONGROOM_RUN_ID": run_id})
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "roc.txt").write_text("ascii art\n")
    here.ask("log", "param", "rate", "0.1")
    here.ask("log", "param", "layers", "[64, 32]", "--typed")
    here.ask("log", "metric", "loss", "-0.5", "--step", "7")
    here.ask("log", "metric", "loss", "-inf", "--step", "-8")
    here.ask("log", "tag", "stage", "trial")
    here.ask("log", "tag", "stage")
    here.ask("log", "note", "It converged.")
    here.ask("log", "input", "customers", "--digest", "sha256:1a")
    here.ask("log", "artifact", tmp_path / "plots", "--path", "figures")
    here.ask("log", "heartbeat")
    here.ask("log", "end", "--exit-code", "3")
    assert here.refused("log", "note", "late", code=3) == "E-ENDED"
    shown = anna.ask("runs", "show", run_id)
    assert (shown["status"], shown["params"]) == ("FAILED", {"rate": "0.1", "layers": "[64, 32]"})
    assert (shown["tags"], shown["notes"]) == ({}, ["It converged."])
    points = anna.ask("runs", "history", run_id, "loss")["points"]
    assert [each[:2] for each in points] == [[-8, "-Infinity"], [7, -0.5]]
    anna.type("artifacts", "get", run_id, "figures/roc.txt", "-o", tmp_path / "out")
    (kept,) = (tmp_path / "out").rglob("roc.txt")
    assert kept.read_text() == "ascii art\n"


def test_a_batch_tells_bad_lines_and_logs_the_others(anna: Workplace, tmp_path: Path) -> None:
    run_id = anna.ask("log", "start")["run_id"]
    words = tmp_path / "words"
    words.write_bytes(
        b"# a comment\n\nmetric loss 0.5 1\nmetric loss many 2\nmeasure x 1\nparam 'un closed\n"
        b'{"metric":"loss","value":0.25,"step":3}\n{"metric":"loss","value":NaN}\n'
        b"metric \xff 1 1\nartifact nowhere.bin\ntag a\nmetric loss 0.1 5"
    )
    found = anna.ask("log", "--batch", words, "--run", run_id, code=1)
    assert (found["lines"], found["refused"]) == (3, 7)
    points = anna.ask("runs", "history", run_id, "loss")["points"]
    assert [each[:2] for each in points] == [[1, 0.5], [3, 0.25], [5, 0.1]]


def test_a_run_that_is_not_named_or_not_there_is_told(anna: Workplace) -> None:
    assert anna.refused("log", "metric", "loss", "1", code=2) == "E-RUN"
    assert anna.refused("log", "metric", "loss", "1", "--run", "0" * 32, code=2) == "E-RUN"
    assert anna.refused("log", "metric", "loss", "1", "--run", "zz", code=2) == "E-FORMAT"
