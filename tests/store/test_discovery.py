# SPDX-License-Identifier: Apache-2.0
"""The catalog finds what programs wrote, forgets what is gone, and never stops at a broken run."""

import math
import os
import shutil
from pathlib import Path

import pytest

from strongroom.domain.clock import FixedClock
from strongroom.domain.progress import Silent
from strongroom.domain.run import RunStatus
from strongroom.journal.layout import pack_metric
from strongroom.services.runs import Runs, open_runs
from strongroom.store import discovery
from support.runs_on_disk import (
    MONTH,
    START_US,
    add_process,
    random_bytes,
    run_id,
    write_run,
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START_US)


@pytest.fixture
def runs(tmp_path: Path, clock: FixedClock):
    opened = open_runs(tmp_path / "store", clock, random_bytes)
    yield opened
    opened.catalog.close()


def look(runs: Runs, clock: FixedClock) -> frozenset[str]:
    return discovery.discover(runs.catalog, runs.folder, clock, Silent()).runs


def rows(runs: Runs) -> list[object]:
    return [(run, run.params, run.metrics) for run in runs.search(limit=1000).runs]


def test_a_run_is_found_with_everything_a_table_shows(runs: Runs, clock: FixedClock) -> None:
    write_run(
        runs.folder.root,
        params={"lr": 0.1, "net": "a'; DROP TABLE run; --"},
        tags={"team": "blue"},
        metrics={"acc": [0.5, 0.9, 0.7], "bad": [math.nan, math.inf, -math.inf, math.nan]},
    )
    assert look(runs, clock) == {run_id(1)}
    (run,) = runs.search().runs
    assert (run.experiment, run.name, run.status) == ("iris", "run 1", RunStatus.FINISHED)
    assert run.params == {"lr": "0.1", "net": "a'; DROP TABLE run; --"}
    assert run.tags == {"team": "blue"}
    acc, bad = run.metrics["acc"], run.metrics["bad"]
    assert (acc.count, acc.last, acc.last_step, acc.minimum, acc.maximum) == (3, 0.7, 2, 0.5, 0.9)
    assert math.isnan(bad.last)
    assert (bad.minimum, bad.maximum) == (-math.inf, math.inf)


def test_a_second_look_reads_nothing_that_did_not_change(runs: Runs, clock: FixedClock) -> None:
    for number in (1, 2, 3):
        write_run(runs.folder.root, number, metrics={"acc": [number]})
    assert len(look(runs, clock)) == 3
    assert look(runs, clock) == frozenset()
    add_process(runs.folder.runs / MONTH / run_id(2), metrics={"acc": [9.0]}, first_step=5)
    assert look(runs, clock) == {run_id(2)}
    assert runs.search("metrics.acc = 9").runs[0].run_id == run_id(2)


def test_a_journal_that_grows_where_it_lies_is_seen_whatever_its_folder_says(
    runs: Runs, clock: FixedClock
) -> None:
    write_run(runs.folder.root, 1)
    runs.refresh()  # a sealed neighbour
    folder = write_run(runs.folder.root, 2, status="", metrics={"acc": [0.5]})
    assert look(runs, clock) == {run_id(2)}
    (journal,) = folder.glob("w-*.srj")
    before = folder.stat().st_mtime_ns
    with journal.open("ab") as stream:
        stream.write(pack_metric(1, 1, START_US, 0.75))
    assert folder.stat().st_mtime_ns == before
    assert look(runs, clock) == {run_id(2)}
    assert runs.show("run 2").run.metrics["acc"].last == 0.75
    assert look(runs, clock) == frozenset()


def test_a_run_that_lies_in_two_months_is_said_and_counted_once(
    runs: Runs, clock: FixedClock
) -> None:
    folder = write_run(runs.folder.root, 1)
    runs.refresh()
    copy = runs.folder.runs / "2099-01" / folder.name
    copy.parent.mkdir()
    shutil.copytree(folder, copy)
    os.utime(copy, ns=(folder.stat().st_atime_ns, folder.stat().st_mtime_ns))
    look(runs, clock)
    assert [finding.code for finding in runs.findings()] == ["E-CONFLICT"]
    assert runs.search().total == 1
    shutil.rmtree(copy)
    look(runs, clock)
    assert not runs.findings()
    assert runs.search().total == 1


