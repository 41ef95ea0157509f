# SPDX-License-Identifier: Apache-2.0
"""Disks that are full, files that may not grow, and stores that may not be written.

Real ones: a small file system that is filled to the brim, limits of the kernel, a mount that is
read-only. Training goes on, what was acknowledged stays, and a store is old or new.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.bootstrap import Services, open_services
from support.catalog_dump import dump
from support.catalog_rows import differences
from support.command_line import Workplace
from support.forked_work import Workers, point, workers
from support.journals import trained
from support.no_internet import GUARDED_TESTS
from support.runs_on_disk import run_id, write_run
from support.shares import remount, small_disk

DISK = 8 << 20
ENVIRONMENT = 4  # the exit code of a command when the machine is at fault

FILL = """
import errno, json, os, pathlib, strongroom as sr
from strongroom.domain.errors import EnvironmentFault

root = pathlib.Path(os.environ["STRONGROOM_STORE"])
ballast = root.parent / "ballast"

def fill():
    with ballast.open("ab", buffering=0) as stream:
        for size in (1 << 20, 4096, 1):
            try:
                while stream.write(bytes(size)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
"""
TRAINING = (
    FILL
    + """
run = sr.start_run("full", name="through it all")
sr.log_metric("loss", 0.0, 0)
fill()
for step in range(1, 3000):
    sr.log_metric("loss", float(step), step)
sr.log_metrics({"loss": 3000.0, "other": 1.0}, step=3000)
sr.log_batch({"column": [1.0] * 100_000})
sr.log_param("early", 1)
sr.set_tag("early", "1")
sr.log_note("early " * 2000)
run.log_bytes(b"e" * 50_000, "early/small.bin")
run.log_bytes(b"e" * (2 << 20), "early/large.bin")
sr.log_model(b"e" * 50_000, "early-model")
try:
    sr.start_run("full", name="no room to begin")
except EnvironmentFault as fault:
    refused = fault.code
ballast.unlink()
sr.log_metric("loss", 5000.0, 5000)
sr.log_batch({"column": [2.0] * 1000}, steps=range(200_000, 201_000))
sr.log_param("late", 2)
run.log_bytes(b"l" * 50_000, "late/small.bin")
run.log_bytes(b"l" * (2 << 20), "late/large.bin")
sr.log_model(b"l" * 50_000, "late-model")
sr.end_run()
print(json.dumps({"refused": refused, "lost": run.losses.counts}))
"""
)


def fill_up(disk: Path, *, leave_kib: int) -> Path:
    """Fills a disk until so much is left; returns the file that does so."""
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    with ballast.open("wb") as stream:
        stream.write(bytes(max(0, free - leave_kib * 1024)))
    return ballast


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", DISK) as made:
        yield made


@pytest.fixture(scope="module")
def crew() -> Iterator[Workers]:
    with workers() as found:
        yield found


@pytest.fixture
def place(disk: Path, tmp_path: Path) -> Workplace:
    return Workplace(tmp_path / "home", disk / "store")


def test_training_goes_on_over_a_full_disk_and_what_had_room_is_kept(
    crew: Workers, place: Workplace
) -> None:
    told = json.loads(trained(TRAINING, place.store))
    assert told["refused"] == "E-FULL"
    crew.verify(place.store)
    services = open_services(place.store, place.home)
    try:
        (run,) = services.runs.search().runs
        loss = services.runs.history(run.run_id, "loss")
        kept = len(loss) - 1
        assert 1 <= kept < 3000
        assert loss.values.tolist() == [*map(float, range(kept)), 5000.0]
        column = services.runs.history(run.run_id, "column")
        early = int((column.values == 1.0).sum())
        assert early < 100_000
        assert column.steps.tolist() == [*range(early), *range(200_000, 201_000)]
        assert run.params == {"late": "2"}
        detail = services.runs.show(run.run_id)
        files = {file.path: file.size_bytes for file in detail.artifacts}
        assert {"late/small.bin": 50_000, "late/large.bin": 2 << 20}.items() <= files.items()
        assert not any(path.startswith("early") for path in files)
        assert any(path.startswith("late-model/") for path in files)
        assert detail.lost == told["lost"]
        assert told["lost"]["disk"] >= 3000 - kept
        assert detail.run.is_sealed
    finally:
        services.close()


def points_of(services: Services, number: int) -> list[float]:
    found: list[float] = services.runs.history(run_id(number), "loss").values.tolist()
    return found


@pytest.mark.parametrize(
    "left",
    [
        pytest.param((0, 32, 256, 1024), id="four"),
        pytest.param((0, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024), id="many",
                     marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_taking_runs_in_on_a_full_disk_leaves_each_old_or_new(
    crew: Workers, place: Workplace, disk: Path, left: tuple[int, ...]
) -> None:
    codes, numbers = set(), 0
    services = open_services(place.store, place.home)
    services.close()
    for leave_kib in left:
        made = {}
        for _ in range(6):
            numbers += 1
            made[numbers] = [point(step) for step in range(3_000 + numbers)]
            write_run(place.store, numbers, metrics={"loss": made[numbers]}, params={"p": numbers})
        ballast = fill_up(disk, leave_kib=leave_kib)
        said = place.type("runs", "search", "--json")
        codes.add(said.code)
        if said.code != 0:
            assert said.code == ENVIRONMENT, said
            assert said.document["error"]["code"] == "E-FULL", said
        assert "Traceback" not in said.err
        ballast.unlink()
        crew.verify(place.store)
        services = open_services(place.store, place.home)
        try:
            for number, values in made.items():
                assert points_of(services, number) == values
                assert services.runs.show(run_id(number)).run.is_sealed
            before = dump(services.runs.catalog)
            services.integrity.rebuild()
            assert differences(before, dump(services.runs.catalog)) == []
        finally:
            services.close()
        leftovers = [each.name for each in place.store.rglob("*.tmp")]
        assert leftovers == []
    assert codes == {0, ENVIRONMENT}, "some of these must fail and some must not"


LIMITED = """
import pathlib, resource, sys
from strongroom.bootstrap import open_services
from strongroom.domain.errors import StrongroomError

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    services = open_services(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    services.runs.refresh()
except StrongroomError as error:
    print(error.code)
else:
    print("done")
"""


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param((0, 20_000, 1 << 30), id="three"),
        pytest.param(
            (0, 100, 4_096, 20_000, 60_000, 200_000, 1 << 20, 1 << 30),
            id="many",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_files_that_may_not_grow_stop_a_store_and_change_nothing(
    tmp_path: Path, limits: tuple[int, ...]
) -> None:
    store, home = tmp_path / "store", tmp_path / "home"
    values = [point(step) for step in range(40_000)]
    for number in (1, 2, 3):
        write_run(store, number, metrics={"loss": values})
    said = []
    for limit in limits:
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, store, home, str(limit)],
            capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": GUARDED_TESTS},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.strip())
        services = open_services(store, home)
        try:
            services.runs.refresh()
            assert list(services.runs.verify()) == []
            for number in (1, 2, 3):
                assert points_of(services, number) == values
        finally:
            services.close()
        # As it was before, for the next limit: nothing sealed, no catalog.
        for path in (store / "runs", store / "store.json", *store.glob("catalog*")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for number in (1, 2, 3):
            write_run(store, number, metrics={"loss": values})
    assert said[-1] == "done"
    assert set(said[:-1]) <= {"E-FULL", "E-STORE", "done"}
    assert said[0] == "E-FULL"


def test_training_on_a_read_only_store_is_told_before_anything_is_lost(
    place: Workplace, disk: Path
) -> None:
    open_services(place.store, place.home).close()
    remount(disk, "ro")
    script = """
import strongroom as sr
from strongroom.domain.errors import EnvironmentFault
try:
    sr.start_run("never")
except EnvironmentFault as fault:
    print(fault.code, fault.advice)
sr.log_metric("loss", 1.0)
"""
    assert trained(script, place.store).startswith("E-SHARE Check that it is mounted")
    assert list((place.store / "runs").iterdir()) == []


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Returns what lies below a folder: each file's bytes and when it was last changed."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def test_a_store_on_a_read_only_disk_is_read_whole_and_nothing_in_it_changes(
    place: Workplace, disk: Path
) -> None:
    values = [point(step) for step in range(500)]
    for number in (1, 2):
        write_run(place.store, number, metrics={"loss": values}, params={"p": number},
                  artifacts={"a.txt": b"a" * 999})  # fmt: skip
    place.ask("runs", "search")
    write_run(place.store, 3, metrics={"loss": values})  # nobody has looked at it yet
    before = files_below(disk)
    remount(disk, "ro")
    found = place.ask("runs", "search")["runs"]
    assert [each["run_id"] for each in found] == [run_id(3), run_id(2), run_id(1)]
    told = place.type("runs", "show", run_id(1))
    assert told.code == 0
    assert "This store lies where nothing can be written" in told.err
    assert place.ask("verify")["ok"]
    services = open_services(place.store, place.home)
    try:
        services.runs.refresh()
        for number in (1, 2, 3):
            assert points_of(services, number) == values
        assert services.artifacts.read(run_id(1), "a.txt") == b"a" * 999
    finally:
        services.close()
    for words in (
        ("runs", "tag", run_id(1), "team", "red"),
        ("runs", "delete", run_id(1)),
        ("runs", "archive", run_id(1)),
    ):
        assert place.refused(*words, code=ENVIRONMENT) == "E-STORE"
    assert files_below(disk) == before
