# SPDX-License-Identifier: Apache-2.0
"""A window, commands, training and a rebuild use one catalog at once, and nobody is turned away."""

import subprocess
import sys
from pathlib import Path

from strongroom.domain.clock import SystemClock
from strongroom.services.runs import open_runs
from support.catalog_dump import IS_SEALED, dump
from support.runs_on_disk import random_bytes, write_run
from support.store_examples import CATALOG_SCHEMAS, STORE_FORMATS, copy_store, put_catalog

# One program reads the modules and then becomes several: each opens what it uses by itself.
TOGETHER = """
import os, sys, traceback
from pathlib import Path
from strongroom.domain.clock import SystemClock
from strongroom.services.runs import open_runs
from strongroom.store import catalog_upgrade, hydration
import strongroom as sr

store = Path(sys.argv[1])

def opened():
    return open_runs(store, SystemClock(), os.urandom)

def together(*acts):
    children, (here, there) = [], os.pipe()
    for act in acts:
        child = os.fork()
        if not child:
            os.close(there)
            os.read(here, 1)  # all begin at the same moment
            try:
                act()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    os.close(here)
    os.close(there)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(acts)
"""
AT_WORK = (
    TOGETHER
    + """
def train():
    for number in range(12):
        with sr.start_run(f"experiment-{number % 3}", store=store):
            sr.log_params({"a": number, "b": os.getpid()})
            sr.log_metrics({"m": number * 0.1, "n": 1.0})
            sr.set_tag("done", "yes")

def watch():  # as a window does: look, and read what it shows
    runs, seen = opened(), 0
    while seen < 24:
        runs.refresh()
        seen = runs.search("tags.done = 'yes'", order_by="metrics.m DESC").total
        runs.columns()
        runs.findings()

def command():
    runs = opened()
    for turn in range(10):
        for run in runs.search(limit=3).runs:
            runs.tag([run.run_id], "seen", str(turn))
        runs.refresh()

def rebuild():
    runs = opened()
    for _ in range(6):
        with runs.rebuilding():
            pass

together(train, train, watch, command, rebuild)
"""
)
AT_ONCE = (
    TOGETHER
    + """
def look():
    assert opened().search().total == int(sys.argv[2])

for store in map(Path, sys.argv[3:]):
    together(*[look] * 6)
"""
)


def run(code: str, *words: object) -> None:
    told = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")


def test_window_command_training_and_rebuild_at_once_are_never_locked_out(tmp_path: Path) -> None:
    run(AT_WORK, tmp_path)
    runs = open_runs(tmp_path, SystemClock(), random_bytes)
    runs.refresh()
    runs.refresh()
    grown = dump(runs.catalog)
    assert len(grown["run"]) == 24
    assert all(row[IS_SEALED] for row in grown["run"])
    with runs.rebuilding():
        pass
    assert dump(runs.catalog) == grown
    runs.catalog.close()


def test_many_programs_make_one_catalog_at_the_same_moment(tmp_path: Path) -> None:
    run(AT_ONCE, tmp_path, 0, *(tmp_path / str(turn) for turn in range(4)))


def test_many_programs_that_find_an_old_catalog_bring_it_up_to_date_once(tmp_path: Path) -> None:
    store = copy_store(STORE_FORMATS[0], tmp_path / "store")
    put_catalog(CATALOG_SCHEMAS[0], store / "catalog.sqlite3")
    run(AT_ONCE, store, 3, store)


def test_many_programs_that_find_a_damaged_catalog_put_one_in_its_place(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    (tmp_path / "catalog.sqlite3").write_bytes(b"SQLite format 3\0" + bytes(5000))
    run(AT_ONCE, tmp_path, 0, tmp_path)
    runs = open_runs(tmp_path, SystemClock(), random_bytes)
    runs.refresh()
    assert runs.search().total == 1
    runs.catalog.close()
