# SPDX-License-Identifier: Apache-2.0
"""A run folder that cannot be read is told wherever runs are listed, with its reason (D7)."""

import json
import shutil
from pathlib import Path

import pytest

from strongroom.cli.root import run
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import Untrusted
from strongroom.domain.unreadable import UnreadableRun
from strongroom.services.runs import Runs, open_runs
from support.journals import trained
from support.runs_on_disk import START_US, random_bytes, run_id, write_run

MONTH = "2023-11"


def open_(store: Path) -> Runs:
    runs = open_runs(store, FixedClock(START_US), random_bytes)
    runs.refresh()
    return runs


def replaced(path: Path, data: bytes) -> None:
    """Writes another file under a name; what only changes bytes, `verify` finds."""
    path.unlink()
    path.write_bytes(data)


def damage(store: Path) -> None:
    """Breaks four of five runs, each in another way."""
    folders = [write_run(store, number, name=f"run {number}") for number in range(1, 6)]
    open_(store).catalog.close()  # seals them
    replaced(folders[0] / "run.json", b"{}")
    sealed = folders[1] / "sealed.json"
    replaced(sealed, sealed.read_bytes()[:-2])
    (folders[2] / "run.json").unlink()
    shutil.copytree(folders[3], store / "runs" / "2024-01" / run_id(4))


def told(runs: Runs) -> list[tuple[str, str, str]]:
    return [(each.path, each.code, each.name) for each in runs.unreadable()]


EXPECTED = [
    (f"{MONTH}/{run_id(1)}", "E-FORMAT", ""),
    (f"{MONTH}/{run_id(2)}", "E-CANON", "run 2"),
    (f"{MONTH}/{run_id(3)}", "E-MISSING", ""),
    (f"2024-01/{run_id(4)}", "E-CONFLICT", "run 4"),
]


def test_each_folder_without_a_row_is_told_with_code_reason_and_a_way_on(tmp_path: Path) -> None:
    store = tmp_path / "store"
    damage(store)
    runs = open_(store)
    assert told(runs) == EXPECTED
    assert all(each.reason and each.advice for each in runs.unreadable())
    assert sorted(each.name for each in runs.search().runs) == ["run 4", "run 5"]
    runs.refresh()
    assert told(runs) == EXPECTED, "looking again tells the same"
    with runs.rebuilding():
        pass
    assert told(runs) == EXPECTED, "so does a catalog made anew"
    runs.catalog.close()


def test_a_folder_that_goes_bad_is_a_change_once_and_so_is_its_mending(tmp_path: Path) -> None:
    store = tmp_path / "store"
    folder = write_run(store, 1)
    runs = open_(store)
    whole = (folder / "run.json").read_bytes()
    shutil.copytree(folder, store / "runs" / MONTH / run_id(7))  # never had a row
    assert run_id(7) in runs.refresh().runs
    assert run_id(7) not in runs.refresh().runs
    assert [each.run_id for each in runs.unreadable()] == [run_id(7)]
    (folder / "run.json").unlink()
    assert run_id(1) in runs.refresh().runs
    assert {each.run_id for each in runs.unreadable()} == {run_id(1), run_id(7)}
    (folder / "run.json").write_bytes(whole)
    shutil.rmtree(store / "runs" / MONTH / run_id(7))
    assert runs.refresh().runs == {run_id(1), run_id(7)}
    assert runs.unreadable() == ()
    assert runs.search().total == 1
    runs.catalog.close()


def test_asking_for_such_a_run_says_why_it_is_not_shown(tmp_path: Path) -> None:
    store = tmp_path / "store"
    damage(store)
    runs = open_(store)
    for reference in (run_id(2), "run 2"):
        with pytest.raises(Untrusted) as caught:
            runs.show(reference)
        assert caught.value.code == "E-CANON"
        assert caught.value.title.startswith("The run run 2 cannot be read: ")
        assert caught.value.advice == (
            "Restore the folder from a backup, or copy it again from where it was logged."
        )
    runs.catalog.close()


def test_the_terminal_tells_them_below_every_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    damage(store)
    assert run(["runs", "search", "--store", str(store)], lambda _: 0) == 0
    said = capsys.readouterr().out
    assert "2 of 2 runs\n4 run folders cannot be read and are not among them:\n" in said
    assert f"  {run_id(3)[:8]}  E-MISSING: " in said
    assert "            Bring the file back from a backup, or copy" in said
    assert run(["runs", "search", "--json", "--store", str(store)], lambda _: 0) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["total"] == 2
    assert [each["path"] for each in document["unreadable"]] == [f"runs/{e[0]}" for e in EXPECTED]
    assert set(document["unreadable"][0]) == {
        "run_id", "path", "name", "experiment", "code", "reason", "advice",
    }  # fmt: skip


def test_a_store_whose_folders_can_all_be_read_says_nothing_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained("import strongroom as sr\nwith sr.start_run('a'): sr.log_metric('x', 1.0)", tmp_path)
    assert run(["runs", "search", "--json", "--store", str(tmp_path)], lambda _: 0) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"runs", "total"}


def test_37_a_name_that_would_write_elsewhere_on_the_terminal_stays_on_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    folder = write_run(store, 1, name="\x1b[2Jgone\nE-SIG: a line of somebody else")
    open_(store).catalog.close()
    sealed = folder / "sealed.json"
    replaced(sealed, sealed.read_bytes()[:-2])
    assert run(["runs", "search", "--store", str(store)], lambda _: 0) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert not any(line.startswith("E-SIG") for line in said.splitlines())


def test_what_is_told_is_plain_and_bounded() -> None:
    odd = UnreadableRun(run_id="0" * 32, month=MONTH, code="E-ODD", reason="odd")
    assert odd.advice.startswith("Restore the folder from a backup")