def test_a_folder_that_is_gone_is_forgotten(runs: Runs, clock: FixedClock) -> None:
    folder = write_run(runs.folder.root, 1)
    write_run(runs.folder.root, 2)
    look(runs, clock)
    shutil.rmtree(folder)
    assert look(runs, clock) == {run_id(1)}
    assert [run.run_id for run in runs.search().runs] == [run_id(2)]


def test_a_broken_folder_never_stops_the_others(runs: Runs, clock: FixedClock) -> None:
    for number in range(1, 6):
        write_run(runs.folder.root, number)
    month = runs.folder.runs / MONTH
    (month / run_id(1) / "run.json").write_bytes(b"{not json")
    (month / run_id(2) / "run.json").unlink()
    (month / run_id(3) / "sealed.json").write_bytes(b'{"format": 1}')
    (month / "not a run").mkdir()
    (month / run_id(9)).symlink_to(month / run_id(4))
    look(runs, clock)
    assert {run.run_id for run in runs.search().runs} == {run_id(4), run_id(5)}
    found = {(finding.code, finding.path) for finding in runs.findings()}
    assert found == {
        ("E-CANON", f"{MONTH}/{run_id(1)}"),
        ("E-MISSING", f"{MONTH}/{run_id(2)}"),
        ("E-CANON", f"{MONTH}/{run_id(3)}"),
    }
    (month / run_id(3) / "sealed.json").unlink()
    assert run_id(3) in look(runs, clock)
    assert len(runs.findings()) == 2


def test_a_flipped_byte_in_a_journal_is_a_finding_and_the_run_is_kept(
    runs: Runs, clock: FixedClock
) -> None:
    folder = write_run(runs.folder.root, metrics={"acc": [0.1] * 50})
    (journal,) = folder.glob("w-*.srj")
    data = bytearray(journal.read_bytes())
    data[1000] ^= 1
    journal.write_bytes(data)
    runs.refresh()
    (run,) = runs.search().runs
    assert run.metrics["acc"].count == 49
    assert not run.is_sealed, "damaged journals are not removed"
    assert [finding.code for finding in runs.findings()] == ["E-HASH"]


def test_a_run_that_fell_silent_has_lost_contact_and_can_be_closed(
    runs: Runs, clock: FixedClock
) -> None:
    folder = write_run(runs.folder.root, status="", metrics={"acc": [0.5]})
    for journal in folder.glob("*.srj"):
        os.utime(journal, (START_US / 1e6, START_US / 1e6))
    runs.refresh()
    assert not runs.show("run 1").run.is_lost
    clock.advance(601)
    runs.refresh()
    assert runs.search().runs[0].is_lost
    runs.close("run 1")
    run = runs.show("run 1").run
    assert (run.status, run.is_lost, run.is_sealed) == (RunStatus.KILLED, False, True)


def test_a_dropped_catalog_is_rebuilt_identical(runs: Runs, clock: FixedClock) -> None:
    for number in range(1, 8):
        write_run(
            runs.folder.root, number, params={"p": number % 3}, metrics={"acc": [0.1 * number]}
        )
    runs.refresh()
    runs.tag(["run 1"], "later", "yes")
    runs.delete(["run 2"])
    runs.refresh()
    before = rows(runs), runs.columns()
    with runs.rebuilding():
        pass
    assert not look(runs, clock)
    assert (rows(runs), runs.columns()) == before


def test_edits_survive_and_are_found_by_another_look(runs: Runs, clock: FixedClock) -> None:
    write_run(runs.folder.root, tags={"a": "1", "b": "2"})
    runs.refresh()
    runs.tag(["run 1"], "a", None)
    runs.tag(["run 1"], "c", "3")
    runs.note("run 1", "a note")
    runs.delete(["run 1"])
    assert runs.search().total == 0
    assert runs.search(is_deleted=True).total == 1
    runs.restore(["run 1"])
    detail = runs.show(run_id(1)[:6])
    assert (detail.run.tags, detail.notes) == ({"b": "2", "c": "3"}, ("a note",))
    assert detail.run.is_sealed
